//! Who of a company has a second factor, counted.

use crate::{
    DbResult, TenantConn,
    schema_tenant::{user_roles, users},
};
use diesel::{
    dsl::{count_star, sql},
    prelude::*,
    sql_types::{BigInt, Bool},
};
use diesel_async::RunQueryDsl;

/// Whether the user of a row of `users` has a second factor.
pub(super) const HAS_FACTOR: &str =
    "EXISTS (SELECT FROM user_totp WHERE user_totp.user_id = users.id AND user_totp.confirmed_at IS NOT NULL)";

/// Active users, and those of them without a second factor.
///
/// # Errors
/// Those of the statement.
pub async fn user_count_by_factor(conn: &mut TenantConn) -> DbResult<(i64, i64)> {
    let without = sql::<BigInt>(&format!("count(*) FILTER (WHERE NOT {HAS_FACTOR})"));
    Ok(users::table.filter(users::is_active).select((count_star(), without)).first(conn.raw()).await?)
}

/// Active users without a second factor by each role they hold: its key, and how many.
///
/// # Errors
/// Those of the statement.
pub async fn user_count_without_factor(conn: &mut TenantConn) -> DbResult<Vec<(String, i64)>> {
    let counted = user_roles::table
        .inner_join(users::table.on(users::id.eq(user_roles::user_id)))
        .filter(users::is_active)
        .filter(sql::<Bool>(&format!("NOT {HAS_FACTOR}")))
        .group_by(user_roles::role_key)
        .select((user_roles::role_key, count_star()));
    Ok(counted.load(conn.raw()).await?)
}
