//! Signing in and out of a company.

use crate::{
    api::{ApiError, done, request_cx, toast},
    auth::{self, ForgotData, LinkData, LoginData, ReauthenticateData},
    ui::{CardPage, ErrorSummary, FormView, Loaded, ReturnPath, Submit, load},
};
use kernel::tokens::LinkPurpose;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use serde::{Deserialize, Serialize};

/// What the sign-in page shows.
#[server(prefix = "/api/tenant", endpoint = "login")]
pub async fn login() -> Result<LoginData, ApiError> {
    auth::login_data().await
}

/// Signs a user in, by e-mail or user name.
#[server(prefix = "/api/tenant", endpoint = "sign_in")]
pub async fn sign_in(login: String, password: String, #[server(default)] next: String) -> Result<(), ApiError> {
    auth::sign_in(login, password, next).await
}

/// Signs a user in who gave the right password, by a code of the second factor.
#[server(prefix = "/api/tenant", endpoint = "sign_in_code")]
pub async fn sign_in_code(code: String, #[server(default)] next: String) -> Result<(), ApiError> {
    auth::sign_in_code(&code, &next).await
}

/// Confirms the user's password, which counts for ten minutes, and redirects back.
#[server(prefix = "/api/tenant", endpoint = "reauthenticate")]
pub async fn reauthenticate(password: String, #[server(default)] next: String) -> Result<(), ApiError> {
    auth::reauthenticate(password, &next).await
}

/// What the page that asks for the password again shows.
#[server(prefix = "/api/tenant", endpoint = "reauthenticate_page")]
pub async fn reauthenticate_page() -> Result<ReauthenticateData, ApiError> {
    auth::reauthenticate_data().await
}

/// Signs out.
#[server(prefix = "/api/tenant", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), ApiError> {
    auth::sign_out().await
}

/// Whose one-time link this is.
#[server(prefix = "/api/tenant", endpoint = "invite")]
pub async fn invite(token: String) -> Result<LinkData, ApiError> {
    auth::link_data(LinkPurpose::Invite, token).await
}

/// Sets the first password by a one-time link.
#[server(prefix = "/api/tenant", endpoint = "invite_accept")]
pub async fn invite_accept(token: String, password: String, password_repeated: String) -> Result<(), ApiError> {
    auth::link_accept(LinkPurpose::Invite, token, password, password_repeated).await
}

/// Whose reset link this is.
#[server(prefix = "/api/tenant", endpoint = "reset")]
pub async fn reset(token: String) -> Result<LinkData, ApiError> {
    auth::link_data(LinkPurpose::Reset, token).await
}

/// Sets a new password by a reset link.
#[server(prefix = "/api/tenant", endpoint = "reset_accept")]
pub async fn reset_accept(token: String, password: String, password_repeated: String) -> Result<(), ApiError> {
    auth::link_accept(LinkPurpose::Reset, token, password, password_repeated).await
}

/// What the page for a forgotten password shows.
#[server(prefix = "/api/tenant", endpoint = "forgot")]
pub async fn forgot() -> Result<ForgotData, ApiError> {
    auth::forgot_data().await
}

/// Asks for an e-mail with a link to set a new password; the answer is the same for every address.
#[server(prefix = "/api/tenant", endpoint = "forgot_send")]
pub async fn forgot_send(login: String) -> Result<(), ApiError> {
    auth::forgot_send(&login).await
}

/// Asks for another invitation with one that has expired.
#[server(prefix = "/api/tenant", endpoint = "invite_ask")]
pub async fn invite_ask(token: String) -> Result<(), ApiError> {
    auth::invite_ask(&token).await
}

/// Keeps the theme of this browser and, for the signed-in user, of the account.
#[server(prefix = "/api/tenant", endpoint = "theme_set")]
pub async fn theme_set(theme: String) -> Result<(), ApiError> {
    auth::theme_set(theme).await
}

/// Keeps in this browser whether its sidebar is folded.
#[server(prefix = "/api/tenant", endpoint = "sidebar_fold")]
pub async fn sidebar_fold(#[server(default)] folded: bool) -> Result<(), ApiError> {
    crate::api::sidebar_keep(folded);
    Ok(())
}

/// Keeps in this browser whether single keys are shortcuts.
#[server(prefix = "/api/tenant", endpoint = "shortcuts_set")]
pub async fn shortcuts_set(#[server(default)] enabled: bool) -> Result<(), ApiError> {
    crate::api::shortcuts_keep(enabled).await
}

const ENTER: &str = "/api/tenant/enter";

/// What the page of a way in shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EntrancePage {
    /// The company's name.
    pub name: String,
    /// Whether it can still be taken.
    pub is_open: bool,
}

impl Loaded for EntrancePage {}

/// The company's name and whether the way in can still be taken, for its page.
#[server(prefix = "/api/tenant", endpoint = "entrance")]
pub async fn entrance(token: String) -> Result<EntrancePage, ApiError> {
    let cx = request_cx().await?;
    let is_open = identity::auth::entrance_is_open(&cx, &token).await;
    let is_open = cx.answer(is_open).await?;
    let name = cx.tenant_site().map(|site| site.name.clone());
    Ok(EntrancePage { name: cx.answer(name).await?, is_open })
}

/// Takes the way into a company that was just made.
#[server(prefix = "/api/tenant", endpoint = "enter")]
pub async fn enter(token: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let entered = identity::auth::enter(&cx, &token).await;
    cx.answer(entered).await?;
    done(&cx, "/", toast("Welcome to your company's own site.")).await
}

/// The page `/enter/{token}`: opening it takes nothing, its button does.
#[component]
pub fn EnterPage() -> impl IntoView {
    let token = use_params_map().get_untracked().get("token").unwrap_or_default();
    let asked = token.clone();
    load(
        move || entrance(asked.clone()),
        move |EntrancePage { name, is_open }| {
            if !is_open {
                return view! { <ClosedEntrance name/> }.into_any();
            }
            let token = token.clone();
            view! {
                <CardPage brand=name.clone() title="Welcome" tenant=true>
                    <h1 class="text-lg font-semibold" dir="auto">{name}" is ready"</h1>
                    <p class="text-muted mt-2">"You are its owner. Continue to sign in."</p>
                    <ErrorSummary form=FormView::new(ENTER)/>
                    <form method="post" action=ENTER class="mt-4 flex gap-2"><ReturnPath/>
                        <input type="hidden" name="token" value=token/>
                        <Submit label="Continue"/>
                        <a class="btn btn-ghost" href="/login">"Sign in instead"</a>
                    </form>
                </CardPage>
            }
            .into_any()
        },
    )
}

/// What stands where a way in was taken, is over, or was never there.
#[component]
fn ClosedEntrance(name: String) -> impl IntoView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <CardPage brand=name title="This link is not valid" tenant=true>
            <h1 class="text-lg font-semibold">"This link is not valid"</h1>
            <p class="text-muted mt-2">"The link was already used or has expired. Sign in with your e-mail and password."</p>
            <ErrorSummary form=FormView::new(ENTER)/>
            <p class="mt-4"><a class="btn btn-primary" href="/login">"Sign in"</a></p>
        </CardPage>
    }
}
