//! Fields of pipelines: added, changed, ordered, deleted for a while.

use super::{Recompute, changed, locked, moved};
use crate::{command::labelled, shown::typed, value::Reader};
use chrono::{DateTime, Utc};
use db::tenant::records::{
    Derived, field_insert, field_keys, field_set_deleted, field_update as update_row, fields_order, pipeline_get, pipeline_lock,
    pipeline_touch, relation_inverse,
};
use domain::{
    AppError, Code, FieldErrors, operation,
    record::{FIELDS_MAX, Field, FieldForm, Pipeline},
    text::fold,
};
use kernel::{
    RequestCx, Result,
    audit::{Object, diff},
    cx::TenantTx,
    error::retry,
};
use serde_json::{Value, json};

/// Names that addresses, forms and events use for other things.
pub(super) const RESERVED: [&str; 10] = ["id", "title", "value", "due", "owner", "stage", "shared", "created", "updated", "deleted"];

pub(super) fn object(pipeline: &Pipeline, field: &Field) -> Object {
    Object::new("field", format!("{}.{}", pipeline.head.key, field.key), format!("{}: {}", pipeline.head.name, field.label))
}

/// What the log says of a field, before and after.
pub(super) fn values(before: Option<&Field>, after: Option<&Field>) -> Value {
    let both = |value: fn(&Field) -> Value| (before.map_or(Value::Null, value), after.map_or(Value::Null, value));
    let options = |field: &Field| {
        let label =
            |option: &domain::record::FieldOption| format!("{}{}", option.label, if option.is_archived { " (archived)" } else { "" });
        json!(field.options.iter().map(label).collect::<Vec<_>>().join(", "))
    };
    let (label, kind, help) = (both(|field| json!(field.label)), both(|field| json!(field.kind)), both(|field| json!(field.help)));
    let (options, scale) = (both(options), both(|field| json!(field.settings.scale)));
    let default = both(|field| {
        field.settings.default.as_ref().map_or(Value::Null, |_| json!(typed(&Reader::plain(), field, field.settings.default.as_ref())))
    });
    let (required, unique) = (both(|field| json!(field.is_required)), both(|field| json!(field.is_unique)));
    let matched = both(|field| json!(field.is_match));
    let searchable = both(|field| json!(field.is_searchable));
    diff(&[
        ("label", label.0, label.1),
        ("kind", kind.0, kind.1),
        ("help", help.0, help.1),
        ("choices", options.0, options.1),
        ("decimals", scale.0, scale.1),
        ("default", default.0, default.1),
        ("is_required", required.0, required.1),
        ("is_unique", unique.0, unique.1),
        ("is_match", matched.0, matched.1),
        ("is_searchable", searchable.0, searchable.1),
    ])
}

/// Refuses a label that another field has.
pub(super) fn label_check(pipeline: &Pipeline, field: &Field) -> Result<()> {
    let is_taken = pipeline.fields.iter().any(|other| other.id != field.id && fold(&other.label) == fold(&field.label));
    if is_taken { Err(AppError::conflict(Code::FieldLabelTaken, "label", "Another field has this label").into()) } else { Ok(()) }
}

/// Adds a field to a pipeline. Gives its label.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields of the form; [`AppError::NotFound`]; [`AppError::Forbidden`] without
/// `settings.manage`.
pub async fn field_create(cx: &RequestCx, pipeline: &str, form: &FieldForm) -> Result<String> {
    retry(|| create_once(cx, pipeline, form)).await
}

async fn create_once(cx: &RequestCx, key: &str, form: &FieldForm) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::FIELD_CREATE).await?;
    let done = async {
        let pipeline = locked(&mut tx, key, None).await?;
        let taken = field_keys(&tx.conn, pipeline.id).await?;
        let mut field = form.create(taken.iter().map(String::as_str).chain(RESERVED))?;
        default_set(cx, &mut field, &form.default)?;
        label_check(&pipeline, &field)?;
        if pipeline.fields.len() >= FIELDS_MAX {
            let text = format!("There are already {FIELDS_MAX} fields, which is the maximum");
            return Err(AppError::conflict(Code::FieldLimit, "label", text).into());
        }
        field_insert(&mut tx.conn, pipeline.id, &field).await?;
        let line = ("field.create", object(&pipeline, &field), values(None, Some(&field)));
        // No record has a value of it.
        changed(cx, &mut tx, &pipeline, Recompute::Nothing, line).await?;
        Ok(field.label)
    }
    .await;
    tx.finish(done).await
}

