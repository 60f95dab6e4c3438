//! One's own account on this site.

use super::frame::PlatformPage;
use crate::{
    account::{self, AccountPage as Account, MfaPage as Mfa, PasswordPage as Password, SessionsPage as Sessions},
    api::{ApiError, Frame, Framed, PLATFORM_API},
};
use domain::dto::account::{AccountPage as AccountData, FactorPage, SessionsPage as SessionsData};
use leptos::prelude::*;

/// Name and address of the signed-in user.
#[server(prefix = "/api/platform", endpoint = "account")]
pub async fn account() -> Result<Framed<AccountData>, ApiError> {
    account::account().await
}

/// Changes one's own name.
#[server(prefix = "/api/platform", endpoint = "account_set")]
pub async fn account_set(first_name: String, last_name: String) -> Result<(), ApiError> {
    account::account_set(&first_name, &last_name, None).await
}

/// Changes one's own password; all other sessions end.
#[server(prefix = "/api/platform", endpoint = "password_set")]
pub async fn password_set(password_old: String, password: String, password_repeated: String) -> Result<(), ApiError> {
    account::password_set(password_old, password, password_repeated).await
}

/// Where one stands with the second factor.
#[server(prefix = "/api/platform", endpoint = "mfa")]
pub async fn mfa() -> Result<Framed<FactorPage>, ApiError> {
    account::mfa().await
}

/// Makes a secret that waits for its first code.
#[server(prefix = "/api/platform", endpoint = "mfa_begin")]
pub async fn mfa_begin(#[server(default)] password: String) -> Result<(), ApiError> {
    account::mfa_begin(password).await
}

/// Confirms the secret by its first code; from then on codes are asked for.
#[server(prefix = "/api/platform", endpoint = "mfa_confirm")]
pub async fn mfa_confirm(code: String, #[server(default)] password: String) -> Result<(), ApiError> {
    account::mfa_confirm(&code, password).await
}

/// Gives other recovery codes.
#[server(prefix = "/api/platform", endpoint = "mfa_codes")]
pub async fn mfa_codes(#[server(default)] password: String) -> Result<(), ApiError> {
    account::mfa_codes(password).await
}

/// Removes the second factor.
#[server(prefix = "/api/platform", endpoint = "mfa_remove")]
pub async fn mfa_remove(#[server(default)] password: String) -> Result<(), ApiError> {
    account::mfa_remove(password).await
}

/// One's own open sessions.
#[server(prefix = "/api/platform", endpoint = "account_sessions")]
pub async fn account_sessions() -> Result<Framed<SessionsData>, ApiError> {
    account::sessions().await
}

/// Ends one of one's own sessions; an empty `id` means all others.
#[server(prefix = "/api/platform", endpoint = "account_session_end")]
pub async fn account_session_end(#[server(default)] id: String, #[server(default)] password: String) -> Result<(), ApiError> {
    account::session_end(&id, password).await
}

fn wrap(frame: Frame, title: &'static str, view: AnyView) -> AnyView {
    let crumbs = if title == "Account" { Vec::new() } else { vec![("Account".to_owned(), "/account".to_owned())] };
    view! { <PlatformPage frame active="/account" crumbs title>{view}</PlatformPage> }.into_any()
}

/// The page `/account`.
#[component]
pub fn AccountPage() -> impl IntoView {
    view! { <Account api=PLATFORM_API wrap fetch=account/> }
}

/// The page `/account/password`.
#[component]
pub fn PasswordPage() -> impl IntoView {
    view! { <Password api=PLATFORM_API wrap fetch=account/> }
}

/// The page `/account/mfa`.
#[component]
pub fn MfaPage() -> impl IntoView {
    view! { <Mfa api=PLATFORM_API wrap fetch=mfa/> }
}

/// The page `/account/sessions`.
#[component]
pub fn SessionsPage() -> impl IntoView {
    view! { <Sessions api=PLATFORM_API wrap fetch=account_sessions/> }
}
