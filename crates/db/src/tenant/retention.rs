//! Removing what is kept for a while only. Each takes at most so many rows and gives how many it took.

use crate::{DbResult, TenantConn};
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl;

async fn delete(conn: &mut TenantConn, sql: &str, before: DateTime<Utc>, most: i64) -> DbResult<i64> {
    let gone = diesel::sql_query(sql).bind::<Timestamptz, _>(before).bind::<BigInt, _>(most).execute(conn.raw()).await?;
    Ok(i64::try_from(gone).unwrap_or(most))
}

/// Removes sign-ins and attempts before then.
///
/// # Errors
/// Those of the statement.
pub async fn login_event_delete_before(conn: &mut TenantConn, before: DateTime<Utc>, most: i64) -> DbResult<i64> {
    const SQL: &str = "DELETE FROM login_events WHERE id IN (SELECT id FROM login_events WHERE at < $1 ORDER BY at LIMIT $2)";
    delete(conn, SQL, before, most).await
}

/// Removes events before then, but those of records: they are their timelines.
///
/// # Errors
/// Those of the statement.
pub async fn event_delete_before(conn: &mut TenantConn, before: DateTime<Utc>, most: i64) -> DbResult<i64> {
    const SQL: &str = "DELETE FROM events WHERE (seq, n) IN (SELECT seq, n FROM events \
        WHERE at < $1 AND object <> 'record' ORDER BY at LIMIT $2)";
    delete(conn, SQL, before, most).await
}

/// Removes drafts of imports that nobody has touched since then. A draft is its own checkpoint; those of jobs go with their jobs.
///
/// # Errors
/// Those of the statement.
pub async fn checkpoint_delete_drafts(conn: &mut TenantConn, before: DateTime<Utc>, most: i64) -> DbResult<i64> {
    const SQL: &str = "DELETE FROM job_checkpoints WHERE job_id IN (SELECT job_id FROM job_checkpoints \
        WHERE updated_at < $1 AND position->>'draft' = job_id::text LIMIT $2)";
    delete(conn, SQL, before, most).await
}
