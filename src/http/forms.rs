//! Calls of server functions, by scripts and by plain HTML forms: those are Post/Redirect/Get, with what was typed kept
//! for the next page.

use super::{client::wants_html, error_page::HttpError, flash, functions::turn, limits::BODY_BYTES_MAX, state::AppState};
use app::api::{local_path, login_path};
use axum::{
    Extension, Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    AppError, Code, FieldErrors, Flash, FormState,
    flash::{RETURN_FIELD, field_is_kept},
};
use http_body_util::LengthLimitError;
use kernel::RequestCx;
use std::collections::BTreeMap;
use tower::ServiceExt;
use url::{Url, form_urlencoded};

/// The largest answer of a server function that is looked at for an error.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// The most fields of a form (Django takes as many).
const FIELDS_MAX: usize = 1000;

/// Runs a server function. For a script the answer is its status; for a browser's form success leads on, a refused
/// form leads back with its errors, and every other error is a page of its own.
pub(super) async fn function(
    State((state, pages)): State<(AppState, Router)>,
    Extension(cx): Extension<RequestCx>,
    request: Request,
) -> Result<Response, HttpError> {
    let html = wants_html(request.headers());
    let action = request.uri().path().to_owned();
    // What another site's page can send without asking is no form of ours, whatever it says of its origin.
    if !is_form(request.headers()) {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE.into());
    }
    let (mut parts, body) = request.into_parts();
    let body = match to_bytes(body, BODY_BYTES_MAX).await {
        Ok(body) if body.iter().filter(|byte| **byte == b'&').count() < FIELDS_MAX => body,
        Ok(_) => return Err(StatusCode::BAD_REQUEST.into()),
        Err(error) if is_too_long(&error) => return Err(StatusCode::PAYLOAD_TOO_LARGE.into()),
        // It broke off, or stood still for too long.
        Err(_) => return Err(StatusCode::BAD_REQUEST.into()),
    };
    let headers = parts.headers.clone();
    let back = back_path(&headers, returned(&body).as_deref());
    // The framework answers a browser with a redirect that holds the error in its address; asked like this, it does not.
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let inner = Request::from_parts(parts, Body::from(body.clone()));
    // Only now: a body that comes slowly takes nothing from others.
    let work = async move { pages.oneshot(inner).await.unwrap_or_else(|never| match never {}) };
    let response = turn(&state, &cx, work).await?;
    if response.status().is_success() || response.status().is_redirection() {
        if !html {
            return Ok(response);
        }
        let target =
            response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()).map_or(back.as_str(), local_path).to_owned();
        return Ok(see_other(&target, response.headers()));
    }
    let (mut parts, answer) = response.into_parts();
    let answer = to_bytes(answer, ERROR_BYTES_MAX).await.unwrap_or_default();
    let error: AppError = serde_json::from_slice(&answer).unwrap_or_else(|_| from_status(parts.status));
    if matches!(&error, AppError::Internal { request_id } if request_id.is_empty()) {
        return Err(error.into());
    }
    if !html {
        if let Some(seconds) = error.retry_after() {
            parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        return Ok(Response::from_parts(parts, Body::from(answer)));
    }
    let state = FormState { action, errors: FieldErrors::default(), values: typed(&body) };
    refusal(&cx, error, (true, &headers), &back, state).await
}

/// Whether the body is a form, or there is none.
fn is_form(headers: &HeaderMap) -> bool {
    match headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default()) {
        Some(kind) => kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")),
        None => headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0") && !headers.contains_key(header::TRANSFER_ENCODING),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source()).any(|error| error.is::<LengthLimitError>())
}

/// The answer to a form that was not taken: for a browser the way back with its errors, where they belong to the form.
pub(super) async fn refusal(
    cx: &RequestCx,
    error: AppError,
    (html, headers): (bool, &HeaderMap),
    back: &str,
    mut state: FormState,
) -> Result<Response, HttpError> {
    match error {
        AppError::Validation(errors) | AppError::Conflict(errors) if html => {
            state.errors = errors;
            refuse(cx, back, state).await
        }
        AppError::ReauthRequired if html => {
            // The page the form stands on now asks for it, with everything else kept.
            state.errors = FieldErrors::one(Code::ReauthenticationRequired, "password", "Enter your password again to continue");
            refuse(cx, back, state).await
        }
        AppError::Unauthenticated if html => Ok(see_other(&login_path(back, headers), &HeaderMap::new())),
        AppError::FactorRequired if html => Ok(see_other("/account/mfa", &HeaderMap::new())),
        AppError::PasswordRequired if html => Ok(see_other("/account/password", &HeaderMap::new())),
        // A program reads which field it is.
        error @ (AppError::Validation(_) | AppError::Conflict(_)) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            Ok((status, Json(error)).into_response())
        }
        other => Err(other.into()),
    }
}

