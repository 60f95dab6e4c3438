//! What pages show: plain data without secrets, one file per site.

pub mod platform;
pub mod tenant;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Who is signed in, as the frame around every page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// The name to show.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// One line of an audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: String,
    /// What was done, such as `user.create`.
    pub action: String,
    /// What it was done to.
    pub object: String,
}
