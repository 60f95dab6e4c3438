//! Pipelines: made, named, ordered, deleted for a while.

use super::{Recompute, changed, field_types::types_resume, fields::default_typed, locked, moved};
use crate::value::Reader;
use db::tenant::records::{
    Deleted, fields_deleted, pipeline_get, pipeline_heads, pipeline_keys, pipeline_list, pipeline_set_deleted,
    pipeline_update as update_row, pipelines_deleted, pipelines_lock, pipelines_order, record_counts, template_insert,
};
use domain::{
    AppError, Code, FieldErrors,
    dto::tenant::{DeletedDefinition, PipelineDefinitionPage, PipelineListPage, PipelineRow},
    job::JobKind,
    list::Count,
    operation,
    record::{
        DeriveJob, Field, FieldKind, FieldSettings, PIPELINES_MAX, Pipeline, PipelineForm, PipelineSettings, StageKind, Template,
        TemplateField, TemplatePipeline, TemplateStage, key_free, key_is_valid,
    },
    text::fold,
};
use kernel::{
    RequestCx, Result,
    audit::{Object, diff, entry},
    cx::TenantTx,
    error::retry,
    jobs::company_enqueue,
    settings::forget,
};
use serde_json::json;

/// Up to how many records are counted exactly.
const COUNTED: i64 = 10_000;

fn gone(Deleted { key, name, at }: Deleted) -> DeletedDefinition {
    DeletedDefinition { key, name, at }
}

/// All pipelines, and those that were deleted.
///
/// # Errors
/// [`AppError::Forbidden`] without `settings.manage`.
pub async fn pipeline_definition_list(cx: &RequestCx) -> Result<PipelineListPage> {
    let tx = cx.tenant_begin(&operation::tenant::PIPELINE_LIST).await?;
    let page = async {
        let (pipelines, counts, deleted) =
            futures_util::try_join!(pipeline_list(&tx.conn), record_counts(&tx.conn, COUNTED + 1), pipelines_deleted(&tx.conn))?;
        let count = |id: i64| counts.iter().find(|(known, _)| *known == id).map_or(0, |(_, count)| *count);
        let row = |pipeline: Pipeline| PipelineRow {
            records: Count::from_capped(count(pipeline.id), COUNTED),
            fields: pipeline.fields.len(),
            stages: pipeline.stages_open().count(),
            head: pipeline.head,
        };
        Ok(PipelineListPage { rows: pipelines.into_iter().map(row).collect(), deleted: deleted.into_iter().map(gone).collect() })
    }
    .await;
    tx.finish(page).await
}

/// What the settings of a pipeline show.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `settings.manage`.
pub async fn pipeline_definition(cx: &RequestCx, pipeline: &str) -> Result<PipelineDefinitionPage> {
    let tx = cx.tenant_begin(&operation::tenant::PIPELINE_GET).await?;
    let page = async {
        let pipeline = if key_is_valid(pipeline) { pipeline_get(&tx.conn, pipeline).await? } else { None };
        let pipeline = pipeline.ok_or(AppError::NotFound)?;
        let deleted = fields_deleted(&tx.conn, pipeline.id).await?.into_iter().map(gone).collect();
        let pipelines = pipeline_heads(&tx.conn).await?.into_iter().map(|(_, head)| head).collect();
        let reader = Reader::of(cx);
        let default = |field: &Field| Some((field.key.clone(), default_typed(&reader, field)?));
        let defaults = pipeline.fields.iter().filter_map(default).collect();
        Ok(PipelineDefinitionPage { pipeline, deleted, pipelines, defaults })
    }
    .await;
    tx.finish(page).await
}

/// A pipeline to be made.
#[derive(Clone, Debug, Default)]
pub struct PipelineNew {
    /// What it is called.
    pub form: PipelineForm,
    /// Whether its records go through stages.
    pub has_stages: bool,
}

