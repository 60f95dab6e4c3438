//! Errors before or beside a page: short, without anything of a tenant, the same bytes for the same error.

use super::{client::wants_html, trace::request_id};
use axum::{
    Extension,
    body::HttpBody,
    extract::{Path, Request, rejection::PathRejection},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::AppError;
use leptos::nonce::Nonce;

/// What a person reads: a heading and a sentence.
const fn words(status: StatusCode) -> Words {
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
        StatusCode::INSUFFICIENT_STORAGE => (
            "No space left",
            "The server has no space left, so this could not be finished. Ask the platform's operator to free some, then try again.",
        ),
        _ => ("That went wrong", "The fault is ours and was noted."),
    }
}

/// A title and a sentence.
type Words = (&'static str, &'static str);

/// An answer without a page of its own. [`render`] writes it as the client reads it.
#[derive(Clone, Debug)]
pub(super) struct HttpError {
    status: StatusCode,
    words: Words,
    cause: Option<AppError>,
    /// Whether nothing on this host answers, so that no link on it leads anywhere.
    is_dead: bool,
}

impl HttpError {
    /// What the users of a suspended tenant read: nothing of the tenant, not even its name.
    pub const fn suspended() -> Self {
        let words = ("Paused", "This company's access is paused. Nothing is lost. Ask the person who manages Oneo for your company.");
        Self { status: StatusCode::FORBIDDEN, words, cause: None, is_dead: true }
    }

    /// What the users of a tenant read whose schema is made or brought up to date.
    pub const fn updating() -> Self {
        let words = ("Being updated", "This company's data is being set up or brought up to date. Try again in a moment.");
        Self { status: StatusCode::SERVICE_UNAVAILABLE, words, cause: Some(AppError::Unavailable { retry_after: 5 }), is_dead: false }
    }

    /// What anyone reads on a host that is no site: the same bytes for every such host.
    pub fn no_site() -> Self {
        Self { is_dead: true, ..StatusCode::NOT_FOUND.into() }
    }

    /// The error of the use case that it comes from.
    pub const fn cause(&self) -> Option<&AppError> {
        self.cause.as_ref()
    }
}

impl From<StatusCode> for HttpError {
    fn from(status: StatusCode) -> Self {
        Self { status, words: words(status), cause: None, is_dead: false }
    }
}

impl From<AppError> for HttpError {
    fn from(error: AppError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { cause: Some(error), ..status.into() }
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let seconds = self.cause.as_ref().and_then(AppError::retry_after);
        let mut response = (self.status, Extension(self)).into_response();
        if let Some(seconds) = seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The id in a path; what is none leads nowhere.
///
/// # Errors
/// [`AppError::NotFound`].
pub(super) fn path_id<T>(id: Result<Path<T>, PathRejection>) -> Result<T, AppError> {
    id.map(|Path(id)| id).map_err(|_| AppError::NotFound)
}

/// There is nothing here, whatever the method.
pub(super) async fn not_found() -> HttpError {
    StatusCode::NOT_FOUND.into()
}

/// Writes errors without a body: as a page when a browser asks, else as one line.
pub(super) async fn render(request: Request, next: Next) -> Response {
    let html = wants_html(request.headers());
    let nonce = request.extensions().get::<Nonce>().cloned();
    let response = next.run(request).await;
    let status = response.status();
    let is_bare = (status.is_client_error() || status.is_server_error()) && response.body().size_hint().exact() == Some(0);
    let error = match response.extensions().get::<HttpError>() {
        Some(error) => error.clone(),
        None if is_bare => status.into(),
        None => return response,
    };
    let mut written = page(&error, html, nonce.as_ref());
    for (name, value) in response.headers() {
        if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
            written.headers_mut().append(name, value.clone());
        }
    }
    written
}

fn page(error: &HttpError, html: bool, nonce: Option<&Nonce>) -> Response {
    let HttpError { status, words: (title, text), is_dead, .. } = *error;
    // What an operator finds the request by; a host on which nothing answers gives the same bytes each time.
    let id = if is_dead { String::new() } else { request_id() };
    if !html {
        let text = if status == StatusCode::INTERNAL_SERVER_ERROR { format!("{title}: {id}") } else { title.to_owned() };
        return (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response();
    }
    let noted = if id.is_empty() { String::new() } else { format!("<p class=\"id\">Request ID: <code>{id}</code></p>") };
    let way = if is_dead { "" } else { "<p><a href=\"/\">Back to dashboard</a></p>" };
    let nonce = nonce.map(|nonce| nonce.as_inner().to_string()).unwrap_or_default();
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} · Oneo</title><style nonce=\"{nonce}\">{STYLE}</style></head>\
         <body><p class=\"brand\">Oneo</p><main><h1>{title}</h1><p>{text}</p>{way}{noted}</main></body></html>"
    );
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

/// The look of the cards before sign-in, without the style sheet: what breaks may be what serves it.
const STYLE: &str = ":root{color-scheme:light dark}body{font:14px/1.5 ui-sans-serif,system-ui,sans-serif;max-width:24rem;margin:15vh auto;\
     padding:0 1rem}.brand{font-size:1.25rem;font-weight:600;text-align:center}main{border:1px solid light-dark(#d8dbe2,#3a3f4b);\
     border-radius:.625rem;padding:1.5rem}h1{font-size:1.125rem;margin:0}.id{font-size:.75rem;opacity:.75;margin-bottom:0}";

/// A handler panicked: the user reads that it did, the log says why.
pub(super) fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let cause = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
    tracing::error!(cause, "a handler panicked");
    HttpError::from(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}
