//! The page `/tenants/{slug}/ai`: whose service a company uses, what it may spend, and what it spent.

use super::tenants::{ReadOnly, TenantFrame, slug};
use crate::{
    api::{ApiError, Framed, done, request_cx, toast},
    ui::{Bar, BarChart, CheckField, Detail, ErrorSummary, FormView, MoneyMeter, ProofField, SelectField, Submit, TextField, When, load},
};
use chrono::{DateTime, Utc};
use domain::{
    ai::{AiProvider, KEY_MAX, MODEL_MAX},
    dto::platform::{AiConfigState, AiSpending, AiUsageRow, TenantAiPage as Data, TenantHead},
};
use leptos::prelude::*;
use secrecy::SecretString;
use services::ai::AiForm;

const SET: &str = "/api/platform/tenant_ai_set";
const FORGET: &str = "/api/platform/tenant_ai_forget";
const TEST: &str = "/api/platform/tenant_ai_test";
const RESET: &str = "/api/platform/tenant_ai_reset";

/// A company's AI.
#[server(prefix = "/api/platform", endpoint = "tenant_ai")]
pub async fn tenant_ai(slug: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = services::ai::tenant_ai(&cx, &slug).await;
    let (viewer, data) = cx.answer(found).await?;
    Ok(Framed { frame: super::frame(&cx, viewer).await?, data })
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
    let form = AiForm { provider, model, base_url, key: SecretString::from(key), enabled: ai_enabled, limit: ai_usage_limit };
    let set = services::ai::tenant_ai_set(&cx, &slug, version, &form, &SecretString::from(password)).await;
    cx.answer(set).await?;
    done(&cx, &format!("/tenants/{slug}/ai"), toast("Saved")).await
}

/// Removes a company's configuration with its key.
#[server(prefix = "/api/platform", endpoint = "tenant_ai_forget")]
pub async fn tenant_ai_forget(slug: String, version: i64, #[server(default)] password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let gone = services::ai::tenant_ai_forget(&cx, &slug, version, &SecretString::from(password)).await;
    cx.answer(gone).await?;
    done(&cx, &format!("/tenants/{slug}/ai"), toast("The configuration and its key are removed")).await
}

/// Asks the configured service something.
#[server(prefix = "/api/platform", endpoint = "tenant_ai_test")]
pub async fn tenant_ai_test(slug: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let asked = services::ai::tenant_ai_test(&cx, &slug).await;
    let sentence = cx.answer(asked).await?;
    done(&cx, &format!("/tenants/{slug}/ai"), toast(sentence)).await
}

/// Begins a company's month of spending anew, today.
#[server(prefix = "/api/platform", endpoint = "tenant_ai_reset")]
pub async fn tenant_ai_reset(slug: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let reset = services::ai::tenant_ai_reset(&cx, &slug).await;
    cx.answer(reset).await?;
    done(&cx, &format!("/tenants/{slug}/ai"), toast("The month of spending begins anew today")).await
}

/// The page `/tenants/{slug}/ai`.
#[component]
pub fn TenantAiPage() -> impl IntoView {
    let slug = slug();
    load(
        move || tenant_ai(slug.clone()),
        |Framed { frame, data }| {
            let (head, now) = (data.head.clone(), frame.now);
            let bars =
                data.days.iter().map(|(day, cost)| Bar { label: day.to_string(), value: cost.millionths(), part: 0, shown: cost.exact() });
            let bars = bars.collect();
            view! {
                <TenantFrame frame head=head.clone() tab="AI">
                    <ReadOnly can_change=head.can_change/>
                    <ErrorSummary form=FormView::new(SET)/>
                    <ErrorSummary form=FormView::new(FORGET) proof="forget-password"/>
                    <ErrorSummary form=FormView::new(TEST)/>
                    <ErrorSummary form=FormView::new(RESET)/>
                    <Alert spending=data.spending.clone()/>
                    <div class="grid items-start gap-4 xl:grid-cols-[3fr_2fr]">
                        <ConfigForm head=head.clone() config=data.config.clone() spending=data.spending.clone() needs_password=data.needs_password/>
                        <div class="grid gap-4">
                            <Spending head=head.clone() spending=data.spending.clone() configured=data.config != AiConfigState::None/>
                            <div class="card-box p-4">
                                <BarChart id="ai-days" title="Spent on each of the last 30 days" heads=("Day (UTC)", "Spent") bars empty="Nothing was spent in these 30 days."/>
                            </div>
                            {(head.can_change && data.config != AiConfigState::None).then(|| view! { <Forget head=head.clone() needs_password=data.needs_password/> })}
                        </div>
                    </div>
                    <Ledger rows=data.ledger now/>
                </TenantFrame>
            }
        },
    )
}

