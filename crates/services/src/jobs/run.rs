//! One try at a job: how it shows itself, and how it ends.

use crate::{Error, Result, Services};
use db::platform::jobs::{self, JobRecord};
use domain::{JobId, TenantId, job::JobStatus};
use serde_json::Value;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How often progress is written down, at most.
const EVERY: Duration = Duration::from_millis(250);

/// One try at a job.
pub(crate) struct Job {
    pub services: Arc<Services>,
    pub record: JobRecord,
    done: i64,
    total: Option<i64>,
    told: Option<Instant>,
}

impl Job {
    pub fn new(services: Arc<Services>, record: JobRecord) -> Self {
        Self { services, record, done: 0, total: None, told: None }
    }

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
    pub async fn expect(&mut self, total: i64) -> Result<()> {
        self.total = Some(total);
        self.tell().await
    }

    /// Says that so much more is done; ends here when somebody stopped the job.
    pub async fn advance(&mut self, rows: usize) -> Result<()> {
        self.done += i64::try_from(rows).unwrap_or(0);
        if self.told.is_none_or(|told| told.elapsed() >= EVERY) { self.tell().await } else { Ok(()) }
    }

    /// Writes the progress down now.
    pub async fn tell(&mut self) -> Result<()> {
        let mut conn = self.services.db.platform().await?;
        let told = jobs::job_progress(&mut conn, &self.record, self.done, self.total, self.services.now()).await;
        self.told = Some(Instant::now());
        match conn.finish(told).await? {
            None => Err(Error::JobLost),
            Some(true) => Err(Error::Cancelled),
            Some(false) => Ok(()),
        }
    }

    /// Holds the job for the rest of a transaction: from here on it cannot be stopped.
    pub async fn hold(&self, conn: &mut db::PlatformConn) -> Result<()> {
        match jobs::job_hold(conn, &self.record).await? {
            None => Err(Error::JobLost),
            Some(true) => Err(Error::Cancelled),
            Some(false) => Ok(()),
        }
    }

    /// Leaves a line for the page of the job.
    pub async fn say(&self, line: &str) -> Result<()> {
        let mut conn = self.services.db.platform().await?;
        let said = jobs::job_log_insert(&mut conn, self.id(), line, self.services.now()).await;
        Ok(conn.finish(said).await?)
    }

    /// Ends the try, where it did not end in the transaction of its work.
    pub async fn finish(&self, status: JobStatus, error: Option<&str>, result: &Value) -> Result<()> {
        let mut conn = self.services.db.platform().await?;
        let finished = jobs::job_finish(&mut conn, &self.record, status, error, result, self.services.now()).await;
        Ok(conn.finish(finished).await?)
    }
}
