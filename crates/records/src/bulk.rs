//! Bulk actions on records that are ticked or match a filter. A job applies the action to each record under the rules of a single edit, and
//! stores the previous values for undo.

mod run;
mod undo;

pub use run::bulk_run;
pub(crate) use run::in_batches;
pub use undo::{bulk_undo_run, record_bulk_undo};

use crate::{
    command::RecordForm,
    filter::{FILTERS, filter_of},
    lens::{lens_of, own_rights},
    owners::{owner_choices, owner_parse, owners_by_id},
    row::titled,
    shown::{shown, typed},
    value::Reader,
};
use db::tenant::records::{RecordCondition, RecordFilter, record_count, record_list as list_rows, record_note_for_job};
use domain::{
    AppError, Code, FieldErrors, JobId, RecordId, UserId,
    bulk::BulkWho,
    dto::tenant::{OwnerChoices, RecordBulkPage, RecordInput},
    job::JobKind,
    list::{ListQuery, grouped},
    operation,
    record::{Field, FieldKind, Lens, OWNER, RecordAct, STAGE},
};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
    jobs::company_enqueue,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Up to this many records, the request waits for the result.
pub const DIRECT_MAX: i64 = 100;
/// The most records of one act.
const MOST: i64 = 50_000;
/// Records named on the page that asks.
const SAMPLE: u16 = 25;

/// An act for many records, as its form sends it.
#[derive(Clone, Debug, Default)]
pub struct BulkForm {
    /// Which records it is for.
    pub who: BulkWho,
    /// How many the user was shown.
    pub expected: i64,
    /// The field that is edited.
    pub field: String,
    /// What was typed: the value of that field, the owner or the stage.
    pub form: RecordForm,
    /// Whether the field or the owner is cleared: nobody does that to many records by leaving an input empty.
    pub clear: bool,
}

/// What a job is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Plan {
    pipeline: String,
    act: RecordAct,
    #[serde(default)]
    field: String,
    /// Its slot when the value was read: another one holds values of another type.
    #[serde(default)]
    slot: String,
    /// The value as it is stored; none for an empty field.
    #[serde(default)]
    value: Option<Value>,
    #[serde(default)]
    owner: Option<UserId>,
    #[serde(default)]
    stage: String,
    /// What is done, for the page of the job.
    about: String,
}

async fn filter(tx: &TenantTx, lens: &Lens, reader: &Reader, who: &BulkWho) -> Result<RecordFilter> {
    if !who.all {
        return Ok(RecordFilter { conditions: vec![RecordCondition::Ids(who.ids.clone())], ..RecordFilter::default() });
    }
    let pairs = who.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Ok(filter_of(tx, lens, reader, &ListQuery::from_pairs(pairs, FILTERS), None).await?.filter)
}

/// The fields that an act can edit: not those of which no two records have the same value.
fn editable(lens: &Lens) -> impl Iterator<Item = &Field> {
    lens.writable().filter(|field| !field.is_unique && field.relation.is_none())
}

/// What the page that asks before an act for many records shows.
///
/// # Errors
/// [`AppError::NotFound`] for a pipeline that the caller does not see, [`AppError::Forbidden`] without `records.edit`.
pub async fn record_bulk_ask(cx: &RequestCx, pipeline: &str, act: RecordAct, who: &BulkWho, field: &str) -> Result<RecordBulkPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_BULK_ASK).await?;
    let page = async {
        let lens = lens_of(&tx, pipeline).await?;
        let reader = Reader::of(cx);
        let filter = filter(&tx, &lens, &reader, who).await?;
        let count = record_count(&tx.conn, &lens, &filter, MOST + 1).await?;
        let query = ListQuery { size: SAMPLE, ..ListQuery::default() };
        let found = list_rows(&tx.conn, &lens, &filter, &query, Some(0)).await?.rows;
        let held = tx.maker();
        let owners = if act == RecordAct::Assign { owner_choices(&mut tx.conn, &lens, held).await? } else { OwnerChoices::Own };
        let input = editable(&lens).find(|known| act == RecordAct::Edit && known.key == field).map(|field| RecordInput {
            suggestions: Vec::new(),
            field: field.clone(),
            value: typed(&reader, field, None),
            unit: reader.unit(field),
            stages: Vec::new(),
        });
        Ok(RecordBulkPage {
            pipeline: lens.pipeline().head.clone(),
            act,
            count,
            sample: found.iter().map(|record| (RecordId(record.id), titled(&lens, record))).collect(),
            fields: editable(&lens).cloned().collect(),
            input,
            owners,
            stages: lens.pipeline().stages_open().cloned().collect(),
            as_job: count > DIRECT_MAX,
        })
    }
    .await;
    tx.finish(page).await
}

