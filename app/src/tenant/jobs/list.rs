//! The page `/jobs`.

use crate::{
    api::{ApiError, Framed, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{BadgeText, Cell, Column, PageHead, Table, Title, list_card, list_query, load, progress, search_pairs},
};
use control::jobs::FILTERS;
use domain::{
    dto::{platform::JobRow, tenant::CompanyJobListPage as Data},
    list::ListQuery,
};
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
            let (now, query) = (frame.now, query.clone());
            let asked = query.clone();
            let rows = move |rows| view! { <Rows rows query=asked now/> }.into_any();
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
fn Rows(rows: Vec<JobRow>, query: ListQuery, now: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    let columns = vec![
        Column::new("job", "Job"),
        Column::new("status", "Status"),
        Column::new("progress", "Progress").labelled(),
        Column::new("by", "Requested by").labelled(),
        Column::new("created", "Requested").labelled(),
    ];
    let table = Table { caption: "Jobs", path: PATH, query: &query, columns, ticks: None, is_dense: false, now };
    table.plain(rows, |row, column| match column {
        "job" => Title::link(format!("/jobs/{}", row.id), format!("{} #{}", row.kind.label(), row.id)).into(),
        "status" => BadgeText::from(row.status).into(),
        "progress" => progress(row.done, row.total).into(),
        "by" => row.created_by.clone().into(),
        "created" => Cell::When(row.created_at),
        _ => Cell::Empty,
    })
}
