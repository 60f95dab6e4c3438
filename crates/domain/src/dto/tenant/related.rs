//! What belongs to records: links, notes and tasks.

use crate::{
    NoteId, RecordId,
    dto::search::RecordHit,
    list::Count,
    record::{Field, PipelineHead, Shown, Stage},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A note about a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordNote {
    /// Its id.
    pub id: NoteId,
    /// Who wrote it; none for a user who is gone.
    pub author: Option<String>,
    /// What it says.
    pub body: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// Whether it was changed since.
    pub is_changed: bool,
    /// Its version.
    pub version: i32,
    /// Whether the viewer may change it.
    pub may_edit: bool,
    /// Whether the viewer may delete it.
    pub may_delete: bool,
}

/// A record that another one is linked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelatedRow {
    /// The record.
    pub id: RecordId,
    /// What it is called.
    pub title: String,
    /// What its list shows of it first, in one line.
    pub sub: String,
    /// Its stage.
    pub stage: Option<Stage>,
    /// Whether something was to be done by a day that has passed.
    pub is_overdue: bool,
    /// Whether the viewer may remove the link.
    pub may_unlink: bool,
}

/// The records that one is linked to by one relation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordRelated {
    /// The field, with the other end of its relation.
    pub field: Field,
    /// The records that changed last.
    pub rows: Vec<RelatedRow>,
    /// How many there are.
    pub total: Count,
    /// Whether the viewer may link further records.
    pub may_link: bool,
    /// Whether the viewer may create a record that is linked to this one.
    pub may_create: bool,
}

/// A record that others lead to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HopHit {
    /// Its pipeline.
    pub pipeline: PipelineHead,
    /// The record.
    pub id: RecordId,
    /// What it is called.
    pub title: String,
    /// The label of the field that leads to it.
    pub field: String,
    /// What the record is called that leads to it.
    pub source: String,
}

/// The records that are so many steps away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// The records, in the order of their pipelines.
    pub hits: Vec<HopHit>,
    /// Whether records were left out.
    pub is_cut: bool,
}

/// The page `/p/{pipeline}/{id}/related`: what a record has to do with, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordHopsPage {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// The record.
    pub id: RecordId,
    /// What it is called.
    pub title: String,
    /// How many steps were asked for.
    pub depth: u8,
    /// The most steps that can be asked for.
    pub depth_max: u8,
    /// The steps, the nearest first.
    pub hops: Vec<Hop>,
}

/// The page `/p/{pipeline}/{id}/link/{field}`: what a record can be linked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordLinkPage {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// The record.
    pub id: RecordId,
    /// What it is called.
    pub title: String,
    /// The field, with the other end of its relation.
    pub field: Field,
    /// The records that are offered.
    pub hits: Vec<RecordHit>,
}

/// Something that the viewer has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRow {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// The record.
    pub id: RecordId,
    /// What it is called.
    pub title: String,
    /// The day on which it is due, as the viewer reads it.
    pub due: Option<String>,
    /// The records that it is about.
    pub links: Vec<Shown>,
    /// Whether the viewer may say that it is done.
    pub may_finish: bool,
}

/// Tasks that are due about the same time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskGroup {
    /// When that is.
    pub label: String,
    /// Whether they should be done already.
    pub is_late: bool,
    /// The tasks, those that are due first at the top.
    pub rows: Vec<TaskRow>,
}

/// The page `/tasks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskListPage {
    /// What is to be done, by when it is due.
    pub groups: Vec<TaskGroup>,
    /// The pipelines in which the viewer may create tasks.
    pub creates: Vec<PipelineHead>,
    /// Whether there are more tasks than the page shows.
    pub is_cut: bool,
}
