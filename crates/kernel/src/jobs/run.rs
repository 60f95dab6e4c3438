//! One try at a job: how it shows itself, and how it ends.
//!
//! The job itself only counts. A task beside it writes down how far it is and learns whether the job is to stop, on a
//! connection of its own: a job never waits for a second connection while it holds one.

use crate::{Error, Result, Services};
use db::platform::jobs::{self, JobRecord};
use domain::{JobId, TenantId, job::JobStatus, text::cut};
use serde_json::Value;
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

/// How often progress is written down, at most.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);
/// How often a job shows itself that does not get on.
const BEAT_EVERY: Duration = Duration::from_secs(3);

/// The most characters of a line of the log of a job.
const LINE_MAX: usize = 500;

const GOES_ON: u8 = 0;
const CANCELLED: u8 = 1;
const LOST: u8 = 2;
/// Of a total that is not known yet.
const UNKNOWN: i64 = -1;

/// One try at a job.
pub struct Job {
    /// What it works with.
    pub services: Arc<Services>,
    /// As the queue knows it.
    pub record: JobRecord,
    progress: Arc<Progress>,
}

/// How far a try is, shared with the task that writes it down.
struct Progress {
    done: AtomicI64,
    total: AtomicI64,
    state: AtomicU8,
    /// What it said and nobody has written down yet.
    lines: Mutex<Vec<String>>,
}

impl Progress {
    fn counts(&self) -> (i64, Option<i64>) {
        let total = self.total.load(Ordering::Relaxed);
        (self.done.load(Ordering::Relaxed), (total != UNKNOWN).then_some(total))
    }
}

impl Job {
    /// A try at a job that was just claimed.
    #[must_use]
    pub fn new(services: Arc<Services>, record: JobRecord) -> Self {
        let progress =
            Progress { done: AtomicI64::new(0), total: AtomicI64::new(UNKNOWN), state: AtomicU8::new(GOES_ON), lines: Mutex::default() };
        Self { services, record, progress: Arc::new(progress) }
    }

    /// The job.
    #[must_use]
    pub const fn id(&self) -> JobId {
        JobId(self.record.id)
    }

    /// The tenant it is about.
    pub fn tenant(&self) -> Result<TenantId> {
        self.record.tenant_id.map(TenantId).ok_or_else(|| Error::Fault("a job without a tenant".to_owned()))
    }

    /// What it was asked to do.
    pub fn params<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.record.params.clone()).map_err(|error| Error::Fault(format!("job {}: {error}", self.record.id)))
    }

    /// Says how much there is to do.
    pub fn expect(&self, total: i64) {
        self.progress.total.store(total, Ordering::Relaxed);
    }

    /// Says that so much more is done.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when the job is to stop, [`Error::JobLost`] when it is another worker's by now.
    pub fn advance(&self, rows: usize) -> Result<()> {
        self.progress.done.fetch_add(i64::try_from(rows).unwrap_or(0), Ordering::Relaxed);
        self.goes_on()
    }

    /// Whether the job is to go on.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    pub fn goes_on(&self) -> Result<()> {
        match self.progress.state.load(Ordering::Relaxed) {
            CANCELLED => Err(Error::Cancelled),
            LOST => Err(Error::JobLost),
            _ => Ok(()),
        }
    }

    /// Rows done, and rows to do once known: for the statement that ends the job.
    pub fn counts(&self) -> (i64, Option<i64>) {
        self.progress.counts()
    }

    /// Leaves a line for the page of the job.
    pub fn log(&self, line: impl Into<String>) {
        self.progress.lines.lock().unwrap_or_else(PoisonError::into_inner).push(cut(&line.into(), LINE_MAX));
    }

    /// Holds the job for the rest of a transaction: from here on it cannot be stopped.
    pub async fn hold(&self, conn: &mut db::PlatformConn) -> Result<()> {
        match jobs::job_hold(conn, &self.record).await? {
            None => Err(Error::JobLost),
            Some(true) => Err(Error::Cancelled),
            Some(false) => Ok(()),
        }
    }

    /// Ends the try, where it did not end in the transaction of its work.
    pub async fn finish(&self, status: JobStatus, error: Option<&str>, result: &Value) -> Result<()> {
        let mut conn = self.services.db.platform().await?;
        let finished = jobs::job_finish(&mut conn, &self.record, (status, self.counts()), error, result, self.services.now()).await;
        Ok(conn.finish(finished).await?)
    }

    /// Writes down how far the job is until the task is dropped.
    pub(super) fn watch(&self) -> impl Future<Output = ()> + Send + 'static {
        let (services, record, progress) = (Arc::clone(&self.services), self.record.clone(), Arc::clone(&self.progress));
        async move {
            let mut written = (0, None);
            let mut since = Instant::now();
            loop {
                tokio::time::sleep(PROGRESS_EVERY).await;
                let counts = progress.counts();
                let has_lines = !progress.lines.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
                if counts == written && !has_lines && since.elapsed() < BEAT_EVERY {
                    continue;
                }
                match write_down(&services, &record, &progress).await {
                    Ok(state) => {
                        progress.state.store(state, Ordering::Relaxed);
                        (written, since) = (counts, Instant::now());
                    }
                    // The next look tries again; a job that shows itself too seldom is another worker's.
                    Err(error) => tracing::debug!(%error, id = record.id, "the progress of a job was not written down"),
                }
            }
        }
    }

    /// Writes down what the task beside the job has not written yet.
    pub async fn settle(&self) -> Result<()> {
        if self.progress.lines.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return Ok(());
        }
        let mut conn = self.services.db.platform().await?;
        let written = lines_insert(&mut conn, &self.services, &self.record, &self.progress).await;
        conn.finish(written).await
    }
}

async fn write_down(services: &Services, record: &JobRecord, progress: &Progress) -> Result<u8> {
    let (done, total) = progress.counts();
    let mut conn = services.db.platform().await?;
    let noted = async {
        let stop = jobs::job_progress(&mut conn, record, done, total, services.now()).await?;
        lines_insert(&mut conn, services, record, progress).await?;
        Ok::<_, Error>(stop)
    }
    .await;
    Ok(match conn.finish(noted).await? {
        None => LOST,
        Some(true) => CANCELLED,
        Some(false) => GOES_ON,
    })
}

async fn lines_insert(conn: &mut db::PlatformConn, services: &Services, record: &JobRecord, progress: &Progress) -> Result<()> {
    let lines = std::mem::take(&mut *progress.lines.lock().unwrap_or_else(PoisonError::into_inner));
    for line in lines {
        jobs::job_log_insert(conn, JobId(record.id), &line, services.now()).await?;
    }
    Ok(())
}
