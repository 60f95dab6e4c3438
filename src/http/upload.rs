//! Forms that bring a file: multipart, read as they come, refused before the file is read where they may be.

mod archive;
mod csv;
mod picture;

use self::picture::Picture;
use super::forms;
use axum::{body::Body, extract::Request, http::Response};
use domain::AppError;
use services::{Error, RequestCx, Site};
use std::time::Duration;

/// The largest body of an upload.
pub(super) const BYTES_MAX: usize = 4 * 1024 * 1024 * 1024;
/// The longest an upload may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30 * 60);

const ARCHIVE: &str = "/api/platform/tenant_import";
const LOGO: &str = "/api/tenant/logo_set";
const PHOTO: &str = "/api/tenant/photo_set";
const USERS: &str = "/api/tenant/user_import_upload";

/// The paths of both sites.
pub(super) const PATHS: [&str; 4] = [ARCHIVE, LOGO, PHOTO, USERS];

/// The paths of a site.
pub(super) fn paths(site: &str) -> impl Iterator<Item = &'static str> {
    let prefix = format!("/api/{site}/");
    PATHS.into_iter().filter(move |path| path.starts_with(&prefix))
}

/// Whether a path of that site takes a file.
pub(super) fn is_upload(site: &Site, path: &str) -> bool {
    paths(if site.tenant().is_some() { "tenant" } else { "platform" }).any(|known| known == path)
}

/// Takes a file in.
pub(super) async fn call(cx: &RequestCx, request: Request, html: bool) -> Response<Body> {
    match request.uri().path() {
        LOGO => picture::call(Picture::Logo, cx, request, html).await,
        PHOTO => picture::call(Picture::Photo, cx, request, html).await,
        USERS => csv::call(cx, request, html).await,
        _ => archive::call(cx, request, html).await,
    }
}

fn boundary(request: &Request) -> Result<String, AppError> {
    let kind = request.headers().get(axum::http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    multer::parse_boundary(kind).map_err(|_| AppError::Malformed)
}

/// A form that breaks off or breaks the rules is the client's fault.
fn broken(error: multer::Error) -> Error {
    tracing::debug!(%error, "an upload broke off");
    AppError::Malformed.into()
}
