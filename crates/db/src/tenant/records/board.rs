//! The records of a pipeline by stage.

use super::{
    list::{Figures, RecordFilter, figures, filtered},
    rows::{RecordRecord, columns, in_due_order},
};
use crate::{DbError, DbResult, TenantConn, schema_tenant::records};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::record::Lens;
use futures_util::{future::try_join_all, try_join};

/// The records of one stage.
#[derive(Clone, Debug)]
pub struct BoardStage {
    /// The stage.
    pub stage: i64,
    /// The first of them, those that are due first at the top.
    pub rows: Vec<RecordRecord>,
    /// How many there are.
    pub total: i64,
    /// The sum of their amounts.
    pub sum: Option<bigdecimal::BigDecimal>,
}

/// At most so many records of each of these stages. All statements are sent at once.
///
/// # Errors
/// Those of the statements.
pub async fn record_board(conn: &TenantConn, lens: &Lens, filter: &RecordFilter, stages: &[i64], most: i64) -> DbResult<Vec<BoardStage>> {
    try_join_all(stages.iter().map(|stage| one(conn, lens, filter, *stage, most))).await
}

async fn one(conn: &TenantConn, lens: &Lens, filter: &RecordFilter, stage: i64, most: i64) -> DbResult<BoardStage> {
    let rows = async {
        let query = in_due_order(lens, filtered(lens, filter).filter(records::stage_id.eq(stage)));
        query.limit(most).select(columns(lens)).load::<RecordRecord>(&mut conn.shared()).await.map_err(DbError::from)
    };
    let (rows, (total, sum)): (Vec<RecordRecord>, Figures) =
        try_join!(rows, figures(conn, filtered(lens, filter).filter(records::stage_id.eq(stage))))?;
    Ok(BoardStage { stage, rows, total, sum })
}
