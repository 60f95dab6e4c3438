//! The jobs of a company: asked for by its admins, done with the rights that whoever asked has while they run.

use super::{Job, job_of_row, row};
use crate::{Error, RequestCx, Result, Services, Site, cx::TenantTx, cx::TenantUser, settings::settings_of, sites::site_of_tenant};
use chrono::{DateTime, TimeDelta, Utc};
use db::{
    PlatformConn,
    platform::jobs::{self, JobFilter, JobRecord},
    tenant::{
        job_rows::{checkpoint_get, checkpoint_set, job_prune, job_row_count, job_row_list},
        users,
    },
};
use domain::{
    AppError, JobId, Permission, TenantId, TenantStatus, UserId,
    dto::{
        platform::{JobListPage, JobRow},
        tenant::{CompanyJobListPage, CompanyJobPage},
    },
    job::{JobKind, JobStatus},
    list::ListQuery,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// How long a company keeps what its jobs did, and to whom.
const KEPT: TimeDelta = TimeDelta::days(90);

/// Forgets what jobs of all companies did long ago, a few at a time so that nobody waits for it.
///
/// # Errors
/// When the registry cannot be read.
pub(super) async fn company_prune(services: &Services) -> Result<()> {
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

/// What the queue knows of a company's job; all else stands in the company's own schema.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Params {
    user: UserId,
}

/// The number of a job that is to be asked for.
pub(crate) async fn company_job_number(cx: &RequestCx) -> Result<JobId> {
    let mut conn = cx.services.db.platform().await?;
    let id = jobs::job_id_next(&mut conn).await;
    Ok(conn.finish(id).await?)
}

/// Keeps what a job is to do, in the transaction that notes that it was asked for.
pub(crate) async fn company_job_begin(tx: &mut TenantTx, job: JobId, plan: &Value, now: DateTime<Utc>) -> Result<()> {
    Ok(checkpoint_set(&mut tx.conn, job, plan, now).await?)
}

/// Puts the job into the queue, after the company's own transaction. Should that fail, nothing was done, and it can be
/// asked for again.
pub(crate) async fn company_enqueue(cx: &RequestCx, job: JobId, kind: JobKind, by: UserId) -> Result<()> {
    let site = cx.tenant_site()?;
    let mut conn = cx.services.db.platform().await?;
    let params = json!(Params { user: by });
    let inserted = async {
        room(&mut conn, site.tenant.id).await?;
        let named = (job, kind, site.tenant.id);
        Ok(jobs::job_insert_numbered(&mut conn, named, &params, &format!("user {by}"), cx.services.now()).await?)
    }
    .await;
    conn.finish(inserted).await
}

impl Job {
    /// As whom a company's job acts, and what it is to do. The rights are read anew with each transaction.
    pub(crate) async fn company<T: DeserializeOwned>(&self) -> Result<(RequestCx, T)> {
        let Params { user } = self.params()?;
        let site = site_of_tenant(&self.services, self.tenant()?).await?.ok_or(AppError::NotFound)?;
        if site.status != TenantStatus::Active {
            return Err(AppError::conflict("", "The company is suspended.").into());
        }
        let site = Site::Tenant(site);
        let settings = settings_of(&self.services, &site).await?;
        let cx = RequestCx::acting(std::sync::Arc::clone(&self.services), site, settings, user, &format!("job {}", self.id()));
        let mut tx = cx.tenant_begin().await?;
        let plan = checkpoint_get(&mut tx.conn, self.id()).await.map_err(Error::from);
        let plan = tx.finish(plan).await?.ok_or_else(|| Error::Fault(format!("job {} has nothing to do", self.id())))?;
        Ok((cx, serde_json::from_value(plan).map_err(|error| Error::Fault(format!("job {}: {error}", self.id())))?))
    }
}

/// The company's own job of that id.
pub(crate) async fn company_job_find(cx: &RequestCx, id: JobId) -> Result<JobRecord> {
    let tenant = cx.tenant_site()?.tenant.id;
    let mut conn = cx.services.db.platform().await?;
    let found = jobs::job_get(&mut conn, id).await;
    let record = conn.finish(found).await?.ok_or(AppError::NotFound)?;
    if record.tenant_id == Some(tenant.0) && record.kind()?.is_company() { Ok(record) } else { Err(AppError::NotFound.into()) }
}

async fn may(cx: &RequestCx) -> Result<TenantUser> {
    let tx = cx.tenant_begin().await?;
    let user = tx.require(Permission::UsersManage).map(|()| tx.user.clone());
    tx.finish(user).await
}

/// The company's job of that id, for those who manage users and for whoever asked for it.
async fn job_seen(cx: &RequestCx, id: JobId) -> Result<(TenantUser, JobRecord)> {
    let tx = cx.tenant_begin().await?;
    let user = tx.user.clone();
    tx.finish(Ok(())).await?;
    let record = company_job_find(cx, id).await;
    if user.permissions.has(Permission::UsersManage) {
        return Ok((user, record?));
    }
    // Whoever may not manage users sees the acts of one's own alone, and does not learn which other jobs there are.
    match record {
        Ok(record) if asked_by(&record)? == user.id && record.kind()? == JobKind::UsersBulk => Ok((user, record)),
        Ok(_) | Err(Error::App(AppError::NotFound)) => Err(AppError::Forbidden.into()),
        Err(error) => Err(error),
    }
}

fn asked_by(record: &JobRecord) -> Result<UserId> {
    let params: std::result::Result<Params, _> = serde_json::from_value(record.params.clone());
    params.map(|params| params.user).map_err(|error| Error::Fault(format!("job {}: {error}", record.id)))
}

/// Jobs of one company that may wait or run at once: the queue is everybody's.
const OPEN_MAX: i64 = 3;

/// Goes on only while the company has not as many jobs in the queue as it may have. Whoever asks at the same moment waits.
///
/// # Errors
/// [`AppError::Conflict`] when it has.
async fn room(conn: &mut PlatformConn, tenant: TenantId) -> Result<()> {
    if jobs::job_open_count_lock(conn, tenant).await? < OPEN_MAX {
        return Ok(());
    }
    Err(AppError::conflict("", "Three jobs of yours wait or run. Let one of them end first, or stop it.").into())
}

/// Whether there is room in the queue, before anything is noted that is to go there.
///
/// # Errors
/// [`AppError::Conflict`] when the company has as many jobs there as it may have.
pub(crate) async fn company_room(cx: &RequestCx) -> Result<()> {
    let mut conn = cx.services.db.platform().await?;
    let found = room(&mut conn, cx.tenant_site()?.tenant.id).await;
    conn.finish(found).await
}

/// How far a job is, for whoever watches.
///
/// # Errors
/// As for [`company_job_get`].
pub async fn company_job_watch(cx: &RequestCx, id: JobId) -> Result<JobRow> {
    row(&job_seen(cx, id).await?.1, &[])
}

/// Names of those who asked, in the place of their ids.
async fn named(tx: &mut TenantTx, rows: &mut [&mut JobRow]) -> Result<()> {
    let id = |row: &JobRow| row.created_by.strip_prefix("user ").and_then(|id| id.parse::<i64>().ok());
    let ids: Vec<i64> = rows.iter().filter_map(|row| id(row)).collect();
    let people = users::user_get_many(&mut tx.conn, &ids).await?;
    for row in rows {
        let found = id(row).and_then(|id| people.iter().find(|user| user.id == id));
        row.created_by = found.map_or_else(|| "somebody who is gone".to_owned(), db::tenant::users::UserRecord::full_name);
    }
    Ok(())
}

/// One page of the company's jobs.
///
/// # Errors
/// [`AppError::Forbidden`] without `users.manage`.
pub async fn company_job_list(cx: &RequestCx, query: &ListQuery) -> Result<(TenantUser, CompanyJobListPage)> {
    may(cx).await?;
    let statuses = query.filter("status").filter_map(JobStatus::parse).collect();
    let filter = JobFilter { statuses, company: Some(cx.tenant_site()?.tenant.id) };
    let mut conn = cx.services.db.platform().await?;
    let found = jobs::job_list(&mut conn, &filter, query).await;
    let page = conn.finish(found).await?.try_map(|record| row(&record, &[]))?;
    let mut tx = cx.tenant_begin().await?;
    let done = async {
        tx.require(Permission::UsersManage)?;
        let mut page = page;
        named(&mut tx, &mut page.rows.iter_mut().collect::<Vec<_>>()).await?;
        Ok((tx.user.clone(), CompanyJobListPage { list: JobListPage { page } }))
    }
    .await;
    tx.finish(done).await
}

/// As a person reads what became of a line.
fn outcome_label(outcome: &str, is_dry: bool) -> &'static str {
    match outcome {
        "waiting" => "still to do",
        "done" => "done",
        "created" if is_dry => "would be made",
        "created" => "made",
        "updated" if is_dry => "would be changed",
        "updated" => "changed",
        "unchanged" => "as they are",
        "failed" if is_dry => "could not be taken",
        "failed" => "failed",
        "undone" => "taken back",
        _ => "kept, since somebody changed them",
    }
}

