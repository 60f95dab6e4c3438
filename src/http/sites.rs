//! The two apps, each behind a router of its own.

use app::site::{function_paths, platform_router, tenant_router};
use axum::Router;
use leptos::config::LeptosOptions;
use std::collections::HashSet;

/// Both sites, and the server functions each may answer.
pub(super) struct SiteRouters {
    pub platform: Router,
    pub tenant: Router,
    functions: HashSet<&'static str>,
}

impl SiteRouters {
    pub fn new(options: &LeptosOptions) -> Self {
        Self { platform: platform_router(options), tenant: tenant_router(options), functions: function_paths().collect() }
    }

    /// Whether `path` is a server function of the site whose prefix is given.
    pub fn has_function(&self, prefix: &str, path: &str) -> bool {
        path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')) && self.functions.contains(path)
    }
}
