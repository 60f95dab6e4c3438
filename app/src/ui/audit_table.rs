//! An audit log: who did what and when, and all that is known of each line.

use super::{Chip, Exactly, Toolbar, When, list_url};
use chrono::{DateTime, Utc};
use control::audit::FILTERS;
use domain::{
    audit::{label, sentence},
    dto::AuditLine,
    list::ListQuery,
};
use leptos::{prelude::*, serde_json::Value};

/// The lines of a log, newest first. Each opens to all that is known of it.
#[component]
pub fn AuditTable(
    /// The lines.
    lines: Vec<AuditLine>,
    /// What stands for the tenant; without it lines name none.
    #[prop(optional)]
    tenant: Option<Callback<AuditLine, AnyView>>,
    /// The time at which the page was made.
    now: DateTime<Utc>,
) -> impl IntoView {
    let lines = lines.into_iter().map(|line| {
        let of = tenant.filter(|_| line.tenant.is_some()).map(|cell| cell.run(line.clone()));
        view! { <li><Line line tenant=of now/></li> }
    });
    view! { <ol class="audit-log" aria-label="Audit log">{lines.collect_view()}</ol> }
}

/// A line: what was done and by whom at a glance, and below it where from and each field.
#[component]
fn Line(line: AuditLine, tenant: Option<AnyView>, now: DateTime<Utc>) -> impl IntoView {
    let says = sentence(&line.action, &line.object, &line.diff);
    let fields: Vec<(String, Value)> = match line.diff {
        Value::Object(map) => map.into_iter().collect(),
        _ => Vec::new(),
    };
    let object = [line.object_kind, line.object_id.unwrap_or_default()].join(" ");
    let facts = [
        ("Object", Some(object)),
        ("IP address", line.ip),
        ("Browser", line.user_agent),
        ("Request ID", line.request_id),
        ("Entry number", Some(line.seq.to_string())),
    ];
    view! {
        <details class="audit-line">
            <summary>
                <span class="audit-says"><span dir="auto">{says}</span><code>{line.action}</code></span>
                <span class="audit-actor" dir="auto">{line.actor}</span>
                <span class="audit-when"><When at=line.at now/></span>
            </summary>
            <dl>
                {tenant.map(|name| view! { <div><dt>"Tenant"</dt><dd>{name}</dd></div> })}
                <div><dt>"Time"</dt><dd><Exactly at=line.at now/></dd></div>
                {fields.into_iter().map(|(name, value)| view! {
                    <div><dt>{label(&name)}</dt><dd dir="auto">{difference(value)}</dd></div>
                }).collect_view()}
                {facts.into_iter().filter_map(|(label, value)| Some((label, value?))).map(|(label, value)| view! {
                    <div><dt>{label}</dt><dd>{value}</dd></div>
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
        <Toolbar path query placeholder="Actor starts with" chips>
            <input type="text" name="action" value=action placeholder="Action starts with" aria-label="Action starts with"/>
            {by_tenant.then(|| view! { <input type="text" name="tenant" value=tenant placeholder="Tenant" aria-label="Short name of the tenant"/> })}
            <label>"From"<input type="date" name="from" value=from/></label>
            <label>"To"<input type="date" name="to" value=to/></label>
        </Toolbar>
    }
}
