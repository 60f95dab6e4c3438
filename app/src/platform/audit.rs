//! The pages `/audit` and `/tenants/{slug}/audit`.

use crate::{
    api::{ApiError, Framed, framed, request_cx},
    platform::{
        frame::PlatformPage,
        tenants::{TenantFrame, slug},
    },
    ui::{AuditFilters, AuditTable, PageHead, list_card, list_query, list_url, load, nothing_matches, search_pairs},
};
use control::audit::FILTERS;
use domain::dto::{
    AuditLine,
    platform::{AuditPage as Data, TenantAuditPage as TenantData},
};
use kernel::audit::TENANT_FILTERS;
use leptos::prelude::*;

const PATH: &str = "/audit";

/// One page of the platform's audit log, as asked for by the query of an address.
#[server(prefix = "/api/platform", endpoint = "audit_list")]
pub async fn audit_list(#[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::audit::audit_list(&cx, &list_query(&query, FILTERS)).await;
    framed(&cx, found).await
}

/// One page of what happened to one tenant, as asked for by the query of an address.
#[server(prefix = "/api/platform", endpoint = "tenant_audit_list")]
pub async fn tenant_audit_list(slug: String, #[server(default)] query: Vec<(String, String)>) -> Result<Framed<TenantData>, ApiError> {
    let cx = request_cx().await?;
    let found = control::audit::tenant_audit_list(&cx, &slug, &list_query(&query, TENANT_FILTERS)).await;
    framed(&cx, found).await
}

/// The page `/audit`.
#[component]
pub fn AuditPage() -> impl IntoView {
    let pairs = search_pairs();
    let query = list_query(&pairs, FILTERS);
    load(
        move || audit_list(pairs.clone()),
        move |Framed { frame, data }| {
            let (now, query) = (frame.now, query.clone());
            let tenants = data.tenants;
            let company = Callback::new(move |line: AuditLine| {
                let known = line.tenant.and_then(|id| tenants.iter().find(|tenant| tenant.id == id));
                match (known, line.tenant) {
                    (Some(tenant), _) => {
                        view! { <a class="link-quiet" href=format!("/tenants/{}", tenant.slug) dir="auto">{tenant.name.clone()}</a> }
                            .into_any()
                    }
                    (None, Some(id)) => view! { <span class="text-muted">"deleted, ID "{id.to_string()}</span> }.into_any(),
                    (None, None) => ().into_any(),
                }
            });
            let filters = view! { <AuditFilters path=PATH.to_owned() query=query.clone() by_tenant=true/> };
            let rows = move |lines| view! { <AuditTable lines tenant=company now/> }.into_any();
            let list =
                list_card(PATH, &query, data.page, filters, rows, || nothing_matches(PATH, &query, "Try another actor, action or time."));
            let (csv, lines) = (list_url("/audit.csv", &query, &[]), list_url("/audit.jsonl", &query, &[]));
            view! {
                <PlatformPage frame active=PATH title="Audit">
                    <PageHead title="Audit" subtitle="Every action on the platform, in a chained log that shows if an entry was changed.">
                        <a class="btn" href=csv>"Export CSV"</a>
                        <a class="btn" href=lines>"Export JSON Lines"</a>
                    </PageHead>
                    {list}
                </PlatformPage>
            }
        },
    )
}

/// The page `/tenants/{slug}/audit`.
#[component]
pub fn TenantAuditPage() -> impl IntoView {
    let slug = slug();
    let pairs = search_pairs();
    let query = list_query(&pairs, TENANT_FILTERS);
    load(
        move || tenant_audit_list(slug.clone(), pairs.clone()),
        move |Framed { frame, data }| {
            let (now, query) = (frame.now, query.clone());
            let path = format!("/tenants/{}/audit", data.head.tenant.slug);
            let filters = view! { <AuditFilters path=path.clone() query=query.clone() by_tenant=false/> };
            let rows = move |lines| view! { <AuditTable lines now/> }.into_any();
            let list =
                list_card(&path, &query, data.page, filters, rows, || nothing_matches(&path, &query, "Try another actor, action or time."));
            view! { <TenantFrame frame head=data.head tab="Audit">{list}</TenantFrame> }
        },
    )
}
