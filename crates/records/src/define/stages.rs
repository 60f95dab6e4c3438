//! Stages of pipelines: added, changed, ordered, archived.

use super::{Recompute, changed, locked, moved};
use db::tenant::records::{stage_insert, stage_set_archived, stage_update as update_row, stages_order};
use domain::{
    AppError, Code, operation,
    record::{Pipeline, STAGES_MAX, Stage, StageCommand, StageForm, key_free},
    text::fold,
};
use kernel::{
    RequestCx, Result,
    audit::{Object, diff},
    error::retry,
};
use serde_json::{Value, json};

fn object(pipeline: &Pipeline, key: &str, name: &str) -> Object {
    Object::new("stage", format!("{}.{key}", pipeline.head.key), format!("{}: {name}", pipeline.head.name))
}

fn command_of(stage: &Stage) -> StageCommand {
    let Stage { name, kind, probability, color, requires, .. } = stage.clone();
    StageCommand { name, kind, probability, color, requires }
}

/// What the log says of a stage, before and after.
fn values(pipeline: &Pipeline, before: Option<&StageCommand>, after: &StageCommand) -> Value {
    let labels = |stage: &StageCommand| {
        let required = pipeline.fields.iter().filter(|field| stage.requires.contains(&field.id));
        json!(required.map(|field| field.label.as_str()).collect::<Vec<_>>().join(", "))
    };
    let both = |value: fn(&StageCommand) -> Value| (before.map_or(Value::Null, value), value(after));
    let (name, kind) = (both(|stage| json!(stage.name)), both(|stage| json!(stage.kind)));
    let (probability, color) = (both(|stage| json!(stage.probability)), both(|stage| json!(stage.color)));
    diff(&[
        ("name", name.0, name.1),
        ("kind", kind.0, kind.1),
        ("probability", probability.0, probability.1),
        ("color", color.0, color.1),
        ("requires", before.map_or(Value::Null, labels), labels(after)),
    ])
}

/// Refuses a name that another stage has.
fn name_check(pipeline: &Pipeline, name: &str, own: Option<i64>) -> Result<()> {
    let is_taken = pipeline.stages_open().any(|other| Some(other.id) != own && fold(&other.name) == fold(name));
    if is_taken { Err(AppError::conflict(Code::StageNameTaken, "name", "Another stage has this name").into()) } else { Ok(()) }
}

fn limit_check(pipeline: &Pipeline, input: &str) -> Result<()> {
    if pipeline.stages_open().count() < STAGES_MAX {
        return Ok(());
    }
    Err(AppError::conflict(Code::StageLimit, input, format!("There are already {STAGES_MAX} stages, which is the maximum")).into())
}

/// Adds a stage behind the others; with the first one, the pipeline has a board. Gives its name.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields of the form; [`AppError::NotFound`]; [`AppError::Forbidden`] without
/// `settings.manage`.
pub async fn stage_create(cx: &RequestCx, pipeline: &str, form: &StageForm) -> Result<String> {
    retry(|| create_once(cx, pipeline, form)).await
}

async fn create_once(cx: &RequestCx, key: &str, form: &StageForm) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::STAGE_CREATE).await?;
    let done = async {
        let pipeline = locked(&mut tx, key, None).await?;
        let stage = form.parse(&pipeline.fields)?;
        name_check(&pipeline, &stage.name, None)?;
        limit_check(&pipeline, "name")?;
        let key = key_free(&stage.name, pipeline.stages.iter().map(|stage| stage.key.as_str()));
        stage_insert(&mut tx.conn, &pipeline, &key, &stage).await?;
        let line = ("stage.create", object(&pipeline, &key, &stage.name), values(&pipeline, None, &stage));
        changed(cx, &mut tx, &pipeline, Recompute::Nothing, line).await?;
        Ok(stage.name)
    }
    .await;
    tx.finish(done).await
}

fn stage_of<'a>(pipeline: &'a Pipeline, key: &str) -> Result<&'a Stage> {
    Ok(pipeline.stages.iter().find(|stage| stage.key == key).ok_or(AppError::NotFound)?)
}

/// Changes a stage. `version` is that of the pipeline the form was filled from. Gives its name.
///
/// # Errors
/// As [`stage_create`]; [`AppError::Conflict`] when another user changed the definition meanwhile.
pub async fn stage_update(cx: &RequestCx, pipeline: &str, stage: &str, version: i32, form: &StageForm) -> Result<String> {
    retry(|| update_once(cx, pipeline, stage, version, form)).await
}