/// Refuses a name that another pipeline has.
async fn name_check(tx: &TenantTx, name: &str, own: Option<i64>, errors: &mut FieldErrors) -> Result<usize> {
    let heads = pipeline_heads(&tx.conn).await?;
    if heads.iter().any(|(id, head)| Some(*id) != own && fold(&head.name) == fold(name)) {
        errors.push(Code::PipelineNameTaken, "name", "Another pipeline has this name");
    }
    Ok(heads.len())
}

/// Makes a pipeline with one field, which is its title, and with the usual stages where it is to have any. Gives its key.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields of the form, [`AppError::Forbidden`] without `settings.manage`.
pub async fn pipeline_create(cx: &RequestCx, new: &PipelineNew) -> Result<String> {
    let site = cx.tenant_site()?;
    let key = retry(|| create_once(cx, new)).await?;
    forget(&cx.services, &site.tenant).await;
    Ok(key)
}

async fn create_once(cx: &RequestCx, new: &PipelineNew) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::PIPELINE_CREATE).await?;
    let done = async {
        let mut errors = FieldErrors::default();
        let names = new.form.names(&mut errors);
        pipelines_lock(&mut tx.conn).await?;
        if name_check(&tx, &names.name, None, &mut errors).await? >= PIPELINES_MAX {
            errors.push(Code::PipelineLimit, "name", format!("There are already {PIPELINES_MAX} pipelines, which is the maximum"));
        }
        errors.into_result()?;
        let known = pipeline_keys(&tx.conn).await?;
        let key = key_free(&names.name, known.iter().map(String::as_str));
        let field = TemplateField {
            key: "name".to_owned(),
            kind: FieldKind::Text,
            label: "Name".to_owned(),
            help: String::new(),
            settings: FieldSettings::default(),
            options: Vec::new(),
            is_required: true,
            is_unique: false,
            is_match: false,
            is_searchable: true,
        };
        let stage = |(key, name, kind, probability, color): (&str, &str, StageKind, i16, &str)| TemplateStage {
            key: key.to_owned(),
            name: name.to_owned(),
            kind,
            probability,
            color: color.to_owned(),
            requires: Vec::new(),
        };
        let stages = [
            ("new", "New", StageKind::Open, 0, ""),
            ("in_progress", "In progress", StageKind::Open, 50, "blue"),
            ("done", "Done", StageKind::Won, 100, "green"),
            ("canceled", "Canceled", StageKind::Lost, 0, "red"),
        ];
        let pipeline = TemplatePipeline {
            key: key.clone(),
            name: names.name.clone(),
            name_one: names.name_one,
            icon: names.icon,
            settings: PipelineSettings {
                title: vec![field.key.clone()],
                columns: vec!["stage".to_owned(), "owner".to_owned(), "updated".to_owned()],
                ..PipelineSettings::default()
            },
            fields: vec![field],
            stages: if new.has_stages { stages.map(stage).to_vec() } else { Vec::new() },
        };
        template_insert(&mut tx.conn, &Template { pipelines: vec![pipeline], relations: Vec::new() }).await?;
        let object = Object::new("pipeline", &key, &names.name);
        let line = entry(cx, &tx.actor, "pipeline.create", object, json!({ "name": [null, names.name] }));
        tx.conn.audit(line);
        Ok(key)
    }
    .await;
    tx.finish(done).await
}

/// Changes what a pipeline is called and what its fields are used for. `version` is the one the form was filled from.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields of the form, and when another user changed it meanwhile;
/// [`AppError::NotFound`]; [`AppError::Forbidden`] without `settings.manage`.
pub async fn pipeline_update(cx: &RequestCx, pipeline: &str, version: i32, form: &PipelineForm) -> Result<String> {
    let site = cx.tenant_site()?;
    let name = retry(|| update_once(cx, pipeline, version, form)).await?;
    forget(&cx.services, &site.tenant).await;
    Ok(name)
}

