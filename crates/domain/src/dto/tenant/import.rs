//! The pages of an import of users.

use super::RoleChoice;
use crate::{
    JobId,
    import::{ImportKey, ImportMode},
    user_field::UserField,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The page `/users/import/{id}`: how the columns are mapped, and what is done with the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPage {
    /// The draft.
    pub id: JobId,
    /// What the file was called.
    pub name: String,
    /// How it is encoded.
    pub encoding: String,
    /// Whether its first line names the columns.
    pub has_header: bool,
    /// What is between its cells.
    pub delimiter: char,
    /// The lines below the names of the columns.
    pub lines: i64,
    /// The names of the columns.
    pub headers: Vec<String>,
    /// The lines below them, the first few.
    pub preview: Vec<Vec<String>>,
    /// The custom fields that columns may fill.
    pub fields: Vec<UserField>,
    /// The column for each field.
    pub columns: BTreeMap<String, usize>,
    /// What is done.
    pub mode: ImportMode,
    /// The field that existing users are found by.
    pub key: ImportKey,
    /// The role of those for whom the file names none.
    pub role: String,
    /// The roles to choose from.
    pub roles: Vec<RoleChoice>,
}
