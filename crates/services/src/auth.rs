//! Signing in and out, the first sign-in by a one-time link, and proving again who asks.

mod device;
mod enter;
mod forgot;
mod rate_limits;
mod reauthentication;
mod second;

pub use device::DEVICE_SECONDS;
pub(crate) use device::{device_new, tries_names};
pub use enter::enter;
pub(crate) use enter::enter_url;
pub use forgot::{forgot, invite_ask};
pub(crate) use rate_limits::address_name;
pub(crate) use reauthentication::{Reauthenticated, password_check, reauthentication_check, reauthentication_settle};
pub use reauthentication::{reauthenticate, reauthenticate_now, reauthentication_ask};
pub use second::{SECOND_SECONDS, second_is_open, sign_in_code};

use self::{
    device::{device_of, tries_name},
    rate_limits::RateLimits,
};
use crate::{
    RequestCx, Result,
    account::{Account, AccountConn, client_keep},
    actor::Actor,
    audit::{Object, entry, refused},
    error::retry,
    passwords::{Verdict, judge},
    tokens::{LinkPurpose, token_hash},
};
use cache::{
    AccountThrottle,
    session::{AUTH, SessionAuth},
};
use db::{
    factor::factor_is_on,
    tenant::login_events::{LoginEvent, login_event_insert},
};
use domain::{AppError, Code, FieldErrors, SiteKey, dto::LinkStatus, operation, password::LENGTH_MAX};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tower_sessions_core::Session;

/// The one answer for unknown, wrong, inactive and locked.
const WRONG: &str = "E-mail or password is not right";
/// The answer to a wrong password of somebody who is signed in.
const WRONG_PASSWORD: &str = "The password is not right";

/// Who opened a one-time link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The first name, to greet.
    pub first_name: String,
    /// The address to sign in with.
    pub email: String,
}

/// How a sign-in went that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedIn {
    /// There is a session. This says, sealed, that somebody signed in in this browser; it is kept for 90 days.
    Done(String),
    /// A code is asked for. This ticket says who gave the password; it is good for five minutes, with a code only.
    NeedsCode(String),
}

