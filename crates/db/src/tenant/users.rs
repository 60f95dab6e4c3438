//! Users of a company. This module alone writes `users` and `user_roles`, because each change of who is active or
//! owner must also move the counters of `quota`, in ONE conditional UPDATE whose row lock makes races impossible.

mod access;
mod factor;
mod keys;
mod list;
mod own;

pub use access::{
    AccessChange, access_of, role_holders_move, role_meets, role_overrides, staff_refresh, user_access, user_access_by_id,
    user_access_many, user_roles_held, user_set_access,
};
pub use factor::{user_count_by_factor, user_count_without_factor};
pub use keys::{LoginKeys, name_key};
pub use list::{Seen, UserFilter, UserStatus, user_count, user_list, user_note_for_job};
pub use own::{user_manager, user_must_change_password, user_photo, user_set_look, user_set_manager, user_set_photo};

use crate::cached::sql;
use crate::{
    DbError, DbResult, TenantConn,
    error::one_row,
    schema_tenant::{quota, user_roles, users},
};
use chrono::{DateTime, Utc};
use diesel::{
    dsl::count_star,
    pg::Pg,
    prelude::*,
    sql_types::{BigInt, Integer},
};
use diesel_async::RunQueryDsl;
use domain::{Email, Login, PersonName, UserId, Username, dto::tenant::Quota, role::OWNER};

/// A user as stored.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(Pg))]
pub struct UserRecord {
    /// The user's id.
    pub id: i64,
    /// The user name.
    pub username: String,
    /// The e-mail address.
    pub email: String,
    /// Whether a password was set.
    #[diesel(select_expression = users::password_hash.is_not_null())]
    pub has_password: bool,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Whether the user may sign in.
    pub is_active: bool,
    /// The primary role.
    pub user_type: String,
    /// What was granted or denied beside the roles, as stored.
    pub tenant_permissions: serde_json::Value,
    /// Sessions of an older epoch are over.
    pub session_epoch: i32,
    /// The last sign-in.
    pub last_login: Option<DateTime<Utc>>,
    /// When the user was created.
    pub created_at: DateTime<Utc>,
    /// When the user was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the user was deleted; such a one is hidden, and can be brought back.
    pub deleted_at: Option<DateTime<Utc>>,
    /// The user's own locale; empty means the company's.
    pub locale: String,
    /// `light` or `dark`; empty means what the system has.
    pub theme: String,
    /// The hash of the user's picture.
    pub photo_hash: Option<String>,
    /// Whether nothing but a new password is taken from the user.
    pub must_change_password: bool,
}

impl UserRecord {
    /// First and last name.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// First and last name, or the user name of a user without them.
    #[must_use]
    pub fn shown_name(&self) -> String {
        let name = self.full_name();
        if name.is_empty() { self.username.clone() } else { name }
    }
}

/// The user of that id.
///
/// # Errors
/// Those of the statement.
pub async fn user_get(conn: &TenantConn, id: UserId) -> DbResult<Option<UserRecord>> {
    Ok(users::table.find(id.0).select(UserRecord::as_select()).first(&mut conn.shared()).await.optional()?)
}

/// The argon2id hash of a user's password, once one was set.
///
/// # Errors
/// Those of the statement.
pub async fn user_password_hash(conn: &TenantConn, id: UserId) -> DbResult<Option<String>> {
    let hash: Option<Option<String>> = users::table.find(id.0).select(users::password_hash).first(&mut conn.shared()).await.optional()?;
    Ok(hash.flatten())
}

/// The users of those ids, as far as they exist.
///
/// # Errors
/// Those of the statement.
pub async fn user_get_many(conn: &mut TenantConn, ids: &[i64]) -> DbResult<Vec<UserRecord>> {
    Ok(users::table.filter(users::id.eq_any(ids)).select(UserRecord::as_select()).load(conn.raw()).await?)
}

/// The user of that id, locked until the transaction ends.
///
/// # Errors
/// Those of the statement.
pub async fn user_lock(conn: &mut TenantConn, id: UserId) -> DbResult<Option<UserRecord>> {
    Ok(users::table.find(id.0).select(UserRecord::as_select()).for_update().first(conn.raw()).await.optional()?)
}

