//! Roles: what a company's people may do.

mod detail;
mod fields;
mod list;
mod new;
mod record_fields;
mod records;

pub use detail::RolePage;
pub use list::RoleListPage;
pub use new::RoleNewPage;
pub use record_fields::RoleFieldsPage;
pub use records::RoleReachPage;

pub(super) use fields::{reach, sentence_of};
