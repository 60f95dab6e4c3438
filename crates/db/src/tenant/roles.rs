//! Roles of a company.

use crate::{DbError, DbResult, TenantConn, schema_tenant::roles};
use diesel::{dsl::sql, prelude::*, sql_types::Integer};
use diesel_async::RunQueryDsl;
use domain::{PermissionSet, role::SYSTEM_ROLES};

/// A role as stored.
#[derive(Clone, Debug)]
pub struct RoleRecord {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What it permits.
    pub permissions: PermissionSet,
}

pub(crate) fn permissions_read(value: serde_json::Value) -> DbResult<PermissionSet> {
    serde_json::from_value(value).map_err(|error| DbError::Decode(format!("permissions: {error}")))
}

/// All roles, system roles in their order first.
///
/// # Errors
/// Those of the statement.
pub async fn role_list(conn: &mut TenantConn) -> DbResult<Vec<RoleRecord>> {
    const RANK: &str = "coalesce(array_position(ARRAY['owner', 'admin', 'manager', 'salesperson', 'user'], roles.key::text), 9)";
    let rows: Vec<(String, String, serde_json::Value)> = roles::table
        .select((roles::key, roles::name, roles::permissions))
        .order_by((sql::<Integer>(RANK), roles::name))
        .load(conn.raw())
        .await?;
    rows.into_iter().map(|(key, name, value)| Ok(RoleRecord { key, name, permissions: permissions_read(value)? })).collect()
}

/// Adds the system roles to a new company.
///
/// # Errors
/// Those of the statement.
pub async fn role_insert_system(conn: &mut TenantConn) -> DbResult<()> {
    let mut rows = Vec::with_capacity(SYSTEM_ROLES.len());
    for role in &SYSTEM_ROLES {
        let permissions = serde_json::to_value(role.permission_set()).map_err(|error| DbError::Decode(error.to_string()))?;
        rows.push((roles::key.eq(role.key), roles::name.eq(role.name), roles::is_system.eq(true), roles::permissions.eq(permissions)));
    }
    diesel::insert_into(roles::table).values(rows).execute(conn.raw()).await?;
    Ok(())
}