/// Signs somebody in on the site that was asked; a user by e-mail or user name, an admin by e-mail.
///
/// # Errors
/// [`AppError::Validation`] with the same text whatever was wrong, [`AppError::RateLimited`] after too many tries from
/// one address, [`AppError::Unavailable`] when tries cannot be counted.
pub async fn sign_in(cx: &RequestCx, login: &str, password: &SecretString) -> Result<SignedIn> {
    let login = login.trim();
    let mut errors = FieldErrors::default();
    if login.is_empty() {
        errors.push(Code::FieldRequired, "login", "Enter your e-mail address");
    }
    if password.expose_secret().is_empty() {
        errors.push(Code::FieldRequired, "password", "Enter your password");
    }
    errors.into_result()?;
    let services = &cx.services;
    let (redis, site) = (&services.redis, cx.site.key());
    let device = device_of(cx);
    // Before anything is hashed, and before it is known whether the try is right: parallel ones gain nothing.
    let mut limits = RateLimits::of_address(cx).await?;
    if login.chars().count() > 254 || password.expose_secret().chars().count() > LENGTH_MAX || login.contains('\0') {
        return wrong(cx, None, "malformed").await;
    }
    let early = match &device {
        Some(_) => account_find(cx, login).await?,
        None => None,
    };
    let known = device
        .as_ref()
        .zip(early.as_ref())
        .filter(|(device, (account, hash))| device.is_of(cx, account, hash.as_deref()))
        .map(|(_, (account, _))| account.id);
    if known.is_none() {
        limits.and_of_site(cx).await?;
    }
    let account_name = known.map_or_else(|| services.keyring.account_name("login", login), |subject| tries_name(cx, subject));
    if let Some(seconds) = redis.account_try(site, &account_name, services.now().timestamp_millis(), AccountThrottle::SIGN_IN).await? {
        refused(cx, "login.locked", serde_json::json!({ "account": account_name, "seconds": seconds })).await;
        // Compared with nobody's, so that the answer takes as long as any other.
        services.passwords.verify(password, None).await?;
        return wrong(cx, None, "locked").await;
    }
    let account = match device {
        Some(_) => early,
        None => account_find(cx, login).await?,
    };
    // Nobody waits for a hash while holding a connection.
    let usable = account.as_ref().filter(|(account, _)| account.is_active);
    let verdict = services.passwords.verify(password, usable.and_then(|(_, hash)| hash.as_deref())).await?;
    let (Some((account, hash)), Verdict::Right | Verdict::Outdated(_)) = (usable, &verdict) else {
        return wrong(cx, account.as_ref().map(|(account, _)| (account, account_name)), "wrong").await;
    };
    let known_hash = hash.as_deref().unwrap_or_default();
    redis.account_clear(site, &account_name).await?;
    limits.give_back(cx).await?;
    // Rules may have become stricter since the password was set, and here alone it is seen (NIST SP 800-63B-4, 3.1.1.2).
    let stale = account.look.is_some() && password_judge(cx, account, password).is_err();
    let mut conn = AccountConn::open(cx).await?;
    let noted = async {
        // Before the hash is replaced: it is the one that is looked for.
        if stale && !account.must_change_password && conn.must_change_password(account, known_hash).await? {
            let line = entry(
                cx,
                &Actor::System { rule: "rules of passwords" },
                "user.password_expire",
                Object::new("user", account.id, account.email.clone()),
                serde_json::json!({}),
            );
            conn.audit(line);
        }
        if let Verdict::Outdated(hash) = &verdict {
            conn.rehash(account, known_hash, hash).await?;
        }
        if factor_is_on(&mut conn.factors(), account.id).await? {
            return Ok(true);
        }
        sign_in_note(cx, &mut conn, account, "password").await?;
        Ok(false)
    }
    .await;
    if conn.finish(noted).await? {
        return Ok(SignedIn::NeedsCode(second::ticket(cx, account)?));
    }
    session_start(cx, account.id, account.session_epoch).await?;
    let hash = match &verdict {
        Verdict::Outdated(hash) => hash.as_str(),
        _ => known_hash,
    };
    Ok(SignedIn::Done(device_new(cx, account.id, hash)))
}

async fn account_find(cx: &RequestCx, login: &str) -> Result<Option<(Account, Option<String>)>> {
    let mut conn = AccountConn::open(cx).await?;
    let found = conn.find(login).await;
    conn.finish(found).await
}

/// Notes a failed try and gives the answer.
async fn wrong<T>(cx: &RequestCx, tried: Option<(&Account, String)>, reason: &'static str) -> Result<T> {
    refused(cx, "login.failed", serde_json::json!({ "reason": reason })).await;
    if let Some((account, name)) = tried {
        sign_in_failed(cx, account, reason, Some(name));
    }
    Err(AppError::field(Code::SignInRefused, "", WRONG).into())
}

/// Notes a failed sign-in where its user can see it, and whether the account is locked now by the tries counted under
/// `name`: beside the answer, so that its time does not tell whether the account exists.
pub(crate) fn sign_in_failed(cx: &RequestCx, account: &Account, reason: &'static str, name: Option<String>) {
    let Some(site) = cx.site.tenant() else { return };
    let subject = account.id;
    let (services, site, event) = (Arc::clone(&cx.services), Arc::clone(site), login_event(cx, subject, false, reason));
    tokio::spawn(async move {
        let noted = async {
            let mut conn = services.db.tenant(&site.tenant).await?;
            let inserted = login_event_insert(&mut conn, &event).await;
            conn.finish(inserted).await?;
            let Some(name) = name else { return Ok(()) };
            let (key, now) = (SiteKey::Tenant(site.tenant.id), event.at.timestamp_millis());
            if let Some(seconds) = services.redis.account_wait(key, &name, now).await? {
                services.redis.locked_note(key, subject, now + i64::from(seconds) * 1000).await?;
            }
            Ok::<_, crate::Error>(())
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, "a failed sign-in was not noted");
        }
    });
}

