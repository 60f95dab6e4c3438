//! Records: a tenant defines kinds of them, called pipelines, with fields, boards and stages.
//!
//! A record keeps its values in one JSON object, keyed by the slots of its fields. Empty fields have no key.

use crate::{AppError, Code};
use serde::{Deserialize, Serialize};

mod act;
mod definition;
mod field;
mod field_access;
mod field_type;
mod head;
mod kind;
mod lens;
mod pipeline;
mod query;
mod reach;
mod relation;
mod relation_form;
mod rows;
mod shown;
mod template;

pub use act::RecordAct;
pub use definition::{
    COLORS, FIELDS_MAX, FieldForm, ICONS, OPTIONS_MAX, PIPELINES_MAX, PipelineForm, PipelineNames, SCALE_MAX, STAGES_MAX, StageCommand,
    StageForm, key_free,
};
pub use field::{Field, FieldOption, KEY_MAX, key_is_valid, slot_is_valid};
pub use field_access::FieldAccess;
pub use field_type::{ConvertJob, FieldType, TYPE_UNDO, TypeChange, TypeState};
pub use head::PipelineHead;
pub use kind::{FieldKind, FieldSettings};
pub use lens::{Lens, Sight};
pub use pipeline::{Pipeline, PipelineLink, PipelineSettings, Stage, StageKind};
pub use query::{CONDITIONS_MAX, Compare, Condition, FieldRef, MOMENTS, Op, Test};
pub use reach::{Reach, RecordAccess, RoleReach};
pub use relation::{RelationEnd, RelationSide};
pub use relation_form::{RelationCommand, RelationForm};
pub use rows::{Owners, Related, Rows};
pub use shown::{Shown, ShownLink, ShownOption};
pub use template::{Template, TemplateField, TemplatePipeline, TemplateRelation, TemplateStage};

/// The plan of a job that recomputes titles, amounts, due dates and search texts of all records of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeriveJob {
    /// The key of the pipeline.
    pub pipeline: String,
    /// Whether it also adds missing `record_keys`, as after a field was restored.
    #[serde(default)]
    pub keys: bool,
}

/// The most bytes of the values of a record, as JSON.
pub const DATA_BYTES_MAX: usize = 256 * 1024;
/// Why a record with more values than that is refused.
#[must_use]
pub fn too_large() -> AppError {
    let text = format!("This record is too large. A record holds at most {} kB, so shorten its longest fields.", DATA_BYTES_MAX / 1024);
    AppError::field(Code::RecordTooLarge, "", text)
}

/// The field of forms and events that holds who a record belongs to.
pub const OWNER: &str = "owner";
/// The field of events that holds who a record is shared with.
pub const SHARED: &str = "shared";
/// The filter that says whether one of the conditions of a list is enough.
pub const MATCH: &str = "match";
/// The field of forms and events that holds the stage of a record.
pub const STAGE: &str = "stage";
