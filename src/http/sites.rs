//! The two apps, each behind a router of its own.

use app::{platform::PlatformApp, shell::document, tenant::TenantApp, ui::SiteSettings};
use axum::{Router, http::request::Parts};
use domain::Flash;
use leptos::{config::LeptosOptions, nonce::Nonce, prelude::*};
use leptos_axum::{LeptosRoutes, file_and_error_handler_with_context, generate_route_list};
use services::RequestCx;
use std::{collections::HashSet, sync::Arc};

/// Both sites, and the server functions each may answer.
pub(super) struct SiteRouters {
    pub platform: Router,
    pub tenant: Router,
    functions: HashSet<&'static str>,
}

impl SiteRouters {
    pub fn new(options: &LeptosOptions) -> Self {
        Self {
            platform: site_router(options, PlatformApp),
            tenant: site_router(options, TenantApp),
            functions: leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path).collect(),
        }
    }

    /// Whether `path` is a server function of the site whose prefix is given.
    pub fn has_function(&self, prefix: &str, path: &str) -> bool {
        path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')) && self.functions.contains(path)
    }
}

fn site_router<IV: IntoView + 'static>(options: &LeptosOptions, app: fn() -> IV) -> Router {
    let routes = generate_route_list(app);
    let shell = move |options: LeptosOptions| document(options, app);
    let shell_options = options.clone();
    Router::new()
        .leptos_routes_with_context(options, routes, context, move || shell(shell_options.clone()))
        .fallback(file_and_error_handler_with_context::<LeptosOptions, _>(context, shell))
        .with_state(options.clone())
}

/// What pages find in their context besides the request. It also runs where there is no request.
fn context() {
    if let Some(parts) = use_context::<Parts>() {
        if let Some(nonce) = parts.extensions.get::<Nonce>() {
            provide_context(nonce.clone());
        }
        if let Some(cx) = parts.extensions.get::<RequestCx>() {
            provide_context(SiteSettings { settings: Arc::clone(&cx.settings), today: cx.today() });
        }
        if let Some(flash) = parts.extensions.get::<Flash>() {
            provide_context(flash.clone());
        }
    }
}
