//! One-time links of users: invitations and resets, handed over or sent by mail. An admin never chooses a password.

use super::manageable;
use crate::{
    RequestCx, Result, TenantSite,
    audit::{Object, entry},
    auth::reauthenticate,
    cx::TenantTx,
    error::retry,
    mail::{Bringing, Posted, invitation, post, reset},
    tokens::{LinkPurpose, token_hash, token_new},
};
use db::tenant::{
    tokens::{self, TokenInsert, token_set_mail},
    users::UserRecord,
};
use domain::{AppError, SiteKey, UserId, flash::OneTimeLink};
use secrecy::SecretString;
use serde_json::json;

/// Letters that the admins of a company may send in an hour: inviting is no way to write to strangers.
const LETTERS_PER_HOUR: u32 = 100;
/// Letters of admins to one address in an hour, over all companies.
const LETTERS_PER_ADDRESS: u32 = 5;

/// How a one-time link reaches whoever it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    /// The actor hands it over.
    Link(OneTimeLink),
    /// A letter brings it to this address.
    Mailed(String),
    /// The letter to this address could not be put on its way; it can be sent again.
    Unsent(String),
}

/// Goes on only if a letter may be sent to that address now.
pub(super) async fn require_mail(cx: &RequestCx, email: &str) -> Result<()> {
    if !cx.services.mail.is_on() {
        return Err(AppError::conflict("", "No mail is sent from here. Hand a one-time link over instead.").into());
    }
    let redis = &cx.services.redis;
    let address = cx.services.keyring.account_name("mail", email.trim());
    let many = redis.window_count(SiteKey::Platform, &format!("mail:{address}"), LETTERS_PER_ADDRESS, 3600).await?.is_some()
        || redis.window_count(cx.site.key(), "mail", LETTERS_PER_HOUR, 3600).await?.is_some();
    if many {
        // Beside the form, so that nothing typed is lost.
        return Err(
            AppError::conflict("", "Too many letters were sent in the last hour. Try again later, or hand a one-time link over.").into()
        );
    }
    Ok(())
}

/// A link that was just made, and where its row is.
pub(super) struct NewLink {
    pub purpose: LinkPurpose,
    pub secret: String,
    pub row: i64,
}

/// Makes a link in the transaction given; older open ones are replaced.
pub(super) async fn link_new(cx: &RequestCx, tx: &mut TenantTx, id: UserId, purpose: LinkPurpose, by_mail: bool) -> Result<NewLink> {
    let (secret, now) = (token_new(&*cx.services.entropy), cx.services.now());
    let hash = token_hash(&secret);
    let insert = TokenInsert {
        user: id,
        purpose: purpose.as_str(),
        hash: &hash,
        now,
        expires_at: now + purpose.open(),
        by_mail,
        made_by: tx.maker(),
        keeps_handed: false,
    };
    let row = tokens::token_insert(&mut tx.conn, &insert).await?;
    Ok(NewLink { purpose, secret, row })
}

/// Hands a link over or posts its letter, after the transaction that made it is committed.
pub(super) async fn link_hand(
    cx: &RequestCx,
    site: &TenantSite,
    to: (&str, &str),
    by: Option<&str>,
    link: NewLink,
    by_mail: bool,
) -> Result<Handed> {
    let (name, email) = to;
    let url = cx.services.url_on(&site.primary_domain, &format!("/{}/{}", link.purpose.as_str(), link.secret));
    let open = link.purpose.open();
    if !by_mail {
        let hours = u32::try_from(open.num_hours()).unwrap_or(1);
        return Ok(Handed::Link(OneTimeLink { label: email.to_owned(), url, hours }));
    }
    let bringing = Bringing { name, email, brand: cx.brand(), url: &url };
    let letter = match link.purpose {
        LinkPurpose::Invite => invitation(&bringing, by),
        LinkPurpose::Reset => reset(&bringing),
    };
    let expires_at = cx.services.now() + open;
    match post(&cx.services, &Posted { tenant: Some(site.tenant.id), token: Some(link.row), expires_at, letter }).await {
        Ok(()) => Ok(Handed::Mailed(email.to_owned())),
        Err(error) => {
            // The link is made; its page says that the letter is to be sent again.
            tracing::error!(%error, "a letter could not be put into the outbox");
            let mut conn = cx.services.db.tenant(&site.tenant).await?;
            let noted = token_set_mail(&mut conn, link.row, "failed", Some("it could not be put on its way"), cx.services.now()).await;
            conn.finish(noted).await?;
            Ok(Handed::Unsent(email.to_owned()))
        }
    }
}

