//! Records: a tenant defines kinds of them, called pipelines, with fields, boards and stages.
//!
//! A record keeps its values in one JSON object, keyed by the slots of its fields. Empty fields have no key.

mod field;
mod lens;
mod pipeline;
mod reach;
mod shown;
mod template;

pub use field::{Field, FieldKind, FieldOption, FieldSettings, KEY_MAX, key_is_valid, slot_is_valid};
pub use lens::{Lens, Rows};
pub use pipeline::{Pipeline, PipelineHead, PipelineLink, PipelineSettings, Stage, StageKind};
pub use reach::{Reach, RecordAccess, RoleReach};
pub use shown::{Shown, ShownLink};
pub use template::{Template, TemplateField, TemplatePipeline, TemplateStage};

/// The most bytes of the values of a record, as JSON.
pub const DATA_BYTES_MAX: usize = 256 * 1024;
/// The field of forms and events that holds who a record belongs to.
pub const OWNER: &str = "owner";
/// The field of forms and events that holds the stage of a record.
pub const STAGE: &str = "stage";