/// The default of a field as its form shows it: choices by their labels, where those lead back to the same ones.
pub(super) fn default_typed(reader: &Reader, field: &Field) -> Option<String> {
    let value = field.settings.default.as_ref()?;
    let typed = typed(reader, field, Some(value));
    let label = labelled(field, &typed);
    let is_same = reader.parse(field, &label).is_ok_and(|read| read.as_ref() == Some(value));
    Some(if is_same { label } else { typed })
}

/// Reads what new records hold in a field.
fn default_set(cx: &RequestCx, field: &mut Field, typed: &str) -> Result<()> {
    let mut errors = FieldErrors::default();
    let open = Field { is_required: false, ..field.clone() };
    let value = errors.check("default", Reader::of(cx).parse(&open, typed)).flatten();
    if value.is_some() && field.is_unique {
        errors.push(Code::FieldInvalid, "default", "No two records have the same value, so there can be no default");
    }
    errors.into_result()?;
    field.settings.default = value;
    Ok(())
}

/// Goes on only while no job converts the values of a field.
///
/// # Errors
/// [`AppError::Conflict`].
pub(super) fn settled(field: &Field) -> Result<()> {
    let text = "The type of this field is being changed. Wait until it is done, or cancel the change.";
    if field.pending().is_some() { Err(AppError::conflict(Code::FieldInUse, "", text).into()) } else { Ok(()) }
}

pub(super) fn field_of<'a>(pipeline: &'a Pipeline, key: &str) -> Result<&'a Field> {
    Ok(pipeline.fields.iter().find(|field| field.key == key).ok_or(AppError::NotFound)?)
}

/// Changes a field; its key and its kind stay. `version` is that of the pipeline the form was filled from. Gives its label.
///
/// # Errors
/// As [`field_create`]; [`AppError::Conflict`] when another user changed the definition meanwhile.
pub async fn field_update(cx: &RequestCx, pipeline: &str, field: &str, version: i32, form: &FieldForm) -> Result<String> {
    retry(|| update_once(cx, pipeline, field, version, form)).await
}

async fn update_once(cx: &RequestCx, key: &str, field: &str, version: i32, form: &FieldForm) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::FIELD_UPDATE).await?;
    let done = async {
        let pipeline = locked(&mut tx, key, Some(version)).await?;
        let before = field_of(&pipeline, field)?;
        settled(before)?;
        let mut after = form.update(before)?;
        default_set(cx, &mut after, &form.default)?;
        label_check(&pipeline, &after)?;
        if after == *before {
            return Ok(after.label);
        }
        update_row(&mut tx.conn, &after).await?;
        // The search box looks for the labels of options too.
        let labels = |field: &Field| field.options.iter().map(|option| (option.key.clone(), option.label.clone())).collect::<Vec<_>>();
        let is_searched = |field: &Field| field.is_searchable && !field.is_barred;
        let renamed = is_searched(&after) && labels(before).iter().any(|option| !labels(&after).contains(option));
        let derived = if after.is_match && !before.is_match {
            Recompute::Keys
        } else if is_searched(before) != is_searched(&after) || renamed {
            Recompute::Derived
        } else {
            Recompute::Nothing
        };
        let line = ("field.update", object(&pipeline, &after), values(Some(before), Some(&after)));
        changed(cx, &mut tx, &pipeline, derived, line).await?;
        Ok(after.label)
    }
    .await;
    tx.finish(done).await
}

/// Moves a field one place: `to` is `up` or `down`. Gives its label.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `settings.manage`.
pub async fn field_move(cx: &RequestCx, pipeline: &str, field: &str, to: &str) -> Result<String> {
    retry(|| move_once(cx, pipeline, field, to)).await
}

async fn move_once(cx: &RequestCx, key: &str, field: &str, to: &str) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::FIELD_MOVE).await?;
    let done = async {
        let pipeline = locked(&mut tx, key, None).await?;
        let rows: Vec<(&str, i64)> = pipeline.fields.iter().map(|field| (field.key.as_str(), field.id)).collect();
        let field = field_of(&pipeline, field)?;
        if let Some(ids) = moved(&rows, &field.key, to)? {
            fields_order(&mut tx.conn, &ids).await?;
            let line = ("field.move", object(&pipeline, field), json!({ "to": [null, to] }));
            changed(cx, &mut tx, &pipeline, Recompute::Nothing, line).await?;
        }
        Ok(field.label.clone())
    }
    .await;
    tx.finish(done).await
}

