//! The way of a request, step by step: host, health, site, static files, session, origin, page or server function.

use super::{
    BODY_BYTES_MAX, HEADER_BYTES_MAX, REQUEST_TIMEOUT, branding, client,
    error_page::{app_error, error_page, suspended_page},
    export::Export,
    flash, forms,
    health::health,
    host::host_of,
    jobs::JobRequest,
    photos,
    session::{Incoming, SESSION_COOKIE},
    signup,
    state::AppState,
    trace::{RequestId, under_same_id},
    upload,
};
use app::api::{DEVICE_COOKIE, SECOND_COOKIE};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use domain::{AppError, SiteKey, TenantStatus};
use leptos::nonce::Nonce;
use services::{RequestCx, RequestInfo, Services, Site, sites::site_find};
use std::{sync::Arc, time::Instant};
use tower::{Layer, Service, ServiceExt};
use tower_http::{csrf::CsrfLayer, services::ServeDir};

/// Answers a request.
pub(super) async fn dispatch(State(state): State<AppState>, request: Request) -> Response {
    let html = client::wants_html(request.headers());
    let nonce = request.extensions().get::<Nonce>().cloned();
    let chunked = request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut response = match answer(&state, request, html).await {
        Ok(response) => response,
        Err(error) => app_error(&error, html, nonce.as_ref()),
    };
    if chunked || response.status() == StatusCode::BAD_REQUEST {
        // hyper drops a Content-Length beside Transfer-Encoding, so that smuggling cannot be told from a chunked body
        // here: whatever follows on this connection is not read (RFC 9112, 6.1). Browsers send forms with their length.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn answer(state: &AppState, mut request: Request, html: bool) -> Result<Response, AppError> {
    // hyper's own limit is that of its buffer, which may grow past it while a header block comes in.
    let header_bytes: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if header_bytes > HEADER_BYTES_MAX {
        return Ok(error_page(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, html, None));
    }
    let host = host_of(request.uri(), request.headers()).ok_or(AppError::Malformed)?;
    if matches!(*request.method(), Method::GET | Method::HEAD)
        && let Some(response) = health(state, request.uri().path()).await
    {
        return Ok(response);
    }
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let site = site_find(&state.services, &host).await.map_err(|error| {
        let error = error.into_app(&id);
        if error.status() >= 500 {
            state.services.usage.request(SiteKey::Platform, None, true, state.services.now());
        }
        error
    })?;
    tracing::Span::current().record("site", tracing::field::display(site.key()));
    match site.tenant() {
        Some(tenant) if tenant.status == TenantStatus::Suspended => {
            return Ok(suspended_page(html, request.extensions().get::<Nonce>()));
        }
        Some(tenant) if !tenant.has_schema => return Err(AppError::Unavailable { retry_after: 30 }),
        _ => {}
    }
    if is_static(request.uri().path()) {
        return Ok(static_file(state, request).await);
    }
    let mut tally = Tally { services: &state.services, site: site.key(), subject: None, failed: None, begun: Instant::now() };
    let headers = request.headers();
    // Sessions are of the primary domain; other ones lead there (security.md 14).
    let primary = site.tenant().is_none_or(|tenant| host.as_str() == tenant.primary_domain);
    let loaded = Incoming::load(state, &site, headers, primary).await;
    let (incoming, site_state) = loaded.map_err(|error: services::Error| {
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
        services::audit::refused(&cx, "session.duplicate_cookie", serde_json::json!({})).await;
    } else if incoming.is_unknown() {
        // One that is over, one of another site, or one that somebody made up.
        services::audit::refused(&cx, "session.unknown", serde_json::json!({})).await;
    }
    request.extensions_mut().insert(cx.clone());
    let answered = inner(state, &cx, request, html).await;
    tally.failed = Some(match &answered {
        Ok(response) => response.status().is_server_error(),
        Err(error) => error.status() >= 500,
    });
    let mut response = answered?;
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

fn is_static(path: &str) -> bool {
    path.starts_with("/pkg/") || path == "/favicon.svg" || path == "/robots.txt"
}

/// A file of the built site. Names under `/pkg` hold the hash of their content, so they may be kept for ever.
async fn static_file(state: &AppState, request: Request) -> Response {
    let hashed = request.uri().path().starts_with("/pkg/");
    let mut files = ServeDir::new(&*state.leptos.site_root).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    let mut response = match files.call(request).await {
        Ok(response) => response.map(axum::body::Body::new),
        Err(never) => match never {},
    };
    // Whatever is text here is UTF-8.
    let text = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let text = text.filter(|text| text.starts_with("text/") && !text.contains("charset")).map(|text| format!("{text}; charset=utf-8"));
    if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    let policy = if hashed && response.status().is_success() { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(policy));
    }
    response
}

async fn inner(state: &AppState, cx: &RequestCx, mut request: Request, html: bool) -> Result<Response, AppError> {
    let nonce = request.extensions().get::<Nonce>().cloned();
    let (router, prefix) = match cx.site {
        Site::Platform => (state.sites.platform.clone(), "/api/platform"),
        Site::Tenant(_) => (state.sites.tenant.clone(), "/api/tenant"),
    };
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        // Each router would answer for both sites, and tell what it knows of unknown functions.
        let is_upload = upload::is_upload(&cx.site, path);
        if !is_upload && !state.sites.has_function(prefix, path) {
            return Err(AppError::NotFound);
        }
        if request.method() != Method::POST {
            let mut response = error_page(StatusCode::METHOD_NOT_ALLOWED, html, nonce.as_ref());
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            return Ok(response);
        }
        let way = if is_upload { Way::Upload } else { Way::Form(router) };
        return Ok(same_origin(cx, request, nonce, html, way).await);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = error_page(StatusCode::METHOD_NOT_ALLOWED, html, nonce.as_ref());
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Ok(response);
    }
    if let Some(target) = primary_target(cx, &request) {
        let mut response = StatusCode::FOUND.into_response();
        response.headers_mut().insert(header::LOCATION, target);
        return Ok(response);
    }
    if let Some(job) = JobRequest::wanted(request.uri().path()) {
        return asked_again(job.answer(cx, state).await, request.uri(), html);
    }
    if let Some(id) = photos::wanted(&cx.site, request.uri()) {
        return photos::answer(cx, id, request.uri()).await;
    }
    if branding::wanted(&cx.site, &request) {
        return branding::answer(cx, request.uri().clone()).await;
    }
    if let Some(name) = signup::wanted(&cx.site, &request) {
        return signup::answer(cx, &name).await;
    }
    if let Some(export) = Export::wanted(&cx.site, &request) {
        return asked_again(export.answer(cx).await, request.uri(), html);
    }
    let flash = flash::take(cx, request.headers()).await;
    let flash = cx.answer(flash).await?;
    let taken = flash.is_some();
    if let Some(flash) = flash {
        request.extensions_mut().insert(flash);
    }
    let mut response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
    if taken {
        flash::set(&mut response, "");
    }
    Ok(response)
}

/// A browser that has to prove again who asks is led to the page for that; it leads back to what was asked for.
fn asked_again(answer: Result<Response, AppError>, uri: &Uri, html: bool) -> Result<Response, AppError> {
    match answer {
        Err(AppError::ReauthRequired) if html => {
            let next = uri.path_and_query().map_or("/", |path| path.as_str());
            let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
            Ok(forms::see_other(&format!("/reauthenticate?{query}"), &HeaderMap::new()))
        }
        answer => answer,
    }
}

/// The same page on the primary domain, when another one of the company was asked: one address for everything.
fn primary_target(cx: &RequestCx, request: &Request) -> Option<HeaderValue> {
    let tenant = cx.site.tenant()?;
    let host = host_of(request.uri(), request.headers())?;
    if host.as_str() == tenant.primary_domain {
        return None;
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    HeaderValue::from_str(&cx.services.url_on(&tenant.primary_domain, path)).ok()
}

/// What takes a POST.
#[derive(Clone)]
enum Way {
    Form(Router),
    Upload,
}

/// Runs a server function unless another site's page asked for it (the scheme of Go 1.25, by tower-http), or a
/// cookie comes without any word of where from.
async fn same_origin(cx: &RequestCx, request: Request, nonce: Option<Nonce>, html: bool, way: Way) -> Response {
    let headers = request.headers();
    // Each origin has one scheme; a page that came in clear is somebody else's (security.md 22).
    let scheme = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).and_then(|origin| origin.split_once("://"));
    if scheme.is_some_and(|(scheme, _)| scheme != cx.services.config.public_url.scheme()) {
        services::audit::refused(cx, "origin.refused", serde_json::json!({ "reason": "scheme" })).await;
        return error_page(StatusCode::FORBIDDEN, html, nonce.as_ref());
    }
    let said = |name: &str| headers.get(name).is_some_and(|value| !value.is_empty());
    let unsaid = !said("sec-fetch-site") && !said("origin");
    if unsaid && client::cookies(headers, SESSION_COOKIE).next().is_some() {
        services::audit::refused(cx, "origin.refused", serde_json::json!({ "reason": "unsaid" })).await;
        return error_page(StatusCode::FORBIDDEN, html, nonce.as_ref());
    }
    let inside = cx.clone();
    let run = tower::service_fn(move |request: Request| {
        let (way, cx) = (way.clone(), inside.clone());
        async move {
            // A client that goes away must not stop an act halfway, between its commit and what follows from it.
            let work = async move {
                match way {
                    Way::Form(router) => forms::call(&cx, router, request, html, BODY_BYTES_MAX).await,
                    Way::Upload => upload::call(&cx, request, html).await,
                }
            };
            let done = tokio::spawn(tracing::Instrument::in_current_span(under_same_id(work))).await;
            Ok::<_, std::convert::Infallible>(done.unwrap_or_else(|panic| {
                tracing::error!(%panic, "a server function panicked");
                error_page(StatusCode::INTERNAL_SERVER_ERROR, html, None)
            }))
        }
    });
    let response = CsrfLayer::new().layer(run).oneshot(request).await.unwrap_or_else(|never| match never {});
    if response.extensions().get::<tower_http::csrf::ProtectionError>().is_some() {
        services::audit::refused(cx, "origin.refused", serde_json::json!({ "reason": "cross-origin" })).await;
        return error_page(StatusCode::FORBIDDEN, html, nonce.as_ref());
    }
    response
}
