//! Headers on every answer (OWASP ASVS 5.0, 3.4), and the nonce of this one.

use super::state::AppState;
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use kernel::entropy::random_name;
use leptos::nonce::Nonce;

const FIXED: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: after a refused form the way back is the Referer.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
];

/// Mints a nonce of 128 bits for the page and puts the security headers on the answer.
pub(super) async fn security_headers(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let value = random_name::<16>(&*state.services.entropy);
    request.extensions_mut().insert(Nonce::from_value(value.as_str()));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy(&value, state.reload_port)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if state.web.public_url.scheme() == "https" {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The Content Security Policy of a page with that nonce; with a port, its hot reload may connect too (cargo-leptos watch).
fn policy(nonce: &str, reload_port: Option<u32>) -> String {
    let reload = reload_port.map(|port| format!(" ws://*:{port}")).unwrap_or_default();
    // `form-action 'self'`: a form never leads to another host, redirects included.
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'{reload}; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_watched_server_lets_pages_reload() {
        assert!(policy("n", None).contains("connect-src 'self';"));
        assert!(policy("n", Some(3001)).contains("connect-src 'self' ws://*:3001;"));
    }
}
