//! `/signup/availability?name=`: whether a subdomain is free, in a sentence, while it is typed.

use super::error_page::HttpError;
use axum::{
    Extension, Router,
    extract::Query,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::AppError;
use kernel::RequestCx;

/// The path of this module.
pub(super) const PATH: &str = "/signup/availability";

/// The route of this module.
pub(super) fn router() -> Router {
    Router::new().route(PATH, get(availability))
}

/// Says whether the name is free; what is wrong with it is the answer itself.
async fn availability(Extension(cx): Extension<RequestCx>, Query(pairs): Query<Vec<(String, String)>>) -> Result<Response, HttpError> {
    let name = pairs.into_iter().find(|(name, _)| name == "name").map(|(_, value)| value).unwrap_or_default();
    let checked = control::signup::signup_check(&cx, &name).await;
    let (status, text) = match cx.answer(checked).await {
        Ok(host) => (StatusCode::OK, format!("{host} is free")),
        Err(error @ (AppError::Validation(_) | AppError::Conflict(_))) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::CONFLICT);
            (status, error.fields().iter().find(|error| error.field == "domain").map(|error| error.message.clone()).unwrap_or_default())
        }
        Err(error) => return Err(error.into()),
    };
    Ok((status, [(header::CACHE_CONTROL, "no-store"), (header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}
