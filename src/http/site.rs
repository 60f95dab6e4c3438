//! Which site a host is: the platform console, a tenant, or nothing.

use super::{error_page::HttpError, state::AppState, trace::request_id};
use axum::{
    Extension,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use domain::{AppError, HostName, SiteKey, TenantStatus};
use kernel::sites::site_find;

/// Finds the site and lets through what is in service: neither suspended tenants nor those whose schema is missing or behind.
pub(super) async fn resolve(
    State(state): State<AppState>,
    Extension(host): Extension<HostName>,
    mut request: Request,
    next: Next,
) -> Result<Response, HttpError> {
    let site = site_find(&state.services, &host).await.map_err(|error| {
        let error = error.into_app(&request_id());
        if error == AppError::NotFound {
            return HttpError::no_site();
        }
        if error.status() >= 500 {
            state.services.usage.request(SiteKey::Platform, None, true, state.services.now());
        }
        error.into()
    })?;
    tracing::Span::current().record("site", tracing::field::display(site.key()));
    match site.tenant() {
        Some(tenant) if tenant.status == TenantStatus::Suspended => return Err(HttpError::suspended()),
        Some(tenant) if !tenant.is_current => return Err(HttpError::updating()),
        _ => {}
    }
    request.extensions_mut().insert(site);
    Ok(next.run(request).await)
}
