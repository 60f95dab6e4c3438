//! The queue of long work. Workers of several processes take jobs one by one with `SKIP LOCKED`; a worker that no
//! longer shows itself loses its job, and whatever it still says about it is refused.

use crate::cached::{after, sql};
use crate::{
    DbError, DbResult, PlatformConn,
    error::one_row,
    keyset::{Counted, SortKey, Window},
    schema_platform::{job_log, jobs, tenants},
};
use chrono::{DateTime, Utc};
use diesel::{
    pg::Pg,
    prelude::*,
    sql_types::{Array, BigInt, Integer, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use domain::{
    JobId, TenantId,
    job::{JobKind, JobStatus},
    list::{Count, ListPage, ListQuery},
};
use serde_json::Value;

const SORTS: &[SortKey] = &[SORT];
const SORT: SortKey = SortKey::new("created", "jobs.id", "bigint").descending();

/// A job as stored.
#[derive(Clone, Debug, Queryable, Selectable, QueryableByName)]
#[diesel(table_name = jobs, check_for_backend(Pg))]
pub struct JobRecord {
    /// The job's id.
    pub id: i64,
    /// What it does, as stored.
    pub kind: String,
    /// The tenant it is about.
    pub tenant_id: Option<i64>,
    /// Where it stands, as stored.
    pub status: String,
    /// What it was asked to do.
    pub params: Value,
    /// Rows done.
    pub done: i64,
    /// Rows to do, once known.
    pub total: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
    /// Who asked for it.
    pub created_by: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it was begun.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// How often it was begun: with the id it names one try.
    pub attempts: i32,
    /// The tries there were when a user last had it begin again.
    pub tries_from: i32,
    /// Whether a user wants it stopped.
    pub cancel_requested: bool,
    /// What came out of it.
    pub result: Value,
}

impl JobRecord {
    /// What it does.
    ///
    /// # Errors
    /// [`DbError::Decode`] for a kind the code does not know.
    pub fn kind(&self) -> DbResult<JobKind> {
        JobKind::parse(&self.kind).ok_or_else(|| DbError::Decode(format!("job kind {}", self.kind)))
    }

    /// Where it stands.
    ///
    /// # Errors
    /// [`DbError::Decode`] for a status the code does not know.
    pub fn status(&self) -> DbResult<JobStatus> {
        JobStatus::parse(&self.status).ok_or_else(|| DbError::Decode(format!("job status {}", self.status)))
    }
}

/// Puts a job into the queue.
///
/// # Errors
/// Those of the statement.
pub async fn job_insert(
    conn: &mut PlatformConn,
    kind: JobKind,
    tenant: Option<TenantId>,
    params: &Value,
    created_by: &str,
    now: DateTime<Utc>,
) -> DbResult<JobId> {
    let values = (
        jobs::kind.eq(kind.as_str()),
        jobs::tenant_id.eq(tenant.map(|id| id.0)),
        jobs::params.eq(params),
        jobs::created_by.eq(created_by),
        jobs::created_at.eq(now),
    );
    let id = diesel::insert_into(jobs::table).values(values).returning(jobs::id).get_result(conn.raw()).await?;
    conn.job_enqueued();
    Ok(JobId(id))
}

/// Which job a worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// That one.
    One(JobId),
    /// One of the platform's: it does not wait for those of companies.
    Platform,
    /// One that a company asked for itself.
    Companies,
}

/// Takes the oldest job that waits, or whose worker has not shown itself since `stale`; or that one job, if it is free.
///
/// # Errors
/// Those of the statement.
pub async fn job_claim(
    conn: &mut PlatformConn,
    worker: &str,
    which: Claim,
    now: DateTime<Utc>,
    stale: DateTime<Utc>,
) -> DbResult<Option<JobRecord>> {
    let (only, lane) = match which {
        Claim::One(id) => (id.0, 0),
        Claim::Platform => (0, 1),
        Claim::Companies => (0, 2),
    };
    const SQL: &str = "UPDATE platform.jobs SET status = 'running', worker = $1, attempts = attempts + 1, heartbeat_at = $2, \
            started_at = coalesce(started_at, $2), error = NULL \
        WHERE id = (SELECT id FROM platform.jobs WHERE (status = 'queued' OR (status = 'running' AND heartbeat_at < $3)) \
            AND ($4 = 0 OR id = $4) AND ($5 = 0 OR (kind = ANY($6)) = ($5 = 2)) ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *";
    Ok(diesel::sql_query(SQL)
        .bind::<Text, _>(worker)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(stale)
        .bind::<BigInt, _>(only)
        .bind::<Integer, _>(lane)
        .bind::<Array<Text>, _>(company_kinds())
        .get_result(conn.raw())
        .await
        .optional()?)
}

/// Shows that a try is still at it, and how far: one that got further than those before it is not what breaks them off. `None` when the job is no longer its own, else whether to stop.
///
/// # Errors
/// Those of the statement.
pub async fn job_progress(
    conn: &mut PlatformConn,
    job: &JobRecord,
    done: i64,
    total: Option<i64>,
    now: DateTime<Utc>,
) -> DbResult<Option<bool>> {
    let tries_from = if done > job.done { job.attempts } else { job.tries_from };
    let values = (jobs::done.eq(done), jobs::total.eq(total), jobs::heartbeat_at.eq(now), jobs::tries_from.eq(tries_from));
    let mine = jobs::table.find(job.id).filter(jobs::attempts.eq(job.attempts)).filter(jobs::status.eq("running"));
    Ok(diesel::update(mine).set(values).returning(jobs::cancel_requested).get_result(conn.raw()).await.optional()?)
}

/// Holds a job for the rest of the transaction, so that nobody stops it any more; before anything else is locked.
/// `None` when it is no longer its own, else whether a user stopped it already.
///
/// # Errors
/// Those of the statement.
pub async fn job_hold(conn: &mut PlatformConn, job: &JobRecord) -> DbResult<Option<bool>> {
    let mine = jobs::table.find(job.id).filter(jobs::attempts.eq(job.attempts)).filter(jobs::status.eq("running"));
    Ok(mine.select(jobs::cancel_requested).for_update().first(conn.raw()).await.optional()?)
}

/// Ends a try with its status, the rows done and those there were to do, in the transaction of what it did if there is one.
///
/// # Errors
/// [`DbError::Stale`] when the job is no longer its own; then nothing of the transaction may be kept.
pub async fn job_finish(
    conn: &mut PlatformConn,
    job: &JobRecord,
    (status, (done, total)): (JobStatus, (i64, Option<i64>)),
    error: Option<&str>,
    result: &Value,
    now: DateTime<Utc>,
) -> DbResult<()> {
    let counts = (jobs::done.eq(done), jobs::total.eq(total));
    let values = (jobs::status.eq(status.as_str()), jobs::error.eq(error), jobs::result.eq(result), jobs::finished_at.eq(now), counts);
    let mine = jobs::table.find(job.id).filter(jobs::attempts.eq(job.attempts)).filter(jobs::status.eq("running"));
    match diesel::update(mine).set(values).execute(conn.raw()).await? {
        1 => Ok(()),
        _ => Err(DbError::Stale),
    }
}

/// Asks for a job to be stopped: one that waits ends at once. `false` when it is over already.
///
/// # Errors
/// Those of the statement.
pub async fn job_cancel(conn: &mut PlatformConn, id: JobId, now: DateTime<Utc>) -> DbResult<bool> {
    let values = (jobs::status.eq("cancelled"), jobs::cancel_requested.eq(true), jobs::finished_at.eq(now));
    let queued = diesel::update(jobs::table.find(id.0).filter(jobs::status.eq("queued"))).set(values).execute(conn.raw()).await?;
    let running = jobs::table.find(id.0).filter(jobs::status.eq("running"));
    let asked = diesel::update(running).set(jobs::cancel_requested.eq(true)).execute(conn.raw()).await?;
    Ok(queued + asked == 1)
}

/// Asks for every job to be stopped that users of a tenant asked for, as [`job_cancel`] does.
///
/// # Errors
/// Those of the statements.
pub async fn job_cancel_of_users(conn: &mut PlatformConn, tenant: TenantId, now: DateTime<Utc>) -> DbResult<()> {
    let kinds: Vec<&str> = JobKind::ALL.iter().filter(|kind| kind.is_company()).map(|kind| kind.as_str()).collect();
    let open = |status: &'static str| {
        let of_tenant = jobs::table.filter(jobs::tenant_id.eq(tenant.0)).filter(jobs::kind.eq_any(kinds.clone()));
        of_tenant.filter(jobs::status.eq(status))
    };
    let values = (jobs::status.eq("cancelled"), jobs::cancel_requested.eq(true), jobs::finished_at.eq(now));
    diesel::update(open("queued")).set(values).execute(conn.raw()).await?;
    diesel::update(open("running")).set(jobs::cancel_requested.eq(true)).execute(conn.raw()).await?;
    Ok(())
}