/// Reads what was typed into the plan of an act.
async fn plan(cx: &RequestCx, tx: &mut TenantTx, lens: &Lens, act: RecordAct, command: &BulkForm) -> Result<Plan> {
    let pipeline = lens.pipeline().head.key.clone();
    let about = lens.pipeline().head.name.clone();
    let mut plan = Plan { pipeline, act, field: String::new(), slot: String::new(), value: None, owner: None, stage: String::new(), about };
    let said = match act {
        RecordAct::Edit => {
            let field = editable(lens).find(|field| field.key == command.field);
            let field = field.ok_or_else(|| AppError::field(Code::FieldUnknownChoice, "field", "Choose a field"))?;
            let (mut errors, reader) = (FieldErrors::default(), Reader::of(cx));
            let typed = command.form.typed(field).unwrap_or_default();
            plan.value = errors.check(&field.input(), reader.parse(field, &typed)).flatten();
            errors.into_result()?;
            // A checkbox without a tick says no.
            let is_empty = plan.value.is_none() && field.kind != FieldKind::Checkbox;
            cleared(&field.input(), is_empty, command.clear, "Enter a value, or tick the box below to clear the field")?;
            plan.field.clone_from(&field.key);
            plan.slot.clone_from(&field.slot);
            let value = plan.value.as_ref().and_then(|value| shown(&reader, field, value)).map(|shown| shown.text());
            format!("{}: {}", field.label, value.unwrap_or_else(|| "empty".to_owned()))
        }
        RecordAct::Assign => {
            let typed = command.form.owner.as_deref().unwrap_or_default().trim();
            cleared(OWNER, typed.is_empty(), command.clear, "Choose an owner, or tick the box below to remove the owner")?;
            plan.owner = owner_parse(tx, lens, typed).await?;
            let known = owners_by_id(&mut tx.conn, plan.owner.iter().map(|owner| owner.0).collect()).await?;
            format!("Owner: {}", known.into_values().next().map_or_else(|| "none".to_owned(), |owner| owner.name))
        }
        RecordAct::Move => {
            let key = command.form.stage.as_deref().unwrap_or_default();
            let stage = lens.stage(key).filter(|stage| !stage.is_archived);
            let stage = stage.ok_or_else(|| AppError::field(Code::FieldUnknownChoice, STAGE, "Choose a stage"))?;
            plan.stage.clone_from(&stage.key);
            format!("Stage: {}", stage.name)
        }
        RecordAct::Delete => act.label().to_owned(),
    };
    plan.about = format!("{} · {said}", plan.about);
    Ok(plan)
}

/// Refuses an input that is empty without its box ticked, or filled with it.
fn cleared(input: &str, is_empty: bool, clear: bool, empty: &str) -> Result<()> {
    match (is_empty, clear) {
        (true, false) => Err(AppError::field(Code::FieldRequired, input, empty).into()),
        (false, true) => Err(AppError::field(Code::FieldInvalid, input, "Remove what you entered here, or untick the box below").into()),
        _ => Ok(()),
    }
}

/// Does something for many records, as a job. Gives the job, and whether its user may wait for it.
///
/// # Errors
/// [`AppError::Validation`] for no record, too many, or beside what was typed, [`AppError::Conflict`] when more match by now,
/// [`AppError::NotFound`] for a pipeline that the caller does not see, [`AppError::Forbidden`] without `records.edit`.
pub async fn record_bulk(cx: &RequestCx, pipeline: &str, act: RecordAct, command: &BulkForm) -> Result<(JobId, bool)> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_BULK).await?;
    let done = async {
        own_rights(cx)?;
        let lens = lens_of(&tx, pipeline).await?;
        let filter = filter(&tx, &lens, &Reader::of(cx), &command.who).await?;
        let count = record_count(&tx.conn, &lens, &filter, MOST + 1).await?;
        if count == 0 {
            return Err(AppError::field(Code::SelectionEmpty, "", "No records are selected").into());
        }
        if count > MOST {
            let text = format!("Select at most {} records. Narrow the list first.", grouped(MOST));
            return Err(AppError::field(Code::SelectionChanged, "", text).into());
        }
        if count > command.expected {
            let text = format!("{} records match now. Check the list again.", grouped(count));
            return Err(AppError::conflict(Code::SelectionChanged, "", text).into());
        }
        let plan = plan(cx, &mut tx, &lens, act, command).await?;
        let job = company_enqueue(cx, &mut tx, JobKind::RecordsBulk, &plan).await?;
        record_note_for_job(&mut tx.conn, &lens, &filter, job).await?;
        let values = json!({ "act": act, "pipeline": plan.pipeline, "records": count, "field": plan.field, "job": job });
        tx.conn.audit(entry(cx, &tx.actor, "record.bulk", Object::new("job", job, act.label()), values));
        Ok((job, count <= DIRECT_MAX))
    }
    .await;
    tx.finish(done).await
}