/// The field that a form names for a use, if it names one.
fn named<'a>(pipeline: &'a Pipeline, input: &str, key: &str, kinds: &[FieldKind], errors: &mut FieldErrors) -> Option<&'a Field> {
    if key.is_empty() {
        return None;
    }
    // One whose type is being changed has both.
    let fits = |field: &&Field| kinds.contains(&field.kind) && field.pending().is_none_or(|change| kinds.contains(&change.other.kind));
    let field = pipeline.fields.iter().find(|field| field.key == key).filter(fits);
    errors.check_as(Code::FieldUnknownChoice, input, field.ok_or("Choose a field from the list"))
}

fn settings(pipeline: &Pipeline, form: &PipelineForm, errors: &mut FieldErrors) -> PipelineSettings {
    let mut title: Vec<String> = Vec::new();
    for place in ["0", "1", "2"] {
        let (input, key) = (format!("title[{place}]"), form.title.get(place).map(String::as_str).unwrap_or_default());
        let Some(field) = named(pipeline, &input, key, &[FieldKind::Text], errors) else { continue };
        if field.is_barred {
            // Everyone who sees a record sees its title.
            errors.push(Code::FieldInvalid, &input, "This field is hidden from a role, so it cannot be part of the title");
        } else if !title.contains(&field.key) {
            title.push(field.key.clone());
        }
    }
    if title.is_empty() && errors.0.is_empty() {
        errors.push(Code::FieldRequired, "title[0]", "Choose the field that records are named by");
    }
    let mut one = |input: &str, key: &str, kind: FieldKind| named(pipeline, input, key, &[kind], errors).map(|field| field.key.clone());
    PipelineSettings {
        title,
        value: one("value", &form.value, FieldKind::Money),
        due: one("due", &form.due, FieldKind::Date),
        done: one("done", &form.done, FieldKind::Checkbox),
        columns: pipeline.settings.columns.clone(),
    }
}

async fn update_once(cx: &RequestCx, key: &str, version: i32, form: &PipelineForm) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::PIPELINE_UPDATE).await?;
    let done = async {
        pipelines_lock(&mut tx.conn).await?;
        let before = locked(&mut tx, key, Some(version)).await?;
        let mut errors = FieldErrors::default();
        let names = form.names(&mut errors);
        name_check(&tx, &names.name, Some(before.id), &mut errors).await?;
        let after = settings(&before, form, &mut errors);
        errors.into_result()?;
        let values = diff(&[
            ("name", json!(before.head.name), json!(names.name)),
            ("name_one", json!(before.head.name_one), json!(names.name_one)),
            ("icon", json!(before.head.icon), json!(names.icon)),
            ("title", json!(before.settings.title), json!(after.title)),
            ("amount", json!(before.settings.value), json!(after.value)),
            ("due date", json!(before.settings.due), json!(after.due)),
            ("done", json!(before.settings.done), json!(after.done)),
        ]);
        if values.as_object().is_some_and(serde_json::Map::is_empty) {
            return Ok(names.name);
        }
        let derives = |settings: &PipelineSettings| (settings.title.clone(), settings.value.clone(), settings.due.clone());
        let derived = if derives(&before.settings) == derives(&after) { Recompute::Nothing } else { Recompute::Derived };
        update_row(&mut tx.conn, before.id, &names, &after).await?;
        let object = Object::new("pipeline", key, &names.name);
        changed(cx, &mut tx, &before, derived, ("pipeline.update", object, values)).await?;
        Ok(names.name)
    }
    .await;
    tx.finish(done).await
}

/// Moves a pipeline one place in the navigation: `to` is `up` or `down`. Gives its name.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `settings.manage`.
pub async fn pipeline_move(cx: &RequestCx, pipeline: &str, to: &str) -> Result<String> {
    let site = cx.tenant_site()?;
    let name = retry(|| move_once(cx, pipeline, to)).await?;
    forget(&cx.services, &site.tenant).await;
    Ok(name)
}

