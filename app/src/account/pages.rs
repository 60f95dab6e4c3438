//! The pages below `/account`.

use super::{Wrap, profile::Head};
use crate::{
    api::{ApiResult, Framed},
    ui::{
        CopyButton, ErrorSummary, FormView, ReauthenticationField, ReturnPath, Submit, TextField, When, day, load, moment, password_least,
    },
};
use chrono::{DateTime, Utc};
use domain::{
    Flash,
    dto::account::{AccountPage as AccountData, FactorPage, FactorState, QrPicture, SessionRow, SessionsPage as SessionsData},
};
use islands::PasswordField;
use leptos::prelude::*;

/// The page `/account/password`.
#[component]
pub fn PasswordPage<F>(
    /// `/api/platform` or `/api/tenant`.
    api: &'static str,
    /// The frame of the site.
    wrap: Wrap,
    /// The server function of the page.
    fetch: fn() -> F,
) -> impl IntoView
where
    F: Future<Output = ApiResult<Framed<AccountData>>> + Send + 'static,
{
    load(fetch, move |Framed { frame, data }| {
        let action = format!("{api}/password_set");
        let form = FormView::new(&action);
        let view = view! {
            <Head api tab="Password"/>
            {data.must_change_password.then(|| view! { <p class="notice mb-4 text-sm">"Set a new password to continue. Your current password no longer meets the password rules, or an admin asked you to change it."</p> })}
            <ErrorSummary form=form.clone()/>
            <form method="post" action=action class="form-card"><ReturnPath/>
                <div class="form-group">
                    <div><h2>"New password"</h2><p class="text-muted text-xs">"This signs out all your other sessions."</p></div>
                    <div class="form-fields">
                        <input type="hidden" name="username" value=data.email autocomplete="username"/>
                        <TextField form=form.clone() name="password_old" label="Current password" kind="password" autocomplete="current-password"/>
                        <PasswordField name="password".to_owned() label="New password".to_owned() error=form.error("password") counted=true minimum=password_least()/>
                        <PasswordField name="password_repeated".to_owned() label="Confirm password".to_owned() error=form.error("password_repeated") counted=false minimum=password_least()/>
                    </div>
                </div>
                <div class="form-actions"><Submit label="Change password"/></div>
            </form>
        };
        wrap(frame, "Password", view.into_any())
    })
}

/// The page `/account/mfa`.
#[component]
pub fn MfaPage<F>(
    /// `/api/platform` or `/api/tenant`.
    api: &'static str,
    /// The frame of the site.
    wrap: Wrap,
    /// The server function of the page.
    fetch: fn() -> F,
) -> impl IntoView
where
    F: Future<Output = ApiResult<Framed<FactorPage>>> + Send + 'static,
{
    load(fetch, move |Framed { frame, data }| {
        let is_on = matches!(data.state, FactorState::On { .. });
        let state = match data.state {
            FactorState::Off => view! { <Off api/> }.into_any(),
            FactorState::Pending { secret, picture } => view! { <Pending api secret picture/> }.into_any(),
            FactorState::On { since, codes_left } => view! { <On api since codes_left is_due=data.is_due/> }.into_any(),
        };
        let missing = data.is_due && !is_on;
        let view = view! {
            <Head api tab="Second factor"/>
            {missing.then(|| view! { <p class="notice text-sm">"Your company requires a second factor. Set one up to continue. It takes a minute."</p> })}
            <Codes/>
            {state}
        };
        wrap(frame, "Second factor", view.into_any())
    })
}

/// Recovery codes that were just made.
#[component]
fn Codes() -> impl IntoView {
    let codes = use_context::<Flash>().unwrap_or_default().codes;
    (!codes.is_empty()).then(|| {
        let file = format!("data:text/plain;charset=utf-8,{}", codes.join("%0A"));
        view! {
            <section class="notice mb-4" aria-labelledby="codes">
                <h2 class="font-semibold" id="codes">"Your recovery codes"</h2>
                <p class="mt-1 text-sm">"If you lose your phone, sign in with one of these instead of a code. Each works once. They are not shown again: print them or save them in a password manager."</p>
                <ul class="mt-3 grid gap-1 font-mono text-sm sm:grid-cols-2" id="recovery-codes" data-recovery-codes>
                    {codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view()}
                </ul>
                <div class="mt-4 flex gap-2 print:hidden">
                    <CopyButton of="recovery-codes" what="the recovery codes"/>
                    <a class="btn btn-sm" href=file download="recovery-codes.txt">"Download"</a>
                    <button class="btn btn-sm" type="button" data-print hidden>"Print"</button>
                </div>
            </section>
        }
    })
}

