//! Records as lists and pages show them.

use crate::{shown::shown, value::Reader};
use db::tenant::records::RecordRecord;
use domain::{
    RecordId,
    dto::tenant::{RecordCell, RecordOwner, RecordRow},
    list::day_parse,
    record::{Lens, StageKind},
};
use serde_json::Value;
use std::collections::HashMap;

/// What a record is called.
pub(crate) fn titled(lens: &Lens, record: &RecordRecord) -> String {
    if record.title.is_empty() { format!("{} {}", lens.pipeline().head.name_one, record.id) } else { record.title.clone() }
}

/// A record as lists show one.
pub(crate) fn row(reader: &Reader, lens: &Lens, record: &RecordRecord, owners: &HashMap<i64, RecordOwner>) -> RecordRow {
    let cell = |field: &domain::record::Field| {
        let value = shown(reader, field, record.data.get(&field.slot)?)?;
        Some(RecordCell { key: field.key.clone(), value })
    };
    RecordRow {
        id: RecordId(record.id),
        title: titled(lens, record),
        // The address is for forms alone.
        owner: record.owner_id.and_then(|id| owners.get(&id)).map(|owner| RecordOwner { email: String::new(), ..owner.clone() }),
        stage: lens.stage_of(record.stage_id).map(|stage| stage.key.clone()),
        stage_since: record.stage_since,
        is_overdue: is_overdue(reader, lens, record),
        cells: lens.fields().filter_map(cell).collect(),
        created_at: record.created_at,
        updated_at: record.updated_at,
        deleted_at: record.deleted_at,
    }
}

/// Whether a record is due on a day that has passed, is in no stage that ends it, and is not done.
pub(crate) fn is_overdue(reader: &Reader, lens: &Lens, record: &RecordRecord) -> bool {
    let settings = lens.settings();
    let stored = |key: Option<&String>| record.data.get(&lens.named(key)?.slot);
    let due = stored(settings.due.as_ref()).and_then(Value::as_str).and_then(day_parse);
    let is_done = stored(settings.done.as_ref()).and_then(Value::as_bool).unwrap_or(false);
    let is_open = lens.stage_of(record.stage_id).is_none_or(|stage| stage.kind == StageKind::Open);
    is_open && !is_done && due.zip(reader.today).is_some_and(|(due, today)| due < today)
}
