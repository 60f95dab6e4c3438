//! The page `/audit`: everything that was done in the company.

use crate::{
    api::{ApiError, Framed, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{AuditFilters, AuditTable, PageHead, list_card, list_query, list_url, load, nothing_matches, search_pairs},
};
use domain::{dto::AuditLine, list::ListPage};
use kernel::audit::TENANT_FILTERS;
use leptos::prelude::*;

const PATH: &str = "/audit";

/// One page of the company's audit log, as asked for by the query of an address.
#[server(prefix = "/api/tenant", endpoint = "audit_list")]
pub async fn audit_list(#[server(default)] query: Vec<(String, String)>) -> Result<Framed<ListPage<AuditLine>>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::audit::company_audit_list(&cx, &list_query(&query, TENANT_FILTERS)).await;
    framed(&cx, found).await
}

/// The page `/audit`.
#[component]
pub fn AuditPage() -> impl IntoView {
    let pairs = search_pairs();
    let query = list_query(&pairs, TENANT_FILTERS);
    load(
        move || audit_list(pairs.clone()),
        move |Framed { frame, data }| {
            let (now, query) = (frame.now, query.clone());
            let filters = view! { <AuditFilters path=PATH.to_owned() query=query.clone() by_tenant=false/> };
            let rows = move |lines| view! { <AuditTable lines now/> }.into_any();
            let list = list_card(PATH, &query, data, filters, rows, || nothing_matches(PATH, &query, "Try another actor, action or time."));
            let (csv, lines) = (list_url("/audit.csv", &query, &[]), list_url("/audit.jsonl", &query, &[]));
            view! {
                <TenantPage frame active=PATH title="Audit">
                    <PageHead title="Audit" subtitle="Everything that users and platform operators did in this company.">
                        <a class="btn" href=csv>"Export CSV"</a>
                        <a class="btn" href=lines>"Export JSON Lines"</a>
                    </PageHead>
                    {list}
                </TenantPage>
            }
        },
    )
}
