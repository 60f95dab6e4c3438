//! Roles: what a company's people may do.

mod detail;
mod fields;
mod list;
mod new;

pub use detail::RolePage;
pub use list::RoleListPage;
pub use new::RoleNewPage;

pub(super) use fields::{reach, sentence_of};
