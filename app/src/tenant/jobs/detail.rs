//! The page `/jobs/{id}`.

use crate::{
    api::{ApiError, Framed, done, framed, job_id, request_cx, toast},
    tenant::{
        frame::TenantPage,
        records::{BULK_UNDO, IMPORT_RUN, IMPORT_UNDO},
    },
    ui::{Badge, Detail, ErrorSummary, FormView, JobView, ReauthenticationField, ReturnPath, load, number},
};
use domain::{
    JobId,
    dto::tenant::CompanyJobPage as Data,
    job::{JobKind, JobStatus},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const CANCEL: &str = "/api/tenant/job_cancel";
const RETRY: &str = "/api/tenant/job_retry";
const RUN: &str = "/api/tenant/user_import_run";
const UNDO: &str = "/api/tenant/user_import_undo";

/// What the page of a job of the company shows.
#[server(prefix = "/api/tenant", endpoint = "job_get")]
pub async fn company_job_get(id: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let id = job_id(&id)?;
    let found = identity::jobs::company_job_get(&cx, id).await;
    framed(&cx, found).await
}

/// Stops a job of the company; what it has done so far stays.
#[server(prefix = "/api/tenant", endpoint = "job_cancel")]
pub async fn company_job_cancel(id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let stopped = identity::jobs::company_job_cancel(&cx, job_id(&id)?).await;
    cx.answer(stopped).await?;
    done(&cx, &format!("/jobs/{id}"), toast("The job is stopping. Changes already made are kept.")).await
}

/// Lets a job of the company that failed or was stopped go on.
#[server(prefix = "/api/tenant", endpoint = "job_retry")]
pub async fn company_job_retry(id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let begun = identity::jobs::company_job_retry(&cx, job_id(&id)?).await;
    cx.answer(begun).await?;
    done(&cx, &format!("/jobs/{id}"), toast("The job continues where it stopped")).await
}

/// The page `/jobs/{id}`.
#[component]
pub fn JobPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    load(
        move || company_job_get(id.clone()),
        |Framed { frame, data }| {
            let now = frame.now;
            let job = data.page.job.clone();
            let path = format!("/jobs/{}", job.id);
            let manages = frame.permissions.can_manage_users();
            let crumbs = if manages { vec![("Jobs".to_owned(), "/jobs".to_owned())] } else { Vec::new() };
            let name = if data.is_dry { "Import check" } else { job.kind.label() };
            let title = format!("{name} #{}", job.id);
            let act = |action: &'static str, label: &'static str| {
                view! {
                    <form method="post" action=action><ReturnPath/><input type="hidden" name="id" value=job.id.to_string()/><button class="btn btn-sm">{label}</button></form>
                }
            };
            let stop = (!job.status.is_over() && !job.cancel_requested).then(|| act(CANCEL, "Stop"));
            let again = frame.is_viewer(data.asked_by) && matches!(job.status, JobStatus::Failed | JobStatus::Cancelled);
            let again = again.then(|| act(RETRY, "Continue"));
            let file = data.page.file.is_some().then(|| {
                let label = match job.kind {
                    JobKind::UsersUndo => "Download kept users (CSV)",
                    JobKind::RecordsUndo | JobKind::RecordsImportUndo => "Download kept records (CSV)",
                    _ => "Download skipped rows (CSV)",
                };
                view! { <a class="btn btn-sm" href=format!("{path}/file")>{label}</a> }
            });
            let outcomes = data.outcomes.clone().into_iter().map(|(label, count)| {
                view! { <li class="card-box p-4"><span class="block text-2xl font-semibold tabular-nums">{number(count)}</span><span class="text-muted text-sm">{label}</span></li> }
            });
            let outcomes = outcomes.collect_view();
            let is_of_records = matches!(job.kind, JobKind::RecordsBulk | JobKind::RecordsUndo);
            let of_file = matches!(job.kind, JobKind::UsersImport | JobKind::RecordsImport | JobKind::RecordsImportUndo);
            let left = (!data.left.is_empty()).then(|| view! { <LeftOut data=data.clone() of_file of_records=is_of_records/> });
            let is_checked = data.is_dry && job.status == JobStatus::Done;
            let next = is_checked.then(|| match (job.kind, data.about.clone()) {
                (JobKind::RecordsImport, Some((_, pipeline))) => {
                    frame.is_viewer(data.asked_by).then(|| view! { <RecordRunPanel data=data.clone() pipeline id=job.id/> }).into_any()
                }
                (JobKind::RecordsImport, None) => ().into_any(),
                _ => view! { <RunPanel data=data.clone() id=job.id/> }.into_any(),
            });
            let undo = data.is_undoable.then(|| match job.kind {
                JobKind::RecordsBulk => frame
                    .is_viewer(data.asked_by)
                    .then(|| view! { <RecordUndo action=BULK_UNDO id=job.id text="Restores the previous values. Records changed since then stay as they are and are listed below."/> })
                    .into_any(),
                JobKind::RecordsImport => frame
                    .is_viewer(data.asked_by)
                    .then(|| view! { <RecordUndo action=IMPORT_UNDO id=job.id text="Moves records that the import created to the trash, and restores the previous values of those that it changed. Records changed since then stay as they are and are listed."/> })
                    .into_any(),
                _ => view! { <UndoPanel id=job.id/> }.into_any(),
            });
            let who = job.created_by.clone();
            let about = data.about.clone().map(|(text, pipeline)| {
                view! { <p class="mt-1 break-words" dir="auto"><a class="link" href=format!("/p/{pipeline}")>{text}</a></p> }
            });
            view! {
                <TenantPage frame active="/jobs" crumbs title=title.clone()>
                    {[CANCEL, RETRY, RUN, UNDO, BULK_UNDO, IMPORT_RUN, IMPORT_UNDO].map(|action| view! { <ErrorSummary form=FormView::new(action)/> }).collect_view()}
                    <div class="page-head">
                        <div class="min-w-0">
                            <h1 class="page-title flex flex-wrap items-center gap-3">{title}<Badge state=job.status/></h1>
                            {about}
                            <p class="text-muted mt-1">"Requested by "<span dir="auto">{who}</span></p>
                        </div>
                        <div class="page-actions">{file}{stop}{again}</div>
                    </div>
                    <ul class="mb-4 grid grid-cols-2 gap-4 sm:grid-cols-4" aria-label="Result">{outcomes}</ul>
                    {next}
                    {undo}
                    {left}
                    <JobView page=data.page now extra=view! { <Detail label="Job number">{job.id.to_string()}</Detail> }.into_any()/>
                </TenantPage>
            }
        },
    )
}

