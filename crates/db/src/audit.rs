//! The audit log: append-only, each row chained to the one before by its hash.

mod list;
mod verify;

pub use list::{AuditFilter, audit_list_platform, audit_list_tenant};
pub use verify::{Verified, audit_verify_platform, audit_verify_tenant};

use crate::{DbResult, PlatformConn, TenantConn, error::one_row};
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::TenantId;

/// One thing that was done.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// `platform_admin`, `user`, `operator`, `system` or `anonymous`.
    pub actor_kind: &'static str,
    /// The actor's id, if it has one.
    pub actor_id: Option<i64>,
    /// The actor as a person reads it.
    pub actor_label: String,
    /// What, such as `user.create`.
    pub action: &'static str,
    /// The kind of thing it was done to.
    pub object_kind: &'static str,
    /// Its id.
    pub object_id: Option<String>,
    /// The thing as a person reads it.
    pub object_label: String,
    /// `{"field": [before, after]}`.
    pub diff: serde_json::Value,
    /// From which address.
    pub ip: Option<String>,
    /// With which browser.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
}

/// The statement locks the head, links the new row to it and moves it on, so the chain has no gap and no fork.
macro_rules! append_sql {
    ($log:literal, $head:literal, $tenant_column:literal, $tenant_value:literal) => {
        concat!(
            "WITH head AS (SELECT seq, hash FROM ",
            $head,
            " FOR UPDATE), ",
            "entry AS (SELECT head.seq + 1 AS seq, head.hash AS before, $1 AS at, $2 AS actor_kind, $3 AS actor_id, ",
            "$4 AS actor_label, $5 AS action, $6 AS object_kind, $7 AS object_id, $8 AS object_label, $9 AS diff, ",
            "$10 AS ip, $11 AS user_agent, $12 AS request_id, ",
            $tenant_value,
            " AS tenant_id FROM head), ",
            "added AS (INSERT INTO ",
            $log,
            " (seq, at, actor_kind, actor_id, actor_label, action, object_kind, object_id, ",
            "object_label, diff, ip, user_agent, request_id",
            $tenant_column,
            ", hash) ",
            "SELECT seq, at, actor_kind, actor_id, actor_label, action, object_kind, object_id, object_label, diff, ip, ",
            "user_agent, request_id",
            $tenant_column,
            ", sha256(before || convert_to(jsonb_build_array(seq, extract(epoch FROM at), ",
            "actor_kind, actor_id, actor_label, action, object_kind, object_id, object_label, diff, ip, user_agent, request_id, ",
            "tenant_id)::text, 'UTF8')) FROM entry RETURNING seq, hash) ",
            "UPDATE ",
            $head,
            " SET seq = added.seq, hash = added.hash FROM added"
        )
    };
}

macro_rules! bound {
    ($sql:expr, $entry:expr) => {
        diesel::sql_query($sql)
            .bind::<Timestamptz, _>($entry.at)
            .bind::<Text, _>($entry.actor_kind)
            .bind::<Nullable<BigInt>, _>($entry.actor_id)
            .bind::<Text, _>(&$entry.actor_label)
            .bind::<Text, _>($entry.action)
            .bind::<Text, _>($entry.object_kind)
            .bind::<Nullable<Text>, _>(&$entry.object_id)
            .bind::<Text, _>(&$entry.object_label)
            .bind::<Jsonb, _>(&$entry.diff)
            .bind::<Nullable<Text>, _>(&$entry.ip)
            .bind::<Nullable<Text>, _>(&$entry.user_agent)
            .bind::<Nullable<Text>, _>(&$entry.request_id)
    };
}

/// Appends to the log of the tenant whose transaction this is; the last statement of that transaction.
///
/// # Errors
/// Those of the statement; then nothing of the transaction may be kept.
pub async fn audit_append_tenant(conn: &mut TenantConn, entry: &AuditEntry) -> DbResult<()> {
    const SQL: &str = append_sql!("audit_log", "audit_head", "", "NULL::bigint");
    one_row(bound!(SQL, entry).execute(conn.raw()).await?)
}

/// Appends to the platform's log; `tenant` is the company concerned.
///
/// # Errors
/// Those of the statement; then nothing of the transaction may be kept.
pub async fn audit_append_platform(conn: &mut PlatformConn, tenant: Option<TenantId>, entry: &AuditEntry) -> DbResult<()> {
    const SQL: &str = append_sql!("platform.audit_log", "platform.audit_head", ", tenant_id", "$13");
    one_row(bound!(SQL, entry).bind::<Nullable<BigInt>, _>(tenant.map(|id| id.0)).execute(conn.raw()).await?)
}
