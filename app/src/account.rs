//! One's own account, the same on both sites: name, password, second factor, sessions.

mod pages;
mod profile;
mod sign_ins;

pub use pages::{MfaPage, PasswordPage, SessionsPage};
pub use profile::AccountPage;
pub(crate) use sign_ins::SignInTable;
pub use sign_ins::SignInsPage;

use crate::{
    api::{ApiResult, DEVICE_COOKIE, Frame, Framed, cookie_keep, done, framed, request_cx, theme_keep, toast},
    ui::list_query,
};
use domain::{
    Flash,
    dto::account::{AccountPage as AccountData, FactorPage, SessionsPage as SessionsData, SignInRow},
    list::ListPage,
};
use identity::{
    account::{AccountSet, Look},
    auth::DEVICE_SECONDS,
};
use secrecy::SecretString;

pub(crate) async fn account() -> ApiResult<Framed<AccountData>> {
    let cx = request_cx().await?;
    let found = identity::account::account(&cx).await;
    framed(&cx, found).await
}

pub(crate) async fn account_set(first_name: &str, last_name: &str, look: Option<Look>) -> ApiResult<()> {
    let cx = request_cx().await?;
    let set = identity::account::account_set(&cx, AccountSet::parse(first_name, last_name, look.clone())).await;
    cx.answer(set).await?;
    if let Some(look) = look {
        theme_keep(&look.theme);
    }
    done(&cx, "/account", toast("Saved")).await
}

pub(crate) async fn password_set(old: String, new: String, repeated: String) -> ApiResult<()> {
    let cx = request_cx().await?;
    let (old, new, repeated) = (SecretString::from(old), SecretString::from(new), SecretString::from(repeated));
    let set = identity::account::password_set(&cx, &old, &new, &repeated).await;
    let (had_to, device) = cx.answer(set).await?;
    cookie_keep(DEVICE_COOKIE, &device, DEVICE_SECONDS);
    let path = if had_to { "/" } else { "/account/password" };
    done(&cx, path, toast("Your password is changed. All other sessions are signed out.")).await
}

pub(crate) async fn mfa() -> ApiResult<Framed<FactorPage>> {
    let cx = request_cx().await?;
    let found = identity::account::factor(&cx).await;
    framed(&cx, found).await
}

pub(crate) async fn mfa_begin(password: String) -> ApiResult<()> {
    let cx = request_cx().await?;
    let begun = identity::account::factor_begin(&cx, &SecretString::from(password)).await;
    cx.answer(begun).await?;
    done(&cx, "/account/mfa", Flash::default()).await
}

pub(crate) async fn mfa_confirm(code: &str, password: String) -> ApiResult<()> {
    let cx = request_cx().await?;
    let confirmed = identity::account::factor_confirm(&cx, code, &SecretString::from(password)).await;
    let codes = cx.answer(confirmed).await?;
    // The session has another id by now, and the message goes to that one.
    done(&cx, "/account/mfa", Flash { codes, ..toast("The second factor is on. All other sessions are signed out.") }).await
}

pub(crate) async fn mfa_codes(password: String) -> ApiResult<()> {
    let cx = request_cx().await?;
    let renewed = identity::account::codes_renew(&cx, &SecretString::from(password)).await;
    let codes = cx.answer(renewed).await?;
    done(&cx, "/account/mfa", Flash { codes, ..toast("You have new recovery codes. The old ones no longer work.") }).await
}

pub(crate) async fn mfa_remove(password: String) -> ApiResult<()> {
    let cx = request_cx().await?;
    let removed = identity::account::factor_remove(&cx, &SecretString::from(password)).await;
    cx.answer(removed).await?;
    done(&cx, "/account/mfa", toast("The second factor is off. All other sessions are signed out.")).await
}

pub(crate) async fn sessions() -> ApiResult<Framed<SessionsData>> {
    let cx = request_cx().await?;
    let found = identity::account::sessions(&cx).await;
    framed(&cx, found).await
}

/// An empty `id` means all others.
pub(crate) async fn session_end(id: &str, password: String) -> ApiResult<()> {
    let cx = request_cx().await?;
    let one = (!id.is_empty()).then_some(id);
    let ended = identity::account::session_end(&cx, one, &SecretString::from(password)).await;
    cx.answer(ended).await?;
    let text = if one.is_some() { "The session is signed out" } else { "All other sessions are signed out" };
    done(&cx, "/account/sessions", toast(text)).await
}

pub(crate) async fn sign_ins(query: &[(String, String)]) -> ApiResult<Framed<ListPage<SignInRow>>> {
    let cx = request_cx().await?;
    let found = identity::account::sign_ins(&cx, &list_query(query, &[])).await;
    framed(&cx, found).await
}

pub(crate) async fn photo_remove() -> ApiResult<()> {
    let cx = request_cx().await?;
    let removed = identity::account::photo_remove(&cx).await;
    cx.answer(removed).await?;
    done(&cx, "/account", toast("Your picture was removed")).await
}

/// How a site puts its frame around a page of the account.
pub type Wrap = fn(Frame, &'static str, leptos::prelude::AnyView) -> leptos::prelude::AnyView;