fn login_event(cx: &RequestCx, user: i64, succeeded: bool, reason: &'static str) -> LoginEvent {
    LoginEvent {
        at: cx.services.now(),
        user_id: Some(user),
        succeeded,
        reason,
        ip: cx.request.ip.map(|ip| ip.to_string()),
        user_agent: cx.request.user_agent.clone(),
        request_id: Some(cx.request.id.clone()),
    }
}

async fn sign_in_note(cx: &RequestCx, conn: &mut AccountConn, account: &Account, how: &'static str) -> Result<()> {
    conn.set_last_login(account.id, cx.services.now()).await?;
    if let AccountConn::Tenant(conn) = conn {
        login_event_insert(conn, &login_event(cx, account.id, true, how)).await?;
    }
    let actor = conn.actor(account);
    let object = Object::new("session", account.id, account.email.clone());
    conn.audit(entry(cx, &actor, "session.create", object, serde_json::json!({ "by": how })));
    Ok(())
}

/// After all sessions of somebody ended: begins the one that asked anew.
///
/// Neither its end nor its proof is renewed by that; `proved` says that the password was given just now.
pub(crate) async fn session_restart(cx: &RequestCx, account: &Account, proved: bool) -> Result<()> {
    let (Some(session), Some(auth)) = (&cx.session, &cx.auth) else { return Ok(()) };
    let goes_on = session_take(cx, session).await?;
    let _ended = cx.sessions().end_all_of(account.id).await;
    if !goes_on {
        return Ok(());
    }
    let proved_at = if proved { cx.services.now().timestamp() } else { auth.proved_at };
    let kept = SessionAuth { epoch: account.session_epoch + 1, proved_at, ..auth.clone() };
    session_put(cx, session, kept).await
}

/// Starts a session under a new id; the old one, if there was one, is over.
async fn session_start(cx: &RequestCx, subject: i64, epoch: i32) -> Result<()> {
    let Some(session) = &cx.session else { return Ok(()) };
    let now = cx.services.now().timestamp();
    let site = cx.site.key();
    session_put(cx, session, SessionAuth { site, subject, epoch, proved_at: now, began_at: now }).await
}

/// Takes the session away that is to go on under another id. `false` when somebody ended it meanwhile, as by signing out:
/// then nothing may go on (security.md 17).
async fn session_take(cx: &RequestCx, session: &Session) -> Result<bool> {
    session.load().await?;
    match session.id() {
        Some(id) => Ok(cx.sessions().take(&id).await?),
        None => Ok(true),
    }
}

async fn session_put(cx: &RequestCx, session: &Session, auth: SessionAuth) -> Result<()> {
    if session.id().is_some() {
        session.clear().await;
        session.cycle_id().await?;
    }
    session.insert(AUTH, auth).await?;
    client_keep(cx, session).await?;
    Ok(session.save().await?)
}

/// Ends the session, on the server first.
///
/// # Errors
/// When Redis does not answer.
pub async fn sign_out(cx: &RequestCx) -> Result<()> {
    let Some(session) = &cx.session else { return Ok(()) };
    if session.id().is_some() {
        session.flush().await?;
    }
    if let Some(auth) = &cx.auth {
        let mut conn = AccountConn::open(cx).await?;
        let noted = async {
            let Some(account) = conn.get(auth.subject).await? else { return Ok(()) };
            let actor = conn.actor(&account);
            let object = Object::new("session", account.id, account.email.clone());
            conn.audit(entry(cx, &actor, "session.delete", object, serde_json::json!({})));
            Ok(())
        }
        .await;
        conn.finish(noted).await?;
    }
    Ok(())
}

/// Whose open one-time link this is; of one that is not open, what became of it.
///
/// # Errors
/// When the database does not answer.
pub async fn link_get(cx: &RequestCx, purpose: LinkPurpose, token: &str) -> Result<std::result::Result<Invited, LinkStatus>> {
    let (hash, now) = (token_hash(token), cx.services.now());
    let mut conn = AccountConn::open(cx).await?;
    let found = async {
        if let Some(account) = conn.find_by_token(purpose, &hash, now).await? {
            return Ok(Ok(Invited { first_name: account.first_name, email: account.email }));
        }
        let status = conn.token_status(purpose, &hash, now).await?.map_or(LinkStatus::Unknown, |(_, status)| status);
        // An open link of somebody who is not active opens nothing.
        Ok(Err(if status == LinkStatus::Open { LinkStatus::Revoked } else { status }))
    }
    .await;
    conn.finish(found).await
}

