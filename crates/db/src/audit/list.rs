//! Looking through an audit log. The platform's and a tenant's have the same columns, so one query serves both.

use crate::{
    DbResult, PlatformConn, TenantConn,
    keyset::{SortKey, Window},
};
use chrono::{DateTime, Utc};
use diesel::{
    pg::Pg,
    query_builder::{BoxedSqlQuery, SqlQuery},
    sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{
    TenantId,
    dto::AuditLine,
    list::{Count, ListPage, ListQuery},
    text::fold,
};
use serde_json::Value;

/// Lines are read in the order of the chain, newest first unless asked otherwise.
const SORTS: &[SortKey] = &[SORT];
const SORT: SortKey = SortKey::new("at", "id", "bigint").descending();

/// What the list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// How the actor begins, whatever its case.
    pub actor: Option<String>,
    /// How the action begins, such as `user.` or `user.create`.
    pub action: Option<String>,
    /// The company concerned; on the platform only.
    pub tenant: Option<TenantId>,
    /// What it was done to: kind and id.
    pub object: Option<(&'static str, String)>,
    /// Then or later.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    actor_kind: String,
    #[diesel(sql_type = Text)]
    actor_label: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    tenant_id: Option<i64>,
    #[diesel(sql_type = Text)]
    action: String,
    #[diesel(sql_type = Text)]
    object_kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    object_id: Option<String>,
    #[diesel(sql_type = Text)]
    object_label: String,
    #[diesel(sql_type = Jsonb)]
    diff: Value,
    #[diesel(sql_type = Nullable<Text>)]
    ip: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    user_agent: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    request_id: Option<String>,
}

#[derive(diesel::QueryableByName)]
struct Total {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Which of the two logs, and whether its lines name a tenant.
#[derive(Clone, Copy)]
struct Log {
    table: &'static str,
    tenant: &'static str,
}

/// A query under construction: text and values grow together, so the numbers of the values fit.
struct Building<'a> {
    query: BoxedSqlQuery<'a, Pg, SqlQuery>,
    values: usize,
}

impl Building<'_> {
    fn new(sql: String) -> Self {
        Self { query: diesel::sql_query(sql).into_boxed(), values: 0 }
    }

    /// Adds `before $n after`.
    fn add<T, V>(self, before: &str, value: V, after: &str) -> Self
    where
        Pg: diesel::sql_types::HasSqlType<T>,
        T: diesel::sql_types::SingleValue + Send + 'static,
        V: diesel::serialize::ToSql<T, Pg> + Send + 'static,
    {
        let values = self.values + 1;
        Self { query: self.query.sql(format!("{before}${values}{after}")).bind::<T, V>(value), values }
    }
}

/// How a text begins, for `LIKE`.
fn begins(text: &str) -> String {
    format!("{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

fn narrowed(filter: &AuditFilter, sql: String) -> Building<'static> {
    let mut building = Building::new(format!("{sql} WHERE true"));
    if let Some(actor) = &filter.actor {
        building = building.add::<Text, _>(" AND actor_key LIKE ", begins(&fold(actor)), "");
    }
    if let Some(action) = &filter.action {
        building = building.add::<Text, _>(" AND action LIKE ", begins(action), "");
    }
    if let Some(tenant) = filter.tenant {
        building = building.add::<BigInt, _>(" AND tenant_id = ", tenant.0, "");
    }
    if let Some((kind, id)) = &filter.object {
        building = building.add::<Text, _>(" AND object_kind = ", *kind, "").add::<Text, _>(" AND object_id = ", id.clone(), "");
    }
    if let Some(from) = filter.from {
        building = building.add::<Timestamptz, _>(" AND at >= ", from, "");
    }
    if let Some(to) = filter.to {
        building = building.add::<Timestamptz, _>(" AND at < ", to, "");
    }
    building
}

async fn list(conn: &mut AsyncPgConnection, log: Log, filter: &AuditFilter, query: &ListQuery) -> DbResult<ListPage<AuditLine>> {
    let Log { table, tenant } = log;
    let limit = query.count_max() + 1;
    let counted = narrowed(filter, format!("SELECT count(*) AS count FROM (SELECT FROM {table}"));
    let total: Total = counted.query.sql(format!(" LIMIT {limit}) AS counted")).get_result(conn).await?;
    let window = Window::new(query, SORTS, SORT);
    let columns = "id, seq, at, actor_kind, actor_label, action, object_kind, object_id, object_label, diff, ip, user_agent, request_id";
    let mut found = narrowed(filter, format!("SELECT {columns}, {tenant} AS tenant_id FROM {table}"));
    if let Some((left, middle, cursor)) = window.condition("id") {
        found = found.add::<Text, _>(&format!(" AND {left}"), cursor.value.clone(), &middle).add::<BigInt, _>("", cursor.id, ")");
    }
    let end = format!(" ORDER BY {} LIMIT {}", window.order("id"), window.limit());
    let rows: Vec<Row> = found.query.sql(end).load(conn).await?;
    let keyed = rows.into_iter().map(|row| (row.id.to_string(), row.id, line(row))).map(|(value, id, line)| (line, value, id));
    Ok(window.page(keyed.collect(), Count::from_capped(total.count, query.count_max())))
}

fn line(row: Row) -> AuditLine {
    AuditLine {
        seq: row.seq,
        at: row.at,
        actor_kind: row.actor_kind,
        actor: row.actor_label,
        tenant: row.tenant_id.map(TenantId),
        action: row.action,
        object_kind: row.object_kind,
        object_id: row.object_id,
        object: row.object_label,
        diff: row.diff,
        ip: row.ip,
        user_agent: row.user_agent,
        request_id: row.request_id,
    }
}

/// One page of the platform's audit log.
///
/// # Errors
/// Those of the statements.
pub async fn audit_list_platform(conn: &mut PlatformConn, filter: &AuditFilter, query: &ListQuery) -> DbResult<ListPage<AuditLine>> {
    list(conn.raw(), Log { table: "platform.audit_log", tenant: "tenant_id" }, filter, query).await
}

/// One page of the audit log of the tenant whose transaction this is.
///
/// # Errors
/// Those of the statements.
pub async fn audit_list_tenant(conn: &mut TenantConn, filter: &AuditFilter, query: &ListQuery) -> DbResult<ListPage<AuditLine>> {
    let filter = AuditFilter { tenant: None, ..filter.clone() };
    list(conn.raw(), Log { table: "audit_log", tenant: "NULL::bigint" }, &filter, query).await
}
