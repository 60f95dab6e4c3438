//! Rows of pipelines and records.

use super::columns::{Checked, Row};
use chrono::DateTime;
use domain::{
    person::name_parse,
    record::{
        DATA_BYTES_MAX, FieldAccess, FieldKind, FieldSettings, PipelineSettings, Reach, StageKind, TypeChange, TypeState, key_is_valid,
        slot_is_valid,
    },
    role::RoleKey,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The most characters of what the search box looks into: all values of a record.
const SEARCH_MAX: usize = DATA_BYTES_MAX;
/// The most characters of a title, as a record that is saved has.
const TEXT_MAX: usize = 255;
/// The most characters of a note.
const LONG_TEXT_MAX: usize = 10_000;
/// The highest number of a slot, of at most five digits.
const SLOTS_MAX: i64 = 99_999;
/// The highest version taken, with room for as many more.
const VERSION_MAX: i64 = 1 << 30;
/// The most characters of a value in the form in which it is compared.
const KEY_MAX: usize = 255;

impl Row {
    fn key(&self, column: &str) -> Checked<()> {
        if key_is_valid(self.text(column)?) { Ok(()) } else { Err(format!("{column} is no key")) }
    }

    fn label(&self, column: &str, max: usize) -> Checked<()> {
        name_parse(self.text(column)?, max).map(drop).map_err(|error| format!("{column}: {error}"))
    }

    fn within(&self, column: &str, max: usize) -> Checked<()> {
        if self.text(column)?.chars().count() <= max { Ok(()) } else { Err(format!("{column} is too long")) }
    }

    fn version(&self, column: &str) -> Checked<()> {
        let version = self.0.get(column).and_then(Value::as_i64);
        if version.is_some_and(|version| (1..=VERSION_MAX).contains(&version)) { Ok(()) } else { Err(format!("{column} is no version")) }
    }

    fn settings<T: DeserializeOwned>(&self) -> Checked<()> {
        self.object("settings")?;
        let settings = self.0.get("settings").cloned().unwrap_or_default();
        serde_json::from_value::<T>(settings).map(drop).map_err(|_| "settings holds what is no setting".to_owned())
    }
}

/// Checks a row of one of these tables; `false` for another table.
pub(super) fn checked(table: &str, row: &mut Row) -> Checked<bool> {
    match table {
        "pipelines" => {
            row.id("id")?;
            row.key("key")?;
            row.label("name", 60)?;
            row.label("name_one", 60)?;
            row.within("icon", 20)?;
            row.settings::<PipelineSettings>()?;
            row.version("version")?;
            let (derived, version) = (row.0.get("derived").and_then(Value::as_i64), row.0.get("version").and_then(Value::as_i64));
            if !derived.is_some_and(|derived| derived >= 0 && Some(derived) <= version) {
                return Err("derived is no version".to_owned());
            }
        }
        "role_pipelines" => {
            row.id("pipeline_id")?;
            RoleKey::parse(row.text("role_key")?).map_err(|error| error.to_string())?;
            for column in ["view_reach", "edit_reach", "delete_reach"] {
                let set = row.0.get(column).filter(|set| !set.is_null());
                if set.is_some_and(|set| set.as_str().and_then(Reach::parse).is_none()) {
                    return Err(format!("{column} is no reach"));
                }
            }
        }
        "role_fields" => {
            row.id("field_id")?;
            RoleKey::parse(row.text("role_key")?).map_err(|error| error.to_string())?;
            FieldAccess::parse(row.text("access")?).ok_or("access is no access to a field")?;
        }
        "teams" => {
            row.id("id")?;
            row.label("name", 60)?;
        }
        "team_members" => {
            row.id("team_id")?;
            row.id("user_id")?;
        }
        "record_shares" => {
            row.id("id")?;
            row.id("record_id")?;
            row.id_or_null("user_id")?;
            row.id_or_null("team_id")?;
        }
        "boards" => {
            row.id("id")?;
            row.id("pipeline_id")?;
            row.label("name", 60)?;
        }
        "stages" => {
            row.id("id")?;
            row.id("board_id")?;
            row.key("key")?;
            row.label("name", 60)?;
            row.within("color", 20)?;
            StageKind::parse(row.text("kind")?).ok_or("kind is no kind of stage")?;
            let requires = row.0.get("requires").and_then(Value::as_array);
            if !requires.is_some_and(|ids| ids.iter().all(Value::is_i64)) {
                return Err("requires is no list of fields".to_owned());
            }
        }
        "fields" => {
            row.id("id")?;
            row.id("pipeline_id")?;
            row.key("key")?;
            row.label("label", 60)?;
            row.within("help", 300)?;
            row.settings::<FieldSettings>()?;
            FieldKind::parse(row.text("kind")?).ok_or("kind is no kind of field")?;
            row.id_or_null("relation_id")?;
            if !slot_is_valid(row.text("slot")?) {
                return Err("slot is no slot of a field".to_owned());
            }
            type_change(row)?;
        }
        "field_options" => {
            row.id("id")?;
            row.id("field_id")?;
            row.key("key")?;
            row.label("label", 100)?;
            row.within("color", 20)?;
        }
        "relations" => row.id("id")?,
        "notes" => {
            row.id("id")?;
            row.id("record_id")?;
            row.id_or_null("author_id")?;
            row.version("version")?;
            row.within("body", LONG_TEXT_MAX)?;
        }
        "links" => {
            for column in ["from_id", "relation_id", "to_id"] {
                row.id(column)?;
            }
        }
        "records" => record(row)?,
        "record_keys" => {
            row.id("field_id")?;
            row.id("record_id")?;
            row.within("key", KEY_MAX)?;
        }
        "events" => {
            row.id("seq")?;
            row.id("n")?;
            for column in ["record_id", "version", "owner_id", "pipeline_id"] {
                row.id_or_null(column)?;
            }
            for column in ["kind", "object", "actor", "origin"] {
                row.within(column, 200)?;
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// A change of a field's type. The job of one that is under way is not part of an archive: the field keeps the form that it has.
fn type_change(row: &mut Row) -> Checked<()> {
    let slots = row.0.get("dropped_slots").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut dropped: Vec<String> = slots.iter().filter_map(|slot| slot.as_str().map(str::to_owned)).collect();
    if dropped.len() != slots.len() || !dropped.iter().all(|slot| slot_is_valid(slot)) {
        return Err("dropped_slots holds what is no slot of a field".to_owned());
    }
    let last = row.0.get("slot_number").and_then(Value::as_i64).filter(|number| (1..=SLOTS_MAX).contains(number));
    let last = last.ok_or("slot_number is no number of a slot")?;
    // The next slot is one that the field never had.
    let is_known = |slot: &str| slot.split_once('~').is_none_or(|(_, number)| number.parse().is_ok_and(|number: i64| number <= last));
    let own = row.0.get("slot").and_then(Value::as_str).unwrap_or_default();
    if !dropped.iter().map(String::as_str).chain([own]).all(is_known) {
        return Err("slot_number is lower than that of a slot".to_owned());
    }
    let Some(change) = row.0.get("change").filter(|change| !change.is_null()).cloned() else { return Ok(()) };
    let change: TypeChange = serde_json::from_value(change).map_err(|_| "change is no change of a type".to_owned())?;
    if !slot_is_valid(&change.other.slot) || !is_known(&change.other.slot) {
        return Err("change names no slot of a field".to_owned());
    }
    if change.state == TypeState::Converting {
        dropped.push(change.other.slot);
        row.put("change", Value::Null);
        row.put("dropped_slots", Value::from(dropped));
    } else {
        let done = TypeChange { state: TypeState::Done, ..change };
        row.put("change", serde_json::to_value(done).map_err(|error| error.to_string())?);
    }
    Ok(())
}

fn record(row: &mut Row) -> Checked<()> {
    row.id("id")?;
    row.id("pipeline_id")?;
    row.version("version")?;
    if let Some(due) = row.0.get("due").filter(|due| !due.is_null())
        && due.as_str().is_none_or(|due| DateTime::parse_from_rfc3339(due).is_err())
    {
        return Err("due is no time".to_owned());
    }
    // Computed again once all rows are there.
    row.put("value", Value::Null);
    for column in ["owner_id", "stage_id", "created_by", "updated_by"] {
        row.id_or_null(column)?;
    }
    row.within("title", TEXT_MAX)?;
    row.within("search", SEARCH_MAX)?;
    row.object("data")?;
    let data = row.0.get("data").cloned().unwrap_or_default();
    if !data.as_object().is_some_and(|data| data.keys().all(|slot| slot_is_valid(slot))) {
        return Err("data holds a value that is of no field".to_owned());
    }
    if data.to_string().len() > DATA_BYTES_MAX {
        return Err("data is too large".to_owned());
    }
    Ok(())
}
