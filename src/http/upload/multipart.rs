//! Multipart forms, part by part.

use axum::extract::Request;
use domain::AppError;
use kernel::Error;

/// The boundary between the parts of a form.
///
/// # Errors
/// [`AppError::Malformed`] for what is no multipart form.
pub(super) fn boundary(request: &Request) -> Result<String, AppError> {
    let kind = request.headers().get(axum::http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    multer::parse_boundary(kind).map_err(|_| AppError::Malformed)
}

/// A form that breaks off or breaks the rules is the client's fault.
pub(super) fn broken(error: multer::Error) -> Error {
    tracing::debug!(%error, "an upload broke off");
    AppError::Malformed.into()
}