#[component]
fn Alert(spending: AiSpending) -> impl IntoView {
    let share = spending.used.percent_of(spending.limit);
    (spending.enabled && share >= 80).then(|| {
        let text = if share >= 100 {
            format!("The limit of this month is reached. Nothing more is charged until {}, or until the limit is raised.", spending.until)
        } else {
            format!("{share} % of this month's limit are spent; the month ends on {}.", spending.until)
        };
        view! { <p class="notice mb-4 text-sm" role="status">{text}</p> }
    })
}

#[component]
fn ConfigForm(head: TenantHead, config: AiConfigState, spending: AiSpending, needs_password: bool) -> impl IntoView {
    let form = FormView::new(SET);
    let unreadable = config == AiConfigState::Unreadable;
    let old = match config {
        AiConfigState::Some(view) => Some(view),
        AiConfigState::None | AiConfigState::Unreadable => None,
    };
    let key_help = match &old {
        Some(old) if old.key_end.is_empty() => "One is stored. Empty keeps it; another service or address needs its own.".to_owned(),
        Some(old) => format!("The one that is stored ends in {}. Empty keeps it; another service or address needs its own.", old.key_end),
        None => "Kept sealed; of it only the last four characters are ever shown again.".to_owned(),
    };
    let has_key = old.is_some();
    let (provider, model, base_url) =
        old.map_or_else(|| (AiProvider::Openai, String::new(), String::new()), |old| (old.provider, old.model, old.base_url));
    let choices = AiProvider::ALL.iter().map(|provider| (provider.as_str().to_owned(), provider.label().to_owned())).collect();
    view! {
        <form method="post" action=SET class="form-card">
            <input type="hidden" name="slug" value=head.tenant.slug/>
            <input type="hidden" name="version" value=head.version.to_string()/>
            <fieldset disabled=!head.can_change>
                {unreadable.then(|| view! { <p class="notice m-4 text-sm">"What is stored cannot be opened: its key is not among the installation's any more, or it was made for another company. Enter it anew."</p> })}
                <div class="form-group">
                    <div><h2>"Service"</h2><p class="text-muted text-xs">"The company's own account there; Oneo has none."</p></div>
                    <div class="form-fields">
                        <SelectField form=form.clone() name="provider" label="Provider" choices value=provider.as_str()/>
                        <TextField form=form.clone() name="model" label="Model" value=model maxlength=u16::try_from(MODEL_MAX).unwrap_or(u16::MAX)/>
                        <TextField form=form.clone() name="base_url" label="Address" value=base_url kind="url" optional=true maxlength=300
                            help="Empty means the provider's own. A compatible service always needs one, such as https://ai.example/v1."/>
                        <TextField form=form.clone() name="key" label="Key" kind="password" optional=has_key help=key_help maxlength=u16::try_from(KEY_MAX).unwrap_or(u16::MAX)
                            autocomplete="new-password"/>
                    </div>
                </div>
                <div class="form-group">
                    <div><h2>"Spending"</h2><p class="text-muted text-xs">"Held by the database: what would pass the limit is refused."</p></div>
                    <div class="form-fields">
                        <TextField form=form.clone() name="ai_usage_limit" label="Most in a month" value=spending.limit.typed() maxlength=11/>
                        <CheckField form=form.clone() name="ai_enabled" label="The company may use AI" checked=spending.enabled/>
                        <ProofField form needed=needs_password id="password".to_owned()/>
                    </div>
                </div>
                <div class="form-actions"><Submit label="Save"/></div>
            </fieldset>
        </form>
    }
}