async fn move_once(cx: &RequestCx, key: &str, to: &str) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::PIPELINE_MOVE).await?;
    let done = async {
        pipelines_lock(&mut tx.conn).await?;
        let heads = pipeline_heads(&tx.conn).await?;
        let rows: Vec<(&str, i64)> = heads.iter().map(|(id, head)| (head.key.as_str(), *id)).collect();
        let name = heads.iter().find(|(_, head)| head.key == key).map(|(_, head)| head.name.clone()).ok_or(AppError::NotFound)?;
        if let Some(ids) = moved(&rows, key, to)? {
            pipelines_order(&mut tx.conn, &ids).await?;
            let line = entry(cx, &tx.actor, "pipeline.move", Object::new("pipeline", key, &name), json!({ "to": [null, to] }));
            tx.conn.audit(line);
        }
        Ok(name)
    }
    .await;
    tx.finish(done).await
}

/// Deletes a pipeline: its records are out of sight until it is restored. Gives its name.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `settings.manage`.
pub async fn pipeline_delete(cx: &RequestCx, pipeline: &str) -> Result<String> {
    set_deleted(cx, pipeline, true).await
}

/// Brings a pipeline back. Gives its name.
///
/// # Errors
/// As [`pipeline_delete`]; [`AppError::Conflict`] while another one has its name or there are as many as may be.
pub async fn pipeline_restore(cx: &RequestCx, pipeline: &str) -> Result<String> {
    set_deleted(cx, pipeline, false).await
}

async fn set_deleted(cx: &RequestCx, pipeline: &str, deleted: bool) -> Result<String> {
    let site = cx.tenant_site()?;
    let name = retry(|| set_deleted_once(cx, pipeline, deleted)).await?;
    forget(&cx.services, &site.tenant).await;
    Ok(name)
}

async fn set_deleted_once(cx: &RequestCx, key: &str, deleted: bool) -> Result<String> {
    let operation = if deleted { &operation::tenant::PIPELINE_DELETE } else { &operation::tenant::PIPELINE_RESTORE };
    let mut tx = cx.tenant_begin(operation).await?;
    let done = async {
        if !key_is_valid(key) {
            return Err(AppError::NotFound.into());
        }
        pipelines_lock(&mut tx.conn).await?;
        let before = pipeline_get(&tx.conn, key).await?;
        let at = deleted.then(|| cx.services.now());
        if !pipeline_set_deleted(&mut tx.conn, key, at).await? {
            return Err(AppError::NotFound.into());
        }
        let pipeline = match before {
            Some(pipeline) => pipeline,
            None => pipeline_get(&tx.conn, key).await?.ok_or(AppError::NotFound)?,
        };
        if !deleted {
            let mut errors = FieldErrors::default();
            if name_check(&tx, &pipeline.head.name, Some(pipeline.id), &mut errors).await? > PIPELINES_MAX {
                errors.push(Code::PipelineLimit, "", format!("There are already {PIPELINES_MAX} pipelines, which is the maximum"));
            }
            if !errors.0.is_empty() {
                errors.0.iter_mut().for_each(|error| error.field.clear());
                return Err(AppError::Conflict(errors).into());
            }
        }
        if !deleted && pipeline.derived < pipeline.version {
            // The job of a change before the deletion found nothing to do.
            company_enqueue(cx, &mut tx, JobKind::RecordsDerive, &DeriveJob { pipeline: key.to_owned(), keys: true }).await?;
        }
        if !deleted {
            types_resume(cx, &mut tx, &pipeline).await?;
        }
        let action = if deleted { "pipeline.delete" } else { "pipeline.restore" };
        let line = entry(cx, &tx.actor, action, Object::new("pipeline", key, &pipeline.head.name), json!({}));
        tx.conn.audit(line);
        Ok(pipeline.head.name)
    }
    .await;
    tx.finish(done).await
}
