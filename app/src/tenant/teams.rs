//! Teams of users.

mod detail;
mod list;

pub use detail::TeamPage;
pub use list::TeamListPage;
