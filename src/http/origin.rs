//! Where a request comes from, and who asked lately.

use super::{client, error_page::HttpError, forms::see_other, session::SESSION_COOKIE};
use axum::{
    Extension,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::Response,
};
use domain::AppError;
use kernel::RequestCx;
use tower_http::csrf::ProtectionError;

/// Refuses what another site's page asked for (the scheme of Go 1.25, by tower-http), and cookies that come without any word of
/// where from. What is refused is noted as a security event.
pub(super) async fn same_origin(Extension(cx): Extension<RequestCx>, request: Request, next: Next) -> Result<Response, HttpError> {
    let headers = request.headers();
    // Two readers could take two of them for another one each.
    if headers.get_all(header::ORIGIN).iter().count() > 1 {
        return Err(StatusCode::BAD_REQUEST.into());
    }
    // Each origin has one scheme; a page that came in clear is another one (security.md 22).
    let scheme = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).and_then(|origin| origin.split_once("://"));
    if scheme.is_some_and(|(scheme, _)| scheme != cx.services.config.public_url.scheme()) {
        return Err(refused(&cx, "scheme").await);
    }
    let names = |name: &str| headers.get(name).is_some_and(|value| !value.is_empty());
    if !names("sec-fetch-site") && !names("origin") && client::cookies(headers, SESSION_COOKIE).next().is_some() {
        return Err(refused(&cx, "no origin").await);
    }
    let response = next.run(request).await;
    if response.extensions().get::<ProtectionError>().is_some() {
        return Err(refused(&cx, "cross-origin").await);
    }
    Ok(response)
}

async fn refused(cx: &RequestCx, reason: &str) -> HttpError {
    kernel::audit::refused(cx, "origin.refused", serde_json::json!({ "reason": reason })).await;
    StatusCode::FORBIDDEN.into()
}

/// Leads a browser that has to reauthenticate before a download to the page for that; it leads back to what was asked for.
pub(super) async fn reauthenticate_first(request: Request, next: Next) -> Response {
    let html = client::wants_html(request.headers());
    let asked = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let response = next.run(request).await;
    match response.extensions().get::<HttpError>() {
        Some(error) if html && error.cause() == Some(&AppError::ReauthRequired) => {
            let query = serde_urlencoded::to_string([("next", asked)]).unwrap_or_default();
            see_other(&format!("/reauthenticate?{query}"), &HeaderMap::new())
        }
        _ => response,
    }
}
