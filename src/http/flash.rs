//! The message that the request before left for this page.

use super::client::cookies;
use app::api::FLASH_COOKIE;
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use domain::Flash;
use services::{RequestCx, Result};

/// Takes the message away, if a cookie leads to one.
pub(super) async fn take(cx: &RequestCx, headers: &HeaderMap) -> Result<Option<Flash>> {
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