#[component]
fn Off(api: &'static str) -> impl IntoView {
    let action = format!("{api}/mfa_begin");
    let form = FormView::new(&action);
    view! {
        <ErrorSummary form=form.clone()/>
        // What was too late for a code.
        <ErrorSummary form=FormView::new(&format!("{api}/mfa_confirm"))/>
        <form method="post" action=action class="card-box flex max-w-2xl flex-col gap-4 p-5"><ReturnPath/>
            <h2 class="font-semibold">"The second factor is off"</h2>
            <p class="text-sm">"With a second factor, you sign in with your password and a code from an app on your phone. A stolen password alone is then useless. Any authenticator app works."</p>
            <ReauthenticationField form id="password"/>
            <div><Submit label="Set up second factor"/></div>
        </form>
    }
}

#[component]
fn Pending(api: &'static str, secret: String, picture: QrPicture) -> impl IntoView {
    let (action, again) = (format!("{api}/mfa_confirm"), format!("{api}/mfa_begin"));
    let form = FormView::new(&action);
    let renew = FormView::new(&again);
    let QrPicture { size, path } = picture;
    view! {
        <ErrorSummary form=form.clone()/>
        <ErrorSummary form=renew.clone() password_id="again-password"/>
        <div class="card-box grid max-w-3xl gap-6 p-5 sm:grid-cols-[auto_1fr]">
            <svg viewBox=format!("0 0 {size} {size}") width="200" height="200" role="img" aria-label="QR code for your authenticator app" class="qr" shape-rendering="crispEdges">
                <rect width=size height=size fill="#fff"></rect>
                <path d=path fill="#000"></path>
            </svg>
            <div class="flex flex-col gap-4">
                <h2 class="font-semibold">"Scan the QR code, then enter the code from the app"</h2>
                <p class="text-sm">"Scan the QR code with your authenticator app, or enter this key in the app:"</p>
                <p class="flex items-center gap-2"><code class="font-mono text-sm break-all" id="totp-secret" data-totp-secret>{secret}</code><CopyButton of="totp-secret" what="the key"/></p>
                <form method="post" action=action class="flex flex-col gap-4"><ReturnPath/>
                    <ReauthenticationField form=form.clone() id="password"/>
                    <TextField form name="code" label="Code" autocomplete="one-time-code" autofocus=true help="Six digits that change every 30 seconds. Enter the first code within ten minutes."/>
                    <div><Submit label="Turn on second factor"/></div>
                </form>
                <form method="post" action=again class="flex flex-col gap-2"><ReturnPath/>
                    <ReauthenticationField form=renew id="again-password"/>
                    <div><button class="btn btn-sm btn-ghost">"Create new key"</button></div>
                </form>
            </div>
        </div>
    }
}

