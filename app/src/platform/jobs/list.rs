//! The page `/jobs`.

use crate::{
    api::{ApiError, Framed, framed, request_cx},
    platform::frame::PlatformPage,
    ui::{Chip, JobBadge, PageHead, Toolbar, When, list_card, list_query, list_url, load, progress, search_pairs},
};
use control::jobs::FILTERS;
use domain::{
    dto::platform::{JobListPage as Data, JobRow},
    job::JobStatus,
};
use leptos::prelude::*;

const PATH: &str = "/jobs";

/// One page of all jobs, as asked for by the query of an address.
#[server(prefix = "/api/platform", endpoint = "job_list")]
pub async fn job_list(#[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::jobs::job_list(&cx, &list_query(&query, FILTERS)).await;
    framed(&cx, found).await
}

/// The page `/jobs`.
#[component]
pub fn JobListPage() -> impl IntoView {
    let pairs = search_pairs();
    let query = list_query(&pairs, FILTERS);
    load(
        move || job_list(pairs.clone()),
        move |Framed { frame, data }| {
            let (now, query) = (frame.now, query.clone());
            let status = query.filter("status").next().unwrap_or_default().to_owned();
            let mut chips = Vec::new();
            if !status.is_empty() {
                chips.push(Chip { label: format!("status: {status}"), href: list_url(PATH, &query, &[("status", "")]) });
            }
            let filters = view! {
                <Toolbar path=PATH query=query.clone() chips>
                    <select class="select select-sm w-40" name="status" aria-label="Status">
                        <option value="" selected=status.is_empty()>"Any status"</option>
                        {JobStatus::ALL.into_iter().map(|known| view! {
                            <option value=known.as_str() selected=known.as_str() == status>{known.label()}</option>
                        }).collect_view()}
                    </select>
                </Toolbar>
            };
            let rows = move |rows| view! { <Rows rows now/> }.into_any();
            let empty = || {
                view! {
                <div class="empty"><p class="font-semibold">"No job here"</p>
                    <p class="text-muted mt-1">"Clones, exports, imports and purges of tenants appear here while they run and after."</p></div>
            }.into_any()
            };
            let list = list_card(PATH, &query, data.page, filters, rows, empty);
            view! {
                <PlatformPage frame active=PATH title="Jobs">
                    <PageHead title="Jobs" subtitle="Jobs keep running after you close this page."/>
                    {list}
                </PlatformPage>
            }
        },
    )
}

#[component]
fn Rows(rows: Vec<JobRow>, now: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    view! {
        <div class="table-scroll">
            <table class="list-table">
                <caption class="sr-only">"Jobs"</caption>
                <thead><tr><th scope="col">"Job"</th><th scope="col">"Tenant"</th><th scope="col">"Status"</th><th scope="col">"Progress"</th>
                    <th scope="col">"Requested by"</th><th scope="col">"When"</th></tr></thead>
                <tbody>
                    {rows.into_iter().map(|row| view! {
                        <tr>
                            <th scope="row"><a class="row-link" href=format!("/jobs/{}", row.id)>{row.kind.label()}" "<span class="text-muted font-normal">"#"{row.id.to_string()}</span></a></th>
                            <td data-label="Tenant">{row.tenant.map(|tenant| view! { <a class="link-quiet" href=format!("/tenants/{}", tenant.slug) dir="auto">{tenant.name}</a> })}</td>
                            <td data-label="Status"><JobBadge status=row.status/></td>
                            <td data-label="Progress" class="tabular-nums">{progress(row.done, row.total)}</td>
                            <td data-label="Requested by">{row.created_by}</td>
                            <td data-label="When"><When at=row.created_at now/></td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}
