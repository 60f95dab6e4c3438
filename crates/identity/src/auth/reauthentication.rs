//! Reauthentication: who asks gives the password again before acts that cannot be taken back.

use super::session::session_change;
use crate::principal::{Account, AccountConn, signed_in};
use cache::{AccountThrottle, session::SessionAuth};
use domain::{AppError, Code, operation, password::is_too_long};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry, refused},
    passwords::Verdict,
};
use secrecy::{ExposeSecret, SecretString};

/// The answer to a wrong password of a signed-in user.
const WRONG_PASSWORD: &str = "The password is not right";

/// Whether the signed-in user must give the password again, for the page that asks for it.
///
/// # Errors
/// [`AppError::Unauthenticated`] when nobody is signed in.
pub async fn reauthentication_ask(cx: &RequestCx) -> Result<bool> {
    signed_in_check(cx).await?;
    Ok(cx.reauthentication_is_needed())
}

/// Reauthenticates a signed-in user for the next ten minutes.
///
/// # Errors
/// Those of [`reauthenticate`].
pub async fn reauthenticate_now(cx: &RequestCx, password: &SecretString) -> Result<()> {
    if cx.auth.is_none() {
        return Err(AppError::Unauthenticated.into());
    }
    signed_in_check(cx).await?;
    reauthenticate(cx, password).await
}

/// Goes on only with a reauthentication of the last ten minutes, or with the right password now; the session then gets a new id.
///
/// # Errors
/// [`AppError::ReauthRequired`] without a password, [`AppError::Validation`] beside `password` when it is wrong,
/// [`AppError::RateLimited`] after too many tries.
pub async fn reauthenticate(cx: &RequestCx, password: &SecretString) -> Result<()> {
    let reauthenticated = reauthentication_check(cx, password).await?;
    reauthentication_settle(cx, reauthenticated).await
}

/// That the person asking may go on: the reauthentication of before is good, or the password was right just now.
#[must_use]
pub struct Reauthenticated(Option<Account>);

/// Checks the reauthentication and leaves the session as it is, for what takes long; [`reauthentication_settle`] ends it.
pub async fn reauthentication_check(cx: &RequestCx, password: &SecretString) -> Result<Reauthenticated> {
    if !cx.reauthentication_is_needed() {
        return Ok(Reauthenticated(None));
    }
    let Some(auth) = &cx.auth else { return Err(AppError::Unauthenticated.into()) };
    if password.expose_secret().is_empty() {
        return Err(AppError::ReauthRequired.into());
    }
    let mut conn = AccountConn::open(cx).await?;
    let found = conn.get(auth.subject).await;
    let account = signed_in(conn.finish(found).await?, auth)?;
    password_check(cx, &account, "password", password).await?;
    cx.reauthenticated();
    Ok(Reauthenticated(Some(account)))
}

/// Goes on only with the right password of a signed-in user; what is wrong stands beside `field`.
pub(crate) async fn password_check(cx: &RequestCx, account: &Account, field: &str, password: &SecretString) -> Result<()> {
    if is_too_long(password.expose_secret()) {
        return Err(AppError::field(Code::PasswordWrong, field, WRONG_PASSWORD).into());
    }
    let (services, site) = (&cx.services, cx.site.key());
    // A stolen session must not become a place to guess the password.
    let name = services.keyring.account_name("reauthentication", &account.id.to_string());
    if let Some(retry_after) = services.redis.account_try(site, &name, services.now().timestamp_millis(), AccountThrottle::SIGN_IN).await? {
        return Err(AppError::RateLimited { retry_after }.into());
    }
    let mut conn = AccountConn::open(cx).await?;
    let hash = conn.password_hash(account.id).await;
    let hash = conn.finish(hash).await?;
    if cx.passwords().verify(password, hash.as_deref()).await? == Verdict::Wrong {
        refused(cx, "reauthentication.failed", serde_json::json!({})).await;
        return Err(AppError::field(Code::PasswordWrong, field, WRONG_PASSWORD).into());
    }
    Ok(services.redis.account_clear(site, &name).await?)
}

/// Notes a reauthentication of just now and gives the session a new id.
pub async fn reauthentication_settle(cx: &RequestCx, Reauthenticated(account): Reauthenticated) -> Result<()> {
    let Some(account) = account else { return Ok(()) };
    let auth = cx.auth.as_ref().ok_or(AppError::Unauthenticated)?;
    let mut conn = AccountConn::open(cx).await?;
    let actor = conn.actor(&account);
    let line = entry(cx, &actor, "session.reauthenticate", Object::new("session", account.id, account.email), serde_json::json!({}));
    conn.audit(line);
    conn.finish(Ok(())).await?;
    session_change(cx, SessionAuth { reauthenticated_at: cx.services.now().timestamp(), ..auth.clone() }).await
}

/// Goes on only for a signed-in user and may ask for anything at all.
///
/// # Errors
/// [`AppError::Unauthenticated`] when nobody is.
pub async fn signed_in_check(cx: &RequestCx) -> Result<()> {
    let operation = &operation::shared::REAUTHENTICATE;
    if cx.site.tenant().is_some() { cx.tenant_permit(operation).await.map(drop) } else { cx.platform_permit(operation).await }
}
