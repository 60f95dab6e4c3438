//! Jobs: the list, and one of them.

mod detail;
mod list;

pub use detail::JobPage;
pub use list::JobListPage;

use domain::{job::JobStatus, list::grouped};
use leptos::prelude::*;

/// Rows done of rows to do.
fn progress(done: i64, total: Option<i64>) -> String {
    match total {
        Some(total) => format!("{} of {} rows", grouped(done), grouped(total)),
        None => "not begun".to_owned(),
    }
}

/// Where a job stands.
#[component]
fn JobBadge(status: JobStatus) -> impl IntoView {
    let class = match status {
        JobStatus::Queued => "state-neutral",
        JobStatus::Running => "state-warning",
        JobStatus::Done => "state-success",
        JobStatus::Failed => "state-error",
        JobStatus::Cancelled => "state-neutral",
    };
    view! { <span class=format!("state-badge {class}")><span class="state-dot" aria-hidden="true"></span>{status.label()}</span> }
}
