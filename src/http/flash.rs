//! The message that the request before left for this page.

use super::{client::cookies, error_page::HttpError};
use app::api::FLASH_COOKIE;
use axum::{
    Extension,
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use domain::Flash;
use kernel::{RequestCx, Result};

/// Hands the message to the page that is asked for, and takes it away.
pub(super) async fn carry(
    Extension(cx): Extension<RequestCx>,
    mut request: Request,
    next: Next,
) -> std::result::Result<Response, HttpError> {
    let found = take(&cx, request.headers()).await;
    let Some(flash) = cx.answer(found).await? else { return Ok(next.run(request).await) };
    request.extensions_mut().insert(flash);
    let mut response = next.run(request).await;
    set(&mut response, "");
    Ok(response)
}

async fn take(cx: &RequestCx, headers: &HeaderMap) -> Result<Option<Flash>> {
    match cookies(headers, FLASH_COOKIE).next() {
        Some(value) if !value.is_empty() => cx.flash_take(value).await,
        _ => Ok(None),
    }
}

/// The cookie that leads to a message.
pub(super) fn set(response: &mut Response, value: &str) {
    let age = if value.is_empty() { 0 } else { 60 };
    if let Ok(cookie) = HeaderValue::from_str(&format!("{FLASH_COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={age}")) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
