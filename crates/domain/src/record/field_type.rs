//! Changes of a field's type: what its values become, and what they were.

use super::{FieldKind, FieldSettings};
use crate::{JobId, format::Format};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How long a change of a field's type can be undone.
pub const TYPE_UNDO: TimeDelta = TimeDelta::days(30);

/// The form in which a field holds its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldType {
    /// What the values stand under.
    pub slot: String,
    /// What they are.
    pub kind: FieldKind,
    /// What else is said of them.
    #[serde(default)]
    pub settings: FieldSettings,
    /// Whether a form without a value is refused.
    #[serde(default)]
    pub is_required: bool,
    /// Whether records are matched by them.
    #[serde(default)]
    pub is_match: bool,
    /// Whether the search box looks into them.
    #[serde(default)]
    pub is_searchable: bool,
}

/// Where a change of a field's type stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeState {
    /// A job converts the values.
    Converting,
    /// The field has its new type. The former values are kept.
    Done,
    /// A job turns the change back.
    Undoing,
}

/// A change of a field's type. While a job converts the values, each write fills both forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeChange {
    /// The other form of the values: the one to come while a job converts them, the former one afterwards.
    pub other: FieldType,
    /// Where it stands.
    pub state: TypeState,
    /// When it began, or when the field got its new type.
    pub at: DateTime<Utc>,
    /// How numbers and moments are read and written as text, there and back.
    pub format: Format,
    /// The locale by whose country phone numbers are read.
    pub locale: String,
    /// The currency of amounts (ISO 4217).
    pub currency: String,
    /// The job that converts, or converted, the values.
    pub job: JobId,
}

impl TypeChange {
    /// Whether a job converts values.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        matches!(self.state, TypeState::Converting | TypeState::Undoing)
    }

    /// Until when it can be undone, once it is done.
    #[must_use]
    pub fn undo_until(&self) -> Option<DateTime<Utc>> {
        (self.state == TypeState::Done).then(|| self.at + TYPE_UNDO)
    }
}

/// What a job that converts the values of a field is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvertJob {
    /// The key of the pipeline.
    pub pipeline: String,
    /// The key of the field.
    pub field: String,
    /// The slot that is filled. A job whose change was cancelled finds another one, or none.
    pub slot: String,
    /// What is done, for the page of the job.
    pub about: String,
}
