//! Single records.

use super::list::visible;
use crate::{
    DbResult, TenantConn,
    cached::{Bound, Sql, sql},
    schema_tenant::records,
};
use chrono::{DateTime, Utc};
use diesel::{
    expression::AsExpression,
    prelude::*,
    sql_types::{Array, Jsonb, Text},
};
use diesel_async::RunQueryDsl;
use domain::{RecordId, record::Lens};
use serde_json::Value;

/// A record as its user sees it.
#[derive(Clone, Debug, Queryable)]
pub struct RecordRecord {
    /// Its id.
    pub id: i64,
    /// The user it belongs to.
    pub owner_id: Option<i64>,
    /// Its stage.
    pub stage_id: Option<i64>,
    /// What it is called.
    pub title: String,
    /// Its version, which each change raises.
    pub version: i32,
    /// Who created it.
    pub created_by: Option<i64>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was moved to the trash.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Its values under the slots of their fields.
    pub data: Value,
}

/// The values without those of hidden fields, which never leave the database.
type Data = Bound<Jsonb, Sql<Jsonb, ()>, <Vec<String> as AsExpression<Array<Text>>>::Expression>;

type Columns = (
    records::id,
    records::owner_id,
    records::stage_id,
    records::title,
    records::version,
    records::created_by,
    records::created_at,
    records::updated_at,
    records::deleted_at,
    Data,
);

/// The columns of a record that the user of a lens sees.
pub(super) fn columns(lens: &Lens) -> Columns {
    let data = sql::<Jsonb>("records.data - ").bind::<Array<Text>, _>(lens.hidden());
    (
        records::id,
        records::owner_id,
        records::stage_id,
        records::title,
        records::version,
        records::created_by,
        records::created_at,
        records::updated_at,
        records::deleted_at,
        data,
    )
}

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
