//! What a transaction causes besides its own rows: jobs, e-mail, events and lines of the audit log. A use case
//! only says so; [`TenantConn::finish`](crate::TenantConn::finish) and [`PlatformConn::finish`](crate::PlatformConn::finish) write it, right before the commit and the audit log
//! last. So all of it is there or none, and the head of the log, which every other writer waits for, is held for no
//! longer than these statements take.

use crate::{
    DbError, DbResult,
    audit::{AuditEntry, EventEntry, append_platform, append_tenant},
    error::one_row,
};
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{JobId, TenantId, UserId, job::JobKind};
use std::sync::Arc;
use tokio::sync::Notify;

/// An e-mail to be sent.
#[derive(Clone, Debug)]
pub struct MailEntry {
    /// Its Message-ID (RFC 5322, 3.6.4) without brackets: fixed here, so that a copy that is sent twice is recognizable.
    pub message_id: String,
    /// The one-time link it brings.
    pub token: Option<i64>,
    /// The e-mail, sealed.
    pub sealed: String,
    /// When it is of no use any more.
    pub expires_at: DateTime<Utc>,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// A job of a tenant to be enqueued.
#[derive(Clone, Copy, Debug)]
pub struct JobEntry {
    /// Its id, of [`TenantConn::job_id`](crate::TenantConn::job_id).
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// For whom, with whose rights.
    pub user: UserId,
    /// When it was asked for.
    pub at: DateTime<Utc>,
}

/// Which workers have something to do once the transaction is committed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Enqueued {
    pub mail: bool,
    pub jobs: bool,
}

/// What a transaction has caused so far.
#[derive(Default)]
pub(crate) struct Outbound {
    /// What was enqueued by statements of its own.
    pub enqueued: Enqueued,
    pub jobs: Vec<JobEntry>,
    pub mail: Vec<MailEntry>,
    pub events: Vec<EventEntry>,
    pub audit: Vec<(Option<TenantId>, AuditEntry)>,
}

/// How much was to be noted at some point.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    audit: usize,
    events: usize,
    mail: usize,
    jobs: usize,
}

impl Outbound {
    /// How much is to be noted so far.
    pub(crate) const fn marks(&self) -> Marks {
        Marks { audit: self.audit.len(), events: self.events.len(), mail: self.mail.len(), jobs: self.jobs.len() }
    }

    /// Drops what was added since.
    pub(crate) fn back_to(&mut self, marks: &Marks) {
        self.audit.truncate(marks.audit);
        self.events.truncate(marks.events);
        self.mail.truncate(marks.mail);
        self.jobs.truncate(marks.jobs);
    }

    /// Whether nothing was caused.
    pub fn is_empty(&self) -> bool {
        let Enqueued { mail, jobs } = self.enqueues();
        !mail && !jobs && self.events.is_empty() && self.audit.is_empty()
    }

    fn enqueues(&self) -> Enqueued {
        Enqueued { mail: self.enqueued.mail || !self.mail.is_empty(), jobs: self.enqueued.jobs || !self.jobs.is_empty() }
    }

    /// Writes what was caused, as the tenant's role. Gives which workers it is for.
    ///
    /// # Errors
    /// [`DbError::QueueFull`] when the tenant has as many jobs as it may have.
    pub async fn write_tenant(self, conn: &mut AsyncPgConnection) -> DbResult<Enqueued> {
        const JOB: &str = "SELECT oneo_queue.job_enqueue($1, $2, $3, $4) AS yes";
        const MAIL: &str = "SELECT oneo_queue.mail_enqueue($1, $2, $3, $4, $5)";
        let enqueued = self.enqueues();
        for job in &self.jobs {
            let query = diesel::sql_query(JOB).bind::<BigInt, _>(job.id.0).bind::<Text, _>(job.kind.as_str());
            let query = query.bind::<BigInt, _>(job.user.0).bind::<Timestamptz, _>(job.at);
            let answer: Answer = query.get_result(conn).await?;
            if !answer.yes {
                return Err(DbError::QueueFull);
            }
        }
        for mail in &self.mail {
            let query = diesel::sql_query(MAIL).bind::<Text, _>(&mail.message_id).bind::<Nullable<BigInt>, _>(mail.token);
            let query = query.bind::<Text, _>(&mail.sealed).bind::<Timestamptz, _>(mail.expires_at).bind::<Timestamptz, _>(mail.at);
            query.execute(conn).await?;
        }
        let audit: Vec<AuditEntry> = self.audit.into_iter().map(|(_, entry)| entry).collect();
        if !audit.is_empty() || !self.events.is_empty() {
            append_tenant(conn, &audit, &self.events).await?;
        }
        Ok(enqueued)
    }

    /// Writes what was caused on the platform. Gives which workers it is for.
    ///
    /// # Errors
    /// Those of the statements.
    pub async fn write_platform(self, conn: &mut AsyncPgConnection) -> DbResult<Enqueued> {
        const MAIL: &str = "INSERT INTO platform.mail_outbox (message_id, token_id, sealed, created_at, next_at, expires_at) \
            VALUES ($1, $2, $3, $4, $4, $5)";
        let enqueued = self.enqueues();
        for mail in &self.mail {
            let query = diesel::sql_query(MAIL).bind::<Text, _>(&mail.message_id).bind::<Nullable<BigInt>, _>(mail.token);
            let query = query.bind::<Text, _>(&mail.sealed).bind::<Timestamptz, _>(mail.at).bind::<Timestamptz, _>(mail.expires_at);
            one_row(query.execute(conn).await?)?;
        }
        if !self.audit.is_empty() {
            append_platform(conn, &self.audit).await?;
        }
        Ok(enqueued)
    }
}

/// Wakes the workers of this process as soon as there is something for them. Those of others look for it themselves.
#[derive(Clone, Debug, Default)]
pub struct Wake {
    mail: Arc<Notify>,
    jobs: Arc<Notify>,
}

impl Wake {
    /// Ends when e-mail was enqueued.
    pub async fn mail(&self) {
        self.mail.notified().await;
    }

    /// Ends when a job was enqueued.
    pub async fn jobs(&self) {
        self.jobs.notified().await;
    }

    pub(crate) fn notify(&self, enqueued: Enqueued) {
        if enqueued.mail {
            self.mail.notify_one();
        }
        if enqueued.jobs {
            // The platform's worker and the tenants' wait for the same.
            self.jobs.notify_waiters();
        }
    }
}

#[derive(diesel::QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}
