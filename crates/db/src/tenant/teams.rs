//! Teams: users who reach the records of one another where a role reaches a team.

use crate::{
    DbResult, TenantConn,
    error::one_row,
    schema_tenant::{team_members, teams},
};
use chrono::{DateTime, Utc};
use diesel::{dsl::count, pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use domain::{TeamId, UserId};

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = teams, check_for_backend(Pg))]
pub struct TeamRecord {
    /// Its id.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// When it was last changed, its members included.
    pub updated_at: DateTime<Utc>,
}

/// All teams by name, each with how many members it has.
///
/// # Errors
/// Those of the statement.
pub async fn team_list(conn: &TenantConn) -> DbResult<Vec<(TeamRecord, i64)>> {
    let query = teams::table.left_join(team_members::table).group_by(teams::id).order_by((teams::name, teams::id));
    Ok(query.select((TeamRecord::as_select(), count(team_members::user_id.nullable()))).load(&mut conn.shared()).await?)
}

/// The team of that id.
///
/// # Errors
/// Those of the statement.
pub async fn team_get(conn: &TenantConn, id: TeamId) -> DbResult<Option<TeamRecord>> {
    Ok(teams::table.find(id.0).select(TeamRecord::as_select()).first(&mut conn.shared()).await.optional()?)
}

/// The same, locked until the transaction ends.
///
/// # Errors
/// Those of the statement.
pub async fn team_lock(conn: &mut TenantConn, id: TeamId) -> DbResult<Option<TeamRecord>> {
    Ok(teams::table.find(id.0).select(TeamRecord::as_select()).for_update().first(conn.raw()).await.optional()?)
}

/// The teams that a user is in.
///
/// # Errors
/// Those of the statement.
pub async fn teams_of_user(conn: &TenantConn, user: UserId) -> DbResult<Vec<TeamId>> {
    let query = team_members::table.filter(team_members::user_id.eq(user.0)).select(team_members::team_id);
    let ids: Vec<i64> = query.load(&mut conn.shared()).await?;
    Ok(ids.into_iter().map(TeamId).collect())
}

/// The members of a team.
///
/// # Errors
/// Those of the statement.
pub async fn team_member_list(conn: &TenantConn, id: TeamId) -> DbResult<Vec<UserId>> {
    let query = team_members::table.filter(team_members::team_id.eq(id.0)).select(team_members::user_id);
    let ids: Vec<i64> = query.load(&mut conn.shared()).await?;
    Ok(ids.into_iter().map(UserId).collect())
}

/// Makes a team.
///
/// # Errors
/// [`DbError::Unique`](crate::DbError::Unique) for a name that is taken.
pub async fn team_insert(conn: &mut TenantConn, name: &str, now: DateTime<Utc>) -> DbResult<TeamId> {
    let values = (teams::name.eq(name), teams::created_at.eq(now), teams::updated_at.eq(now));
    Ok(TeamId(diesel::insert_into(teams::table).values(values).returning(teams::id).get_result(conn.raw()).await?))
}

/// Renames a team.
///
/// # Errors
/// [`DbError::Unique`](crate::DbError::Unique) for a name that is taken.
pub async fn team_rename(conn: &mut TenantConn, id: TeamId, name: &str, now: DateTime<Utc>) -> DbResult<()> {
    let values = (teams::name.eq(name), teams::updated_at.eq(now));
    one_row(diesel::update(teams::table.find(id.0)).set(values).execute(conn.raw()).await?)
}

/// Deletes a team.
///
/// # Errors
/// Those of the statement.
pub async fn team_delete(conn: &mut TenantConn, id: TeamId) -> DbResult<()> {
    one_row(diesel::delete(teams::table.find(id.0)).execute(conn.raw()).await?)
}

/// Adds a member; `false` for one who is a member already.
///
/// # Errors
/// Those of the statement.
pub async fn team_member_add(conn: &mut TenantConn, id: TeamId, user: UserId) -> DbResult<bool> {
    let values = (team_members::team_id.eq(id.0), team_members::user_id.eq(user.0));
    let added = diesel::insert_into(team_members::table).values(values).on_conflict_do_nothing().execute(conn.raw()).await?;
    Ok(added == 1)
}

/// Removes a member; `false` for one who was none.
///
/// # Errors
/// Those of the statement.
pub async fn team_member_remove(conn: &mut TenantConn, id: TeamId, user: UserId) -> DbResult<bool> {
    Ok(diesel::delete(team_members::table.find((id.0, user.0))).execute(conn.raw()).await? == 1)
}
