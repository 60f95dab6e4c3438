//! Reading the platform's audit log.

use crate::{
    DbResult, PlatformConn,
    audit::{NewestRow, newest},
    schema_platform::audit_log,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{TenantId, dto::AuditRow};

/// The newest lines, those of one tenant if one is given.
///
/// # Errors
/// Those of the statement.
pub async fn audit_newest(conn: &mut PlatformConn, tenant: Option<TenantId>, limit: i64) -> DbResult<Vec<AuditRow>> {
    let mut query = audit_log::table
        .select((audit_log::at, audit_log::actor_label, audit_log::action, audit_log::object_label, audit_log::diff))
        .order_by(audit_log::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(tenant) = tenant {
        query = query.filter(audit_log::tenant_id.eq(tenant.0));
    }
    let rows: Vec<NewestRow> = query.load(conn.raw()).await?;
    Ok(rows.into_iter().map(newest).collect())
}
