//! An import undone: records that it made are moved to the trash, records that it changed get their former values back. What was changed since
//! stays as it is and is listed.

use super::{Plan, line::Before};
use crate::{
    lens::{lens_to_write, own_rights},
    owners::{owner_back, stage_back},
    trash::deleted_set,
    write::{Put, put, refusal, retyped},
};
use db::tenant::{
    job_rows::{JobRowRecord, checkpoint_lock, checkpoint_set, job_row_count, job_row_insert_many, job_row_list_last},
    queue::job_get,
    records::{record_is_changed, record_lock},
};
use domain::{AppError, Code, JobId, RecordId, UserId, job::JobKind, operation, record::Lens};
use kernel::{
    Error, RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
    jobs::{Job, asked_by, company_enqueue},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Lines of one transaction.
const BATCH: i64 = 50;
/// Outcomes of lines that are undone.
const DONE: [&str; 2] = ["created", "updated"];

/// What a job undoes.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Undoing {
    of: JobId,
    pipeline: String,
    about: String,
}

/// How many lines of a job made or changed a record.
async fn left(tx: &mut TenantTx, job: JobId) -> Result<i64> {
    let counts = job_row_count(&mut tx.conn, job).await?;
    Ok(counts.iter().filter(|(outcome, _)| DONE.contains(&outcome.as_str())).map(|(_, count)| count).sum())
}

/// Begins to undo an import.
///
/// # Errors
/// [`AppError::NotFound`] for what is no import of the caller, [`AppError::Conflict`] for one that is not over or with nothing to undo.
pub async fn record_import_undo(cx: &RequestCx, id: JobId) -> Result<JobId> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_IMPORT_UNDO).await?;
    let done = async {
        own_rights(cx)?;
        // The status is read after the lock, so that no batch of the import is at work.
        let plan = checkpoint_lock(&mut tx.conn, id).await?;
        let record = job_get(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
        let is_own = asked_by(&record)? == tx.user.id && record.kind()? == JobKind::RecordsImport;
        let plan: Option<Plan> = plan.and_then(|plan| serde_json::from_value(plan).ok());
        let plan = plan.filter(|plan| is_own && !plan.dry).ok_or(AppError::NotFound)?;
        // An import that was stopped does not go on once it is undone.
        let over = Plan { done: plan.sheet.lines, ..plan.clone() };
        if !record.status()?.is_over() || left(&mut tx, id).await? == 0 {
            return Err(AppError::conflict(Code::ImportNothingToUndo, "", "There is nothing to undo").into());
        }
        checkpoint_set(&mut tx.conn, id, &json!(over), cx.services.now()).await?;
        let undoing = Undoing { of: id, pipeline: plan.pipeline, about: plan.about };
        let job = company_enqueue(cx, &mut tx, JobKind::RecordsImportUndo, &undoing).await?;
        let line = entry(cx, &tx.actor, "record.import_undo", Object::new("job", job, plan.sheet.name.as_str()), json!({ "import": id }));
        tx.conn.audit(line);
        Ok(job)
    }
    .await;
    tx.finish(done).await
}

/// Undoes an import.
pub async fn import_undo_run(job: &mut Job) -> Result<()> {
    let (cx, plan): (RequestCx, Undoing) = job.company().await?;
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_IMPORT_UNDO).await?;
    let counted = async {
        let done: i64 = job_row_count(&mut tx.conn, job.id()).await?.into_iter().map(|(_, count)| count).sum();
        Ok::<_, Error>((done, left(&mut tx, plan.of).await?))
    }
    .await;
    let (done, left) = tx.finish(counted).await?;
    job.expect(done + left);
    job.advance(usize::try_from(done).unwrap_or(0))?;
    let id = job.id();
    crate::bulk::in_batches(job, "records.import_undo", || batch(&cx, id, &plan)).await
}

async fn batch(cx: &RequestCx, job: JobId, plan: &Undoing) -> Result<usize> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_IMPORT_UNDO).await?;
    let done = async {
        // Of two that undo the same import the later one finds what is left.
        let import: Option<Plan> = checkpoint_lock(&mut tx.conn, plan.of).await?.and_then(|plan| serde_json::from_value(plan).ok());
        let dry = import.is_none_or(|import| import.dry);
        let lens = lens_to_write(&mut tx, &plan.pipeline).await?;
        let rows = if dry { Vec::new() } else { job_row_list_last(&mut tx.conn, plan.of, &DONE, BATCH).await? };
        let (mut taken, mut report) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        // The last line comes first: of several lines about one record, the values before the first one are those that come back.
        for row in &rows {
            tx.conn.part_begin().await?;
            let went = back(cx, &mut tx, &lens, (plan.of, job), row).await;
            tx.conn.part_end(went.is_ok()).await?;
            let kept = went.err().map(|error| refusal(&lens, error)).transpose()?;
            let outcome = if kept.is_none() { "undone" } else { "kept" };
            taken.push(JobRowRecord { outcome: outcome.to_owned(), ..row.clone() });
            let detail = json!({ "typed": row.detail.get("typed"), "error": kept });
            report.push(JobRowRecord { job_id: job.0, outcome: outcome.to_owned(), detail, ..row.clone() });
        }
        job_row_insert_many(&mut tx.conn, &taken).await?;
        job_row_insert_many(&mut tx.conn, &report).await?;
        Ok(rows.len())
    }
    .await;
    tx.finish(done).await
}

/// Undoes one line.
async fn back(cx: &RequestCx, tx: &mut TenantTx, lens: &Lens, (of, job): (JobId, JobId), row: &JobRowRecord) -> Result<()> {
    let before: Option<Before> = row.detail.get("before").and_then(|before| serde_json::from_value(before.clone()).ok());
    let id = row.detail.get("record").and_then(serde_json::Value::as_i64).map(RecordId);
    let id = before.as_ref().map(|before| before.record).or(id).ok_or(AppError::NotFound)?;
    let record = record_lock(&mut tx.conn, lens, id).await?.ok_or(AppError::NotFound)?;
    let owner = record.owner_id.map(UserId);
    let version = before.as_ref().map_or(1, |before| before.version);
    // Later lines of the import may have changed the record too, and were undone.
    let is_changed = record.version != version && record_is_changed(&mut tx.conn, lens, id, version, [of, job]).await?;
    if is_changed || record.deleted_at.is_some() {
        return Err(AppError::conflict(Code::RecordChanged, "", "This record has been changed since then").into());
    }
    let Some(before) = before else {
        if !lens.may_delete(owner) {
            return Err(AppError::Forbidden.into());
        }
        return deleted_set(cx, tx, lens, &record, true).await;
    };
    if !lens.may_edit(id, owner) {
        return Err(AppError::Forbidden.into());
    }
    let mut becomes = Put { values: Vec::new(), owner, stage: record.stage_id };
    for (key, slot, value) in before.values {
        let field = lens.writable().find(|field| field.key == key);
        let field = field.ok_or_else(|| AppError::field(Code::FieldUnknownChoice, "", "You can no longer edit all of its fields"))?;
        if field.slot != slot {
            return Err(retyped());
        }
        becomes.values.push((field, value));
    }
    becomes.owner = owner_back(tx, lens, owner, before.owner).await?;
    becomes.stage = stage_back(lens, record.stage_id, before.stage)?;
    put(cx, tx, lens, &record, becomes).await.map(drop)
}
