//! Long work of the company.

mod detail;
mod list;

pub use detail::JobPage;
pub use list::JobListPage;
