//! What admins do for one user: links, sessions, a lost second factor.

use super::frame::user_id;
use crate::{
    api::{ApiError, ApiResult, done, request_cx, toast},
    ui::{ErrorSummary, FactorResetQuestion, FormView, ReauthenticationField, ReturnPath, SignOutQuestion},
};
use domain::{
    Flash,
    dto::{LinkStatus, tenant::UserPage as Data},
};
use kernel::RequestCx;
use leptos::prelude::*;
use secrecy::SecretString;

const LINK: &str = "/api/tenant/user_link_create";
const MAIL: &str = "/api/tenant/user_mail_send";
const REVOKE: &str = "/api/tenant/user_link_revoke";
const SIGN_OUT: &str = "/api/tenant/user_sign_out";
const MFA: &str = "/api/tenant/user_mfa_reset";
const UNLOCK: &str = "/api/tenant/user_unlock";
const EXPIRE: &str = "/api/tenant/user_password_expire";
const DELETE: &str = "/api/tenant/user_delete";

/// Makes a one-time link to hand over: an invitation while there is no password, else a reset.
#[server(prefix = "/api/tenant", endpoint = "user_link_create")]
pub async fn user_link_create(id: String, #[server(default)] password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = user_id(&id)?;
    let made = identity::users::user_link_create(&cx, id, &SecretString::from(password)).await;
    let link = cx.answer(made).await?;
    done(&cx, &format!("/users/{id}"), Flash { link: Some(link), ..Flash::default() }).await
}

/// Sends an invitation by mail while there is no password, else a reset.
#[server(prefix = "/api/tenant", endpoint = "user_mail_send")]
pub async fn user_mail_send(id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = user_id(&id)?;
    let sent = identity::users::user_mail_send(&cx, id).await;
    let email = cx.answer(sent).await?;
    back(&cx, id, format!("An e-mail is on its way to {email}")).await
}

/// Takes back the open one-time link of a user.
#[server(prefix = "/api/tenant", endpoint = "user_link_revoke")]
pub async fn user_link_revoke(id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = user_id(&id)?;
    let revoked = identity::users::user_link_revoke(&cx, id).await;
    let name = cx.answer(revoked).await?;
    back(&cx, id, format!("The link for {name} was revoked")).await
}

/// Ends all sessions of a user.
#[server(prefix = "/api/tenant", endpoint = "user_sign_out")]
pub async fn user_sign_out(id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = user_id(&id)?;
    let ended = identity::users::user_sign_out(&cx, id).await;
    let name = cx.answer(ended).await?;
    back(&cx, id, format!("{name} is signed out everywhere")).await
}

/// Takes the second factor of a user away who has lost it.
#[server(prefix = "/api/tenant", endpoint = "user_mfa_reset")]
pub async fn user_mfa_reset(id: String, #[server(default)] password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = user_id(&id)?;
    let reset = identity::users::user_mfa_reset(&cx, id, &SecretString::from(password)).await;
    let name = cx.answer(reset).await?;
    back(&cx, id, format!("{name} can now sign in without a second factor and should set up a new one")).await
}

async fn back(cx: &RequestCx, id: domain::UserId, text: String) -> ApiResult<()> {
    done(cx, &format!("/users/{id}"), toast(text)).await
}

/// Lets a user try to sign in again at once, after too many wrong passwords.
#[server(prefix = "/api/tenant", endpoint = "user_unlock")]
pub async fn user_unlock(id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = user_id(&id)?;
    let unlocked = identity::users::user_unlock(&cx, id).await;
    let name = cx.answer(unlocked).await?;
    back(&cx, id, format!("{name} can sign in again")).await
}

/// Asks a user for a new password before anything else.
#[server(prefix = "/api/tenant", endpoint = "user_password_expire")]
pub async fn user_password_expire(id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = user_id(&id)?;
    let expired = identity::users::user_password_expire(&cx, id).await;
    let name = cx.answer(expired).await?;
    back(&cx, id, format!("{name} must set a new password now")).await
}

