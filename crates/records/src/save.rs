//! Making and changing records by their forms.

use crate::{
    command::{Changed, RecordForm, conflict, labelled, theirs},
    convert::mirrored,
    derived::{derive, keys_of},
    lens::lens_to_write,
    matching::duplicates_check,
    owners::{owner_choices, owner_parse, owner_typed, owners_by_id},
    relation::{event_value, link_of, link_set, links_created, links_typed},
    value::Reader,
    write::{Put, deleted, editable, keys_check, noted, put, size_check, stage_rules},
};
use db::{
    DbError,
    tenant::records::{RecordKey, RecordNew, RecordRecord, record_insert_many, record_keys_insert},
};
use domain::{
    AppError, Code, FieldErrors, RecordId, UserId, operation,
    record::{Lens, OWNER, STAGE},
};
use kernel::{RequestCx, Result, cx::TenantTx, error::retry};
use serde_json::{Map, Value, json};

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
        let Created { id, title, .. } = create(cx, &mut tx, &lens, &Reader::of(cx), form).await?;
        Ok((id, title))
    }
    .await;
    tx.finish(done).await
}

/// A record that was made.
pub(crate) struct Created {
    /// Its number.
    pub id: RecordId,
    /// What it is called.
    pub title: String,
    /// Its unique and match keys.
    pub keys: Vec<RecordKey>,
}

/// Makes a record in the given transaction; `lens` was taken to write.
///
/// # Errors
/// [`AppError::Forbidden`] for who makes none, [`AppError::Validation`] and [`AppError::Conflict`] beside the fields.
pub(crate) async fn create(cx: &RequestCx, tx: &mut TenantTx, lens: &Lens, reader: &Reader, form: &RecordForm) -> Result<Created> {
    if !lens.may_create() {
        return Err(AppError::Forbidden.into());
    }
    let mut errors = FieldErrors::default();
    let mut data = form.create(lens, reader, &mut errors);
    let links = links_typed(tx, lens, form, None, &mut errors).await?;
    data.extend(links.iter().filter_map(|link| Some((link.field.slot.clone(), link.value.clone()?))));
    let owner = match &form.owner {
        Some(typed) if lens.may_assign(tx.maker()) => owner_check(tx, lens, typed, &mut errors).await?,
        _ => tx.maker(),
    };
    let stage = stage_new(lens, form, &mut errors);
    stage_rules(lens, stage, &data, &mut errors);
    errors.into_result()?;
    let draft = draft(cx, lens, data, owner, stage)?;
    let (title, keys) = (draft.new.derived.title.clone(), draft.keys.clone());
    keys_check(tx, lens, None, &keys).await?;
    if !form.allows_duplicates {
        duplicates_check(tx, lens, &keys).await?;
    }
    let id = created_all(cx, tx, lens, vec![draft]).await?.pop().ok_or(DbError::Stale)?;
    for link in links {
        let to = link.value.as_ref().and_then(link_of).map(|(to, _)| to);
        link_set(cx, tx, lens, link.field, id, to).await?;
    }
    links_created(cx, tx, lens, &form.links, id).await?;
    Ok(Created { id, title, keys })
}

/// A record to be made, with all that follows from its values.
pub(crate) struct Draft {
    pub new: RecordNew,
    pub keys: Vec<RecordKey>,
    changes: Map<String, Value>,
}

/// The stage of a new record.
pub(crate) fn stage_new(lens: &Lens, form: &RecordForm, errors: &mut FieldErrors) -> Option<i64> {
    match &form.stage {
        Some(key) => stage_check(lens, key, errors),
        None => lens.pipeline().stages_open().next().map(|stage| stage.id),
    }
}

/// What follows from the values of a new record.
///
/// # Errors
/// [`AppError::Validation`] for more than a record holds.
pub(crate) fn draft(cx: &RequestCx, lens: &Lens, data: Map<String, Value>, owner: Option<UserId>, stage: Option<i64>) -> Result<Draft> {
    // Fields that the caller does not see may have defaults.
    let whole = lens.whole();
    let stored = stored(&whole, data.clone());
    size_check(&stored)?;
    let new = RecordNew { owner, stage, data: Value::Object(stored), derived: derive(&whole, &data), at: cx.services.now() };
    Ok(Draft { new, keys: keys_of(&whole, &data), changes: created_changes(&whole, &data, owner, stage) })
}

/// Makes records whose values are free. Gives their numbers in the same order.
pub(crate) async fn created_all(cx: &RequestCx, tx: &mut TenantTx, lens: &Lens, drafts: Vec<Draft>) -> Result<Vec<RecordId>> {
    let by = tx.maker();
    let new: Vec<RecordNew> = drafts.iter().map(|draft| draft.new.clone()).collect();
    let ids = record_insert_many(&mut tx.conn, lens, by, &new).await?;
    let keys = ids.iter().zip(&drafts).flat_map(|(id, draft)| draft.keys.iter().map(|key| (*id, key.clone())));
    record_keys_insert(&mut tx.conn, &keys.collect::<Vec<_>>()).await?;
    for (id, draft) in ids.iter().zip(drafts) {
        noted(cx, tx, lens, "record.create", (*id, 1, draft.new.owner), draft.changes);
    }
    Ok(ids)
}

/// The values without those of relations, which are stored as links, and with those that fields have in two forms.
fn stored(lens: &Lens, mut data: Map<String, Value>) -> Map<String, Value> {
    for field in lens.fields().filter(|field| field.relation.is_some()) {
        data.remove(&field.slot);
    }
    mirrored(lens, &mut data, &mut Vec::new());
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

fn stage_check(lens: &Lens, key: &str, errors: &mut FieldErrors) -> Option<i64> {
    let has_open = lens.pipeline().stages_open().next().is_some();
    if lens.pipeline().stages.is_empty() || (key.is_empty() && !has_open) {
        return None;
    }
    let stage = lens.stage(key).filter(|stage| !stage.is_archived).ok_or("This stage no longer exists. Choose another one.");
    errors.check_as(Code::FieldUnknownChoice, STAGE, stage).map(|stage| stage.id)
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
        let becomes = update(&mut tx, &lens, &Reader::of(cx), &before, form).await?;
        Ok(put(cx, &mut tx, &lens, &before, becomes).await?.title)
    }
    .await;
    tx.finish(done).await
}

/// What a form makes of a record that is locked and that the caller may change.
///
/// # Errors
/// [`AppError::Validation`] beside the fields, [`AppError::Conflict`] for what another user changed meanwhile, and for a record in the trash.
pub(crate) async fn update<'a>(
    tx: &mut TenantTx,
    lens: &'a Lens,
    reader: &Reader,
    before: &RecordRecord,
    form: &'a RecordForm,
) -> Result<Put<'a>> {
    if before.deleted_at.is_some() {
        return Err(deleted(lens).into());
    }
    let mut errors = FieldErrors::default();
    let mut changed = form.update(lens, reader, &before.data, &mut errors);
    changed.extend(links_typed(tx, lens, form, Some((RecordId(before.id), &before.data)), &mut errors).await?);
    let place = place_changed(tx, lens, before, form, &mut errors).await?;
    errors.into_result()?;
    if before.version != form.version {
        conflicts(reader, before, &changed, &place)?;
    }
    let values = changed.into_iter().map(|change| (change.field, change.value)).collect();
    Ok(Put { values, owner: place.owner.now, stage: place.stage.now })
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
