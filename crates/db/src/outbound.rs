//! What a transaction causes besides its own rows: jobs, e-mail, events and lines of the audit log. Whoever works in it
//! only says so; [`TenantConn::finish`] and [`PlatformConn::finish`] write it, right before the commit and the audit log
//! last. So all of it is there or none, and the head of the log, which every other writer waits for, is held for no
//! longer than these statements take.

use crate::{
    DbError, DbResult, PlatformConn, TenantConn,
    audit::{AuditEntry, append_platform, append_tenant},
    error::one_row,
};
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use domain::{JobId, TenantId, UserId, job::JobKind};
use serde::Serialize;
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
    /// Its id, of [`TenantConn::job_id`].
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// For whom, with whose rights.
    pub user: UserId,
    /// When it was asked for.
    pub at: DateTime<Utc>,
}

/// Something that happened, for whoever follows a tenant's events.
#[derive(Clone, Debug, Serialize)]
pub struct EventEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// What, such as `user.update`.
    pub kind: &'static str,
    /// To what kind of object.
    pub object: &'static str,
    /// To which one.
    pub record_id: Option<i64>,
    /// Who did it, such as `user:7`.
    pub actor: String,
    /// What caused it, such as `job:12`; empty for the actor alone.
    pub origin: String,
    /// The names of the fields that changed.
    pub changed: Vec<String>,
}

/// Kinds of objects of which nothing is an event.
const QUIET: &[&str] = &["session"];

impl EventEntry {
    fn of(entry: &AuditEntry) -> Self {
        let actor = entry.actor_id.map_or_else(|| entry.actor_kind.to_owned(), |id| format!("{}:{id}", entry.actor_kind));
        let changed = entry.diff.as_object().map(|diff| diff.keys().cloned().collect()).unwrap_or_default();
        Self {
            at: entry.at,
            kind: entry.action,
            object: entry.object_kind,
            record_id: entry.object_id.as_deref().and_then(|id| id.parse().ok()),
            actor,
            origin: entry.request_id.as_deref().filter(|id| id.starts_with("job ")).map(|id| id.replace(' ', ":")).unwrap_or_default(),
            changed,
        }
    }
}

/// What a transaction has caused so far.
#[derive(Default)]
pub(crate) struct Outbound {
    /// Whether e-mail and jobs were enqueued by statements of their own.
    enqueued: (bool, bool),
    jobs: Vec<JobEntry>,
    mail: Vec<MailEntry>,
    events: Vec<EventEntry>,
    audit: Vec<(Option<TenantId>, AuditEntry)>,
}

impl Outbound {
    /// Of a transaction in which e-mail and jobs were enqueued already.
    pub fn after(enqueued: (bool, bool)) -> Self {
        Self { enqueued, ..Self::default() }
    }

    /// Notes that a job was enqueued by a statement of its own.
    pub const fn has_job(&mut self) {
        self.enqueued.1 = true;
    }

    fn wakes(&self) -> (bool, bool) {
        (self.enqueued.0 || !self.mail.is_empty(), self.enqueued.1 || !self.jobs.is_empty())
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

    pub(crate) fn tell(&self, (mail, jobs): (bool, bool)) {
        if mail {
            self.mail.notify_one();
        }
        if jobs {
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

impl TenantConn {
    /// Adds a line to the tenant's audit log, and the event that it tells of; signing in is nobody's event.
    pub fn audit(&mut self, entry: AuditEntry) {
        if !QUIET.contains(&entry.object_kind) {
            self.outbound.events.push(EventEntry::of(&entry));
        }
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

    /// Writes what was caused. Gives which workers it is for.
    pub(crate) async fn flush(&mut self) -> DbResult<(bool, bool)> {
        const JOB: &str = "SELECT oneo_queue.job_enqueue($1, $2, $3, $4) AS yes";
        const MAIL: &str = "SELECT oneo_queue.mail_enqueue($1, $2, $3, $4, $5)";
        let outbound = std::mem::take(&mut self.outbound);
        let wakes = outbound.wakes();
        for job in &outbound.jobs {
            let query = diesel::sql_query(JOB).bind::<BigInt, _>(job.id.0).bind::<Text, _>(job.kind.as_str());
            let query = query.bind::<BigInt, _>(job.user.0).bind::<Timestamptz, _>(job.at);
            let answer: Answer = query.get_result(self.raw()).await?;
            if !answer.yes {
                return Err(DbError::QueueFull);
            }
        }
        for mail in &outbound.mail {
            let query = diesel::sql_query(MAIL).bind::<Text, _>(&mail.message_id).bind::<Nullable<BigInt>, _>(mail.token);
            let query = query.bind::<Text, _>(&mail.sealed).bind::<Timestamptz, _>(mail.expires_at).bind::<Timestamptz, _>(mail.at);
            query.execute(self.raw()).await?;
        }
        let audit: Vec<AuditEntry> = outbound.audit.into_iter().map(|(_, entry)| entry).collect();
        if !audit.is_empty() || !outbound.events.is_empty() {
            append_tenant(self, &audit, &outbound.events).await?;
        }
        Ok(wakes)
    }
}

impl PlatformConn {
    /// Adds a line to the platform's audit log; `tenant` is the tenant concerned.
    pub fn audit(&mut self, tenant: Option<TenantId>, entry: AuditEntry) {
        self.outbound.audit.push((tenant, entry));
    }

    /// Enqueues an e-mail of the platform.
    pub fn mail(&mut self, mail: MailEntry) {
        self.outbound.mail.push(mail);
    }

    /// Writes what was caused. Gives which workers it is for.
    pub(crate) async fn flush(&mut self) -> DbResult<(bool, bool)> {
        const MAIL: &str = "INSERT INTO platform.mail_outbox (message_id, token_id, sealed, created_at, next_at, expires_at) \
            VALUES ($1, $2, $3, $4, $4, $5)";
        let outbound = std::mem::take(&mut self.outbound);
        let wakes = outbound.wakes();
        for mail in &outbound.mail {
            let query = diesel::sql_query(MAIL).bind::<Text, _>(&mail.message_id).bind::<Nullable<BigInt>, _>(mail.token);
            let query = query.bind::<Text, _>(&mail.sealed).bind::<Timestamptz, _>(mail.at).bind::<Timestamptz, _>(mail.expires_at);
            one_row(query.execute(self.raw()).await?)?;
        }
        if !outbound.audit.is_empty() {
            append_platform(self, &outbound.audit).await?;
        }
        Ok(wakes)
    }
}
