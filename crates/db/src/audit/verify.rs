//! Whether an audit log is as it was written: every hash is computed again by the database that made it.

use crate::{DbResult, PlatformConn, TenantConn, TenantRef};
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// Lines checked by one statement.
const BATCH: i64 = 20_000;

/// What a check of a whole log found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Lines whose hash follows from the line and the one before.
    pub lines: i64,
    /// The first place that is not as it was written, and why.
    pub broken: Option<(i64, String)>,
}

#[derive(diesel::QueryableByName)]
struct Batch {
    #[diesel(sql_type = BigInt)]
    lines: i64,
    #[diesel(sql_type = BigInt)]
    last: i64,
    #[diesel(sql_type = BigInt)]
    bad: i64,
    #[diesel(sql_type = Bool)]
    gap: bool,
}

#[derive(diesel::QueryableByName)]
struct Head {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    hash: String,
    #[diesel(sql_type = Text)]
    last_hash: String,
    #[diesel(sql_type = BigInt)]
    last_seq: i64,
}

/// The lines after `$1`, each with the hash of the one before it and the hash it must have (see `audit_append_*`).
fn batch_sql(table: &str, tenant: &str) -> String {
    format!(
        "WITH lines AS (SELECT l.*, {tenant} AS tenant, lag(hash) OVER (ORDER BY seq) AS before, \
             lag(seq) OVER (ORDER BY seq) AS seq_before FROM {table} l WHERE seq > $1 - 1 AND seq <= least($1 + {BATCH}, $2)), \
         checked AS (SELECT seq, coalesce(seq_before, seq - 1) <> seq - 1 AS gap, hash IS DISTINCT FROM \
             sha256(coalesce(before, sha256(''::bytea)) || convert_to(jsonb_build_array(seq, extract(epoch FROM at), \
             actor_kind, actor_id, actor_label, action, object_kind, object_id, object_label, diff, ip, user_agent, request_id, tenant)::text, \
             'UTF8')) AS wrong FROM lines WHERE seq > $1) \
         SELECT count(*) AS lines, coalesce(max(seq), $1) AS last, coalesce(min(seq) FILTER (WHERE wrong OR gap), 0) AS bad, \
             coalesce(bool_or(gap), false) OR (count(*) > 0 AND min(seq) <> $1 + 1) AS gap FROM checked"
    )
}

async fn verify(conn: &mut AsyncPgConnection, table: &str, head: &str, tenant: &str) -> DbResult<Verified> {
    let sql = batch_sql(table, tenant);
    let mut verified = Verified::default();
    let mut last = 0;
    // The log goes on while it is checked: what is added after this moment is not looked at.
    let end = format!(
        "SELECT h.seq, encode(h.hash, 'hex') AS hash, coalesce(encode(l.hash, 'hex'), '') AS last_hash, coalesce(l.seq, 0) AS last_seq FROM {head} h \
         LEFT JOIN (SELECT seq, hash FROM {table} ORDER BY seq DESC LIMIT 1) l ON true"
    );
    let end: Head = diesel::sql_query(end).get_result(conn).await?;
    loop {
        let batch: Batch = diesel::sql_query(&sql).bind::<BigInt, _>(last).bind::<BigInt, _>(end.seq).get_result(conn).await?;
        if batch.bad != 0 || batch.gap {
            let place = if batch.bad == 0 { last + 1 } else { batch.bad };
            let why = if batch.gap { "a line is missing before it" } else { "its hash does not follow from what it says" };
            return Ok(Verified { broken: Some((place, why.to_owned())), ..verified });
        }
        verified.lines += batch.lines;
        if batch.lines == 0 {
            break;
        }
        last = batch.last;
    }
    if end.seq != last || end.last_seq != last || (last > 0 && end.hash != end.last_hash) {
        verified.broken = Some((last, format!("the log ends here, its head says {}", end.seq)));
    }
    Ok(verified)
}

/// Checks the platform's whole log.
///
/// # Errors
/// Those of the statements; a broken chain is a result, not an error.
pub async fn audit_verify_platform(conn: &mut PlatformConn) -> DbResult<Verified> {
    verify(conn.raw(), "platform.audit_log", "platform.audit_head", "tenant_id").await
}

/// Checks the whole log of a tenant that is being made in this transaction.
///
/// # Errors
/// As [`audit_verify_platform`].
pub async fn audit_verify_made(conn: &mut PlatformConn, tenant: &TenantRef) -> DbResult<Verified> {
    let schema = tenant.schema();
    verify(conn.raw(), &format!("\"{schema}\".audit_log"), &format!("\"{schema}\".audit_head"), "NULL::bigint").await
}

/// Checks the whole log of the tenant whose transaction this is.
///
/// # Errors
/// As [`audit_verify_platform`].
pub async fn audit_verify_tenant(conn: &mut TenantConn) -> DbResult<Verified> {
    verify(conn.raw(), "audit_log", "audit_head", "NULL::bigint").await
}
