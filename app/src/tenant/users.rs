//! Users: the list, a new one, one of them.

mod access;
mod detail;
mod frame;
mod list;
mod new;

pub use access::UserAccessPage;
pub use detail::UserPage;
pub use list::UserListPage;
pub use new::UserNewPage;
