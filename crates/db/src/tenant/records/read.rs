//! Single records.

use super::rows::{RecordRecord, columns, visible};
use crate::{DbResult, TenantConn, schema_tenant::records};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{RecordId, record::Lens};

/// The record of that id, in the trash or not.
///
/// # Errors
/// Those of the statement.
pub async fn record_get(conn: &TenantConn, lens: &Lens, id: RecordId) -> DbResult<Option<RecordRecord>> {
    let query = visible(lens).filter(records::id.eq(id.0)).select(columns(lens));
    Ok(query.first(&mut conn.shared()).await.optional()?)
}

/// The same, locked until the transaction ends.
///
/// # Errors
/// Those of the statement.
pub async fn record_lock(conn: &mut TenantConn, lens: &Lens, id: RecordId) -> DbResult<Option<RecordRecord>> {
    let locked = records::table.filter(records::id.eq(id.0)).filter(records::pipeline_id.eq(lens.pipeline().id));
    let locked: Option<i64> = locked.select(records::id).for_update().first(conn.raw()).await.optional()?;
    match locked {
        Some(_) => record_get(conn, lens, id).await,
        None => Ok(None),
    }
}
