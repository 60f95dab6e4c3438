//! The newest lines of a log, as dashboards show them.

use chrono::{DateTime, Utc};
use domain::{audit::sentence, dto::AuditRow};
use serde_json::Value;

/// When, who, what was done, to what, and what changed.
pub(crate) type NewestRow = (DateTime<Utc>, String, String, String, Value);

/// A row as a dashboard shows it.
pub(crate) fn newest((at, actor, action, object, diff): NewestRow) -> AuditRow {
    AuditRow { at, actor, sentence: sentence(&action, &object, &diff) }
}
