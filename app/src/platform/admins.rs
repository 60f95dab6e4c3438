//! Platform admins: the list, and a new one.

mod list;
mod new;

pub use list::AdminListPage;
pub use new::AdminNewPage;
