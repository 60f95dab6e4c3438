//! Parts of record pages and dashboards.

use super::When;
use chrono::{DateTime, Utc};
use domain::dto::{Attention, AuditRow};
use leptos::prelude::*;

/// A number that matters, with what it means.
#[component]
pub fn Figure(
    /// What is counted.
    label: &'static str,
    /// The number.
    #[prop(into)]
    value: String,
    /// What to compare it with.
    #[prop(into, default = String::new())]
    note: String,
    /// The list of what is counted.
    #[prop(default = "")]
    href: &'static str,
) -> impl IntoView {
    // A figure is short; a sentence in its place is set as one.
    let class = if value.len() > 14 { "text-muted mt-2 text-sm" } else { "mt-1 text-2xl font-semibold tabular-nums" };
    let body = view! {
        <p class="text-muted text-xs">{label}</p>
        <p class=class>{value}</p>
        {(!note.is_empty()).then(|| view! { <p class="text-muted mt-1 text-xs">{note}</p> })}
    };
    if href.is_empty() {
        return view! { <div class="card-box p-4">{body}</div> }.into_any();
    }
    view! { <a class="card-box card-link p-4" href=href>{body}</a> }.into_any()
}

/// What needs attention, each line with a way to do something about it; nothing where nothing does.
#[component]
pub fn AttentionList(
    /// The lines.
    lines: Vec<Attention>,
) -> impl IntoView {
    (!lines.is_empty()).then(|| {
        let lines = lines.into_iter().map(|line| {
            let (class, word) = if line.is_error { ("tone-error", "Error") } else { ("tone-warning", "Warning") };
            view! {
                <li>
                    <span class=class>{word}</span>
                    <a class="row-link min-w-0 flex-1" href=line.href dir="auto">{line.text}</a>
                </li>
            }
        });
        view! {
            <section class="card-box mb-4" aria-labelledby="attention">
                <div class="card-head"><h2 id="attention">"Needs attention"</h2></div>
                <ul class="rows">{lines.collect_view()}</ul>
            </section>
        }
    })
}

/// A line of details.
#[component]
pub fn Detail(
    /// What it is.
    #[prop(into)]
    label: String,
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! { <div class="detail"><dt class="text-muted">{label}</dt><dd class="min-w-0">{children()}</dd></div> }
}

/// The newest lines of an audit log.
#[component]
pub fn AuditLines(
    /// The lines.
    lines: Vec<AuditRow>,
    /// The time at which the page was made.
    now: DateTime<Utc>,
    /// What to say when there are none.
    empty: &'static str,
) -> impl IntoView {
    if lines.is_empty() {
        return view! { <p class="text-muted p-4 text-sm">{empty}</p> }.into_any();
    }
    view! {
        <ul class="audit-lines">
            {lines
                .into_iter()
                .map(|line| view! {
                    <li>
                        <span class="min-w-0 sm:truncate" dir="auto">{line.sentence}</span>
                        <span class="text-muted min-w-0 truncate text-xs" dir="auto">{line.actor}</span>
                        <span class="text-muted text-xs whitespace-nowrap"><When at=line.at now/></span>
                    </li>
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}
