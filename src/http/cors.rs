//! Cross-origin reads, for the origins that the configuration lists.

use crate::config::WebConfig;
use axum::http::{HeaderValue, Method};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may keep the answer to a preflight.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Lets scripts of listed origins read, to the letter and never with credentials; none if no origin is listed.
pub(super) fn layer(web: &WebConfig) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = web.cors_allowed_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    let listed =
        CorsLayer::new().allow_origin(AllowOrigin::list(origins.clone())).allow_methods([Method::GET, Method::HEAD]).max_age(MAX_AGE);
    (!origins.is_empty()).then_some(listed)
}
