//! Everything that answers, as lists: for the generated documentation and the authorization matrix.

use super::{branding, export, functions, jobs, photos, signup, upload};
use app::site::{platform_pages, tenant_pages};

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
    let mut paths = functions::paths(site);
    paths.extend(upload::routes(site).into_iter().map(|(path, _)| path));
    paths.sort_unstable();
    paths
}

/// The paths of the downloads of a site.
#[must_use]
pub fn exports(site: &str) -> Vec<&'static str> {
    let mut paths = export::paths(site);
    paths.extend(jobs::PATHS);
    if site == "platform" {
        paths.push(signup::PATH);
    } else {
        paths.extend(branding::PATHS);
        paths.push(photos::PATH);
    }
    paths
}
