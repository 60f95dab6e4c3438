//! A company's AI, as both sites show it: whose service it uses, what it may spend, and what it spent.

use crate::ui::{
    Bar, BarChart, Cell, Column, Detail, FormView, MoneyMeter, ReauthenticationField, ReturnPath, SelectField, Table, TextField, date,
    money, number,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Money,
    ai::AiProvider,
    dto::ai::{AiConfigState, AiSpending, AiUsageRow},
    list::ListQuery,
};
use leptos::prelude::*;

/// That most of the month's limit is spent.
#[component]
pub(crate) fn AiAlert(spending: AiSpending) -> impl IntoView {
    let share = spending.used.percent_of(spending.limit);
    (spending.enabled && share >= 80).then(|| {
        let text = if share >= 100 {
            format!("This month's limit is reached. AI requests are refused until {}, unless the limit is raised.", date(spending.until))
        } else {
            format!("{share} % of this month's limit is spent. The limit resets on {}.", date(spending.until))
        };
        view! { <p class="notice mb-4 text-sm" role="status">{text}</p> }
    })
}

/// The fields of a service; the key that is stored is never among them.
#[component]
pub(crate) fn ServiceFields(form: FormView, config: AiConfigState) -> impl IntoView {
    let unreadable = config == AiConfigState::Unreadable;
    let old = match config {
        AiConfigState::Some(view) => Some(view),
        AiConfigState::None | AiConfigState::Unreadable => None,
    };
    let key_help = match &old {
        Some(old) if old.key_end.is_empty() => {
            "A key is stored. Leave this empty to keep it. A different provider or address needs a new key.".to_owned()
        }
        Some(old) => {
            format!("The stored key ends in {}. Leave this empty to keep it. A different provider or address needs a new key.", old.key_end)
        }
        None => "Stored encrypted. After that, only the last four characters are shown.".to_owned(),
    };
    let has_key = old.is_some();
    let (provider, model, base_url) =
        old.map_or_else(|| (AiProvider::Openai, String::new(), String::new()), |old| (old.provider, old.model, old.base_url));
    let choices = AiProvider::ALL.iter().map(|provider| (provider.as_str().to_owned(), provider.label().to_owned())).collect();
    view! {
        {unreadable.then(|| view! { <p class="notice m-4 text-sm">"The stored key cannot be decrypted: this installation no longer has its encryption key, or it was stored for another company. Enter the key again."</p> })}
        <div class="form-group">
            <div><h2>"Service"</h2><p class="text-muted text-xs">"The company uses its own account with the provider. Oneo does not provide one."</p></div>
            <div class="form-fields">
                <SelectField form=form.clone() name="provider" label="Provider" choices value=provider.as_str()/>
                <TextField form=form.clone() name="model" label="Model" value=model/>
                <TextField form=form.clone() name="base_url" label="Address" value=base_url kind="url" optional=true
                    help="Leave this empty to use the provider's address. A compatible service always needs its own, such as https://ai.example/v1."/>
                <TextField form name="key" label="API key" kind="password" optional=has_key help=key_help
                    autocomplete="new-password"/>
            </div>
        </div>
    }
}

/// What was spent of what may be, with what can be done about it.
#[component]
pub(crate) fn Spending(spending: AiSpending, actions: Option<AnyView>) -> impl IntoView {
    view! {
        <section class="card-box p-4" aria-labelledby="spending">
            <h2 class="font-semibold" id="spending">"This month"</h2>
            <p class="mt-3"><MoneyMeter used=spending.used limit=spending.limit/></p>
            <dl class="mt-2">
                <Detail label="Exact amount">{money(spending.used.exact())}</Detail>
                <Detail label="Since">{date(spending.since)}</Detail>
                <Detail label="Resets on">{date(spending.until)}</Detail>
            </dl>
            {actions}
        </section>
    }
}

/// What was spent on each of the last 30 days.
#[component]
pub(crate) fn SpentByDay(days: Vec<(NaiveDate, Money)>) -> impl IntoView {
    let bar = |(day, cost): (NaiveDate, Money)| Bar { label: date(day), value: cost.millionths(), part: 0, shown: money(cost.exact()) };
    let bars = days.into_iter().map(bar).collect();
    view! {
        <div class="card-box p-4">
            <BarChart id="ai-days" title="AI spending by day, last 30 days" heads=("Day (UTC)", "Spent") bars empty="Nothing was spent in the last 30 days."/>
        </div>
    }
}

/// The way to take the configuration away.
#[component]
pub(crate) fn Forget(
    /// Where it is posted to.
    action: &'static str,
    /// Hidden fields.
    fields: Vec<(&'static str, String)>,
) -> impl IntoView {
    let form = FormView::new(action);
    let refused = form.is_refused();
    view! {
        <details class="card-box" open=refused>
            <summary class="cursor-pointer p-4 font-semibold">"Remove the configuration"</summary>
            <form method="post" action=action class="border-base-300 flex flex-col gap-4 border-t p-4"><ReturnPath/>
                {fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
                <p class="text-sm">"This deletes the key, and the company cannot use AI until a new key is added. The ledger stays. The key still works at the provider: revoke it there too."</p>
                <ReauthenticationField form id="forget-password"/>
                <div><button class="btn btn-sm btn-error">"Remove configuration"</button></div>
            </form>
        </details>
    }
}

/// The newest lines of the ledger.
#[component]
pub(crate) fn Ledger(rows: Vec<AiUsageRow>, now: DateTime<Utc>) -> impl IntoView {
    let body = if rows.is_empty() {
        view! { <p class="text-muted p-4 text-sm">"No charges yet."</p> }.into_any()
    } else {
        let columns = vec![
            Column::new("what", "Purpose"),
            Column::new("model", "Model"),
            Column::new("tokens", "Tokens").labelled(),
            Column::new("cost", "Cost").labelled(),
            Column::new("by", "By").labelled(),
            Column::new("at", "When").labelled(),
        ];
        let table =
            Table { caption: "AI ledger".into(), path: "", query: &ListQuery::default(), columns, ticks: None, is_dense: false, now };
        table.plain(rows, |row, column| match column {
            "what" => row.what.clone().into(),
            "model" => row.model.clone().into(),
            "tokens" => format!("{} in, {} out", number(row.tokens_in), number(row.tokens_out)).into(),
            "cost" => money(row.cost.exact()).into(),
            "by" => row.by.clone().into(),
            "at" => Cell::When(row.at),
            _ => Cell::Empty,
        })
    };
    view! { <section class="card-box mt-4" aria-labelledby="ledger"><div class="card-head"><h2 id="ledger">"Ledger"</h2></div>{body}</section> }
}
