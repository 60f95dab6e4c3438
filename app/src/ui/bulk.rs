//! What can be done for many rows of a list at once.

use super::{count, list_url_here};
use domain::{
    bulk::BulkWho,
    list::{Count, ListQuery},
};
use leptos::prelude::*;

/// What a query of an address means: the rows that are ticked, or all that match.
#[must_use]
pub fn bulk_who(pairs: &[(String, String)]) -> BulkWho {
    let all = pairs.iter().any(|(name, value)| name == "who" && value == "all");
    let ids = pairs.iter().filter(|(name, _)| name == "id").filter_map(|(_, value)| value.parse().ok()).collect();
    let query = pairs.iter().filter(|(name, _)| !matches!(name.as_str(), "who" | "id" | "act" | "back" | "field")).cloned().collect();
    BulkWho { all, ids, query }
}

/// The address that ticks all rows of a page, or none: for browsers without a script.
#[must_use]
pub fn ticks_toggle(path: &str, query: &ListQuery, ticked: bool) -> String {
    list_url_here(path, query, &[("select", if ticked { "" } else { "page" })])
}

/// Whether all rows of a page are ticked by its address.
#[must_use]
pub fn are_ticked(pairs: &[(String, String)]) -> bool {
    pairs.iter().any(|(name, value)| name == "select" && value == "page")
}

/// What can be done for the rows that are ticked, or for all that match: there once the first is ticked. It asks before anything is done.
#[component]
pub fn BulkBar(
    /// What was asked for.
    query: ListQuery,
    /// Rows shown.
    shown: usize,
    /// Rows in all.
    all: Count,
    /// The query of the address that leads back to this page of the list.
    #[prop(into, default = String::new())]
    back: String,
    /// What many of them are called.
    #[prop(into)]
    noun: String,
    /// What can be done: as the address names it and as a person reads it.
    acts: Vec<(&'static str, &'static str)>,
) -> impl IntoView {
    // Where the page begins and how it is sorted says nothing of what is meant.
    let narrowed = ListQuery {
        sort: String::new(),
        desc: false,
        then: Vec::new(),
        after: None,
        before: None,
        size: domain::list::SIZE_DEFAULT,
        ..query
    };
    let hidden = narrowed.pairs().into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    let has_more = all != Count::Exact(i64::try_from(shown).unwrap_or(0));
    let matching = match all {
        Count::Exact(_) => format!("Select all {} matching {noun}", count(all)),
        Count::Many => format!("Select all matching {noun}"),
    };
    view! {
        <div class="toolbar bulk-bar">
            {hidden}
            {(!back.is_empty()).then(|| view! { <input type="hidden" name="back" value=back/> })}
            <span class="bulk-count"></span>
            {has_more.then(|| view! { <label class="bulk-all"><input class="checkbox checkbox-sm" type="checkbox" name="who" value="all"/>{matching}</label> })}
            <select name="act" aria-label="Action" required>
                <option value="">"Choose an action"</option>
                {acts.into_iter().map(|(act, label)| view! { <option value=act>{label}</option> }).collect_view()}
            </select>
            <button class="btn btn-sm">"Apply"</button>
        </div>
    }
}