/// The user who signs in with that, and the argon2id hash of the password.
///
/// # Errors
/// Those of the statement.
pub async fn user_find(conn: &mut TenantConn, login: &Login) -> DbResult<Option<(UserRecord, Option<String>)>> {
    let columns = (UserRecord::as_select(), users::password_hash);
    let found = match login {
        Login::Email(key) => users::table.filter(users::email_key.eq(key)).select(columns).first(conn.raw()).await,
        Login::Username(key) => users::table.filter(users::username_key.eq(key)).select(columns).first(conn.raw()).await,
    };
    Ok(found.optional()?)
}

/// Everybody who has one of these addresses or user names, given by their keys.
///
/// # Errors
/// Those of the statement.
pub async fn user_find_many(conn: &mut TenantConn, emails: &[String], usernames: &[String]) -> DbResult<Vec<UserRecord>> {
    // Two looks, each along its own index.
    let mut found: Vec<UserRecord> =
        users::table.filter(users::email_key.eq_any(emails)).select(UserRecord::as_select()).load(conn.raw()).await?;
    let others: Vec<UserRecord> =
        users::table.filter(users::username_key.eq_any(usernames)).select(UserRecord::as_select()).load(conn.raw()).await?;
    found.extend(others.into_iter().filter(|other| found.iter().all(|user| user.id != other.id)).collect::<Vec<_>>());
    Ok(found)
}

/// Removes a user who was locked by this transaction, for good, with everything that is theirs.
///
/// # Errors
/// [`DbError::LastOwner`].
pub async fn user_remove(conn: &mut TenantConn, user: &UserRecord) -> DbResult<()> {
    if user.is_active {
        quota_move(conn, -1, if user.user_type == OWNER { -1 } else { 0 }).await?;
    }
    one_row(diesel::delete(users::table.find(user.id)).execute(conn.raw()).await?)
}

/// Whether a user name is taken.
///
/// # Errors
/// Those of the statement.
pub async fn username_is_taken(conn: &mut TenantConn, username: &Username) -> DbResult<bool> {
    let same = users::table.filter(users::username_key.eq(username.key()));
    Ok(diesel::select(diesel::dsl::exists(same)).get_result(conn.raw()).await?)
}

/// A user to be created.
#[derive(Clone, Debug)]
pub struct UserInsert<'a> {
    /// The user name.
    pub username: &'a Username,
    /// The e-mail address.
    pub email: &'a Email,
    /// First name.
    pub first_name: &'a PersonName,
    /// Last name.
    pub last_name: &'a PersonName,
    /// The primary role.
    pub role: &'a str,
    /// Whether the user may open the administration pages.
    pub is_staff: bool,
    /// The argon2id hash, when a password is known already.
    pub password_hash: Option<&'a str>,
    /// What is kept besides: an object.
    pub metadata: serde_json::Value,
    /// When.
    pub now: DateTime<Utc>,
}

/// Creates active users with their primary roles, all or none.
///
/// # Errors
/// [`DbError::QuotaFull`], or [`DbError::Unique`] when an address or user name is taken.
pub async fn user_insert_many(conn: &mut TenantConn, inserts: &[UserInsert<'_>]) -> DbResult<Vec<UserId>> {
    let owners = inserts.iter().filter(|insert| insert.role == OWNER).count();
    quota_move(conn, i32::try_from(inserts.len()).unwrap_or(i32::MAX), i32::try_from(owners).unwrap_or(i32::MAX)).await?;
    let mut ids = Vec::with_capacity(inserts.len());
    for chunk in inserts.chunks(500) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|insert| {
                (
                    users::username.eq(insert.username.as_str()),
                    users::email.eq(insert.email.as_str()),
                    LoginKeys::of(insert.email, insert.username),
                    users::name_key.eq(name_key(insert.first_name, insert.last_name)),
                    users::first_name.eq(insert.first_name.as_str()),
                    users::last_name.eq(insert.last_name.as_str()),
                    users::user_type.eq(insert.role),
                    users::is_staff.eq(insert.is_staff),
                    users::password_hash.eq(insert.password_hash),
                    users::metadata.eq(&insert.metadata),
                    users::date_joined.eq(insert.now),
                    users::created_at.eq(insert.now),
                    users::updated_at.eq(insert.now),
                )
            })
            .collect();
        let added: Vec<i64> = diesel::insert_into(users::table).values(rows).returning(users::id).get_results(conn.raw()).await?;
        let links: Vec<_> =
            added.iter().zip(chunk).map(|(id, insert)| (user_roles::user_id.eq(*id), user_roles::role_key.eq(insert.role))).collect();
        diesel::insert_into(user_roles::table).values(links).execute(conn.raw()).await?;
        ids.extend(added.into_iter().map(UserId));
    }
    Ok(ids)
}

