//! The tenant's part of the platform's queue, by the functions of the schema `oneo_queue`: in the transaction of the tenant,
//! for the tenant whose transaction it is.

use crate::{DbResult, TenantConn, platform::jobs::JobRecord};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use domain::JobId;

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

#[derive(QueryableByName)]
struct Done {
    #[diesel(sql_type = Bool)]
    done: bool,
}

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = Text)]
    outcome: String,
}

/// What became of a job that is to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retried {
    /// It waits again.
    Queued,
    /// The tenant has as many open jobs as it may have.
    Full,
    /// It neither failed nor was cancelled.
    NotOver,
}

/// The id of a job that is to be enqueued.
///
/// # Errors
/// Those of the statement.
pub async fn job_id(conn: &mut TenantConn) -> DbResult<JobId> {
    let id: Id = diesel::sql_query("SELECT oneo_queue.job_id() AS id").get_result(conn.raw()).await?;
    Ok(JobId(id.id))
}

/// The tenant's own job of that id.
///
/// # Errors
/// Those of the statement.
pub async fn job_get(conn: &mut TenantConn, id: JobId) -> DbResult<Option<JobRecord>> {
    let query = diesel::sql_query("SELECT * FROM oneo_queue.job_get($1)").bind::<BigInt, _>(id.0);
    Ok(query.get_result(conn.raw()).await.optional()?)
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    line: String,
}

/// What the tenant's own job of that id said, oldest first.
///
/// # Errors
/// Those of the statement.
pub async fn job_log_list(conn: &mut TenantConn, id: JobId) -> DbResult<Vec<(DateTime<Utc>, String)>> {
    let query = diesel::sql_query("SELECT at, line FROM oneo_queue.job_log($1)").bind::<BigInt, _>(id.0);
    let lines: Vec<Line> = query.load(conn.raw()).await?;
    Ok(lines.into_iter().map(|line| (line.at, line.line)).collect())
}

/// Cancels a job: one that waits ends at once, one that runs is asked to. `false` when it is over already.
///
/// # Errors
/// Those of the statement.
pub async fn job_cancel(conn: &mut TenantConn, id: JobId, now: DateTime<Utc>) -> DbResult<bool> {
    let query = diesel::sql_query("SELECT oneo_queue.job_cancel($1, $2) AS done").bind::<BigInt, _>(id.0).bind::<Timestamptz, _>(now);
    let done: Done = query.get_result(conn.raw()).await?;
    Ok(done.done)
}

/// Enqueues a job that failed or was cancelled again.
///
/// # Errors
/// Those of the statement.
pub async fn job_retry(conn: &mut TenantConn, id: JobId) -> DbResult<Retried> {
    let query = diesel::sql_query("SELECT oneo_queue.job_retry($1) AS outcome").bind::<BigInt, _>(id.0);
    let outcome: Outcome = query.get_result(conn.raw()).await?;
    Ok(match outcome.outcome.as_str() {
        "queued" => Retried::Queued,
        "full" => Retried::Full,
        _ => Retried::NotOver,
    })
}
