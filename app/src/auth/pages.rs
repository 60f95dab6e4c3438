//! The pages before sign-in.

use super::functions::{ForgotData, LinkData, LoginData};
use crate::{
    api::{ApiResult, local_path},
    ui::{
        CardPage, ErrorSummary, FlashMessages, FormView, ReturnPath, Submit, TextField, load, page_redirect, password_least, search_pairs,
    },
};
use domain::dto::LinkStatus;
use islands::PasswordField;
use kernel::tokens::LinkPurpose;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page `/login`.
#[component]
pub fn LoginPage<F>(
    /// `/api/platform` or `/api/tenant`.
    api: &'static str,
    /// The server function of the page.
    fetch: fn() -> F,
) -> impl IntoView
where
    F: Future<Output = ApiResult<LoginData>> + Send + 'static,
{
    let pairs = search_pairs();
    let next = pairs.iter().find(|(name, _)| name == "next").map(|(_, value)| value.as_str()).unwrap_or_default();
    let next = local_path(next).to_owned();
    let again = pairs.iter().any(|(name, _)| name == "again");
    let ended = pairs.iter().any(|(name, _)| name == "ended");
    load(fetch, move |data: LoginData| {
        if data.signed_in {
            page_redirect(&next);
        }
        let next = next.clone();
        let tenant = api == "/api/tenant";
        if data.second && !again {
            return view! { <CodeStep api brand=data.brand next/> }.into_any();
        }
        let action = if tenant { "/api/tenant/sign_in" } else { "/api/platform/sign_in" };
        let form = FormView::new(action);
        let login_label = if tenant { "E-mail or username" } else { "E-mail" };
        let about =
            if tenant { format!("to {} on {}", data.brand, data.host) } else { format!("to the platform console on {}", data.host) };
        view! {
            <CardPage brand=data.brand title="Sign in" tenant>
                <FlashMessages/>
                <h1 class="text-lg font-semibold">"Sign in"</h1>
                <p class="text-muted" dir="auto">{about}</p>
                {ended.then(|| view! { <p class="notice mt-3 text-sm">"Your session has ended. Sign in to continue where you were."</p> })}
                {data.message.map(|text| view! { <p class="notice mt-3 text-sm" dir="auto">{text}</p> })}
                <ErrorSummary form=form.clone()/>
                // What was too late for a code.
                <ErrorSummary form=FormView::new(&format!("{api}/sign_in_code"))/>
                <form method="post" action=action class="mt-4 flex flex-col gap-4"><ReturnPath/>
                    <input type="hidden" name="next" value=next/>
                    <TextField form=form.clone() name="login" label=login_label autocomplete="username" autofocus=true/>
                    <TextField form name="password" label="Password" kind="password" autocomplete="current-password"/>
                    <Submit label="Sign in"/>
                </form>
                <p class="mt-3 text-center text-xs"><a class="link-quiet" href="/forgot">"Forgot your password?"</a></p>
                {data.signup_open.then(|| view! { <p class="text-muted mt-4 text-center text-xs">"New to Oneo? "<a class="link" href="/signup">"Create your company"</a></p> })}
                {tenant.then(|| view! { <p class="text-muted mt-4 text-center text-xs">"No account? Ask your company's admin."</p> })}
            </CardPage>
        }
        .into_any()
    })
}

/// The second step of signing in.
#[component]
fn CodeStep(api: &'static str, brand: String, next: String) -> impl IntoView {
    let action = format!("{api}/sign_in_code");
    let form = FormView::new(&action);
    // Recovery codes have a field of their own, because they contain letters and a phone shows only digits for the other.
    let recovers = search_pairs().iter().any(|(name, _)| name == "recovery");
    let (about, other, href) = if recovers {
        ("Enter one of the recovery codes that you kept. Each works once.", "Use your authenticator app", "")
    } else {
        ("Enter the code that your authenticator app shows.", "Use a recovery code", "1")
    };
    let pairs = [("recovery", href), ("next", next.as_str())].into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>();
    let href = format!("/login?{}", serde_urlencoded::to_string(pairs).unwrap_or_default());
    view! {
        <CardPage brand title="Sign in" tenant=api == "/api/tenant">
            <h1 class="text-lg font-semibold">"One more step"</h1>
            <p class="text-muted">{about}</p>
            <ErrorSummary form=form.clone()/>
            <form method="post" action=action class="mt-4 flex flex-col gap-4"><ReturnPath/>
                <input type="hidden" name="next" value=next/>
                {if recovers {
                    view! { <TextField form name="code" label="Recovery code" autofocus=true/> }
                } else {
                    view! { <TextField form name="code" label="Code" autocomplete="one-time-code" autofocus=true/> }
                }}
                <Submit label="Sign in"/>
            </form>
            <p class="mt-4 text-center text-xs"><a class="link-quiet" href=href>{other}</a></p>
            <p class="mt-4 text-center text-xs"><a class="link-quiet" href="/login?again=1">"Sign in as another user"</a></p>
        </CardPage>
    }
}

