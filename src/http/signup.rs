//! `/signup/availability?name=`: whether a subdomain is free, in a sentence, while somebody types it.

use axum::{
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::AppError;
use services::{RequestCx, Site};

/// The path of this module.
pub(super) const PATH: &str = "/signup/availability";

/// The name that a request asks about, if it does.
pub(super) fn wanted(site: &Site, request: &Request) -> Option<String> {
    if site.tenant().is_some() || request.uri().path() != PATH {
        return None;
    }
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(request.uri().query().unwrap_or_default()).unwrap_or_default();
    Some(pairs.into_iter().find(|(name, _)| name == "name").map(|(_, value)| value).unwrap_or_default())
}

/// Says whether the name is free.
///
/// # Errors
/// [`AppError::RateLimited`] and [`AppError::Forbidden`]; what is wrong with the name is the answer itself.
pub(super) async fn answer(cx: &RequestCx, name: &str) -> Result<Response, AppError> {
    let checked = services::signup::signup_check(cx, name).await;
    let (status, text) = match cx.answer(checked).await {
        Ok(host) => (StatusCode::OK, format!("{host} is free")),
        Err(error @ (AppError::Validation(_) | AppError::Conflict(_))) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::CONFLICT);
            (status, error.fields().iter().find(|error| error.field == "domain").map(|error| error.message.clone()).unwrap_or_default())
        }
        Err(error) => return Err(error),
    };
    Ok((status, [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
