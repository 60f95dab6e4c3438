//! The job of an import: batch by batch, each in a transaction of its own that also stores how far it is. A restarted job resumes
//! after the last committed batch. A check does the same, and undoes each line.

use super::{
    Plan, Work,
    line::{Outcome, line_apply, match_keys},
    many::{Made, made_together},
    targets,
};
use crate::{lens::lens_to_write, save::Created, write::refusal};
use db::tenant::{
    job_rows::{JobRowRecord, checkpoint_lock, checkpoint_set, job_keys_insert, job_row_insert_many},
    queue,
};
use domain::{AppError, Code, JobId, import::ImportMode, job::JobStatus, operation};
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
use std::collections::HashSet;

/// Lines of one transaction.
const BATCH: usize = 200;

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
        let mut rows = rows_together(cx, &mut tx, &work, lines).await?;
        for (row, line) in rows.iter_mut().zip(lines).filter(|(row, _)| row.is_none()) {
            *row = Some(line_row(cx, &mut tx, &work, line).await?);
        }
        let rows: Vec<JobRowRecord> = rows.into_iter().flatten().collect();
        job_row_insert_many(&mut tx.conn, &rows).await?;
        let next = Plan { done: plan.done + i64::try_from(lines.len()).unwrap_or(0), ..plan.clone() };
        Ok(checkpoint_set(&mut tx.conn, job, &json!(next), cx.services.now()).await?)
    }
    .await;
    tx.finish(done).await
}

fn row(job: JobId, line: &Record, outcome: &str, detail: Value) -> JobRowRecord {
    JobRowRecord { job_id: job.0, line: line.line, user_id: None, outcome: outcome.to_owned(), detail, version: None }
}

fn failed(job: JobId, line: &Record, cells: &[String], text: &str) -> JobRowRecord {
    row(job, line, "failed", json!({ "typed": cells, "error": text }))
}

/// Does the lines that can be done together. Gives what the job notes of each, nothing for those that are left.
async fn rows_together(cx: &RequestCx, tx: &mut TenantTx, work: &Work<'_>, lines: &[Record]) -> Result<Vec<Option<JobRowRecord>>> {
    let Work { job, plan, .. } = work;
    let made = made_together(cx, tx, work, lines).await?;
    let mut known = HashSet::new();
    if plan.dry {
        let mut all: Vec<i64> = made.iter().flatten().flat_map(|made| made.keys.iter().map(hash)).collect();
        all.sort_unstable();
        all.dedup();
        let new: HashSet<i64> = job_keys_insert(&mut tx.conn, *job, &all).await?.into_iter().collect();
        known.extend(all.into_iter().filter(|hash| !new.contains(hash)));
    }
    let one = |(made, line): (Option<Made>, &Record)| {
        let (Made { id, found_by, keys }, cells) = (made?, line.cells.as_ref().ok()?);
        let is_known = |key: &(i64, String)| known.contains(&hash(key));
        Some(match id {
            Some(id) => row(*job, line, "created", json!({ "typed": cells, "record": id, "version": 1 })),
            None if found_by.iter().any(is_known) => Earlier::Match.row(work, line, cells),
            None if keys.iter().any(is_known) => Earlier::Unique.row(work, line, cells),
            None => row(*job, line, "created", json!({})),
        })
    };
    Ok(made.into_iter().zip(lines).map(one).collect())
}

/// Does a line, or tries it where nothing is to be changed. Gives what the job notes of it.
async fn line_row(cx: &RequestCx, tx: &mut TenantTx, work: &Work<'_>, line: &Record) -> Result<JobRowRecord> {
    let Work { job, plan, lens, reader } = work;
    let row = |outcome: &str, detail: Value| row(*job, line, outcome, detail);
    let cells = match &line.cells {
        Ok(cells) => cells,
        Err((why, first)) => return Ok(row("failed", json!({ "typed": [first], "error": why.to_string() }))),
    };
    tx.conn.part_begin().await?;
    let went = line_apply(cx, tx, lens, plan, reader, cells).await;
    tx.conn.part_end(went.is_ok() && !plan.dry).await?;
    Ok(match went {
        Ok(Outcome::Created(made)) if plan.dry => match earlier(tx, work, &made, cells).await? {
            Some(earlier) => earlier.row(work, line, cells),
            None => row("created", json!({})),
        },
        Ok(Outcome::Created(made)) => row("created", json!({ "typed": cells, "record": made.id, "version": 1 })),
        Ok(Outcome::Updated(_)) if plan.dry => row("updated", json!({})),
        Ok(Outcome::Updated(before)) => row("updated", json!({ "typed": cells, "before": before })),
        Ok(Outcome::Unchanged) => row("unchanged", json!({})),
        Err(error) => failed(*job, line, cells, &refusal(lens, error)?),
    })
}

/// What an earlier line has that this one has too.
enum Earlier {
    /// What existing records are found by.
    Match,
    /// Another value that no two records may have.
    Unique,
}

impl Earlier {
    /// What would become of the line.
    fn row(&self, work: &Work<'_>, line: &Record, cells: &[String]) -> JobRowRecord {
        match self {
            Self::Match if work.plan.mode == ImportMode::Both => row(work.job, line, "updated", json!({})),
            Self::Match => failed(work.job, line, cells, "An earlier row of the file is about the same record"),
            Self::Unique => failed(work.job, line, cells, "An earlier row of the file has a value that no two records may have"),
        }
    }
}

/// A value by which lines are told apart, as the job keeps it.
fn hash((field, key): &(i64, String)) -> i64 {
    key_hash(&format!("{field} {key}"))
}

/// Compares a line that was tried with those before it: their records are not there, but would be.
async fn earlier(tx: &mut TenantTx, work: &Work<'_>, made: &Created, cells: &[String]) -> Result<Option<Earlier>> {
    let Work { job, plan, lens, reader } = work;
    let found_by = match_keys(lens, plan, reader, cells)?;
    let found_by = found_by.into_iter().flat_map(|(field, keys)| keys.into_iter().map(|key| (field.id, key)));
    let found_by: Vec<i64> = found_by.map(|key| hash(&key)).collect();
    let unique = made.keys.iter().filter(|key| key.is_unique).map(|key| hash(&(key.field, key.key.clone())));
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
