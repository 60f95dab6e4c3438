//! Signing in and out of the platform.

use crate::{
    api::ApiError,
    auth::{self, ForgotData, LinkData, LoginData, ReauthenticateData},
    ui::{ErrorSummary, FormView, ReauthenticationField, ReturnPath},
};
use kernel::tokens::LinkPurpose;
use leptos::prelude::*;

/// What the sign-in page shows.
#[server(prefix = "/api/platform", endpoint = "login")]
pub async fn login() -> Result<LoginData, ApiError> {
    auth::login_data().await
}

/// Signs a platform admin in.
#[server(prefix = "/api/platform", endpoint = "sign_in")]
pub async fn sign_in(login: String, password: String, #[server(default)] next: String) -> Result<(), ApiError> {
    auth::sign_in(login, password, next).await
}

/// Signs a platform admin in who gave the right password, by a code of the second factor.
#[server(prefix = "/api/platform", endpoint = "sign_in_code")]
pub async fn sign_in_code(code: String, #[server(default)] next: String) -> Result<(), ApiError> {
    auth::sign_in_code(&code, &next).await
}

/// Signs out.
#[server(prefix = "/api/platform", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), ApiError> {
    auth::sign_out().await
}

/// Whose one-time link this is.
#[server(prefix = "/api/platform", endpoint = "invite")]
pub async fn invite(token: String) -> Result<LinkData, ApiError> {
    auth::link_data(LinkPurpose::Invite, token).await
}

/// Sets the first password by a one-time link.
#[server(prefix = "/api/platform", endpoint = "invite_accept")]
pub async fn invite_accept(token: String, password: String, password_repeated: String) -> Result<(), ApiError> {
    auth::link_accept(LinkPurpose::Invite, token, password, password_repeated).await
}

/// Whose reset link this is.
#[server(prefix = "/api/platform", endpoint = "reset")]
pub async fn reset(token: String) -> Result<LinkData, ApiError> {
    auth::link_data(LinkPurpose::Reset, token).await
}

/// Sets a new password by a reset link.
#[server(prefix = "/api/platform", endpoint = "reset_accept")]
pub async fn reset_accept(token: String, password: String, password_repeated: String) -> Result<(), ApiError> {
    auth::link_accept(LinkPurpose::Reset, token, password, password_repeated).await
}

/// Confirms the user's password, which counts for ten minutes, and redirects back.
#[server(prefix = "/api/platform", endpoint = "reauthenticate")]
pub async fn reauthenticate(password: String, #[server(default)] next: String) -> Result<(), ApiError> {
    auth::reauthenticate(password, &next).await
}

/// What the page that asks for the password again shows.
#[server(prefix = "/api/platform", endpoint = "reauthenticate_page")]
pub async fn reauthenticate_page() -> Result<ReauthenticateData, ApiError> {
    auth::reauthenticate_data().await
}

/// A question for the viewer's password, before what stands on this page is given out.
#[component]
pub(super) fn ReauthenticatePanel(
    /// The page to come back to.
    next: String,
    /// What for.
    why: &'static str,
) -> impl IntoView {
    let form = FormView::new("/api/platform/reauthenticate");
    view! {
        <ErrorSummary form=form.clone() password_id="reauthentication-password"/>
        <form method="post" action="/api/platform/reauthenticate" class="card-box my-4 flex max-w-md flex-col gap-3 p-4"><ReturnPath/>
            <input type="hidden" name="next" value=next/>
            <p class="text-sm">{why}</p>
            <ReauthenticationField form id="reauthentication-password"/>
            <div><button class="btn btn-sm">"Confirm password"</button></div>
        </form>
    }
}

/// What the page for a forgotten password shows.
#[server(prefix = "/api/platform", endpoint = "forgot")]
pub async fn forgot() -> Result<ForgotData, ApiError> {
    auth::forgot_data().await
}

/// Asks for an e-mail with a link to set a new password; the answer is the same for every address.
#[server(prefix = "/api/platform", endpoint = "forgot_send")]
pub async fn forgot_send(login: String) -> Result<(), ApiError> {
    auth::forgot_send(&login).await
}

/// Keeps the theme of this browser.
#[server(prefix = "/api/platform", endpoint = "theme_set")]
pub async fn theme_set(theme: String) -> Result<(), ApiError> {
    auth::theme_set(theme).await
}

/// Keeps in this browser whether its sidebar is folded.
#[server(prefix = "/api/platform", endpoint = "sidebar_fold")]
pub async fn sidebar_fold(#[server(default)] folded: bool) -> Result<(), ApiError> {
    crate::api::sidebar_keep(folded);
    Ok(())
}

/// Keeps in this browser whether single keys are shortcuts.
#[server(prefix = "/api/platform", endpoint = "shortcuts_set")]
pub async fn shortcuts_set(#[server(default)] enabled: bool) -> Result<(), ApiError> {
    crate::api::shortcuts_keep(enabled).await
}
