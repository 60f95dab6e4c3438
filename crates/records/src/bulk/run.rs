//! The job of a bulk action: fifty records in a transaction, each undone alone when it fails.

use super::{Plan, editable};
use crate::{
    lens::lens_to_write,
    owners::owner_parse,
    row::titled,
    trash::deleted_set,
    write::{Put, deleted, put, refusal, retyped},
};
use db::{
    TenantConn,
    tenant::{
        job_rows::{JobRowRecord, checkpoint_lock, job_row_count, job_row_insert_many, job_row_list},
        records::{RecordRecord, record_lock},
    },
};
use domain::{
    AppError, Code, JobId, RecordId, UserId,
    job::JobStatus,
    operation,
    record::{Lens, RecordAct},
};
use kernel::{RequestCx, Result, cx::TenantTx, error::retry, failpoint, jobs::Job};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Records of one transaction.
pub(super) const BATCH: i64 = 50;

/// What a record was before an act, and its version after it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Before {
    pub version: i32,
    pub act: RecordAct,
    pub owner: Option<UserId>,
    pub stage: Option<i64>,
    pub value: Option<Value>,
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
            if !plan.slot.is_empty() && plan.slot != field.slot {
                return Err(retyped());
            }
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
pub(super) async fn lined<T>(
    tx: &mut TenantTx,
    lens: &Lens,
    row: &JobRowRecord,
    act: impl AsyncFnOnce(&mut TenantTx, &RecordRecord) -> Result<Option<T>>,
) -> Result<JobRowRecord>
where
    T: Serialize,
{
    let found = record_lock(&mut tx.conn, lens, RecordId(row.line)).await?;
    let title = found.as_ref().map_or_else(|| format!("#{}", row.line), |record| titled(lens, record));
    tx.conn.part_begin().await?;
    let went = match found {
        Some(record) => act(tx, &record).await,
        None => Err(AppError::NotFound.into()),
    };
    tx.conn.part_end(went.is_ok()).await?;
    let (outcome, detail) = match went {
        Ok(Some(before)) => ("done", json!({ "typed": [title], "before": before })),
        Ok(None) => ("unchanged", json!({ "typed": [title] })),
        Err(error) => ("failed", json!({ "typed": [title], "error": refusal(lens, error)? })),
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
    let id = job.id();
    in_batches(job, "records.bulk", || bulk_batch(&cx, id, &plan)).await
}

/// Does batch after batch until one has nothing to do; `point` is where a test breaks it off.
pub(crate) async fn in_batches<F>(job: &mut Job, point: &'static str, batch: impl Fn() -> F) -> Result<()>
where
    F: Future<Output = Result<usize>>,
{
    loop {
        match retry(&batch).await? {
            0 => return job.finish(JobStatus::Done, None, &json!({})).await,
            done => job.advance(done)?,
        }
        failpoint::reach(point)?;
    }
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
            *row = lined(&mut tx, &lens, row, async |tx, record| one(cx, tx, &lens, plan, record).await).await?;
        }
        job_row_insert_many(&mut tx.conn, &rows).await?;
        Ok(rows.len())
    }
    .await;
    tx.finish(done).await
}
