//! Name and password of the signed-in user.

use crate::auth::{device_new, password_check, password_judge, session_restart, tries_names};
use crate::principal::AccountConn;
use db::{factor::factor_is_on, tenant::users::user_set_look};
use domain::{AppError, Code, FieldErrors, PersonName, UserId, dto::account::AccountPage, format::LOCALES};
use kernel::{
    Error, Parsed, RequestCx, Result,
    audit::{Object, diff, entry},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

/// The themes to choose from; the empty one is that of the system.
const THEMES: [&str; 3] = ["", "light", "dark"];

/// What the first page of one's own account shows.
///
/// # Errors
/// [`AppError::Unauthenticated`] when nobody is signed in.
pub async fn account(cx: &RequestCx) -> Result<AccountPage> {
    let (mut conn, account) = AccountConn::open_own(cx).await?;
    let read = async {
        let has_factor = factor_is_on(&mut conn.factors(), account.id).await?;
        conn.caller_note(cx, &account).await?;
        Ok((has_factor, conn.role_label(&account).await?))
    }
    .await;
    let (has_factor, role) = conn.finish(read).await?;
    let page = AccountPage {
        first_name: account.first_name.clone(),
        last_name: account.last_name.clone(),
        email: account.email.clone(),
        role,
        has_factor,
        last_login: account.last_login,
        must_change_password: account.must_change_password,
        look: account.look.clone(),
    };
    Ok(page)
}

/// How pages are to look, as chosen on a company's site; empty means as the company or the system has it.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// A locale of [`LOCALES`].
    pub locale: String,
    /// `light` or `dark`.
    pub theme: String,
}

/// One's own name and, on a company's site, how pages look.
#[derive(Clone, Debug)]
pub struct AccountSet {
    first: PersonName,
    last: PersonName,
    look: Option<Look>,
}

impl AccountSet {
    /// Reads what was typed; there is no look on the platform.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields.
    pub fn parse(first_name: &str, last_name: &str, look: Option<Look>) -> Parsed<Self> {
        let mut errors = FieldErrors::default();
        let first = errors.check("first_name", PersonName::parse(first_name));
        let last = errors.check("last_name", PersonName::parse(last_name));
        if let Some(Look { locale, theme }) = &look {
            let mut choice = |field, known: bool| {
                if !known {
                    errors.push(Code::FieldUnknownChoice, field, "Choose an option from the list");
                }
            };
            choice("locale", locale.is_empty() || LOCALES.iter().any(|(key, _)| key == locale));
            choice("theme", THEMES.contains(&theme.as_str()));
        }
        errors.into_result()?;
        let (Some(first), Some(last)) = (first, last) else { return Err(AppError::Malformed) };
        Ok(Self { first, last, look })
    }
}

/// Changes one's own name and, on a company's site, how pages look.
///
/// # Errors
/// [`AppError::Validation`] beside the fields, [`AppError::Unauthenticated`], [`AppError::PasswordRequired`].
pub async fn account_set(cx: &RequestCx, command: Parsed<AccountSet>) -> Result<()> {
    let (mut conn, account) = AccountConn::open_settled(cx).await?;
    let done = async {
        let AccountSet { first, last, look } = command?;
        let mut fields =
            vec![("first_name", json!(account.first_name), json!(first)), ("last_name", json!(account.last_name), json!(last))];
        if fields.iter().any(|(_, before, after)| before != after) {
            conn.set_name(account.id, &first, &last, cx.services.now()).await?;
        }
        if let (AccountConn::Tenant(conn), Some(look), Some(old)) = (&mut conn, &look, &account.look) {
            user_set_look(conn, UserId(account.id), &look.locale, &look.theme).await?;
            fields.extend([("locale", json!(old.locale), json!(look.locale)), ("theme", json!(old.theme), json!(look.theme))]);
        }
        let actor = conn.actor(&account);
        conn.audit(entry(cx, &actor, "account.update", Object::new("user", account.id, account.email.clone()), diff(&fields)));
        Ok(())
    }
    .await;
    conn.finish(done).await
}

/// Keeps the theme that was chosen, so that it is there in other browsers too. A visitor who is not signed in, or is an admin of
/// the platform, has it in this browser alone.
///
/// # Errors
/// When the database does not answer.
pub async fn theme_set(cx: &RequestCx, theme: &str) -> Result<()> {
    let theme = if THEMES.contains(&theme) { theme } else { "" };
    if cx.auth.is_none() || cx.site.tenant().is_none() {
        return Ok(());
    }
    let (mut conn, account) = match AccountConn::open_own(cx).await {
        Err(Error::App(AppError::Unauthenticated)) => return Ok(()),
        opened => opened?,
    };
    let done = async {
        let (AccountConn::Tenant(tenant), Some(old)) = (&mut conn, &account.look) else { return Ok(()) };
        if old.theme == theme {
            return Ok(());
        }
        user_set_look(tenant, UserId(account.id), &old.locale, theme).await?;
        let changed = diff(&[("theme", json!(old.theme), json!(theme))]);
        let actor = conn.actor(&account);
        conn.audit(entry(cx, &actor, "account.update", Object::new("user", account.id, account.email.clone()), changed));
        Ok(())
    }
    .await;
    conn.finish(done).await
}

/// Changes one's own password; all other sessions end (ASVS 5.0, 6.2.3 and 7.4.3). Gives whether it had to be,
/// and what the browser keeps to be known again.
///
/// # Errors
/// [`AppError::Validation`] beside the fields, [`AppError::RateLimited`] after too many wrong tries,
/// [`AppError::Unauthenticated`].
pub async fn password_set(cx: &RequestCx, old: &SecretString, new: &SecretString, repeated: &SecretString) -> Result<(bool, String)> {
    let (conn, account) = AccountConn::open_own(cx).await?;
    conn.finish(Ok(())).await?;
    let services = &cx.services;
    let mut errors = FieldErrors::default();
    if old.expose_secret().is_empty() {
        errors.push(Code::FieldRequired, "password_old", "Enter your current password");
    }
    errors.check_as(Code::PasswordWeak, "password", password_judge(cx, &account, new));
    if errors.get("password").is_none() && new.expose_secret() != repeated.expose_secret() {
        errors.push(Code::PasswordMismatch, "password_repeated", "The passwords do not match");
    }
    if errors.get("password").is_none() && new.expose_secret() == old.expose_secret() {
        errors.push(Code::PasswordSame, "password", "Choose a password that differs from your current one");
    }
    errors.into_result()?;
    password_check(cx, &account, "password_old", old).await?;
    let hash = cx.passwords().hash(new).await?;
    let mut conn = AccountConn::open(cx).await?;
    let done = async {
        conn.set_password(account.id, &hash, services.now()).await?;
        // A link that another user may hold must not set yet another one.
        conn.tokens_end(account.id, cx.services.now()).await?;
        let actor = conn.actor(&account);
        let object = Object::new("user", account.id, account.email.clone());
        conn.audit(entry(cx, &actor, "password.change", object, json!({})));
        Ok(())
    }
    .await;
    conn.finish(done).await?;
    // The failed tries were at another password.
    for name in tries_names(cx, account.id) {
        services.redis.account_clear(cx.site.key(), &name).await?;
    }
    services.redis.locked_forget(cx.site.key(), account.id).await?;
    session_restart(cx, &account, true).await?;
    Ok((account.must_change_password, device_new(cx, account.id, &hash)))
}
