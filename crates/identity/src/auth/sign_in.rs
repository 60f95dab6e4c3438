//! Signing in by a password, and signing out.

use super::{
    device::{device_new, device_of, tries_name},
    note::{sign_in_failed, sign_in_note},
    password::password_judge,
    rate_limits::RateLimits,
    second,
    session::session_start,
};
use crate::principal::{Account, AccountConn};
use cache::AccountThrottle;
use db::factor::factor_is_on;
use domain::{AppError, Code, FieldErrors, Login, password::is_too_long};
use kernel::{
    RequestCx, Result,
    actor::Actor,
    audit::{Object, entry, refused},
    passwords::Verdict,
};
use secrecy::{ExposeSecret, SecretString};

/// The one answer for unknown, wrong, inactive and locked.
const WRONG: &str = "E-mail or password is not right";

/// How a sign-in went that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedIn {
    /// There is a session. This says, sealed, that a user signed in in this browser; it is kept for 90 days.
    Done(String),
    /// A code is asked for. This ticket says who gave the password; it is good for five minutes, with a code only.
    NeedsCode(String),
}

/// Signs a user in on the site that was asked; a user by e-mail or user name, an admin by e-mail.
///
/// # Errors
/// [`AppError::Validation`] with the same text whatever was wrong, [`AppError::RateLimited`] after too many tries from
/// one address, [`AppError::Unavailable`] when tries cannot be counted.
pub async fn sign_in(cx: &RequestCx, login: &str, password: &SecretString) -> Result<SignedIn> {
    let mut errors = FieldErrors::default();
    if login.trim().is_empty() {
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
    let login = Login::parse(login).filter(|_| !is_too_long(password.expose_secret()));
    let Some(login) = login else { return wrong(cx, None, "malformed").await };
    let early = match &device {
        Some(_) => account_find(cx, &login).await?,
        None => None,
    };
    let is_known = device.as_ref().zip(early.as_ref()).is_some_and(|(device, (account, hash))| device.is_of(cx, account, hash.as_deref()));
    if !is_known {
        limits.and_of_site(cx).await?;
    }
    let account = match device {
        Some(_) => early,
        None => account_find(cx, &login).await?,
    };
    // By the account, whatever names it; an unknown name is counted too, so that it is locked as an account would be.
    let unknown = || services.keyring.account_name("login", login.key());
    let account_name = account.as_ref().map_or_else(unknown, |(account, _)| tries_name(cx, account.id, is_known));
    if let Some(seconds) = redis.account_try(site, &account_name, services.now().timestamp_millis(), AccountThrottle::SIGN_IN).await? {
        refused(cx, "login.locked", serde_json::json!({ "account": account_name, "seconds": seconds })).await;
        // Compared with nobody's, so that the answer takes as long as any other.
        cx.passwords().of_account(&account_name).verify(password, None).await?;
        return wrong(cx, None, "locked").await;
    }
    // Nobody waits for a hash while holding a connection.
    let usable = account.as_ref().filter(|(account, _)| account.is_active);
    let verdict = cx.passwords().of_account(&account_name).verify(password, usable.and_then(|(_, hash)| hash.as_deref())).await?;
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

async fn account_find(cx: &RequestCx, login: &Login) -> Result<Option<(Account, Option<String>)>> {
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
