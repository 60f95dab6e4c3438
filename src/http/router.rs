//! The router of the process: layers that every answer passes, then health, files, and the two sites.

use super::{
    branding, context, cors, error_page, export, files, flash, forms, functions, guard, head, headers, health, jobs,
    limits::{BODY_BYTES_MAX, BODY_STALL, REQUEST_TIMEOUT, UPLOAD_BYTES_MAX, UPLOAD_TIMEOUT},
    origin, photos, primary, signup, site,
    state::AppState,
    trace, upload,
};
use app::site::{platform_router, tenant_router};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state, map_request},
    response::Response,
    routing::{any, get, post},
};
use kernel::Site;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    csrf::CsrfLayer,
    limit::RequestBodyLimitLayer,
    request_id::{PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::{RequestBodyDeadlineLayer, RequestBodyTimeoutLayer, TimeoutLayer},
};

/// Everything that answers: what is served is what the tests call.
pub fn router(state: AppState) -> Router {
    let served = Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .with_state(state.clone())
        .fallback_service(sited(&state))
        .layer(from_fn(guard::guard));
    // Forms are small and quick; an archive that is brought in is neither.
    let small = ServiceBuilder::new()
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT))
        .layer(RequestBodyTimeoutLayer::new(BODY_STALL))
        .layer(RequestBodyDeadlineLayer::new(REQUEST_TIMEOUT))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    let large = ServiceBuilder::new()
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, UPLOAD_TIMEOUT))
        .layer(RequestBodyTimeoutLayer::new(BODY_STALL))
        .layer(RequestBodyDeadlineLayer::new(UPLOAD_TIMEOUT))
        .layer(RequestBodyLimitLayer::new(UPLOAD_BYTES_MAX));
    let layers = ServiceBuilder::new()
        .layer(map_request(trace::forget_id))
        .layer(SetRequestIdLayer::x_request_id(trace::NewRequestId::new(&state)))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(trace::layer(&state))
        .layer(from_fn(trace::scope))
        .layer(from_fn_with_state(state.clone(), headers::security_headers))
        .option_layer(cors::layer(&state.web))
        .layer(from_fn(head::head_as_get))
        // Brotli at 1 makes pages smaller than at 0 and takes no longer.
        .layer(CompressionLayer::new().br(true).gzip(true).quality(tower_http::CompressionLevel::Precise(1)))
        .layer(from_fn(error_page::render))
        .layer(CatchPanicLayer::custom(error_page::panicked));
    let inner = served.clone();
    let take = any(async move |request: Request| pass(inner, request).await);
    let uploads = upload::PATHS.into_iter().fold(Router::new(), |router, path| router.route(path, take.clone()));
    uploads.layer(large).fallback_service(Router::new().fallback_service(served).layer(small)).layer(layers)
}

/// What belongs to a site: its files, and behind its session everything else.
fn sited(state: &AppState) -> Router {
    let sites = Sites {
        platform: site_router(state, "platform", platform_router(&state.leptos)),
        tenant: site_router(state, "tenant", tenant_router(&state.leptos)),
    };
    let asked = Router::new().fallback(of_site).with_state(sites).layer(from_fn_with_state(state.clone(), context::load));
    files::router(&state.leptos).fallback_service(asked).layer(from_fn_with_state(state.clone(), site::resolve))
}

/// The router of each kind of site.
#[derive(Clone)]
struct Sites {
    platform: Router,
    tenant: Router,
}

async fn of_site(State(sites): State<Sites>, Extension(site): Extension<Site>, request: Request) -> Response {
    match site {
        Site::Platform => pass(sites.platform, request).await,
        Site::Tenant(_) => pass(sites.tenant, request).await,
    }
}

async fn pass(router: Router, request: Request) -> Response {
    router.oneshot(request).await.unwrap_or_else(|never| match never {})
}

/// Everything of one site: its server functions and uploads, its downloads, and its pages.
fn site_router(state: &AppState, site: &'static str, pages: Router) -> Router {
    // A method that is not there is answered before it is looked at where the request comes from.
    let guarded =
        || ServiceBuilder::new().layer(from_fn(origin::same_origin)).layer(CsrfLayer::new()).layer(from_fn(functions::to_its_end));
    let calls = functions::paths(site)
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, post(forms::function).route_layer(guarded())))
        .with_state((state.clone(), pages.clone()));
    let uploads = upload::routes(site).into_iter().fold(calls, |router, (path, taken)| router.route(path, taken.route_layer(guarded())));
    let shown = pages
        .layer(from_fn_with_state(state.clone(), functions::in_turn))
        .layer(from_fn(flash::carry))
        .layer(from_fn_with_state(site, export::negotiate));
    let downloads = export::router(site).merge(jobs::router(state)).merge(if site == "platform" {
        signup::router()
    } else {
        branding::router().merge(photos::router())
    });
    let downloads = downloads.layer(from_fn(origin::reauthenticate_first));
    // Nothing says which functions there are on the other site.
    ["/api", "/api/", "/api/{*rest}"]
        .into_iter()
        .fold(uploads, |router, path| router.route(path, any(error_page::not_found)))
        .fallback_service(downloads.fallback_service(shown).layer(from_fn(primary::lead)))
}
