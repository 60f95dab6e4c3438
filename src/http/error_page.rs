//! Errors before or beside a page: short, without anything of a tenant, the same bytes for the same error.

use super::trace::request_id;
use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use domain::AppError;
use leptos::nonce::Nonce;

/// What a person reads: a heading and a sentence.
const fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::BAD_REQUEST => ("Bad request", "The request could not be read."),
        StatusCode::UNAUTHORIZED => ("Signed out", "Your session is over. Sign in again."),
        StatusCode::FORBIDDEN => ("Not allowed", "This is not permitted here."),
        StatusCode::NOT_FOUND => ("Not found", "There is nothing here."),
        StatusCode::METHOD_NOT_ALLOWED => ("Not possible", "This address cannot be used in that way."),
        StatusCode::CONFLICT => ("Changed meanwhile", "Look at it again, then repeat your change."),
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => ("Too large", "What was sent is too large."),
        StatusCode::UNPROCESSABLE_ENTITY => ("Not accepted", "What was sent could not be accepted."),
        StatusCode::TOO_MANY_REQUESTS => ("Too many tries", "Wait a moment, then try again."),
        StatusCode::SERVICE_UNAVAILABLE => ("One moment", "A service does not answer right now. Try again in a few seconds."),
        _ => ("That went wrong", "The fault is ours and was noted."),
    }
}

/// What the people of a suspended company read: nothing of the company, not even its name.
pub(super) fn suspended_page(html: bool, nonce: Option<&Nonce>) -> Response<Body> {
    let words = ("Paused", "This company's access is paused. Nothing is lost. Ask whoever manages it for your company.");
    page(StatusCode::FORBIDDEN, words, html, nonce)
}

/// An error as a page when a browser asks, else as its status alone.
pub(super) fn error_page(status: StatusCode, html: bool, nonce: Option<&Nonce>) -> Response<Body> {
    page(status, words(status), html, nonce)
}

fn page(status: StatusCode, (title, text): (&str, &str), html: bool, nonce: Option<&Nonce>) -> Response<Body> {
    // What finds the cause in the log; of other errors there is none.
    let id = if status == StatusCode::INTERNAL_SERVER_ERROR { request_id() } else { String::new() };
    if !html {
        let text = if id.is_empty() { title.to_owned() } else { format!("{title}: {id}") };
        return (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response();
    }
    let noted = if id.is_empty() { String::new() } else { format!("<p>Its number is <code>{id}</code>.</p>") };
    let nonce = nonce.map(|nonce| nonce.as_inner().to_string()).unwrap_or_default();
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style nonce=\"{nonce}\">:root{{color-scheme:light dark}}body{{font:14px/1.5 ui-sans-serif,system-ui,sans-serif;\
         max-width:24rem;margin:20vh auto;padding:0 1rem}}h1{{font-size:1.25rem;margin:0}}</style></head>\
         <body><main><h1>{title}</h1><p>{text}</p>{noted}<p><a href=\"/\">Go to the start</a></p></main></body></html>"
    );
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

/// The answer to an error of a use case.
pub(super) fn app_error(error: &AppError, html: bool, nonce: Option<&Nonce>) -> Response<Body> {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = error_page(status, html, nonce);
    if let Some(seconds) = error.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A handler panicked: the person learns that it did, the log learns why.
pub(super) fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response<Body> {
    let cause = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    tracing::error!(cause, "a handler panicked");
    error_page(StatusCode::INTERNAL_SERVER_ERROR, true, None)
}
