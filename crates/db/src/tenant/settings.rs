//! Settings of a company, as stored.

use crate::{DbResult, TenantConn, schema_tenant::tenant_settings};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// All settings: key, value, whether they may be read before sign-in.
///
/// # Errors
/// Those of the statement.
pub async fn setting_list(conn: &mut TenantConn) -> DbResult<Vec<(String, serde_json::Value, bool)>> {
    Ok(tenant_settings::table
        .select((tenant_settings::setting_key, tenant_settings::setting_value, tenant_settings::is_public))
        .order_by(tenant_settings::setting_key)
        .load(conn.raw())
        .await?)
}

/// The value of a setting, if it is set.
///
/// # Errors
/// Those of the statement.
pub async fn setting_get(conn: &mut TenantConn, key: &str) -> DbResult<Option<serde_json::Value>> {
    let row = tenant_settings::table.filter(tenant_settings::setting_key.eq(key)).select(tenant_settings::setting_value);
    Ok(row.first(conn.raw()).await.optional()?)
}

/// Sets a setting that only people who are signed in may read.
///
/// # Errors
/// Those of the statement.
pub async fn setting_set(conn: &mut TenantConn, key: &str, value: &serde_json::Value, now: DateTime<Utc>) -> DbResult<()> {
    let changed = (tenant_settings::setting_value.eq(value), tenant_settings::updated_at.eq(now));
    diesel::insert_into(tenant_settings::table)
        .values((tenant_settings::setting_key.eq(key), tenant_settings::created_at.eq(now), changed))
        .on_conflict(tenant_settings::setting_key)
        .do_update()
        .set(changed)
        .execute(conn.raw())
        .await?;
    Ok(())
}