/// What was refused of all this.
#[component]
pub(super) fn ActErrors() -> impl IntoView {
    [LINK, MAIL, REVOKE, SIGN_OUT, MFA, UNLOCK, EXPIRE, DELETE]
        .map(|action| view! { <ErrorSummary form=FormView::new(action) password_id=if action == MFA { "factor-password" } else { "act-password" }/> })
        .collect_view()
}

/// What is asked before an act of the menu that cannot be taken back: `asked` names it, as `?confirm=` does.
pub(super) fn question(asked: &str, data: &Data) -> Option<AnyView> {
    let user = &data.head.user;
    let (name, back) = (user.name.clone(), format!("/users/{}", user.id));
    let fields = vec![("id".to_owned(), user.id.to_string())];
    match asked {
        "sign_out" if data.sessions > 0 => {
            Some(view! { <SignOutQuestion name sessions=data.sessions action=SIGN_OUT fields back/> }.into_any())
        }
        "factor" if data.has_factor => {
            let form = FormView::new(MFA);
            Some(
                view! {
                    <FactorResetQuestion name action=MFA fields back>
                        <ReauthenticationField form id="factor-password"/>
                    </FactorResetQuestion>
                }
                .into_any(),
            )
        }
        _ => None,
    }
}

/// The menu of what can be done for a user. The password is asked for here, where it is needed again.
#[component]
pub(super) fn Acts(data: Data, is_self: bool, can_end_sessions: bool) -> impl IntoView {
    let head = data.head;
    let refused = Some(FormView::new(DELETE)).filter(FormView::is_refused);
    let form = refused.unwrap_or_else(|| FormView::new(LINK));
    let open = form.is_refused();
    let guarded = !is_self;
    let mail = if head.has_password { "Send reset link by e-mail" } else { "Send invitation by e-mail" };
    let link = "Create reset link";
    let id = head.user.id.to_string();
    let active = head.user.is_active;
    let revocable = data.link.as_ref().is_some_and(|link| link.status == LinkStatus::Open);
    let class = "btn btn-sm btn-ghost justify-start";
    let button = move |shown: bool, action: &'static str, label: &'static str| {
        shown.then(|| view! { <button class=class formaction=action>{label}</button> })
    };
    let path = format!("/users/{id}");
    let ask = move |shown: bool, act: &'static str, label: &'static str| {
        shown.then(|| view! { <a class=class href=format!("{path}?confirm={act}")>{label}</a> })
    };
    view! {
        <details class="row-menu" open=open data-menu>
            <summary class="btn btn-sm">"Actions"</summary>
            <div class="row-menu-box card-box">
                <form method="post" action=MAIL class="flex flex-col gap-1"><ReturnPath/>
                    <input type="hidden" name="id" value=id.clone()/>
                    {button(active && data.mail_is_on, MAIL, mail)}
                    {button(revocable, REVOKE, "Revoke link")}
                    {button(data.locked_for.is_some(), UNLOCK, "Unlock sign-in")}
                    {button(!is_self && active && head.has_password && !data.must_change_password, EXPIRE, "Require a new password")}
                    {ask(can_end_sessions && data.sessions > 0, "sign_out", "Sign out everywhere")}
                </form>
                {guarded.then(|| view! {
                    <form method="post" action=LINK class="border-base-300 flex flex-col gap-1 border-t pt-2"><ReturnPath/>
                        <input type="hidden" name="id" value=id/>
                        // Enter in the field presses the first button of the form: nothing is done by accident (HTML, 4.10.21.2).
                        <button class="sr-only" disabled=true aria-hidden="true">"Choose below"</button>
                        <ReauthenticationField form=form id="act-password"/>
                        {button(active && head.has_password, LINK, link)}
                        {ask(data.has_factor, "factor", "Reset second factor")}
                        {button(true, DELETE, "Delete user")}
                    </form>
                })}
            </div>
        </details>
    }
}
