//! Embedded migrations and their runner: the platform first, then every tenant that is behind, one transaction each.

mod fold;

use crate::{Db, DbError, DbResult, conn::TenantRef, grants, platform::tenants, tenant::records::template_apply};
use diesel::sql_types::{BigInt, Bool};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager,
    pooled_connection::bb8::{Pool, PooledConnection},
};
use domain::record::Template;
use include_dir::{Dir, include_dir};
use secrecy::SecretString;
use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

static PLATFORM_DIR: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../migrations/platform");
static TENANT_DIR: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../migrations/tenant");

/// The version of the migration that adds records. A tenant that is there by then gets the pipelines that a new one has.
const RECORDS: i64 = 20_261_130_180_000;

/// One step of a schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// The time stamp its folder begins with.
    pub version: i64,
    /// The rest of the folder's name.
    pub name: &'static str,
    /// The SQL that goes there.
    pub up: &'static str,
    /// The SQL that goes back.
    pub down: &'static str,
}

/// The platform's migrations, oldest first.
pub static PLATFORM: LazyLock<Vec<Migration>> = LazyLock::new(|| read(&PLATFORM_DIR));
/// Every tenant's migrations, oldest first.
pub static TENANT: LazyLock<Vec<Migration>> = LazyLock::new(|| read(&TENANT_DIR));

/// The version a tenant has once all migrations ran.
#[must_use]
pub fn tenant_version() -> i64 {
    TENANT.last().map_or(0, |migration| migration.version)
}

/// How many migrations a tenant at `version` waits for.
#[must_use]
pub fn tenant_pending(version: i64) -> usize {
    TENANT.iter().filter(|migration| migration.version > version).count()
}

fn read(dir: &'static Dir<'static>) -> Vec<Migration> {
    let mut found: Vec<Migration> = dir
        .dirs()
        .filter_map(|folder| {
            let (version, name) = folder.path().file_name()?.to_str()?.split_once('_')?;
            let sql = |file: &str| folder.get_file(folder.path().join(file)).and_then(|file| file.contents_utf8());
            Some(Migration { version: version.parse().ok()?, name, up: sql("up.sql")?, down: sql("down.sql")? })
        })
        .collect();
    found.sort_by_key(|migration| migration.version);
    found
}

/// All tenant migrations as one batch, with the rows that record them; for a new schema.
pub(crate) fn tenant_batch() -> String {
    let mut batch = MIGRATIONS_TABLE.to_owned();
    for migration in TENANT.iter() {
        batch.push_str(migration.up);
        batch.push_str(&record("", migration));
    }
    batch
}

const MIGRATIONS_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (version bigint PRIMARY KEY, name text NOT NULL, \
     applied_at timestamptz NOT NULL DEFAULT now());\n";

fn record(schema: &str, migration: &Migration) -> String {
    // Folder names are part of the binary; they hold no quote (a test says so).
    format!("INSERT INTO {schema}schema_migrations (version, name) VALUES ({}, '{}');\n", migration.version, migration.name)
}

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The platform's migrations that ran.
    pub platform: Vec<&'static str>,
    /// Tenants brought up to date.
    pub migrated: usize,
    /// Tenants that failed, with the reason; each is still at its old version.
    pub failed: Vec<(String, String)>,
    /// How long the run took.
    pub took: Duration,
}

#[derive(diesel::QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    locked: bool,
}

#[derive(diesel::QueryableByName)]
struct Applied {
    #[diesel(sql_type = BigInt)]
    version: i64,
}

