//! Records that wait for their owner.

use super::{
    list::{Figures, figures},
    rows::{RecordRecord, columns, in_due_order, visible},
};
use crate::{DbResult, TenantConn, cached::sql, schema_tenant::records};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Bool, Text},
};
use diesel_async::RunQueryDsl;
use domain::record::Lens;
use futures_util::try_join;

/// What makes a record wait.
#[derive(Clone, Debug)]
pub enum WorkFilter {
    /// It is in one of these stages.
    Open(Vec<i64>),
    /// It is due before then, and the checkbox in this slot is not ticked.
    Due(DateTime<Utc>, String),
    /// The checkbox in this slot is not ticked.
    Todo(String),
}

/// The first of the records that wait.
#[derive(Clone, Debug)]
pub struct WorkFound {
    /// The first rows, those that are due first at the top.
    pub rows: Vec<RecordRecord>,
    /// How many there are.
    pub total: i64,
    /// The sum of their amounts.
    pub sum: Option<bigdecimal::BigDecimal>,
}

/// The records that wait among those that a lens shows.
///
/// # Errors
/// Those of the statements.
pub async fn work_list(conn: &TenantConn, lens: &Lens, filter: &WorkFilter, most: i64) -> DbResult<WorkFound> {
    let is_open = |slot: &String| sql::<Bool>("coalesce(records.data->>").bind::<Text, _>(slot.clone()).sql(", '') <> 'true'");
    let waiting = || {
        let query = visible(lens).filter(records::deleted_at.is_null());
        match filter {
            WorkFilter::Open(stages) => query.filter(records::stage_id.eq_any(stages.clone())),
            WorkFilter::Due(until, slot) => query.filter(records::due.lt(*until)).filter(is_open(slot)),
            WorkFilter::Todo(slot) => query.filter(is_open(slot)),
        }
    };
    let rows = async {
        let query = in_due_order(lens, waiting()).limit(most).select(columns(lens));
        query.load::<RecordRecord>(&mut conn.shared()).await.map_err(crate::DbError::from)
    };
    let (rows, (total, sum)): (Vec<RecordRecord>, Figures) = try_join!(rows, figures(conn, waiting()))?;
    Ok(WorkFound { rows, total, sum })
}
