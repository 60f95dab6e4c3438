//! Changes of a field's type: looked at before, done by a job, undone for 30 days.

use super::{
    Recompute, changed,
    fields::{field_of, object, settled},
    locked,
};
use crate::{convert::Converter, lens::lens_of, read::list_name, shown::shown, value::Reader};
use db::{
    list_views::view_list,
    tenant::records::{field_options_set, field_set_change, field_slot_new, pipeline_get, pipeline_size, record_values_recent},
};
use domain::{
    AppError, Code, JobId,
    dto::tenant::{FieldTypePage, TypeExample, TypeLook},
    job::JobKind,
    operation,
    person::name_parse,
    record::{
        ConvertJob, Field, FieldForm, FieldKind, FieldSettings, Lens, OPTIONS_MAX, Pipeline, SCALE_MAX, TypeChange, TypeState, key_is_valid,
    },
    text::fold,
};
use kernel::{Error, RequestCx, Result, cx::TenantTx, error::retry, jobs::company_enqueue};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Values that are tried before a change, of the records that changed last.
const TRIED_MAX: i64 = 10_000;
/// Examples of each kind that are shown.
const EXAMPLES: usize = 6;
/// The most characters of a choice that is made of a value.
const CHOICE_MAX: usize = 100;
/// For a pipeline of up to so many records the request waits for the job.
const DIRECT_MAX: i64 = 5_000;

/// Why the type of a field cannot be changed.
fn refused(pipeline: &Pipeline, field: &Field) -> Option<String> {
    if field.relation.is_some() {
        return Some("A relation has no other type. Add a field instead.".to_owned());
    }
    if field.is_unique {
        return Some("No two records have the same value of this field. Turn off Unique before you change its type.".to_owned());
    }
    pipeline
        .use_of(field)
        .map(|used| format!("Records take their {used} from this field. Choose another field before you change its type."))
}

fn check(pipeline: &Pipeline, field: &Field) -> Result<()> {
    settled(field)?;
    refused(pipeline, field).map_or(Ok(()), |text| Err(AppError::conflict(Code::FieldInUse, "", text).into()))
}

/// Reads and writes values as text as the company does.
fn reader(cx: &RequestCx) -> Reader {
    let settings = &cx.settings;
    Reader::new(settings.format, &settings.locale, &settings.currency)
}

/// What a change of a field's type would do; `form` names the type.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `settings.manage`.
pub async fn field_type_get(cx: &RequestCx, pipeline: &str, field: &str, form: &FieldForm) -> Result<FieldTypePage> {
    let tx = cx.tenant_begin(&operation::tenant::FIELD_TYPE_GET).await?;
    let page = async {
        let found = if key_is_valid(pipeline) { pipeline_get(&tx.conn, pipeline).await? } else { None };
        let found = found.ok_or(AppError::NotFound)?;
        let field = field_of(&found, field)?.clone();
        let refused = refused(&found, &field);
        let is_open = refused.is_none() && field.pending().is_none();
        let look = if is_open { looked(cx, &tx, pipeline, &field, form).await? } else { None };
        let views = view_list(&tx.conn, &list_name(pipeline), tx.user.id.0).await?.views;
        let views = views.into_iter().filter(|view| view.names(&field.column())).map(|view| view.name).collect();
        Ok(FieldTypePage { pipeline: found, field, refused, look, views })
    }
    .await;
    tx.finish(page).await
}

/// Tries a type on the values that the caller sees; nothing where none was named.
async fn looked(cx: &RequestCx, tx: &TenantTx, pipeline: &str, field: &Field, form: &FieldForm) -> Result<Option<TypeLook>> {
    let Some(kind) = FieldKind::parse(&form.kind).filter(|kind| *kind != FieldKind::Relation && *kind != field.kind) else {
        return Ok(None);
    };
    let lens = match lens_of(tx, pipeline).await {
        Ok(lens) => Some(lens),
        Err(Error::App(AppError::NotFound)) => None,
        Err(error) => return Err(error),
    };
    let is_seen = |lens: &Lens| lens.field(&field.key).is_some();
    let values = match lens.filter(is_seen) {
        Some(lens) => Some(record_values_recent(&tx.conn, &lens, field, TRIED_MAX + 1).await?),
        None => None,
    };
    let reader = reader(cx);
    let tried = values.as_ref().map(|values| values.len().min(usize::try_from(TRIED_MAX).unwrap_or(usize::MAX)));
    let is_part = tried.is_some_and(|tried| values.as_ref().is_some_and(|values| values.len() > tried));
    let mut values = values.unwrap_or_default();
    values.truncate(tried.unwrap_or(0));
    let choices = if kind.has_options() { choices(reader, field, kind, &values) } else { String::new() };
    let bare = Field { kind, ..field.clone() };
    let scale = match form.scale.trim().parse() {
        Ok(scale) if scale <= SCALE_MAX => scale,
        _ if kind.has_scale() => scale(reader, field, &bare, &values),
        _ => 0,
    };
    let named = FieldForm { choices: choices.clone(), ..FieldForm::default() };
    let named = FieldForm { kind: form.kind.clone(), scale: if kind.has_scale() { scale.to_string() } else { String::new() }, ..named };
    // Without a value there is no choice to make: the user enters them.
    let becomes = named.retype(field).unwrap_or(bare);
    let (emptied, examples) = examples(reader, &Reader::of(cx), field, &becomes, &values);
    Ok(Some(TypeLook { kind, scale, choices, tried, is_part, emptied, examples }))
}

