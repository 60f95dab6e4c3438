//! Everything that answers, as lists: for the generated documentation and the authorization matrix.

use app::site::{function_paths, platform_pages, tenant_pages};

/// The two sites.
pub const SITES: [&str; 2] = ["platform", "tenant"];

/// The paths of the pages of a site.
#[must_use]
pub fn pages(site: &str) -> Vec<String> {
    if site == "platform" { platform_pages() } else { tenant_pages() }
}

/// The paths of the server functions of a site. All of them take POST.
#[must_use]
pub fn functions(site: &str) -> Vec<&'static str> {
    let prefix = format!("/api/{site}/");
    let mut paths: Vec<&'static str> = function_paths().filter(|path| path.starts_with(&prefix)).collect();
    paths.extend(super::upload::paths(site));
    paths.sort_unstable();
    paths
}

/// The paths of the downloads of a site.
#[must_use]
pub fn exports(site: &str) -> Vec<&'static str> {
    let mut paths = super::export::paths(site);
    paths.extend(super::jobs::PATHS);
    if site == "platform" {
        paths.push(super::signup::PATH);
    } else {
        paths.extend(super::branding::PATHS);
        paths.push(super::photos::PATH);
    }
    paths
}
