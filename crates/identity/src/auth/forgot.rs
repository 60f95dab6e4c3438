//! A forgotten password: an e-mail with a link, and the same answer for every address.

use super::rate_limits::address_name;
use crate::principal::{Account, AccountConn};
use db::tenant::tokens::TokenRecord;
use domain::{AppError, Code, Login, SiteKey, UserId, dto::LinkStatus};
use kernel::{
    Error, RequestCx, Result,
    actor::Actor,
    audit::{Object, entry},
    error::retry,
    mail::{LinkMail, NewMail, invitation, mail_entry, reset},
    tokens::{LinkPurpose, token_hash, token_new},
};
use serde_json::json;

/// E-mails asked for from one address in an hour (matrix-authentication-service: 3).
const ADDRESS_EMAILS: u32 = 5;
/// E-mails for one account in an hour (matrix-authentication-service: 1; people mistype and wait).
const ACCOUNT_EMAILS: u32 = 3;

/// Asks for an e-mail with a link for a new password. Whether there is such an account shows in nothing: not in the
/// answer, and not by its time, since the work is done after it.
///
/// # Errors
/// [`AppError::Conflict`] where no mail is sent, [`AppError::Validation`] without an address,
/// [`AppError::RateLimited`] for a caller who asks too often.
pub async fn forgot(cx: &RequestCx, login: &str) -> Result<()> {
    let Some(login) = Login::parse(login) else {
        return Err(AppError::field(Code::FieldRequired, "login", "Enter your e-mail address").into());
    };
    allowed(cx).await?;
    spawn(cx, move |cx| async move {
        let mut conn = AccountConn::open(&cx).await?;
        let found = async {
            let Some(account) = conn.find(&login).await?.map(|(account, _)| account).filter(|account| account.is_active) else {
                return Ok(None);
            };
            // Without a password there is nothing to forget; only an invitation by mail is sent again.
            if account.has_password {
                return Ok(Some(account));
            }
            let newest = conn.token_newest(account.id).await?;
            Ok(newest.is_some_and(|link| link.mail_state.is_some() && !is_revoked(&link)).then_some(account))
        }
        .await;
        let account = conn.finish(found).await?;
        match account {
            Some(account) => email_send(&cx, &account).await,
            None => Ok(()),
        }
    });
    Ok(())
}

/// Asks for another invitation with one whose time is over; it goes to the same person's address.
///
/// # Errors
/// As for [`forgot`].
pub async fn invite_ask(cx: &RequestCx, token: &str) -> Result<()> {
    allowed(cx).await?;
    let hash = token_hash(token);
    spawn(cx, move |cx| async move {
        let mut conn = AccountConn::open(&cx).await?;
        let found = async {
            let Some((id, LinkStatus::Expired)) = conn.token_status(LinkPurpose::Invite, &hash, cx.services.now()).await? else {
                return Ok(None);
            };
            // An admin may have taken back the one that followed.
            if conn.token_newest(id).await?.is_none_or(|link| is_revoked(&link)) {
                return Ok(None);
            }
            conn.get(id).await
        }
        .await;
        let account = conn.finish(found).await?.filter(|account| account.is_active && !account.has_password);
        match account {
            Some(account) => email_send(&cx, &account).await,
            None => Ok(()),
        }
    });
    Ok(())
}

/// Whether an admin took a link back.
fn is_revoked(link: &TokenRecord) -> bool {
    link.ended_by.as_deref() == Some("revoked")
}

/// Counted before anything is looked up.
async fn allowed(cx: &RequestCx) -> Result<()> {
    if !cx.services.mail.is_on() {
        return Err(AppError::conflict(Code::MailOff, "", "This site cannot send e-mail. Ask an admin for a one-time link.").into());
    }
    let window = address_name(cx, "forgot");
    match cx.services.redis.window_count(cx.site.key(), &window, ADDRESS_EMAILS, 3600).await? {
        Some(retry_after) => Err(AppError::RateLimited { retry_after }.into()),
        None => Ok(()),
    }
}

/// Does something after the answer.
fn spawn<F: Future<Output = Result<()>> + Send + 'static>(cx: &RequestCx, work: impl FnOnce(RequestCx) -> F + Send + 'static) {
    let cx = cx.clone();
    tokio::spawn(async move {
        let id = cx.request.id.clone();
        if let Err(error) = work(cx).await {
            tracing::warn!(%error, id, "an e-mail that was asked for was not sent");
        }
    });
}

async fn email_send(cx: &RequestCx, account: &Account) -> Result<()> {
    let name = cx.services.keyring.account_name("forgot", &account.id.to_string());
    if cx.services.redis.window_count(cx.site.key(), &name, ACCOUNT_EMAILS, 3600).await?.is_some() {
        return Ok(());
    }
    let purpose = if account.has_password { LinkPurpose::Reset } else { LinkPurpose::Invite };
    retry(|| link_send(cx, account, purpose)).await
}

/// Makes a link and enqueues its e-mail, in one transaction.
async fn link_send(cx: &RequestCx, account: &Account, purpose: LinkPurpose) -> Result<()> {
    let (secret, now) = (token_new(&*cx.services.entropy), cx.services.now());
    let hash = token_hash(&secret);
    let host = cx.site.tenant().map_or(cx.services.config.base_domain.as_str(), |site| site.primary_domain.as_str());
    // Always the stored domain, never the one in the request (OWASP, Forgot Password Cheat Sheet).
    let url = cx.services.url_on(host, &format!("/{}/{secret}", purpose.as_str()));
    let link = LinkMail { name: &account.full_name(), email: &account.email, brand: cx.brand(), url: &url };
    let message = if purpose == LinkPurpose::Reset { reset(&link) } else { invitation(&link, None) };
    let mut conn = AccountConn::open(cx).await?;
    let done = async {
        conn.lock(account.id).await?;
        let token = conn.token_insert(account.id, purpose, &hash, now).await?;
        let actor = Actor::Visitor { email: account.email.clone() };
        let kind = if cx.site.key() == SiteKey::Platform { "platform_admin" } else { "user" };
        let object = Object::new(kind, UserId(account.id), account.email.clone());
        conn.audit(entry(cx, &actor, "password.forgot", object, json!({ "for": purpose.as_str() })));
        conn.mail(mail_entry(&cx.services, cx.site.key(), &NewMail { token, expires_at: now + purpose.open(), message })?);
        Ok::<_, Error>(())
    }
    .await;
    conn.finish(done).await
}
