//! What anybody may read of a company before signing in: its logo and its public settings.

use super::error_page::HttpError;
use axum::{
    Extension, Json, Router,
    http::{Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use kernel::RequestCx;

const LOGO: &str = "/branding/logo";
const SETTINGS: &str = "/settings.json";

/// The paths of this module, all on a tenant's site.
pub(super) const PATHS: [&str; 2] = [LOGO, SETTINGS];

/// The routes of this module.
pub(super) fn router() -> Router {
    Router::new().route(LOGO, get(logo)).route(SETTINGS, get(settings))
}

async fn settings(Extension(cx): Extension<RequestCx>) -> Response {
    Json(&cx.settings.public).into_response()
}

async fn logo(Extension(cx): Extension<RequestCx>, uri: Uri) -> Result<Response, HttpError> {
    let found = identity::settings::logo(&cx).await;
    let png = cx.answer(found).await?;
    // Pages ask for it by its hash, so what was once given under a hash stays right.
    let hashed = cx.settings.logo.as_deref().is_some_and(|hash| uri.query() == Some(&format!("v={hash}")));
    let keep = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, keep)], png).into_response())
}