#[component]
fn On(api: &'static str, since: DateTime<Utc>, codes_left: i64, is_due: bool) -> impl IntoView {
    let (renew, remove) = (format!("{api}/mfa_codes"), format!("{api}/mfa_remove"));
    let (renew_form, remove_form) = (FormView::new(&renew), FormView::new(&remove));
    let (renew_open, remove_open) = (renew_form.is_refused(), remove_form.is_refused());
    let left = if codes_left == 1 { "1 recovery code is left".to_owned() } else { format!("{codes_left} recovery codes are left") };
    view! {
        <ErrorSummary form=renew_form.clone() password_id="renew-password"/>
        <ErrorSummary form=remove_form.clone() password_id="remove-password"/>
        <div class="grid max-w-2xl gap-4">
            <div class="card-box p-5">
                <h2 class="font-semibold">"The second factor is on"</h2>
                <p class="text-muted mt-1 text-sm">{format!("On since {}. {left}.", day(since))}</p>
                {(codes_left < 3).then(|| view! { <p class="notice mt-3 text-sm">"Get new recovery codes before they run out."</p> })}
            </div>
            <details class="card-box" open=renew_open>
                <summary class="cursor-pointer p-4 font-semibold">"New recovery codes"</summary>
                <form method="post" action=renew class="border-base-300 flex flex-col gap-4 border-t p-4"><ReturnPath/>
                    <p class="text-sm">"You get ten new codes. Your current codes stop working."</p>
                    <ReauthenticationField form=renew_form id="renew-password"/>
                    <div><button class="btn btn-sm">"Create new codes"</button></div>
                </form>
            </details>
            {if is_due {
                view! { <p class="text-muted text-sm">"Your company requires a second factor, so you cannot turn it off. If you lose your phone, an admin can reset it."</p> }.into_any()
            } else {
                view! {
                    <details class="card-box" open=remove_open>
                        <summary class="cursor-pointer p-4 font-semibold">"Turn off second factor"</summary>
                        <form method="post" action=remove class="border-base-300 flex flex-col gap-4 border-t p-4"><ReturnPath/>
                            <p class="text-sm">"After that, only your password protects this account. This also signs out all your other sessions."</p>
                            <ReauthenticationField form=remove_form id="remove-password"/>
                            <div><button class="btn btn-sm btn-error">"Turn off second factor"</button></div>
                        </form>
                    </details>
                }.into_any()
            }}
        </div>
    }
}

/// The page `/account/sessions`.
#[component]
pub fn SessionsPage<F>(
    /// `/api/platform` or `/api/tenant`.
    api: &'static str,
    /// The frame of the site.
    wrap: Wrap,
    /// The server function of the page.
    fetch: fn() -> F,
) -> impl IntoView
where
    F: Future<Output = ApiResult<Framed<SessionsData>>> + Send + 'static,
{
    load(fetch, move |Framed { frame, data }| {
        let (now, action) = (frame.now, format!("{api}/account_session_end"));
        let SessionsData { rows } = data;
        let others = rows.len() > 1;
        let form = FormView::new(&action);
        // One form for all of them, so that the password is asked for once.
        let rows = rows.into_iter().map(|row| view! { <SessionLine row now/> }).collect_view();
        let view = view! {
            <Head api tab="Sessions"/>
            <ErrorSummary form=form.clone()/>
            <form method="post" action=action><ReturnPath/>
                {others.then(|| view! {
                    // What Enter in the field presses: nothing is done by accident.
                    <button class="sr-only" name="id" value="none" tabindex="-1" aria-hidden="true">"Choose below"</button>
                    <div class="mb-4 max-w-md"><ReauthenticationField form id="password"/></div>
                })}
                <div class="card-box"><ul class="rows">{rows}</ul></div>
                {others.then(|| view! { <button class="btn btn-sm mt-4" name="id" value="">"Sign out all others"</button> })}
            </form>
        };
        wrap(frame, "Sessions", view.into_any())
    })
}

#[component]
fn SessionLine(row: SessionRow, now: DateTime<Utc>) -> impl IntoView {
    let browser = if row.browser.is_empty() { "An unknown browser".to_owned() } else { row.browser };
    let label = format!("Sign out {browser}, started {}", moment(row.started_at));
    view! {
        <li>
            <span class="min-w-0 flex-1">
                <span class="block truncate">{browser}{row.is_this.then(|| view! { <span class="chip ml-2">"this session"</span> })}</span>
                <span class="text-muted block text-xs">{(!row.ip.is_empty()).then(|| format!("from {} · ", row.ip))}"started "<When at=row.started_at now/>" · last seen "<When at=row.seen_at now/></span>
            </span>
            {(!row.is_this).then(|| view! { <button class="btn btn-sm btn-ghost" name="id" value=row.id aria-label=label>"Sign out"</button> })}
        </li>
    }
}
