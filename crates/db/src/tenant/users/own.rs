//! What people set for themselves, and the password they are asked to change.

use crate::{DbResult, TenantConn, error::one_row, schema_tenant::users};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::UserId;

/// Sets how pages look to a user. It is no change of who the user is, so the version stays.
///
/// # Errors
/// Those of the statement.
pub async fn user_set_look(conn: &mut TenantConn, id: UserId, locale: &str, theme: &str) -> DbResult<()> {
    let values = (users::locale.eq(locale), users::theme.eq(theme));
    one_row(diesel::update(users::table.find(id.0)).set(values).execute(conn.raw()).await?)
}

/// The user to whom a user reports.
///
/// # Errors
/// Those of the statement.
pub async fn user_manager(conn: &TenantConn, id: UserId) -> DbResult<Option<super::UserRecord>> {
    let manager: Option<Option<i64>> = users::table.find(id.0).select(users::manager_id).first(&mut conn.shared()).await.optional()?;
    match manager.flatten() {
        Some(manager) => super::user_get(conn, UserId(manager)).await,
        None => Ok(None),
    }
}

/// Sets to whom a user reports.
///
/// # Errors
/// Those of the statement.
pub async fn user_set_manager(conn: &mut TenantConn, id: UserId, manager: Option<UserId>) -> DbResult<()> {
    let value = users::manager_id.eq(manager.map(|manager| manager.0));
    one_row(diesel::update(users::table.find(id.0)).set(value).execute(conn.raw()).await?)
}

/// Sets a user's picture, given as its hash and PNG, or takes it away.
///
/// # Errors
/// Those of the statement.
pub async fn user_set_photo(conn: &mut TenantConn, id: UserId, photo: Option<(&str, &[u8])>) -> DbResult<()> {
    let values = (users::photo_hash.eq(photo.map(|(hash, _)| hash)), users::photo.eq(photo.map(|(_, png)| png)));
    one_row(diesel::update(users::table.find(id.0)).set(values).execute(conn.raw()).await?)
}

/// A user's picture as PNG.
///
/// # Errors
/// Those of the statement.
pub async fn user_photo(conn: &mut TenantConn, id: UserId) -> DbResult<Option<Vec<u8>>> {
    let found: Option<Option<Vec<u8>>> = users::table.find(id.0).select(users::photo).first(conn.raw()).await.optional()?;
    Ok(found.flatten())
}

/// Asks for a new password before anything else, in place of the one with that hash; another one that was set meanwhile stays.
/// Gives whether it did.
///
/// # Errors
/// Those of the statement.
pub async fn user_must_change_password(conn: &mut TenantConn, id: UserId, hash: Option<&str>) -> DbResult<bool> {
    let user = users::table.find(id.0).filter(users::password_hash.is_not_distinct_from(hash));
    Ok(diesel::update(user).set(users::must_change_password.eq(true)).execute(conn.raw()).await? == 1)
}
