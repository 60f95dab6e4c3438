//! An audit log as a table: who, what, to what, when, and the difference of each change.

use super::{Chip, Toolbar, When, list_url};
use chrono::{DateTime, Utc};
use control::audit::FILTERS;
use domain::{dto::AuditLine, list::ListQuery};
use leptos::{prelude::*, serde_json::Value};

/// The lines of a log, newest first.
#[component]
pub fn AuditTable(
    /// The lines.
    lines: Vec<AuditLine>,
    /// What stands in the column of the company; without it there is no such column.
    #[prop(optional)]
    tenant: Option<Callback<AuditLine, AnyView>>,
    /// The time at which the page was made.
    now: DateTime<Utc>,
) -> impl IntoView {
    view! {
        <div class="table-scroll">
            <table class="list-table">
                <caption class="sr-only">"Audit log"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Action"</th><th scope="col">"When"</th><th scope="col">"Object"</th>
                        {tenant.map(|_| view! { <th scope="col">"Tenant"</th> })}
                        <th scope="col">"Actor"</th><th scope="col">"Change"</th>
                    </tr>
                </thead>
                <tbody>
                    {lines.into_iter().map(|line| {
                        let company = tenant.map(|cell| view! { <td data-label="Tenant">{cell.run(line.clone())}</td> });
                        view! {
                            <tr>
                                <th scope="row"><code class="text-xs">{line.action.clone()}</code></th>
                                <td data-label="When" class="whitespace-nowrap"><When at=line.at now/></td>
                                <td data-label="Object"><span class="block max-w-64 truncate" dir="auto">{line.object.clone()}</span></td>
                                {company}
                                <td data-label="Actor"><span class="block max-w-56 truncate" dir="auto">{line.actor.clone()}</span></td>
                                <td data-label="Change"><Change line/></td>
                            </tr>
                        }
                    }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}

/// The difference, field by field, and where it came from.
#[component]
fn Change(line: AuditLine) -> impl IntoView {
    let fields: Vec<(String, Value)> = match line.diff {
        Value::Object(map) => map.into_iter().collect(),
        _ => Vec::new(),
    };
    let summary = match fields.as_slice() {
        [] => "details".to_owned(),
        [(name, _)] => name.clone(),
        [(name, _), rest @ ..] => format!("{name} and {} more", rest.len()),
    };
    let origin = [("From", line.ip), ("With", line.user_agent), ("Request", line.request_id), ("Line", Some(line.seq.to_string()))];
    view! {
        <details class="change">
            <summary class="max-w-32 truncate">{summary}</summary>
            <dl>
                {fields.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd dir="auto">{difference(value)}</dd></div> }).collect_view()}
                {origin.into_iter().filter_map(|(label, value)| Some((label, value?))).map(|(label, value)| view! {
                    <div><dt class="text-muted">{label}</dt><dd class="text-muted">{value}</dd></div>
                }).collect_view()}
            </dl>
        </details>
    }
}

/// `[before, after]` as two texts, anything else as one.
fn difference(value: Value) -> AnyView {
    match value {
        Value::Array(mut pair) if pair.len() == 2 => {
            let (after, before) = (pair.pop(), pair.pop());
            let set = |value: Option<Value>| value.filter(|value| !value.is_null()).map(text);
            let before = set(before).map(|text| view! { <del>{text}</del>" " });
            match set(after) {
                Some(after) => view! { {before}<ins>{after}</ins> }.into_any(),
                None => view! { {before} }.into_any(),
            }
        }
        other => text(other).into_any(),
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// What the log is narrowed to: by actor, action, time, and on the platform by tenant.
#[component]
pub fn AuditFilters(
    /// The list's path.
    path: String,
    /// What was asked for.
    query: ListQuery,
    /// Whether tenants can be chosen.
    by_tenant: bool,
) -> impl IntoView {
    let value = |name: &str| query.filter(name).next().unwrap_or_default().to_owned();
    let mut chips = Vec::new();
    if !query.q.is_empty() {
        chips.push(Chip { label: format!("actor: {}", query.q), href: list_url(&path, &query, &[("q", "")]) });
    }
    for name in FILTERS {
        let value = value(name);
        if !value.is_empty() {
            chips.push(Chip { label: format!("{name}: {value}"), href: list_url(&path, &query, &[(name, "")]) });
        }
    }
    let (action, tenant, from, to) = (value("action"), value("tenant"), value("from"), value("to"));
    view! {
        <Toolbar path query placeholder="Actor begins with" chips>
            <input class="input input-sm w-40" type="text" name="action" value=action placeholder="Action, such as user." aria-label="Action begins with"/>
            {by_tenant.then(|| view! { <input class="input input-sm w-36" type="text" name="tenant" value=tenant placeholder="Tenant" aria-label="Tenant, by its short name"/> })}
            <input class="input input-sm w-36" type="date" name="from" value=from aria-label="From"/>
            <input class="input input-sm w-36" type="date" name="to" value=to aria-label="To"/>
        </Toolbar>
    }
}
