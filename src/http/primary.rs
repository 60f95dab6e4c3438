//! One address for everything: other domains of a tenant lead to its primary one.

use super::session::is_primary;
use axum::{
    Extension,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::HostName;
use kernel::RequestCx;

/// Leads a GET on another domain to the same path on the primary one.
pub(super) async fn lead(
    Extension(host): Extension<HostName>,
    Extension(cx): Extension<RequestCx>,
    request: Request,
    next: Next,
) -> Response {
    match cx.site.tenant() {
        Some(tenant) if request.method() == Method::GET && !is_primary(&cx.site, &host) => {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            let Ok(target) = HeaderValue::from_str(&cx.services.url_on(&tenant.primary_domain, path)) else {
                return next.run(request).await;
            };
            (StatusCode::FOUND, [(header::LOCATION, target)]).into_response()
        }
        _ => next.run(request).await,
    }
}