/// Deletes a field: what records have of it stays, out of sight, until the field is restored. Gives its label.
///
/// # Errors
/// [`AppError::Conflict`] for a field that records are named by; [`AppError::NotFound`]; [`AppError::Forbidden`] without `settings.manage`.
pub async fn field_delete(cx: &RequestCx, pipeline: &str, field: &str) -> Result<String> {
    retry(|| set_deleted_once(cx, pipeline, field, true)).await
}

/// Brings a field back with what records have of it. Gives its label.
///
/// # Errors
/// As [`field_delete`]; [`AppError::Conflict`] while another field has its label or there are as many as may be.
pub async fn field_restore(cx: &RequestCx, pipeline: &str, field: &str) -> Result<String> {
    retry(|| set_deleted_once(cx, pipeline, field, false)).await
}

/// Deletes the field at the other end of a relation too, or brings it back.
async fn inverse_set_deleted(cx: &RequestCx, tx: &mut TenantTx, pipeline: &Pipeline, field: &str, at: Option<DateTime<Utc>>) -> Result<()> {
    let Some((key, inverse)) = relation_inverse(&tx.conn, pipeline.id, field).await? else { return Ok(()) };
    let is_here = key == pipeline.head.key;
    let other = if is_here { Some(pipeline.clone()) } else { pipeline_lock(&mut tx.conn, &key).await? };
    let gone = || AppError::conflict(Code::FieldInUse, "", "The pipeline at the other end is deleted. Restore it first.");
    let other = other.ok_or_else(gone)?;
    field_set_deleted(&mut tx.conn, other.id, &inverse, at).await?;
    let after = pipeline_get(&tx.conn, &key).await?.ok_or(AppError::NotFound)?;
    if let Some(field) = after.fields.iter().find(|field| field.key == inverse) {
        let text = format!("Another field of {} has the label {} now. Rename it first.", other.head.name, field.label);
        label_check(&after, field).map_err(|_| AppError::conflict(Code::FieldLabelTaken, "", text))?;
        if after.fields.len() > FIELDS_MAX {
            let text = format!("{} has {FIELDS_MAX} fields, which is the maximum", other.head.name);
            return Err(AppError::conflict(Code::FieldLimit, "", text).into());
        }
    }
    if !is_here {
        pipeline_touch(&mut tx.conn, &other, Derived::Same, cx.services.now()).await?;
    }
    Ok(())
}

async fn set_deleted_once(cx: &RequestCx, key: &str, field: &str, deleted: bool) -> Result<String> {
    let operation = if deleted { &operation::tenant::FIELD_DELETE } else { &operation::tenant::FIELD_RESTORE };
    let mut tx = cx.tenant_begin(operation).await?;
    let done = async {
        let before = locked(&mut tx, key, None).await?;
        let titles = before.settings.title.iter().filter(|key| before.fields.iter().any(|field| field.key == **key));
        if deleted && titles.eq([field]) {
            let text = "Records are named by this field. Choose another title before you delete it.";
            return Err(AppError::conflict(Code::FieldInUse, "", text).into());
        }
        if let Some(field) = before.fields.iter().find(|known| known.key == field) {
            settled(field)?;
        }
        let at = deleted.then(|| cx.services.now());
        field_set_deleted(&mut tx.conn, before.id, field, at).await?.ok_or(AppError::NotFound)?;
        inverse_set_deleted(cx, &mut tx, &before, field, at).await?;
        let after = pipeline_get(&tx.conn, key).await?.ok_or(AppError::NotFound)?;
        let with = if deleted { &before } else { &after };
        let field = field_of(with, field)?;
        if !deleted {
            label_check(&after, field)
                .map_err(|_| AppError::conflict(Code::FieldLabelTaken, "", "Another field has this label now. Rename it first."))?;
            if after.fields.len() > FIELDS_MAX {
                let text = format!("There are already {FIELDS_MAX} fields, which is the maximum");
                return Err(AppError::conflict(Code::FieldLimit, "", text).into());
            }
        }
        let derived = match (deleted, field.has_keys()) {
            (false, true) => Recompute::Keys,
            _ if with.derives_from(field) => Recompute::Derived,
            _ => Recompute::Nothing,
        };
        let action = if deleted { "field.delete" } else { "field.restore" };
        changed(cx, &mut tx, &before, derived, (action, object(with, field), json!({}))).await?;
        Ok(field.label.clone())
    }
    .await;
    tx.finish(done).await
}
