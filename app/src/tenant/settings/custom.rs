//! The page `/settings/custom`: keys of the company's own.

use super::frame::SettingsFrame;
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    ui::{CheckField, ErrorSummary, FormView, ReturnPath, Submit, TextArea, TextField, When, load},
};
use chrono::{DateTime, Utc};
use domain::dto::tenant::{FreeSetting, FreeSettingsPage as Data};
use identity::settings::FreeForm;
use leptos::prelude::*;

const SET: &str = "/api/tenant/setting_free_set";
const DELETE: &str = "/api/tenant/setting_free_delete";

/// The settings of the company's own.
#[server(prefix = "/api/tenant", endpoint = "setting_free_list")]
pub async fn setting_free_list() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::settings::setting_free_list(&cx).await;
    framed(&cx, found).await
}

/// Makes a setting of the company's own, or changes the one whose `version` was looked at.
#[server(prefix = "/api/tenant", endpoint = "setting_free_set")]
pub async fn setting_free_set(
    setting_key: String,
    setting_value: String,
    #[server(default)] is_public: bool,
    #[server(default)] version: Option<i64>,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = FreeForm { setting_key, setting_value, is_public, version };
    let set = identity::settings::setting_free_set(&cx, form.parse()).await;
    let key = cx.answer(set).await?;
    done(&cx, "/settings/custom", toast(format!("{key} was saved"))).await
}

/// Deletes a setting of the company's own.
#[server(prefix = "/api/tenant", endpoint = "setting_free_delete")]
pub async fn setting_free_delete(key: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let deleted = identity::settings::setting_free_delete(&cx, &key).await;
    cx.answer(deleted).await?;
    done(&cx, "/settings/custom", toast(format!("{key} was deleted"))).await
}

/// The page `/settings/custom`.
#[component]
pub fn CustomPage() -> impl IntoView {
    load(setting_free_list, |Framed { frame, data }| {
        let now = frame.now;
        let can_audit = frame.permissions.has(domain::Permission::AuditView);
        let form = FormView::new(SET);
        let refused = form.is_refused().then(|| form.value("setting_key", ""));
        let known = data.rows.iter().any(|row| refused.as_deref() == Some(&row.setting_key)) && !form.value("version", "").is_empty();
        let fresh = if known { FormView::new("") } else { form.clone() };
        let rows = data.rows.into_iter().map(|row| {
            let own = if known && refused.as_deref() == Some(&row.setting_key) { form.clone() } else { FormView::new("") };
            view! { <Row row form=own now can_audit/> }
        });
        let rows = rows.collect_view();
        let empty = rows.is_empty();
        view! {
            <SettingsFrame frame tab="Custom" subtitle="Your own keys for other software to read. Public keys are available at /settings.json without signing in.">
                <ErrorSummary form=form/>
                <ErrorSummary form=FormView::new(DELETE)/>
                <section class="card-box mb-4" aria-labelledby="keys">
                    <div class="card-head"><h2 id="keys">"Keys"</h2></div>
                    {if empty {
                        view! { <div class="empty"><p class="font-semibold">"No keys yet"</p><p class="text-muted mt-1">"Keys that you add below appear here."</p></div> }.into_any()
                    } else {
                        view! { <ul class="rows">{rows}</ul> }.into_any()
                    }}
                </section>
                <form method="post" action=SET class="form-card"><ReturnPath/>
                    <div class="form-group">
                        <div><h2>"New key"</h2><p class="text-muted text-xs">"You can add up to 100 keys."</p></div>
                        <div class="form-fields">
                            <TextField form=fresh.clone() name="setting_key" label="Key" help="Such as office.floor"/>
                            <TextArea form=fresh.clone() name="setting_value" label="Value" rows=3 help="Enter JSON. Put text in quotation marks."/>
                            <CheckField form=fresh name="is_public" label="Public" help="Anyone can read this key without signing in." checked=false/>
                        </div>
                    </div>
                    <div class="form-actions"><Submit label="Add key"/></div>
                </form>
            </SettingsFrame>
        }
    })
}

#[component]
fn Row(row: FreeSetting, form: FormView, now: DateTime<Utc>, can_audit: bool) -> impl IntoView {
    let FreeSetting { setting_key: key, setting_value, is_public, updated_at, version } = row;
    let open = form.is_refused();
    let value = form.value("setting_value", &setting_value);
    let error = form.error("setting_value");
    let is_public = if open { form.value("is_public", "") == "true" } else { is_public };
    let (value_id, invalid, error_id) = (format!("value-{key}"), error.is_some(), format!("error-{key}"));
    view! {
        <li>
            <details class="min-w-0 flex-1" open=open>
                <summary class="flex cursor-pointer flex-wrap items-center gap-3">
                    <code class="font-medium break-all">{key.clone()}</code>
                    {is_public.then(|| view! { <span class="tone-neutral">"Public"</span> })}
                    <span class="text-muted min-w-0 flex-1 truncate font-mono text-xs">{setting_value}</span>
                    <span class="text-muted text-xs"><When at=updated_at now/></span>
                </summary>
                <form method="post" action=SET class="mt-3 flex flex-col gap-3"><ReturnPath/>
                    <input type="hidden" name="setting_key" value=key.clone()/>
                    <input type="hidden" name="version" value=version.to_string()/>
                    <div class="field">
                        <label class="field-label" for=value_id.clone()>"Value"</label>
                        <textarea class="textarea w-full font-mono text-xs" class:textarea-error=invalid id=value_id name="setting_value" rows="3" spellcheck="false"
                            aria-invalid=invalid.then_some("true") aria-describedby=invalid.then_some(error_id.clone())>{value}</textarea>
                        {error.map(|text| view! { <p class="field-error" id=error_id>{text}</p> })}
                    </div>
                    <label class="check-field">
                        <input class="checkbox checkbox-primary checkbox-sm" type="checkbox" name="is_public" value="true" checked=is_public/>
                        <span>"Public"</span>
                    </label>
                    <div class="flex flex-wrap items-center gap-2">
                        <button class="btn btn-sm btn-primary">"Save changes"</button>
                        <button class="btn btn-sm" formaction=DELETE name="key" value=key.clone()>"Delete"</button>
                        {can_audit.then(|| view! { <a class="link-quiet text-xs" href=format!("/settings/history/{key}")>"History"</a> })}
                    </div>
                </form>
            </details>
        </li>
    }
}
