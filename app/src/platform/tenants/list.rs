//! The page `/tenants`.

use crate::{
    api::{ApiError, Framed, PLATFORM_API, framed, request_cx},
    platform::frame::PlatformPage,
    ui::{
        BadgeText, Cell, Chip, Column, PageHead, Table, Title, Toolbar, Views, list_card, list_query, list_url, load, no_matches,
        search_pairs,
    },
};
use control::{tenants::FILTERS, views::TENANT_LIST_NAME};
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
            let query = data.views.opened(&query, FILTERS);
            let export = list_url("/tenants.csv", &query, &[]);
            let views = Views::new(PLATFORM_API, TENANT_LIST_NAME, data.views, frame.may_change());
            let above = views.view(&query, &columns());
            let tools = views.button(&query);
            let filters = view! { <Filters query=query.clone() tools/> };
            let rows = |rows| view! { <Rows rows query=query.clone() views now/> }.into_any();
            let list = list_card(PATH, &query, data.page, filters, rows, || view! { <Empty query=query.clone()/> }.into_any());
            view! {
                <PlatformPage frame active=PATH title="Tenants">
                    <PageHead title="Tenants" subtitle=format!("{} tenants, {} active", grouped(data.total), grouped(data.active))>
                        <a class="btn" href=export>"Export"</a>
                        <a class="btn" href="/tenants/import">"Import"</a>
                        <a class="btn btn-primary" href="/tenants/new">"New tenant"</a>
                    </PageHead>
                    {above}
                    {list}
                </PlatformPage>
            }
        },
    )
}

#[component]
fn Filters(query: ListQuery, tools: AnyView) -> impl IntoView {
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
    let favourites = query.filter("favourites").next().is_some();
    if favourites {
        chips.push(Chip { label: "favourites".to_owned(), href: list_url(PATH, &query, &[("favourites", "")]) });
    }
    let ranged = created == "range";
    view! {
        <Toolbar path=PATH query tools=Some(tools) placeholder="Name, schema or domain" chips>
            <select name="status" aria-label="Status">
                <option value="" selected=status.is_empty()>"Any status"</option>
                {TenantStatus::ALL.into_iter().map(|known| view! {
                    <option value=known.as_str() selected=known.as_str() == status>{known.label()}</option>
                }).collect_view()}
            </select>
            <select name="favourites" aria-label="Favourites">
                <option value="" selected=!favourites>"All tenants"</option>
                <option value="yes" selected=favourites>"Favourites"</option>
            </select>
            <select name="created" aria-label="Created">
                <option value="" selected=created.is_empty()>"Created any time"</option>
                {CREATED.into_iter().map(|(name, label)| view! { <option value=name selected=name == created>{label}</option> }).collect_view()}
            </select>
            {ranged.then(|| view! {
                <input type="date" name="from" value=from aria-label="Created from"/>
                <input type="date" name="to" value=to aria-label="Created to"/>
            })}
        </Toolbar>
    }
}

/// The columns there are.
fn columns() -> Vec<Column> {
    vec![
        Column::new("name", "Name").sorted(),
        Column::new("schema", "Schema").sorted(),
        Column::new("created", "Created").sorted().labelled(),
        Column::new("users", "Users").sorted().labelled(),
        Column::new("status", "Status").sorted(),
    ]
}

#[component]
fn Rows(rows: Vec<TenantRow>, query: ListQuery, views: Views, now: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    let (columns, is_dense) = (views.columns(&query, columns()), views.is_dense(&query));
    let table = Table { caption: "Tenants".into(), path: PATH, query: &query, columns, ticks: None, is_dense, now };
    table.plain(rows, |row, column| match column {
        "name" => Title::link(format!("/tenants/{}", row.slug), row.name.clone()).below(row.domain.clone()).into(),
        "schema" => Cell::Code(row.schema_name.clone()),
        "created" => Cell::When(row.created_on),
        "users" => Cell::Meter { used: row.user_count.into(), most: row.max_users.into() },
        "status" => BadgeText::of_tenant(row.status, row.has_schema).into(),
        _ => Cell::Empty,
    })
}

#[component]
fn Empty(query: ListQuery) -> impl IntoView {
    if query.is_narrowed() {
        no_matches(PATH, &query, "No tenant matches", "Try fewer words or remove filters.")
    } else {
        view! {
            <div class="empty"><p class="font-semibold">"No tenants yet"</p>
                <p class="text-muted mt-1">"A tenant is a company with its own schema and its own domain."</p>
                <a class="btn btn-sm btn-primary mt-4" href="/tenants/new">"New tenant"</a></div>
        }
        .into_any()
    }
}
