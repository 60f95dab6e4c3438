//! The pages of the platform site, one file per resource.

mod admins;
mod ai;
mod audit;
mod dashboard;
mod domains;
mod jobs;
mod people;
mod tenants;
mod usage;

pub use admins::*;
pub use ai::*;
pub use audit::*;
pub use dashboard::*;
pub use domains::*;
pub use jobs::*;
pub use people::*;
pub use tenants::*;
pub use usage::*;
