//! Long work: what waits, what runs, what came out.

mod handlers;

pub use handlers::{run_awaited, run_only, work};
pub use kernel::jobs::FILTERS;

use db::platform::{
    jobs::{self, JobFilter, JobRecord},
    tenants,
};
use domain::{
    AppError, Code, JobId, TenantId,
    dto::platform::{JobListPage, JobPage},
    job::{JobKind, JobStatus},
    list::ListQuery,
    operation,
};
use kernel::{
    Error, RequestCx, Result,
    audit::{Object, entry},
    cx::PlatformTx,
    jobs::{job_page, job_row},
};
use serde_json::{Value, json};

/// One page of all jobs.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a platform admin.
pub async fn job_list(cx: &RequestCx, query: &ListQuery) -> Result<JobListPage> {
    let mut tx = cx.platform_begin(&operation::platform::JOB_LIST).await?;
    let found = async {
        let filter = JobFilter { statuses: query.filter("status").filter_map(JobStatus::parse).collect(), company: None };
        let page = jobs::job_list(&mut tx.conn, &filter, query).await?;
        let ids: Vec<i64> = page.rows.iter().filter_map(|record| record.tenant_id).collect();
        let names = tenants::tenant_names(&mut tx.conn, &ids).await?;
        Ok(JobListPage { page: page.try_map(|record| job_row(&record, &names))? })
    }
    .await;
    tx.finish(found).await
}

/// What the page of a job shows.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Unauthenticated`] without a platform admin.
pub async fn job_get(cx: &RequestCx, id: JobId) -> Result<JobPage> {
    let mut tx = cx.platform_begin(&operation::platform::JOB_GET).await?;
    let found = async {
        let record = jobs::job_get(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
        let names = tenants::tenant_names(&mut tx.conn, &record.tenant_id.into_iter().collect::<Vec<_>>()).await?;
        let log = jobs::job_log_list(&mut tx.conn, id).await?;
        job_page(&record, names, log)
    }
    .await;
    tx.finish(found).await
}

/// The file a job made, and the name under which it is handed out. Support may not take it: it holds a company's data.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] for support, [`AppError::ReauthRequired`] without a fresh reauthentication.
pub async fn job_file(cx: &RequestCx, id: JobId) -> Result<(String, kernel::files::Bytes)> {
    let mut tx = cx.platform_begin(&operation::platform::JOB_FILE).await?;
    let found = async {
        let record = jobs::job_get(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
        let file = record.result.get("file").and_then(Value::as_str).ok_or(AppError::NotFound)?.to_owned();
        let line = entry(cx, &tx.actor, "job.download", Object::new("job", id, file.as_str()), json!({}));
        tx.conn.audit(record.tenant_id.map(TenantId), line);
        Ok::<_, Error>(file)
    }
    .await;
    let file = tx.finish(found).await?;
    let bytes = cx.services.files.open(&file).await.map_err(|_| AppError::NotFound)?;
    Ok((file.rsplit('/').next().unwrap_or("export.tar").to_owned(), bytes))
}

/// Stops a job. What it has done so far is undone.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] for one that is over, [`AppError::Forbidden`] for support.
pub async fn job_cancel(cx: &RequestCx, id: JobId) -> Result<()> {
    let mut tx = cx.platform_begin(&operation::platform::JOB_CANCEL).await?;
    let done = async {
        let record = jobs::job_get(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
        if !jobs::job_cancel(&mut tx.conn, id, cx.services.now()).await? {
            return Err(AppError::conflict(Code::JobOver, "", "This job has already finished").into());
        }
        note(cx, &mut tx, &record, "job.cancel").await
    }
    .await;
    tx.finish(done).await?;
    crate::transfer::purge_release(&cx.services).await
}

/// Begins a job that failed or was cancelled again.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] for any other job, [`AppError::Forbidden`] for support.
pub async fn job_retry(cx: &RequestCx, id: JobId) -> Result<()> {
    let mut tx = cx.platform_begin(&operation::platform::JOB_RETRY).await?;
    let done = async {
        let record = jobs::job_get(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
        if record.kind()? == JobKind::TenantPurge {
            return Err(
                AppError::conflict(Code::JobNotRetryable, "", "A purge cannot be retried. Start it again on the tenant's page.").into()
            );
        }
        if record.kind()?.is_company() {
            return Err(AppError::conflict(Code::JobNotYours, "", "Only the user who started this job can continue it").into());
        }
        if !jobs::job_retry(&mut tx.conn, id).await? {
            return Err(AppError::conflict(Code::JobNotFailed, "", "Only a failed or cancelled job can be retried").into());
        }
        note(cx, &mut tx, &record, "job.retry").await
    }
    .await;
    tx.finish(done).await
}

async fn note(cx: &RequestCx, tx: &mut PlatformTx, record: &JobRecord, action: &'static str) -> Result<()> {
    let line = entry(cx, &tx.actor, action, Object::new("job", record.id, record.kind.as_str()), json!({}));
    tx.conn.audit(record.tenant_id.map(TenantId), line);
    Ok(())
}
