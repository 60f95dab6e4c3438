//! Forms that bring a file: multipart, read as they come, refused before the file is read where they may be.

mod archive;
mod csv;
mod multipart;
mod picture;

use axum::routing::{MethodRouter, post};

const ARCHIVE: &str = "/api/platform/tenant_import";
const LOGO: &str = "/api/tenant/logo_set";
const PHOTO: &str = "/api/tenant/photo_set";
const USERS: &str = "/api/tenant/user_import_upload";
const RECORDS: &str = "/api/tenant/record_import_upload";

/// The paths of both sites.
pub(super) const PATHS: [&str; 5] = [ARCHIVE, LOGO, PHOTO, USERS, RECORDS];

/// The uploads of a site, each with what takes it.
pub(super) fn routes(site: &str) -> Vec<(&'static str, MethodRouter)> {
    if site == "platform" {
        vec![(ARCHIVE, post(archive::upload))]
    } else {
        let csv = [(USERS, post(csv::users)), (RECORDS, post(csv::records))];
        [(LOGO, post(picture::logo)), (PHOTO, post(picture::photo))].into_iter().chain(csv).collect()
    }
}
