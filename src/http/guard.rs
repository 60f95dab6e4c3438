//! What is refused before anything looks at a request: header blocks that are too large, and hosts that are not well formed.

use super::{error_page::HttpError, host::host_of, limits::HEADER_BYTES_MAX};
use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::AppError;

/// Finds the host, and ends connections on which two readers could read different requests.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = checked(request, next).await.unwrap_or_else(IntoResponse::into_response);
    if chunked || response.status() == StatusCode::BAD_REQUEST {
        // hyper drops a Content-Length beside Transfer-Encoding, so that smuggling cannot be told from a chunked body
        // here: whatever follows on this connection is not read (RFC 9112, 6.1). Browsers send forms with their length.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn checked(mut request: Request, next: Next) -> Result<Response, HttpError> {
    // hyper's own limit is that of its buffer, which may grow past it while a header block comes in.
    let bytes: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > HEADER_BYTES_MAX {
        return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into());
    }
    // What is asked for is a path; `*` and an authority alone are for servers and proxies (RFC 9112, 3.2), and no router reads them.
    if !request.uri().path().starts_with('/') {
        return Err(AppError::Malformed.into());
    }
    let host = host_of(request.uri(), request.headers()).ok_or(AppError::Malformed)?;
    request.extensions_mut().insert(host);
    Ok(next.run(request).await)
}
