//! Operations of both sites, one file per resource.

mod account;
mod lists;
mod session;

pub use account::*;
pub use lists::*;
pub use session::*;

use super::Operation;

/// All of them.
pub(super) static ALL: &[&[&Operation]] = &[account::ALL, lists::ALL, session::ALL];
