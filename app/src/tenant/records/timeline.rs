//! What happened to a record.

use crate::ui::When;
use chrono::{DateTime, Utc};
use domain::{dto::tenant::RecordEvent, text::cut};
use leptos::prelude::*;

/// The longest value that a line quotes, in characters.
const QUOTED_MAX: usize = 80;

/// What happened to a record, the newest first.
#[component]
pub(super) fn Timeline(events: Vec<RecordEvent>, older: Option<i64>, path: String, now: DateTime<Utc>) -> impl IntoView {
    let is_empty = events.is_empty();
    let lines = events.into_iter().map(|event| {
        let what = match event.kind.as_str() {
            "record.create" => "created this",
            "record.delete" => "moved this to the trash",
            "record.restore" => "restored this",
            "record.share" => "shared this",
            "note.create" => "added a note",
            "note.update" => "changed a note",
            "note.delete" => "deleted a note",
            "note.restore" => "restored a note",
            "record.link" => "linked this",
            "record.unlink" => "unlinked this",
            "record.unshare" => "stopped sharing this",
            _ => "made changes",
        };
        // What a new record began with stands beside it anyway.
        let changes = if event.kind == "record.create" { Vec::new() } else { event.changes };
        let changes = changes.into_iter().map(|(label, before, after)| view! { <li>{change(&label, before, after)}</li> }).collect_view();
        view! {
            <li>
                <p><span class="font-medium" dir="auto">{event.actor}</span>" "{what}</p>
                <ul class="text-muted" dir="auto">{changes}</ul>
                <p class="text-muted text-xs"><When at=event.at now/></p>
            </li>
        }
    });
    let lines = lines.collect_view();
    view! {
        <section class="card-box" aria-labelledby="timeline">
            <div class="card-head"><h2 id="timeline">"Timeline"</h2></div>
            {is_empty.then(|| view! { <p class="text-muted p-4 text-sm">"No changes to show."</p> })}
            <ol class="record-timeline">{lines}</ol>
            {older.map(|seq| view! { <p class="p-4"><a class="link-quiet" href=format!("{path}?before={seq}#timeline")>"Show older"</a></p> })}
        </section>
    }
}

/// What a field was changed from and to.
fn change(label: &str, before: Option<String>, after: Option<String>) -> String {
    let quoted = |text: &str| cut(text, QUOTED_MAX);
    match (before, after) {
        (Some(before), Some(after)) => format!("{label}: {} → {}", quoted(&before), quoted(&after)),
        (None, Some(after)) => format!("{label}: {}", quoted(&after)),
        (Some(before), None) => format!("{label}: removed (was {})", quoted(&before)),
        (None, None) => format!("{label}: changed"),
    }
}