#[component]
fn Spending(head: TenantHead, spending: AiSpending, configured: bool) -> impl IntoView {
    let slug = head.tenant.slug;
    let again = slug.clone();
    view! {
        <section class="card-box p-4" aria-labelledby="spending">
            <h2 class="font-semibold" id="spending">"This month"</h2>
            <p class="mt-3"><MoneyMeter used=spending.used limit=spending.limit/></p>
            <dl class="mt-2">
                <Detail label="Exactly">{spending.used.exact()}</Detail>
                <Detail label="Since">{spending.since.to_string()}</Detail>
                <Detail label="Begins anew on">{spending.until.to_string()}</Detail>
            </dl>
            {head.can_change.then(|| view! {
                <div class="mt-3 flex flex-wrap gap-2">
                    {configured.then(|| view! { <form method="post" action=TEST><input type="hidden" name="slug" value=slug/><button class="btn btn-sm">"Test connection"</button></form> })}
                    <form method="post" action=RESET><input type="hidden" name="slug" value=again/><button class="btn btn-sm btn-ghost">"Begin the month anew"</button></form>
                </div>
            })}
        </section>
    }
}

#[component]
fn Forget(head: TenantHead, needs_password: bool) -> impl IntoView {
    let form = FormView::new(FORGET);
    let refused = form.is_refused();
    view! {
        <details class="card-box" open=refused>
            <summary class="cursor-pointer p-4 font-semibold">"Remove the configuration"</summary>
            <form method="post" action=FORGET class="border-base-300 flex flex-col gap-4 border-t p-4">
                <input type="hidden" name="slug" value=head.tenant.slug/>
                <input type="hidden" name="version" value=head.version.to_string()/>
                <p class="text-sm">"The key is deleted here, and the company can use no AI until there is another one. The ledger stays. At the provider the key goes on working: revoke it there too."</p>
                <ProofField form needed=needs_password id="forget-password".to_owned()/>
                <div><button class="btn btn-sm btn-error">"Remove it"</button></div>
            </form>
        </details>
    }
}

#[component]
fn Ledger(rows: Vec<AiUsageRow>, now: DateTime<Utc>) -> impl IntoView {
    let body = if rows.is_empty() {
        view! { <p class="text-muted p-4 text-sm">"Nothing was charged yet."</p> }.into_any()
    } else {
        view! {
            <div class="table-scroll">
                <table class="list-table">
                    <caption class="sr-only">"Ledger of AI"</caption>
                    <thead><tr><th scope="col">"What for"</th><th scope="col">"Model"</th><th scope="col">"Tokens"</th><th scope="col">"Cost"</th>
                        <th scope="col">"By"</th><th scope="col">"When"</th></tr></thead>
                    <tbody>
                        {rows.into_iter().map(|row| view! {
                            <tr>
                                <th scope="row" class="font-normal" dir="auto">{row.what}</th>
                                <td data-label="Model">{row.model}</td>
                                <td data-label="Tokens" class="tabular-nums">{format!("{} in, {} out", domain::list::grouped(row.tokens_in), domain::list::grouped(row.tokens_out))}</td>
                                <td data-label="Cost" class="tabular-nums">{row.cost.exact()}</td>
                                <td data-label="By" dir="auto">{row.by}</td>
                                <td data-label="When"><When at=row.at now/></td>
                            </tr>
                        }).collect_view()}
                    </tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! { <section class="card-box mt-4" aria-labelledby="ledger"><div class="card-head"><h2 id="ledger">"Ledger"</h2></div>{body}</section> }
}
