//! The jobs of a company: asked for by its admins, done with the rights that the user who asked has while they run.

mod left;
mod seen;

pub use left::{company_job_left, company_job_left_header};

use crate::users::NO_SEAT;
use chrono::TimeDelta;
use db::{
    DbError,
    platform::jobs::{self, JobFilter},
    tenant::{
        job_rows::{checkpoint_get, job_prune, job_row_count, job_row_count_failed, job_row_reasons},
        queue::{self, Retried},
        users,
    },
};
use domain::{
    AppError, Code, JobId, Operation, TenantId,
    dto::{
        platform::{JobListPage, JobRow},
        tenant::{CompanyJobListPage, CompanyJobPage},
    },
    job::{JobKind, JobStatus},
    list::ListQuery,
    operation,
};
use kernel::{
    RequestCx, Result, Services,
    audit::{Object, entry},
    cx::TenantTx,
    jobs::{asked_by, job_page, job_row},
    sites::site_of_tenant,
};
use seen::{is_private, job_seen};
use serde_json::{Value, json};

/// How long a company keeps what its jobs did, and to whom.
const KEPT: TimeDelta = TimeDelta::days(90);

/// Forgets what jobs of all companies did long ago, a few at a time so that nobody waits for it.
///
/// # Errors
/// When the registry cannot be read.
pub async fn company_prune(services: &Services) -> Result<()> {
    let mut conn = services.db.platform().await?;
    let ended = jobs::job_company_ended(&mut conn, services.now() - KEPT).await;
    for (job, tenant) in conn.finish(ended).await? {
        // A company that is out of order must not keep the others from it.
        if let Err(error) = prune_one(services, job, tenant).await {
            tracing::warn!(%error, %job, "what an old job did was not forgotten");
        }
    }
    Ok(())
}

async fn prune_one(services: &Services, job: JobId, tenant: TenantId) -> Result<()> {
    let Some(site) = site_of_tenant(services, tenant).await? else { return Ok(()) };
    loop {
        let mut conn = services.db.tenant(&site.tenant).await?;
        let gone = job_prune(&mut conn, job, PRUNE).await;
        if conn.finish(gone).await? < PRUNE {
            break;
        }
    }
    let mut conn = services.db.platform().await?;
    let noted = jobs::job_company_pruned(&mut conn, job).await;
    Ok(conn.finish(noted).await?)
}

/// Lines forgotten at a time.
const PRUNE: i64 = 5000;

/// How far a job is, for those who watch.
///
/// # Errors
/// As for [`company_job_get`].
pub async fn company_job_watch(cx: &RequestCx, id: JobId) -> Result<JobRow> {
    let mut tx = cx.tenant_begin(&operation::tenant::JOB_GET).await?;
    let found = job_seen(&mut tx, id).await;
    job_row(&tx.finish(found).await?, &[])
}

/// Names of those who asked, in the place of their ids.
async fn named(tx: &mut TenantTx, rows: &mut [&mut JobRow]) -> Result<()> {
    let id = |row: &JobRow| row.created_by.strip_prefix("user ").and_then(|id| id.parse::<i64>().ok());
    let ids: Vec<i64> = rows.iter().filter_map(|row| id(row)).collect();
    let people = users::user_get_many(&mut tx.conn, &ids).await?;
    for row in rows {
        let found = id(row).and_then(|id| people.iter().find(|user| user.id == id));
        row.created_by = found.map_or_else(|| "a user who is gone".to_owned(), db::tenant::users::UserRecord::full_name);
    }
    Ok(())
}

/// One page of the company's jobs.
///
/// # Errors
/// [`AppError::Forbidden`] without `users.manage`.
pub async fn company_job_list(cx: &RequestCx, query: &ListQuery) -> Result<CompanyJobListPage> {
    cx.tenant_permit(&operation::tenant::JOB_LIST).await?;
    let statuses = query.filter("status").filter_map(JobStatus::parse).collect();
    let filter = JobFilter { statuses, company: Some(cx.tenant_site()?.tenant.id) };
    let mut conn = cx.services.db.platform().await?;
    let found = jobs::job_list(&mut conn, &filter, query).await;
    let page = conn.finish(found).await?.try_map(|record| job_row(&record, &[]))?;
    let mut tx = cx.tenant_begin(&operation::tenant::JOB_LIST).await?;
    let done = async {
        let mut page = page;
        named(&mut tx, &mut page.rows.iter_mut().collect::<Vec<_>>()).await?;
        Ok(CompanyJobListPage { list: JobListPage { page } })
    }
    .await;
    tx.finish(done).await
}

/// Reasons and lines of what was left out that the page of a job shows; the file has all of them.
const REASONS: i64 = 20;
const LEFT: i64 = 20;

/// As a person reads what became of a line.
fn outcome_label(outcome: &str, is_dry: bool) -> &'static str {
    match outcome {
        "waiting" => "still to do",
        "done" => "done",
        "created" if is_dry => "would be created",
        "created" => "created",
        "updated" if is_dry => "would be changed",
        "updated" => "changed",
        "unchanged" => "unchanged",
        "failed" if is_dry => "would be skipped",
        "failed" => "skipped",
        "undone" => "undone",
        "converted" => "converted",
        "emptied" => "became empty",
        _ => "kept",
    }
}

