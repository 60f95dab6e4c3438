//! The context of a request: its session, its site's settings, and its place in the count of requests.

use super::{
    client,
    error_page::HttpError,
    limits::REQUEST_TIMEOUT,
    session::{Incoming, is_primary},
    state::AppState,
    trace::request_id,
};
use app::api::{DEVICE_COOKIE, SECOND_COOKIE};
use axum::{
    Extension,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use domain::{HostName, SiteKey};
use kernel::{RequestCx, RequestInfo, Services, Site};
use std::{sync::Arc, time::Instant};

/// Loads the session and hands on a [`RequestCx`]; the answer takes along what became of the session.
pub(super) async fn load(
    State(state): State<AppState>,
    Extension(host): Extension<HostName>,
    Extension(site): Extension<Site>,
    mut request: Request,
    next: Next,
) -> Result<Response, HttpError> {
    let mut tally = Tally { services: &state.services, site: site.key(), subject: None, failed: None, begun: Instant::now() };
    let id = request_id();
    let loaded = Incoming::load(&state, &site, request.headers(), is_primary(&site, &host)).await;
    let (incoming, site_state) = loaded.map_err(|error: kernel::Error| {
        tally.failed = Some(true);
        error.into_app(&id)
    })?;
    if let Some(auth) = &incoming.auth {
        tally.subject = Some(auth.subject);
        tracing::Span::current().record("user", auth.subject);
    }
    let info = RequestInfo {
        id,
        ip: client::client_ip(&state.web, request.headers(), request.extensions()),
        user_agent: client::user_agent(request.headers()),
        second: client::cookies(request.headers(), SECOND_COOKIE).next().map(str::to_owned),
        device: client::cookies(request.headers(), DEVICE_COOKIE).next().map(str::to_owned),
    };
    let cx = RequestCx::new(Arc::clone(&state.services), site, site_state, info, (incoming.session.clone(), incoming.auth.clone()));
    if incoming.duplicated {
        kernel::audit::refused(&cx, "session.duplicate_cookie", serde_json::json!({})).await;
    } else if incoming.is_unknown() {
        // One that is over, one of another site, or one that was made up.
        kernel::audit::refused(&cx, "session.unknown", serde_json::json!({})).await;
    }
    request.extensions_mut().insert(cx);
    let mut response = next.run(request).await;
    tally.failed = Some(response.status().is_server_error());
    incoming.leave(&mut response);
    Ok(response)
}

/// Counts a request when it is over, however it ends.
struct Tally<'a> {
    services: &'a Services,
    site: SiteKey,
    subject: Option<i64>,
    /// Known once there is an answer.
    failed: Option<bool>,
    begun: Instant,
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        // Without an answer it panicked, took longer than it may, or the client went away, which is no fault of ours.
        let failed = self.failed.unwrap_or_else(|| std::thread::panicking() || self.begun.elapsed() >= REQUEST_TIMEOUT);
        self.services.usage.request(self.site, self.subject, failed, self.services.now());
    }
}
