//! Transactions on the platform's tables and on one tenant's: the only ways to run a query.

use crate::{
    DbError, DbResult,
    audit::{AuditEntry, EventEntry},
    outbound::{Enqueued, JobEntry, MailEntry, Outbound, Wake},
};
use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, SimpleAsyncConnection, TransactionManager,
    pooled_connection::bb8::{Pool, PooledConnection},
};
use domain::TenantId;
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
        let open = format!("BEGIN; SET LOCAL ROLE \"{role}\"; SET LOCAL search_path TO \"{schema}\"");
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
        Ok(Self { conn, tenant: tenant.clone(), wake: wake.clone(), outbound: Outbound::default() })
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
        let step = format!("SET LOCAL ROLE \"{}\"; SET LOCAL search_path TO \"{}\"", tenant.role, tenant.schema);
        self.conn.batch_execute(&step).await?;
        Ok(TenantConn { conn: self.conn, tenant: tenant.clone(), wake: self.wake, outbound: Outbound { enqueued, ..Outbound::default() } })
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

async fn open(pool: &Pool<AsyncPgConnection>, sql: &str) -> DbResult<PooledConnection<'static, AsyncPgConnection>> {
    let mut last = DbError::Unavailable("no connection".to_owned());
    for _ in 0..STALE_MAX {
        let mut conn = pool.get_owned().await?;
        match AnsiTransactionManager::begin_transaction_sql(&mut *conn, sql).await {
            Ok(()) => return Ok(conn),
            Err(error) => {
                // Whatever state it is in, nobody else gets this connection.
                AnsiTransactionManager::transaction_manager_status_mut(&mut *conn).set_in_error();
                last = error.into();
                if !matches!(last, DbError::Unavailable(_)) {
                    return Err(last);
                }
            }
        }
    }
    Err(last)
}

/// Commits and wakes the workers of what was enqueued, or rolls back.
async fn finish<T, E: From<DbError>>(
    mut conn: PooledConnection<'static, AsyncPgConnection>,
    wake: &Wake,
    flushed: Result<(T, Enqueued), E>,
) -> Result<T, E> {
    match flushed {
        Ok((value, enqueued)) => {
            AnsiTransactionManager::commit_transaction(&mut *conn).await.map_err(DbError::from)?;
            wake.notify(enqueued);
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = AnsiTransactionManager::rollback_transaction(&mut *conn).await {
                tracing::debug!(%rollback, "a rollback failed, its connection is dropped");
            }
            Err(error)
        }
    }
}
