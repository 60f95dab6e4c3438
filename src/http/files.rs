//! The files of the built site.

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::Response,
};
use leptos::config::LeptosOptions;
use tower_http::services::ServeDir;

/// The bundle under `/pkg`, the icon, and what crawlers ask for.
pub(super) fn router(options: &LeptosOptions) -> Router {
    let files = ServeDir::new(&*options.site_root).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    ["/pkg/{*file}", "/favicon.svg", "/robots.txt"]
        .into_iter()
        .fold(Router::new(), |router, path| router.route_service(path, files.clone()))
        .layer(from_fn(cached))
}

/// Names under `/pkg` hold the hash of their content, so they may be kept for ever.
async fn cached(request: Request, next: Next) -> Response {
    let hashed = request.uri().path().starts_with("/pkg/");
    let mut response = next.run(request).await;
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
