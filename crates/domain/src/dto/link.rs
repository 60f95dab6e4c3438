//! One-time links: what became of one, and how its e-mail fares.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What became of a one-time link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkStatus {
    /// It works.
    Open,
    /// It was used.
    Used,
    /// Its time is over.
    Expired,
    /// A user took it back.
    Revoked,
    /// A newer one came.
    Replaced,
    /// There never was such a link, or it is long gone.
    Unknown,
}

/// How the e-mail that brings a link fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailStatus {
    /// On its way; why it is not there yet, where a try failed.
    Waiting(Option<String>),
    /// Taken by the mail server.
    Sent,
    /// It never will be.
    Failed(String),
}

/// The newest one-time link of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkInfo {
    /// Whether it is for a first password; otherwise for a new one.
    pub is_invite: bool,
    /// What became of it.
    pub status: LinkStatus,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is open, or was.
    pub expires_at: DateTime<Utc>,
    /// How its e-mail fares; none for one that is handed over.
    pub mail: Option<MailStatus>,
}