/// What the page of a company's job shows.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `users.manage`.
pub async fn company_job_get(cx: &RequestCx, id: JobId) -> Result<(TenantUser, CompanyJobPage)> {
    let (_, record) = job_seen(cx, id).await?;
    let mut conn = cx.services.db.platform().await?;
    let page = job_of_row(cx, &mut conn, &record, Vec::new()).await;
    let mut page = conn.finish(page).await?;
    let mut tx = cx.tenant_begin().await?;
    let done = async {
        named(&mut tx, &mut [&mut page.job]).await?;
        let plan = checkpoint_get(&mut tx.conn, id).await?.unwrap_or_default();
        let is_dry = plan.get("dry").and_then(Value::as_bool).unwrap_or_default();
        let counts = job_row_count(&mut tx.conn, id).await?;
        let order = ["waiting", "created", "updated", "unchanged", "done", "undone", "kept", "failed"];
        let of = |outcome: &str| counts.iter().find(|(known, _)| known == outcome).map_or(0, |(_, count)| *count);
        let outcomes = order.into_iter().filter(|outcome| of(outcome) > 0);
        let outcomes = outcomes.map(|outcome| (outcome_label(outcome, is_dry).to_owned(), of(outcome))).collect();
        page.file = (of("failed") + of("kept") > 0).then(|| format!("job-{id}-left-out.csv"));
        let is_import = record.kind()? == JobKind::UsersImport;
        let is_over = record.status()?.is_over();
        let can_undo = is_import && !is_dry && is_over && of("created") + of("updated") > 0;
        page.can_change = asked_by(&record)? == tx.user.id;
        let draft = plan.get("draft").and_then(Value::as_i64).filter(|_| is_import);
        Ok((tx.user.clone(), CompanyJobPage { page, outcomes, is_dry: is_dry && is_import, draft, can_undo }))
    }
    .await;
    tx.finish(done).await
}

