//! Long work: put into a queue in the transaction of whatever asks for it, done by workers.

mod run;
mod worker;

pub use run::Job;
pub use worker::{JobHandlers, run_only, work};

use crate::{
    Error, RequestCx, Result, Site, TenantSite,
    cx::{PlatformTx, TenantTx},
    settings::settings_of,
    sites::site_of_tenant,
};
use chrono::{DateTime, Utc};
use db::{
    JobEntry,
    platform::jobs::{self, JobRecord},
    tenant::{
        job_rows::{checkpoint_get, checkpoint_set},
        queue,
    },
};
use domain::{
    AppError, Code, JobId, TenantId, TenantStatus, UserId,
    dto::platform::{JobPage, JobRow, TenantName},
    job::JobKind,
    operation,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The filters that lists of jobs know.
pub const FILTERS: &[&str] = &["status"];

/// A job as lists show one; `names` are those of tenants.
///
/// # Errors
/// When a stored job cannot be read.
pub fn job_row(record: &JobRecord, names: &[TenantName]) -> Result<JobRow> {
    let tenant = record.tenant_id.and_then(|id| names.iter().find(|name| name.id.0 == id)).cloned();
    Ok(JobRow {
        id: JobId(record.id),
        kind: record.kind()?,
        tenant,
        status: record.status()?,
        done: record.done,
        total: record.total,
        error: record.error.clone(),
        created_by: record.created_by.clone(),
        created_at: record.created_at,
        started_at: record.started_at,
        finished_at: record.finished_at,
        attempts: record.attempts,
        cancel_requested: record.cancel_requested,
    })
}

/// What the page of a job shows.
///
/// # Errors
/// As [`job_row`].
pub fn job_page(record: &JobRecord, names: Vec<TenantName>, log: Vec<(DateTime<Utc>, String)>) -> Result<JobPage> {
    let text = |key: &str| record.result.get(key).and_then(Value::as_str).map(str::to_owned);
    Ok(JobPage {
        job: job_row(record, &names)?,
        log,
        file: text("file"),
        file_bytes: record.result.get("bytes").and_then(Value::as_i64),
        made: text("slug"),
    })
}

/// Enqueues a job in the transaction of whatever asks for it; its line of the audit log is left to the caller.
pub async fn enqueue(cx: &RequestCx, tx: &mut PlatformTx, kind: JobKind, tenant: Option<TenantId>, params: &Value) -> Result<JobId> {
    Ok(jobs::job_insert(&mut tx.conn, kind, tenant, params, &tx.actor.label(), cx.services.now()).await?)
}

/// What the queue knows of a company's job; all else stands in the company's own schema.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Params {
    user: UserId,
}

/// The user who asked for a job of a tenant.
///
/// # Errors
/// When a stored job cannot be read.
pub fn asked_by(record: &JobRecord) -> Result<UserId> {
    let params: std::result::Result<Params, _> = serde_json::from_value(record.params.clone());
    params.map(|params| params.user).map_err(|error| Error::Fault(format!("job {}: {error}", record.id)))
}

/// Enqueues a job of the tenant with what it is to do, in the transaction of whatever asks for it. When the transaction ends
/// there is both or neither; [`AppError::Conflict`] then when the tenant has as many open jobs as it may have.
pub async fn company_enqueue(cx: &RequestCx, tx: &mut TenantTx, kind: JobKind, plan: &(impl Serialize + Sync)) -> Result<JobId> {
    let (job, at) = (queue::job_id(&mut tx.conn).await?, cx.services.now());
    checkpoint_set(&mut tx.conn, job, &json!(plan), at).await?;
    tx.conn.job(JobEntry { id: job, kind, user: tx.user.id, at });
    Ok(job)
}

impl Job {
    /// As whom a company's job acts, and what it is to do. The rights are read anew with each transaction.
    pub async fn company<T: DeserializeOwned>(&self) -> Result<(RequestCx, T)> {
        let Params { user } = self.params()?;
        let site = site_of_tenant(&self.services, self.tenant()?).await?.ok_or(AppError::NotFound)?;
        if site.status != TenantStatus::Active {
            return Err(AppError::conflict(Code::TenantSuspended, "", "The company is suspended.").into());
        }
        let site = Site::Tenant(site);
        let settings = settings_of(&self.services, &site).await?;
        let cx = RequestCx::job(std::sync::Arc::clone(&self.services), site, settings, user, self.id());
        let operation = match self.record.kind()? {
            JobKind::UsersImport => &operation::tenant::USER_IMPORT_RUN,
            JobKind::UsersUndo => &operation::tenant::USER_IMPORT_UNDO,
            JobKind::RecordsBulk => &operation::tenant::RECORD_BULK,
            JobKind::RecordsUndo => &operation::tenant::RECORD_BULK_UNDO,
            JobKind::RecordsImport => &operation::tenant::RECORD_IMPORT_RUN,
            JobKind::RecordsImportUndo => &operation::tenant::RECORD_IMPORT_UNDO,
            _ => &operation::tenant::USER_BULK,
        };
        let mut tx = cx.tenant_begin(operation).await?;
        let plan = checkpoint_get(&mut tx.conn, self.id()).await.map_err(Error::from);
        let plan = tx.finish(plan).await?;
        Ok((cx, self.read(plan)?))
    }

    /// The company that the job is about, and what it is to do. For work that needs no right of a user.
    ///
    /// # Errors
    /// [`AppError::NotFound`] without the company; [`Error::Fault`] for a job with nothing to do.
    pub async fn plan<T: DeserializeOwned>(&self) -> Result<(std::sync::Arc<TenantSite>, T)> {
        let site = site_of_tenant(&self.services, self.tenant()?).await?.ok_or(AppError::NotFound)?;
        let mut conn = self.services.db.tenant(&site.tenant).await?;
        let plan = checkpoint_get(&mut conn, self.id()).await;
        let plan = conn.finish(plan).await?;
        Ok((site, self.read(plan)?))
    }

    fn read<T: DeserializeOwned>(&self, plan: Option<serde_json::Value>) -> Result<T> {
        let plan = plan.ok_or_else(|| Error::Fault(format!("job {} has nothing to do", self.id())))?;
        serde_json::from_value(plan).map_err(|error| Error::Fault(format!("job {}: {error}", self.id())))
    }
}
