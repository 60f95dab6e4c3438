//! One-time links of users: invitations and resets, handed over or sent by mail. An admin never chooses a password.

use super::Delivery;
use super::rank::manageable;
use crate::auth::reauthenticate;
use db::tenant::{
    tokens::{self, TokenInsert},
    users::UserRecord,
};
use domain::{AppError, Code, Operation, SiteKey, UserId, flash::OneTimeLink, operation, text::fold};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
    error::retry,
    mail::{LinkMail, NewMail, invitation, mail_entry, reset},
    tokens::{LinkPurpose, token_hash, token_new},
};
use secrecy::SecretString;
use serde_json::json;

/// E-mails that the admins of a company may send in an hour: inviting is no way to write to strangers.
const EMAILS_PER_HOUR: u32 = 100;
/// E-mails of admins to one address in an hour, over all companies.
const EMAILS_PER_ADDRESS: u32 = 5;

/// How a one-time link reaches its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    /// The actor hands it over.
    Link(OneTimeLink),
    /// An e-mail to this address brings it.
    Mailed(String),
}

/// Goes on only if an e-mail may be sent to that address now.
///
/// # Errors
/// [`AppError::Conflict`] where no mail is sent, for an address that no mail server takes, and after too many e-mails.
pub async fn require_mail(cx: &RequestCx, email: &str) -> Result<()> {
    if !cx.services.mail.is_on() {
        return Err(AppError::conflict(Code::MailOff, "", "This site cannot send e-mail. Create a one-time link instead.").into());
    }
    let redis = &cx.services.redis;
    let address = cx.services.keyring.account_name("mail", &fold(email));
    let many = redis.window_count(SiteKey::Platform, &format!("mail:{address}"), EMAILS_PER_ADDRESS, 3600).await?.is_some()
        || redis.window_count(cx.site.key(), "mail", EMAILS_PER_HOUR, 3600).await?.is_some();
    if many {
        // Beside the form, so that nothing typed is lost.
        return Err(AppError::conflict(
            Code::MailLimit,
            "",
            "Too many e-mails were sent in the last hour. Try again later, or create a one-time link.",
        )
        .into());
    }
    Ok(())
}

/// Makes a link for a user in the transaction given, in which its e-mail is enqueued too where it is to be mailed. Older open
/// links are replaced.
pub(super) async fn link_new(
    cx: &RequestCx,
    tx: &mut TenantTx,
    (id, name, email): (UserId, &str, &str),
    purpose: LinkPurpose,
    delivery: Delivery,
) -> Result<Handed> {
    let (secret, now, open) = (token_new(&*cx.services.entropy), cx.services.now(), purpose.open());
    let hash = token_hash(&secret);
    let insert = TokenInsert {
        user: id,
        purpose: purpose.as_str(),
        hash: &hash,
        now,
        expires_at: now + open,
        by_mail: delivery == Delivery::Mail,
        made_by: tx.maker(),
        keeps_handed: false,
    };
    let row = tokens::token_insert(&mut tx.conn, &insert).await?;
    let site = cx.tenant_site()?;
    let url = cx.services.url_on(&site.primary_domain, &format!("/{}/{secret}", purpose.as_str()));
    if delivery == Delivery::HandOver {
        let hours = u32::try_from(open.num_hours()).unwrap_or(1);
        return Ok(Handed::Link(OneTimeLink { label: email.to_owned(), url, hours }));
    }
    let link = LinkMail { name, email, brand: cx.brand(), url: &url };
    let message = match purpose {
        LinkPurpose::Invite => invitation(&link, tx.maker().map(|_| tx.user.viewer.name.as_str())),
        LinkPurpose::Reset => reset(&link),
    };
    let mail = mail_entry(&cx.services, cx.site.key(), &NewMail { token: Some(row), expires_at: now + open, message })?;
    tx.conn.mail(mail);
    Ok(Handed::Mailed(email.to_owned()))
}

