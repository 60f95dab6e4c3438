//! Doing what waits, one job at a time in each process.

use super::{Job, company_prune};
use crate::{Error, Result, Services, entropy::random_name, transfer, users};
use chrono::TimeDelta;
use db::{
    DbError,
    platform::jobs::{self, Claim, JobRecord},
};
use domain::{
    AppError, Code, JobId,
    job::{JobKind, JobStatus},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// How often an idle worker looks for work.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A worker that has not shown itself for so long is gone, and its job is anybody's.
const GONE_AFTER: TimeDelta = TimeDelta::seconds(15);
/// A job that was begun so often without an end is given up.
const TRIES: i32 = 5;
/// How often companies are looked for whose time in the archive is over.
const PURGE_EVERY: Duration = Duration::from_secs(600);

/// Works until the task is dropped.
pub async fn work(services: Arc<Services>) {
    let worker = worker_name(&services);
    let purge = async {
        loop {
            if let Err(error) = transfer::purge_due(&services).await {
                tracing::warn!(%error, "companies past their time in the archive were not looked for");
            }
            if let Err(error) = company_prune(&services).await {
                tracing::warn!(%error, "what old jobs did was not forgotten");
            }
            if let Err(error) = users::import_sweep(&services).await {
                tracing::warn!(%error, "old lists of people were not removed");
            }
            tokio::time::sleep(PURGE_EVERY).await;
        }
    };
    tokio::join!(purge, lane(&services, &worker, Claim::Platform), lane(&services, &worker, Claim::Companies));
}

/// Does what waits of some, one job after the other.
async fn lane(services: &Arc<Services>, worker: &str, which: Claim) {
    loop {
        match claim(services, worker, which).await {
            Ok(Some(record)) => {
                // A task of its own: whatever it does, others have their turn. It ends with this lane.
                let mut task = tokio::task::JoinSet::new();
                let services = Arc::clone(services);
                task.spawn(async move { run(&services, record).await });
                let _ended = task.join_next().await;
            }
            Ok(None) => {
                let _woken = tokio::time::timeout(LOOK_EVERY, services.db.wake().jobs()).await;
            }
            Err(error) => {
                tracing::debug!(%error, "the queue cannot be read");
                tokio::time::sleep(LOOK_EVERY * 4).await;
            }
        }
    }
}

/// Does one job now, in this process, and says how it ended; `None` while another worker has it.
///
/// # Errors
/// When the database does not answer.
pub async fn run_only(services: &Arc<Services>, id: JobId) -> Result<Option<JobRecord>> {
    if let Some(record) = claim(services, &worker_name(services), Claim::One(id)).await? {
        run(services, record).await;
    }
    let mut conn = services.db.platform().await?;
    let found = jobs::job_get(&mut conn, id).await;
    let record = conn.finish(found).await?.ok_or(AppError::NotFound)?;
    Ok(record.status()?.is_over().then_some(record))
}

fn worker_name(services: &Services) -> String {
    let random = random_name::<4>(&*services.entropy);
    format!("{}-{random}", std::process::id())
}

async fn claim(services: &Services, worker: &str, which: Claim) -> Result<Option<JobRecord>> {
    let now = services.now();
    let mut conn = services.db.platform().await?;
    let claimed = jobs::job_claim(&mut conn, worker, which, now, now - GONE_AFTER).await;
    Ok(conn.finish(claimed).await?)
}

async fn run(services: &Arc<Services>, record: JobRecord) {
    let (id, kind) = (record.id, record.kind.clone());
    tracing::info!(id, kind, attempt = record.attempts, "a job begins");
    let mut job = Job::new(Arc::clone(services), record);
    // A task of its own, so that it goes on while the work reads or writes a large file; it ends with this function.
    let mut watch = tokio::task::JoinSet::new();
    watch.spawn(job.watch());
    // On the heap: what a job holds is large, and whoever waits for it should not be.
    let done = Box::pin(attempt(&mut job)).await;
    watch.shutdown().await;
    if let Err(error) = job.settle().await {
        tracing::warn!(%error, id, "what a job said was not written down");
    }
    if let Err(error) = end(&job, done).await {
        tracing::warn!(%error, id, "the end of a job was not written down");
    }
}

async fn attempt(job: &mut Job) -> Result<()> {
    if job.record.attempts - job.record.tries_from > TRIES {
        return Err(AppError::conflict(Code::JobGaveUp, "", format!("Given up after {TRIES} tries that broke off")).into());
    }
    if job.record.attempts > 1 {
        job.say(format!("Begun again, try {}", job.record.attempts));
    }
    match job.record.kind()? {
        JobKind::TenantExport => transfer::export_run(job).await,
        JobKind::TenantImport => transfer::import_run(job).await,
        JobKind::TenantClone => transfer::clone_run(job).await,
        JobKind::TenantPurge => transfer::purge_run(job).await,
        JobKind::UsersBulk => users::bulk_run(job).await,
        JobKind::UsersImport => users::import_run(job).await,
        JobKind::UsersUndo => users::undo_run(job).await,
    }
}

/// Writes down how a try ended, where its own transaction did not.
async fn end(job: &Job, done: Result<()>) -> Result<()> {
    let (status, why) = match done {
        Ok(()) => return Ok(()),
        // Another worker has it; what this one did was undone.
        Err(Error::JobLost | Error::Db(DbError::Stale)) => return Ok(()),
        // It waits as if this process had died, and goes on once the database is back.
        Err(Error::Db(error @ (DbError::Unavailable(_) | DbError::Retry(_)))) => {
            tracing::warn!(%error, id = job.record.id, "a job waits for the database");
            return Ok(());
        }
        Err(Error::Cancelled) => (JobStatus::Cancelled, None),
        Err(error) => (JobStatus::Failed, Some(message(error, job.record.id))),
    };
    job.finish(status, why.as_deref(), &json!({})).await?;
    transfer::purge_release(&job.services).await
}

/// What a person may know of a failure.
fn message(error: Error, id: i64) -> String {
    match error {
        Error::Files(text) => {
            tracing::error!(error = text, id, "a job failed");
            "A file could not be read or written.".to_owned()
        }
        error => match error.into_app(&format!("job {id}")) {
            AppError::Validation(errors) | AppError::Conflict(errors) => errors.sentences(),
            AppError::NotFound => "The company is not there any more.".to_owned(),
            other => other.to_string(),
        },
    }
}
