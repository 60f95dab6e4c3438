//! A picture of oneself, for colleagues: nothing but its pixels is kept.

use crate::principal::AccountConn;
use db::tenant::users::{user_get, user_photo, user_set_photo};
use domain::{AppError, UserId, operation};
use kernel::{
    Error, RequestCx, Result,
    audit::{Object, entry},
    picture::{picture_hash, picture_small},
};
use serde_json::json;

/// The largest file taken, in bytes: that of a phone's camera.
pub const PHOTO_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The longer side as it is kept, in pixels: twice what is shown.
const SIDE: u32 = 160;

/// Sets one's own picture.
///
/// # Errors
/// [`AppError::Validation`] beside `file` for what is no picture, [`AppError::Unauthenticated`].
pub async fn photo_set(cx: &RequestCx, file: Vec<u8>) -> Result<()> {
    let png = picture_small(file, SIDE).await?;
    put(cx, Some((&picture_hash(&png), &png))).await
}

/// Takes one's own picture away.
///
/// # Errors
/// [`AppError::Unauthenticated`].
pub async fn photo_remove(cx: &RequestCx) -> Result<()> {
    put(cx, None).await
}

async fn put(cx: &RequestCx, photo: Option<(&str, &[u8])>) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::PHOTO_SET).await?;
    let done = async {
        let id = tx.user.id;
        let before = user_get(&tx.conn, id).await?.ok_or(AppError::NotFound)?.photo_hash;
        user_set_photo(&mut tx.conn, id, photo).await?;
        let changed = json!({ "photo": [before, photo.map(|(hash, _)| hash)] });
        let line = entry(cx, &tx.actor, "account.update", Object::new("user", id, tx.user.viewer.email.as_str()), changed);
        tx.conn.audit(line);
        Ok(())
    }
    .await;
    tx.finish(done).await
}

/// The picture of a user as PNG: one's own, and for those who see users everybody's.
///
/// # Errors
/// [`AppError::NotFound`] without one, [`AppError::Forbidden`] without `users.view`.
pub async fn photo(cx: &RequestCx, id: UserId) -> Result<Vec<u8>> {
    let missing = || Error::from(AppError::NotFound);
    if cx.user_id() == Some(id) {
        // Users who owe a password or a second factor see themselves all the same.
        let (mut conn, _) = AccountConn::open_own(cx).await?;
        let found = match &mut conn {
            AccountConn::Tenant(conn) => user_photo(conn, id).await.map_err(Error::from),
            AccountConn::Platform(_) => Ok(None),
        };
        return conn.finish(found).await?.ok_or_else(missing);
    }
    let mut tx = cx.tenant_begin(&operation::tenant::PHOTO_GET).await?;
    let found = async { user_photo(&mut tx.conn, id).await?.ok_or_else(missing) }.await;
    tx.finish(found).await
}