/// What comes after a look at what an import would do.
#[component]
fn RunPanel(data: Data, id: JobId) -> impl IntoView {
    let form = FormView::new(RUN);
    let back = data.draft.map(|draft| format!("/users/import/{draft}"));
    let seats = data.seats.filter(|(needed, _)| *needed > 0).map(|(needed, free)| {
        let text = format!("New users: {}. Free seats: {}.", number(needed), number(free));
        let more = (needed > free).then_some(" Deactivate users or ask the platform's operator for a higher limit before you import.");
        view! { <p class="mt-1 text-sm">{text}{more}</p> }
    });
    view! {
        <section class="notice mb-4" aria-labelledby="run">
            <h2 id="run">"Nothing was changed yet"</h2>
            <p class="mt-1 text-sm">"This is what the import would do. Rows that cannot be imported are skipped; you can download them, correct them and import them again."</p>
            {seats}
            <form method="post" action=RUN class="mt-3 flex max-w-md flex-col gap-3"><ReturnPath/>
                <input type="hidden" name="id" value=id.to_string()/>
                <ReauthenticationField form id="password"/>
                <div class="flex flex-wrap gap-2">
                    <button class="btn btn-primary">"Import now"</button>
                    {back.map(|href| view! { <a class="btn" href=href>"Change the rules"</a> })}
                </div>
            </form>
        </section>
    }
}

