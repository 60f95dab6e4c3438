//! Platform admins and their one-time links.

use crate::{
    DbResult, PlatformConn,
    error::one_row,
    schema_platform::{admin_tokens, platform_admins},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use domain::{AdminId, AdminRole, Email, Login, PersonName};

/// A platform admin as stored.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = platform_admins, check_for_backend(Pg))]
pub struct AdminRecord {
    /// The admin's id.
    pub id: i64,
    /// The address to sign in with.
    pub email: String,
    /// Whether a password was set.
    #[diesel(select_expression = platform_admins::password_hash.is_not_null())]
    pub has_password: bool,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// `admin` or `support`.
    pub role: String,
    /// Whether this admin may sign in.
    pub is_active: bool,
    /// Sessions of an older epoch are over.
    pub session_epoch: i32,
    /// The last sign-in.
    pub last_login: Option<DateTime<Utc>>,
}

/// The admin of that id.
///
/// # Errors
/// Those of the statement.
pub async fn admin_get(conn: &mut PlatformConn, id: AdminId) -> DbResult<Option<AdminRecord>> {
    Ok(platform_admins::table.find(id.0).select(AdminRecord::as_select()).first(conn.raw()).await.optional()?)
}

/// The argon2id hash of an admin's password, once one was set.
///
/// # Errors
/// Those of the statement.
pub async fn admin_password_hash(conn: &mut PlatformConn, id: AdminId) -> DbResult<Option<String>> {
    let hash: Option<Option<String>> =
        platform_admins::table.find(id.0).select(platform_admins::password_hash).first(conn.raw()).await.optional()?;
    Ok(hash.flatten())
}

/// The admin who signs in with that address, and the argon2id hash of the password.
///
/// # Errors
/// Those of the statement.
pub async fn admin_find(conn: &mut PlatformConn, login: &Login) -> DbResult<Option<(AdminRecord, Option<String>)>> {
    Ok(platform_admins::table
        .filter(platform_admins::email_key.eq(login.key()))
        .select((AdminRecord::as_select(), platform_admins::password_hash))
        .first(conn.raw())
        .await
        .optional()?)
}

/// How many admins there are.
///
/// # Errors
/// Those of the statement.
pub async fn admin_count(conn: &mut PlatformConn) -> DbResult<i64> {
    Ok(platform_admins::table.count().get_result(conn.raw()).await?)
}

/// Everybody who runs the platform, by name.
///
/// # Errors
/// Those of the statement.
pub async fn admin_list(conn: &mut PlatformConn) -> DbResult<Vec<AdminRecord>> {
    let order = (platform_admins::first_name, platform_admins::last_name, platform_admins::id);
    Ok(platform_admins::table.select(AdminRecord::as_select()).order_by(order).load(conn.raw()).await?)
}

/// Everybody who runs the platform, locked until the transaction ends: few people, and a rule about all of them.
///
/// # Errors
/// Those of the statement.
pub async fn admin_list_lock(conn: &mut PlatformConn) -> DbResult<Vec<AdminRecord>> {
    Ok(platform_admins::table.select(AdminRecord::as_select()).order_by(platform_admins::id).for_update().load(conn.raw()).await?)
}

/// Sets what an admin may do, and ends all sessions.
///
/// # Errors
/// Those of the statement.
pub async fn admin_update(conn: &mut PlatformConn, id: AdminId, active: bool, role: &str, now: DateTime<Utc>) -> DbResult<()> {
    let values = (
        platform_admins::is_active.eq(active),
        platform_admins::role.eq(role),
        platform_admins::session_epoch.eq(platform_admins::session_epoch + 1),
        platform_admins::updated_at.eq(now),
    );
    one_row(diesel::update(platform_admins::table.find(id.0)).set(values).execute(conn.raw()).await?)
}

/// Ends all sessions of an admin.
///
/// # Errors
/// Those of the statement.
pub async fn admin_epoch_next(conn: &mut PlatformConn, id: AdminId) -> DbResult<()> {
    let next = platform_admins::session_epoch.eq(platform_admins::session_epoch + 1);
    one_row(diesel::update(platform_admins::table.find(id.0)).set(next).execute(conn.raw()).await?)
}

/// Sets an admin's names.
///
/// # Errors
/// Those of the statement.
pub async fn admin_set_name(
    conn: &mut PlatformConn,
    id: AdminId,
    first: &PersonName,
    last: &PersonName,
    now: DateTime<Utc>,
) -> DbResult<()> {
    let values =
        (platform_admins::first_name.eq(first.as_str()), platform_admins::last_name.eq(last.as_str()), platform_admins::updated_at.eq(now));
    one_row(diesel::update(platform_admins::table.find(id.0)).set(values).execute(conn.raw()).await?)
}

/// An admin to be added.
#[derive(Clone, Debug)]
pub struct AdminInsert<'a> {
    /// The address to sign in with.
    pub email: &'a Email,
    /// First name.
    pub first_name: &'a PersonName,
    /// Last name.
    pub last_name: &'a PersonName,
    /// What the admin may do.
    pub role: AdminRole,
    /// The argon2id hash, or none for a one-time link.
    pub password_hash: Option<&'a str>,
    /// When.
    pub now: DateTime<Utc>,
}