/// Puts a job that failed or was cancelled into the queue again. `false` for any other.
///
/// # Errors
/// Those of the statement.
pub async fn job_retry(conn: &mut PlatformConn, id: JobId) -> DbResult<bool> {
    let values = (
        jobs::status.eq("queued"),
        jobs::cancel_requested.eq(false),
        jobs::finished_at.eq(None::<DateTime<Utc>>),
        jobs::started_at.eq(None::<DateTime<Utc>>),
        jobs::done.eq(0),
        // Not the tries themselves: a worker that was given up must stay so.
        jobs::tries_from.eq(jobs::attempts),
        jobs::error.eq(None::<String>),
    );
    let over = jobs::table.find(id.0).filter(jobs::status.eq_any(["failed", "cancelled"]));
    Ok(diesel::update(over).set(values).execute(conn.raw()).await? == 1)
}

/// Requeues the derive jobs of active tenants that failed or were cancelled before a point in time: until they succeed, users with hidden
/// fields search titles alone. Gives how many there were.
///
/// # Errors
/// Those of the statement.
pub async fn job_derive_resume(conn: &mut PlatformConn, before: DateTime<Utc>) -> DbResult<usize> {
    const SQL: &str = "UPDATE platform.jobs SET status = 'queued', cancel_requested = false, finished_at = NULL, started_at = NULL, done = 0, \
            tries_from = attempts, error = NULL \
        FROM platform.tenants t WHERE t.id = jobs.tenant_id AND t.status = 'active' AND jobs.kind IN ('records_derive', 'records_convert') \
            AND jobs.status IN ('failed', 'cancelled') AND jobs.finished_at < $1";
    Ok(diesel::sql_query(SQL).bind::<diesel::sql_types::Timestamptz, _>(before).execute(conn.raw()).await?)
}

