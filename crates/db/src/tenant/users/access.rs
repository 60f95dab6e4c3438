//! Roles of users, and what was decided for one user beside them.

use super::{UserRecord, quota_move, user_get};
use crate::cached::sql;
use crate::{
    DbError, DbResult, TenantConn,
    error::one_row,
    schema_tenant::{roles, user_roles, users},
    tenant::roles::{permissions_read, role_list},
};
use chrono::{DateTime, Utc};
use diesel::{
    dsl::exists,
    prelude::*,
    sql_types::{BigInt, Bool, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use domain::{
    UserId,
    access::{Access, HeldRole, Overrides},
    role::OWNER,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn overrides_read(value: Value) -> DbResult<Overrides> {
    serde_json::from_value(value).map_err(|error| DbError::Decode(format!("tenant_permissions: {error}")))
}

/// The roles a user holds, by name.
///
/// # Errors
/// Those of the statement; [`DbError::Decode`] for permissions that cannot be read.
pub async fn user_roles_held(conn: &TenantConn, id: UserId) -> DbResult<Vec<HeldRole>> {
    let held: Vec<(String, String, Value)> = user_roles::table
        .inner_join(roles::table)
        .filter(user_roles::user_id.eq(id.0))
        .select((roles::key, roles::name, roles::permissions))
        .order_by(roles::name)
        .load(&mut conn.shared())
        .await?;
    held.into_iter().map(|(key, name, permissions)| Ok(HeldRole { key, name, permissions: permissions_read(permissions)? })).collect()
}

/// What a user may do by these roles, the primary one first, and by what was decided beside them.
///
/// # Errors
/// [`DbError::Decode`] for decisions that cannot be read.
pub fn access_of(user: &UserRecord, mut held: Vec<HeldRole>) -> DbResult<Access> {
    held.sort_by_key(|role| role.key != user.user_type);
    Ok(Access { roles: held, overrides: overrides_read(user.tenant_permissions.clone())? })
}

/// The roles of a user and what was decided beside them.
///
/// # Errors
/// As [`user_roles_held`] and [`access_of`].
pub async fn user_access(conn: &TenantConn, user: &UserRecord) -> DbResult<Access> {
    access_of(user, user_roles_held(conn, UserId(user.id)).await?)
}

/// The same for many users at once, in their order.
///
/// # Errors
/// As for [`user_access`].
pub async fn user_access_many(conn: &mut TenantConn, many: &[&UserRecord]) -> DbResult<Vec<Access>> {
    let ids: Vec<i64> = many.iter().map(|user| user.id).collect();
    let links: Vec<(i64, String)> = user_roles::table
        .filter(user_roles::user_id.eq_any(&ids))
        .select((user_roles::user_id, user_roles::role_key))
        .load(conn.raw())
        .await?;
    let known = role_list(conn).await?;
    let mut held: BTreeMap<i64, Vec<HeldRole>> = BTreeMap::new();
    for (user, key) in links {
        if let Some(role) = known.iter().find(|role| role.key == key) {
            let role = HeldRole { key, name: role.name.clone(), permissions: role.permissions.clone() };
            held.entry(user).or_default().push(role);
        }
    }
    let access = |user: &&UserRecord| {
        let overrides = overrides_read(user.tenant_permissions.clone())?;
        Ok(Access { roles: held.remove(&user.id).unwrap_or_default(), overrides })
    };
    many.iter().map(access).collect()
}

/// The roles of a user and what was decided beside them; nothing when there is no such user.
///
/// # Errors
/// As for [`user_access`].
pub async fn user_access_by_id(conn: &TenantConn, id: UserId) -> DbResult<Access> {
    match user_get(conn, id).await? {
        Some(user) => user_access(conn, &user).await,
        None => Ok(Access::default()),
    }
}

/// What a user is to hold.
#[derive(Clone, Debug)]
pub struct AccessChange<'a> {
    /// The primary role.
    pub role: &'a str,
    /// All others.
    pub further: &'a [String],
    /// What was decided beside them.
    pub overrides: &'a Overrides,
    /// Whether the user may open the administration pages.
    pub is_staff: bool,
    /// When.
    pub now: DateTime<Utc>,
}

/// Gives a user, who was locked by this transaction, other roles; the user's sessions end. Owners hold that role alone.
///
/// # Errors
/// [`DbError::LastOwner`], [`DbError::Foreign`] for a role that is gone.
pub async fn user_set_access(conn: &mut TenantConn, before: &UserRecord, change: &AccessChange<'_>) -> DbResult<()> {
    if before.is_active {
        quota_move(conn, 0, i32::from(change.role == OWNER) - i32::from(before.user_type == OWNER)).await?;
    }
    let owner = change.role == OWNER;
    let overrides = if owner { &Overrides::default() } else { change.overrides };
    let values = (
        users::user_type.eq(change.role),
        users::tenant_permissions.eq(serde_json::to_value(overrides).map_err(|error| DbError::Decode(error.to_string()))?),
        users::is_staff.eq(change.is_staff),
        users::session_epoch.eq(users::session_epoch + 1),
        users::updated_at.eq(change.now),
    );
    one_row(diesel::update(users::table.find(before.id)).set(values).execute(conn.raw()).await?)?;
    let further: &[String] = if owner { &[] } else { change.further };
    let mut keys: Vec<&str> = further.iter().map(String::as_str).collect();
    keys.push(change.role);
    let gone = user_roles::table.filter(user_roles::user_id.eq(before.id)).filter(user_roles::role_key.ne_all(&keys));
    diesel::delete(gone).execute(conn.raw()).await?;
    let held: Vec<_> = keys.into_iter().map(|key| (user_roles::user_id.eq(before.id), user_roles::role_key.eq(key))).collect();
    diesel::insert_into(user_roles::table).values(held).on_conflict_do_nothing().execute(conn.raw()).await?;
    Ok(())
}

/// What was decided for those who hold a role, each thing once.
///
/// # Errors
/// Those of the statement; [`DbError::Decode`] for permissions that cannot be read.
pub async fn role_overrides(conn: &mut TenantConn, role: &str) -> DbResult<Vec<Overrides>> {
    let holders = user_roles::table.filter(user_roles::role_key.eq(role)).select(user_roles::user_id);
    let stored: Vec<Value> = users::table
        .filter(users::id.eq_any(holders))
        .filter(sql::<Bool>("users.tenant_permissions <> '{}'::jsonb"))
        .select(users::tenant_permissions)
        .distinct()
        .load(conn.raw())
        .await?;
    stored.into_iter().map(overrides_read).collect()
}

/// Whether anybody who holds `role` holds one of `others` too.
///
/// # Errors
/// Those of the statement.
pub async fn role_meets(conn: &mut TenantConn, role: &str, others: &[String]) -> DbResult<bool> {
    let both = users::table
        .filter(users::id.eq_any(user_roles::table.filter(user_roles::role_key.eq(role)).select(user_roles::user_id)))
        .filter(users::id.eq_any(user_roles::table.filter(user_roles::role_key.eq_any(others)).select(user_roles::user_id)));
    Ok(diesel::select(exists(both)).get_result(conn.raw()).await?)
}

/// Brings `is_staff` up to date, for everybody with whom it is not, after what a role permits was changed.
///
/// # Errors
/// Those of the statement.
pub async fn staff_refresh(conn: &mut TenantConn) -> DbResult<()> {
    const SQL: &str = "WITH mighty AS (SELECT key, permissions ? 'company.own' AS owns FROM roles \
          WHERE permissions ?| ARRAY['company.own', 'settings.manage']), \
        staff AS (SELECT id, coalesce(bool_or(owns), false) OR (count(mighty.key) > 0 \
              OR coalesce(tenant_permissions -> 'grant' ? 'settings.manage', false)) \
             AND NOT coalesce(tenant_permissions -> 'deny' ? 'settings.manage', false) AS now \
          FROM users LEFT JOIN user_roles ON user_id = id LEFT JOIN mighty ON mighty.key = role_key GROUP BY id) \
        UPDATE users SET is_staff = staff.now FROM staff WHERE staff.id = users.id AND users.is_staff <> staff.now";
    diesel::sql_query(SQL).execute(conn.raw()).await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Moved {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Moves everybody who holds `role` to `fallback`: as the primary role of those whose primary role it was, whose sessions
/// end; from the others it is taken. Gives whose primary role it was, and from whom it was taken.
///
/// # Errors
/// [`DbError::LastOwner`] to or from the role of owners, who are counted.
pub async fn role_holders_move(
    conn: &mut TenantConn,
    role: &str,
    fallback: &str,
    now: DateTime<Utc>,
) -> DbResult<(Vec<UserId>, Vec<UserId>)> {
    const MOVE: &str = "WITH moved AS (UPDATE users SET user_type = $2, session_epoch = session_epoch + 1, updated_at = $3 \
          WHERE user_type = $1 RETURNING id), \
        held AS (INSERT INTO user_roles (user_id, role_key) SELECT id, $2 FROM moved ON CONFLICT DO NOTHING) \
        SELECT id FROM moved";
    if role == OWNER || fallback == OWNER {
        return Err(DbError::LastOwner);
    }
    let moving = diesel::sql_query(MOVE).bind::<Text, _>(role).bind::<Text, _>(fallback).bind::<Timestamptz, _>(now);
    let moved: Vec<Moved> = moving.load(conn.raw()).await?;
    let held = diesel::delete(user_roles::table.filter(user_roles::role_key.eq(role)));
    let held: Vec<i64> = held.returning(user_roles::user_id).get_results(conn.raw()).await?;
    let moved: BTreeSet<i64> = moved.into_iter().map(|row| row.id).collect();
    let others = held.into_iter().filter(|id| !moved.contains(id)).map(UserId).collect();
    Ok((moved.into_iter().map(UserId).collect(), others))
}
