//! The pages of imports.

use super::RoleChoice;
use crate::{
    JobId,
    dto::Storage,
    import::{DayOrder, DecimalMark, ImportKey, ImportMode},
    record::PipelineHead,
    user_field::UserField,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A file that was taken in: how it is read, and its first lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSheet {
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
}

/// The page `/users/import/{id}`: how the columns are mapped, and what is done with the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPage {
    /// The draft.
    pub id: JobId,
    /// The file.
    pub sheet: ImportSheet,
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

/// The page `/p/{pipeline}/import`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordImportNewPage {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// How much of the company's storage is used.
    pub storage: Storage,
}

/// The page `/p/{pipeline}/import/{id}`: how the columns are mapped, and what is done with the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordImportPage {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// The draft.
    pub id: JobId,
    /// The file.
    pub sheet: ImportSheet,
    /// What columns may fill: each with its label, and whether existing records can be found by it.
    pub targets: Vec<ImportTarget>,
    /// The column for each of them.
    pub columns: BTreeMap<String, usize>,
    /// What is done.
    pub mode: ImportMode,
    /// What existing records are found by; empty for nothing.
    pub key: String,
    /// How the file writes decimals.
    pub decimals: DecimalMark,
    /// How the file writes days.
    pub days: DayOrder,
    /// Whether empty cells clear fields of existing records.
    pub clears: bool,
}

/// What a column of a file may fill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportTarget {
    /// As exports name it, such as `field.email`, `owner` or `id`.
    pub name: String,
    /// As a user reads it.
    pub label: String,
    /// Whether existing records can be found by it.
    pub is_key: bool,
    /// Whether new records need it.
    pub is_required: bool,
}
