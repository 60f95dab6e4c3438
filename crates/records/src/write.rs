//! Writing a record, with all rules of its stage and of values that no two may have.

use crate::{
    convert::mirrored,
    derived::{derive, keys_of},
    relation::{event_value, link_of, link_set},
};
use db::{
    DbError,
    tenant::records::{
        RecordChange, RecordKey, RecordRecord, record_keys_delete, record_keys_held, record_keys_insert, record_lock,
        record_update as update_row,
    },
};
use domain::{
    AppError, Code, FieldError, FieldErrors, RecordId, UserId,
    record::{DATA_BYTES_MAX, Field, Lens, OWNER, STAGE, too_large},
};
use kernel::{
    Error, RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
};
use serde_json::{Map, Value, json};

/// At most so many bytes a JSON text has as PostgreSQL writes it: with a space behind each comma and colon, which the limit of the table
/// counts.
pub(crate) fn json_size(text: &str) -> usize {
    text.len() + text.bytes().filter(|b| matches!(b, b',' | b':')).count()
}

pub(crate) fn size_check(data: &Map<String, Value>) -> Result<()> {
    if json_size(&Value::Object(data.clone()).to_string()) > DATA_BYTES_MAX {
        return Err(too_large().into());
    }
    Ok(())
}

/// Goes on only with values that no other record has where no two may. The record is named where the caller sees it.
pub(crate) async fn keys_check(tx: &mut TenantTx, lens: &Lens, id: Option<RecordId>, keys: &[RecordKey]) -> Result<()> {
    let mut errors = FieldErrors::default();
    for holder in record_keys_held(&mut tx.conn, id, keys).await? {
        let field = lens.fields().find(|field| field.id == holder.field);
        let label = &lens.pipeline().head.name_one;
        let Some(field) = field else {
            let text = format!("Another {label} is in the way. Ask an administrator to do this.");
            errors.push(Code::RecordValueTaken, "", text);
            continue;
        };
        errors.push(Code::RecordValueTaken, &field.input(), format!("Another {label} already has this value"));
        if lens.rows().contain(holder.record, holder.owner) {
            errors = errors.leading_to(format!("{}/{}", lens.pipeline().head.path(), holder.record));
        }
    }
    if errors.0.is_empty() { Ok(()) } else { Err(AppError::Conflict(errors).into()) }
}

/// What the audit log says of a record. It names no value: who reads the log may not see the record.
pub(crate) fn object(lens: &Lens, id: RecordId) -> Object {
    Object::new("record", id, format!("{} {id}", lens.pipeline().head.name_one))
}

/// Notes a change of a record: a line of the audit log, and the event that its timeline shows.
pub(crate) fn noted(
    cx: &RequestCx,
    tx: &mut TenantTx,
    lens: &Lens,
    action: &'static str,
    (id, version, owner): (RecordId, i32, Option<UserId>),
    changes: Map<String, Value>,
) {
    let line = entry(cx, &tx.actor, action, object(lens, id), json!({}));
    if let Some(mut event) = db::EventEntry::of(&line) {
        event.changed = changes.keys().cloned().collect();
        event.version = Some(version.into());
        event.owner_id = owner.map(|owner| owner.0);
        event.pipeline_id = Some(lens.pipeline().id);
        event.changes = Some(Value::Object(changes));
        tx.conn.event(event);
    }
    tx.conn.audit_only(line);
}

/// Notes the fields that a record lacks in a stage. Fields that the user does not change are not asked for.
pub(crate) fn stage_rules(lens: &Lens, stage: Option<i64>, data: &Map<String, Value>, errors: &mut FieldErrors) {
    for (field, stage) in lens.required_at(stage).filter(|(field, _)| !data.contains_key(&field.slot)) {
        let input = field.input();
        // What is wrong with it was said.
        if errors.get(&input).is_none() {
            errors.push(Code::FieldRequired, &input, format!("This field is required in the stage {stage}"));
        }
    }
}

/// Why a record in the trash is not changed.
pub(crate) fn deleted(lens: &Lens) -> AppError {
    let text = format!("This {} is in the trash. Restore it before you make changes.", lens.pipeline().head.name_one);
    AppError::conflict(Code::RecordDeleted, "", text)
}

/// The record of that id, locked, if the caller may change it.
///
/// # Errors
/// [`AppError::NotFound`] for a record that the caller does not see, [`AppError::Forbidden`] for one that the caller may not change.
pub(crate) async fn editable(tx: &mut TenantTx, lens: &Lens, id: RecordId) -> Result<RecordRecord> {
    let record = record_lock(&mut tx.conn, lens, id).await?.ok_or(AppError::NotFound)?;
    if lens.may_edit(id, record.owner_id.map(UserId)) { Ok(record) } else { Err(AppError::Forbidden.into()) }
}

