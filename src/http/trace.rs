//! One line of the log for each request; never a query, a secret part of a path, or a body.

use super::{client::client_ip, state::AppState};
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use services::entropy::random_name;
use std::time::Instant;
use tracing::{Instrument, field};

/// Finds a request in the log.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub String);

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

/// Gives the request an id and logs how it went.
pub(super) async fn trace(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let id = random_name::<8>(&*state.services.entropy);
    let ip = client_ip(&state.web, request.headers(), request.extensions()).map(|ip| ip.to_string());
    let span = tracing::info_span!("request", id, method = %request.method(), path = shown_path(request.uri().path()), ip, site = field::Empty, user = field::Empty);
    request.extensions_mut().insert(RequestId(id.clone()));
    let started = Instant::now();
    async {
        let mut response = ANSWERED.scope(id.clone(), next.run(request)).await;
        tracing::info!(status = response.status().as_u16(), ms = started.elapsed().as_secs_f64() * 1000.0, "answered");
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
        }
        response
    }
    .instrument(span)
    .await
}

#[cfg(test)]
mod tests {
    #[test]
    fn secret_parts_of_paths_are_not_logged() {
        assert_eq!(super::shown_path("/invite/abc"), "/invite/…");
        assert_eq!(super::shown_path("/users/7"), "/users/7");
    }
}
