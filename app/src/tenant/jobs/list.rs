//! The page `/jobs`.

use crate::{
    api::{ApiError, Framed, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{PageHead, job_table, list_card, list_query, load, search_pairs},
};
use control::jobs::FILTERS;
use domain::dto::tenant::CompanyJobListPage as Data;
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
            let rows = move |rows| job_table(PATH, &asked, rows, now, false);
            let empty = || {
                view! {
                    <div class="empty"><p class="font-semibold">"No jobs to show"</p>
                        <p class="text-muted mt-1">"Imports and bulk changes of users appear here while they run and afterwards."</p></div>
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
