//! Relations between pipelines.

use super::{
    Recompute, changed,
    fields::{RESERVED, label_check, object, values},
    locked,
};
use db::tenant::records::{field_insert, field_keys, relation_insert};
use domain::{
    AppError, Code, operation,
    record::{FIELDS_MAX, Field, FieldKind, Pipeline, RelationEnd, RelationForm, RelationSide, key_free},
    text::fold,
};
use kernel::{RequestCx, Result, error::retry};

/// Adds a relation: a field in a pipeline, and one in the pipeline that it leads to. Gives the label of the first.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields of the form, [`AppError::NotFound`],
/// [`AppError::Forbidden`] without `settings.manage`.
pub async fn relation_create(cx: &RequestCx, pipeline: &str, form: &RelationForm) -> Result<String> {
    retry(|| create_once(cx, pipeline, form)).await
}

async fn create_once(cx: &RequestCx, key: &str, form: &RelationForm) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::RELATION_CREATE).await?;
    let done = async {
        let command = form.parse()?;
        let gone = || AppError::field(Code::FieldUnknownChoice, "other", "This pipeline no longer exists. Choose another one.");
        // Always in the same order, so that nobody waits for one another in a circle.
        let (from, to) = if key <= command.other.as_str() {
            let from = locked(&mut tx, key, None).await?;
            (from, locked(&mut tx, &command.other, None).await.map_err(|_| gone())?)
        } else {
            let to = locked(&mut tx, &command.other, None).await.map_err(|_| gone())?;
            (locked(&mut tx, key, None).await?, to)
        };
        let mut taken = field_keys(&tx.conn, from.id).await?;
        let near = field(&command.label, &taken);
        if from.id == to.id {
            taken.push(near.key.clone());
        } else {
            taken = field_keys(&tx.conn, to.id).await?;
        }
        let far = field(&command.inverse_label, &taken);
        label_check(&from, &near)?;
        if from.id == to.id && fold(&near.label) == fold(&far.label) {
            return Err(AppError::field(Code::FieldLabelTaken, "inverse_label", "Enter another label than that of the first field").into());
        }
        label_check(&to, &far)
            .map_err(|_| AppError::conflict(Code::FieldLabelTaken, "inverse_label", "Another field there has this label"))?;
        let room = if from.id == to.id { 2 } else { 1 };
        if let Some(full) = [&from, &to].into_iter().find(|pipeline| pipeline.fields.len() + room > FIELDS_MAX) {
            let text = format!("{} already has {} fields of at most {FIELDS_MAX}", full.head.name, full.fields.len());
            return Err(AppError::conflict(Code::FieldLimit, "label", text).into());
        }
        let id = relation_insert(&mut tx.conn, command.is_one, command.is_inverse_one).await?;
        let end = |side, is_one, is_inverse_one, other: &Pipeline| RelationEnd {
            id,
            side,
            is_one,
            is_inverse_one,
            inverse: 0,
            inverse_key: String::new(),
            pipeline: other.id,
            head: other.head.clone(),
        };
        let near = Field { relation: Some(end(RelationSide::From, command.is_one, command.is_inverse_one, &to)), ..near };
        let far = Field { relation: Some(end(RelationSide::To, command.is_inverse_one, command.is_one, &from)), ..far };
        for (pipeline, field) in [(&from, &near), (&to, &far)] {
            field_insert(&mut tx.conn, pipeline.id, field).await?;
            let line = ("field.create", object(pipeline, field), values(None, Some(field)));
            // No record has a link by it.
            changed(cx, &mut tx, pipeline, Recompute::Nothing, line).await?;
        }
        Ok(near.label)
    }
    .await;
    tx.finish(done).await
}

/// A field with a key that is not in `taken`.
fn field(label: &str, taken: &[String]) -> Field {
    let key = key_free(label, taken.iter().map(String::as_str).chain(RESERVED));
    Field::new(&key, FieldKind::Relation, label)
}
