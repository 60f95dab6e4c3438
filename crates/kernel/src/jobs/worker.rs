//! Doing what waits, one job at a time in each process.

use super::Job;
use crate::{Error, Result, Services, entropy::random_name};
use async_trait::async_trait;
use chrono::TimeDelta;
use db::{
    DbError,
    platform::jobs::{self, Claim, JobRecord},
};
use domain::{AppError, Code, JobId, job::JobStatus, text::cut};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// How often an idle worker looks for work.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A worker that has not shown itself for so long is gone, and its job is anybody's.
const GONE_AFTER: TimeDelta = TimeDelta::seconds(15);
/// A job that was begun so often without an end is given up: it may be what took the process down.
const TRIES: i32 = 2;
/// The most characters of why a job failed.
const MESSAGE_MAX: usize = 500;
/// How often the handlers look for what is due.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// What the jobs of an installation do. The queue knows nothing of it.
#[async_trait]
pub trait JobHandlers: Send + Sync {
    /// Does a job, one try of it; its error is shown to the user who asked.
    ///
    /// # Errors
    /// Whatever ends the try.
    async fn run(&self, job: &mut Job) -> Result<()>;

    /// What follows from jobs that ended without having done what they were asked for.
    ///
    /// # Errors
    /// When a service does not answer.
    async fn ended(&self, services: &Services) -> Result<()>;

    /// What is looked for from time to time: work that is due, and what old jobs left behind. It logs what fails.
    async fn sweep(&self, services: &Arc<Services>);
}

/// Works until the task is dropped.
pub async fn work(services: Arc<Services>, handlers: Arc<dyn JobHandlers>) {
    let worker = worker_name(&services);
    let sweep = async {
        loop {
            handlers.sweep(&services).await;
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    };
    tokio::join!(sweep, lane(&services, &handlers, &worker, Claim::Platform), lane(&services, &handlers, &worker, Claim::Companies));
}

/// Does what waits of some, one job after the other.
async fn lane(services: &Arc<Services>, handlers: &Arc<dyn JobHandlers>, worker: &str, which: Claim) {
    loop {
        match claim(services, worker, which).await {
            Ok(Some(record)) => {
                // A task of its own: whatever it does, others are not kept waiting. It ends with this lane.
                let mut task = tokio::task::JoinSet::new();
                let (services, handlers) = (Arc::clone(services), Arc::clone(handlers));
                task.spawn(async move { run(&services, &*handlers, record).await });
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
pub async fn run_only(services: &Arc<Services>, handlers: &dyn JobHandlers, id: JobId) -> Result<Option<JobRecord>> {
    if let Some(record) = claim(services, &worker_name(services), Claim::One(id)).await? {
        run(services, handlers, record).await;
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

async fn run(services: &Arc<Services>, handlers: &dyn JobHandlers, record: JobRecord) {
    let (id, kind) = (record.id, record.kind.clone());
    tracing::info!(id, kind, attempt = record.attempts, "a job begins");
    let mut job = Job::new(Arc::clone(services), record);
    // A task of its own, so that it goes on while the work reads or writes a large file; it ends with this function.
    let mut watch = tokio::task::JoinSet::new();
    watch.spawn(job.watch());
    // On the heap: the future of a job is large, and what awaits it should not be.
    let done = Box::pin(attempt(handlers, &mut job)).await;
    watch.shutdown().await;
    if let Err(error) = job.settle().await {
        tracing::warn!(%error, id, "the log of a job was not written");
    }
    if let Err(error) = end(handlers, &job, done).await {
        tracing::warn!(%error, id, "the end of a job was not written down");
    }
}

async fn attempt(handlers: &dyn JobHandlers, job: &mut Job) -> Result<()> {
    if job.record.attempts - job.record.tries_from > TRIES {
        return Err(AppError::conflict(Code::JobGaveUp, "", format!("Stopped after {TRIES} failed attempts")).into());
    }
    if job.record.attempts > 1 {
        job.log(format!("Started again, attempt {}", job.record.attempts));
    }
    handlers.run(job).await
}

/// Writes down how a try ended, where its own transaction did not.
async fn end(handlers: &dyn JobHandlers, job: &Job, done: Result<()>) -> Result<()> {
    let (status, why) = match done {
        Ok(()) => return Ok(()),
        // Another worker has it; what this one did was undone.
        Err(Error::JobLost | Error::Db(DbError::Stale)) => return Ok(()),
        // It waits as if this process had died, and goes on once the database is back or there is space again.
        Err(Error::App(AppError::NoSpace)) => {
            tracing::warn!(id = job.record.id, "a job waits for space");
            return Ok(());
        }
        Err(Error::Db(error @ (DbError::Unavailable(_) | DbError::Retry(_) | DbError::NoSpace(_)))) => {
            tracing::warn!(%error, id = job.record.id, "a job waits for the database");
            return Ok(());
        }
        Err(Error::Cancelled) => (JobStatus::Cancelled, None),
        Err(error) => (JobStatus::Failed, Some(message(error, job.record.id))),
    };
    job.finish(status, why.as_deref(), &json!({})).await?;
    handlers.ended(&job.services).await
}

/// What a person may know of a failure.
fn message(error: Error, id: i64) -> String {
    let text = match error {
        Error::Files(text) => {
            tracing::error!(error = text, id, "a job failed");
            "A file could not be read or written.".to_owned()
        }
        error => match error.into_app(&format!("job {id}")) {
            AppError::Validation(errors) | AppError::Conflict(errors) => errors.sentences(),
            AppError::NotFound => "The company is not there any more.".to_owned(),
            other => other.to_string(),
        },
    };
    // Parts of it may come from a file.
    cut(&text, MESSAGE_MAX)
}