/// What would be typed for a value.
fn text_of(reader: Reader, field: &Field, value: &Value) -> String {
    let text = Field { kind: FieldKind::LongText, ..field.clone() };
    let converted = Converter::new(reader, field, &text).forth(value).ok().flatten();
    converted.and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The choices that the values of a field would need and that it does not have, the most frequent ones where there are too many.
fn choices(reader: Reader, field: &Field, kind: FieldKind, values: &[Value]) -> String {
    let known: Vec<String> = field.options.iter().map(|option| fold(&option.label)).collect();
    let mut found: HashMap<String, (usize, String)> = HashMap::new();
    for value in values {
        let text = text_of(reader, field, value);
        let parts: Vec<&str> = if kind == FieldKind::MultiSelect { text.split([',', ';']).collect() } else { vec![text.as_str()] };
        for label in parts.into_iter().filter_map(|part| name_parse(part, CHOICE_MAX).ok()) {
            found.entry(fold(&label)).or_insert((0, label)).0 += 1;
        }
    }
    let mut missing: Vec<_> = found.into_iter().filter(|(folded, _)| !known.contains(folded)).collect();
    missing.sort_by(|(a, (a_count, _)), (b, (b_count, _))| b_count.cmp(a_count).then_with(|| a.cmp(b)));
    missing.truncate(OPTIONS_MAX.saturating_sub(known.len()));
    missing.sort_by(|(a, _), (b, _)| a.cmp(b));
    missing.into_iter().map(|(_, (_, label))| label).collect::<Vec<_>>().join("\n")
}

/// The decimal places that the values of a field need.
fn scale(reader: Reader, field: &Field, to: &Field, values: &[Value]) -> u8 {
    let most = Field { settings: FieldSettings { scale: SCALE_MAX, default: None }, ..to.clone() };
    let converter = Converter::new(reader, field, &most);
    let places = |value: &Value| {
        let number = converter.forth(value).ok().flatten()?;
        number.as_str()?.split_once('.').map(|(_, fraction)| fraction.len())
    };
    values.iter().filter_map(places).max().and_then(|most| u8::try_from(most).ok()).unwrap_or(0)
}

/// How many values become empty, and some of each kind: those first, then such as look different afterwards.
fn examples(reader: Reader, own: &Reader, field: &Field, becomes: &Field, values: &[Value]) -> (usize, Vec<TypeExample>) {
    let converter = Converter::new(reader, field, becomes);
    let text = |field: &Field, value: &Value| shown(own, field, value).map(|shown| shown.text()).unwrap_or_default();
    let (mut emptied, mut lost, mut kept): (usize, Vec<TypeExample>, Vec<TypeExample>) = (0, Vec::new(), Vec::new());
    for value in values {
        let (after, list) = match converter.forth(value) {
            Ok(after) => (Ok(after.map(|after| text(becomes, &after)).unwrap_or_default()), &mut kept),
            Err(error) => {
                emptied += 1;
                (Err(error.to_string()), &mut lost)
            }
        };
        let example = TypeExample { before: text(field, value), after };
        if list.len() < EXAMPLES && !list.contains(&example) {
            list.push(example);
        }
    }
    lost.extend(kept);
    (emptied, lost)
}

/// Begins to change the type of a field. `version` is that of the pipeline the form was filled from. Gives the label of the field, the job
/// that converts the values, and whether its user may wait for it.
///
/// # Errors
/// [`AppError::Validation`] beside the fields of the form; [`AppError::Conflict`] for a field that records take something from, of which no
/// two records have the same value, whose type is being changed, or that another user changed meanwhile; [`AppError::NotFound`];
/// [`AppError::Forbidden`] without `settings.manage`.
pub async fn field_type_change(
    cx: &RequestCx,
    pipeline: &str,
    field: &str,
    version: i32,
    form: &FieldForm,
) -> Result<(String, JobId, bool)> {
    retry(|| change_once(cx, pipeline, field, version, form)).await
}

async fn change_once(cx: &RequestCx, key: &str, field: &str, version: i32, form: &FieldForm) -> Result<(String, JobId, bool)> {
    let mut tx = cx.tenant_begin(&operation::tenant::FIELD_TYPE_CHANGE).await?;
    let done = async {
        let pipeline = locked(&mut tx, key, Some(version)).await?;
        let before = field_of(&pipeline, field)?;
        check(&pipeline, before)?;
        let mut becomes = form.retype(before)?;
        let converted = |default| Converter::new(reader(cx), before, &becomes).forth(default).ok().flatten();
        becomes.settings.default = before.settings.default.as_ref().and_then(converted);
        let slot = field_slot_new(&mut tx.conn, before).await?;
        field_options_set(&mut tx.conn, before.id, &becomes.options).await?;
        let settings = &cx.settings;
        let change = TypeChange {
            other: Field { slot, ..becomes.clone() }.as_type(),
            state: TypeState::Converting,
            at: cx.services.now(),
            format: settings.format,
            locale: settings.locale.clone(),
            currency: settings.currency.clone(),
            job: JobId(0),
        };
        // The change before can no longer be undone.
        let dropped = before.change.as_ref().map(|change| change.other.slot.as_str());
        let values = json!({ "kind": [before.kind, becomes.kind] });
        let job = begun(cx, &mut tx, &pipeline, before, &change, dropped).await?;
        changed(cx, &mut tx, &pipeline, Recompute::Nothing, ("field.type_change", object(&pipeline, before), values)).await?;
        let direct = is_direct(&tx, &pipeline).await?;
        Ok((before.label.clone(), job, direct))
    }
    .await;
    tx.finish(done).await
}

/// Notes a change, and enqueues the job that fills its slot.
async fn begun(
    cx: &RequestCx,
    tx: &mut TenantTx,
    pipeline: &Pipeline,
    field: &Field,
    change: &TypeChange,
    dropped: Option<&str>,
) -> Result<JobId> {
    let job = enqueued(cx, tx, pipeline, field, change).await?;
    field_set_change(&mut tx.conn, field.id, Some(&TypeChange { job, ..change.clone() }), dropped).await?;
    Ok(job)
}

async fn enqueued(cx: &RequestCx, tx: &mut TenantTx, pipeline: &Pipeline, field: &Field, change: &TypeChange) -> Result<JobId> {
    let about = format!("{} · {}: {} to {}", pipeline.head.name, field.label, field.kind.label(), change.other.kind.label());
    let plan = ConvertJob { pipeline: pipeline.head.key.clone(), field: field.key.clone(), slot: change.other.slot.clone(), about };
    company_enqueue(cx, tx, JobKind::RecordsConvert, &plan).await
}

async fn is_direct(tx: &TenantTx, pipeline: &Pipeline) -> Result<bool> {
    Ok(pipeline_size(&tx.conn, pipeline.id, DIRECT_MAX + 1).await? <= DIRECT_MAX)
}

/// Enqueues the jobs of changes that a pipeline was deleted in the midst of.
pub(super) async fn types_resume(cx: &RequestCx, tx: &mut TenantTx, pipeline: &Pipeline) -> Result<()> {
    for (field, change) in pipeline.fields.iter().filter_map(|field| Some((field, field.pending()?))) {
        enqueued(cx, tx, pipeline, field, change).await?;
    }
    Ok(())
}

/// Cancels the change of a field's type while its job converts the values, or undoes one that is done. Gives the label of the field, and of
/// an undo the job and whether its user may wait for it.
///
/// # Errors
/// [`AppError::Conflict`] where there is nothing to undo any more, or records take something from the field; [`AppError::NotFound`];
/// [`AppError::Forbidden`] without `settings.manage`.
pub async fn field_type_undo(cx: &RequestCx, pipeline: &str, field: &str) -> Result<(String, Option<(JobId, bool)>)> {
    retry(|| undo_once(cx, pipeline, field)).await
}

async fn undo_once(cx: &RequestCx, key: &str, field: &str) -> Result<(String, Option<(JobId, bool)>)> {
    let mut tx = cx.tenant_begin(&operation::tenant::FIELD_TYPE_UNDO).await?;
    let done = async {
        let pipeline = locked(&mut tx, key, None).await?;
        let field = field_of(&pipeline, field)?;
        let none = || AppError::conflict(Code::FieldInUse, "", "There is nothing to undo: a change of the type can be undone for 30 days");
        let change = field.change.clone().ok_or_else(none)?;
        let (action, job) = match change.state {
            TypeState::Converting => {
                field_set_change(&mut tx.conn, field.id, None, Some(&change.other.slot)).await?;
                ("field.type_cancel", None)
            }
            TypeState::Undoing => {
                let change = TypeChange { state: TypeState::Done, ..change.clone() };
                field_set_change(&mut tx.conn, field.id, Some(&change), None).await?;
                ("field.type_cancel", None)
            }
            TypeState::Done => {
                check(&pipeline, field)?;
                if change.undo_until().is_none_or(|until| until < cx.services.now()) {
                    return Err(none().into());
                }
                let change = TypeChange { state: TypeState::Undoing, ..change.clone() };
                let job = begun(cx, &mut tx, &pipeline, field, &change, None).await?;
                ("field.type_undo", Some((job, is_direct(&tx, &pipeline).await?)))
            }
        };
        let values = if job.is_some() { json!({ "kind": [field.kind, change.other.kind] }) } else { json!({}) };
        changed(cx, &mut tx, &pipeline, Recompute::Nothing, (action, object(&pipeline, field), values)).await?;
        Ok((field.label.clone(), job))
    }
    .await;
    tx.finish(done).await
}
