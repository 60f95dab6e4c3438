//! Bulk actions on records that are ticked or match a filter. A job applies the action to each record under the rules of a single edit, and
//! stores the previous values for undo.

use crate::{
    command::RecordForm,
    filter::{FILTERS, filter_of},
    lens::{lens_of, lens_to_write},
    owners::{owner_choices, owner_parse},
    read::row,
    shown::typed,
    trash::deleted_set,
    value::Reader,
    write::{Put, deleted, put},
};
use db::{
    DbError, TenantConn,
    tenant::{
        job_rows::{JobRowRecord, checkpoint_get, checkpoint_lock, job_row_close, job_row_count, job_row_insert_many, job_row_list},
        records::{RecordCondition, RecordFilter, RecordRecord, record_count, record_list as list_rows, record_lock, record_note_for_job},
        users::user_get_many,
    },
};
use domain::{
    AppError, Code, FieldErrors, JobId, RecordId, UserId,
    bulk::BulkWho,
    dto::tenant::{OwnerChoices, RecordBulkPage, RecordInput},
    job::{JobKind, JobStatus},
    list::{ListQuery, grouped},
    operation,
    record::{Field, FieldKind, Lens, RecordAct, STAGE, too_large},
};
use kernel::{
    Error, RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
    error::retry,
    failpoint,
    jobs::{Job, company_enqueue},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Up to this many records, the request waits for the result.
pub const DIRECT_MAX: i64 = 100;
/// The most records of one act.
const MOST: i64 = 50_000;
/// Records named on the page that asks.
const SAMPLE: u16 = 25;
/// Records of one transaction.
const BATCH: i64 = 50;

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
}

/// What a job is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Plan {
    pipeline: String,
    act: RecordAct,
    #[serde(default)]
    field: String,
    /// The value as it is stored; none for an empty field.
    #[serde(default)]
    value: Option<Value>,
    #[serde(default)]
    owner: Option<UserId>,
    #[serde(default)]
    stage: String,
}

/// What a job is to take back.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Undoing {
    of: JobId,
    pipeline: String,
}

/// What a record was before an act, and its version after it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Before {
    version: i32,
    act: RecordAct,
    owner: Option<UserId>,
    stage: Option<i64>,
    value: Option<Value>,
}

fn filter(lens: &Lens, reader: &Reader, who: &BulkWho) -> RecordFilter {
    if !who.all {
        return RecordFilter { conditions: vec![RecordCondition::Ids(who.ids.clone())], ..RecordFilter::default() };
    }
    let pairs = who.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    filter_of(lens, reader, &ListQuery::from_pairs(pairs, FILTERS)).filter
}