async fn refuse(cx: &RequestCx, back: &str, state: FormState) -> Result<Response, HttpError> {
    let mut flash = Flash { form: Some(state), ..Flash::default() };
    let mut put = cx.flash_put(&flash).await;
    if let (Ok(None), Some(form)) = (&put, &mut flash.form) {
        // Too much was typed for a cookie; the errors at least fit.
        form.values.clear();
        put = cx.flash_put(&flash).await;
    }
    let cookie = cx.answer(put).await?;
    let mut response = see_other(back, &HeaderMap::new());
    flash::set(&mut response, &cookie.unwrap_or_default());
    Ok(response)
}

fn from_status(status: StatusCode) -> AppError {
    match status {
        StatusCode::NOT_FOUND => AppError::NotFound,
        StatusCode::FORBIDDEN => AppError::Forbidden,
        status if status.is_client_error() => AppError::Malformed,
        _ => AppError::Internal { request_id: String::new() },
    }
}

/// 303, with the cookies of the answer it replaces.
pub(super) fn see_other(target: &str, headers: &HeaderMap) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::from_str(target).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, location);
    for cookie in headers.get_all(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    response
}

/// The page that a form says it stands on.
fn returned(body: &Bytes) -> Option<String> {
    let mut pairs = form_urlencoded::parse(body);
    pairs.find(|(name, _)| name == RETURN_FIELD).map(|(_, path)| path.into_owned()).filter(|path| !path.is_empty())
}

/// The page the form stands on: as it says itself, else by the Referer, which browsers need not send. Only its path, and only
/// on this host.
pub(super) fn back_path(headers: &HeaderMap, said: Option<&str>) -> String {
    if let Some(path) = said {
        return local_path(path).to_owned();
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let page = text(header::REFERER).and_then(|referer| Url::parse(referer).ok());
    let host = text(header::HOST).unwrap_or_default();
    match page {
        Some(page) if page.host_str().is_some_and(|name| host == page.port().map_or(name.to_owned(), |port| format!("{name}:{port}"))) => {
            let path = page.query().map_or(page.path().to_owned(), |query| format!("{}?{query}", page.path()));
            local_path(&path).to_owned()
        }
        _ => "/".to_owned(),
    }
}

/// What was typed, without secrets.
fn typed(body: &Bytes) -> BTreeMap<String, String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap_or_default();
    pairs.into_iter().filter(|(name, _)| field_is_kept(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(host: &str, referer: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        headers.insert(header::REFERER, HeaderValue::from_str(referer).unwrap());
        back_path(&headers, None)
    }

    /// security.md 24.
    #[test]
    fn the_way_back_stays_on_this_host() {
        assert_eq!(back("demo.localhost:8000", "http://demo.localhost:8000/users/new?a=b"), "/users/new?a=b");
        assert_eq!(back("demo.localhost:8000", "http://evil.example/users/new"), "/");
        assert_eq!(back("demo.localhost:8000", "http://demo.localhost:9/users"), "/");
        assert_eq!(back("demo.localhost:8000", "http://demo.localhost:8000//evil.example"), "/");
        assert_eq!(back("demo.localhost:8000", "nonsense"), "/");
    }

    #[test]
    fn a_form_says_where_it_stands() {
        let said = |body: &'static str| back_path(&HeaderMap::new(), returned(&Bytes::from_static(body.as_bytes())).as_deref());
        assert_eq!(said("email=x&return_to=%2Fusers%2Fnew%3Fa%3Db"), "/users/new?a=b");
        for evil in ["return_to=%2F%2Fevil.example", "return_to=https%3A%2F%2Fevil.example", "return_to=", "email=x"] {
            assert_eq!(said(evil), "/", "{evil}");
        }
    }

    #[test]
    fn secrets_are_not_kept() {
        let kept = typed(&Bytes::from_static(b"email=a%40b&password=x&password_repeated=y&token=z"));
        assert_eq!(kept.into_iter().collect::<Vec<_>>(), [("email".to_owned(), "a@b".to_owned())]);
    }
}
