//! Users: the list, a new one, one of them.

mod access;
mod acts;
mod detail;
mod frame;
mod list;
mod new;
mod watch;

pub use access::UserAccessPage;
pub use detail::UserPage;
pub use list::UserListPage;
pub use new::UserNewPage;
pub use watch::{UserAuditPage, UserSessionsPage, UserSignInsPage};
