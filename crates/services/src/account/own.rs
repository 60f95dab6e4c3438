//! Name and password of whoever is signed in.

use super::{AccountConn, Own};
use crate::{
    RequestCx, Result,
    audit::{Object, diff, entry},
    auth::{password_check, session_restart},
    passwords::judge,
};
use db::factor::factor_is_on;
use domain::{AppError, FieldErrors, PersonName, dto::account::AccountPage};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

/// What the first page of one's own account shows.
///
/// # Errors
/// [`AppError::Unauthenticated`] when nobody is signed in.
pub async fn account(cx: &RequestCx) -> Result<(Own, AccountPage)> {
    let (mut conn, account) = AccountConn::open_own(cx).await?;
    let read = async {
        let has_factor = factor_is_on(&mut conn.factors(), account.id).await?;
        Ok((conn.own(&account).await?, has_factor, conn.role_label(&account).await?))
    }
    .await;
    let (own, has_factor, role) = conn.finish(read).await?;
    let page = AccountPage {
        first_name: account.first_name.clone(),
        last_name: account.last_name.clone(),
        email: account.email.clone(),
        role,
        has_factor,
        last_login: account.last_login,
    };
    Ok((own, page))
}

/// Changes one's own name.
///
/// # Errors
/// [`AppError::Validation`] beside the fields, [`AppError::Unauthenticated`].
pub async fn account_set(cx: &RequestCx, first_name: &str, last_name: &str) -> Result<()> {
    let (mut conn, account) = AccountConn::open_own(cx).await?;
    let done = async {
        let mut errors = FieldErrors::default();
        let first = errors.check("first_name", PersonName::parse(first_name));
        let last = errors.check("last_name", PersonName::parse(last_name));
        errors.into_result()?;
        let (Some(first), Some(last)) = (first, last) else { return Err(AppError::Malformed.into()) };
        conn.set_name(account.id, &first, &last, cx.services.now()).await?;
        let changed =
            diff(&[("first_name", json!(account.first_name), json!(first)), ("last_name", json!(account.last_name), json!(last))]);
        let actor = conn.actor(&account);
        conn.audit(&entry(cx, &actor, "account.update", Object::new("user", account.id, account.email.clone()), changed)).await
    }
    .await;
    conn.finish(done).await
}

/// Changes one's own password; all other sessions end (ASVS 5.0, 6.2.3 and 7.4.3).
///
/// # Errors
/// [`AppError::Validation`] beside the fields, [`AppError::RateLimited`] after too many wrong tries,
/// [`AppError::Unauthenticated`].
pub async fn password_set(cx: &RequestCx, old: &SecretString, new: &SecretString, repeated: &SecretString) -> Result<()> {
    let (conn, account) = AccountConn::open_own(cx).await?;
    conn.finish(Ok(())).await?;
    let services = &cx.services;
    let company = cx.site.tenant().map_or("Oneo", |site| site.name.as_str());
    let mut errors = FieldErrors::default();
    if old.expose_secret().is_empty() {
        errors.0.push(("password_old".to_owned(), "Enter the password you have".to_owned()));
    }
    errors.check(
        "password",
        judge(
            new,
            cx.settings.password_min(cx.today()),
            &[account.email.as_str(), &account.first_name, &account.last_name, company, cx.brand()],
        ),
    );
    if errors.get("password").is_none() && new.expose_secret() != repeated.expose_secret() {
        errors.0.push(("password_repeated".to_owned(), "The two passwords differ".to_owned()));
    }
    if errors.get("password").is_none() && new.expose_secret() == old.expose_secret() {
        errors.0.push(("password".to_owned(), "This is the password you have".to_owned()));
    }
    errors.into_result()?;
    password_check(cx, &account, "password_old", old).await?;
    let hash = services.passwords.hash(new).await?;
    let mut conn = AccountConn::open(cx).await?;
    let done = async {
        conn.set_password(account.id, &hash, services.now()).await?;
        // A link that somebody else may hold must not set yet another one.
        conn.tokens_end(account.id, cx.services.now()).await?;
        let actor = conn.actor(&account);
        let object = Object::new("user", account.id, account.email.clone());
        conn.audit(&entry(cx, &actor, "password.change", object, json!({}))).await
    }
    .await;
    conn.finish(done).await?;
    session_restart(cx, &account, true).await
}