/// The pages `/invite/{token}` and `/reset/{token}`.
#[component]
pub fn LinkPage<F>(
    /// `/api/platform` or `/api/tenant`.
    api: &'static str,
    /// What the link is for.
    purpose: LinkPurpose,
    /// The server function of the page.
    fetch: fn(String) -> F,
) -> impl IntoView
where
    F: Future<Output = ApiResult<LinkData>> + Send + 'static,
{
    let token = use_params_map().get_untracked().get("token").unwrap_or_default();
    let asked = token.clone();
    let invite = purpose == LinkPurpose::Invite;
    load(
        move || fetch(asked.clone()),
        move |data: LinkData| {
            let action = format!("{api}/{}_accept", purpose.as_str());
            let form = FormView::new(&action);
            let token = token.clone();
            let card = match data.invited {
                Err(status) => view! { <ClosedLink api invite status mail_is_on=data.mail_is_on token=token.clone()/> }.into_any(),
                Ok((first_name, email)) => {
                    let (title, button) = if invite {
                        (format!("Welcome, {first_name}"), "Set password and sign in")
                    } else {
                        ("Choose a new password".to_owned(), "Set password")
                    };
                    let about = if invite {
                        format!("Choose a password for {email}")
                    } else {
                        format!("For {email}. This signs out all sessions of this account.")
                    };
                    let other = data.signed_in.map(|other| {
                        let follows = if invite {
                            format!("You are signed in here as {other}. Setting this password signs that user out in this browser and signs {email} in.")
                        } else {
                            format!("You are signed in here as {other}. This sets the password of {email}, not that of {other}.")
                        };
                        view! { <p class="notice mt-4 text-sm" dir="auto" role="note">{follows}</p> }
                    });
                    view! {
                        <h1 class="text-lg font-semibold" dir="auto">{title}</h1>
                        <p class="text-muted" dir="auto">{about}</p>
                        {other}
                        <ErrorSummary form=form.clone()/>
                        <form method="post" action=action class="mt-4 flex flex-col gap-4"><ReturnPath/>
                            <input type="hidden" name="token" value=token/>
                            <input type="hidden" name="username" value=email autocomplete="username"/>
                            <PasswordField name="password".to_owned() label="New password".to_owned() error=form.error("password") counted=true minimum=password_least()/>
                            <PasswordField name="password_repeated".to_owned() label="Confirm password".to_owned() error=form.error("password_repeated") counted=false minimum=password_least()/>
                            <Submit label=button/>
                        </form>
                    }
                    .into_any()
                }
            };
            view! { <CardPage brand=data.brand title=if invite { "Welcome" } else { "New password" } tenant=api == "/api/tenant">{card}</CardPage> }
        },
    )
}

#[component]
fn ClosedLink(api: &'static str, invite: bool, status: LinkStatus, mail_is_on: bool, token: String) -> impl IntoView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    let open = if invite { "72 hours" } else { "one hour" };
    let (title, text) = match status {
        LinkStatus::Used => {
            ("This link was used", "A one-time link works once. Sign in with the password that you set with it.".to_owned())
        }
        LinkStatus::Expired => ("This link has expired", format!("It was valid for {open}.")),
        LinkStatus::Revoked => ("This link was revoked", "Ask an admin for a new link.".to_owned()),
        LinkStatus::Replaced => ("This link was replaced", "There is a newer link. Use that one.".to_owned()),
        LinkStatus::Open | LinkStatus::Unknown => {
            ("This link is not valid", "Check that you copied the whole link, or ask an admin for a new one.".to_owned())
        }
    };
    let again = mail_is_on && status == LinkStatus::Expired;
    let ask = (again && invite).then(|| {
        let action = format!("{api}/invite_ask");
        view! { <form method="post" action=action><ReturnPath/><input type="hidden" name="token" value=token/><Submit label="Send me a new link"/></form> }
    });
    let forgot = (again && !invite).then(|| view! { <a class="btn btn-primary" href="/forgot">"Request new link"</a> });
    view! {
        <h1 class="text-lg font-semibold">{title}</h1>
        <p class="text-muted mt-2">{text}</p>
        <div class="mt-5 flex flex-wrap gap-2">{ask}{forgot}<a class="btn" href="/login">"Sign in"</a></div>
    }
}

/// The page `/forgot`.
#[component]
pub fn ForgotPage<F>(
    /// `/api/platform` or `/api/tenant`.
    api: &'static str,
    /// The server function of the page.
    fetch: fn() -> F,
) -> impl IntoView
where
    F: Future<Output = ApiResult<ForgotData>> + Send + 'static,
{
    load(fetch, move |data: ForgotData| {
        let tenant = api == "/api/tenant";
        let action = format!("{api}/forgot_send");
        let form = FormView::new(&action);
        let label = if tenant { "E-mail or username" } else { "E-mail" };
        let body = if data.mail_is_on {
            view! {
                <p class="text-muted">"We'll e-mail you a link to set a new password."</p>
                <ErrorSummary form=form.clone()/>
                <form method="post" action=action class="mt-4 flex flex-col gap-4"><ReturnPath/>
                    <TextField form name="login" label=label autocomplete="username" autofocus=true/>
                    <Submit label="Send me a link"/>
                </form>
            }
            .into_any()
        } else {
            let whom = if tenant { "an admin of your company" } else { "another admin" };
            view! { <p class="text-muted mt-2">{format!("This site cannot send e-mail. Ask {whom} for a one-time link.")}</p> }.into_any()
        };
        view! {
            <CardPage brand=data.brand title="Reset password" tenant>
                <FlashMessages/>
                <h1 class="text-lg font-semibold">"Reset password"</h1>
                {body}
                <p class="mt-4 text-center text-xs"><a class="link-quiet" href="/login">"Back to sign-in"</a></p>
            </CardPage>
        }
    })
}

/// The page `/logout`: a GET never signs anybody out, its button does.
#[component]
pub fn SignOutPage(
    /// `/api/platform` or `/api/tenant`.
    api: &'static str,
) -> impl IntoView {
    view! {
        <CardPage brand="Oneo" title="Sign out" tenant=api == "/api/tenant">
            <h1 class="text-lg font-semibold">"Sign out?"</h1>
            <form method="post" action=format!("{api}/sign_out") class="mt-4 flex gap-2"><ReturnPath/>
                <a class="btn" href="/">"Stay signed in"</a>
                <Submit label="Sign out"/>
            </form>
        </CardPage>
    }
}
