//! Users: the list, a new one, one of them.

mod detail;
mod list;
mod new;

pub use detail::UserPage;
pub use list::UserListPage;
pub use new::UserNewPage;