/// The fields that an act can edit: not those of which no two records have the same value.
fn editable(lens: &Lens) -> impl Iterator<Item = &Field> {
    lens.writable().filter(|field| !field.is_unique)
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
        let filter = filter(&lens, &reader, who);
        let count = record_count(&tx.conn, &lens, &filter, MOST + 1).await?;
        let query = ListQuery { size: SAMPLE, ..ListQuery::default() };
        let found = list_rows(&tx.conn, &lens, &filter, &query, Some(0)).await?.rows;
        let title = |record: &RecordRecord| row(&reader, &lens, record, &HashMap::new()).title;
        let held = tx.maker();
        let owners = if act == RecordAct::Assign { owner_choices(&mut tx.conn, &lens, held).await? } else { OwnerChoices::Own };
        let input = editable(&lens).find(|known| act == RecordAct::Edit && known.key == field).map(|field| RecordInput {
            field: field.clone(),
            value: typed(&reader, field, None),
            unit: if field.kind == FieldKind::Money { reader.currency().to_owned() } else { String::new() },
            stages: Vec::new(),
        });
        Ok(RecordBulkPage {
            pipeline: lens.pipeline().head.clone(),
            act,
            count,
            sample: found.iter().map(|record| (RecordId(record.id), title(record))).collect(),
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
    let mut plan = Plan { pipeline, act, field: String::new(), value: None, owner: None, stage: String::new() };
    match act {
        RecordAct::Edit => {
            let field = editable(lens).find(|field| field.key == command.field);
            let field = field.ok_or_else(|| AppError::field(Code::FieldUnknownChoice, "field", "Choose a field"))?;
            let mut errors = FieldErrors::default();
            let typed = command.form.typed(field).unwrap_or_default();
            plan.value = errors.check(&field.input(), Reader::of(cx).parse(field, &typed)).flatten();
            errors.into_result()?;
            plan.field.clone_from(&field.key);
        }
        RecordAct::Assign => plan.owner = owner_parse(tx, lens, command.form.owner.as_deref().unwrap_or_default()).await?,
        RecordAct::Move => {
            let key = command.form.stage.as_deref().unwrap_or_default();
            let stage = lens.stage(key).filter(|stage| !stage.is_archived);
            let stage = stage.ok_or_else(|| AppError::field(Code::FieldUnknownChoice, STAGE, "Choose a stage"))?;
            plan.stage.clone_from(&stage.key);
        }
        RecordAct::Delete => {}
    }
    Ok(plan)
}

/// A job runs with all rights of its user, so it is not begun while the user sees the site as a role.
fn own_rights(cx: &RequestCx) -> Result<()> {
    let is_seeing = cx.auth.as_ref().is_some_and(|auth| auth.seeing_as.is_some());
    let text = "Bulk actions are not available while you see the site as a role. Return to your own rights first.";
    if is_seeing { Err(AppError::conflict(Code::RoleSeen, "", text).into()) } else { Ok(()) }
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
        let filter = filter(&lens, &Reader::of(cx), &command.who);
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

/// Why a record was skipped. Errors that are not about the record end the job.
fn message(lens: &Lens, error: Error) -> Result<String> {
    match error {
        Error::App(AppError::Validation(errors) | AppError::Conflict(errors)) => {
            let label = |name: &str| lens.writable().find(|field| field.input() == name).map(|field| format!("{}: ", field.label));
            let one = |error: &domain::FieldError| format!("{}{}", label(&error.field).unwrap_or_default(), error.message);
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

/// One act for one record. Gives what the record was; nothing where nothing changes.
async fn one(cx: &RequestCx, tx: &mut TenantTx, lens: &Lens, plan: &Plan, record: &RecordRecord) -> Result<Option<Before>> {
    let owner = record.owner_id.map(UserId);
    let mut before = Before { version: record.version + 1, act: plan.act, owner, stage: record.stage_id, value: None };
    if plan.act == RecordAct::Delete {
        if !lens.may_delete(owner) {
            return Err(AppError::Forbidden.into());
        }
        if record.deleted_at.is_some() {
            return Ok(None);
        }
        deleted_set(cx, tx, lens, record, true).await?;
        return Ok(Some(before));
    }
    if !lens.may_edit(RecordId(record.id), owner) {
        return Err(AppError::Forbidden.into());
    }
    if record.deleted_at.is_some() {
        return Err(deleted(lens).into());
    }
    let mut becomes = Put { values: Vec::new(), owner, stage: record.stage_id };
    match plan.act {
        RecordAct::Edit => {
            let field = editable(lens).find(|field| field.key == plan.field);
            let field = field.ok_or_else(|| AppError::field(Code::FieldUnknownChoice, "", "You can no longer edit this field"))?;
            if field.is_required && plan.value.is_none() {
                return Err(AppError::field(Code::FieldRequired, &field.input(), "This field is required").into());
            }
            before.value = record.data.get(&field.slot).cloned();
            if before.value != plan.value {
                becomes.values.push((field, plan.value.clone()));
            }
        }
        RecordAct::Assign if lens.may_assign(owner) => becomes.owner = plan.owner,
        RecordAct::Assign => return Err(AppError::Forbidden.into()),
        _ => {
            let stage = lens.stage(&plan.stage).filter(|stage| !stage.is_archived);
            becomes.stage = Some(stage.ok_or_else(|| AppError::field(Code::FieldUnknownChoice, "", "The stage was archived"))?.id);
        }
    }
    Ok(put(cx, tx, lens, record, becomes).await?.is_changed.then_some(before))
}

/// Locks a record, applies `act` and returns the row for the job's report. A record that fails is undone alone.
async fn lined<T>(
    cx: &RequestCx,
    tx: &mut TenantTx,
    lens: &Lens,
    row: &JobRowRecord,
    act: impl AsyncFnOnce(&mut TenantTx, &RecordRecord) -> Result<Option<T>>,
) -> Result<JobRowRecord>
where
    T: Serialize,
{
    let found = record_lock(&mut tx.conn, lens, RecordId(row.line)).await?;
    let title = found
        .as_ref()
        .map_or_else(|| format!("#{}", row.line), |record| crate::read::row(&Reader::of(cx), lens, record, &HashMap::new()).title);
    tx.conn.part_begin().await?;
    let went = match found {
        Some(record) => act(tx, &record).await,
        None => Err(AppError::NotFound.into()),
    };
    tx.conn.part_end(went.is_ok()).await?;
    let (outcome, detail) = match went {
        Ok(Some(before)) => ("done", json!({ "typed": [title], "before": before })),
        Ok(None) => ("unchanged", json!({ "typed": [title] })),
        Err(error) => ("failed", json!({ "typed": [title], "error": message(lens, error)? })),
    };
    Ok(JobRowRecord { outcome: outcome.to_owned(), detail, ..row.clone() })
}

/// How many rows of a job are finished, and how many there are in total.
async fn counted(conn: &mut TenantConn, job: JobId) -> Result<(i64, i64)> {
    let counts = job_row_count(conn, job).await?;
    let over = counts.iter().filter(|(outcome, _)| outcome != "waiting").map(|(_, count)| count).sum();
    Ok((over, counts.iter().map(|(_, count)| count).sum()))
}

/// Works through the records that were noted for the job.
pub async fn bulk_run(job: &mut Job) -> Result<()> {
    let (cx, plan): (RequestCx, Plan) = job.company().await?;
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_BULK).await?;
    let count = counted(&mut tx.conn, job.id()).await;
    let (over, all) = tx.finish(count).await?;
    job.expect(all);
    job.advance(usize::try_from(over).unwrap_or(0))?;
    loop {
        let done = retry(|| bulk_batch(&cx, job.id(), &plan)).await?;
        if done == 0 {
            break;
        }
        job.advance(done)?;
        failpoint::reach("records.bulk")?;
    }
    job.finish(JobStatus::Done, None, &json!({})).await
}

async fn bulk_batch(cx: &RequestCx, job: JobId, plan: &Plan) -> Result<usize> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_BULK).await?;
    let done = async {
        // Of two workers the later one waits, and sees what is left.
        checkpoint_lock(&mut tx.conn, job).await?;
        let lens = lens_to_write(&mut tx, &plan.pipeline).await?;
        if plan.act == RecordAct::Assign {
            let typed = plan.owner.map(|owner| owner.to_string()).unwrap_or_default();
            owner_parse(&mut tx, &lens, &typed).await?;
        }
        let mut rows = job_row_list(&mut tx.conn, job, &["waiting"], i64::MIN, BATCH).await?;
        for row in &mut rows {
            *row = lined(cx, &mut tx, &lens, row, async |tx, record| one(cx, tx, &lens, plan, record).await).await?;
        }
        job_row_insert_many(&mut tx.conn, &rows).await?;
        Ok(rows.len())
    }
    .await;
    tx.finish(done).await
}

/// Takes an act for many records back, as a job. Gives the job, and whether its user may wait for it.
///
/// # Errors
/// [`AppError::NotFound`] for what is no such act of the caller, [`AppError::Conflict`] where nothing is left to undo,
/// [`AppError::Forbidden`] without `records.edit`.
pub async fn record_bulk_undo(cx: &RequestCx, id: JobId) -> Result<(JobId, bool)> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_BULK_UNDO).await?;
    let done = async {
        own_rights(cx)?;
        // The status is read after the lock, so that no batch of the act is at work.
        let plan = checkpoint_lock(&mut tx.conn, id).await?;
        let record = db::tenant::queue::job_get(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
        let is_own = kernel::jobs::asked_by(&record)? == tx.user.id && record.kind()? == JobKind::RecordsBulk;
        let plan = plan.filter(|_| is_own).ok_or(AppError::NotFound)?;
        let plan: Plan = serde_json::from_value(plan).map_err(|_| AppError::NotFound)?;
        let counts = job_row_count(&mut tx.conn, id).await?;
        let left = counts.iter().find(|(outcome, _)| outcome == "done").map_or(0, |(_, count)| *count);
        if left == 0 || !record.status()?.is_over() {
            return Err(AppError::conflict(Code::ImportNothingToUndo, "", "There is nothing to undo").into());
        }
        // An act that was stopped does not go on once it is taken back.
        job_row_close(&mut tx.conn, id).await?;
        let job = company_enqueue(cx, &mut tx, JobKind::RecordsUndo, &Undoing { of: id, pipeline: plan.pipeline }).await?;
        let line = entry(cx, &tx.actor, "record.bulk_undo", Object::new("job", job, plan.act.label()), json!({ "of": id }));
        tx.conn.audit(line);
        Ok((job, left <= DIRECT_MAX))
    }
    .await;
    tx.finish(done).await
}

/// Takes an act for many records back.
pub async fn bulk_undo_run(job: &mut Job) -> Result<()> {
    let (cx, plan): (RequestCx, Undoing) = job.company().await?;
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_BULK_UNDO).await?;
    let count = async {
        let done: i64 = job_row_count(&mut tx.conn, job.id()).await?.into_iter().map(|(_, count)| count).sum();
        let left = job_row_count(&mut tx.conn, plan.of).await?;
        Ok::<_, Error>((done, left.into_iter().filter(|(outcome, _)| outcome == "done").map(|(_, count)| count).sum::<i64>()))
    }
    .await;
    let (done, left) = tx.finish(count).await?;
    job.expect(done + left);
    job.advance(usize::try_from(done).unwrap_or(0))?;
    loop {
        let done = retry(|| undo_batch(&cx, job.id(), &plan)).await?;
        if done == 0 {
            break;
        }
        job.advance(done)?;
        failpoint::reach("records.undo")?;
    }
    job.finish(JobStatus::Done, None, &json!({})).await
}

async fn undo_batch(cx: &RequestCx, job: JobId, plan: &Undoing) -> Result<usize> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_BULK_UNDO).await?;
    let done = async {
        // Of two that take the same act back the later one finds what is left.
        checkpoint_lock(&mut tx.conn, plan.of).await?;
        let lens = lens_to_write(&mut tx, &plan.pipeline).await?;
        let act = checkpoint_get(&mut tx.conn, plan.of).await?.unwrap_or_default();
        let field = act.get("field").and_then(Value::as_str).unwrap_or_default().to_owned();
        let rows = job_row_list(&mut tx.conn, plan.of, &["done"], i64::MIN, BATCH).await?;
        let (mut taken, mut report) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in &rows {
            let before = row.detail.get("before").cloned().unwrap_or_default();
            let before: Before = serde_json::from_value(before).map_err(|error| Error::Fault(format!("job {}: {error}", plan.of)))?;
            let undo = async |tx: &mut TenantTx, record: &RecordRecord| back(cx, tx, &lens, &field, &before, record).await.map(Some);
            let mut line = lined(cx, &mut tx, &lens, row, undo).await?;
            let outcome = if line.outcome == "failed" { "kept" } else { "undone" };
            outcome.clone_into(&mut line.outcome);
            taken.push(JobRowRecord { outcome: line.outcome.clone(), ..row.clone() });
            report.push(JobRowRecord { job_id: job.0, ..line });
        }
        job_row_insert_many(&mut tx.conn, &taken).await?;
        job_row_insert_many(&mut tx.conn, &report).await?;
        Ok(rows.len())
    }
    .await;
    tx.finish(done).await
}

