//! Jobs: the list, and one of them.

mod detail;
mod list;

pub use detail::JobPage;
pub use list::JobListPage;
