//! Users from a CSV file: uploaded, mapped, looked at without changing anything, then run as a job that can be taken back.

mod custom;
mod draft;
mod judge;
mod run;
mod undo;

pub use draft::{
    user_import_admit, user_import_begin, user_import_check, user_import_get, user_import_new, user_import_read, user_import_run,
};
pub(crate) use judge::NO_SEAT;
pub use run::import_run;
pub use undo::undo_run;
pub use undo::user_import_undo;

use domain::{
    AppError, Code, FieldErrors,
    import::{COLUMNS, ImportKey, ImportMode, column_guess},
    user_field::UserField,
};
use kernel::imports::Sheet;
use serde::{Deserialize, Serialize};
use serde_json::Value;
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

/// What an import is to do and how far it is: what stands at the checkpoint of its job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    /// The file.
    #[serde(flatten)]
    pub sheet: Sheet,
    /// The column for each field.
    pub columns: BTreeMap<String, usize>,
    /// The custom fields that have a column, as `columns` names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
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

/// The names of the columns of an import by its plan, such that each field is guessed to be in the column that it was mapped to. The
/// columns of an earlier file of skipped rows are left out.
pub(crate) fn header_of(plan: Value) -> Option<Vec<String>> {
    let plan: Plan = serde_json::from_value(plan).ok()?;
    let mut header = plan.sheet.headers_own().to_vec();
    if !plan.sheet.has_header {
        for (field, label) in COLUMNS {
            if let Some(name) = plan.columns.get(*field).and_then(|column| header.get_mut(*column)) {
                (*label).clone_into(name);
            }
        }
    }
    // A custom field is found again by the name that an export gives it, which is that of nothing else.
    for field in &plan.fields {
        if let Some(name) = plan.columns.get(field).and_then(|column| header.get_mut(*column)) {
            name.clone_from(field);
        }
    }
    for (field, label) in COLUMNS {
        let Some(column) = plan.columns.get(*field).copied().filter(|column| *column < header.len()) else { continue };
        // Each round renames one column that is mistaken for the right one, so it ends.
        for _ in 0..header.len() {
            match column_guess(field, &header) {
                Some(found) if found == column => break,
                Some(found) if !plan.columns.values().any(|mapped| *mapped == found) => {
                    if let Some(name) = header.get_mut(found) {
                        name.push_str(" (not imported)");
                    }
                }
                _ => {
                    if let Some(name) = header.get_mut(column) {
                        (*label).clone_into(name);
                    }
                }
            }
        }
    }
    Some(header)
}

impl ImportRules {
    /// Puts the rules into a plan.
    fn apply(&self, plan: &mut Plan, fields: &[UserField]) -> std::result::Result<(), AppError> {
        let mut errors = FieldErrors::default();
        let mut columns = BTreeMap::new();
        let custom: Vec<(String, &UserField)> = fields.iter().map(|field| (field.column(), field)).collect();
        for field in COLUMNS.iter().map(|(field, _)| *field).chain(custom.iter().map(|(name, _)| name.as_str())) {
            match self.columns.get(field).map(String::as_str).unwrap_or_default() {
                "" => {}
                text => match text.parse::<usize>() {
                    Ok(column) if columns.values().any(|mapped| *mapped == column) => {
                        errors.push(Code::FieldUnknownChoice, &format!("columns[{field}]"), "This column fills another field already");
                    }
                    Ok(column) if column < plan.sheet.headers.len() => {
                        columns.insert(field.to_owned(), column);
                    }
                    _ => errors.push(Code::FieldUnknownChoice, &format!("columns[{field}]"), "Choose a column of the file"),
                },
            }
        }
        let mode = errors.check_as(Code::FieldUnknownChoice, "mode", ImportMode::parse(&self.mode).ok_or("Choose what to do"));
        let key = errors.check_as(
            Code::FieldUnknownChoice,
            "match_by",
            ImportKey::parse(&self.match_by).ok_or("Choose a field to find existing users by"),
        );
        if let Some(key) = key
            && !columns.contains_key(key.as_str())
        {
            errors.push(
                Code::FieldRequired,
                &format!("columns[{}]", key.as_str()),
                "Existing users are found by this field, so it needs a column",
            );
        }
        if mode != Some(ImportMode::Update) {
            for (field, label) in COLUMNS.iter().filter(|(field, _)| matches!(*field, "email" | "first_name" | "last_name")) {
                let name = format!("columns[{field}]");
                if !columns.contains_key(*field) && errors.get(&name).is_none() {
                    errors.push(Code::FieldRequired, &name, format!("New users need this: {label}"));
                }
            }
            for (name, field) in custom.iter().filter(|(name, field)| field.is_required && !columns.contains_key(name)) {
                errors.push(Code::FieldRequired, &format!("columns[{name}]"), format!("New users need this: {}", field.label));
            }
            if self.user_type.is_empty() && !columns.contains_key("user_type") {
                errors.push(Code::FieldRequired, "user_type", "Choose a role for new users");
            }
        }
        errors.into_result()?;
        let (Some(mode), Some(key)) = (mode, key) else { return Err(AppError::Malformed) };
        plan.fields = custom.into_iter().map(|(name, _)| name).filter(|name| columns.contains_key(name)).collect();
        (plan.columns, plan.mode, plan.key, plan.role) = (columns, mode, key, self.user_type.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::csv::Dialect;
    use serde_json::json;

    /// A file with these columns, mapped like this, has a header by which the same columns are guessed again.
    fn header(headers: &[&str], has_header: bool, columns: &[(&str, usize)]) -> Vec<String> {
        let columns: BTreeMap<&str, usize> = columns.iter().copied().collect();
        let plan = json!({
            "file": "", "name": "", "dialect": Dialect::chosen("UTF-8", ",").unwrap(), "has_header": has_header, "headers": headers, "lines": 1,
            "columns": columns, "mode": "create", "key": "email", "role": "user", "dry": true, "draft": 1, "done": 0,
        });
        let header = header_of(plan).unwrap();
        for (field, column) in columns {
            assert_eq!(column_guess(field, &header), Some(column), "{field} in {header:?}");
        }
        header
    }

    #[test]
    fn skipped_rows_are_mapped_again_as_they_were() {
        let plain = ["Vorname", "Nachname", "E-Mail"];
        assert_eq!(header(&plain, true, &[("first_name", 0), ("last_name", 1), ("email", 2)]), plain);
        let renamed = header(&["Email", "Given", "Work e-mail"], true, &[("email", 2), ("first_name", 1)]);
        assert_eq!(renamed[1], "First name");
        let renamed = header(&["User type", "Function", "mail"], true, &[("user_type", 1), ("email", 2)]);
        assert_eq!(renamed[2], "mail");
        let unnamed = ["Column 1", "Column 2", "Column 3"];
        assert_eq!(header(&unnamed, false, &[("email", 0), ("last_name", 2)]), ["E-mail", "Column 2", "Last name"]);
        let again = ["First name", "Last name", "E-mail", "Reason", "Line"];
        assert_eq!(header(&again, true, &[("first_name", 0), ("last_name", 1), ("email", 2)]), again[..3]);
    }
}
