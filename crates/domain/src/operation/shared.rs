//! Operations of both sites, one file per resource.

mod account;
mod session;

pub use account::*;
pub use session::*;

use super::Operation;

/// All of them.
pub(super) static ALL: &[&[&Operation]] = &[account::ALL, session::ALL];
