//! Operations of a tenant's site, one file per resource.

mod account;
mod ai;
mod audit;
mod dashboard;
mod jobs;
mod pipelines;
mod records;
mod roles;
mod search;
mod sessions;
mod settings;
mod teams;
mod users;

pub use account::*;
pub use ai::*;
pub use audit::*;
pub use dashboard::*;
pub use jobs::*;
pub use pipelines::*;
pub use records::*;
pub use roles::*;
pub use search::*;
pub use sessions::*;
pub use settings::*;
pub use teams::*;
pub use users::*;

use super::Operation;

/// All of them.
pub(super) static ALL: &[&[&Operation]] = &[
    account::ALL,
    ai::ALL,
    audit::ALL,
    dashboard::ALL,
    jobs::ALL,
    pipelines::ALL,
    records::ALL,
    roles::ALL,
    search::ALL,
    sessions::ALL,
    settings::ALL,
    teams::ALL,
    users::ALL,
];
