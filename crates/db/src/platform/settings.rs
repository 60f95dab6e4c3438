//! What the platform keeps under a key of its own.

use crate::{DbResult, PlatformConn, schema_platform::settings};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

/// What is kept under a key.
///
/// # Errors
/// Those of the statement.
pub async fn setting_get(conn: &mut PlatformConn, key: &str) -> DbResult<Option<Value>> {
    Ok(settings::table.find(key).select(settings::setting_value).first(conn.raw()).await.optional()?)
}

/// Keeps a value under a key.
///
/// # Errors
/// Those of the statement.
pub async fn setting_set(conn: &mut PlatformConn, key: &str, value: &Value, now: DateTime<Utc>) -> DbResult<()> {
    let values = (settings::setting_key.eq(key), settings::setting_value.eq(value), settings::updated_at.eq(now));
    let changed = (settings::setting_value.eq(value), settings::updated_at.eq(now));
    diesel::insert_into(settings::table)
        .values(values)
        .on_conflict(settings::setting_key)
        .do_update()
        .set(changed)
        .execute(conn.raw())
        .await?;
    Ok(())
}
