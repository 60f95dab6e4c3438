//! How far roles reach in pipelines, and who is below a user.

use super::definitions::pipeline_heads;
use crate::{
    DbError, DbResult, TenantConn,
    cached::sql,
    schema_tenant::{role_pipelines, users},
};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool},
};
use diesel_async::RunQueryDsl;
use domain::{
    UserId,
    record::{PipelineHead, PipelineLink, Reach, RoleReach},
};
use futures_util::try_join;

/// How far one role reaches in one pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleReachRow {
    /// The role.
    pub role: String,
    /// The pipeline.
    pub pipeline: i64,
    /// How far.
    pub reach: RoleReach,
}

type Row = (String, i64, Option<String>, Option<String>, Option<String>);

/// How far these roles reach in all pipelines, as far as that was set; without any named, all roles.
///
/// # Errors
/// Those of the statement; [`DbError::Decode`] for a reach of another version.
pub async fn role_reach_list(conn: &TenantConn, roles: Option<&[String]>) -> DbResult<Vec<RoleReachRow>> {
    let mut query = role_pipelines::table.into_boxed();
    if let Some(roles) = roles {
        query = query.filter(role_pipelines::role_key.eq_any(roles));
    }
    let rows: Vec<Row> = query.load(&mut conn.shared()).await?;
    let read =
        |text: Option<String>| text.map(|text| Reach::parse(&text).ok_or_else(|| DbError::Decode(format!("a reach: {text}")))).transpose();
    let row = |(role, pipeline, view, edit, delete): Row| {
        Ok(RoleReachRow { role, pipeline, reach: RoleReach { view: read(view)?, edit: read(edit)?, delete: read(delete)? } })
    };
    rows.into_iter().map(row).collect()
}

/// What leads to each pipeline, in their order, and for whom.
///
/// # Errors
/// Those of the statements.
pub async fn pipeline_links(conn: &TenantConn) -> DbResult<Vec<PipelineLink>> {
    let (pipelines, set) = try_join!(pipeline_heads(conn), role_reach_list(conn, None))?;
    let link = |(id, head): (i64, PipelineHead)| {
        let set = set.iter().filter(|row| row.pipeline == id).map(|row| (row.role.clone(), row.reach));
        PipelineLink { head, set: set.collect() }
    };
    Ok(pipelines.into_iter().map(link).collect())
}

/// Sets how far a role reaches in a pipeline; what is not set is as its permissions say.
///
/// # Errors
/// Those of the statements.
pub async fn role_reach_set(conn: &mut TenantConn, role: &str, pipeline: i64, reach: RoleReach) -> DbResult<()> {
    let one = role_pipelines::table.find((role, pipeline));
    if reach == RoleReach::default() {
        diesel::delete(one).execute(conn.raw()).await?;
        return Ok(());
    }
    let values = (
        role_pipelines::view_reach.eq(reach.view.map(Reach::as_str)),
        role_pipelines::edit_reach.eq(reach.edit.map(Reach::as_str)),
        role_pipelines::delete_reach.eq(reach.delete.map(Reach::as_str)),
    );
    let key = (role_pipelines::role_key.eq(role), role_pipelines::pipeline_id.eq(pipeline));
    let insert = diesel::insert_into(role_pipelines::table).values((key, values));
    insert.on_conflict((role_pipelines::role_key, role_pipelines::pipeline_id)).do_update().set(values).execute(conn.raw()).await?;
    Ok(())
}

/// All direct and indirect reports of a user. A circle of managers ends where it began.
///
/// # Errors
/// Those of the statement.
pub async fn team_of(conn: &TenantConn, user: UserId) -> DbResult<Vec<UserId>> {
    const BELOW: &str = "users.id IN (WITH RECURSIVE below AS (SELECT id FROM users WHERE manager_id = ";
    const FURTHER: &str = " UNION SELECT u.id FROM users u JOIN below b ON u.manager_id = b.id) SELECT id FROM below)";
    let is_below = sql::<Bool>(BELOW).bind::<BigInt, _>(user.0).sql(FURTHER);
    let query = users::table.filter(is_below).filter(users::id.ne(user.0)).select(users::id);
    let ids: Vec<i64> = query.load(&mut conn.shared()).await?;
    Ok(ids.into_iter().map(UserId).collect())
}
