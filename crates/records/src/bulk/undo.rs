//! Undo of a bulk action: each record gets its previous values back, unless it was changed since.

use super::{
    DIRECT_MAX, Plan,
    run::{BATCH, Before, in_batches, lined},
};
use crate::{
    lens::{lens_to_write, own_rights},
    owners::{owner_back, stage_back},
    trash::deleted_set,
    write::{Put, put, retyped},
};
use db::tenant::{
    job_rows::{JobRowRecord, checkpoint_get, checkpoint_lock, job_row_close, job_row_count, job_row_insert_many, job_row_list},
    queue::job_get,
    records::RecordRecord,
};
use domain::{
    AppError, Code, JobId, RecordId, UserId,
    job::JobKind,
    operation,
    record::{Lens, RecordAct},
};
use kernel::{
    Error, RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
    jobs::{Job, asked_by, company_enqueue},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What an undo job reverts.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Undoing {
    of: JobId,
    pipeline: String,
    /// What was done, for the page of the job.
    about: String,
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
        let record = job_get(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
        let is_own = asked_by(&record)? == tx.user.id && record.kind()? == JobKind::RecordsBulk;
        let plan = plan.filter(|_| is_own).ok_or(AppError::NotFound)?;
        let plan: Plan = serde_json::from_value(plan).map_err(|_| AppError::NotFound)?;
        let counts = job_row_count(&mut tx.conn, id).await?;
        let left = counts.iter().find(|(outcome, _)| outcome == "done").map_or(0, |(_, count)| *count);
        if left == 0 || !record.status()?.is_over() {
            return Err(AppError::conflict(Code::ImportNothingToUndo, "", "There is nothing to undo").into());
        }
        // An act that was stopped does not go on once it is taken back.
        job_row_close(&mut tx.conn, id).await?;
        let job =
            company_enqueue(cx, &mut tx, JobKind::RecordsUndo, &Undoing { of: id, pipeline: plan.pipeline, about: plan.about }).await?;
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
    let id = job.id();
    in_batches(job, "records.undo", || undo_batch(&cx, id, &plan)).await
}

async fn undo_batch(cx: &RequestCx, job: JobId, plan: &Undoing) -> Result<usize> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_BULK_UNDO).await?;
    let done = async {
        // Of two that take the same act back the later one finds what is left.
        checkpoint_lock(&mut tx.conn, plan.of).await?;
        let lens = lens_to_write(&mut tx, &plan.pipeline).await?;
        let act = checkpoint_get(&mut tx.conn, plan.of).await?.unwrap_or_default();
        let text = |name: &str| act.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (field, slot) = (text("field"), text("slot"));
        let rows = job_row_list(&mut tx.conn, plan.of, &["done"], i64::MIN, BATCH).await?;
        let (mut taken, mut report) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in &rows {
            let before = row.detail.get("before").cloned().unwrap_or_default();
            let before: Before = serde_json::from_value(before).map_err(|error| Error::Fault(format!("job {}: {error}", plan.of)))?;
            let undo =
                async |tx: &mut TenantTx, record: &RecordRecord| back(cx, tx, &lens, (&field, &slot), &before, record).await.map(Some);
            let mut line = lined(&mut tx, &lens, row, undo).await?;
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
async fn back(
    cx: &RequestCx,
    tx: &mut TenantTx,
    lens: &Lens,
    (field, slot): (&str, &str),
    before: &Before,
    record: &RecordRecord,
) -> Result<()> {
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
        RecordAct::Assign => becomes.owner = owner_back(tx, lens, owner, before.owner).await?,
        RecordAct::Move => becomes.stage = stage_back(lens, record.stage_id, before.stage)?,
        RecordAct::Edit => {
            let field = lens.writable().find(|known| known.key == field);
            let field = field.ok_or_else(|| AppError::field(Code::FieldUnknownChoice, "", "You can no longer edit this field"))?;
            if !slot.is_empty() && slot != field.slot {
                return Err(retyped());
            }
            becomes.values.push((field, before.value.clone()));
        }
    }
    put(cx, tx, lens, record, becomes).await.map(drop)
}