/// The job of that id.
///
/// # Errors
/// Those of the statement.
pub async fn job_get(conn: &mut PlatformConn, id: JobId) -> DbResult<Option<JobRecord>> {
    Ok(jobs::table.find(id.0).select(JobRecord::as_select()).first(conn.raw()).await.optional()?)
}

/// Whether a job of that kind for that tenant waits or runs.
///
/// # Errors
/// Those of the statement.
pub async fn job_is_open(conn: &mut PlatformConn, kind: JobKind, tenant: TenantId) -> DbResult<bool> {
    let open = jobs::table
        .filter(jobs::kind.eq(kind.as_str()))
        .filter(jobs::tenant_id.eq(tenant.0))
        .filter(jobs::status.eq_any(["queued", "running"]));
    Ok(diesel::select(diesel::dsl::exists(open)).get_result(conn.raw()).await?)
}

/// Whether a job of that kind for that tenant failed since then.
///
/// # Errors
/// Those of the statement.
pub async fn job_failed_since(conn: &mut PlatformConn, kind: JobKind, tenant: TenantId, since: DateTime<Utc>) -> DbResult<bool> {
    let failed = jobs::table.filter(jobs::kind.eq(kind.as_str())).filter(jobs::tenant_id.eq(tenant.0)).filter(jobs::status.eq("failed"));
    Ok(diesel::select(diesel::dsl::exists(failed.filter(jobs::finished_at.ge(since)))).get_result(conn.raw()).await?)
}

/// Jobs of companies that ended before then and whose lines are still kept.
///
/// # Errors
/// Those of the statement.
pub async fn job_company_ended(conn: &mut PlatformConn, before: DateTime<Utc>) -> DbResult<Vec<(JobId, TenantId)>> {
    let ended =
        jobs::table.filter(jobs::kind.eq_any(company_kinds())).filter(jobs::finished_at.lt(before)).filter(jobs::tenant_id.is_not_null());
    // Those of companies that are archived or gone would stand before all others for ever.
    let there = tenants::table.filter(tenants::status.eq_any(["active", "suspended"])).select(tenants::id.nullable());
    let ended = ended.filter(jobs::tenant_id.eq_any(there));
    let kept = ended.filter(jobs::result.ne(serde_json::json!({ "forgotten": true })));
    let rows: Vec<(i64, i64)> =
        kept.select((jobs::id, jobs::tenant_id.assume_not_null())).order_by(jobs::id).limit(100).load(conn.raw()).await?;
    Ok(rows.into_iter().map(|(job, tenant)| (JobId(job), TenantId(tenant))).collect())
}

