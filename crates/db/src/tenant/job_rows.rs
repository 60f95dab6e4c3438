//! Jobs of a company: how far each is, and what it did to each person. Written in the transaction of the work itself, so
//! that nothing is done twice.

use crate::{
    DbResult, TenantConn,
    schema_tenant::{job_checkpoints, job_keys, job_rows},
};
use chrono::{DateTime, Utc};
use diesel::{
    dsl::{count_star, sql},
    pg::Pg,
    prelude::*,
    sql_types::{BigInt, Text},
};
use diesel_async::RunQueryDsl;
use domain::JobId;
use serde_json::Value;

/// Keeps what a job is to do, or how far it is.
///
/// # Errors
/// Those of the statement.
pub async fn checkpoint_set(conn: &mut TenantConn, job: JobId, position: &Value, now: DateTime<Utc>) -> DbResult<()> {
    let values = (job_checkpoints::position.eq(position), job_checkpoints::updated_at.eq(now));
    diesel::insert_into(job_checkpoints::table)
        .values((job_checkpoints::job_id.eq(job.0), values))
        .on_conflict(job_checkpoints::job_id)
        .do_update()
        .set(values)
        .execute(conn.raw())
        .await?;
    Ok(())
}

/// What a job is to do and how far it is, locked until the transaction ends: of two workers the later one waits, and sees.
///
/// # Errors
/// Those of the statement.
pub async fn checkpoint_lock(conn: &mut TenantConn, job: JobId) -> DbResult<Option<Value>> {
    Ok(job_checkpoints::table.find(job.0).select(job_checkpoints::position).for_update().first(conn.raw()).await.optional()?)
}

/// The same without a lock.
///
/// # Errors
/// Those of the statement.
pub async fn checkpoint_get(conn: &mut TenantConn, job: JobId) -> DbResult<Option<Value>> {
    Ok(job_checkpoints::table.find(job.0).select(job_checkpoints::position).first(conn.raw()).await.optional()?)
}

/// What a job did to one person.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = job_rows, check_for_backend(Pg))]
pub struct JobRowRecord {
    /// The job.
    pub job_id: i64,
    /// The line of the file, or the person's id.
    pub line: i64,
    /// The person, where there is one.
    pub user_id: Option<i64>,
    /// `created`, `updated`, `unchanged`, `failed`, `undone` or `kept`.
    pub outcome: String,
    /// What was typed and why it failed, or what stood there before.
    pub detail: Value,
    /// The version the person had then.
    pub version: Option<DateTime<Utc>>,
}

/// Notes what a job did. A line that was noted before is noted anew.
///
/// # Errors
/// Those of the statement.
pub async fn job_row_insert_many(conn: &mut TenantConn, rows: &[JobRowRecord]) -> DbResult<()> {
    for chunk in rows.chunks(500) {
        diesel::insert_into(job_rows::table)
            .values(chunk)
            .on_conflict((job_rows::job_id, job_rows::line))
            .do_update()
            .set((
                job_rows::outcome.eq(diesel::upsert::excluded(job_rows::outcome)),
                job_rows::detail.eq(diesel::upsert::excluded(job_rows::detail)),
                job_rows::version.eq(diesel::upsert::excluded(job_rows::version)),
            ))
            .execute(conn.raw())
            .await?;
    }
    Ok(())
}

/// The lines of a job with these outcomes, after a line, in order, at most `limit`.
///
/// # Errors
/// Those of the statement.
pub async fn job_row_list(conn: &mut TenantConn, job: JobId, outcomes: &[&str], after: i64, limit: i64) -> DbResult<Vec<JobRowRecord>> {
    let rows = job_rows::table
        .filter(job_rows::job_id.eq(job.0))
        .filter(job_rows::outcome.eq_any(outcomes))
        .filter(job_rows::line.gt(after))
        .order_by(job_rows::line)
        .limit(limit);
    Ok(rows.select(JobRowRecord::as_select()).load(conn.raw()).await?)
}

/// The last lines of a job with these outcomes, from the end, at most `limit`.
///
/// # Errors
/// Those of the statement.
pub async fn job_row_list_last(conn: &mut TenantConn, job: JobId, outcomes: &[&str], limit: i64) -> DbResult<Vec<JobRowRecord>> {
    let rows = job_rows::table.filter(job_rows::job_id.eq(job.0)).filter(job_rows::outcome.eq_any(outcomes));
    let rows = rows.order_by(job_rows::line.desc()).limit(limit);
    Ok(rows.select(JobRowRecord::as_select()).load(conn.raw()).await?)
}