/// Makes a record what it was before an act.
async fn back(cx: &RequestCx, tx: &mut TenantTx, lens: &Lens, field: &str, before: &Before, record: &RecordRecord) -> Result<()> {
    let owner = record.owner_id.map(UserId);
    let may = if before.act == RecordAct::Delete { lens.may_delete(owner) } else { lens.may_edit(RecordId(record.id), owner) };
    if !may {
        return Err(AppError::Forbidden.into());
    }
    if record.version != before.version {
        return Err(AppError::conflict(Code::RecordChanged, "", "This record has been changed since then").into());
    }
    let mut becomes = Put { values: Vec::new(), owner, stage: record.stage_id };
    match before.act {
        RecordAct::Delete => return deleted_set(cx, tx, lens, record, false).await,
        RecordAct::Assign => {
            let known = user_get_many(&mut tx.conn, &before.owner.iter().map(|owner| owner.0).collect::<Vec<_>>()).await?;
            if before.owner.is_some() && !known.iter().any(|user| user.is_active) {
                return Err(AppError::conflict(Code::FieldUnknownChoice, "", "The previous owner is no longer active").into());
            }
            if !lens.may_assign(owner) {
                return Err(AppError::Forbidden.into());
            }
            becomes.owner = before.owner;
        }
        RecordAct::Move => {
            if before.stage.is_some() && lens.stage_of(before.stage).is_none_or(|stage| stage.is_archived) {
                return Err(AppError::conflict(Code::FieldUnknownChoice, "", "The previous stage was archived").into());
            }
            becomes.stage = before.stage;
        }
        RecordAct::Edit => {
            let field = lens.writable().find(|known| known.key == field);
            let field = field.ok_or_else(|| AppError::field(Code::FieldUnknownChoice, "", "You can no longer edit this field"))?;
            becomes.values.push((field, before.value.clone()));
        }
    }
    put(cx, tx, lens, record, becomes).await.map(drop)
}
