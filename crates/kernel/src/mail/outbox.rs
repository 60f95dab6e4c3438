//! The outbox: e-mail waits in the database, sealed, until a worker has sent it.

use super::{Message, SendError};
use crate::{Error, Result, Services, entropy::random_name, failpoint, tokens::link_status};
use chrono::{DateTime, TimeDelta, Utc};
use db::{
    MailEntry, TenantRef,
    platform::{
        mail::{self, MailRecord},
        tenants::tenant_detail_by_id,
    },
    tenant::tokens::{token_get, token_set_mail},
};
use domain::{SiteKey, TenantId, dto::LinkStatus};
use std::{sync::Arc, time::Duration};

/// How often an idle worker looks for what is due and for what other processes have enqueued.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a worker has an e-mail to itself; longer than a mail server may take.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// Seconds until each further attempt; the last one repeats while the e-mail is of use.
const PAUSES: [i64; 5] = [10, 60, 300, 900, 3600];

/// An e-mail that an act causes.
pub struct NewMail {
    /// The one-time link it brings.
    pub token: Option<i64>,
    /// When it is of no use any more.
    pub expires_at: DateTime<Utc>,
    /// What it says.
    pub message: Message,
}

fn context(tenant: Option<i64>) -> String {
    tenant.map_or_else(|| "mail of the platform".to_owned(), |id| format!("mail of t{id}"))
}

/// Seals an e-mail of a site for the queue, and gives it the Message-ID that it keeps.
pub fn mail_entry(services: &Services, site: SiteKey, mail: &NewMail) -> Result<MailEntry> {
    let text = serde_json::to_string(&mail.message).map_err(|error| Error::Fault(error.to_string()))?;
    let sealed = services.keyring.seal(&*services.entropy, &context(site.tenant_id().map(|id| id.0)), &text);
    let sealed = sealed.ok_or_else(|| Error::Fault("an e-mail could not be sealed".to_owned()))?;
    let message_id = format!("{}@{}", random_name::<16>(&*services.entropy), services.config.base_domain);
    Ok(MailEntry { message_id, token: mail.token, sealed, expires_at: mail.expires_at, at: services.now() })
}

/// Sends what waits, until the task is dropped.
pub async fn deliver_work(services: Arc<Services>) {
    loop {
        if let Err(error) = deliver_due(&services).await {
            tracing::debug!(%error, "the outbox cannot be read");
        }
        let _woken = tokio::time::timeout(LOOK_EVERY, services.db.wake().mail()).await;
    }
}

/// Sends every e-mail that is due. Gives how many were sent.
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

/// Whether the link that an e-mail brings still opens something. One about no link always may go.
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
    let mail: Option<Message> = opened.and_then(|text| serde_json::from_str(&text).ok());
    let never = |message: &'static str| Err(SendError { text: message.to_owned(), message, is_final: true });
    let tried = match &mail {
        _ if record.expires_at <= now => never("its link expired before it was sent"),
        None => never("its encryption key no longer exists"),
        Some(_) if !is_wanted(services, record).await? => never("its link was revoked"),
        Some(mail) => services.mail.send(&record.message_id, mail).await,
    };
    failpoint::reach("mail.sent")?;
    let pauses = usize::try_from(record.attempts.max(1) - 1).unwrap_or(0);
    let pause = PAUSES.get(pauses).or(PAUSES.last()).copied().unwrap_or(3600);
    let next = now + TimeDelta::seconds(pause);
    let again = tried.as_ref().is_err_and(|error| !error.is_final && next < record.expires_at);
    let (state, why) = match &tried {
        Ok(()) => ("sent", None),
        Err(error) => {
            tracing::warn!(id = record.id, attempt = record.attempts, error = error.text, "an e-mail was not sent");
            (if again { "waiting" } else { "failed" }, Some(error.message))
        }
    };
    // What becomes of the e-mail, and beside its link how it fares, for the tenant's admins: both or neither.
    let tenant = tenant_of(services, record).await?;
    let mut conn = services.db.platform().await?;
    let noted =
        async { if again { mail::mail_wait(&mut conn, record.id, next).await } else { mail::mail_delete(&mut conn, record.id).await } }
            .await;
    match (noted, tenant, record.token_id) {
        (Ok(()), Some(tenant), Some(token)) => {
            let mut conn = conn.into_tenant(&tenant).await?;
            let noted = token_set_mail(&mut conn, token, state, why, now).await;
            conn.finish(noted).await?;
        }
        (noted, ..) => conn.finish(noted).await?,
    }
    Ok(tried.is_ok())
}
