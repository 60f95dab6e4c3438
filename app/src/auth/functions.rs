//! What the server functions of signing in do on both sites.

use super::download::page_of;
use crate::{
    api::{ApiResult, DEVICE_COOKIE, SECOND_COOKIE, cookie_keep, done, local_path, request_cx, toast},
    ui::Loaded,
};
use domain::{Flash, dto::LinkStatus};
use identity::auth::{DEVICE_SECONDS, SECOND_SECONDS, SignedIn};
use kernel::tokens::LinkPurpose;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// What the sign-in page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginData {
    /// The company's name, or Oneo.
    pub brand: String,
    /// The host, so that people see where they are.
    pub host: String,
    /// What the company wants said.
    pub message: Option<String>,
    /// Whether a user is signed in already.
    pub signed_in: bool,
    /// Whether companies may sign up here.
    pub signup_open: bool,
    /// Whether the password was right and a code is awaited.
    pub second: bool,
}

/// What the page of a one-time link shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkData {
    /// The company's name, or Oneo.
    pub brand: String,
    /// First name and address of whose link it is, or what became of it.
    pub invited: Result<(String, String), LinkStatus>,
    /// The address of another user who is signed in in this browser.
    pub signed_in: Option<String>,
    /// Whether another e-mail can be asked for.
    pub mail_is_on: bool,
}

/// What the page for a forgotten password shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgotData {
    /// The company's name, or Oneo.
    pub brand: String,
    /// Whether e-mails can be sent.
    pub mail_is_on: bool,
}

/// What the page that asks for the password again shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReauthenticateData {
    /// The company's name, or Oneo.
    pub brand: String,
    /// Whether it has to.
    pub needed: bool,
}

pub(crate) async fn reauthenticate_data() -> ApiResult<ReauthenticateData> {
    let cx = request_cx().await?;
    let asked = identity::auth::reauthentication_ask(&cx).await;
    Ok(ReauthenticateData { needed: cx.answer(asked).await?, brand: cx.brand().to_owned() })
}

/// A download waits on the page for it: after it a browser would stay where it was.
pub(crate) async fn reauthenticate(password: String, next: &str) -> ApiResult<()> {
    let cx = request_cx().await?;
    let reauthenticated = identity::auth::reauthenticate_now(&cx, &SecretString::from(password)).await;
    cx.answer(reauthenticated).await?;
    let next = local_path(next);
    let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
    let target = if page_of(next).is_some() { format!("/reauthenticate?{query}") } else { next.to_owned() };
    done(&cx, &target, Flash::default()).await
}

pub(crate) async fn login_data() -> ApiResult<LoginData> {
    let cx = request_cx().await?;
    let signed_in = cx.auth.is_some() && identity::auth::signed_in_check(&cx).await.is_ok();
    let host = cx.site.tenant().map_or(cx.services.config.base_domain.as_str(), |site| site.primary_domain.as_str()).to_owned();
    let signup_open = control::signup::signup_open(&cx).is_ok_and(|open| open.is_some());
    let second = identity::auth::second_is_open(&cx);
    Ok(LoginData { second, signup_open, brand: cx.brand().to_owned(), host, message: cx.settings.message.clone(), signed_in })
}

pub(crate) async fn sign_in(login: String, password: String, next: String) -> ApiResult<()> {
    let cx = request_cx().await?;
    let signed_in = identity::auth::sign_in(&cx, &login, &SecretString::from(password)).await;
    match cx.answer(signed_in).await? {
        SignedIn::Done(device) => {
            cookie_keep(DEVICE_COOKIE, &device, DEVICE_SECONDS);
            done(&cx, local_path(&next), Flash::default()).await
        }
        SignedIn::NeedsCode(ticket) => {
            cookie_keep(SECOND_COOKIE, &ticket, SECOND_SECONDS);
            let query = serde_urlencoded::to_string([("next", local_path(&next))]).unwrap_or_default();
            done(&cx, &format!("/login?{query}"), Flash::default()).await
        }
    }
}

pub(crate) async fn sign_in_code(code: &str, next: &str) -> ApiResult<()> {
    let cx = request_cx().await?;
    let signed_in = identity::auth::sign_in_code(&cx, code).await;
    let device = cx.answer(signed_in).await?;
    cookie_keep(DEVICE_COOKIE, &device, DEVICE_SECONDS);
    cookie_keep(SECOND_COOKIE, "", 0);
    done(&cx, local_path(next), Flash::default()).await
}

pub(crate) async fn sign_out() -> ApiResult<()> {
    let cx = request_cx().await?;
    let signed_out = identity::auth::sign_out(&cx).await;
    cx.answer(signed_out).await?;
    done(&cx, "/login", Flash::default()).await
}

pub(crate) async fn link_data(purpose: LinkPurpose, token: String) -> ApiResult<LinkData> {
    let cx = request_cx().await?;
    let brand = cx.brand().to_owned();
    let found = identity::auth::link_get(&cx, purpose, &token).await;
    let found = cx.answer(found).await?;
    let signed_in = found.as_ref().ok().and_then(|invited| invited.signed_in.clone());
    let invited = found.map(|invited| (invited.first_name, invited.email));
    Ok(LinkData { brand, invited, signed_in, mail_is_on: cx.services.mail.is_on() })
}

pub(crate) async fn forgot_data() -> ApiResult<ForgotData> {
    let cx = request_cx().await?;
    let brand = cx.brand().to_owned();
    Ok(ForgotData { brand, mail_is_on: cx.services.mail.is_on() })
}

pub(crate) async fn forgot_send(login: &str) -> ApiResult<()> {
    let cx = request_cx().await?;
    let asked = identity::auth::forgot(&cx, login).await;
    cx.answer(asked).await?;
    done(&cx, "/forgot", toast("If this account exists, we have sent an e-mail. It may take a minute to arrive.")).await
}

pub(crate) async fn invite_ask(token: &str) -> ApiResult<()> {
    let cx = request_cx().await?;
    let asked = identity::auth::invite_ask(&cx, token).await;
    cx.answer(asked).await?;
    done(&cx, "/login", toast("If the invitation can be renewed, we have sent a new one to the same address.")).await
}

pub(crate) async fn link_accept(purpose: LinkPurpose, token: String, password: String, repeated: String) -> ApiResult<()> {
    let cx = request_cx().await?;
    let (password, repeated) = (SecretString::from(password), SecretString::from(repeated));
    let accepted = identity::auth::link_accept(&cx, purpose, &token, &password, &repeated).await;
    cx.answer(accepted).await?;
    match purpose {
        LinkPurpose::Invite => done(&cx, "/", toast("Welcome. Your password is set.")).await,
        LinkPurpose::Reset => done(&cx, "/login", toast("Your new password is set. Sign in with it.")).await,
    }
}

pub(crate) async fn theme_set(theme: String) -> ApiResult<()> {
    let cx = request_cx().await?;
    let set = identity::account::theme_set(&cx, &theme).await;
    cx.answer(set).await?;
    crate::api::theme_keep(&theme);
    Ok(())
}

impl Loaded for LoginData {}
impl Loaded for ReauthenticateData {}
impl Loaded for LinkData {}
impl Loaded for ForgotData {}
