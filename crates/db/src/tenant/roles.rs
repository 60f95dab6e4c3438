//! Roles of a company.

use crate::cached::sql;
use crate::{DbError, DbResult, TenantConn, error::one_row, schema_tenant::roles};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Integer},
};
use diesel_async::RunQueryDsl;
use domain::{
    PermissionSet,
    list::{COUNT_EXACT_MAX, Count},
    role::SYSTEM_ROLES,
    text::looks,
};
use serde_json::Value;

/// A role as stored.
#[derive(Clone, Debug)]
pub struct RoleRecord {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it came with the company and cannot be changed.
    pub is_system: bool,
    /// What it permits.
    pub permissions: PermissionSet,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

pub(crate) fn permissions_read(value: Value) -> DbResult<PermissionSet> {
    serde_json::from_value(value).map_err(|error| DbError::Decode(format!("permissions: {error}")))
}

fn permissions_write(permissions: &PermissionSet) -> DbResult<Value> {
    serde_json::to_value(permissions).map_err(|error| DbError::Decode(error.to_string()))
}

type Columns = (roles::key, roles::name, roles::description, roles::is_system, roles::permissions, roles::updated_at);
const COLUMNS: Columns = (roles::key, roles::name, roles::description, roles::is_system, roles::permissions, roles::updated_at);

fn record(row: (String, String, String, bool, Value, DateTime<Utc>)) -> DbResult<RoleRecord> {
    let (key, name, description, is_system, permissions, updated_at) = row;
    Ok(RoleRecord { key, name, description, is_system, permissions: permissions_read(permissions)?, updated_at })
}

/// All roles, system roles in their order first.
///
/// # Errors
/// Those of the statement.
pub async fn role_list(conn: &TenantConn) -> DbResult<Vec<RoleRecord>> {
    const RANK: &str = "coalesce(array_position(ARRAY['owner', 'admin', 'manager', 'salesperson', 'user'], roles.key::text), 9)";
    let rows = roles::table.select(COLUMNS).order_by((sql::<Integer>(RANK), roles::name)).load(&mut conn.shared()).await?;
    rows.into_iter().map(record).collect()
}

/// How many hold each role, active or not.
///
/// # Errors
/// Those of the statement.
pub async fn role_holders(conn: &mut TenantConn) -> DbResult<Vec<(String, Count)>> {
    const HOLDERS: &str = "(SELECT count(*) FROM (SELECT FROM user_roles WHERE role_key = roles.key LIMIT 10001) AS holders)";
    let rows: Vec<(String, i64)> = roles::table.select((roles::key, sql::<BigInt>(HOLDERS))).load(conn.raw()).await?;
    Ok(rows.into_iter().map(|(key, count)| (key, Count::from_capped(count, COUNT_EXACT_MAX))).collect())
}

/// The role of that key, locked until the transaction ends.
///
/// # Errors
/// Those of the statement.
pub async fn role_lock(conn: &mut TenantConn, key: &str) -> DbResult<Option<RoleRecord>> {
    let row = roles::table.find(key).select(COLUMNS).for_update().first(conn.raw()).await.optional()?;
    row.map(record).transpose()
}

/// What a company decides about a role.
#[derive(Clone, Debug)]
pub struct RoleValues<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// What it permits.
    pub permissions: &'a PermissionSet,
    /// When.
    pub now: DateTime<Utc>,
}

/// Adds a role of the company's own.
///
/// # Errors
/// [`DbError::Unique`] when its key is taken, or a role has a name that looks the same.
pub async fn role_insert(conn: &mut TenantConn, key: &str, role: &RoleValues<'_>) -> DbResult<()> {
    let values = (
        roles::key.eq(key),
        roles::name.eq(role.name),
        roles::name_key.eq(looks(role.name)),
        roles::description.eq(role.description),
        roles::permissions.eq(permissions_write(role.permissions)?),
        roles::created_at.eq(role.now),
        roles::updated_at.eq(role.now),
    );
    one_row(diesel::insert_into(roles::table).values(values).execute(conn.raw()).await?)
}

/// Changes a role of the company's own.
///
/// # Errors
/// [`DbError::Unique`] when a role has a name that looks the same.
pub async fn role_update(conn: &mut TenantConn, key: &str, role: &RoleValues<'_>) -> DbResult<()> {
    let before: Option<String> = roles::table.find(key).select(roles::name).first(conn.raw()).await.optional()?;
    let values = (
        roles::name.eq(role.name),
        // Of two that looked alike before that was refused, each may be changed under the name it has.
        (before.as_deref() != Some(role.name)).then(|| roles::name_key.eq(looks(role.name))),
        roles::description.eq(role.description),
        roles::permissions.eq(permissions_write(role.permissions)?),
        roles::updated_at.eq(role.now),
    );
    let own = roles::table.find(key).filter(diesel::dsl::not(roles::is_system));
    one_row(diesel::update(own).set(values).execute(conn.raw()).await?)
}

/// Notes that something beside its row was changed about a role.
///
/// # Errors
/// Those of the statement.
pub async fn role_touch(conn: &mut TenantConn, key: &str, now: DateTime<Utc>) -> DbResult<()> {
    one_row(diesel::update(roles::table.find(key)).set(roles::updated_at.eq(now)).execute(conn.raw()).await?)
}

/// Deletes a role of the company's own, which nobody holds any more.
///
/// # Errors
/// Those of the statement.
pub async fn role_delete(conn: &mut TenantConn, key: &str) -> DbResult<()> {
    let own = roles::table.find(key).filter(diesel::dsl::not(roles::is_system));
    one_row(diesel::delete(own).execute(conn.raw()).await?)
}

/// Adds the system roles to a new company.
///
/// # Errors
/// Those of the statement.
pub async fn role_insert_system(conn: &mut TenantConn) -> DbResult<()> {
    let mut rows = Vec::with_capacity(SYSTEM_ROLES.len());
    for role in &SYSTEM_ROLES {
        let permissions = permissions_write(&role.permission_set())?;
        rows.push((
            roles::key.eq(role.key),
            roles::name.eq(role.name),
            roles::name_key.eq(looks(role.name)),
            roles::is_system.eq(true),
            roles::permissions.eq(permissions),
        ));
    }
    diesel::insert_into(roles::table).values(rows).execute(conn.raw()).await?;
    Ok(())
}
