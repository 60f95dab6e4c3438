//! The pages `/audit` and `/tenants/{slug}/audit`.

use crate::{
    api::{ApiError, Framed, request_cx},
    platform::{
        PlatformPage,
        tenants::{TenantFrame, slug},
    },
    ui::{AuditTable, Chip, PageHead, Toolbar, list_card, list_query, list_url, load, search_pairs},
};
use domain::{
    dto::{
        AuditLine,
        platform::{AuditPage as Data, TenantAuditPage as TenantData},
    },
    list::ListQuery,
};
use leptos::prelude::*;
use services::audit::{FILTERS, TENANT_FILTERS};

const PATH: &str = "/audit";

/// One page of the platform's audit log, as asked for by the query of an address.
#[server(prefix = "/api/platform", endpoint = "audit_list")]
pub async fn audit_list(#[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = services::audit::audit_list(&cx, &list_query(&query, FILTERS)).await;
    let (viewer, data) = cx.answer(found).await?;
    Ok(Framed { frame: crate::platform::frame(&cx, viewer).await?, data })
}

/// One page of what happened to one tenant, as asked for by the query of an address.
#[server(prefix = "/api/platform", endpoint = "tenant_audit_list")]
pub async fn tenant_audit_list(slug: String, #[server(default)] query: Vec<(String, String)>) -> Result<Framed<TenantData>, ApiError> {
    let cx = request_cx().await?;
    let found = services::audit::tenant_audit_list(&cx, &slug, &list_query(&query, TENANT_FILTERS)).await;
    let (viewer, data) = cx.answer(found).await?;
    Ok(Framed { frame: crate::platform::frame(&cx, viewer).await?, data })
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
                    (None, Some(id)) => view! { <span class="text-muted">"gone, id "{id.to_string()}</span> }.into_any(),
                    (None, None) => ().into_any(),
                }
            });
            let filters = view! { <Filters path=PATH.to_owned() query=query.clone() by_tenant=true/> };
            let rows = move |lines| view! { <AuditTable lines tenant=company now/> }.into_any();
            let list = list_card(PATH, &query, data.page, filters, rows, || empty(PATH));
            let (csv, lines) = (list_url("/audit.csv", &query, &[]), list_url("/audit.jsonl", &query, &[]));
            view! {
                <PlatformPage frame active=PATH title="Audit">
                    <PageHead title="Audit" subtitle="Everything that was done here, in a chain that shows if a line was changed.">
                        <a class="btn btn-ghost" href=csv download>"CSV"</a>
                        <a class="btn btn-ghost" href=lines download>"JSON Lines"</a>
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
            let filters = view! { <Filters path=path.clone() query=query.clone() by_tenant=false/> };
            let back = path.clone();
            let rows = move |lines| view! { <AuditTable lines now/> }.into_any();
            let list = list_card(&path, &query, data.page, filters, rows, move || empty(&back));
            view! { <TenantFrame frame head=data.head tab="Audit">{list}</TenantFrame> }
        },
    )
}

fn empty(path: &str) -> AnyView {
    let path = path.to_owned();
    view! {
        <div class="empty"><p class="font-semibold">"Nothing matches"</p>
            <p class="text-muted mt-1">"Try another actor, action or time."</p><a class="btn btn-sm mt-4" href=path>"Clear all"</a></div>
    }
    .into_any()
}

#[component]
fn Filters(path: String, query: ListQuery, by_tenant: bool) -> impl IntoView {
    let value = |name: &str| query.filter(name).next().unwrap_or_default().to_owned();
    let mut chips = Vec::new();
    if !query.q.is_empty() {
        chips.push(Chip { label: format!("actor: {}", query.q), href: list_url(&path, &query, &[("q", "")]) });
    }
    for name in FILTERS {
        let value = value(name);
        if !value.is_empty() {
            chips.push(Chip { label: format!("{name}: {value}"), href: list_url(&path, &query, &[(name, "")]) });
        }
    }
    let (action, tenant, from, to) = (value("action"), value("tenant"), value("from"), value("to"));
    view! {
        <Toolbar path query placeholder="Actor begins with" chips>
            <input class="input input-sm w-40" type="text" name="action" value=action placeholder="Action, such as user." aria-label="Action begins with" maxlength="60"/>
            {by_tenant.then(|| view! { <input class="input input-sm w-36" type="text" name="tenant" value=tenant placeholder="Tenant" aria-label="Tenant, by its short name" maxlength="40"/> })}
            <input class="input input-sm w-36" type="date" name="from" value=from aria-label="From"/>
            <input class="input input-sm w-36" type="date" name="to" value=to aria-label="To"/>
        </Toolbar>
    }
}
