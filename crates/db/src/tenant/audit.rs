//! Reading a tenant's audit log.

use crate::{
    DbResult, TenantConn,
    audit::{NewestRow, newest},
    schema_tenant::audit_log,
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::dto::AuditRow;

/// The newest lines, those about one object if one is given as kind and id.
///
/// # Errors
/// Those of the statement.
pub async fn audit_newest(conn: &mut TenantConn, object: Option<(&str, &str)>, limit: i64) -> DbResult<Vec<AuditRow>> {
    let mut query = audit_log::table
        .select((audit_log::at, audit_log::actor_label, audit_log::action, audit_log::object_label, audit_log::diff))
        .order_by(audit_log::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some((kind, id)) = object {
        query = query.filter(audit_log::object_kind.eq(kind.to_owned())).filter(audit_log::object_id.eq(id.to_owned()));
    }
    let rows: Vec<NewestRow> = query.load(conn.raw()).await?;
    Ok(rows.into_iter().map(newest).collect())
}
