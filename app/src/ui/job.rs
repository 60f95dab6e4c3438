//! Jobs, alike on both sites.

use super::{BadgeText, Cell, Column, Detail, Table, Title, When, number};
use chrono::{DateTime, Utc};
use domain::{
    dto::platform::{JobPage, JobRow},
    list::ListQuery,
};
use islands::JobLive;
use leptos::prelude::*;

/// Rows done of rows to do.
fn progress(done: i64, total: Option<i64>) -> String {
    match total {
        Some(total) => format!("{} of {} rows", number(done), number(total)),
        None => "not started".to_owned(),
    }
}

/// The table of a list of jobs, with their tenants where those of many are listed.
pub fn job_table(path: &str, query: &ListQuery, rows: Vec<JobRow>, now: DateTime<Utc>, has_tenants: bool) -> AnyView {
    let mut columns = vec![
        Column::new("job", "Job"),
        Column::new("status", "Status"),
        Column::new("progress", "Progress").labelled(),
        Column::new("by", "Requested by").labelled(),
        Column::new("created", "Requested").labelled(),
    ];
    if has_tenants {
        columns.insert(1, Column::new("tenant", "Tenant"));
    }
    let table = Table { caption: "Jobs".into(), path, query, columns, ticks: None, is_dense: false, now };
    table.plain(rows, |row, column| match column {
        "job" => Title::link(format!("/jobs/{}", row.id), format!("{} #{}", row.kind.label(), row.id)).into(),
        "tenant" => row
            .tenant
            .as_ref()
            .map_or(Cell::Empty, |tenant| Cell::Link { href: format!("/tenants/{}", tenant.slug), text: tenant.name.clone() }),
        "status" => BadgeText::from(row.status).into(),
        "progress" => progress(row.done, row.total).into(),
        "by" => row.created_by.clone().into(),
        "created" => Cell::When(row.created_at),
        _ => Cell::Empty,
    })
}

/// Progress, log and details of a job.
#[component]
pub fn JobView(
    /// The job.
    page: JobPage,
    /// The time at which the page was made.
    now: DateTime<Utc>,
    /// Further details.
    extra: AnyView,
) -> impl IntoView {
    let job = page.job;
    let live = !job.status.is_over();
    let time = move |at: Option<DateTime<Utc>>| match at {
        Some(at) => view! { <When at now/> }.into_any(),
        None => "not yet".into_any(),
    };
    view! {
        // Without JavaScript the page asks again by itself; with it the island below listens.
        {live.then(|| view! { <noscript><meta http-equiv="refresh" content="2"/></noscript> })}
        <section class="card-box p-4" aria-label="Progress">
            <JobLive id=job.id.0 live done=job.done total=job.total text=progress(job.done, job.total)/>
            {(live && job.cancel_requested).then(|| view! { <p class="text-muted mt-2 text-sm">"The job is being cancelled."</p> })}
            {job.error.map(|error| view! { <p class="field-error mt-2" role="alert">{error}</p> })}
        </section>
        <div class="mt-4 grid gap-4 xl:grid-cols-[2fr_1fr]">
            <section class="card-box" aria-labelledby="log">
                <div class="card-head"><h2 id="log">"Log"</h2></div>
                {if page.log.is_empty() {
                    view! { <p class="text-muted p-4 text-sm">"No log entries."</p> }.into_any()
                } else {
                    view! { <ul class="rows">{page.log.into_iter().map(|(at, line)| view! { <li><span class="min-w-0 flex-1">{line}</span><span class="text-muted text-xs"><When at now/></span></li> }).collect_view()}</ul> }.into_any()
                }}
            </section>
            <section class="card-box p-4" aria-labelledby="details">
                <h2 class="font-semibold" id="details">"Details"</h2>
                <dl class="mt-2">
                    <Detail label="Requested">{time(Some(job.created_at))}</Detail>
                    <Detail label="Started">{time(job.started_at)}</Detail>
                    <Detail label="Finished">{time(job.finished_at)}</Detail>
                    <Detail label="Attempts">{job.attempts.to_string()}</Detail>
                    {extra}
                </dl>
            </section>
        </div>
    }
}
