//! The pages `/settings` and `/settings/security`.

use super::{
    frame::{SettingsFrame, path_of},
    logo::Logo,
    origin::{Origin, RESET},
    reach::{of_role, sentence},
};
use crate::{
    api::{ApiError, ApiResult, Framed, done, framed, request_cx, toast},
    ui::{ErrorSummary, FormView, KnownField, ReauthenticationField, ReturnPath, Submit, load, use_frame},
};
use chrono::{DateTime, Utc};
use domain::{
    AppError,
    dto::tenant::{RoleChoice, SettingReach, SettingRow, SettingsPage as Data},
    setting::{Group, Setting},
    typed_json::Kind,
};
use identity::settings::SettingsForm;
use leptos::prelude::*;
use secrecy::SecretString;
use std::collections::HashMap;

const SET: &str = "/api/tenant/setting_set";

fn group_of(name: &str) -> ApiResult<Group> {
    match name {
        "company" => Ok(Group::Company),
        "security" => Ok(Group::Security),
        _ => Err(AppError::NotFound.into()),
    }
}

const fn name_of(group: Group) -> &'static str {
    match group {
        Group::Company => "company",
        Group::Security => "security",
    }
}

/// The settings of a group, `company` or `security`.
#[server(prefix = "/api/tenant", endpoint = "setting_list")]
pub async fn setting_list(group: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let group = group_of(&group)?;
    let found = identity::settings::setting_list(&cx, group).await;
    framed(&cx, found).await
}

/// Changes settings of a group: those whose `values` differ from what was `seen`. An empty value resets.
#[server(prefix = "/api/tenant", endpoint = "setting_set")]
pub async fn setting_set(
    group: String,
    #[server(default)] values: HashMap<String, String>,
    #[server(default)] roles: HashMap<String, String>,
    #[server(default)] seen: HashMap<String, String>,
    #[server(default)] password: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let group = group_of(&group)?;
    let set = identity::settings::setting_set(&cx, group, &SettingsForm { values, roles, seen }, &SecretString::from(password)).await;
    cx.answer(set).await?;
    done(&cx, path_of(group), toast("Saved")).await
}

/// Sets a setting back to its default.
#[server(prefix = "/api/tenant", endpoint = "setting_reset")]
pub async fn setting_reset(key: String, #[server(default)] password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let reset = identity::settings::setting_reset(&cx, &key, &SecretString::from(password)).await;
    cx.answer(reset).await?;
    let setting = Setting::find(&key);
    let path = setting.map_or("/settings", |setting| path_of(setting.group));
    let label = setting.map_or("", |setting| setting.known.label);
    done(&cx, path, toast(format!("{label} was reset to its default"))).await
}

/// The page `/settings`.
#[component]
pub fn CompanyPage() -> impl IntoView {
    page(Group::Company, "Company", "How your company looks and how it shows numbers and times.")
}

/// The page `/settings/security`.
#[component]
pub fn SecurityPage() -> impl IntoView {
    page(Group::Security, "Security", "Who can sign in, how, and for how long.")
}

fn page(group: Group, tab: &'static str, subtitle: &'static str) -> impl IntoView {
    load(
        move || setting_list(name_of(group).to_owned()),
        move |Framed { frame, data }| {
            let now = frame.now;
            view! {
                <SettingsFrame frame tab subtitle>
                    {(group == Group::Company).then(|| view! { <Logo data=data.clone() now/> })}
                    <GroupForm group data now/>
                </SettingsFrame>
            }
        },
    )
}

