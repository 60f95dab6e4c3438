//! What pages show: plain data without secrets, one file per site.

pub mod account;
pub mod ai;
mod link;
pub mod platform;
pub mod search;
pub mod tenant;

pub use link::{LinkInfo, LinkStatus, MailStatus};

use crate::{TenantId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Who is signed in, as the frame around every page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// The name to show.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// The address of the picture.
    pub photo: Option<String>,
}

/// The address of a user's picture. It changes with the picture, so what a browser has kept stays right.
#[must_use]
pub fn photo_path(id: UserId, hash: Option<&str>) -> Option<String> {
    hash.map(|hash| format!("/photos/{id}?v={hash}"))
}

/// What a company keeps in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// Bytes it keeps.
    pub used: u64,
    /// The most bytes it may keep.
    pub most: u64,
}

impl Storage {
    /// Megabytes in bytes; none for what is below zero.
    #[must_use]
    pub fn megabytes(count: i32) -> u64 {
        u64::try_from(count).unwrap_or(0) * 1024 * 1024
    }
}

/// Something that needs attention, as a dashboard says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// What is so, in a sentence.
    pub text: String,
    /// Where something can be done about it.
    pub href: String,
    /// Whether something does not work now; otherwise it may soon not.
    pub is_error: bool,
}

/// One line of an audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: String,
    /// What was done to what, as [`crate::audit::sentence`] says it.
    pub sentence: String,
}

/// One line of an audit log with everything it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Its place in the log, without gaps.
    pub seq: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// `platform_admin`, `user`, `operator`, `system` or `anonymous`.
    pub actor_kind: String,
    /// Who did it.
    pub actor: String,
    /// The company concerned, by its id; on the platform only.
    pub tenant: Option<TenantId>,
    /// What was done, such as `user.create`.
    pub action: String,
    /// The kind of thing it was done to.
    pub object_kind: String,
    /// The thing's id.
    pub object_id: Option<String>,
    /// The thing as a person reads it.
    pub object: String,
    /// `{"field": [before, after]}`, or what else is worth knowing.
    pub diff: serde_json::Value,
    /// From which address.
    pub ip: Option<String>,
    /// With which browser.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
}
