//! Where the value of a setting comes from.

use crate::ui::{When, use_frame};
use chrono::{DateTime, Utc};
use domain::{Permission, setting::Setting, typed_json::Kind};
use leptos::prelude::*;

/// The form action that goes back to the default.
pub(super) const RESET: &str = "/api/tenant/setting_reset";

/// Where a value comes from, with the ways to its history and to its default.
#[component]
pub(super) fn Origin(setting: &'static Setting, set_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> impl IntoView {
    let key = setting.known.key;
    let label = setting.known.label;
    let can_audit = use_frame().is_some_and(|frame| frame.permissions.has(Permission::AuditView));
    let is_set = set_at.is_some();
    let resets = is_set && setting.known.kind != Kind::Picture;
    view! {
        <p class="text-muted text-xs">
            {match set_at {
                Some(at) => view! { <span class="tone-neutral">"Changed"</span>" "<When at now/> }.into_any(),
                None => view! { "Default" }.into_any(),
            }}
        </p>
        <p class="mt-1 flex flex-wrap gap-x-3 text-xs">
            {resets.then(|| view! {
                <button class="link-quiet" formaction=RESET name="key" value=key>"Reset to default"<span class="sr-only">" for "{label}</span></button>
            })}
            {can_audit.then(|| view! { <a class="link-quiet" href=format!("/settings/history/{key}")>"History"<span class="sr-only">" of "{label}</span></a> })}
        </p>
    }
}
