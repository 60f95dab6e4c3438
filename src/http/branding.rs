//! What anybody may read of a company before signing in: its logo and its public settings.

use axum::{
    Json,
    extract::Request,
    http::{Uri, header},
    response::{IntoResponse, Response},
};
use domain::AppError;
use services::{RequestCx, Site};

const LOGO: &str = "/branding/logo";
const SETTINGS: &str = "/settings.json";

/// The paths of this module, all on a tenant's site.
pub(super) const PATHS: [&str; 2] = [LOGO, SETTINGS];

/// Whether this module answers.
pub(super) fn wanted(site: &Site, request: &Request) -> bool {
    site.tenant().is_some() && PATHS.contains(&request.uri().path())
}

/// The logo, or the public settings as JSON.
///
/// # Errors
/// [`AppError::NotFound`] without a logo.
pub(super) async fn answer(cx: &RequestCx, uri: Uri) -> Result<Response, AppError> {
    if uri.path() == SETTINGS {
        return Ok(Json(&cx.settings.public).into_response());
    }
    let found = services::settings::logo(cx).await;
    let png = cx.answer(found).await?;
    // Pages ask for it by its hash, so what was once given under a hash stays right.
    let hashed = cx.settings.logo.as_deref().is_some_and(|hash| uri.query() == Some(&format!("v={hash}")));
    let keep = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, keep)], png).into_response())
}
