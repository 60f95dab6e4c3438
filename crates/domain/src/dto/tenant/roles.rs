//! The pages of roles and of what one person may do.

use super::{RoleChoice, UserHead};
use crate::{
    Permission, PermissionSet, Scope,
    access::{Override, Source},
    list::Count,
    record::{FieldAccess, PipelineHead, RecordAccess, RoleReach},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A role in the list of roles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleRow {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub sentence: String,
    /// Whether it came with the company and cannot be changed.
    pub is_system: bool,
    /// What it permits.
    pub permissions: PermissionSet,
    /// Who holds it, active or not.
    pub holders: Count,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// The page `/roles`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleListPage {
    /// All roles, system roles first.
    pub rows: Vec<RoleRow>,
}

/// How far a role reaches in one pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleReachPipeline {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// What was chosen.
    pub chosen: RoleReach,
    /// How far the role reaches by its permissions alone.
    pub default: RecordAccess,
    /// How far the role reaches.
    pub effective: RecordAccess,
    /// How many of its fields are hidden from the role, and how many it only sees.
    pub fields: (usize, usize),
}

/// The page `/roles/{key}/records`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleReachPage {
    /// The key of the role.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub sentence: String,
    /// The version an edit is based on: microseconds since 1970.
    pub version: i64,
    /// Why the caller cannot change it.
    pub locked: Option<String>,
    /// The pipelines.
    pub rows: Vec<RoleReachPipeline>,
}

/// What a role may do with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleField {
    /// The key of the field.
    pub key: String,
    /// As a person reads it.
    pub label: String,
    /// What the role may do.
    pub access: FieldAccess,
    /// Whether it is part of the title of records, which everyone who sees the record sees.
    pub is_title: bool,
}

/// The page `/roles/{key}/records/{pipeline}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleFieldsPage {
    /// The key of the role.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The version an edit is based on: microseconds since 1970.
    pub version: i64,
    /// Why the caller cannot change it.
    pub locked: Option<String>,
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// Its fields in order.
    pub fields: Vec<RoleField>,
}

/// The page `/roles/new`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleNewPage {
    /// Roles to begin from.
    pub templates: Vec<RoleRow>,
    /// The one begun from.
    pub template: Option<RoleRow>,
}

/// What keeps a role from being changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoleLock {
    /// It came with the company.
    System,
    /// It permits more than the caller may do.
    Outranks,
    /// A user holds it who may do more than the caller.
    HeldAbove,
}

impl RoleLock {
    /// What a user reads who would change it.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::System => "This is a built-in role, which cannot be changed. Duplicate it to make your own.",
            Self::Outranks => "This role permits more than you may do yourself.",
            Self::HeldAbove => "A user with this role may do more than you.",
        }
    }
}

/// The page `/roles/{key}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolePage {
    /// The role.
    pub role: RoleRow,
    /// The version an edit is based on: microseconds since 1970.
    pub version: i64,
    /// The role it is compared with.
    pub other: Option<RoleRow>,
    /// All other roles, to compare with and to fall back to.
    pub others: Vec<RoleChoice>,
    /// What keeps the caller from changing it, whatever the caller's permissions.
    pub locked: Option<RoleLock>,
}

/// One permission of one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionRow {
    /// The permission.
    pub permission: Permission,
    /// How far it reaches; none when the person does not have it.
    pub effective: Option<Scope>,
    /// Where it comes from.
    pub sources: Vec<Source>,
    /// What was decided for this person.
    pub decided: Override,
}

/// A role that a person may hold besides the primary one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FurtherRole {
    /// The role.
    pub role: RoleChoice,
    /// Whether the person holds it.
    pub is_held: bool,
}

/// The page `/users/{id}/permissions`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserAccessPage {
    /// The person.
    pub head: UserHead,
    /// Every permission.
    pub rows: Vec<PermissionRow>,
    /// Every role but the primary one and that of owners.
    pub further: Vec<FurtherRole>,
    /// Whether this is an owner, to whom nothing can be denied.
    pub is_owner: bool,
}
