//! The page `/tasks`, and the buttons that say that something is done.

use super::{cells::detail, record_id};
use crate::{
    api::{ApiError, Framed, framed, request_cx, told},
    tenant::frame::TenantPage,
    ui::{ErrorSummary, FormView, PageHead, ReturnPath, load},
};
use domain::{
    AppError,
    dto::tenant::{TaskGroup, TaskListPage as Data, TaskRow},
    flash::{Toast, Undo},
};
use leptos::prelude::*;

/// Where a record is marked done.
pub(super) const SET_DONE: &str = "/api/tenant/task_set_done";

/// What the caller has to do.
#[server(prefix = "/api/tenant", endpoint = "task_list")]
pub async fn task_list() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = records::task_list(&cx).await;
    framed(&cx, found).await
}

/// Says that a record is done, or that it is not: `done` is `yes` or `no`.
#[server(prefix = "/api/tenant", endpoint = "task_set_done")]
pub async fn task_set_done(pipeline: String, id: String, done: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = record_id(&id)?;
    let is_done = match done.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(ApiError(AppError::Malformed)),
    };
    let title = records::task_set_done(&cx, &pipeline, id, is_done).await;
    let title = cx.answer(title).await?;
    let back = if is_done { "no" } else { "yes" };
    let fields = [("pipeline", pipeline), ("id", id.to_string()), ("done", back.to_owned())];
    let undo = Undo { action: SET_DONE.to_owned(), fields: fields.map(|(name, value)| (name.to_owned(), value)).to_vec() };
    let text = if is_done { format!("{title} is done") } else { format!("{title} is open again") };
    told(&cx, Toast::success(text).with_undo(undo).into()).await
}

/// The button that says that a record is done, or open again.
#[component]
pub(super) fn DoneButton(pipeline: String, id: String, title: String, is_done: bool) -> impl IntoView {
    let (value, text) = if is_done { ("no", "Reopen") } else { ("yes", "Mark done") };
    view! {
        <form method="post" action=SET_DONE><ReturnPath/>
            <input type="hidden" name="pipeline" value=pipeline/>
            <input type="hidden" name="id" value=id/>
            <button class="btn btn-sm" name="done" value=value aria-label=format!("{text}: {title}")>{text}</button>
        </form>
    }
}

/// The page `/tasks`.
#[component]
pub fn TaskListPage() -> impl IntoView {
    load(task_list, |Framed { frame, data }| {
        let new = data.creates.into_iter().map(|head| {
            view! { <a class="btn btn-primary" href=format!("{}/new", head.path())>{format!("New {}", head.name_one)}</a> }
        });
        let new = new.collect_view();
        let is_empty = data.groups.is_empty();
        let groups = data.groups.into_iter().map(|group| view! { <Group group/> }).collect_view();
        view! {
            <TenantPage frame active="/tasks" title="Tasks">
                <PageHead title="Tasks" subtitle="What you have to do, in all pipelines with due dates.">{new}</PageHead>
                <ErrorSummary form=FormView::new(SET_DONE)/>
                {is_empty.then(|| view! { <div class="card-box empty"><p class="font-semibold">"Nothing to do"</p><p class="text-muted mt-1">"What belongs to you and is not done appears here."</p></div> })}
                <div class="flex flex-col gap-4">{groups}</div>
                {data.is_cut.then(|| view! { <p class="text-muted mt-4 text-sm">"There is more. The lists of the pipelines have the rest."</p> })}
            </TenantPage>
        }
    })
}

#[component]
fn Group(group: TaskGroup) -> impl IntoView {
    let TaskGroup { label, is_late, rows } = group;
    let id = format!("tasks-{}", label.split(' ').next().unwrap_or_default());
    let count = rows.len();
    let rows = rows.into_iter().map(|TaskRow { pipeline, id, title, due, links, may_finish }| {
        let links = links.iter().map(detail).collect_view();
        let done = may_finish.then(|| {
            view! { <DoneButton pipeline=pipeline.key.clone() id=id.to_string() title=title.clone() is_done=false/> }
        });
        view! {
            <li class="flex-wrap">
                <span class="min-w-40 flex-1">
                    <a class="row-link" dir="auto" href=format!("{}/{id}", pipeline.path())>{title}</a>
                    <span class="text-muted flex flex-wrap gap-x-3 text-xs" dir="auto"><span class:text-error=is_late>{due}</span>{links}</span>
                </span>
                {done}
            </li>
        }
    });
    let rows = rows.collect_view();
    view! {
        <section class="card-box" aria-labelledby=id.clone()>
            <div class="card-head"><h2 id=id.clone()>{label}" "<span class="text-muted text-sm font-normal">{count}</span></h2></div>
            <ul class="rows">{rows}</ul>
        </section>
    }
}
