//! The files of the built site.

use app::{
    start::{START_PATH, start_script},
    ui::{ICONS_PATH, ICONS_VERSION},
};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::get,
};
use leptos::config::LeptosOptions;
use tower_http::services::ServeDir;

/// The bundle under `/pkg`, the icons, and what crawlers ask for.
pub(super) fn router(options: &LeptosOptions) -> Router {
    let start = start_script(options);
    let files = ServeDir::new(&*options.site_root).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    ["/pkg/{*file}", "/favicon.svg", "/icons.svg", "/robots.txt"]
        .into_iter()
        .fold(Router::new(), |router, path| router.route_service(path, files.clone()))
        .route(START_PATH, get(move || async move { ([(header::CONTENT_TYPE, "text/javascript")], start.text.as_str()) }))
        .layer(from_fn_with_state(&start.version, cached))
}

/// Names under `/pkg` hold the hash of their content, so they may be kept for ever.
async fn cached(State(start_version): State<&'static String>, request: Request, next: Next) -> Response {
    let hashed = request.uri().path().starts_with("/pkg/");
    let version = match request.uri().path() {
        START_PATH => start_version.as_str(),
        ICONS_PATH => ICONS_VERSION.as_str(),
        _ => "",
    };
    // Whether the version that was asked for is the one that is here.
    let asked = request.uri().query().filter(|_| !version.is_empty());
    let asked = asked.map(|asked| asked == version);
    let mut response = next.run(request).await;
    // Whatever is text here is UTF-8.
    let text = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let text = text.filter(|text| text.starts_with("text/") && !text.contains("charset")).map(|text| format!("{text}; charset=utf-8"));
    if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    let policy = match asked {
        // While releases are exchanged, an older or newer process may be asked: its answer is not what was asked for.
        Some(false) => "no-store",
        None if !(hashed && response.status().is_success()) => "public, max-age=3600",
        _ => "public, max-age=31536000, immutable",
    };
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(policy));
    }
    response
}
