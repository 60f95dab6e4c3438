//! Operations of the platform console, one file per resource.

mod admins;
mod audit;
mod dashboard;
mod domains;
mod jobs;
mod search;
mod signup;
mod tenants;
mod usage;
mod users;

pub use admins::*;
pub use audit::*;
pub use dashboard::*;
pub use domains::*;
pub use jobs::*;
pub use search::*;
pub use signup::*;
pub use tenants::*;
pub use usage::*;
pub use users::*;

use super::Operation;

/// All of them.
pub(super) static ALL: &[&[&Operation]] =
    &[admins::ALL, audit::ALL, dashboard::ALL, domains::ALL, jobs::ALL, search::ALL, signup::ALL, tenants::ALL, usage::ALL, users::ALL];
