//! Pages of records.

use super::related::{RecordNote, RecordRelated};
use crate::{
    RecordId, UserId,
    list::{ListPage, ListViews},
    record::{Field, FieldKind, FieldOption, PipelineHead, PipelineSettings, RecordAct, Shown, Stage},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Who a record belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordOwner {
    /// The user.
    pub id: UserId,
    /// First and last name, or the user name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// The value of a field as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordCell {
    /// The key of the field.
    pub key: String,
    /// The value.
    pub value: Shown,
}

/// A record as lists show one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRow {
    /// The record.
    pub id: RecordId,
    /// What it is called.
    pub title: String,
    /// Who it belongs to.
    pub owner: Option<RecordOwner>,
    /// The key of its stage.
    pub stage: Option<String>,
    /// Since when it is in its stage.
    pub stage_since: Option<DateTime<Utc>>,
    /// Whether something was to be done by a day that has passed.
    pub is_overdue: bool,
    /// Its values, without empty fields.
    pub cells: Vec<RecordCell>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was moved to the trash.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// The page `/p/{pipeline}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordListPage {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// What its fields are used for.
    pub settings: PipelineSettings,
    /// The fields that the viewer sees.
    pub fields: Vec<Field>,
    /// Its stages.
    pub stages: Vec<Stage>,
    /// The rows asked for.
    pub page: ListPage<RecordRow>,
    /// How the viewer reads the list.
    pub views: ListViews,
    /// Whether the viewer may create records.
    pub may_create: bool,
    /// Whether the viewer sees records of other users.
    pub sees_others: bool,
    /// Whether records of other users were shared with the viewer.
    pub has_shared: bool,
    /// What the list is narrowed to, besides the search.
    pub filters: Vec<FilterShown>,
    /// The filter that the viewer is adding.
    pub adding: Option<FilterAdding>,
}

/// The page `/p/{pipeline}/bulk`: the question before an act for many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordBulkPage {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// What is to be done.
    pub act: RecordAct,
    /// How many records it is about.
    pub count: i64,
    /// The first of them.
    pub sample: Vec<(RecordId, String)>,
    /// The fields to choose from, where one is edited.
    pub fields: Vec<Field>,
    /// The field that was chosen.
    pub input: Option<RecordInput>,
    /// Who they can be given to.
    pub owners: OwnerChoices,
    /// The stages to choose from.
    pub stages: Vec<Stage>,
    /// Whether they are more than are done while one waits.
    pub as_job: bool,
}

/// The next records of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordExportPage {
    /// How its columns of fields are called.
    pub columns: Vec<String>,
    /// Whether it has a column of stages.
    pub has_stages: bool,
    /// The rows.
    pub page: ListPage<RecordExportRow>,
}

/// A record as files hold one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordExportRow {
    /// The record.
    pub id: RecordId,
    /// What it is called.
    pub title: String,
    /// The name of its stage.
    pub stage: Option<String>,
    /// Who it belongs to: the e-mail address, for readers who see users, else the name.
    pub owner: Option<String>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// Its values, in the order of the columns.
    pub values: Vec<Option<String>>,
}

/// A condition of a list, as its page says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterShown {
    /// How the address names it.
    pub name: String,
    /// What it says.
    pub text: String,
    /// Why it cannot be met; no record is shown for it then.
    pub problem: Option<String>,
}

/// A filter that is being added to a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterAdding {
    /// What it is about, as addresses name it: `field.amount`.
    pub name: String,
    /// The same as a person reads it.
    pub label: String,
    /// What is compared.
    pub kind: FieldKind,
    /// The fields behind a relation that it can be about instead, as addresses name them and as a person reads them.
    pub further: Vec<(String, String)>,
    /// What can be chosen.
    pub options: Vec<FieldOption>,
    /// The comparison that was chosen; empty at first.
    pub op: String,
    /// What was typed or ticked.
    pub values: Vec<String>,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// The name and value under which the address has it, where nothing is wrong.
    pub done: Option<(String, String)>,
}

/// The records of one stage on a board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardColumn {
    /// The stage.
    pub stage: Stage,
    /// The first records, each with whether the viewer may change it.
    pub cards: Vec<(RecordRow, bool)>,
    /// How many there are.
    pub total: i64,
    /// The sum of their amounts, in a pipeline that has amounts.
    pub sum: Option<String>,
}

