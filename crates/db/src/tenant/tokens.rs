//! One-time links of users: invitations and resets.

use crate::{
    DbResult, TenantConn,
    error::one_row,
    schema_tenant::{user_tokens, users},
    tenant::users::UserRecord,
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::UserId;

/// Keeps the hash of a new link; older open ones of the same user end.
///
/// # Errors
/// Those of the statements.
pub async fn token_insert(
    conn: &mut TenantConn,
    user: UserId,
    purpose: &str,
    hash: &[u8],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> DbResult<()> {
    token_delete_open(conn, user).await?;
    let values = (
        user_tokens::user_id.eq(user.0),
        user_tokens::purpose.eq(purpose),
        user_tokens::token_hash.eq(hash),
        user_tokens::created_at.eq(now),
        user_tokens::expires_at.eq(expires_at),
    );
    one_row(diesel::insert_into(user_tokens::table).values(values).execute(conn.raw()).await?)
}

/// Ends all open links of a user.
///
/// # Errors
/// Those of the statement.
pub async fn token_delete_open(conn: &mut TenantConn, user: UserId) -> DbResult<()> {
    diesel::delete(user_tokens::table.filter(user_tokens::user_id.eq(user.0)).filter(user_tokens::used_at.is_null()))
        .execute(conn.raw())
        .await?;
    Ok(())
}

/// Whose open link of that purpose this is; only active users have any.
///
/// # Errors
/// Those of the statement.
pub async fn token_find(conn: &mut TenantConn, purpose: &str, hash: &[u8], now: DateTime<Utc>) -> DbResult<Option<UserRecord>> {
    Ok(user_tokens::table
        .inner_join(users::table)
        .filter(user_tokens::token_hash.eq(hash))
        .filter(user_tokens::purpose.eq(purpose))
        .filter(user_tokens::used_at.is_null())
        .filter(user_tokens::expires_at.gt(now))
        .filter(users::is_active)
        .select(UserRecord::as_select())
        .first(conn.raw())
        .await
        .optional()?)
}

/// Until when a link of this user is open.
///
/// # Errors
/// Those of the statement.
pub async fn token_open_until(conn: &mut TenantConn, user: UserId, now: DateTime<Utc>) -> DbResult<Option<DateTime<Utc>>> {
    Ok(user_tokens::table
        .filter(user_tokens::user_id.eq(user.0))
        .filter(user_tokens::used_at.is_null())
        .filter(user_tokens::expires_at.gt(now))
        .select(user_tokens::expires_at)
        .order_by(user_tokens::expires_at.desc())
        .first(conn.raw())
        .await
        .optional()?)
}

/// Uses a link up; of many at once exactly one is told `true`.
///
/// # Errors
/// Those of the statement.
pub async fn token_use(conn: &mut TenantConn, hash: &[u8], now: DateTime<Utc>) -> DbResult<bool> {
    let open = user_tokens::table
        .filter(user_tokens::token_hash.eq(hash))
        .filter(user_tokens::used_at.is_null())
        .filter(user_tokens::expires_at.gt(now));
    Ok(diesel::update(open).set(user_tokens::used_at.eq(now)).execute(conn.raw()).await? == 1)
}
