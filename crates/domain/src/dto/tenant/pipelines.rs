//! Pages of the definitions of pipelines.

use crate::{
    list::Count,
    record::{Pipeline, PipelineHead},
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
}
