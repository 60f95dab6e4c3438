//! HEAD: the headers that GET would have, and no body (RFC 9110, 9.3.2).

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};

/// Answers HEAD as GET is answered, and leaves the body away.
pub(super) async fn head_as_get(mut request: Request, next: Next) -> Response {
    if request.method() != Method::HEAD {
        return next.run(request).await;
    }
    *request.method_mut() = Method::GET;
    let mut response = next.run(request).await;
    // What is compressed or streamed has no length before it was made.
    let length = response.body().size_hint().exact();
    if let (Some(length), false) = (length, response.headers().contains_key(header::CONTENT_LENGTH)) {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
    response
}
