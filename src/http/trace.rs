//! One line of the log for each request; never a query, a secret part of a path, or a body.

use super::{client::client_ip, state::AppState};
use crate::config::WebConfig;
use axum::{
    extract::Request,
    http::{self, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use kernel::{Services, entropy::random_name};
use std::{sync::Arc, time::Duration};
use tower_http::{
    classify::{ServerErrorsAsFailures, SharedClassifier},
    request_id::{MakeRequestId, RequestId},
    trace::{MakeSpan, OnResponse, TraceLayer},
};
use tracing::{Span, field};

/// Where the id of a request stands in its answer.
const ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    /// The id of the request that a task answers, for whatever goes wrong where no request is at hand.
    static ANSWERED: String;
}

/// The id of the request that this task answers.
pub(super) fn request_id() -> String {
    ANSWERED.try_with(Clone::clone).unwrap_or_default()
}

/// Goes on under the same id in a task of its own.
pub(super) fn under_same_id<F: Future>(work: F) -> impl Future<Output = F::Output> {
    ANSWERED.scope(request_id(), work)
}

/// Paths whose last part is a secret.
const SECRET_PATHS: [&str; 3] = ["/invite/", "/reset/", "/enter/"];

fn shown_path(path: &str) -> String {
    match SECRET_PATHS.iter().find(|prefix| path.starts_with(**prefix)) {
        Some(prefix) => format!("{prefix}…"),
        None => path.chars().filter(|c| !c.is_control()).take(200).collect(),
    }
}

/// Drops the id that a client sends: one of ours is never chosen by it.
pub(super) async fn forget_id(mut request: Request) -> Request {
    request.headers_mut().remove(ID_HEADER);
    request
}

/// Gives each request an id that nobody can guess.
#[derive(Clone)]
pub(super) struct NewRequestId(Arc<Services>);

impl NewRequestId {
    pub fn new(state: &AppState) -> Self {
        Self(Arc::clone(&state.services))
    }
}

impl MakeRequestId for NewRequestId {
    fn make_request_id<B>(&mut self, _: &http::Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&random_name::<8>(&*self.0.entropy)).ok().map(RequestId::new)
    }
}

/// Answers within the scope of the request's id.
pub(super) async fn scope(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok()).unwrap_or_default().to_owned();
    ANSWERED.scope(id, next.run(request)).await
}

/// The span of a request: what is logged while it is answered stands in it.
#[derive(Clone)]
pub(super) struct RequestSpan(Arc<WebConfig>);

impl<B> MakeSpan<B> for RequestSpan {
    fn make_span(&mut self, request: &http::Request<B>) -> Span {
        let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok()).unwrap_or_default();
        let ip = client_ip(&self.0, request.headers(), request.extensions()).map(|ip| ip.to_string());
        let path = shown_path(request.uri().path());
        tracing::info_span!("request", id, method = %request.method(), path, ip, site = field::Empty, user = field::Empty)
    }
}

/// Logs how a request was answered.
#[derive(Clone, Copy)]
pub(super) struct Answered;

impl<B> OnResponse<B> for Answered {
    fn on_response(self, response: &http::Response<B>, latency: Duration, _: &Span) {
        tracing::info!(status = response.status().as_u16(), ms = latency.as_secs_f64() * 1000.0, "answered");
    }
}

type Log = TraceLayer<SharedClassifier<ServerErrorsAsFailures>, RequestSpan, (), Answered, (), (), ()>;

/// One line of the log for each request.
pub(super) fn layer(state: &AppState) -> Log {
    let span = RequestSpan(Arc::clone(&state.web));
    TraceLayer::new_for_http().make_span_with(span).on_request(()).on_response(Answered).on_body_chunk(()).on_eos(()).on_failure(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn secret_parts_of_paths_are_not_logged() {
        assert_eq!(super::shown_path("/invite/abc"), "/invite/…");
        assert_eq!(super::shown_path("/users/7"), "/users/7");
    }
}
