//! Users from a CSV file: uploaded, mapped, looked at without changing anything, then run as a job that can be taken back.

mod draft;
mod file;
mod run;
mod undo;

pub use draft::{
    CSV_BYTES_MAX, user_import_admit, user_import_begin, user_import_check, user_import_get, user_import_new, user_import_read,
    user_import_run,
};
pub use draft::{FOLDER as IMPORT_FOLDER, import_sweep};
pub use run::import_run;
pub use undo::undo_run;
pub use undo::user_import_undo;

use domain::{
    AppError, Code, FieldErrors,
    import::{COLUMNS, ImportKey, ImportMode},
};
use kernel::{Error, Result, csv::Dialect};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was typed into the form of an import.
#[derive(Clone, Debug, Default)]
pub struct ImportRules {
    /// The column of the file for each field; empty leaves the field out.
    pub columns: BTreeMap<String, String>,
    /// `create`, `update` or `both`.
    pub mode: String,
    /// `email` or `username`: what a user is found by.
    pub match_by: String,
    /// The role of those for whom the file names none.
    pub user_type: String,
}

/// What was chosen of how a file is written.
#[derive(Clone, Debug, Default)]
pub struct ImportReading {
    /// The name of its encoding (Encoding Standard).
    pub encoding: String,
    /// What is between its cells.
    pub delimiter: String,
    /// Whether its first line names the columns.
    pub has_header: bool,
}

/// What an import is to do and how far it is: what stands at the checkpoint of its job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    /// The file, as kept.
    pub file: String,
    /// What the file was called.
    pub name: String,
    /// How it is written.
    #[serde(alias = "delimiter")]
    pub dialect: Dialect,
    /// Whether its first line names the columns.
    #[serde(default = "named")]
    pub has_header: bool,
    /// The names of the columns.
    pub headers: Vec<String>,
    /// The first lines below them, while it is a draft.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preview: Vec<Vec<String>>,
    /// The lines below them.
    pub lines: i64,
    /// The column for each field.
    pub columns: BTreeMap<String, usize>,
    pub mode: ImportMode,
    pub key: ImportKey,
    /// The role of those for whom the file names none.
    pub role: String,
    /// Whether nothing is changed.
    pub dry: bool,
    /// The draft this was made of.
    pub draft: i64,
    /// The job that looked at the same draft before; 0 for none.
    #[serde(default)]
    pub looked: i64,
    /// Lines that are done.
    pub done: i64,
}

/// Files of imports from before that was a choice name their columns.
const fn named() -> bool {
    true
}

impl ImportRules {
    /// Puts the rules into a plan.
    fn apply(&self, plan: &mut Plan) -> std::result::Result<(), AppError> {
        let mut errors = FieldErrors::default();
        let mut columns = BTreeMap::new();
        for (field, _) in COLUMNS {
            match self.columns.get(*field).map(String::as_str).unwrap_or_default() {
                "" => {}
                text => match text.parse::<usize>() {
                    Ok(column) if column < plan.headers.len() => {
                        columns.insert((*field).to_owned(), column);
                    }
                    _ => errors.push(Code::FieldUnknownChoice, &format!("columns[{field}]"), "Choose a column of the file"),
                },
            }
        }
        let mode = errors.check_as(Code::FieldUnknownChoice, "mode", ImportMode::parse(&self.mode).ok_or("Choose what to do"));
        let key = errors.check_as(
            Code::FieldUnknownChoice,
            "match_by",
            ImportKey::parse(&self.match_by).ok_or("Choose by what people are found"),
        );
        if let Some(key) = key
            && !columns.contains_key(key.as_str())
        {
            errors.push(Code::FieldRequired, &format!("columns[{}]", key.as_str()), "People are found by this, so it needs a column");
        }
        if mode != Some(ImportMode::Update) {
            for (field, label) in COLUMNS.iter().filter(|(field, _)| matches!(*field, "email" | "first_name" | "last_name")) {
                let name = format!("columns[{field}]");
                if !columns.contains_key(*field) && errors.get(&name).is_none() {
                    errors.push(Code::FieldRequired, &name, format!("New users need this: {label}"));
                }
            }
            if self.user_type.is_empty() && !columns.contains_key("user_type") {
                errors.push(Code::FieldRequired, "user_type", "Choose a role for new users");
            }
        }
        errors.into_result()?;
        let (Some(mode), Some(key)) = (mode, key) else { return Err(AppError::Malformed) };
        (plan.columns, plan.mode, plan.key, plan.role) = (columns, mode, key, self.user_type.clone());
        Ok(())
    }
}

/// Runs what reads files where it may take its time.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Fault(error.to_string()))?
}