/// What an edit may change.
#[derive(Clone, Debug)]
pub struct UserChange<'a> {
    /// The e-mail address.
    pub email: &'a Email,
    /// The user name.
    pub username: &'a Username,
    /// First name.
    pub first_name: &'a PersonName,
    /// Last name.
    pub last_name: &'a PersonName,
    /// What is kept besides; none leaves it as it is.
    pub metadata: Option<&'a serde_json::Value>,
    /// When.
    pub now: DateTime<Utc>,
}

/// Changes who a user is; roles are changed by [`user_set_access`].
///
/// # Errors
/// [`DbError::Unique`] when an address or user name is taken.
pub async fn user_update(conn: &mut TenantConn, id: UserId, change: &UserChange<'_>) -> DbResult<()> {
    let values = (
        users::email.eq(change.email.as_str()),
        users::username.eq(change.username.as_str()),
        LoginKeys::of(change.email, change.username),
        users::name_key.eq(name_key(change.first_name, change.last_name)),
        users::first_name.eq(change.first_name.as_str()),
        users::last_name.eq(change.last_name.as_str()),
        users::updated_at.eq(change.now),
    );
    one_row(diesel::update(users::table.find(id.0)).set(values).execute(conn.raw()).await?)?;
    match change.metadata {
        Some(value) => one_row(diesel::update(users::table.find(id.0)).set(users::metadata.eq(value)).execute(conn.raw()).await?),
        None => Ok(()),
    }
}

/// Activates or deactivates a user who was locked by this transaction; deactivating ends the user's sessions.
///
/// # Errors
/// [`DbError::QuotaFull`] or [`DbError::LastOwner`].
pub async fn user_set_active(conn: &mut TenantConn, before: &UserRecord, active: bool, now: DateTime<Utc>) -> DbResult<()> {
    if before.is_active == active {
        return Ok(());
    }
    let sign = if active { 1 } else { -1 };
    quota_move(conn, sign, if before.user_type == OWNER { sign } else { 0 }).await?;
    let values =
        (users::is_active.eq(active), users::session_epoch.eq(users::session_epoch + i32::from(!active)), users::updated_at.eq(now));
    one_row(diesel::update(users::table.find(before.id)).set(values).execute(conn.raw()).await?)
}

/// Deletes a user who was locked by this transaction, or brings one back. A deleted user has no place and no session;
/// a restored one is active.
///
/// # Errors
/// [`DbError::QuotaFull`] or [`DbError::LastOwner`].
pub async fn user_set_deleted(conn: &mut TenantConn, before: &UserRecord, deleted: bool, now: DateTime<Utc>) -> DbResult<()> {
    let values = users::deleted_at.eq(deleted.then_some(now));
    if deleted {
        user_set_active(conn, before, false, now).await?;
    }
    one_row(diesel::update(users::table.find(before.id)).set(values).execute(conn.raw()).await?)?;
    if deleted { Ok(()) } else { user_set_active(conn, before, true, now).await }
}

/// What is kept about a user besides the columns.
///
/// # Errors
/// Those of the statement.
pub async fn user_metadata(conn: &mut TenantConn, id: UserId) -> DbResult<serde_json::Value> {
    Ok(users::table.find(id.0).select(users::metadata).first(conn.raw()).await?)
}

/// What is kept about some users besides the columns, by their ids.
///
/// # Errors
/// Those of the statement.
pub async fn user_metadata_many(conn: &TenantConn, ids: &[i64]) -> DbResult<Vec<(i64, serde_json::Value)>> {
    Ok(users::table.filter(users::id.eq_any(ids)).select((users::id, users::metadata)).load(&mut conn.shared()).await?)
}

/// Moves the counters of active users and owners, if the limits allow.
async fn quota_move(conn: &mut TenantConn, active: i32, owners: i32) -> DbResult<()> {
    if active == 0 && owners == 0 {
        return Ok(());
    }
    const SQL: &str = "UPDATE quota SET active_users = active_users + $1, active_owners = active_owners + $2 \
        WHERE ($1 <= 0 OR active_users + $1 <= max_users) AND ($2 >= 0 OR active_owners + $2 >= 1)";
    let touched = diesel::sql_query(SQL).bind::<Integer, _>(active).bind::<Integer, _>(owners).execute(conn.raw()).await?;
    if touched == 1 {
        return Ok(());
    }
    let (used, most): (i32, i32) = quota::table.select((quota::active_users, quota::max_users)).first(conn.raw()).await?;
    Err(if active > 0 && used + active > most { DbError::QuotaFull } else { DbError::LastOwner })
}