/// Makes a one-time link for a user, to be handed over: an invitation while there is no password, else a reset. Older
/// links end.
///
/// # Errors
/// [`AppError::Conflict`] for somebody who is not active; [`AppError::ReauthRequired`] for a reset: whoever has the link
/// has the account; [`AppError::Forbidden`] for somebody above the actor; [`AppError::NotFound`].
pub async fn user_link_create(cx: &RequestCx, id: UserId, proof: &SecretString) -> Result<OneTimeLink> {
    let (purpose, _) = purpose_of(cx, id).await?;
    if purpose == LinkPurpose::Reset {
        if cx.auth.as_ref().is_some_and(|auth| auth.subject == id.0) {
            return Err(AppError::conflict("", "This is you. Your own password is changed in your account.").into());
        }
        reauthenticate(cx, proof).await?;
    }
    match retry(|| link_make(cx, id, purpose, false)).await? {
        Handed::Link(link) => Ok(link),
        Handed::Mailed(_) | Handed::Unsent(_) => Err(crate::Error::Fault("a link to be handed over was mailed".to_owned())),
    }
}

/// Sends a user an invitation while there is no password, else a reset. Older links end. Gives the address.
///
/// # Errors
/// [`AppError::Conflict`] for somebody who is not active, where no mail is sent, and after too many letters;
/// [`AppError::Forbidden`] for somebody above the actor; [`AppError::NotFound`].
pub async fn user_mail_send(cx: &RequestCx, id: UserId) -> Result<String> {
    let (purpose, email) = purpose_of(cx, id).await?;
    require_mail(cx, &email).await?;
    match retry(|| link_make(cx, id, purpose, true)).await? {
        Handed::Mailed(email) => Ok(email),
        Handed::Unsent(_) => Err(AppError::Unavailable { retry_after: 5 }.into()),
        Handed::Link(_) => Err(crate::Error::Fault("a link to be mailed was handed over".to_owned())),
    }
}

/// What a link would be for and the address, for somebody the actor may change.
async fn purpose_of(cx: &RequestCx, id: UserId) -> Result<(LinkPurpose, String)> {
    let mut tx = cx.tenant_begin().await?;
    let found = manageable(&mut tx, id).await.and_then(|(record, _)| Ok((linkable(&record)?, record.email)));
    tx.finish(found).await
}

fn linkable(record: &UserRecord) -> Result<LinkPurpose> {
    if !record.is_active {
        return Err(AppError::conflict("", "This person is not active. Reactivate the account first.").into());
    }
    Ok(if record.password_hash.is_some() { LinkPurpose::Reset } else { LinkPurpose::Invite })
}

async fn link_make(cx: &RequestCx, id: UserId, purpose: LinkPurpose, by_mail: bool) -> Result<Handed> {
    let site = cx.tenant_site()?;
    let mut tx = cx.tenant_begin().await?;
    let done = async {
        let (record, _) = manageable(&mut tx, id).await?;
        if linkable(&record)? != purpose {
            return Err(db::DbError::Stale.into());
        }
        let link = link_new(cx, &mut tx, id, purpose, by_mail).await?;
        let action = if by_mail { "user.link_mail" } else { "user.link_create" };
        let line = entry(cx, &tx.actor(), action, Object::new("user", id, record.email.as_str()), json!({ "for": purpose.as_str() }));
        db::audit_append_tenant(&mut tx.conn, &line).await?;
        Ok((record, link, tx.maker().map(|_| tx.user.viewer.name.clone())))
    }
    .await;
    let (record, link, by) = tx.finish(done).await?;
    link_hand(cx, site, (&record.full_name(), &record.email), by.as_deref(), link, by_mail).await
}

/// Takes back the open link of a user. Gives the name.
///
/// # Errors
/// [`AppError::Conflict`] when none is open, [`AppError::Forbidden`] for somebody above the actor,
/// [`AppError::NotFound`].
pub async fn user_link_revoke(cx: &RequestCx, id: UserId) -> Result<String> {
    let mut tx = cx.tenant_begin().await?;
    let done = async {
        let (record, _) = manageable(&mut tx, id).await?;
        if tokens::token_end_open(&mut tx.conn, id, "revoked", cx.services.now()).await? == 0 {
            return Err(AppError::conflict("", "No link of this person is open").into());
        }
        let line = entry(cx, &tx.actor(), "user.link_revoke", Object::new("user", id, record.email.as_str()), json!({}));
        db::audit_append_tenant(&mut tx.conn, &line).await?;
        Ok(record.full_name())
    }
    .await;
    tx.finish(done).await
}