/// What comes after a check of what an import of records would do.
#[component]
fn RecordRunPanel(data: Data, pipeline: String, id: JobId) -> impl IntoView {
    let back = data.draft.map(|draft| format!("/p/{pipeline}/import/{draft}"));
    view! {
        <section class="notice mb-4" aria-labelledby="run">
            <h2 id="run">"Nothing was changed yet"</h2>
            <p class="mt-1 text-sm">"This is what the import would do. Rows that cannot be imported are skipped; you can download them, correct them and import them again."</p>
            <form method="post" action=IMPORT_RUN class="mt-3 flex flex-wrap gap-2"><ReturnPath/>
                <input type="hidden" name="id" value=id.to_string()/>
                <button class="btn btn-primary">"Import now"</button>
                {back.map(|href| view! { <a class="btn" href=href>"Change the rules"</a> })}
            </form>
        </section>
    }
}

/// What was left out: why, and the first lines.
#[component]
fn LeftOut(
    data: Data,
    /// Whether they are lines of a file; otherwise they are users or records.
    of_file: bool,
    /// Whether they are records.
    of_records: bool,
) -> impl IntoView {
    let reasons = data.reasons.into_iter().map(|(reason, count, first)| {
        let rows = if count == 1 { "1 row".to_owned() } else { format!("{} rows", number(count)) };
        let at = of_file.then(|| if count == 1 { format!("line {first}") } else { format!("first in line {first}") });
        view! {
            <li>
                <span class="w-20 shrink-0 font-medium tabular-nums">{rows}</span>
                <span class="min-w-0 flex-1" dir="auto">{reason}</span>
                <span class="text-muted text-xs">{at}</span>
            </li>
        }
    });
    let reasons = reasons.collect_view();
    let shown = data.left.len();
    let rows = data.left.into_iter().map(|row| {
        let cells: Vec<String> = row.cells.into_iter().filter(|cell| !cell.is_empty()).collect();
        view! {
            <tr>
                <th scope="row">{if of_file { row.line.to_string() } else { cells.join(" ") }}</th>
                {of_file.then(|| view! { <td data-label="Row" dir="auto" class="whitespace-normal">{cells.join(" · ")}</td> })}
                <td data-label="Reason" dir="auto" class="whitespace-normal">{row.why}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let (title, what) = match (of_file, of_records) {
        (true, _) => ("Skipped rows", "Line"),
        (false, true) => ("Skipped records", "Record"),
        (false, false) => ("Skipped users", "User"),
    };
    view! {
        <section class="card-box mb-4" aria-labelledby="left-out">
            <div class="card-head"><h2 id="left-out">{title}</h2></div>
            <ul class="rows" aria-label="Reasons">{reasons}</ul>
            <div class="table-scroll border-base-300 border-t">
                <table class="list-table">
                    <caption class="sr-only">{format!("The first {shown}, with reasons")}</caption>
                    <thead><tr><th scope="col">{what}</th>{of_file.then(|| view! { <th scope="col">"Row"</th> })}<th scope="col">"Reason"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}

#[component]
fn UndoPanel(id: JobId) -> impl IntoView {
    let form = FormView::new(UNDO);
    let open = form.is_refused();
    view! {
        <details class="card-box mb-4" open=open>
            <summary class="cursor-pointer p-4 font-semibold">"Undo import"</summary>
            <form method="post" action=UNDO class="border-base-300 flex max-w-2xl flex-col gap-3 border-t p-4"><ReturnPath/>
                <p class="text-sm">"Users that the import created are deleted permanently. Users that it changed get their earlier names and roles back. Users who have been changed since or have signed in are kept and listed."</p>
                <input type="hidden" name="id" value=id.to_string()/>
                <ReauthenticationField form id="undo-password"/>
                <div><button class="btn btn-error">"Undo import"</button></div>
            </form>
        </details>
    }
}

#[component]
fn RecordUndo(action: &'static str, id: JobId, text: &'static str) -> impl IntoView {
    view! {
        <form method="post" action=action class="notice mb-4 flex max-w-3xl flex-wrap items-center gap-4"><ReturnPath/>
            <p class="min-w-0 flex-1 text-sm">{text}</p>
            <input type="hidden" name="id" value=id.to_string()/>
            <button class="btn">"Undo"</button>
        </form>
    }
}
