//! HTTP: the accept loop, and the way of a request to a page or a server function.

mod branding;
mod client;
mod dispatch;
mod error_page;
mod export;
mod flash;
mod forms;
mod head;
mod headers;
mod health;
mod host;
mod jobs;
mod photos;
pub mod routes;
pub mod serve;
mod session;
mod signup;
mod sites;
pub mod state;
mod trace;
mod upload;

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, routing::any};
use state::AppState;
use std::time::Duration;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    limit::RequestBodyLimitLayer,
    timeout::{RequestBodyDeadlineLayer, RequestBodyTimeoutLayer, TimeoutLayer},
};

/// The longest a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest a body may stand still. It is read by a task that outlives its request, so nothing else would end it.
const BODY_STALL: Duration = Duration::from_secs(10);
/// The largest header block.
const HEADER_BYTES_MAX: usize = 64 * 1024;
/// The largest body; forms are far smaller.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Everything that answers: what is served is what the tests call.
pub fn router(state: AppState) -> Router {
    // Forms are small and quick; an archive that is brought in is neither.
    let small = ServiceBuilder::new()
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT))
        .layer(RequestBodyTimeoutLayer::new(BODY_STALL))
        .layer(RequestBodyDeadlineLayer::new(REQUEST_TIMEOUT))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    let large = ServiceBuilder::new()
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, upload::TIMEOUT))
        .layer(RequestBodyTimeoutLayer::new(BODY_STALL))
        .layer(RequestBodyDeadlineLayer::new(upload::TIMEOUT))
        .layer(RequestBodyLimitLayer::new(upload::BYTES_MAX));
    let layers = ServiceBuilder::new()
        .layer(axum::middleware::from_fn_with_state(state.clone(), trace::trace))
        .layer(axum::middleware::from_fn_with_state(state.clone(), headers::security_headers))
        .layer(axum::middleware::from_fn(head::head_as_get))
        .layer(CompressionLayer::new().br(true).gzip(true).quality(tower_http::CompressionLevel::Fastest))
        .layer(CatchPanicLayer::custom(error_page::panicked));
    let usual = Router::new().fallback(dispatch::dispatch).with_state(state.clone()).layer(small);
    let uploads = upload::PATHS.into_iter().fold(Router::new(), |router, path| router.route(path, any(dispatch::dispatch)));
    uploads.layer(large).fallback_service(usual).with_state(state).layer(layers)
}
