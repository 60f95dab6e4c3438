//! The page `/tenants`.

use crate::{
    api::{ApiError, Framed, framed, request_cx},
    platform::frame::PlatformPage,
    ui::{Chip, PageHead, QuotaMeter, SortHeader, StatusBadge, Toolbar, When, list_card, list_query, list_url, load, search_pairs},
};
use control::tenants::FILTERS;
use domain::{
    TenantStatus,
    dto::platform::{TenantListPage as Data, TenantRow},
    list::{ListQuery, grouped},
    text::fold,
};
use leptos::prelude::*;

const PATH: &str = "/tenants";
const CREATED: [(&str, &str); 5] =
    [("today", "Today"), ("7_days", "Last 7 days"), ("month", "This month"), ("year", "This year"), ("range", "From … to …")];

/// One page of the list of tenants, as asked for by the query of an address.
#[server(prefix = "/api/platform", endpoint = "tenant_list")]
pub async fn tenant_list(#[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let query = list_query(&query, FILTERS);
    let found = control::tenants::tenant_list(&cx, &query).await;
    framed(&cx, found).await
}

/// The page `/tenants`.
#[component]
pub fn TenantListPage() -> impl IntoView {
    let pairs = search_pairs();
    let query = list_query(&pairs, FILTERS);
    load(
        move || tenant_list(pairs.clone()),
        move |Framed { frame, data }| {
            let now = frame.now;
            let query = query.clone();
            let export = list_url("/tenants.csv", &query, &[]);
            let filters = view! { <Filters query=query.clone()/> };
            let narrowed = query.is_narrowed();
            let rows = |rows| view! { <Rows rows query=query.clone() now/> }.into_any();
            let list = list_card(PATH, &query, data.page, filters, rows, || view! { <Empty narrowed/> }.into_any());
            view! {
                <PlatformPage frame active=PATH title="Tenants">
                    <PageHead title="Tenants" subtitle=format!("{} companies, {} active", grouped(data.total), grouped(data.active))>
                        <a class="btn btn-ghost" href=export>"Export"</a>
                        <a class="btn btn-ghost" href="/tenants/import">"Import"</a>
                        <a class="btn btn-primary" href="/tenants/new">"New tenant"</a>
                    </PageHead>
                    {list}
                </PlatformPage>
            }
        },
    )
}

#[component]
fn Filters(query: ListQuery) -> impl IntoView {
    let status = query.filter("status").next().unwrap_or_default().to_owned();
    let created = query.filter("created").next().unwrap_or_default().to_owned();
    let value = |name: &str| query.filter(name).next().unwrap_or_default().to_owned();
    let (from, to) = (value("from"), value("to"));
    let mut chips = Vec::new();
    if !query.q.is_empty() {
        chips.push(Chip { label: format!("search: {}", query.q), href: list_url(PATH, &query, &[("q", "")]) });
    }
    if !status.is_empty() {
        let all = query.filter("status").collect::<Vec<_>>().join(", ");
        chips.push(Chip { label: format!("status: {all}"), href: list_url(PATH, &query, &[("status", "")]) });
    }
    if let Some((_, label)) = CREATED.iter().find(|(name, _)| *name == created) {
        let label = if created == "range" { format!("created: {from} – {to}") } else { format!("created: {}", fold(label)) };
        chips.push(Chip { label, href: list_url(PATH, &query, &[("created", ""), ("from", ""), ("to", "")]) });
    }
    let ranged = created == "range";
    view! {
        <Toolbar path=PATH query placeholder="Name, schema or domain" chips>
            <select class="select select-sm w-36" name="status" aria-label="Status">
                <option value="" selected=status.is_empty()>"Any status"</option>
                {TenantStatus::ALL.into_iter().map(|known| view! {
                    <option value=known.as_str() selected=known.as_str() == status>{known.label()}</option>
                }).collect_view()}
            </select>
            <select class="select select-sm w-40" name="created" aria-label="Created">
                <option value="" selected=created.is_empty()>"Created any time"</option>
                {CREATED.into_iter().map(|(name, label)| view! { <option value=name selected=name == created>{label}</option> }).collect_view()}
            </select>
            {ranged.then(|| view! {
                <input class="input input-sm w-36" type="date" name="from" value=from aria-label="Created from"/>
                <input class="input input-sm w-36" type="date" name="to" value=to aria-label="Created to"/>
            })}
        </Toolbar>
    }
}

#[component]
fn Rows(rows: Vec<TenantRow>, query: ListQuery, now: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    let head = |name: &'static str, label: &'static str| view! { <SortHeader path=PATH query=query.clone() name label/> };
    view! {
        <div class="table-scroll">
            <table class="list-table">
                <caption class="sr-only">"Tenants"</caption>
                <thead>
                    <tr>{head("name", "Name")}{head("schema", "Schema")}{head("created", "Created")}{head("users", "Users")}{head("status", "Status")}</tr>
                </thead>
                <tbody>
                    {rows.into_iter().map(|row| view! {
                        <tr>
                            <th scope="row">
                                <a class="row-link" href=format!("/tenants/{}", row.slug) dir="auto">{row.name}</a>
                                <span class="text-muted block truncate text-xs">{row.domain}</span>
                            </th>
                            <td data-label="Schema"><code class="text-xs">{row.schema_name}</code></td>
                            <td data-label="Created"><When at=row.created_on now/></td>
                            <td data-label="Users"><QuotaMeter used=row.user_count.into() most=row.max_users.into()/></td>
                            <td data-label="Status"><StatusBadge status=row.status has_schema=row.has_schema/></td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Empty(narrowed: bool) -> impl IntoView {
    if narrowed {
        view! {
            <div class="empty"><p class="font-semibold">"No tenant matches"</p>
                <p class="text-muted mt-1">"Try fewer words or filters."</p><a class="btn btn-sm mt-4" href=PATH>"Clear all"</a></div>
        }
        .into_any()
    } else {
        view! {
            <div class="empty"><p class="font-semibold">"No company yet"</p>
                <p class="text-muted mt-1">"A tenant is a company with its own schema and its own domain."</p>
                <a class="btn btn-sm btn-primary mt-4" href="/tenants/new">"New tenant"</a></div>
        }
        .into_any()
    }
}
