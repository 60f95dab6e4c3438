//! Whole tables of a tenant out and in, row by row as JSON, whatever their columns are.

use crate::{DbError, DbResult, PlatformConn, TenantConn, conn::TenantRef};
use diesel::sql_types::{BigInt, Json, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use domain::role::SYSTEM_ROLES;

/// A table as it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What its rows are ordered by, so that the same rows make the same file.
    key: &'static str,
    /// Whether `id` is counted up by the database.
    identity: bool,
    /// Rows held in memory at once: fewer where a row may hold a picture.
    pub batch: u16,
}

const fn table(name: &'static str, key: &'static str, identity: bool) -> Table {
    Table { name, key, identity, batch: 2000 }
}

/// Everything a company is, in an order in which references are there before they are referred to. Not among them:
/// `schema_migrations`, which the new schema writes itself, `user_field_values`, which is computed again, and
/// `job_checkpoints`, `job_rows` and `job_keys`, which belong to the installation.
pub const TABLES: &[Table] = &[
    table("roles", "key", false),
    Table { batch: 100, ..table("users", "id", true) },
    table("user_roles", "user_id, role_key", false),
    table("quota", "singleton", false),
    table("tenant_settings", "id", true),
    table("audit_log", "id", true),
    table("audit_head", "singleton", false),
    table("user_tokens", "id", true),
    table("user_totp", "user_id", false),
    table("recovery_codes", "id", true),
    table("login_events", "id", true),
    table("list_views", "id", true),
    table("user_fields", "key", false),
    table("pipelines", "id", true),
    table("boards", "id", true),
    table("stages", "id", true),
    table("role_pipelines", "role_key, pipeline_id", false),
    table("relations", "id", true),
    table("fields", "id", true),
    table("role_fields", "role_key, field_id", false),
    table("field_options", "id", true),
    table("teams", "id", true),
    table("team_members", "team_id, user_id", false),
    Table { batch: 200, ..table("records", "id", true) },
    table("links", "from_id, relation_id, to_id", false),
    table("notes", "id", true),
    table("record_shares", "id", true),
    table("record_keys", "field_id, key, record_id", false),
    table("events", "seq, n", false),
];

