//! The page `/jobs/{id}`.

use crate::{
    api::{ApiError, Framed, done, framed, job_id, request_cx, toast},
    platform::{ReauthenticatePanel, frame::PlatformPage},
    ui::{Badge, Detail, ErrorSummary, FormView, JobView, ReturnPath, load},
};
use domain::{dto::platform::JobPage as Data, format::size, job::JobStatus};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// What the page of a job shows.
#[server(prefix = "/api/platform", endpoint = "job_get")]
pub async fn job_get(id: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let id = job_id(&id)?;
    let found = control::jobs::job_get(&cx, id).await;
    framed(&cx, found).await
}

/// Stops a job; what it has done so far is undone.
#[server(prefix = "/api/platform", endpoint = "job_cancel")]
pub async fn job_cancel(id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let stopped = control::jobs::job_cancel(&cx, job_id(&id)?).await;
    cx.answer(stopped).await?;
    done(&cx, &format!("/jobs/{id}"), toast("The job is being cancelled, and its changes are undone")).await
}

/// Begins a job that failed or was cancelled again.
#[server(prefix = "/api/platform", endpoint = "job_retry")]
pub async fn job_retry(id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let begun = control::jobs::job_retry(&cx, job_id(&id)?).await;
    cx.answer(begun).await?;
    done(&cx, &format!("/jobs/{id}"), toast("The job is queued")).await
}

/// The page `/jobs/{id}`.
#[component]
pub fn JobPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    load(
        move || job_get(id.clone()),
        |Framed { frame, data }| {
            let now = frame.now;
            let job = data.job.clone();
            let path = format!("/jobs/{}", job.id);
            let crumbs = vec![("Jobs".to_owned(), "/jobs".to_owned())];
            let title = format!("{} #{}", job.kind.label(), job.id);
            let act = |action: &'static str, label: &'static str| {
                view! {
                    <form method="post" action=action><ReturnPath/><input type="hidden" name="id" value=job.id.to_string()/><button class="btn btn-sm">{label}</button></form>
                }
            };
            let stop = (frame.may_change() && !job.status.is_over() && !job.cancel_requested)
                .then(|| act("/api/platform/job_cancel", "Cancel job"));
            let again = matches!(job.status, JobStatus::Failed | JobStatus::Cancelled)
                && job.kind != domain::job::JobKind::TenantPurge
                && !job.kind.is_company();
            let again = (frame.may_change() && again).then(|| act("/api/platform/job_retry", "Retry job"));
            let has_file = frame.may_change() && data.file.is_some();
            let file = (has_file && !frame.must_reauthenticate)
                .then(|| view! { <a class="btn btn-sm btn-primary" href=format!("{path}/file")>"Download"</a> });
            let locked = (has_file && frame.must_reauthenticate).then(|| {
                view! {
                    <ReauthenticatePanel next=path.clone() why="The file contains all data of a tenant. To download it, enter your password again."/>
                }
            });
            let extra = view! {
                {job.tenant.clone().map(|tenant| view! { <Detail label="Tenant"><a class="link" href=format!("/tenants/{}", tenant.slug) dir="auto">{tenant.name}</a></Detail> })}
                {data.made.clone().map(|slug| view! { <Detail label="Created"><a class="link" href=format!("/tenants/{slug}")>{slug.clone()}</a></Detail> })}
                {data.file.clone().map(|file| view! { <Detail label="File"><code class="text-xs">{file}</code></Detail> })}
                {data.file_bytes.map(|bytes| view! { <Detail label="Size">{size(u64::try_from(bytes).unwrap_or(0))}</Detail> })}
            }
            .into_any();
            view! {
                <PlatformPage frame active="/jobs" crumbs title=title.clone()>
                    <ErrorSummary form=FormView::new("/api/platform/job_cancel")/>
                    <ErrorSummary form=FormView::new("/api/platform/job_retry")/>
                    <div class="page-head">
                        <div class="min-w-0">
                            <h1 class="page-title flex flex-wrap items-center gap-3">{title}<Badge state=job.status/></h1>
                            <p class="text-muted mt-1">"Requested by "{job.created_by.clone()}</p>
                        </div>
                        <div class="page-actions">{file}{stop}{again}</div>
                    </div>
                    <JobView page=data now extra/>
                    {locked}
                </PlatformPage>
            }
        },
    )
}
