//! Making and changing records.

use crate::{
    command::{Changed, RecordForm, conflict, labelled, theirs},
    derived::{derive, keys_of},
    lens::lens_to_write,
    owners::{owner_choices, owner_parse, owner_typed, owners_by_id},
    relation::{event_value, link_of, link_set, links_created, links_typed},
    value::Reader,
};
use db::tenant::records::{
    RecordChange, RecordKey, RecordNew, RecordRecord, record_insert, record_keys_delete, record_keys_held, record_keys_insert, record_lock,
    record_update as update_row,
};
use domain::{
    AppError, Code, FieldErrors, RecordId, UserId, operation,
    record::{DATA_BYTES_MAX, Field, Lens, OWNER, STAGE, too_large},
};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
    error::retry,
};
use serde_json::{Map, Value, json};

fn size_check(data: &Map<String, Value>) -> Result<()> {
    // PostgreSQL writes a space behind each comma and colon, which the limit of the table counts.
    let text = Value::Object(data.clone()).to_string();
    let bytes = text.len() + text.bytes().filter(|b| matches!(b, b',' | b':')).count();
    if bytes > DATA_BYTES_MAX {
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

/// Creates a record. Gives its id and what it is called.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields, [`AppError::NotFound`] for a pipeline that the caller does not
/// see, [`AppError::Forbidden`] without `records.edit`.
pub async fn record_create(cx: &RequestCx, pipeline: &str, form: &RecordForm) -> Result<(RecordId, String)> {
    retry(|| create_once(cx, pipeline, form)).await
}

async fn create_once(cx: &RequestCx, pipeline: &str, form: &RecordForm) -> Result<(RecordId, String)> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_CREATE).await?;
    let done = async {
        let lens = lens_to_write(&mut tx, pipeline).await?;
        if !lens.may_create() {
            return Err(AppError::Forbidden.into());
        }
        let (mut errors, now) = (FieldErrors::default(), cx.services.now());
        let mut data = form.create(&lens, &Reader::of(cx), &mut errors);
        let links = links_typed(&tx, &lens, form, None, &mut errors).await?;
        data.extend(links.iter().filter_map(|link| Some((link.field.slot.clone(), link.value.clone()?))));
        let owner = match &form.owner {
            Some(typed) if lens.may_assign(tx.maker()) => owner_check(&mut tx, &lens, typed, &mut errors).await?,
            _ => tx.maker(),
        };
        let stage = match &form.stage {
            Some(key) => stage_check(&lens, key, &mut errors),
            None => lens.pipeline().stages_open().next().map(|stage| stage.id),
        };
        stage_rules(&lens, stage, &data, &mut errors);
        errors.into_result()?;
        size_check(&data)?;
        let keys = keys_of(&lens, &data);
        keys_check(&mut tx, &lens, None, &keys).await?;
        let derived = derive(&lens, &data);
        let title = derived.title.clone();
        let changes = created_changes(&lens, &data, owner, stage);
        let by = tx.maker();
        let new = RecordNew { owner, stage, data: Value::Object(stored(&lens, data)), derived, at: now };
        let id = record_insert(&mut tx.conn, &lens, by, &new).await?;
        for link in links {
            let to = link.value.as_ref().and_then(link_of).map(|(to, _)| to);
            link_set(cx, &mut tx, &lens, link.field, id, to).await?;
        }
        let keys: Vec<_> = keys.into_iter().map(|key| (id, key)).collect();
        record_keys_insert(&mut tx.conn, &keys).await?;
        noted(cx, &mut tx, &lens, "record.create", (id, 1, owner), changes);
        links_created(cx, &mut tx, &lens, &form.links, id).await?;
        Ok((id, title))
    }
    .await;
    tx.finish(done).await
}

/// Values without what stands in links.
fn stored(lens: &Lens, mut data: Map<String, Value>) -> Map<String, Value> {
    for field in lens.fields().filter(|field| field.relation.is_some()) {
        data.remove(&field.slot);
    }
    data
}

fn created_changes(lens: &Lens, data: &Map<String, Value>, owner: Option<UserId>, stage: Option<i64>) -> Map<String, Value> {
    let values =
        lens.fields().filter_map(|field| Some((field.key.clone(), json!([null, event_value(field, Some(data.get(&field.slot)?))]))));
    let mut changes: Map<String, Value> = values.collect();
    changes.extend(owner.map(|owner| (OWNER.to_owned(), json!([null, owner]))));
    changes.extend(lens.stage_of(stage).map(|stage| (STAGE.to_owned(), json!([null, stage.key]))));
    changes
}