/// The lock of the one run that may go on in a database. Closing its connection frees it, whatever happens.
struct RunLock(PooledConnection<'static, AsyncPgConnection>);

impl RunLock {
    /// The number is arbitrary; it only has to differ from other locks of this database.
    const SQL: &'static str = "SELECT pg_try_advisory_lock(724001) AS locked";

    async fn take(pool: &Pool<AsyncPgConnection>) -> DbResult<Self> {
        let mut conn = pool.get_owned().await?;
        let deadline = Instant::now() + Duration::from_secs(600);
        loop {
            let answer: Locked = diesel::sql_query(Self::SQL).get_result(&mut *conn).await?;
            if answer.locked {
                return Ok(Self(conn));
            }
            if Instant::now() > deadline {
                return Err(DbError::Unavailable("another migration has been running for ten minutes".to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        AnsiTransactionManager::transaction_manager_status_mut(&mut *self.0).set_in_error();
    }
}

/// Brings the platform's schema up to date, and nothing else.
///
/// # Errors
/// The first failing migration, by name; those before it stay.
pub async fn platform_migrate(owner_url: &SecretString, log_statements: bool) -> DbResult<Vec<&'static str>> {
    let pool = Db::owner_only(owner_url, log_statements)?;
    let _lock = RunLock::take(&pool).await?;
    let mut conn = pool.get_owned().await?;
    let table = MIGRATIONS_TABLE.replace("schema_migrations", "platform.schema_migrations");
    conn.batch_execute(&table).await?;
    let applied: Vec<Applied> = diesel::sql_query("SELECT version FROM platform.schema_migrations").load(&mut *conn).await?;
    let mut ran = Vec::new();
    for migration in PLATFORM.iter().filter(|migration| applied.iter().all(|row| row.version != migration.version)) {
        let step = async {
            conn.batch_execute(&format!("BEGIN;\n{}\n{}", migration.up, record("platform.", migration))).await?;
            if migration.version == fold::VERSION {
                fold::platform(&mut conn).await?;
            }
            conn.batch_execute("COMMIT").await.map_err(DbError::from)
        };
        if let Err(error) = step.await {
            AnsiTransactionManager::transaction_manager_status_mut(&mut *conn).set_in_error();
            return Err(DbError::Broken(format!("platform migration {}: {error}", migration.name)));
        }
        ran.push(migration.name);
    }
    // Once all tables of the list are there; it may change without a migration too.
    conn.batch_execute(&grants::platform_sql()).await?;
    Ok(ran)
}

/// Brings every tenant that is behind up to date, each in a transaction of its own; one that fails stops no other.
///
/// # Errors
/// When the database cannot be reached; a failing tenant is part of the report instead.
pub async fn tenants_migrate(db: &Db) -> DbResult<Report> {
    let started = Instant::now();
    let pool = db.owner_pool()?;
    let _lock = RunLock::take(pool).await?;
    let mut conn = db.owner().await?;
    let found = tenants::tenant_list_behind(&mut conn, tenant_version()).await;
    let behind = conn.finish(found).await?;
    let mut report = Report::default();
    for (tenant, slug, version) in behind {
        match tenant_migrate(db, &tenant, version).await {
            Ok(()) => report.migrated += 1,
            Err(error) => {
                let reason = error.to_string();
                let mut conn = db.owner().await?;
                let noted = tenants::tenant_set_error(&mut conn, tenant.id, Some(&reason)).await;
                conn.finish(noted).await?;
                report.failed.push((slug, reason));
            }
        }
    }
    report.took = started.elapsed();
    Ok(report)
}

/// Migrates one tenant; a table that a long transaction holds is asked for three times.
async fn tenant_migrate(db: &Db, tenant: &TenantRef, version: i64) -> DbResult<()> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut conn = db.owner().await?;
        let result = tenant_migrate_in_txn(&mut conn, tenant, version).await;
        match conn.finish(result).await {
            Err(DbError::Retry(reason)) if tries < 3 => tracing::info!(%reason, "trying again"),
            other => return other,
        }
    }
}

async fn tenant_migrate_in_txn(conn: &mut crate::PlatformConn, tenant: &TenantRef, version: i64) -> DbResult<()> {
    conn.raw().batch_execute(&format!("SET LOCAL search_path TO \"{}\"", tenant.schema())).await?;
    for migration in TENANT.iter().filter(|migration| migration.version > version) {
        conn.raw().batch_execute(&format!("{}{}", migration.up, record("", migration))).await?;
        if migration.version == fold::VERSION {
            fold::tenant(conn).await?;
        }
    }
    // Once all tables are as the program knows them.
    if version < RECORDS {
        template_apply(conn.raw(), &Template::crm().map_err(|error| DbError::Decode(error.to_string()))?).await?;
    }
    let mut batch = String::new();
    batch.push_str(&grants::tenant_sql(tenant.role()));
    batch.push_str("SET LOCAL search_path TO '';");
    conn.raw().batch_execute(&batch).await?;
    tenants::tenant_set_version(conn, tenant.id, tenant_version()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_is_embedded_complete_and_in_order() {
        for (list, dir) in [(&*PLATFORM, &PLATFORM_DIR), (&*TENANT, &TENANT_DIR)] {
            assert!(!list.is_empty());
            assert_eq!(list.len(), dir.dirs().count(), "a folder lacks up.sql or down.sql, or its name is off");
            assert!(list.windows(2).all(|pair| pair[0].version < pair[1].version));
            for migration in list {
                assert!(migration.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{}", migration.name);
                assert!(migration.version.to_string().len() == 14, "{}", migration.name);
            }
        }
    }
}
