//! The two sites as routers. They are made here, so that the program compiles no page again.

use crate::{platform::PlatformApp, shell::document, tenant::TenantApp, ui::SiteSettings};
use axum::{Router, http::request::Parts, routing::get};
use domain::Flash;
use kernel::RequestCx;
use leptos::{config::LeptosOptions, nonce::Nonce, prelude::*};
use leptos_axum::{LeptosRoutes, file_and_error_handler_with_context, generate_route_list};
use std::sync::Arc;

/// The platform console.
pub fn platform_router(options: &LeptosOptions) -> Router {
    router(options, || PlatformApp().into_any())
}

/// A tenant's site.
pub fn tenant_router(options: &LeptosOptions) -> Router {
    router(options, || TenantApp().into_any())
}

/// The paths of the pages of the platform console, sorted.
#[must_use]
pub fn platform_pages() -> Vec<String> {
    pages(|| PlatformApp().into_any())
}

/// The paths of the pages of a tenant's site, sorted.
#[must_use]
pub fn tenant_pages() -> Vec<String> {
    pages(|| TenantApp().into_any())
}

/// The paths of the server functions of both sites.
pub fn function_paths() -> impl Iterator<Item = &'static str> {
    leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path)
}

fn pages(app: fn() -> AnyView) -> Vec<String> {
    let mut paths: Vec<String> = generate_route_list(app).iter().map(|route| route.path().to_owned()).collect();
    paths.sort();
    paths.dedup();
    paths
}

fn router(options: &LeptosOptions, app: fn() -> AnyView) -> Router {
    let routes = generate_route_list(app);
    let shell = move |options: LeptosOptions| document(options, app);
    let shell_options = options.clone();
    Router::new()
        .leptos_routes_with_context(options, routes, context, move || shell(shell_options.clone()))
        .fallback(get(file_and_error_handler_with_context::<LeptosOptions, _>(context, shell)))
        .with_state(options.clone())
}

/// What pages find in their context besides the request. It also runs where there is no request.
fn context() {
    if let Some(parts) = use_context::<Parts>() {
        if let Some(nonce) = parts.extensions.get::<Nonce>() {
            provide_context(nonce.clone());
        }
        if let Some(cx) = parts.extensions.get::<RequestCx>() {
            provide_context(SiteSettings {
                settings: Arc::clone(&cx.settings),
                today: cx.today(),
                currency: Arc::clone(&cx.services.config.currency),
            });
        }
        if let Some(flash) = parts.extensions.get::<Flash>() {
            provide_context(flash.clone());
        }
    }
}
