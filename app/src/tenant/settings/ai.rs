//! The page `/settings/ai`: whose service the company uses, and what it spent.

use super::frame::SettingsFrame;
use crate::{
    ai::{AiAlert, Forget, Ledger, ServiceFields, Spending, SpentByDay},
    api::{ApiError, Framed, done, framed, request_cx, toast},
    ui::{CheckField, ErrorSummary, FormView, ReauthenticationField, ReturnPath, Submit, load},
};
use control::ai::AiForm;
use domain::dto::{ai::AiConfigState, tenant::CompanyAiPage as Data};
use leptos::prelude::*;
use secrecy::SecretString;

const PATH: &str = "/settings/ai";
const SET: &str = "/api/tenant/ai_set";
const FORGET: &str = "/api/tenant/ai_forget";
const TEST: &str = "/api/tenant/ai_test";

/// The company's AI.
#[server(prefix = "/api/tenant", endpoint = "ai")]
pub async fn ai() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::ai::company_ai(&cx).await;
    framed(&cx, found).await
}

/// Sets the company's AI; an empty key keeps the one that is stored, as long as the service stays the same.
#[server(prefix = "/api/tenant", endpoint = "ai_set")]
pub async fn ai_set(
    version: i64,
    provider: String,
    model: String,
    #[server(default)] base_url: String,
    #[server(default)] key: String,
    #[server(default)] ai_enabled: bool,
    #[server(default)] password: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = AiForm { provider, model, base_url, key: SecretString::from(key), enabled: ai_enabled };
    let set = control::ai::company_ai_set(&cx, version, &form, &SecretString::from(password)).await;
    cx.answer(set).await?;
    done(&cx, PATH, toast("Saved")).await
}

/// Removes the company's configuration with its key.
#[server(prefix = "/api/tenant", endpoint = "ai_forget")]
pub async fn ai_forget(version: i64, #[server(default)] password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let forgotten = control::ai::company_ai_forget(&cx, version, &SecretString::from(password)).await;
    cx.answer(forgotten).await?;
    done(&cx, PATH, toast("The configuration and its key were removed")).await
}

/// Asks the configured service something.
#[server(prefix = "/api/tenant", endpoint = "ai_test")]
pub async fn ai_test() -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let asked = control::ai::company_ai_test(&cx).await;
    let sentence = cx.answer(asked).await?;
    done(&cx, PATH, toast(sentence)).await
}

/// The page `/settings/ai`.
#[component]
pub fn AiPage() -> impl IntoView {
    load(ai, |Framed { frame, data }| {
        let now = frame.now;
        let Data { version, in_plan, ai } = data;
        let configured = ai.config != AiConfigState::None;
        let fields = vec![("version", version.to_string())];
        let actions = (configured && in_plan).then(|| {
            view! { <form method="post" action=TEST class="mt-3"><ReturnPath/><button class="btn btn-sm">"Test connection"</button></form> }.into_any()
        });
        let form = FormView::new(SET);
        view! {
            <SettingsFrame frame tab="AI" subtitle="Use your own AI service and key, within the monthly limit that the platform sets.">
                {(!in_plan).then(|| view! { <p class="notice mb-4 text-sm">"Your company's plan does not include AI. Ask the platform operator to add it."</p> })}
                <ErrorSummary form=form.clone()/>
                <ErrorSummary form=FormView::new(FORGET) password_id="forget-password"/>
                <ErrorSummary form=FormView::new(TEST)/>
                <AiAlert spending=ai.spending.clone()/>
                <div class="grid items-start gap-4 xl:grid-cols-[3fr_2fr]">
                    <form method="post" action=SET class="form-card"><ReturnPath/>
                        <input type="hidden" name="version" value=version.to_string()/>
                        <fieldset disabled=!in_plan>
                            <ServiceFields form=form.clone() config=ai.config.clone()/>
                            <div class="form-group">
                                <div><h2>"Usage"</h2><p class="text-muted text-xs">{format!("Monthly limit: {}. Only the platform operator can change it.", ai.spending.limit)}</p></div>
                                <div class="form-fields">
                                    <CheckField form=form.clone() name="ai_enabled" label="Turn on AI" checked=ai.spending.enabled/>
                                    <ReauthenticationField form id="password"/>
                                </div>
                            </div>
                            <div class="form-actions"><Submit label="Save changes"/></div>
                        </fieldset>
                    </form>
                    <div class="grid gap-4">
                        <Spending spending=ai.spending actions/>
                        <SpentByDay days=ai.days/>
                        {configured.then(|| view! { <Forget action=FORGET fields/> })}
                    </div>
                </div>
                <Ledger rows=ai.ledger now/>
            </SettingsFrame>
        }
    })
}
