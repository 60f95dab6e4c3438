//! What was done, and the event that it is.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// One thing that was done.
#[derive(Clone, Debug, Serialize)]
pub struct AuditEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// `platform_admin`, `user`, `operator`, `system` or `anonymous`.
    pub actor_kind: &'static str,
    /// The actor's id, if it has one.
    pub actor_id: Option<i64>,
    /// The actor as a person reads it.
    pub actor_label: String,
    /// What, such as `user.create`.
    pub action: &'static str,
    /// The kind of thing it was done to.
    pub object_kind: &'static str,
    /// Its id.
    pub object_id: Option<String>,
    /// The thing as a person reads it.
    pub object_label: String,
    /// `{"field": [before, after]}`.
    pub diff: serde_json::Value,
    /// From which address.
    pub ip: Option<String>,
    /// With which browser.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
}

/// Something that happened, for those who follow a tenant's events.
#[derive(Clone, Debug, Serialize)]
pub struct EventEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// What, such as `user.update`.
    pub kind: &'static str,
    /// To what kind of object.
    pub object: &'static str,
    /// To which one.
    pub record_id: Option<i64>,
    /// Who did it, such as `user:7`.
    pub actor: String,
    /// What caused it, such as `job:12`; empty for the actor alone.
    pub origin: String,
    /// The names of the fields that changed.
    pub changed: Vec<String>,
    /// The version of the object from then on, where it has one.
    pub version: Option<i64>,
    /// The user that the object belongs to.
    pub owner_id: Option<i64>,
    /// The pipeline of a record.
    pub pipeline_id: Option<i64>,
    /// What each field of a record held before and holds from then on, as `{"field": [before, after]}`.
    pub changes: Option<serde_json::Value>,
}

/// Kinds of objects of which nothing is an event.
const QUIET: &[&str] = &["session"];

impl EventEntry {
    /// The event of what the log says was done; `None` for what is no event, such as signing in.
    #[must_use]
    pub fn of(entry: &AuditEntry) -> Option<Self> {
        if QUIET.contains(&entry.object_kind) {
            return None;
        }
        let actor = entry.actor_id.map_or_else(|| entry.actor_kind.to_owned(), |id| format!("{}:{id}", entry.actor_kind));
        let changed = entry.diff.as_object().map(|diff| diff.keys().cloned().collect()).unwrap_or_default();
        Some(Self {
            at: entry.at,
            kind: entry.action,
            object: entry.object_kind,
            record_id: entry.object_id.as_deref().and_then(|id| id.parse().ok()),
            actor,
            origin: entry.request_id.as_deref().filter(|id| id.starts_with("job ")).map(|id| id.replace(' ', ":")).unwrap_or_default(),
            changed,
            version: None,
            owner_id: None,
            pipeline_id: None,
            changes: None,
        })
    }
}
