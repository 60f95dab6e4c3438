//! The page `/account`, and the tabs of all pages below it.

use super::Wrap;
use crate::{
    api::{ApiResult, Framed},
    ui::{
        Avatar, CheckField, ErrorSummary, FormView, PageHead, ReturnPath, SelectField, Submit, Tabs, TextField, When, load,
        shortcuts_are_on,
    },
};
use domain::{
    dto::account::{AccountLook, AccountPage as AccountData},
    format::LOCALES,
};
use leptos::prelude::*;

const PHOTO: &str = "/api/tenant/photo_set";
const PHOTO_REMOVE: &str = "/api/tenant/photo_remove";

/// The head of a page below `/account`.
#[component]
pub(super) fn Head(
    /// `/api/platform` or `/api/tenant`.
    api: &'static str,
    /// The tab shown.
    tab: &'static str,
) -> impl IntoView {
    let mut tabs = vec![
        ("Profile", "/account"),
        ("Password", "/account/password"),
        ("Second factor", "/account/mfa"),
        ("Sessions", "/account/sessions"),
    ];
    if api == crate::api::TENANT_API {
        tabs.push(("Sign-ins", "/account/sign-ins"));
    }
    let tabs = tabs.into_iter().map(|(label, path)| (label, path.to_owned())).collect();
    view! {
        <PageHead title="Your account"/>
        <Tabs label="Account" tabs active=tab/>
    }
}

/// The page `/account`.
#[component]
pub fn AccountPage<F>(
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
        let action = format!("{api}/account_set");
        let form = FormView::new(&action);
        let name = frame.viewer.name.clone();
        let view = view! {
            <Head api tab="Profile"/>
            <ErrorSummary form=form.clone()/>
            {(!data.has_factor).then(|| view! {
                <p class="notice mb-4 text-sm">"Only your password protects this account. "<a class="link" href="/account/mfa">"Set up a second factor"</a>"; it takes a minute."</p>
            })}
            {data.look.clone().map(|look| view! { <Photo name look/> })}
            <form method="post" action=action class="form-card" data-guard><ReturnPath/>
                <div class="form-group">
                    <div><h2>"Name"</h2><p class="text-muted text-xs">"How other users see you."</p></div>
                    <div class="form-fields">
                        <TextField form=form.clone() name="first_name" label="First name" value=data.first_name autocomplete="given-name"/>
                        <TextField form=form.clone() name="last_name" label="Last name" value=data.last_name autocomplete="family-name"/>
                    </div>
                </div>
                {data.look.map(|look| view! { <Look form look/> })}
                <div class="form-group">
                    <div><h2>"Sign-in"</h2><p class="text-muted text-xs">"Only an admin can change these."</p></div>
                    <dl class="form-fields">
                        <div class="detail"><dt class="text-muted">"E-mail"</dt><dd class="break-all">{data.email}</dd></div>
                        <div class="detail"><dt class="text-muted">"Role"</dt><dd dir="auto">{data.role}</dd></div>
                        <div class="detail"><dt class="text-muted">"Last sign-in"</dt><dd>{data.last_login.map(|at| view! { <When at now=frame.now/> })}</dd></div>
                    </dl>
                </div>
                <div class="form-actions"><Submit label="Save changes"/></div>
            </form>
            <Keyboard api/>
        };
        wrap(frame, "Account", view.into_any())
    })
}

/// Whether single keys are shortcuts: speech recognition can trigger them by accident (WCAG 2.2, 2.1.4).
#[component]
fn Keyboard(api: &'static str) -> impl IntoView {
    let action = format!("{api}/shortcuts_set");
    let form = FormView::new(&action);
    view! {
        <form method="post" action=action class="form-card mt-4" data-guard><ReturnPath/>
            <div class="form-group border-b-0">
                <div><h2>"Keyboard"</h2><p class="text-muted text-xs">"Applies only to this browser."</p></div>
                <div class="form-fields">
                    <CheckField form name="enabled" label="Use single-key shortcuts" checked=shortcuts_are_on()
                        help="Press / to search the page and ? to list all shortcuts. Turn them off if you use speech recognition or press keys by accident."/>
                    <div><Submit label="Save keyboard settings"/></div>
                </div>
            </div>
        </form>
    }
}

/// How pages look to this person, in every browser.
#[component]
fn Look(form: FormView, look: AccountLook) -> impl IntoView {
    let choice = |value: &str, label: &str| (value.to_owned(), label.to_owned());
    let locales = LOCALES.iter().map(|(value, label)| choice(value, label));
    let locales = std::iter::once(choice("", "Company default")).chain(locales).collect();
    let themes = vec![choice("", "System default"), choice("light", "Light"), choice("dark", "Dark")];
    view! {
        <div class="form-group">
            <div><h2>"Appearance"</h2><p class="text-muted text-xs">"Applies only to you, in every browser."</p></div>
            <div class="form-fields">
                <SelectField form=form.clone() name="locale" label="Number and date format" choices=locales value=look.locale/>
                <SelectField form name="theme" label="Theme" choices=themes value=look.theme/>
            </div>
        </div>
    }
}

/// The picture, and the forms that change it: a file cannot go along with the others.
#[component]
fn Photo(name: String, look: AccountLook) -> impl IntoView {
    let form = FormView::new(PHOTO);
    let error = form.error("file");
    let invalid = error.is_some();
    let has_photo = look.photo.is_some();
    view! {
        <ErrorSummary form=form/>
        <section class="form-card mb-4" aria-labelledby="photo">
            <div class="form-group border-b-0">
                <div><h2 id="photo">"Picture"</h2><p class="text-muted text-xs">"Colleagues see it beside your name."</p></div>
                <div class="form-fields">
                    <div class="flex flex-wrap items-start gap-4">
                        <Avatar name photo=look.photo large=true/>
                        <form method="post" action=PHOTO enctype="multipart/form-data" class="flex min-w-0 flex-1 flex-wrap items-start gap-2">
                            <div class="field min-w-48 flex-1">
                                <label class="sr-only" for="file">"Picture"</label>
                                <input class="file-input w-full" class:input-error=invalid type="file" id="file" name="file" accept="image/png,image/jpeg,image/webp" required
                                    aria-invalid=invalid.then_some("true") aria-describedby=if invalid { "file-error photo-help" } else { "photo-help" }/>
                                {error.map(|text| view! { <p class="field-error" id="file-error">{text}</p> })}
                                <p class="field-help" id="photo-help">"PNG, JPEG or WebP, at most 8 MB. Location and camera data are removed."</p>
                            </div>
                            <button class="btn">{if has_photo { "Change" } else { "Upload" }}</button>
                        </form>
                    </div>
                    {has_photo.then(|| view! { <form method="post" action=PHOTO_REMOVE><ReturnPath/><button class="btn btn-sm">"Remove the picture"</button></form> })}
                </div>
            </div>
        </section>
    }
}
