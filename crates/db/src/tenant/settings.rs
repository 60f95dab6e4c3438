//! Settings of a company, as stored.

use crate::{DbResult, TenantConn, schema_tenant::tenant_settings};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use serde_json::Value;

/// A setting as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tenant_settings, check_for_backend(Pg))]
pub struct SettingRecord {
    /// Its key.
    pub setting_key: String,
    /// Its value.
    pub setting_value: Value,
    /// Whether it may be read before sign-in.
    pub is_public: bool,
    /// When it was set last.
    pub updated_at: DateTime<Utc>,
}

/// All settings.
///
/// # Errors
/// Those of the statement.
pub async fn setting_records(conn: &mut TenantConn) -> DbResult<Vec<SettingRecord>> {
    Ok(tenant_settings::table.select(SettingRecord::as_select()).order_by(tenant_settings::setting_key).load(conn.raw()).await?)
}

/// All settings: key, value, whether they may be read before sign-in.
///
/// # Errors
/// Those of the statement.
pub async fn setting_values(conn: &mut TenantConn) -> DbResult<Vec<(String, Value, bool)>> {
    let rows = setting_records(conn).await?;
    Ok(rows.into_iter().map(|record| (record.setting_key, record.setting_value, record.is_public)).collect())
}

/// Waits for others who change settings, until the transaction ends: some hang together.
///
/// # Errors
/// Those of the statement.
pub async fn settings_lock(conn: &mut TenantConn) -> DbResult<()> {
    diesel::sql_query("LOCK TABLE tenant_settings IN SHARE ROW EXCLUSIVE MODE").execute(conn.raw()).await?;
    Ok(())
}

/// The value of a setting, if it is set.
///
/// # Errors
/// Those of the statement.
pub async fn setting_get(conn: &mut TenantConn, key: &str) -> DbResult<Option<Value>> {
    let row = tenant_settings::table.filter(tenant_settings::setting_key.eq(key)).select(tenant_settings::setting_value);
    Ok(row.first(conn.raw()).await.optional()?)
}

/// A setting to be set.
#[derive(Clone, Copy, Debug)]
pub struct SettingWrite<'a> {
    /// Its key.
    pub key: &'a str,
    /// Its value.
    pub value: &'a Value,
    /// Whether it may be read before sign-in.
    pub is_public: bool,
    /// When.
    pub now: DateTime<Utc>,
}

/// Sets a setting.
///
/// # Errors
/// Those of the statement.
pub async fn setting_set(conn: &mut TenantConn, write: &SettingWrite<'_>) -> DbResult<()> {
    let changed = (
        tenant_settings::setting_value.eq(write.value),
        tenant_settings::is_public.eq(write.is_public),
        tenant_settings::updated_at.eq(write.now),
    );
    diesel::insert_into(tenant_settings::table)
        .values((tenant_settings::setting_key.eq(write.key), tenant_settings::created_at.eq(write.now), changed))
        .on_conflict(tenant_settings::setting_key)
        .do_update()
        .set(changed)
        .execute(conn.raw())
        .await?;
    Ok(())
}

/// Takes a setting out.
///
/// # Errors
/// Those of the statement.
pub async fn setting_delete(conn: &mut TenantConn, key: &str) -> DbResult<()> {
    diesel::delete(tenant_settings::table.filter(tenant_settings::setting_key.eq(key))).execute(conn.raw()).await?;
    Ok(())
}