/// Active users and the most there may be.
///
/// # Errors
/// Those of the statement.
pub async fn quota_get(conn: &TenantConn) -> DbResult<Quota> {
    let (active_users, max_users) = quota::table.select((quota::active_users, quota::max_users)).first(&mut conn.shared()).await?;
    Ok(Quota { active_users, max_users })
}

/// Notes a sign-in.
///
/// # Errors
/// Those of the statement.
pub async fn user_set_last_login(conn: &mut TenantConn, id: UserId, at: DateTime<Utc>) -> DbResult<()> {
    one_row(diesel::update(users::table.find(id.0)).set(users::last_login.eq(at)).execute(conn.raw()).await?)
}

/// Replaces a hash without ending sessions: the same password under newer parameters.
///
/// # Errors
/// Those of the statement.
pub async fn user_rehash(conn: &mut TenantConn, id: UserId, old: &str, new: &str) -> DbResult<()> {
    // Another password that was set meanwhile stays.
    let same = users::table.find(id.0).filter(users::password_hash.eq(old));
    diesel::update(same).set(users::password_hash.eq(new)).execute(conn.raw()).await?;
    Ok(())
}

/// Ends all sessions of a user by the next request.
///
/// # Errors
/// Those of the statement.
pub async fn user_epoch_next(conn: &mut TenantConn, id: UserId) -> DbResult<()> {
    let next = users::session_epoch.eq(users::session_epoch + 1);
    one_row(diesel::update(users::table.find(id.0)).set(next).execute(conn.raw()).await?)
}

/// Sets a user's names.
///
/// # Errors
/// Those of the statement.
pub async fn user_set_name(conn: &mut TenantConn, id: UserId, first: &PersonName, last: &PersonName, now: DateTime<Utc>) -> DbResult<()> {
    let values = (
        users::first_name.eq(first.as_str()),
        users::last_name.eq(last.as_str()),
        users::name_key.eq(name_key(first, last)),
        users::updated_at.eq(now),
    );
    one_row(diesel::update(users::table.find(id.0)).set(values).execute(conn.raw()).await?)
}

/// Sets a new password, as it may have been asked for, and ends all sessions.
///
/// # Errors
/// Those of the statement.
pub async fn user_set_password(conn: &mut TenantConn, id: UserId, hash: &str, now: DateTime<Utc>) -> DbResult<()> {
    let values = (
        users::password_hash.eq(hash),
        users::must_change_password.eq(false),
        users::session_epoch.eq(users::session_epoch + 1),
        users::updated_at.eq(now),
    );
    one_row(diesel::update(users::table.find(id.0)).set(values).execute(conn.raw()).await?)
}

/// Active users of each role.
///
/// # Errors
/// Those of the statement.
pub async fn user_count_by_role(conn: &mut TenantConn) -> DbResult<Vec<(String, i64)>> {
    Ok(users::table.filter(users::is_active).group_by(users::user_type).select((users::user_type, count_star())).load(conn.raw()).await?)
}

/// Active users who never signed in, and those who did since `since`.
///
/// # Errors
/// Those of the statement.
pub async fn user_count_by_login(conn: &mut TenantConn, since: DateTime<Utc>) -> DbResult<(i64, i64)> {
    Ok(users::table
        .filter(users::is_active)
        .select((
            sql::<BigInt>("count(*) FILTER (WHERE last_login IS NULL)"),
            sql::<BigInt>("count(*) FILTER (WHERE last_login >= ").bind::<diesel::sql_types::Timestamptz, _>(since).sql(")"),
        ))
        .first(conn.raw())
        .await?)
}

/// The addresses of the active owners.
///
/// # Errors
/// Those of the statement.
pub async fn owner_list(conn: &mut TenantConn) -> DbResult<Vec<String>> {
    Ok(users::table
        .filter(users::is_active)
        .filter(users::user_type.eq(OWNER))
        .select(users::email)
        .order_by(users::id)
        .limit(5)
        .load(conn.raw())
        .await?)
}

/// When a user last signed in.
///
/// # Errors
/// Those of the statement.
pub async fn last_activity(conn: &mut TenantConn) -> DbResult<Option<DateTime<Utc>>> {
    Ok(users::table.select(diesel::dsl::max(users::last_login)).first(conn.raw()).await?)
}