/// Makes a one-time link for a user, to be handed over: an invitation while there is no password, else a reset. Older
/// links end.
///
/// # Errors
/// [`AppError::Conflict`] for a user who is not active; [`AppError::ReauthRequired`] for a reset: anyone who has the link
/// has the account; [`AppError::Forbidden`] for a user above the actor; [`AppError::NotFound`].
pub async fn user_link_create(cx: &RequestCx, id: UserId, reauthentication: &SecretString) -> Result<OneTimeLink> {
    let operation = &operation::tenant::USER_LINK_CREATE;
    let (purpose, _) = purpose_of(cx, operation, id).await?;
    if purpose == LinkPurpose::Reset {
        if cx.auth.as_ref().is_some_and(|auth| auth.subject == id.0) {
            return Err(AppError::conflict(Code::UserIsSelf, "", "This is you. Change your password on your account page.").into());
        }
        reauthenticate(cx, reauthentication).await?;
    }
    match retry(|| link_make(cx, operation, id, purpose, Delivery::HandOver)).await? {
        Handed::Link(link) => Ok(link),
        Handed::Mailed(_) => Err(kernel::Error::Fault("a link to be handed over was mailed".to_owned())),
    }
}

/// Sends a user an invitation while there is no password, else a reset. Older links end. Gives the address.
///
/// # Errors
/// [`AppError::Conflict`] for a user who is not active, where no mail is sent, and after too many e-mails;
/// [`AppError::Forbidden`] for a user above the actor; [`AppError::NotFound`].
pub async fn user_mail_send(cx: &RequestCx, id: UserId) -> Result<String> {
    let operation = &operation::tenant::USER_MAIL_SEND;
    let (purpose, email) = purpose_of(cx, operation, id).await?;
    require_mail(cx, &email).await?;
    match retry(|| link_make(cx, operation, id, purpose, Delivery::Mail)).await? {
        Handed::Mailed(email) => Ok(email),
        Handed::Link(_) => Err(kernel::Error::Fault("a link to be mailed was handed over".to_owned())),
    }
}

/// The same in the transaction of a bulk act.
pub(super) async fn user_mail_send_in(cx: &RequestCx, tx: &mut TenantTx, id: UserId) -> Result<()> {
    let (record, _) = manageable(tx, id).await?;
    let purpose = linkable(&record)?;
    require_mail(cx, &record.email).await?;
    link_make_in(cx, tx, id, purpose, Delivery::Mail).await.map(drop)
}

/// What a link would be for and the address, for a user the actor may change.
async fn purpose_of(cx: &RequestCx, operation: &Operation, id: UserId) -> Result<(LinkPurpose, String)> {
    let mut tx = cx.tenant_begin(operation).await?;
    let found = manageable(&mut tx, id).await.and_then(|(record, _)| Ok((linkable(&record)?, record.email)));
    tx.finish(found).await
}

fn linkable(record: &UserRecord) -> Result<LinkPurpose> {
    if !record.is_active {
        return Err(AppError::conflict(Code::UserInactive, "", "This user is not active. Reactivate the user first.").into());
    }
    Ok(if record.has_password { LinkPurpose::Reset } else { LinkPurpose::Invite })
}

async fn link_make(cx: &RequestCx, operation: &Operation, id: UserId, purpose: LinkPurpose, delivery: Delivery) -> Result<Handed> {
    let mut tx = cx.tenant_begin(operation).await?;
    let done = link_make_in(cx, &mut tx, id, purpose, delivery).await;
    tx.finish(done).await
}

async fn link_make_in(cx: &RequestCx, tx: &mut TenantTx, id: UserId, purpose: LinkPurpose, delivery: Delivery) -> Result<Handed> {
    let (record, _) = manageable(tx, id).await?;
    if linkable(&record)? != purpose {
        return Err(db::DbError::Stale.into());
    }
    let handed = link_new(cx, tx, (id, &record.full_name(), &record.email), purpose, delivery).await?;
    let action = if delivery == Delivery::Mail { "user.link_mail" } else { "user.link_create" };
    let line = entry(cx, &tx.actor, action, Object::new("user", id, record.email.as_str()), json!({ "for": purpose.as_str() }));
    tx.conn.audit(line);
    Ok(handed)
}

/// Takes back the open link of a user. Gives the name.
///
/// # Errors
/// [`AppError::Conflict`] when none is open, [`AppError::Forbidden`] for a user above the actor,
/// [`AppError::NotFound`].
pub async fn user_link_revoke(cx: &RequestCx, id: UserId) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_LINK_REVOKE).await?;
    let done = async {
        let (record, _) = manageable(&mut tx, id).await?;
        if tokens::token_end_open(&mut tx.conn, id, "revoked", cx.services.now()).await? == 0 {
            return Err(AppError::conflict(Code::LinkNone, "", "This user has no valid one-time link").into());
        }
        let line = entry(cx, &tx.actor, "user.link_revoke", Object::new("user", id, record.email.as_str()), json!({}));
        tx.conn.audit(line);
        Ok(record.full_name())
    }
    .await;
    tx.finish(done).await
}