/// What a record becomes.
pub(crate) struct Put<'a> {
    /// The fields that change, with their values; none for an empty one.
    pub values: Vec<(&'a Field, Option<Value>)>,
    /// Who it belongs to.
    pub owner: Option<UserId>,
    /// Its stage.
    pub stage: Option<i64>,
}

/// A record that was written, or left as it was.
pub(crate) struct Written {
    /// What it is called.
    pub title: String,
    /// Whether anything changed; then its version is one more.
    pub is_changed: bool,
}

/// Writes a record that is locked and that the caller may change, with all rules of its stage and of values that no two may have.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields.
pub(crate) async fn put(cx: &RequestCx, tx: &mut TenantTx, lens: &Lens, before: &RecordRecord, put: Put<'_>) -> Result<Written> {
    let (id, Put { values, owner, stage }) = (RecordId(before.id), put);
    let mut data = before.data.as_object().cloned().unwrap_or_default();
    let (mut set, mut removed, mut changes, mut links) = (Map::new(), Vec::new(), Map::new(), Vec::new());
    for (field, value) in values {
        changes.insert(field.key.clone(), json!([event_value(field, data.get(&field.slot)), event_value(field, value.as_ref())]));
        match value {
            Some(value) if field.relation.is_some() => {
                links.push((field, link_of(&value).map(|(to, _)| to)));
                data.insert(field.slot.clone(), value);
            }
            None if field.relation.is_some() => {
                links.push((field, None));
                data.remove(&field.slot);
            }
            Some(value) => {
                data.insert(field.slot.clone(), value.clone());
                set.insert(field.slot.clone(), value);
            }
            None => {
                data.remove(&field.slot);
                removed.push(field.slot.clone());
            }
        }
    }
    mirrored(lens, &mut set, &mut removed);
    data.extend(set.clone());
    data.retain(|slot, _| !removed.contains(slot));
    if before.owner_id.map(UserId) != owner {
        changes.insert(OWNER.to_owned(), json!([before.owner_id, owner]));
    }
    if before.stage_id != stage {
        let key = |id| lens.stage_of(id).map(|stage| stage.key.clone());
        changes.insert(STAGE.to_owned(), json!([key(before.stage_id), key(stage)]));
    }
    let derived = derive(lens, &data);
    let title = derived.title.clone();
    if changes.is_empty() {
        return Ok(Written { title, is_changed: false });
    }
    let mut errors = FieldErrors::default();
    stage_rules(lens, stage, &data, &mut errors);
    errors.into_result()?;
    size_check(&data)?;
    let keys = keys_of(lens, &data);
    if keys != keys_of(lens, before.data.as_object().unwrap_or(&Map::new())) {
        keys_check(tx, lens, Some(id), &keys).await?;
        record_keys_delete(&mut tx.conn, lens, id).await?;
        let keys: Vec<_> = keys.into_iter().map(|key| (id, key)).collect();
        record_keys_insert(&mut tx.conn, &keys).await?;
    }
    let by = tx.maker();
    let change = RecordChange { owner, stage, set: Value::Object(set), removed, derived };
    update_row(&mut tx.conn, lens, id, by, &change, cx.services.now()).await?;
    for (field, to) in links {
        link_set(cx, tx, lens, field, id, to).await?;
    }
    noted(cx, tx, lens, "record.update", (id, before.version + 1, owner), changes);
    Ok(Written { title, is_changed: true })
}

/// Why a job skipped a record, as a sentence. Errors that are not about the record end the job.
pub(crate) fn refusal(lens: &Lens, error: Error) -> Result<String> {
    match error {
        Error::App(AppError::Validation(errors) | AppError::Conflict(errors)) => {
            let label = |name: &str| match name {
                OWNER => Some("Owner: ".to_owned()),
                STAGE => Some("Stage: ".to_owned()),
                _ => lens.writable().find(|field| field.input() == name).map(|field| format!("{}: ", field.label)),
            };
            let one = |error: &FieldError| format!("{}{}", label(&error.field).unwrap_or_default(), error.message);
            Ok(errors.0.iter().map(one).collect::<Vec<_>>().join(" "))
        }
        Error::App(AppError::Forbidden) => Ok("You cannot change this record".to_owned()),
        Error::App(AppError::NotFound) => Ok("This record does not exist, or you can no longer see it".to_owned()),
        Error::Db(DbError::Foreign { .. }) => Ok("What this record belongs to no longer exists".to_owned()),
        Error::Db(DbError::Check { constraint }) if constraint == "records_data_check" => Ok(too_large().to_string()),
        Error::Db(DbError::Stale) => Ok("Another user changed this record at the same time".to_owned()),
        error => Err(error),
    }
}

/// Why a value is not written to a field that has another type by now.
pub(crate) fn retyped() -> Error {
    AppError::conflict(Code::FieldInUse, "", "The type of the field was changed").into()
}
