//! Pages of the definitions of pipelines.

use crate::{
    list::Count,
    record::{Field, FieldKind, Pipeline, PipelineHead},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A pipeline as its settings list it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineRow {
    /// What leads to it.
    pub head: PipelineHead,
    /// How many fields it has.
    pub fields: usize,
    /// How many stages it has.
    pub stages: usize,
    /// How many records it has.
    pub records: Count,
}

/// A definition that was deleted and can come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedDefinition {
    /// Its key.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// When it was deleted.
    pub at: Option<DateTime<Utc>>,
}

/// The page `/settings/pipelines`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineListPage {
    /// All pipelines in order.
    pub rows: Vec<PipelineRow>,
    /// Those that were deleted, the last one first.
    pub deleted: Vec<DeletedDefinition>,
}

/// The pages `/settings/pipelines/{pipeline}`, its fields and its stages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineDefinitionPage {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// Its deleted fields, the last one first.
    pub deleted: Vec<DeletedDefinition>,
    /// All pipelines, which relations can lead to.
    pub pipelines: Vec<PipelineHead>,
    /// What new records hold, by the keys of fields, as a form holds it.
    pub defaults: Vec<(String, String)>,
}

/// The page `/settings/pipelines/{pipeline}/fields/{field}/type`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldTypePage {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// The field.
    pub field: Field,
    /// Why its type cannot be changed.
    pub refused: Option<String>,
    /// What the type that was asked for would do.
    pub look: Option<TypeLook>,
    /// The views that filter or sort by the field: the caller's and those that everyone has.
    pub views: Vec<String>,
}

/// What a change of a field's type would do to the records that the caller sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeLook {
    /// The type.
    pub kind: FieldKind,
    /// The decimal places that its values would have.
    pub scale: u8,
    /// The choices that are missing, one in a line.
    pub choices: String,
    /// How many values were tried; nothing where the caller does not see the field.
    pub tried: Option<usize>,
    /// Whether there are more values than were tried.
    pub is_part: bool,
    /// How many of them become empty.
    pub emptied: usize,
    /// What becomes of some of them, those that become empty first.
    pub examples: Vec<TypeExample>,
}

/// What becomes of one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeExample {
    /// As it is shown now.
    pub before: String,
    /// As it would be shown, or why it becomes empty.
    pub after: Result<String, String>,
}
