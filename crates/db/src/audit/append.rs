//! Appending to the audit log and to the events.

use super::entry::{AuditEntry, EventEntry};
use crate::{DbError, DbResult, error::one_row};
use diesel::sql_types::Jsonb;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{TenantId, text::fold};
use serde::Serialize;

/// The statement locks the head, links the new rows to it one after the other and moves it on, so the chain has no gap and no
/// fork. `$1` holds the rows as a JSON array.
macro_rules! append_sql {
    ($log:literal, $head:literal, $tenant_column:literal, $events:literal, $moves:literal) => {
        concat!(
            "WITH RECURSIVE head AS MATERIALIZED (SELECT * FROM ",
            $head,
            " FOR UPDATE), entry AS MATERIALIZED (SELECT * FROM ROWS FROM (jsonb_to_recordset($1) AS (at timestamptz, actor_kind text, ",
            "actor_id bigint, actor_label text, action text, object_kind text, object_id text, object_label text, diff jsonb, ip text, ",
            "user_agent text, request_id text, tenant_id bigint, actor_key text)) WITH ORDINALITY AS e(at, actor_kind, actor_id, actor_label, action, ",
            "object_kind, object_id, object_label, diff, ip, user_agent, request_id, tenant_id, actor_key, n)), ",
            "chain AS (SELECT 0::bigint AS n, head.seq, head.hash FROM head UNION ALL SELECT e.n, c.seq + 1, ",
            "sha256(c.hash || convert_to(jsonb_build_array(c.seq + 1, extract(epoch FROM e.at), e.actor_kind, e.actor_id, e.actor_label, ",
            "e.action, e.object_kind, e.object_id, e.object_label, e.diff, e.ip, e.user_agent, e.request_id, e.tenant_id)::text, 'UTF8')) ",
            "FROM chain c JOIN entry e ON e.n = c.n + 1), ",
            "added AS (INSERT INTO ",
            $log,
            " (seq, at, actor_kind, actor_id, actor_label, action, object_kind, object_id, object_label, diff, ip, user_agent, request_id",
            $tenant_column,
            ", hash, actor_key) SELECT c.seq, at, actor_kind, actor_id, actor_label, action, object_kind, object_id, object_label, diff, ip, ",
            "user_agent, request_id",
            $tenant_column,
            ", c.hash, actor_key FROM chain c JOIN entry e ON e.n = c.n)",
            $events,
            " UPDATE ",
            $head,
            " SET seq = last.seq, hash = last.hash",
            $moves,
            " FROM (SELECT seq, hash FROM chain ORDER BY n DESC LIMIT 1) AS last"
        )
    };
}

/// A row with the tenant it is about, as the statement reads it.
#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    entry: &'a AuditEntry,
    tenant_id: Option<i64>,
    /// What the actor is found by.
    actor_key: String,
}

impl<'a> Row<'a> {
    fn of(entry: &'a AuditEntry, tenant_id: Option<i64>) -> Self {
        Self { entry, tenant_id, actor_key: fold(&entry.actor_label) }
    }
}

fn json<T: Serialize>(rows: &[T]) -> DbResult<serde_json::Value> {
    serde_json::to_value(rows).map_err(|error| DbError::Decode(error.to_string()))
}

/// Appends to the audit log and to the events of the tenant whose transaction this is; its last statement.
///
/// # Errors
/// Those of the statement; then nothing of the transaction may be kept.
pub(crate) async fn append_tenant(conn: &mut AsyncPgConnection, entries: &[AuditEntry], events: &[EventEntry]) -> DbResult<()> {
    const SQL: &str = append_sql!(
        "audit_log",
        "audit_head",
        "",
        ", happened AS (INSERT INTO events (seq, n, at, kind, object, record_id, actor, origin, changed, version, owner_id, pipeline_id, changes) \
           SELECT head.event_seq + 1, v.n, v.at, v.kind, v.object, v.record_id, v.actor, v.origin, \
               ARRAY(SELECT jsonb_array_elements_text(v.changed)), v.version, v.owner_id, v.pipeline_id, nullif(v.changes, 'null') FROM head, ROWS FROM (jsonb_to_recordset($2) AS (at timestamptz, \
               kind text, object text, record_id bigint, actor text, origin text, changed jsonb, version bigint, owner_id bigint, pipeline_id bigint, changes jsonb)) \
               WITH ORDINALITY AS v(at, kind, object, record_id, actor, origin, changed, version, owner_id, pipeline_id, changes, n))",
        ", event_seq = event_seq + least(jsonb_array_length($2), 1)"
    );
    let rows: Vec<Row<'_>> = entries.iter().map(|entry| Row::of(entry, None)).collect();
    let query = diesel::sql_query(SQL).bind::<Jsonb, _>(json(&rows)?).bind::<Jsonb, _>(json(events)?);
    one_row(query.execute(conn).await?)
}

/// Appends to the platform's log, each row with the tenant concerned; the last statement on the platform.
///
/// # Errors
/// Those of the statement; then nothing of the transaction may be kept.
pub(crate) async fn append_platform(conn: &mut AsyncPgConnection, entries: &[(Option<TenantId>, AuditEntry)]) -> DbResult<()> {
    const SQL: &str = append_sql!("platform.audit_log", "platform.audit_head", ", tenant_id", "", "");
    let rows: Vec<Row<'_>> = entries.iter().map(|(tenant, entry)| Row::of(entry, tenant.map(|id| id.0))).collect();
    one_row(diesel::sql_query(SQL).bind::<Jsonb, _>(json(&rows)?).execute(conn).await?)
}