#[component]
fn GroupForm(group: Group, data: Data, now: DateTime<Utc>) -> impl IntoView {
    let (form, reset) = (FormView::new(SET), FormView::new(RESET));
    let shown = if reset.is_refused() { reset.clone() } else { form.clone() };
    let Data { rows, roles, reach, .. } = data;
    let fields = Setting::of(group).filter(|setting| setting.known.kind != Kind::Picture).map(|setting| {
        let row = rows.iter().find(|row| row.key == setting.known.key).cloned();
        view! { <Field setting form=form.clone() row roles=roles.clone() reach=reach.clone() now/> }
    });
    let fields = fields.collect_view();
    let asked = use_frame().is_some_and(|frame| frame.must_reauthenticate) && group == Group::Security;
    view! {
        <ErrorSummary form=form.clone()/>
        <ErrorSummary form=reset/>
        <form method="post" action=SET class="form-card" data-guard><ReturnPath/>
            // What Enter in a field presses is the first button of the form (HTML, 4.10.21.2): this one saves.
            <button class="sr-only" tabindex="-1" aria-hidden="true">"Save changes"</button>
            <input type="hidden" name="group" value=name_of(group)/>
            {fields}
            {asked.then(|| view! {
                <div class="form-group">
                    <div><h2>"Confirm it is you"</h2></div>
                    <div class="form-fields"><ReauthenticationField form=shown id="password"/></div>
                </div>
            })}
            <div class="form-actions"><Submit label="Save changes"/></div>
        </form>
    }
}

#[component]
fn Field(
    setting: &'static Setting,
    form: FormView,
    row: Option<SettingRow>,
    roles: Vec<RoleChoice>,
    reach: Option<SettingReach>,
    now: DateTime<Utc>,
) -> impl IntoView {
    let key = setting.known.key;
    let row = row.unwrap_or(SettingRow { key: key.to_owned(), value: String::new(), set_at: None });
    let (value, set_at) = (row.value.clone(), row.set_at);
    let name = format!("values[{key}]");
    let is_group = setting.known.kind == Kind::Roles;
    let title = if is_group {
        view! { <h2>{setting.known.label}</h2> }.into_any()
    } else {
        view! { <label class="form-title" for=name.clone()>{setting.known.label}</label> }.into_any()
    };
    let sentence = reach.as_ref().and_then(|reach| sentence(key, reach));
    let control = if setting.known.kind == Kind::Roles {
        view! { <Roles form setting value=value.clone() roles reach/> }.into_any()
    } else {
        view! { <KnownField form name known=setting.known value=value.clone() default=setting.default is_labelled=true/> }.into_any()
    };
    view! {
        <div class="form-group" id=key>
            <div>
                {title}
                <Origin setting set_at now/>
            </div>
            <div class="form-fields">
                <input type="hidden" name=format!("seen[{key}]") value=value/>
                {control}
                {sentence.map(|text| view! { <p class="field-reach">{text}</p> })}
            </div>
        </div>
    }
}

/// Roles to tick.
#[component]
fn Roles(form: FormView, setting: &'static Setting, value: String, roles: Vec<RoleChoice>, reach: Option<SettingReach>) -> impl IntoView {
    let key = setting.known.key;
    let ticked: Vec<String> = value.split(", ").map(str::to_owned).collect();
    let refused = form.is_refused();
    let error = form.error(&format!("values[{key}]"));
    let boxes = roles.into_iter().map(|role| {
        let name = format!("roles[{}]", role.key);
        let about = format!("reach-{}", role.key);
        let described = reach.is_some().then(|| about.clone());
        let without = reach.as_ref().map(|reach| view! { <span class="text-muted text-xs max-sm:ps-8" id=about>{of_role(&role.key, reach)}</span> });
        let checked = if refused { form.value(&name, "") == "true" } else { ticked.contains(&role.key) };
        view! {
            <div class="flex items-center gap-x-3 max-sm:flex-col max-sm:items-start">
                <label class="check-field">
                    <input class="checkbox checkbox-primary checkbox-sm" type="checkbox" name=name value="true" checked=checked aria-describedby=described/>
                    <span dir="auto">{role.name}</span>
                </label>
                {without}
            </div>
        }
    });
    let boxes = boxes.collect_view();
    view! {
        <fieldset class="field" id=format!("values[{key}]")>
            <legend class="sr-only">{setting.known.label}</legend>
            <div class="flex flex-col gap-2">{boxes}</div>
            {error.map(|text| view! { <p class="field-error">{text}</p> })}
            <p class="field-help">{setting.known.sentence}</p>
        </fieldset>
    }
}