/// The schema as SQL names it.
fn quoted(tenant: &TenantRef) -> String {
    format!("\"{}\"", tenant.schema())
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(diesel::QueryableByName)]
struct Total {
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// Everything read from now on shows one moment, whatever others do, however long it takes. It must come before any query.
///
/// # Errors
/// Those of the statement.
pub async fn snapshot(conn: &mut TenantConn) -> DbResult<()> {
    Ok(conn.raw().batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0").await?)
}

/// The rows of all tables that travel.
///
/// # Errors
/// Those of the statement.
pub async fn rows_total(conn: &mut TenantConn) -> DbResult<i64> {
    let counts: Vec<String> = TABLES.iter().map(|table| format!("(SELECT count(*) FROM {})", table.name)).collect();
    let total: Total = diesel::sql_query(format!("SELECT {} AS total", counts.join(" + "))).get_result(conn.raw()).await?;
    Ok(total.total)
}

/// Begins to read a table; [`rows_next`] goes on.
///
/// # Errors
/// Those of the statement.
pub async fn rows_open(conn: &mut TenantConn, table: &Table) -> DbResult<()> {
    let sql =
        format!("DECLARE travelling NO SCROLL CURSOR FOR SELECT to_jsonb(t)::text AS line FROM {} t ORDER BY {}", table.name, table.key);
    Ok(conn.raw().batch_execute(&sql).await?)
}

/// The next rows, each as one line of JSON; none at the end, when the table is closed.
///
/// # Errors
/// Those of the statement.
pub async fn rows_next(conn: &mut TenantConn, most: u16) -> DbResult<Vec<String>> {
    let lines: Vec<Line> = diesel::sql_query(format!("FETCH {most} FROM travelling")).load(conn.raw()).await?;
    if lines.is_empty() {
        conn.raw().batch_execute("CLOSE travelling").await?;
    }
    Ok(lines.into_iter().map(|line| line.line).collect())
}

/// Readies a schema that was just created to take rows: what its migrations put into it goes, and references within
/// `users` are looked at once all are there.
///
/// # Errors
/// Those of the statements.
pub async fn load_begin(conn: &mut PlatformConn, tenant: &TenantRef) -> DbResult<()> {
    let schema = quoted(tenant);
    let batch = format!(
        "DELETE FROM {schema}.quota; DELETE FROM {schema}.audit_head; \
         ALTER TABLE {schema}.users ALTER CONSTRAINT users_manager_id_fkey DEFERRABLE INITIALLY DEFERRED"
    );
    Ok(conn.raw().batch_execute(&batch).await?)
}

/// Puts rows into a table; `rows` is a JSON array of objects. Gives how many there were.
///
/// # Errors
/// Those of the statement: rows that break a rule of the table.
pub async fn rows_load(conn: &mut PlatformConn, tenant: &TenantRef, table: &Table, rows: serde_json::Value) -> DbResult<usize> {
    let target = format!("{}.{}", quoted(tenant), table.name);
    let overriding = if table.identity { " OVERRIDING SYSTEM VALUE" } else { "" };
    let sql = format!("INSERT INTO {target}{overriding} SELECT * FROM json_populate_recordset(NULL::{target}, $1)");
    Ok(diesel::sql_query(sql).bind::<Json, _>(rows).execute(conn.raw()).await?)
}

/// Ends what [`load_begin`] began: references are looked at, ids go on after the greatest one, and who is active or owns the
/// company is counted. Every system role has to be there.
///
/// # Errors
/// [`DbError::LastOwner`] without an active owner; those of the statements: a reference that leads nowhere.
pub async fn load_end(conn: &mut PlatformConn, tenant: &TenantRef) -> DbResult<()> {
    let schema = quoted(tenant);
    let mut batch =
        format!("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE {schema}.users ALTER CONSTRAINT users_manager_id_fkey NOT DEFERRABLE;\n");
    for table in TABLES.iter().filter(|table| table.identity) {
        let name = format!("{schema}.{}", table.name);
        batch.push_str(&format!(
            "SELECT setval(pg_get_serial_sequence('{name}', 'id'), coalesce(max(id), 1), max(id) IS NOT NULL) FROM {name};\n"
        ));
    }
    batch.push_str(&format!(
        "UPDATE {schema}.quota SET active_users = (SELECT count(*) FROM {schema}.users WHERE is_active), \
            active_owners = (SELECT count(*) FROM {schema}.users WHERE is_active AND user_type = 'owner'); \
         UPDATE {schema}.audit_head SET event_seq = coalesce((SELECT max(seq) FROM {schema}.events), 0);\n"
    ));
    // JSON numbers lose digits on their way; the amounts themselves are texts.
    batch.push_str(&format!(
        "UPDATE {schema}.records r SET value = (r.data->f.slot->>'a')::numeric * (r.data->f.slot->>'r')::numeric \
         FROM {schema}.pipelines p JOIN {schema}.fields f ON f.pipeline_id = p.id AND f.key = p.settings->>'value' AND f.kind = 'money' \
         WHERE r.pipeline_id = p.id AND r.data->f.slot->>'a' ~ '^-?[0-9]{{1,20}}(\\.[0-9]{{1,10}})?$' \
            AND r.data->f.slot->>'r' ~ '^[0-9]{{1,10}}(\\.[0-9]{{1,10}})?$';\n"
    ));
    conn.raw().batch_execute(&batch).await?;
    let system: Vec<String> = SYSTEM_ROLES.iter().map(|role| format!("'{}'", role.key)).collect();
    let owned = format!(
        "SELECT (SELECT count(*) FROM {schema}.quota WHERE active_owners > 0) * (SELECT count(*) FROM {schema}.roles WHERE key IN ({})) AS total",
        system.join(", ")
    );
    let total: Total = diesel::sql_query(owned).get_result(conn.raw()).await?;
    if usize::try_from(total.total).is_ok_and(|total| total == SYSTEM_ROLES.len()) { Ok(()) } else { Err(DbError::LastOwner) }
}

/// The active users of a schema that was just loaded.
///
/// # Errors
/// Those of the statement.
pub async fn active_users(conn: &mut PlatformConn, tenant: &TenantRef) -> DbResult<i32> {
    let sql = format!("SELECT active_users::bigint AS total FROM {}.quota", quoted(tenant));
    let total: Total = diesel::sql_query(sql).get_result(conn.raw()).await?;
    Ok(i32::try_from(total.total).unwrap_or(i32::MAX))
}
