//! How far roles reach in pipelines and what they do with fields, and who is in the team of a user.

use super::definitions::heads_all;
use crate::{
    DbError, DbResult, TenantConn,
    cached::{Bound, Sql, sql},
    schema_tenant::{fields, pipelines, role_fields, role_pipelines, users},
};
use diesel::{
    expression::AsExpression,
    prelude::*,
    sql_types::{BigInt, Bool},
};
use diesel_async::RunQueryDsl;
use domain::{
    UserId,
    record::{FieldAccess, PipelineHead, PipelineLink, Reach, RoleReach},
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

/// What leads to each pipeline, in their order, deleted ones too, and for whom.
///
/// # Errors
/// Those of the statements.
pub async fn pipeline_links(conn: &TenantConn) -> DbResult<Vec<PipelineLink>> {
    let (pipelines, set, narrowed) = try_join!(heads_all(conn), role_reach_list(conn, None), roles_narrowed(conn))?;
    let link = |(id, head, is_deleted): (i64, PipelineHead, bool)| {
        let set = set.iter().filter(|row| row.pipeline == id).map(|row| (row.role.clone(), row.reach));
        let narrowed = narrowed.iter().filter(|(_, pipeline)| *pipeline == id).map(|(role, _)| role.clone());
        PipelineLink { head, set: set.collect(), narrowed: narrowed.collect(), is_deleted }
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

/// The roles that are narrowed in a field, deleted or not, with the pipeline of it.
async fn roles_narrowed(conn: &TenantConn) -> DbResult<Vec<(String, i64)>> {
    let query = role_fields::table.inner_join(fields::table);
    let query = query.select((role_fields::role_key, fields::pipeline_id)).distinct();
    Ok(query.load(&mut conn.shared()).await?)
}

/// The keys of the pipelines of which fields are hidden from a role.
///
/// # Errors
/// Those of the statement.
pub async fn pipelines_barred_from(conn: &TenantConn, role: &str) -> DbResult<Vec<String>> {
    let query = role_fields::table.inner_join(fields::table.inner_join(pipelines::table)).filter(role_fields::role_key.eq(role));
    let query = query.filter(role_fields::access.eq(FieldAccess::None.as_str())).filter(pipelines::deleted_at.is_null());
    Ok(query.select(pipelines::key).distinct().load(&mut conn.shared()).await?)
}

/// What one role may do with one field, where that is not everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleFieldRow {
    /// The role.
    pub role: String,
    /// The field.
    pub field: i64,
    /// What it may do.
    pub access: FieldAccess,
}

/// What these roles may do with fields, as far as that was narrowed.
///
/// # Errors
/// Those of the statement; [`DbError::Decode`] for an access of another version.
pub async fn role_field_list(conn: &TenantConn, roles: &[String]) -> DbResult<Vec<RoleFieldRow>> {
    let query = role_fields::table.filter(role_fields::role_key.eq_any(roles));
    let rows: Vec<(String, i64, String)> = query.load(&mut conn.shared()).await?;
    let row = |(role, field, access): (String, i64, String)| {
        let access = FieldAccess::parse(&access).ok_or_else(|| DbError::Decode(format!("an access to a field: {access}")))?;
        Ok(RoleFieldRow { role, field, access })
    };
    rows.into_iter().map(row).collect()
}

/// Sets what a role may do with a field.
///
/// # Errors
/// Those of the statements.
pub async fn role_field_set(conn: &mut TenantConn, role: &str, field: i64, access: FieldAccess) -> DbResult<()> {
    if access == FieldAccess::Write {
        diesel::delete(role_fields::table.find((role, field))).execute(conn.raw()).await?;
        return Ok(());
    }
    let set = role_fields::access.eq(access.as_str());
    let values = (role_fields::role_key.eq(role), role_fields::field_id.eq(field), set);
    let insert = diesel::insert_into(role_fields::table).values(values);
    insert.on_conflict((role_fields::role_key, role_fields::field_id)).do_update().set(set).execute(conn.raw()).await?;
    Ok(())
}

/// Everyone in the team of a user: all direct and indirect reports, and the members of the user's teams. A circle of managers ends where
/// it began.
///
/// # Errors
/// Those of the statement.
pub async fn team_of(conn: &TenantConn, user: UserId) -> DbResult<Vec<UserId>> {
    const MATES: &str = "users.id IN (SELECT m.user_id FROM team_members own JOIN team_members m ON m.team_id = own.team_id \
        WHERE own.user_id = ";
    let is_mate = sql::<Bool>(MATES).bind::<BigInt, _>(user.0).sql(")");
    let query = users::table.filter(is_below(user).or(is_mate)).filter(users::id.ne(user.0)).select(users::id);
    let ids: Vec<i64> = query.load(&mut conn.shared()).await?;
    Ok(ids.into_iter().map(UserId).collect())
}

/// All direct and indirect reports of a user.
///
/// # Errors
/// Those of the statement.
pub async fn reports_of(conn: &TenantConn, user: UserId) -> DbResult<Vec<UserId>> {
    let query = users::table.filter(is_below(user)).filter(users::id.ne(user.0)).select(users::id);
    let ids: Vec<i64> = query.load(&mut conn.shared()).await?;
    Ok(ids.into_iter().map(UserId).collect())
}

type Below = Sql<Bool, Bound<Bool, Sql<Bool, ()>, <i64 as AsExpression<BigInt>>::Expression>>;

fn is_below(user: UserId) -> Below {
    const BELOW: &str = "users.id IN (WITH RECURSIVE below AS (SELECT id FROM users WHERE manager_id = ";
    const FURTHER: &str = " UNION SELECT u.id FROM users u JOIN below b ON u.manager_id = b.id) SELECT id FROM below)";
    sql::<Bool>(BELOW).bind::<BigInt, _>(user.0).sql(FURTHER)
}