/// Sets a password by a one-time link and uses the link up. An invitation signs in as well; after a reset the
/// person signs in with the new password, so that a second factor is asked for as always.
///
/// # Errors
/// [`AppError::NotFound`] as for [`link_get`], [`AppError::Validation`] for a password that is not good enough.
pub async fn link_accept(
    cx: &RequestCx,
    purpose: LinkPurpose,
    token: &str,
    password: &SecretString,
    repeated: &SecretString,
) -> Result<()> {
    let hash = token_hash(token);
    let now = cx.services.now();
    let mut conn = AccountConn::open(cx).await?;
    let found = conn.find_by_token(purpose, &hash, now).await;
    let account = conn.finish(found).await?.ok_or(AppError::NotFound)?;
    let mut errors = FieldErrors::default();
    errors.check_as(Code::PasswordWeak, "password", password_judge(cx, &account, password));
    if errors.0.is_empty() && password.expose_secret() != repeated.expose_secret() {
        errors.push(Code::PasswordMismatch, "password_repeated", "The two passwords differ");
    }
    errors.into_result()?;
    if account.must_change_password {
        let mut conn = AccountConn::open(cx).await?;
        let known = conn.password_hash(account.id).await;
        let known = conn.finish(known).await?;
        let same = cx.services.passwords.verify(password, known.as_deref()).await?;
        if same != Verdict::Wrong {
            return Err(AppError::field(Code::PasswordSame, "password", "This is the password that is to be changed").into());
        }
    }
    let new_hash = cx.services.passwords.hash(password).await?;
    retry(|| link_use(cx, purpose, &hash, &account, &new_hash)).await?;
    if purpose == LinkPurpose::Invite {
        return session_start(cx, account.id, account.session_epoch + 1).await;
    }
    // Whoever holds the link is not the one who was guessing.
    for name in tries_names(cx, account.id, std::iter::once(account.email.as_str()).chain(account.username.as_deref())) {
        cx.services.redis.account_clear(cx.site.key(), &name).await?;
    }
    Ok(cx.services.redis.locked_forget(cx.site.key(), account.id).await?)
}

/// Judges a password of somebody by the rules of the site.
pub(crate) fn password_judge(cx: &RequestCx, account: &Account, password: &SecretString) -> std::result::Result<(), String> {
    let company = cx.site.tenant().map_or("Oneo", |site| site.name.as_str());
    let context = [account.email.as_str(), &account.first_name, &account.last_name, company, cx.brand()];
    judge(password, cx.settings.password_min(cx.today()), &context)
}

/// Uses the link up and sets the password. The user comes before the link, as for everything that locks both.
async fn link_use(cx: &RequestCx, purpose: LinkPurpose, token_hash: &[u8], account: &Account, new_hash: &str) -> Result<()> {
    let now = cx.services.now();
    let mut conn = AccountConn::open(cx).await?;
    let done = async {
        conn.set_password(account.id, new_hash, now).await?;
        if !conn.use_token(token_hash, now).await? {
            return Err(AppError::NotFound.into());
        }
        if purpose == LinkPurpose::Invite {
            return sign_in_note(cx, &mut conn, account, "one-time link").await;
        }
        let actor = conn.actor(account);
        let object = Object::new("user", account.id, account.email.clone());
        conn.audit(entry(cx, &actor, "password.reset", object, serde_json::json!({ "by": "one-time link" })));
        Ok(())
    }
    .await;
    conn.finish(done).await
}

/// Goes on only for somebody who is signed in and may ask for anything at all.
///
/// # Errors
/// [`AppError::Unauthenticated`] when nobody is.
pub async fn signed_in_check(cx: &RequestCx) -> Result<()> {
    let operation = &operation::shared::REAUTHENTICATE;
    if cx.site.tenant().is_some() { cx.tenant_permit(operation).await.map(drop) } else { cx.platform_permit(operation).await }
}