/// Notes that what a job did is forgotten.
///
/// # Errors
/// Those of the statement.
pub async fn job_company_pruned(conn: &mut PlatformConn, id: JobId) -> DbResult<()> {
    let noted = diesel::update(jobs::table.find(id.0)).set(jobs::result.eq(serde_json::json!({ "forgotten": true })));
    one_row(noted.execute(conn.raw()).await?)
}

/// Removes at most so many jobs that ended before then, with what they said; those of tenants once their rows are forgotten.
/// Gives how many.
///
/// # Errors
/// Those of the statement.
pub async fn job_delete_ended(conn: &mut PlatformConn, before: DateTime<Utc>, most: i64) -> DbResult<i64> {
    const SQL: &str = "DELETE FROM platform.jobs WHERE id IN (SELECT j.id FROM platform.jobs j WHERE j.finished_at < $1 \
        AND j.status IN ('done', 'failed', 'cancelled') AND (j.kind <> ALL($3) OR j.result = '{\"forgotten\": true}' \
            OR NOT EXISTS (SELECT FROM platform.tenants t WHERE t.id = j.tenant_id AND t.status IN ('active', 'suspended'))) \
        ORDER BY j.finished_at LIMIT $2)";
    let delete = diesel::sql_query(SQL).bind::<Timestamptz, _>(before).bind::<BigInt, _>(most).bind::<Array<Text>, _>(company_kinds());
    Ok(i64::try_from(delete.execute(conn.raw()).await?).unwrap_or(most))
}

fn company_kinds() -> Vec<&'static str> {
    JobKind::ALL.into_iter().filter(|kind| kind.is_company()).map(JobKind::as_str).collect()
}

/// Which jobs a list shows.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Any of these, or all.
    pub statuses: Vec<JobStatus>,
    /// Those that this company asked for itself, or all.
    pub company: Option<TenantId>,
}

/// One page of the list of jobs, the newest first.
///
/// # Errors
/// Those of the statements.
pub async fn job_list(conn: &mut PlatformConn, filter: &JobFilter, query: &ListQuery) -> DbResult<ListPage<JobRecord>> {
    let filtered = || {
        let mut rows = jobs::table.into_boxed();
        if !filter.statuses.is_empty() {
            rows = rows.filter(jobs::status.eq_any(filter.statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>()));
        }
        if let Some(tenant) = filter.company {
            rows = rows.filter(jobs::tenant_id.eq(tenant.0)).filter(jobs::kind.eq_any(company_kinds()));
        }
        rows
    };
    let total: i64 = Counted(filtered().select(jobs::id).limit(query.count_max() + 1)).get_result(conn.raw()).await?;
    let window = Window::new(query, SORTS, SORT);
    let mut rows = filtered();
    if let Some((left, middle, cursor)) = window.condition("jobs.id") {
        rows = rows.filter(after((left, middle, cursor)));
    }
    let found: Vec<JobRecord> =
        rows.order_by(sql::<Text>(window.order("jobs.id"))).limit(window.limit()).select(JobRecord::as_select()).load(conn.raw()).await?;
    let keyed = found.into_iter().map(|record| (record.id.to_string(), record.id, record)).map(|(value, id, record)| (record, value, id));
    Ok(window.page(keyed.collect(), Count::from_capped(total, query.count_max())))
}

/// Notes what a job says.
///
/// # Errors
/// Those of the statement.
pub async fn job_log_insert(conn: &mut PlatformConn, id: JobId, line: &str, now: DateTime<Utc>) -> DbResult<()> {
    let values = (job_log::job_id.eq(id.0), job_log::at.eq(now), job_log::line.eq(line));
    one_row(diesel::insert_into(job_log::table).values(values).execute(conn.raw()).await?)
}

/// What a job said, oldest first.
///
/// # Errors
/// Those of the statement.
pub async fn job_log_list(conn: &mut PlatformConn, id: JobId) -> DbResult<Vec<(DateTime<Utc>, String)>> {
    let lines = job_log::table.filter(job_log::job_id.eq(id.0)).order_by(job_log::id).limit(1000).select((job_log::at, job_log::line));
    Ok(lines.load(conn.raw()).await?)
}

/// The uploaded files that jobs which wait or run are about.
///
/// # Errors
/// Those of the statement.
pub async fn job_files_open(conn: &mut PlatformConn) -> DbResult<Vec<String>> {
    let named = sql::<diesel::sql_types::Nullable<diesel::sql_types::Text>>("params->>'file'");
    let rows: Vec<Option<String>> = jobs::table.filter(jobs::status.eq_any(["queued", "running"])).select(named).load(conn.raw()).await?;
    Ok(rows.into_iter().flatten().collect())
}