/// Reads an owner, with what is wrong among the errors.
async fn owner_check(tx: &mut TenantTx, lens: &Lens, typed: &str, errors: &mut FieldErrors) -> Result<Option<UserId>> {
    match owner_parse(tx, lens, typed).await {
        Ok(owner) => Ok(owner),
        Err(kernel::Error::App(AppError::Validation(found))) => {
            errors.0.extend(found.0);
            Ok(None)
        }
        Err(other) => Err(other),
    }
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

fn stage_check(lens: &Lens, key: &str, errors: &mut FieldErrors) -> Option<i64> {
    let has_open = lens.pipeline().stages_open().next().is_some();
    if lens.pipeline().stages.is_empty() || (key.is_empty() && !has_open) {
        return None;
    }
    let stage = lens.stage(key).filter(|stage| !stage.is_archived).ok_or("This stage no longer exists. Choose another one.");
    errors.check_as(Code::FieldUnknownChoice, STAGE, stage).map(|stage| stage.id)
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

/// Changes a record: what the user changed in the form. Others may have changed other fields meanwhile. Gives what it is called.
///
/// # Errors
/// [`AppError::Validation`] beside the fields; [`AppError::Conflict`] beside a field that another user changed since `version`, and for a
/// record in the trash; [`AppError::NotFound`], [`AppError::Forbidden`].
pub async fn record_update(cx: &RequestCx, pipeline: &str, id: RecordId, form: &RecordForm) -> Result<String> {
    retry(|| update_once(cx, pipeline, id, form)).await
}

async fn update_once(cx: &RequestCx, pipeline: &str, id: RecordId, form: &RecordForm) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_UPDATE).await?;
    let done = async {
        let lens = lens_to_write(&mut tx, pipeline).await?;
        let before = editable(&mut tx, &lens, id).await?;
        if before.deleted_at.is_some() {
            return Err(deleted(&lens).into());
        }
        let (mut errors, reader) = (FieldErrors::default(), Reader::of(cx));
        let mut changed = form.update(&lens, &reader, &before.data, &mut errors);
        changed.extend(links_typed(&tx, &lens, form, Some(&before.data), &mut errors).await?);
        let place = place_changed(&mut tx, &lens, &before, form, &mut errors).await?;
        std::mem::take(&mut errors).into_result()?;
        if before.version != form.version {
            conflicts(&reader, &before, &changed, &place)?;
        }
        let changed = changed.into_iter().map(|change| (change.field, change.value)).collect();
        let done = put(cx, &mut tx, &lens, &before, Put { values: changed, owner: place.owner.now, stage: place.stage.now }).await?;
        Ok(done.title)
    }
    .await;
    tx.finish(done).await
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

/// One of owner and stage: what it is now, what it becomes, and what the user saw.
struct Moved<T> {
    before: T,
    now: T,
    /// What the user saw and what stands there, as forms hold them, if that is not the same.
    changed_by_others: Option<(String, String)>,
}

impl<T: PartialEq> Moved<T> {
    fn differs(&self) -> bool {
        self.before != self.now
    }
}

/// Whose a record becomes, and in which stage it is.
struct Place {
    owner: Moved<Option<UserId>>,
    stage: Moved<Option<i64>>,
}

async fn place_changed(
    tx: &mut TenantTx,
    lens: &Lens,
    before: &RecordRecord,
    form: &RecordForm,
    errors: &mut FieldErrors,
) -> Result<Place> {
    let held = before.owner_id.map(UserId);
    let mut owner = Moved { before: held, now: held, changed_by_others: None };
    if let Some(typed) = form.owner.as_deref().filter(|_| lens.may_assign(held)) {
        let seen = form.seen.get(OWNER).map(String::as_str);
        if seen != Some(typed) {
            owner.now = owner_check(tx, lens, typed, errors).await?;
            let choices = owner_choices(&mut tx.conn, lens, held).await?;
            let known = owners_by_id(&mut tx.conn, before.owner_id.into_iter().collect()).await?;
            let stored = owner_typed(&choices, before.owner_id.and_then(|id| known.get(&id)));
            let name = |id: Option<i64>| id.and_then(|id| known.get(&id)).map(|owner| owner.name.clone()).unwrap_or_default();
            let seen = seen.unwrap_or_default();
            owner.changed_by_others = (seen != stored).then(|| (name(before.owner_id), seen.to_owned()));
        }
    }
    let mut stage = Moved { before: before.stage_id, now: before.stage_id, changed_by_others: None };
    if let Some(key) = form.stage.as_deref().filter(|_| !lens.pipeline().stages.is_empty()) {
        let seen = form.seen.get(STAGE).map(String::as_str);
        if seen != Some(key) {
            stage.now = stage_check(lens, key, errors).or(before.stage_id);
            let stored = lens.stage_of(before.stage_id).map(|stage| stage.key.as_str()).unwrap_or_default();
            let name = |key: &str| lens.stage(key).map(|stage| stage.name.clone()).unwrap_or_default();
            let seen = seen.unwrap_or_default();
            stage.changed_by_others = (seen != stored).then(|| (name(stored), name(seen)));
        }
    }
    Ok(Place { owner, stage })
}

/// Refuses what another user changed since the form was filled, field by field. What was typed is kept by the form, which then stands on
/// the newest version.
fn conflicts(reader: &Reader, before: &RecordRecord, changed: &[Changed<'_>], place: &Place) -> Result<()> {
    let mut errors = FieldErrors::default();
    for change in changed {
        if let Some(now) = theirs(reader, change, &before.data) {
            let seen = change.seen.unwrap_or_default();
            let hint = conflict(&labelled(change.field, &now), &labelled(change.field, seen));
            errors.push(Code::RecordChanged, &change.field.input(), hint);
        }
    }
    let owner = place.owner.changed_by_others.as_ref().filter(|_| place.owner.differs());
    let stage = place.stage.changed_by_others.as_ref().filter(|_| place.stage.differs());
    if let Some((now, _)) = owner {
        let now = if now.is_empty() { "Another user removed the owner".to_owned() } else { format!("Another user gave it to {now}") };
        errors.push(Code::RecordChanged, OWNER, now);
    }
    if let Some((now, seen)) = stage {
        errors.push(Code::RecordChanged, STAGE, conflict(now, seen));
    }
    if errors.0.is_empty() {
        return Ok(());
    }
    let text = "Another user changed this in the meantime. Your input is kept below. Check the differences, then save again to keep yours.";
    let mut all = FieldErrors::one(Code::RecordChanged, "", text);
    all.0.extend(errors.0);
    Err(AppError::Conflict(all).into())
}
