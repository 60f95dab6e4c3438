//! Transactions on the platform's tables and on one tenant's: the only ways to run a query.

use crate::{
    DbError, DbResult,
    audit::{AuditEntry, EventEntry},
    outbound::{Enqueued, JobEntry, MailEntry, Marks, Outbound, Wake},
};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, SimpleAsyncConnection, TransactionManager,
    pooled_connection::bb8::{Pool, PooledConnection},
};
use domain::TenantId;
use futures_util::{future::BoxFuture, join};
use std::sync::Arc;

/// How often an opening statement may meet a connection that died while it was idle.
const STALE_MAX: usize = 16;

/// Names one tenant's schema and role. Only the opening batch of a transaction knows them; no query does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantRef {
    /// The tenant.
    pub id: TenantId,
    schema: Arc<str>,
    role: Arc<str>,
    open: Arc<str>,
}

impl TenantRef {
    pub(crate) fn new(installation: &str, id: TenantId, schema: &str) -> Self {
        let role = role_name(installation, id);
        let schema = schema.replace('"', "");
        let open = format!("BEGIN; {}", step_down(&role, &schema));
        Self { id, schema: Arc::from(schema), role: Arc::from(role), open: Arc::from(open) }
    }

    /// The tenant's schema.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The tenant's role.
    #[must_use]
    pub fn role(&self) -> &str {
        &self.role
    }
}

/// What a transaction becomes a tenant's by, until it ends.
fn step_down(role: &str, schema: &str) -> String {
    format!("SET LOCAL ROLE \"{role}\"; SET LOCAL search_path TO \"{schema}\"")
}

/// `oneo_<installation>_t<id>`: roles belong to the whole cluster, so they say whose they are.
pub(crate) fn role_name(installation: &str, id: TenantId) -> String {
    format!("oneo_{installation}_t{id}")
}

/// An open transaction in one tenant's schema, as that tenant's role. Both are `SET LOCAL`, so nothing outlives it.
/// Dropped without [`finish`](Self::finish), its connection is closed, never handed out again.
#[must_use]
pub struct TenantConn {
    conn: PooledConnection<'static, AsyncPgConnection>,
    tenant: TenantRef,
    wake: Wake,
    outbound: Outbound,
    /// What was to be noted when the open part began.
    part: Marks,
}

/// An open transaction on the platform's tables, which are named with their schema.
/// Dropped without [`finish`](Self::finish), its connection is closed.
#[must_use]
pub struct PlatformConn {
    conn: PooledConnection<'static, AsyncPgConnection>,
    installation: Arc<str>,
    wake: Wake,
    outbound: Outbound,
}

impl TenantConn {
    pub(crate) async fn open(pool: &Pool<AsyncPgConnection>, tenant: &TenantRef, wake: &Wake) -> DbResult<Self> {
        let conn = open(pool, &tenant.open).await?;
        Ok(Self { conn, tenant: tenant.clone(), wake: wake.clone(), outbound: Outbound::default(), part: Marks::default() })
    }