/// Closes what a job has not done, so that it goes on with nothing.
///
/// # Errors
/// Those of the statement.
pub async fn job_row_close(conn: &mut TenantConn, job: JobId) -> DbResult<()> {
    let waiting = job_rows::table.filter(job_rows::job_id.eq(job.0)).filter(job_rows::outcome.eq("waiting"));
    diesel::update(waiting).set(job_rows::outcome.eq("unchanged")).execute(conn.raw()).await?;
    Ok(())
}

/// How many lines a job has of each outcome.
///
/// # Errors
/// Those of the statement.
pub async fn job_row_count(conn: &mut TenantConn, job: JobId) -> DbResult<Vec<(String, i64)>> {
    let counted = job_rows::table.filter(job_rows::job_id.eq(job.0)).group_by(job_rows::outcome).select((job_rows::outcome, count_star()));
    Ok(counted.load(conn.raw()).await?)
}

/// Why lines of a job failed: each reason, how many lines it stopped and the first of them; the most frequent first, at most `limit`.
///
/// # Errors
/// Those of the statement.
pub async fn job_row_reasons(conn: &mut TenantConn, job: JobId, limit: i64) -> DbResult<Vec<(String, i64, i64)>> {
    let reason = || sql::<Text>("coalesce(detail->>'error', '')");
    let grouped = job_rows::table
        .filter(job_rows::job_id.eq(job.0))
        .filter(job_rows::outcome.eq("failed"))
        .group_by(reason())
        .select((reason(), count_star(), sql::<BigInt>("min(line)")))
        .order_by((count_star().desc(), sql::<BigInt>("min(line)")))
        .limit(limit);
    Ok(grouped.load(conn.raw()).await?)
}

/// How many lines of a job failed for a reason.
///
/// # Errors
/// Those of the statement.
pub async fn job_row_count_failed(conn: &mut TenantConn, job: JobId, reason: &str) -> DbResult<i64> {
    let failed = job_rows::table.filter(job_rows::job_id.eq(job.0)).filter(job_rows::outcome.eq("failed"));
    Ok(failed.filter(sql::<Text>("detail->>'error'").eq(reason)).select(count_star()).first(conn.raw()).await?)
}

/// Notes keys of an import. Gives those that no line before had.
///
/// # Errors
/// Those of the statement.
pub async fn job_keys_insert(conn: &mut TenantConn, job: JobId, keys: &[i64]) -> DbResult<Vec<i64>> {
    let rows: Vec<_> = keys.iter().map(|key| (job_keys::job_id.eq(job.0), job_keys::key.eq(key))).collect();
    let mut new = Vec::with_capacity(rows.len());
    for chunk in rows.chunks(1000) {
        let insert = diesel::insert_into(job_keys::table).values(chunk).on_conflict_do_nothing().returning(job_keys::key);
        new.extend(insert.load::<i64>(conn.raw()).await?);
    }
    Ok(new)
}

/// Forgets at most so many keys of an import. Gives how many.
///
/// # Errors
/// Those of the statement.
pub async fn job_keys_delete(conn: &mut TenantConn, job: JobId, most: i64) -> DbResult<i64> {
    const SQL: &str = "DELETE FROM job_keys WHERE job_id = $1 AND key IN (SELECT key FROM job_keys WHERE job_id = $1 LIMIT $2)";
    let gone = diesel::sql_query(SQL).bind::<BigInt, _>(job.0).bind::<BigInt, _>(most).execute(conn.raw()).await?;
    Ok(i64::try_from(gone).unwrap_or(most))
}

/// Forgets at most so many lines of a job, and once none are left what it was to do. Gives how many lines.
///
/// # Errors
/// Those of the statements.
pub async fn job_prune(conn: &mut TenantConn, job: JobId, most: i64) -> DbResult<i64> {
    let of_job = || job_rows::table.filter(job_rows::job_id.eq(job.0));
    let lines: Vec<i64> = of_job().select(job_rows::line).order_by(job_rows::line).limit(most).load(conn.raw()).await?;
    let gone = diesel::delete(of_job().filter(job_rows::line.eq_any(lines))).execute(conn.raw()).await?;
    let gone = i64::try_from(gone).unwrap_or(most);
    if gone < most {
        diesel::delete(job_keys::table.filter(job_keys::job_id.eq(job.0))).execute(conn.raw()).await?;
        diesel::delete(job_checkpoints::table.find(job.0)).execute(conn.raw()).await?;
    }
    Ok(gone)
}
