//! The outbox: letters wait in the database, sealed, until a worker has sent them.

use super::{Letter, SendError};
use crate::{Error, Result, Services, account::link_status};
use chrono::{DateTime, TimeDelta, Utc};
use db::{
    TenantRef,
    platform::{
        mail::{self, MailInsert, MailRecord},
        tenants::tenant_detail_by_id,
    },
    tenant::tokens::{token_get, token_set_mail},
};
use domain::{TenantId, dto::LinkStatus};
use std::{sync::Arc, time::Duration};

/// How often an idle worker looks, for letters whose time has come and for those other processes posted.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a worker has a letter to itself; longer than a mail server may take.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// Seconds until each further try; the last one repeats while the letter is of use.
const PAUSES: [i64; 5] = [10, 60, 300, 900, 3600];

/// A letter and what it is about.
pub(crate) struct Posted {
    /// Whose it is; the platform's own without.
    pub tenant: Option<TenantId>,
    /// The one-time link it brings.
    pub token: Option<i64>,
    /// When it is of no use any more.
    pub expires_at: DateTime<Utc>,
    /// The letter.
    pub letter: Letter,
}

fn context(tenant: Option<i64>) -> String {
    tenant.map_or_else(|| "mail of the platform".to_owned(), |id| format!("mail of t{id}"))
}

/// Puts a letter into the outbox, once the act that causes it is committed.
pub(crate) async fn post(services: &Services, posted: &Posted) -> Result<()> {
    let text = serde_json::to_string(&posted.letter).map_err(|error| Error::Fault(error.to_string()))?;
    let sealed = services.keyring.seal(&*services.entropy, &context(posted.tenant.map(|id| id.0)), &text);
    let sealed = sealed.ok_or_else(|| Error::Fault("a letter could not be sealed".to_owned()))?;
    let insert =
        MailInsert { tenant: posted.tenant, token: posted.token, sealed: &sealed, expires_at: posted.expires_at, now: services.now() };
    let mut conn = services.db.platform().await?;
    let inserted = mail::mail_insert(&mut conn, &insert).await;
    conn.finish(inserted).await?;
    services.mail.posted.notify_one();
    Ok(())
}

/// Sends what waits, until the task is dropped.
pub async fn deliver_work(services: Arc<Services>) {
    loop {
        if let Err(error) = deliver_due(&services).await {
            tracing::debug!(%error, "the outbox cannot be read");
        }
        let _woken = tokio::time::timeout(LOOK_EVERY, services.mail.posted.notified()).await;
    }
}

/// Sends every letter whose time has come. Gives how many were sent.
///
/// # Errors
/// When the database does not answer.
pub async fn deliver_due(services: &Services) -> Result<u32> {
    let mut sent = 0;
    loop {
        let now = services.now();
        let mut conn = services.db.platform().await?;
        let claimed = mail::mail_claim(&mut conn, now, now + LEASE).await;
        let Some(record) = conn.finish(claimed).await? else { return Ok(sent) };
        sent += u32::from(deliver(services, &record).await?);
    }
}

/// Whether the link that a letter brings still opens something. One about no link always may go.
async fn is_wanted(services: &Services, record: &MailRecord) -> Result<bool> {
    let (Some(tenant), Some(token)) = (tenant_of(services, record).await?, record.token_id) else { return Ok(true) };
    let mut conn = services.db.tenant(&tenant).await?;
    let found = token_get(&mut conn, token).await;
    let token = conn.finish(found).await?;
    Ok(token.is_some_and(|token| link_status(&token, services.now()) == LinkStatus::Open))
}

async fn tenant_of(services: &Services, record: &MailRecord) -> Result<Option<TenantRef>> {
    let Some(id) = record.tenant_id.map(TenantId) else { return Ok(None) };
    let mut conn = services.db.platform().await?;
    let found = tenant_detail_by_id(&mut conn, id).await;
    let detail = conn.finish(found).await?;
    Ok(detail.map(|detail| services.db.tenant_ref(id, &detail.record.schema_name)))
}

async fn deliver(services: &Services, record: &MailRecord) -> Result<bool> {
    let now = services.now();
    let opened = services.keyring.open(&context(record.tenant_id), &record.sealed);
    let letter: Option<Letter> = opened.and_then(|text| serde_json::from_str(&text).ok());
    let never = |told: &'static str| Err(SendError { text: told.to_owned(), told, is_final: true });
    let tried = match &letter {
        _ if record.expires_at <= now => never("it came too late to be of use"),
        None => never("the key it was sealed with is gone"),
        Some(_) if !is_wanted(services, record).await? => never("its link was taken back"),
        Some(letter) => services.mail.send(letter).await,
    };
    let pauses = usize::try_from(record.attempts.max(1) - 1).unwrap_or(0);
    let pause = PAUSES.get(pauses).or(PAUSES.last()).copied().unwrap_or(3600);
    let next = now + TimeDelta::seconds(pause);
    let again = tried.as_ref().is_err_and(|error| !error.is_final && next < record.expires_at);
    let mut conn = services.db.platform().await?;
    let noted =
        async { if again { mail::mail_wait(&mut conn, record.id, next).await } else { mail::mail_delete(&mut conn, record.id).await } }
            .await;
    conn.finish(noted).await?;
    let (state, why) = match &tried {
        Ok(()) => ("sent", None),
        Err(error) => {
            tracing::warn!(id = record.id, attempt = record.attempts, error = error.text, "a letter was not sent");
            (if again { "waiting" } else { "failed" }, Some(error.told))
        }
    };
    if let Err(error) = token_note(services, record, state, why).await {
        tracing::warn!(%error, id = record.id, "how a letter fares was not noted");
    }
    Ok(tried.is_ok())
}

/// Notes beside the link how its letter fares, for the company's admins.
async fn token_note(services: &Services, record: &MailRecord, state: &str, why: Option<&str>) -> Result<()> {
    let (Some(tenant), Some(token)) = (tenant_of(services, record).await?, record.token_id) else { return Ok(()) };
    let mut conn = services.db.tenant(&tenant).await?;
    let noted = token_set_mail(&mut conn, token, state, why, services.now()).await;
    Ok(conn.finish(noted).await?)
}