/// Stops a company's job; what it has done so far stays.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] for one that is over, [`AppError::Forbidden`] without `users.manage`.
pub async fn company_job_cancel(cx: &RequestCx, id: JobId) -> Result<()> {
    change(cx, id, "job.cancel").await
}

/// Lets a company's job that failed or was stopped go on where it was.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] for any other, [`AppError::Forbidden`] without `users.manage`.
pub async fn company_job_retry(cx: &RequestCx, id: JobId) -> Result<()> {
    change(cx, id, "job.retry").await
}

async fn change(cx: &RequestCx, id: JobId, action: &'static str) -> Result<()> {
    let (user, record) = job_seen(cx, id).await?;
    // It would go on with the rights of whoever asked for it.
    if action == "job.retry" && asked_by(&record)? != user.id {
        return Err(AppError::conflict("", "Only whoever asked for this can let it go on. Ask for it anew.").into());
    }
    let now = cx.services.now();
    let mut conn = cx.services.db.platform().await?;
    let changed = async {
        if action == "job.cancel" {
            return Ok(jobs::job_cancel(&mut conn, id, now).await?);
        }
        room(&mut conn, cx.tenant_site()?.tenant.id).await?;
        Ok::<_, Error>(jobs::job_retry(&mut conn, id).await?)
    }
    .await;
    if !conn.finish(changed).await? {
        let told = if action == "job.cancel" { "This job is over already" } else { "Only a job that failed or was stopped can go on" };
        return Err(AppError::conflict("", told).into());
    }
    let mut tx = cx.tenant_begin().await?;
    let object = crate::audit::Object::new("job", id, record.kind()?.label());
    let line = crate::audit::entry(cx, &tx.actor(), action, object, json!({}));
    let noted = db::audit_append_tenant(&mut tx.conn, &line).await.map_err(Error::from);
    tx.finish(noted).await
}

/// The lines of a job that were left out, a batch after a line: the line, what was typed, and why.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `users.manage`.
pub async fn company_job_left(cx: &RequestCx, id: JobId, after: i64) -> Result<Vec<(i64, Vec<String>, String)>> {
    job_seen(cx, id).await?;
    let mut tx = cx.tenant_begin().await?;
    let found = async {
        let rows = job_row_list(&mut tx.conn, id, &["failed", "kept"], after, 1000).await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let typed = row
                    .detail
                    .get("typed")
                    .and_then(Value::as_array)
                    .map(|typed| typed.iter().map(|cell| cell.as_str().unwrap_or_default().to_owned()).collect());
                let person = || vec![row.user_id.map(|id| format!("user {id}")).unwrap_or_default()];
                let why = row.detail.get("error").and_then(Value::as_str).unwrap_or("changed since then").to_owned();
                (row.line, typed.unwrap_or_else(person), why)
            })
            .collect())
    }
    .await;
    tx.finish(found).await
}
