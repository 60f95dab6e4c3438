//! What may change of a tenant after it was made.

use super::TenantRecord;
use crate::{
    DbResult, PlatformConn,
    error::one_row,
    schema_platform::{jobs, tenants},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use domain::{TenantId, text::fold};
use serde_json::Value;

/// A tenant with everything an operator may set.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tenants, check_for_backend(Pg))]
pub struct TenantDetail {
    /// The registered row.
    #[diesel(embed)]
    pub record: TenantRecord,
    /// Which features it has; an object.
    pub features_enabled: Value,
    /// What was agreed on billing; an object.
    pub billing_settings: Value,
    /// When any of it last changed.
    pub updated_at: DateTime<Utc>,
}

/// The settings of a tenant that change; `None` leaves one as it is.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = tenants)]
pub struct TenantChange<'a> {
    /// The company's name.
    pub name: Option<&'a str>,
    /// The most active users; the tenant's own row is set beside it (`provision::quota_set`).
    pub max_users: Option<i32>,
    /// The most megabytes it may keep in files.
    pub max_storage_mb: Option<i32>,
    /// Whether purging may drop its schema.
    pub auto_drop_schema: Option<bool>,
    /// Features.
    pub features_enabled: Option<&'a Value>,
    /// Billing.
    pub billing_settings: Option<&'a Value>,
    /// Where it stands in its life.
    pub status: Option<&'static str>,
    /// When it was archived.
    pub archived_at: Option<Option<DateTime<Utc>>>,
    /// From when it may be purged.
    pub purge_after: Option<Option<DateTime<Utc>>>,
}

/// A tenant with its settings.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_detail(conn: &mut PlatformConn, slug: &str) -> DbResult<Option<TenantDetail>> {
    Ok(tenants::table.filter(tenants::slug.eq(slug)).select(TenantDetail::as_select()).first(conn.raw()).await.optional()?)
}

/// Locks a tenant's row until the transaction ends, if it is there.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_lock_by_id(conn: &mut PlatformConn, id: TenantId) -> DbResult<()> {
    let _found: Option<i64> = tenants::table.find(id.0).select(tenants::id).for_update().first(conn.raw()).await.optional()?;
    Ok(())
}

/// A tenant with its settings, by its id.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_detail_by_id(conn: &mut PlatformConn, id: TenantId) -> DbResult<Option<TenantDetail>> {
    Ok(tenants::table.find(id.0).select(TenantDetail::as_select()).first(conn.raw()).await.optional()?)
}

/// An archived tenant whose time is over, locked until the transaction ends; one that another process has is passed over.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_due(conn: &mut PlatformConn, now: DateTime<Utc>) -> DbResult<Option<TenantRecord>> {
    let due = tenants::table.filter(tenants::status.eq("archived")).filter(tenants::purge_after.le(now)).order_by(tenants::id);
    Ok(due.select(TenantRecord::as_select()).for_update().skip_locked().first(conn.raw()).await.optional()?)
}

/// Puts tenants back into the archive that are to be purged by no job that waits or runs. Nothing purges them by itself
/// any more.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_release(conn: &mut PlatformConn, now: DateTime<Utc>) -> DbResult<()> {
    let open = jobs::table
        .filter(jobs::kind.eq("tenant_purge"))
        .filter(jobs::tenant_id.eq(tenants::id.nullable()))
        .filter(jobs::status.eq_any(["queued", "running"]));
    let left = tenants::table.filter(tenants::status.eq("purging")).filter(diesel::dsl::not(diesel::dsl::exists(open)));
    let values = (tenants::status.eq("archived"), tenants::purge_after.eq(None::<DateTime<Utc>>), tenants::updated_at.eq(now));
    diesel::update(left).set(values).execute(conn.raw()).await?;
    Ok(())
}

/// A tenant with its settings, locked until the transaction ends.
///
/// # Errors
/// Those of the statement.
pub async fn tenant_detail_lock(conn: &mut PlatformConn, slug: &str) -> DbResult<Option<TenantDetail>> {
    let row = tenants::table.filter(tenants::slug.eq(slug)).select(TenantDetail::as_select()).for_update();
    Ok(row.first(conn.raw()).await.optional()?)
}

/// Changes a tenant's settings.
///
/// # Errors
/// [`DbError::RowsAffected`](crate::DbError::RowsAffected) when it is not there.
pub async fn tenant_update(conn: &mut PlatformConn, id: TenantId, change: &TenantChange<'_>, now: DateTime<Utc>) -> DbResult<()> {
    let changed = (change, change.name.map(|name| tenants::name_key.eq(fold(name))), tenants::updated_at.eq(now));
    one_row(diesel::update(tenants::table.find(id.0)).set(changed).execute(conn.raw()).await?)
}
