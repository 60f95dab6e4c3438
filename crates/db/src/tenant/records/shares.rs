//! Records that are shared with users and teams who do not reach them otherwise.

use crate::{
    DbResult, TenantConn,
    cached::sql,
    schema_tenant::{record_shares, records},
};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool},
};
use diesel_async::RunQueryDsl;
use domain::{RecordId, TeamId, UserId, record::Lens};

/// Who a record is shared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharee {
    /// A user.
    User(UserId),
    /// The members of a team.
    Team(TeamId),
}

/// One share of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareRow {
    /// Its row.
    pub id: i64,
    /// Who sees the record.
    pub with: Sharee,
    /// Whether they may change it.
    pub can_edit: bool,
}

type Columns = (i64, Option<i64>, Option<i64>, bool);

fn row((id, user, team, can_edit): Columns) -> Option<ShareRow> {
    let with = user.map(|id| Sharee::User(UserId(id))).or_else(|| team.map(|id| Sharee::Team(TeamId(id))))?;
    Some(ShareRow { id, with, can_edit })
}

/// The records of these pipelines that are shared with a user or a team of the user, each with its pipeline and whether the user may change
/// it. There may be any number of them.
///
/// # Errors
/// Those of the statement.
pub async fn shared_with(conn: &TenantConn, user: UserId, pipelines: &[i64]) -> DbResult<Vec<(i64, RecordId, bool)>> {
    let is_of_team = sql::<Bool>("record_shares.team_id IN (SELECT team_id FROM team_members WHERE user_id = ");
    let is_of_team = is_of_team.bind::<BigInt, _>(user.0).sql(")");
    let query = record_shares::table.inner_join(records::table).filter(records::pipeline_id.eq_any(pipelines));
    // Either half may be NULL, which counts as false.
    let query = query.filter(record_shares::user_id.eq(user.0).or(is_of_team.nullable()));
    let columns = (records::pipeline_id, record_shares::record_id, record_shares::can_edit);
    let rows: Vec<(i64, i64, bool)> = query.select(columns).load(&mut conn.shared()).await?;
    Ok(rows.into_iter().map(|(pipeline, id, can_edit)| (pipeline, RecordId(id), can_edit)).collect())
}

/// Who a record is shared with, first those it was shared with first. The caller has read the record through the same lens.
///
/// # Errors
/// Those of the statement.
pub async fn share_list(conn: &TenantConn, lens: &Lens, id: RecordId) -> DbResult<Vec<ShareRow>> {
    let query = record_shares::table.inner_join(records::table).filter(records::pipeline_id.eq(lens.pipeline().id));
    let query = query.filter(record_shares::record_id.eq(id.0)).order_by(record_shares::id);
    let columns = (record_shares::id, record_shares::user_id, record_shares::team_id, record_shares::can_edit);
    let rows: Vec<Columns> = query.select(columns).load(&mut conn.shared()).await?;
    Ok(rows.into_iter().filter_map(row).collect())
}

/// Shares a record, or changes how it is shared.
///
/// # Errors
/// Those of the statement; [`DbError::Foreign`](crate::DbError::Foreign) for a user or a team that is gone.
pub async fn share_set(conn: &mut TenantConn, id: RecordId, with: Sharee, can_edit: bool) -> DbResult<()> {
    let (user, team) = match with {
        Sharee::User(user) => (Some(user.0), None),
        Sharee::Team(team) => (None, Some(team.0)),
    };
    let edits = record_shares::can_edit.eq(can_edit);
    let values = (record_shares::record_id.eq(id.0), record_shares::user_id.eq(user), record_shares::team_id.eq(team), edits);
    let insert = diesel::insert_into(record_shares::table).values(values);
    let key = (record_shares::record_id, record_shares::user_id, record_shares::team_id);
    insert.on_conflict(key).do_update().set(edits).execute(conn.raw()).await?;
    Ok(())
}

/// Ends a share of a record; gives what it was, if there was one.
///
/// # Errors
/// Those of the statement.
pub async fn share_delete(conn: &mut TenantConn, id: RecordId, share: i64) -> DbResult<Option<ShareRow>> {
    let one = record_shares::table.filter(record_shares::id.eq(share)).filter(record_shares::record_id.eq(id.0));
    let columns = (record_shares::id, record_shares::user_id, record_shares::team_id, record_shares::can_edit);
    let gone: Option<Columns> = diesel::delete(one).returning(columns).get_result(conn.raw()).await.optional()?;
    Ok(gone.and_then(row))
}
