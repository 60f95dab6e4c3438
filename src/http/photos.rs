//! The pictures of people, for those of their company who may see them.

use axum::{
    http::{Uri, header},
    response::{IntoResponse, Response},
};
use domain::{AppError, UserId};
use services::{RequestCx, Site};

/// The path of this module, on a tenant's site.
pub(super) const PATH: &str = "/photos/{id}";

/// Whose picture is asked for, if this module answers.
pub(super) fn wanted(site: &Site, uri: &Uri) -> Option<UserId> {
    site.tenant()?;
    uri.path().strip_prefix("/photos/")?.parse().ok()
}

/// The picture.
///
/// # Errors
/// [`AppError::NotFound`] without one, [`AppError::Forbidden`], [`AppError::Unauthenticated`].
pub(super) async fn answer(cx: &RequestCx, id: UserId, uri: &Uri) -> Result<Response, AppError> {
    let found = services::account::photo(cx, id).await;
    let png = cx.answer(found).await?;
    // Pages ask for it by its hash; for this browser alone, since not everybody may see it.
    let keep = if uri.query().is_some() { "private, max-age=86400, immutable" } else { "private, no-cache" };
    Ok(([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, keep)], png).into_response())
}
