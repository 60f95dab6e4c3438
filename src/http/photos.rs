//! The pictures of users, for those of their company who may see them.

use super::error_page::{HttpError, path_id};
use axum::{
    Extension, Router,
    extract::{Path, rejection::PathRejection},
    http::{Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::UserId;
use kernel::RequestCx;

/// The path of this module, on a tenant's site.
pub(super) const PATH: &str = "/photos/{id}";

/// The route of this module.
pub(super) fn router() -> Router {
    Router::new().route(PATH, get(photo))
}

async fn photo(Extension(cx): Extension<RequestCx>, id: Result<Path<UserId>, PathRejection>, uri: Uri) -> Result<Response, HttpError> {
    let found = identity::account::photo(&cx, path_id(id)?).await;
    let png = cx.answer(found).await?;
    // Pages ask for it by its hash; for this browser alone, since not everybody may see it.
    let keep = if uri.query().is_some() { "private, max-age=86400, immutable" } else { "private, no-cache" };
    Ok(([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, keep)], png).into_response())
}