    /// Opens a transaction and reads what everything in it needs, in one round trip: what is read is sent behind the opening
    /// batch, and fails with it.
    pub(crate) async fn open_with<T>(
        pool: &Pool<AsyncPgConnection>,
        tenant: &TenantRef,
        wake: &Wake,
        read: impl for<'a> Fn(&'a Self) -> BoxFuture<'a, DbResult<T>> + Send,
    ) -> DbResult<(Self, DbResult<T>)> {
        let mut stale = 0;
        loop {
            let (outbound, part) = (Outbound::default(), Marks::default());
            let conn = Self { conn: taken(pool).await?, tenant: tenant.clone(), wake: wake.clone(), outbound, part };
            // Polled first, so sent first.
            let (opened, found) = join!(async { conn.shared().batch_execute(&tenant.open).await.map_err(DbError::from) }, read(&conn));
            match opened {
                Ok(()) => return Ok((conn, found)),
                Err(DbError::Unavailable(_)) if stale < STALE_MAX => stale += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Begins a part of the transaction that can be undone alone, with what it is to note.
    ///
    /// # Errors
    /// Those of the statement.
    pub async fn part_begin(&mut self) -> DbResult<()> {
        self.part = self.outbound.marks();
        Ok(self.conn.batch_execute("SAVEPOINT part").await?)
    }

    /// Keeps that part, or undoes it.
    ///
    /// # Errors
    /// Those of the statement.
    pub async fn part_end(&mut self, keep: bool) -> DbResult<()> {
        if !keep {
            self.outbound.back_to(&self.part);
        }
        let end = if keep { "RELEASE SAVEPOINT part" } else { "ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part" };
        Ok(self.conn.batch_execute(end).await?)
    }

    /// The tenant whose schema this is.
    #[must_use]
    pub const fn tenant(&self) -> &TenantRef {
        &self.tenant
    }

    /// Writes what was caused and commits, or undoes everything when `result` is an error, and hands the connection back.
    ///
    /// # Errors
    /// The error given, or that of the last statements.
    pub async fn finish<T, E: From<DbError>>(mut self, result: Result<T, E>) -> Result<T, E> {
        let flushed = match result {
            Ok(value) => self.outbound.write_tenant(&mut self.conn).await.map(|enqueued| (value, enqueued)).map_err(E::from),
            Err(error) => Err(error),
        };
        finish(self.conn, &self.wake, flushed).await
    }

    /// Ends a transaction that has only read. Nobody waits for it, since nothing can be lost by it.
    ///
    /// # Errors
    /// The error given.
    pub async fn finish_read<T, E: From<DbError>>(self, result: Result<T, E>) -> Result<T, E> {
        if result.is_err() || !self.outbound.is_empty() {
            return Box::pin(self.finish(result)).await;
        }
        tokio::spawn(async move {
            if let Err(error) = handed_back(self.conn, "COMMIT").await {
                tracing::debug!(%error, "a transaction that has read did not end, its connection is dropped");
            }
        });
        result
    }

    /// Adds a line to the tenant's audit log, and the event that it is.
    pub fn audit(&mut self, entry: AuditEntry) {
        self.outbound.events.extend(EventEntry::of(&entry));
        self.audit_only(entry);
    }

    /// Adds a line to the tenant's audit log and no event: for one of many acts that are one event together.
    pub fn audit_only(&mut self, entry: AuditEntry) {
        self.outbound.audit.push((None, entry));
    }

    /// Adds an event.
    pub fn event(&mut self, event: EventEntry) {
        self.outbound.events.push(event);
    }

    /// Enqueues an e-mail of the tenant.
    pub fn mail(&mut self, mail: MailEntry) {
        self.outbound.mail.push(mail);
    }

    /// Enqueues a job of the tenant; [`DbError::QueueFull`] at [`finish`](Self::finish) when it has as many as it may have.
    pub fn job(&mut self, job: JobEntry) {
        self.outbound.jobs.push(job);
    }

    pub(crate) fn raw(&mut self) -> &mut AsyncPgConnection {
        &mut self.conn
    }

    /// The connection for reading beside others: what is asked at once is sent at once, so that it costs one round trip.
    pub(crate) fn shared(&self) -> &AsyncPgConnection {
        &self.conn
    }
}

impl PlatformConn {
    pub(crate) async fn open(pool: &Pool<AsyncPgConnection>, installation: &Arc<str>, wake: &Wake) -> DbResult<Self> {
        let conn = open(pool, "BEGIN").await?;
        Ok(Self { conn, installation: Arc::clone(installation), wake: wake.clone(), outbound: Outbound::default() })
    }

    /// Steps down into one tenant for the rest of the transaction; there is no way back up. What was caused on the platform
    /// is written first, so its audit log is held until the end, always before the tenant's.
    ///
    /// # Errors
    /// [`DbError::Broken`] when the tenant's role is missing.
    pub async fn into_tenant(mut self, tenant: &TenantRef) -> DbResult<TenantConn> {
        let enqueued = self.outbound.write_platform(&mut self.conn).await?;
        self.conn.batch_execute(&step_down(&tenant.role, &tenant.schema)).await?;
        let outbound = Outbound { enqueued, ..Outbound::default() };
        Ok(TenantConn { conn: self.conn, tenant: tenant.clone(), wake: self.wake, outbound, part: Marks::default() })
    }

    /// Writes what was caused and commits, or undoes everything when `result` is an error, and hands the connection back.
    ///
    /// # Errors
    /// The error given, or that of the last statements.
    pub async fn finish<T, E: From<DbError>>(mut self, result: Result<T, E>) -> Result<T, E> {
        let flushed = match result {
            Ok(value) => self.outbound.write_platform(&mut self.conn).await.map(|enqueued| (value, enqueued)).map_err(E::from),
            Err(error) => Err(error),
        };
        finish(self.conn, &self.wake, flushed).await
    }

    /// Adds a line to the platform's audit log; `tenant` is the tenant concerned.
    pub fn audit(&mut self, tenant: Option<TenantId>, entry: AuditEntry) {
        self.outbound.audit.push((tenant, entry));
    }

    /// Enqueues an e-mail of the platform.
    pub fn mail(&mut self, mail: MailEntry) {
        self.outbound.mail.push(mail);
    }

    /// Notes that a job was enqueued by a statement of its own.
    pub(crate) const fn job_enqueued(&mut self) {
        self.outbound.enqueued.jobs = true;
    }

    /// Which installation this is.
    #[must_use]
    pub fn installation(&self) -> &str {
        &self.installation
    }

    pub(crate) fn raw(&mut self) -> &mut AsyncPgConnection {
        &mut self.conn
    }
}

/// Takes a connection and opens its transaction. The connection counts as broken until [`handed_back`], so dropping it closes it.
async fn open(pool: &Pool<AsyncPgConnection>, sql: &str) -> DbResult<PooledConnection<'static, AsyncPgConnection>> {
    let mut stale = 0;
    loop {
        let conn = taken(pool).await?;
        match (&*conn).batch_execute(sql).await.map_err(DbError::from) {
            Ok(()) => return Ok(conn),
            Err(DbError::Unavailable(_)) if stale < STALE_MAX => stale += 1,
            Err(error) => return Err(error),
        }
    }
}

async fn taken(pool: &Pool<AsyncPgConnection>) -> DbResult<PooledConnection<'static, AsyncPgConnection>> {
    let mut conn = pool.get_owned().await?;
    AnsiTransactionManager::transaction_manager_status_mut(&mut *conn).set_in_error();
    Ok(conn)
}

/// Ends a transaction and hands its connection back; one that cannot end it is closed.
async fn handed_back(mut conn: PooledConnection<'static, AsyncPgConnection>, end: &str) -> DbResult<()> {
    (&*conn).batch_execute(end).await?;
    *AnsiTransactionManager::transaction_manager_status_mut(&mut *conn) = Default::default();
    Ok(())
}

/// Commits and wakes the workers of what was enqueued, or rolls back.
async fn finish<T, E: From<DbError>>(
    conn: PooledConnection<'static, AsyncPgConnection>,
    wake: &Wake,
    flushed: Result<(T, Enqueued), E>,
) -> Result<T, E> {
    match flushed {
        Ok((value, enqueued)) => {
            handed_back(conn, "COMMIT").await?;
            wake.notify(enqueued);
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = handed_back(conn, "ROLLBACK").await {
                tracing::debug!(%rollback, "a rollback failed, its connection is dropped");
            }
            Err(error)
        }
    }
}
