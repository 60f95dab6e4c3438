//! Reading the platform's audit log.

use crate::{DbResult, PlatformConn, schema_platform::audit_log};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{TenantId, dto::AuditRow};

/// The newest lines, those of one tenant if one is given.
///
/// # Errors
/// Those of the statement.
pub async fn audit_newest(conn: &mut PlatformConn, tenant: Option<TenantId>, limit: i64) -> DbResult<Vec<AuditRow>> {
    let mut query = audit_log::table
        .select((audit_log::at, audit_log::actor_label, audit_log::action, audit_log::object_label))
        .order_by(audit_log::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(tenant) = tenant {
        query = query.filter(audit_log::tenant_id.eq(tenant.0));
    }
    let rows: Vec<(DateTime<Utc>, String, String, String)> = query.load(conn.raw()).await?;
    Ok(rows.into_iter().map(|(at, actor, action, object)| AuditRow { at, actor, action, object }).collect())
}
