//! The page `/tenants/{slug}/ai`: whose service a company uses, what it may spend, and what it spent.

use super::tenants::{ReadOnly, TenantFrame, slug};
use crate::{
    ai::{AiAlert, Forget, Ledger, ServiceFields, Spending, SpentByDay},
    api::{ApiError, Framed, done, framed, request_cx, toast},
    ui::{
        CheckField, ConfirmPanel, ErrorSummary, FormView, ReauthenticationField, ReturnPath, Submit, TextField, confirm_asked, currency,
        load,
    },
};
use control::ai::AiForm;
use domain::dto::{
    ai::{AiConfigState, AiSpending},
    platform::{TenantAiPage as Data, TenantHead},
};
use leptos::prelude::*;
use secrecy::SecretString;

const SET: &str = "/api/platform/tenant_ai_set";
const FORGET: &str = "/api/platform/tenant_ai_forget";
const TEST: &str = "/api/platform/tenant_ai_test";
const RESET: &str = "/api/platform/tenant_ai_reset";

/// A company's AI.
#[server(prefix = "/api/platform", endpoint = "tenant_ai")]
pub async fn tenant_ai(slug: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::ai::tenant_ai(&cx, &slug).await;
    framed(&cx, found).await
}

/// Sets a company's AI; an empty key keeps the one that is stored, as long as the service stays the same.
#[server(prefix = "/api/platform", endpoint = "tenant_ai_set")]
pub async fn tenant_ai_set(
    slug: String,
    version: i64,
    provider: String,
    model: String,
    #[server(default)] base_url: String,
    #[server(default)] key: String,
    #[server(default)] ai_enabled: bool,
    ai_usage_limit: String,
    #[server(default)] password: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = AiForm { provider, model, base_url, key: SecretString::from(key), enabled: ai_enabled };
    let set = control::ai::tenant_ai_set(&cx, &slug, version, &form, &ai_usage_limit, &SecretString::from(password)).await;
    cx.answer(set).await?;
    done(&cx, &format!("/tenants/{slug}/ai"), toast("Saved")).await
}

/// Removes a company's configuration with its key.
#[server(prefix = "/api/platform", endpoint = "tenant_ai_forget")]
pub async fn tenant_ai_forget(slug: String, version: i64, #[server(default)] password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let gone = control::ai::tenant_ai_forget(&cx, &slug, version, &SecretString::from(password)).await;
    cx.answer(gone).await?;
    done(&cx, &format!("/tenants/{slug}/ai"), toast("The configuration and its key were removed")).await
}

/// Asks the configured service something.
#[server(prefix = "/api/platform", endpoint = "tenant_ai_test")]
pub async fn tenant_ai_test(slug: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let asked = control::ai::tenant_ai_test(&cx, &slug).await;
    let sentence = cx.answer(asked).await?;
    done(&cx, &format!("/tenants/{slug}/ai"), toast(sentence)).await
}

/// Resets what a company spent this month; the month starts today.
#[server(prefix = "/api/platform", endpoint = "tenant_ai_reset")]
pub async fn tenant_ai_reset(slug: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let reset = control::ai::tenant_ai_reset(&cx, &slug).await;
    cx.answer(reset).await?;
    done(&cx, &format!("/tenants/{slug}/ai"), toast("AI usage was reset. The month starts today.")).await
}

/// The page `/tenants/{slug}/ai`.
#[component]
pub fn TenantAiPage() -> impl IntoView {
    let slug = slug();
    let asked = confirm_asked();
    load(
        move || tenant_ai(slug.clone()),
        move |Framed { frame, data }| {
            let Data { head, ai } = data;
            let now = frame.now;
            let configured = ai.config != AiConfigState::None;
            let (can_change, slug) = (frame.may_change(), head.tenant.slug.clone());
            let actions = can_change.then(|| view! { <Acts slug=slug.clone() configured/> }.into_any());
            let panel = (can_change && asked == "reset").then(|| view! {
                <ConfirmPanel title=format!("Reset the AI usage of {}?", head.tenant.name) body="This month's spending no longer counts towards the limit, and a new month starts today. The ledger below keeps every amount."
                    action=RESET fields=vec![("slug".to_owned(), slug.clone())] keep="Keep usage" back=format!("/tenants/{slug}/ai") confirm="Reset usage"/>
            });
            let fields = vec![("slug", slug.clone()), ("version", head.version.to_string())];
            view! {
                <TenantFrame frame head=head.clone() tab="AI">
                    <ReadOnly/>
                    <ErrorSummary form=FormView::new(SET)/>
                    <ErrorSummary form=FormView::new(FORGET) password_id="forget-password"/>
                    <ErrorSummary form=FormView::new(TEST)/>
                    <ErrorSummary form=FormView::new(RESET)/>
                    {panel}
                    <AiAlert spending=ai.spending.clone()/>
                    <div class="grid items-start gap-4 xl:grid-cols-[3fr_2fr]">
                        <ConfigForm head config=ai.config spending=ai.spending.clone() may_change=can_change/>
                        <div class="grid gap-4">
                            <Spending spending=ai.spending actions/>
                            <SpentByDay days=ai.days/>
                            {(can_change && configured).then(|| view! { <Forget action=FORGET fields/> })}
                        </div>
                    </div>
                    <Ledger rows=ai.ledger now/>
                </TenantFrame>
            }
        },
    )
}

#[component]
fn ConfigForm(head: TenantHead, config: AiConfigState, spending: AiSpending, may_change: bool) -> impl IntoView {
    let form = FormView::new(SET);
    view! {
        <form method="post" action=SET class="form-card"><ReturnPath/>
            <input type="hidden" name="slug" value=head.tenant.slug/>
            <input type="hidden" name="version" value=head.version.to_string()/>
            <fieldset disabled=!may_change>
                <ServiceFields form=form.clone() config/>
                <div class="form-group">
                    <div><h2>"Spending"</h2><p class="text-muted text-xs">"The database enforces the limit: it refuses requests that would exceed it."</p></div>
                    <div class="form-fields">
                        <TextField form=form.clone() name="ai_usage_limit" label="Monthly limit" unit=currency().to_string() value=spending.limit.typed()/>
                        <CheckField form=form.clone() name="ai_enabled" label="Turn on AI" checked=spending.enabled/>
                        <p class="field-help">"The tenant's own admins can change this too. To block AI permanently, turn off the feature."</p>
                        <ReauthenticationField form id="password"/>
                    </div>
                </div>
                <div class="form-actions"><Submit label="Save changes"/></div>
            </fieldset>
        </form>
    }
}

/// What an operator can do about the spending.
#[component]
fn Acts(slug: String, configured: bool) -> impl IntoView {
    let again = slug.clone();
    view! {
        <div class="mt-3 flex flex-wrap gap-2">
            {configured.then(|| view! { <form method="post" action=TEST><ReturnPath/><input type="hidden" name="slug" value=slug/><button class="btn btn-sm">"Test connection"</button></form> })}
            <a class="btn btn-sm" href=format!("/tenants/{again}/ai?confirm=reset")>"Reset usage"</a>
        </div>
    }
}