/// Adds an admin.
///
/// # Errors
/// [`DbError::Unique`](crate::DbError::Unique) when the address is taken.
pub async fn admin_insert(conn: &mut PlatformConn, insert: &AdminInsert<'_>) -> DbResult<AdminId> {
    let values = (
        platform_admins::email.eq(insert.email.as_str()),
        platform_admins::email_key.eq(insert.email.key()),
        platform_admins::first_name.eq(insert.first_name.as_str()),
        platform_admins::last_name.eq(insert.last_name.as_str()),
        platform_admins::role.eq(insert.role.as_str()),
        platform_admins::password_hash.eq(insert.password_hash),
        platform_admins::created_at.eq(insert.now),
        platform_admins::updated_at.eq(insert.now),
    );
    let id = diesel::insert_into(platform_admins::table).values(values).returning(platform_admins::id).get_result(conn.raw()).await?;
    Ok(AdminId(id))
}

/// Notes a sign-in.
///
/// # Errors
/// Those of the statement.
pub async fn admin_set_last_login(conn: &mut PlatformConn, id: AdminId, at: DateTime<Utc>) -> DbResult<()> {
    one_row(diesel::update(platform_admins::table.find(id.0)).set(platform_admins::last_login.eq(at)).execute(conn.raw()).await?)
}

/// Replaces a hash without ending sessions: the same password under newer parameters.
///
/// # Errors
/// Those of the statement.
pub async fn admin_rehash(conn: &mut PlatformConn, id: AdminId, old: &str, new: &str) -> DbResult<()> {
    // Another password that was set meanwhile stays.
    let same = platform_admins::table.find(id.0).filter(platform_admins::password_hash.eq(old));
    diesel::update(same).set(platform_admins::password_hash.eq(new)).execute(conn.raw()).await?;
    Ok(())
}

/// Sets a new password and ends all sessions.
///
/// # Errors
/// Those of the statement.
pub async fn admin_set_password(conn: &mut PlatformConn, id: AdminId, hash: &str, now: DateTime<Utc>) -> DbResult<()> {
    let values = (
        platform_admins::password_hash.eq(hash),
        platform_admins::session_epoch.eq(platform_admins::session_epoch + 1),
        platform_admins::updated_at.eq(now),
    );
    one_row(diesel::update(platform_admins::table.find(id.0)).set(values).execute(conn.raw()).await?)
}

/// Ends all open one-time links of an admin.
///
/// # Errors
/// Those of the statement.
pub async fn admin_token_delete_open(conn: &mut PlatformConn, id: AdminId) -> DbResult<()> {
    let open = admin_tokens::table.filter(admin_tokens::admin_id.eq(id.0)).filter(admin_tokens::used_at.is_null());
    diesel::delete(open).execute(conn.raw()).await?;
    Ok(())
}

/// Locks an admin's row until the transaction ends.
///
/// # Errors
/// Those of the statement.
pub async fn admin_lock(conn: &mut PlatformConn, id: AdminId) -> DbResult<()> {
    let _found: Option<i64> =
        platform_admins::table.find(id.0).select(platform_admins::id).for_update().first(conn.raw()).await.optional()?;
    Ok(())
}

/// Keeps the hash of a new one-time link; older ones of the same admin end.
///
/// # Errors
/// Those of the statements.
pub async fn admin_token_insert(
    conn: &mut PlatformConn,
    id: AdminId,
    purpose: &str,
    hash: &[u8],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> DbResult<()> {
    admin_token_delete_open(conn, id).await?;
    let values = (
        admin_tokens::admin_id.eq(id.0),
        admin_tokens::purpose.eq(purpose),
        admin_tokens::token_hash.eq(hash),
        admin_tokens::created_at.eq(now),
        admin_tokens::expires_at.eq(expires_at),
    );
    one_row(diesel::insert_into(admin_tokens::table).values(values).execute(conn.raw()).await?)
}

/// Whose open link of that purpose this is.
///
/// # Errors
/// Those of the statement.
pub async fn admin_token_find(conn: &mut PlatformConn, purpose: &str, hash: &[u8], now: DateTime<Utc>) -> DbResult<Option<AdminRecord>> {
    Ok(admin_tokens::table
        .inner_join(platform_admins::table)
        .filter(admin_tokens::token_hash.eq(hash))
        .filter(admin_tokens::purpose.eq(purpose))
        .filter(admin_tokens::used_at.is_null())
        .filter(admin_tokens::expires_at.gt(now))
        .filter(platform_admins::is_active)
        .select(AdminRecord::as_select())
        .first(conn.raw())
        .await
        .optional()?)
}

/// Uses a link up; of many at once exactly one gets `true`.
///
/// # Errors
/// Those of the statement.
pub async fn admin_token_use(conn: &mut PlatformConn, hash: &[u8], now: DateTime<Utc>) -> DbResult<bool> {
    let open = admin_tokens::table
        .filter(admin_tokens::token_hash.eq(hash))
        .filter(admin_tokens::used_at.is_null())
        .filter(admin_tokens::expires_at.gt(now));
    Ok(diesel::update(open).set(admin_tokens::used_at.eq(now)).execute(conn.raw()).await? == 1)
}
