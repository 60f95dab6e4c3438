//! What waits for the viewer, on the first page.

use super::cells::{cell, stage_cell};
use crate::{
    api::{ApiError, Framed, framed, request_cx},
    ui::{Cell, When, number},
};
use chrono::{DateTime, Utc};
use domain::dto::tenant::{RecordRow, WorkList, WorkPage};
use leptos::prelude::*;

/// What waits for the caller.
#[server(prefix = "/api/tenant", endpoint = "record_work")]
pub async fn record_work() -> Result<Framed<WorkPage>, ApiError> {
    let cx = request_cx().await?;
    let found = records::record_work(&cx).await;
    framed(&cx, found).await
}

/// Open records, what is due, and what changed lately.
#[component]
pub(in crate::tenant) fn Work(work: WorkPage, now: DateTime<Utc>, sees_others: bool) -> impl IntoView {
    // Who sees own records alone needs no filter for them.
    let own = if sees_others { "owner=me&" } else { "" };
    let due = work.due.into_iter().map(|list| {
        let title = format!("{} due within 7 days", list.pipeline.name);
        let done = list.settings.done.as_ref().map(|key| format!("field.{key}=no&")).unwrap_or_default();
        let href = format!("{}?{own}{done}sort=due&dir=asc", list.pipeline.path());
        view! { <Waiting list title href empty="Nothing is due."/> }
    });
    let open = work.open.into_iter().map(|list| {
        let title = format!("Open {}", list.pipeline.name);
        let open = list.stages.iter().filter(|stage| stage.kind == domain::record::StageKind::Open).map(|stage| stage.key.as_str());
        let href = format!("{}?{own}stage={}&sort=due&dir=asc", list.pipeline.path(), open.collect::<Vec<_>>().join(","));
        view! { <Waiting list title href empty="Nothing is open."/> }
    });
    let recent = (!work.recent.is_empty()).then(|| {
        let rows = work.recent.into_iter().map(|(pipeline, row)| {
            let href = format!("{}/{}", pipeline.path(), row.id);
            view! {
                <li><a class="row-link min-w-0 flex-1" href=href dir="auto">{row.title}</a>
                    <span class="text-muted text-xs">{pipeline.name_one}" · "<When at=row.updated_at now/></span></li>
            }
        });
        view! {
            <section class="card-box min-w-0" aria-labelledby="recent-records">
                <div class="card-head"><h2 id="recent-records">"Recently changed"</h2></div>
                <ul class="rows">{rows.collect_view()}</ul>
            </section>
        }
    });
    view! { <div class="mb-4 grid items-start gap-4 xl:grid-cols-2">
        <div class="grid min-w-0 gap-4">{open.collect_view()}</div>
        <div class="grid min-w-0 gap-4">{due.collect_view()}{recent}</div>
    </div> }
}

#[component]
fn Waiting(list: WorkList, title: String, href: String, empty: &'static str) -> impl IntoView {
    let id = format!("work-{}", list.pipeline.key);
    let (total, is_empty) = (number(list.total), list.rows.is_empty());
    let sums = list.sums.join(", ");
    let figures = if sums.is_empty() { total } else { format!("{total} · {sums}") };
    let rows = list.rows.iter().map(|row| {
        let facts = facts(&list, row);
        view! {
            <li><a class="row-link" href=format!("{}/{}", list.pipeline.path(), row.id) dir="auto">{row.title.clone()}</a>
                <span class="work-facts">{facts}</span></li>
        }
    });
    let rows = rows.collect_view();
    view! {
        <section class="card-box min-w-0" aria-labelledby=id.clone()>
            <div class="card-head"><h2 id=id.clone()>{title}" "<span class="text-muted font-normal tabular-nums">{figures}</span></h2><a class="link-quiet" href=href>"Show all"</a></div>
            {is_empty.then(|| view! { <p class="text-muted p-4 text-sm">{empty}</p> })}
            <ul class="rows work-rows">{rows}</ul>
        </section>
    }
}

/// Stage, amount and day of a record.
fn facts(list: &WorkList, row: &RecordRow) -> AnyView {
    let text = |column: &str| match cell(&list.pipeline, &list.settings, &list.stages, row, column) {
        Cell::Text(text) | Cell::Number(text) => Some(view! { <span>{text}</span> }),
        _ => None,
    };
    let stage = match stage_cell(&list.stages, row.stage.as_ref()) {
        Cell::Tag { class, text } => Some(view! { <span class=class>{text}</span> }),
        _ => None,
    };
    let late = row.is_overdue.then(|| view! { <span class="tone-error">"Overdue"</span> });
    view! { {stage}{text("value")}{text("due")}{late} }.into_any()
}
