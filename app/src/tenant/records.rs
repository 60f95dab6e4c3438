//! Records: the list, the board, the page, the forms and the trash of a pipeline, and what waits for the viewer.

mod board;
mod bulk;
mod cells;
mod detail;
mod filters;
mod form;
mod hops;
mod import;
mod list;
mod notes;
mod related;
mod share;
mod tasks;
mod timeline;
mod trash;
mod work;

pub use board::RecordBoardPage;
pub use bulk::RecordBulkPage;
pub(super) use bulk::UNDO as BULK_UNDO;
pub use detail::RecordPage;
pub use form::{RecordEditPage, RecordNewPage};
pub use hops::RecordHopsPage;
pub use import::{IMPORT_RUN, IMPORT_UNDO, RecordImportPage, RecordImportRulesPage};
pub use list::RecordListPage;
pub use related::RecordLinkPage;
pub use share::RecordSharePage;
pub use tasks::TaskListPage;
pub use trash::RecordTrashPage;
pub(super) use work::{Work, record_work};

use crate::api::ApiError;
use domain::{AppError, RecordId};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// A part of the address of this page.
fn param(name: &str) -> String {
    use_params_map().get_untracked().get(name).unwrap_or_default()
}

/// An id from an address; one that is no number is not found.
fn record_id(text: &str) -> Result<RecordId, ApiError> {
    text.parse().map_err(|_| ApiError(AppError::NotFound))
}
