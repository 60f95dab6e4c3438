//! Pipelines: kinds of records.

use super::{Field, PipelineHead, Reach, RecordAccess, RoleReach};
use crate::access::{Access, HeldRole};
use serde::{Deserialize, Serialize};

/// What a stage means for a record in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageKind {
    /// Something is still to be done.
    Open,
    /// It ended well.
    Won,
    /// It ended without success.
    Lost,
}

impl StageKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Open, Self::Won, Self::Lost];

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    /// Reads what is stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A step that records of a pipeline go through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its row.
    pub id: i64,
    /// How forms and addresses name it.
    pub key: String,
    /// As a person reads it.
    pub name: String,
    /// What it means.
    pub kind: StageKind,
    /// How likely a record in it ends well, in per cent.
    pub probability: i16,
    /// The name of its colour; empty for none.
    pub color: String,
    /// The rows of the fields without which no record is moved to it, nor changed in it.
    pub requires: Vec<i64>,
    /// Whether records stay in it and no other one is moved to it.
    #[serde(default)]
    pub is_archived: bool,
}

/// What the fields of a pipeline are used for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineSettings {
    /// The fields whose values make the title, with a space between them.
    #[serde(default)]
    pub title: Vec<String>,
    /// The field that holds the amount of a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The field that holds the day a record is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// The checkbox that says that a record is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
    /// The columns that a list has by itself, besides the title.
    #[serde(default)]
    pub columns: Vec<String>,
}

/// What leads to a pipeline, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineLink {
    /// What leads to it.
    pub head: PipelineHead,
    /// How far roles reach in it, by their keys, where that is not what their permissions say.
    pub set: Vec<(String, RoleReach)>,
    /// The keys of roles for which fields are hidden or not to be changed, deleted fields too: they can come back.
    pub narrowed: Vec<String>,
    /// Whether the pipeline is deleted. It leads nowhere then, and still counts for what users may give to others.
    pub is_deleted: bool,
}

impl PipelineLink {
    /// Whether a user with these roles and decisions sees any of it.
    #[must_use]
    pub fn is_seen(&self, access: &Access) -> bool {
        !self.is_deleted && self.reached(access).view != Reach::None
    }

    /// How far such a user reaches in it, all of its fields included: one for whom a field may be narrowed reaches nothing so.
    #[must_use]
    pub fn reached_whole(&self, access: &Access) -> RecordAccess {
        let is_narrowed = |role: &str| self.narrowed.iter().any(|key| key == role);
        let sees = |role: &&HeldRole| RecordAccess::of_role(&role.permissions, self.set_for(&role.key)).view != Reach::None;
        let mut seeing = access.roles.iter().filter(sees).peekable();
        let is_whole = if seeing.peek().is_some() {
            seeing.any(|role| role.permissions.is_owner() || !is_narrowed(&role.key))
        } else {
            !access.roles.iter().any(|role| is_narrowed(&role.key))
        };
        if is_whole { self.reached(access) } else { RecordAccess::default() }
    }

    fn set_for(&self, role: &str) -> RoleReach {
        self.set.iter().find(|(key, _)| key == role).map_or_else(RoleReach::default, |(_, reach)| *reach)
    }

    /// How far such a user reaches in it.
    #[must_use]
    pub fn reached(&self, access: &Access) -> RecordAccess {
        RecordAccess::of_user(&access.roles, &access.overrides, |role| self.set_for(role))
    }
}

/// A kind of record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    /// Its row.
    pub id: i64,
    /// The version of its definition.
    pub version: i32,
    /// The version by which titles, amounts, due dates and search texts of all its records are computed.
    pub derived: i32,
    /// What leads to it.
    pub head: PipelineHead,
    /// What its fields are used for.
    pub settings: PipelineSettings,
    /// Its fields in order.
    pub fields: Vec<Field>,
    /// The stages of its boards in order, archived ones too.
    pub stages: Vec<Stage>,
}

impl Pipeline {
    /// The stages that records are moved to.
    pub fn stages_open(&self) -> impl Iterator<Item = &Stage> {
        self.stages.iter().filter(|stage| !stage.is_archived)
    }

    /// Whether titles, amounts, due dates or search texts of records hold something of a field.
    #[must_use]
    pub fn derives_from(&self, field: &Field) -> bool {
        let settings = &self.settings;
        let is_named = settings.title.contains(&field.key) || [&settings.value, &settings.due].contains(&&Some(field.key.clone()));
        is_named || (field.is_searchable && !field.is_barred)
    }

    /// What records take from a field of its kind, as a user reads it; nothing where it may be of any kind.
    #[must_use]
    pub fn use_of(&self, field: &Field) -> Option<&'static str> {
        let settings = &self.settings;
        let named = [(&settings.value, "amount"), (&settings.due, "due date"), (&settings.done, "Done checkbox")];
        let is_title = settings.title.contains(&field.key).then_some("title");
        is_title.or_else(|| named.into_iter().find(|(key, _)| key.as_ref() == Some(&field.key)).map(|(_, used)| used))
    }
}