/// The page `/p/{pipeline}/board`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordBoardPage {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// What its fields are used for.
    pub settings: PipelineSettings,
    /// The fields that the viewer sees.
    pub fields: Vec<Field>,
    /// The stages with their records; none for a pipeline without stages.
    pub columns: Vec<BoardColumn>,
    /// Whether the viewer may create records.
    pub may_create: bool,
    /// Whether the viewer sees records of other users.
    pub sees_others: bool,
    /// Whether records of other users were shared with the viewer.
    pub has_shared: bool,
    /// What the board is narrowed to, besides the search.
    pub filters: Vec<FilterShown>,
    /// The filter that the viewer is adding.
    pub adding: Option<FilterAdding>,
}

/// The page `/p/{pipeline}/trash`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordTrashPage {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// The rows asked for, each with whether the viewer may restore it.
    pub page: ListPage<(RecordRow, bool)>,
}

/// Something that happened to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordEvent {
    /// Its number among the events of the tenant.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: String,
    /// What, such as `record.update`.
    pub kind: String,
    /// The label of each field that changed, and what stood there before and after.
    pub changes: Vec<(String, Option<String>, Option<String>)>,
}

/// The page `/p/{pipeline}/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordPage {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// The fields that the viewer sees.
    pub fields: Vec<Field>,
    /// Its stages.
    pub stages: Vec<Stage>,
    /// The record.
    pub row: RecordRow,
    /// Its version.
    pub version: i32,
    /// Who created it; none for a record that came without one.
    pub created_by: Option<String>,
    /// Whether the viewer may change it.
    pub may_edit: bool,
    /// Whether the viewer may share it with others.
    pub may_share: bool,
    /// Whether the viewer may move it to the trash and bring it back.
    pub may_delete: bool,
    /// What it is linked to by relations that lead to several records.
    pub related: Vec<RecordRelated>,
    /// What users wrote about it, the newest first.
    pub notes: Vec<RecordNote>,
    /// The number before which older notes begin, if there are any.
    pub notes_older: Option<i64>,
    /// Whether the viewer may write notes.
    pub may_note: bool,
    /// Whether it is done, where the viewer may say that it is.
    pub is_done: Option<bool>,
    /// What happened to it, the newest first.
    pub events: Vec<RecordEvent>,
    /// The number before which older events begin, if there are any.
    pub older: Option<i64>,
}

/// Who a record is shared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordShare {
    /// Its row.
    pub id: i64,
    /// The name of the user or the team.
    pub name: String,
    /// Whether they may change the record.
    pub can_edit: bool,
}

/// The page `/p/{pipeline}/{id}/share`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordSharePage {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// The record.
    pub row: RecordRow,
    /// Who it is shared with.
    pub shares: Vec<RecordShare>,
    /// Teams and users to choose from, as typed and as a person reads it; `None` where one is typed.
    pub choices: Option<Vec<(String, String)>>,
}

/// The users a record can be given to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OwnerChoices {
    /// The viewer alone.
    Own,
    /// These.
    List {
        /// The users.
        users: Vec<RecordOwner>,
        /// Whether it may belong to no one.
        may_be_none: bool,
    },
    /// So many that the e-mail address is typed.
    Typed,
}

/// A field of a form with its current value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordInput {
    /// The field.
    pub field: Field,
    /// Its value as typed text.
    pub value: String,
    /// What the value counts, such as `EUR`.
    pub unit: String,
    /// The names of the stages in which it is required.
    pub stages: Vec<String>,
    /// Titles of records that it may lead to, if it is a relation.
    pub suggestions: Vec<String>,
}

/// The pages `/p/{pipeline}/new` and `/p/{pipeline}/{id}/edit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordFormPage {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// The fields with their current values.
    pub inputs: Vec<RecordInput>,
    /// The stages to choose from.
    pub stages: Vec<Stage>,
    /// The users to choose from.
    pub owners: OwnerChoices,
    /// Who the record belongs to, as the form holds it: an id, or an address where it is typed.
    pub owner: String,
    /// The key of the stage.
    pub stage: String,
    /// What a new record will be linked to: the field, the record and its title.
    pub links: Vec<(Field, RecordId, String)>,
    /// The record that is changed; none for a new one.
    pub record: Option<RecordRow>,
    /// Its version.
    pub version: i32,
}

/// Records of one pipeline that wait for the viewer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkList {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// What its fields are used for.
    pub settings: PipelineSettings,
    /// Its stages.
    pub stages: Vec<Stage>,
    /// The first of the records.
    pub rows: Vec<RecordRow>,
    /// How many there are.
    pub total: i64,
    /// The sum of their amounts, one for each currency.
    pub sums: Vec<String>,
}

/// What waits for the viewer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkPage {
    /// Records in open stages.
    pub open: Vec<WorkList>,
    /// Records that are due within a week, or were before.
    pub due: Vec<WorkList>,
    /// The viewer's records that changed lately, of all pipelines.
    pub recent: Vec<(PipelineHead, RecordRow)>,
}
