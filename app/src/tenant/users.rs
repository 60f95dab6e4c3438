//! Users: the list, a new one, one of them.

mod access;
mod acts;
mod bulk;
mod detail;
mod fields;
mod frame;
mod import;
mod list;
mod manager;
mod new;
mod watch;

pub use access::UserAccessPage;
pub use bulk::UserBulkPage;
pub use detail::UserPage;
pub use import::{UserImportPage, UserImportRulesPage};
pub use list::UserListPage;
pub use new::UserNewPage;
pub use watch::{UserAuditPage, UserSessionsPage, UserSignInsPage};