async fn update_once(cx: &RequestCx, key: &str, stage: &str, version: i32, form: &StageForm) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::STAGE_UPDATE).await?;
    let done = async {
        let pipeline = locked(&mut tx, key, Some(version)).await?;
        let stage = stage_of(&pipeline, stage)?;
        let mut after = form.parse(&pipeline.fields)?;
        // A deleted field can come back, and is required again then.
        let deleted = stage.requires.iter().filter(|id| pipeline.fields.iter().all(|field| field.id != **id));
        after.requires.extend(deleted);
        name_check(&pipeline, &after.name, Some(stage.id))?;
        let values = values(&pipeline, Some(&command_of(stage)), &after);
        if values.as_object().is_some_and(serde_json::Map::is_empty) {
            return Ok(after.name);
        }
        update_row(&mut tx.conn, stage.id, &after).await?;
        let line = ("stage.update", object(&pipeline, &stage.key, &after.name), values);
        changed(cx, &mut tx, &pipeline, Recompute::Nothing, line).await?;
        Ok(after.name)
    }
    .await;
    tx.finish(done).await
}

/// Moves a stage one place: `to` is `up` or `down`. Gives its name.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `settings.manage`.
pub async fn stage_move(cx: &RequestCx, pipeline: &str, stage: &str, to: &str) -> Result<String> {
    retry(|| move_once(cx, pipeline, stage, to)).await
}

async fn move_once(cx: &RequestCx, key: &str, stage: &str, to: &str) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::STAGE_MOVE).await?;
    let done = async {
        let pipeline = locked(&mut tx, key, None).await?;
        let rows: Vec<(&str, i64)> = pipeline.stages_open().map(|stage| (stage.key.as_str(), stage.id)).collect();
        let stage = stage_of(&pipeline, stage)?;
        if let Some(mut ids) = moved(&rows, &stage.key, to)? {
            // Archived ones stand behind the others.
            ids.extend(pipeline.stages.iter().filter(|stage| stage.is_archived).map(|stage| stage.id));
            stages_order(&mut tx.conn, &ids).await?;
            let line = ("stage.move", object(&pipeline, &stage.key, &stage.name), json!({ "to": [null, to] }));
            changed(cx, &mut tx, &pipeline, Recompute::Nothing, line).await?;
        }
        Ok(stage.name.clone())
    }
    .await;
    tx.finish(done).await
}

/// Archives a stage: records that are in it stay, and no other one is moved to it. Gives its name.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `settings.manage`.
pub async fn stage_archive(cx: &RequestCx, pipeline: &str, stage: &str) -> Result<String> {
    retry(|| set_archived_once(cx, pipeline, stage, true)).await
}

/// Brings a stage back. Gives its name.
///
/// # Errors
/// As [`stage_archive`]; [`AppError::Conflict`] while another one has its name or there are as many as may be.
pub async fn stage_restore(cx: &RequestCx, pipeline: &str, stage: &str) -> Result<String> {
    retry(|| set_archived_once(cx, pipeline, stage, false)).await
}

async fn set_archived_once(cx: &RequestCx, key: &str, stage: &str, archived: bool) -> Result<String> {
    let operation = if archived { &operation::tenant::STAGE_ARCHIVE } else { &operation::tenant::STAGE_RESTORE };
    let mut tx = cx.tenant_begin(operation).await?;
    let done = async {
        let pipeline = locked(&mut tx, key, None).await?;
        let stage = stage_of(&pipeline, stage)?;
        if stage.is_archived == archived {
            return Ok(stage.name.clone());
        }
        if !archived {
            let taken = || AppError::conflict(Code::StageNameTaken, "", "Another stage has this name now. Rename it first.");
            name_check(&pipeline, &stage.name, Some(stage.id)).map_err(|_| taken())?;
            limit_check(&pipeline, "")?;
        }
        stage_set_archived(&mut tx.conn, stage.id, archived.then(|| cx.services.now())).await?;
        let action = if archived { "stage.archive" } else { "stage.restore" };
        changed(cx, &mut tx, &pipeline, Recompute::Nothing, (action, object(&pipeline, &stage.key, &stage.name), json!({}))).await?;
        Ok(stage.name.clone())
    }
    .await;
    tx.finish(done).await
}
