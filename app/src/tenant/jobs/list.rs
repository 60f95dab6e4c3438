//! The page `/jobs`.

use crate::{
    api::{ApiError, Framed, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{JobBadge, PageHead, When, list_card, list_query, load, progress, search_pairs},
};
use control::jobs::FILTERS;
use domain::dto::{platform::JobRow, tenant::CompanyJobListPage as Data};
use leptos::prelude::*;

const PATH: &str = "/jobs";

/// One page of the company's jobs, as asked for by the query of an address.
#[server(prefix = "/api/tenant", endpoint = "job_list")]
pub async fn company_job_list(#[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::jobs::company_job_list(&cx, &list_query(&query, FILTERS)).await;
    framed(&cx, found).await
}

/// The page `/jobs`.
#[component]
pub fn JobListPage() -> impl IntoView {
    let pairs = search_pairs();
    let query = list_query(&pairs, FILTERS);
    load(
        move || company_job_list(pairs.clone()),
        move |Framed { frame, data }| {
            let now = frame.now;
            let rows = move |rows| view! { <Rows rows now/> }.into_any();
            let empty = || {
                view! {
                    <div class="empty"><p class="font-semibold">"No job here"</p>
                        <p class="text-muted mt-1">"Imports and changes of many users show up here while they run and after."</p></div>
                }
                .into_any()
            };
            let list = list_card(PATH, &query, data.list.page, (), rows, empty);
            view! {
                <TenantPage frame active=PATH title="Jobs">
                    <PageHead title="Jobs" subtitle="Jobs keep running after you close this page."/>
                    {list}
                </TenantPage>
            }
        },
    )
}

#[component]
fn Rows(rows: Vec<JobRow>, now: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| {
        view! {
            <tr>
                <th scope="row"><a class="row-link" href=format!("/jobs/{}", row.id)>{row.kind.label()}" "<span class="text-muted font-normal">"#"{row.id.to_string()}</span></a></th>
                <td data-label="Status"><JobBadge status=row.status/></td>
                <td data-label="Progress" class="tabular-nums">{progress(row.done, row.total)}</td>
                <td data-label="Requested by" dir="auto">{row.created_by}</td>
                <td data-label="When"><When at=row.created_at now/></td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <div class="table-scroll">
            <table class="list-table">
                <caption class="sr-only">"Jobs"</caption>
                <thead><tr><th scope="col">"Job"</th><th scope="col">"Status"</th><th scope="col">"Progress"</th><th scope="col">"Requested by"</th><th scope="col">"When"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
