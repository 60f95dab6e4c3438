//! The job of an import: batch by batch, each in a transaction of its own that also stores how far it is. A job that is begun again goes on
//! after the last batch that was committed. A check does the same, and undoes each line.

use super::{
    Plan,
    line::{Outcome, line_apply, match_keys},
    targets,
};
use crate::{lens::lens_to_write, save::Created, value::Reader, write::refusal};
use db::tenant::{
    job_rows::{JobRowRecord, checkpoint_lock, checkpoint_set, job_keys_insert, job_row_insert_many},
    queue,
};
use domain::{AppError, Code, JobId, import::ImportMode, job::JobStatus, operation, record::Lens};
use kernel::{
    Error, RequestCx, Result,
    csv::Record,
    cx::TenantTx,
    error::retry,
    failpoint,
    imports::{Lines, import_forget, key_hash},
    jobs::Job,
};
use serde_json::{Value, json};

/// Lines of one transaction.
const BATCH: usize = 100;

/// What a job works with in one transaction.
struct Work<'a> {
    job: JobId,
    plan: &'a Plan,
    lens: Lens,
    reader: Reader,
}

/// Checks what an import would do, or does it.
pub async fn import_run(job: &mut Job) -> Result<()> {
    let (cx, mut plan): (RequestCx, Plan) = job.company().await?;
    let (id, operation) = (job.id(), &operation::tenant::RECORD_IMPORT_RUN);
    job.expect(plan.sheet.lines);
    job.advance(usize::try_from(plan.done).unwrap_or(0))?;
    let mut lines = Lines::open(&cx.services, &plan.sheet, plan.done).await?;
    loop {
        let some = lines.next(BATCH).await?;
        if some.is_empty() {
            break;
        }
        retry(|| batch(&cx, id, &plan, &some)).await?;
        failpoint::reach("records.import")?;
        plan.done += i64::try_from(some.len()).unwrap_or(0);
        job.advance(some.len())?;
    }
    import_forget(&cx, operation, id, plan.dry.then_some(JobId(plan.looked))).await?;
    job.finish(JobStatus::Done, None, &json!({})).await
}

async fn batch(cx: &RequestCx, job: JobId, plan: &Plan, lines: &[Record]) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_IMPORT_RUN).await?;
    let done = async {
        // Of two workers with the same job the later one stops here.
        let stored: Option<Plan> = checkpoint_lock(&mut tx.conn, job).await?.and_then(|plan| serde_json::from_value(plan).ok());
        if stored.is_none_or(|stored| stored.done != plan.done) {
            return Err(Error::JobLost);
        }
        if queue::job_get(&mut tx.conn, job).await?.is_none_or(|record| record.cancel_requested) {
            return Err(Error::Cancelled);
        }
        let lens = lens_to_write(&mut tx, &plan.pipeline).await?;
        // A field that is gone meanwhile is not left out unseen.
        let known = targets(&tx, &lens);
        if !plan.columns.keys().all(|name| known.iter().any(|target| target.name == *name)) {
            return Err(AppError::conflict(Code::ImportNotChecked, "", "The fields of this import have changed. Check it again.").into());
        }
        let work = Work { job, plan, lens, reader: plan.reader(cx) };
        let mut rows = Vec::with_capacity(lines.len());
        for line in lines {
            rows.push(line_row(cx, &mut tx, &work, line).await?);
        }
        job_row_insert_many(&mut tx.conn, &rows).await?;
        let next = Plan { done: plan.done + i64::try_from(lines.len()).unwrap_or(0), ..plan.clone() };
        Ok(checkpoint_set(&mut tx.conn, job, &json!(next), cx.services.now()).await?)
    }
    .await;
    tx.finish(done).await
}

/// Does a line, or tries it where nothing is to be changed. Gives what the job notes of it.
async fn line_row(cx: &RequestCx, tx: &mut TenantTx, work: &Work<'_>, line: &Record) -> Result<JobRowRecord> {
    let Work { job, plan, lens, reader } = work;
    let row = |outcome: &str, detail: Value| JobRowRecord {
        job_id: job.0,
        line: line.line,
        user_id: None,
        outcome: outcome.to_owned(),
        detail,
        version: None,
    };
    let cells = match &line.cells {
        Ok(cells) => cells,
        Err((why, first)) => return Ok(row("failed", json!({ "typed": [first], "error": why.to_string() }))),
    };
    tx.conn.part_begin().await?;
    let went = line_apply(cx, tx, lens, plan, reader, cells).await;
    tx.conn.part_end(went.is_ok() && !plan.dry).await?;
    let failed = |text: &str| row("failed", json!({ "typed": cells, "error": text }));
    Ok(match went {
        Ok(Outcome::Created(made)) if plan.dry => match earlier(tx, work, &made, cells).await? {
            None => row("created", json!({})),
            Some(Earlier::Match) if plan.mode == ImportMode::Both => row("updated", json!({})),
            Some(Earlier::Match) => failed("An earlier row of the file is about the same record"),
            Some(Earlier::Unique) => failed("An earlier row of the file has a value that no two records may have"),
        },
        Ok(Outcome::Created(made)) => row("created", json!({ "typed": cells, "record": made.id, "version": 1 })),
        Ok(Outcome::Updated(_)) if plan.dry => row("updated", json!({})),
        Ok(Outcome::Updated(before)) => row("updated", json!({ "typed": cells, "before": before })),
        Ok(Outcome::Unchanged) => row("unchanged", json!({})),
        Err(error) => failed(&refusal(lens, error)?),
    })
}

/// What an earlier line has that this one has too.
enum Earlier {
    /// What existing records are found by.
    Match,
    /// Another value that no two records may have.
    Unique,
}

/// Compares a line that was tried with those before it: their records are not there, but would be.
async fn earlier(tx: &mut TenantTx, work: &Work<'_>, made: &Created, cells: &[String]) -> Result<Option<Earlier>> {
    let Work { job, plan, lens, reader } = work;
    let hash = |field: i64, key: &str| key_hash(&format!("{field} {key}"));
    let found_by = match_keys(lens, plan, reader, cells)?;
    let found_by: Vec<i64> = found_by.iter().flat_map(|(field, keys)| keys.iter().map(|key| hash(field.id, key))).collect();
    let unique = made.keys.iter().filter(|key| key.is_unique).map(|key| hash(key.field, &key.key));
    let mut all: Vec<i64> = found_by.iter().copied().chain(unique).collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() {
        return Ok(None);
    }
    let new = job_keys_insert(&mut tx.conn, *job, &all).await?;
    let is_known = |hash: &i64| !new.contains(hash);
    if found_by.iter().any(is_known) {
        return Ok(Some(Earlier::Match));
    }
    Ok(all.iter().any(is_known).then_some(Earlier::Unique))
}