/// What the page of a company's job shows.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `users.manage`.
pub async fn company_job_get(cx: &RequestCx, id: JobId) -> Result<CompanyJobPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::JOB_GET).await?;
    let done = async {
        let record = job_seen(&mut tx, id).await?;
        let log = queue::job_log_list(&mut tx.conn, id).await?;
        let mut page = job_page(&record, Vec::new(), log)?;
        named(&mut tx, &mut [&mut page.job]).await?;
        let plan = checkpoint_get(&mut tx.conn, id).await?.unwrap_or_default();
        let is_dry = plan.get("dry").and_then(Value::as_bool).unwrap_or_default();
        let counts = job_row_count(&mut tx.conn, id).await?;
        let order = ["waiting", "created", "updated", "unchanged", "done", "undone", "kept", "failed"];
        let of = |outcome: &str| counts.iter().find(|(known, _)| known == outcome).map_or(0, |(_, count)| *count);
        let outcomes = order.into_iter().filter(|outcome| of(outcome) > 0);
        let outcomes = outcomes.map(|outcome| (outcome_label(outcome, is_dry).to_owned(), of(outcome)));
        // Jobs without rows count in their result.
        let counted = ["converted", "emptied"].into_iter().filter_map(|key| Some((key, record.result.get(key)?.as_i64()?)));
        let counted = counted.map(|(key, count)| (outcome_label(key, is_dry).to_owned(), count));
        let outcomes = outcomes.chain(counted).collect();
        let is_private = is_private(&tx, &record)?;
        page.file = (!is_private && of("failed") + of("kept") > 0).then(|| format!("job-{id}-skipped.csv"));
        let is_import = matches!(record.kind()?, JobKind::UsersImport | JobKind::RecordsImport);
        let is_over = record.status()?.is_over();
        let is_undoable = match record.kind()? {
            JobKind::UsersImport | JobKind::RecordsImport => !is_dry && is_over && of("created") + of("updated") > 0,
            JobKind::RecordsBulk => is_over && of("done") > 0,
            _ => false,
        };
        let is_dry = is_dry && is_import;
        let draft = plan.get("draft").and_then(Value::as_i64).filter(|_| is_import);
        let (reasons, left) = if is_private {
            (Vec::new(), Vec::new())
        } else {
            (job_row_reasons(&mut tx.conn, id, REASONS).await?, left::rows(&mut tx, id, i64::MIN, LEFT).await?)
        };
        let seats = if is_dry && is_over && record.kind()? == JobKind::UsersImport {
            let quota = users::quota_get(&tx.conn).await?;
            let refused = job_row_count_failed(&mut tx.conn, id, NO_SEAT).await?;
            Some((of("created") + refused, i64::from((quota.max_users - quota.active_users).max(0))))
        } else {
            None
        };
        let asked_by = asked_by(&record)?;
        let text = |name: &str| plan.get(name).and_then(Value::as_str).map(str::to_owned);
        let about = text("about").zip(text("pipeline")).filter(|_| !is_private);
        Ok(CompanyJobPage { page, outcomes, is_dry, draft, reasons, left, seats, is_undoable, asked_by, about })
    }
    .await;
    tx.finish(done).await
}

/// Stops a company's job; what it has done so far stays.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] for one that is over, [`AppError::Forbidden`] without `users.manage`.
pub async fn company_job_cancel(cx: &RequestCx, id: JobId) -> Result<()> {
    change(cx, &operation::tenant::JOB_CANCEL, id, "job.cancel").await
}

/// Lets a company's job that failed or was stopped go on where it was.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] for any other, [`AppError::Forbidden`] without `users.manage`.
pub async fn company_job_retry(cx: &RequestCx, id: JobId) -> Result<()> {
    change(cx, &operation::tenant::JOB_RETRY, id, "job.retry").await
}

async fn change(cx: &RequestCx, operation: &Operation, id: JobId, action: &'static str) -> Result<()> {
    let mut tx = cx.tenant_begin(operation).await?;
    let done = async {
        let record = job_seen(&mut tx, id).await?;
        let why = match record.kind()? {
            JobKind::RecordsDerive => Some("This job cannot be stopped, because searches depend on it. It ends by itself."),
            JobKind::RecordsConvert => Some("Cancel the change of the type on the page of the field instead"),
            _ => None,
        };
        if let Some(text) = why.filter(|_| action == "job.cancel") {
            return Err(AppError::conflict(Code::JobNotRetryable, "", text).into());
        }
        if action == "job.cancel" {
            if !queue::job_cancel(&mut tx.conn, id, cx.services.now()).await? {
                return Err(AppError::conflict(Code::JobOver, "", "This job has already finished").into());
            }
        } else {
            // It goes on with the rights of the user who asked for it.
            if asked_by(&record)? != tx.user.id {
                return Err(AppError::conflict(
                    Code::JobNotYours,
                    "",
                    "Only the user who started this job can continue it. Start it again instead.",
                )
                .into());
            }
            match queue::job_retry(&mut tx.conn, id).await? {
                Retried::Queued => {}
                Retried::Full => return Err(DbError::QueueFull.into()),
                Retried::NotOver => {
                    return Err(AppError::conflict(Code::JobNotFailed, "", "Only a failed or cancelled job can be continued").into());
                }
            }
        }
        let line = entry(cx, &tx.actor, action, Object::new("job", id, record.kind()?.label()), json!({}));
        tx.conn.audit(line);
        Ok(())
    }
    .await;
    tx.finish(done).await
}
