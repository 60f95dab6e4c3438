//! The page `/usage`.

use crate::{
    api::{ApiError, Framed, PLATFORM_API, framed, request_cx},
    platform::frame::PlatformPage,
    ui::{
        Cell, Chip, Column, PageHead, Table, Title, Toolbar, Views, list_card, list_query, list_url, load, no_matches, number, search_pairs,
    },
};
use control::{usage::FILTERS, views::USAGE_LIST_NAME};
use domain::{
    dto::platform::{UsageListPage as Data, UsageRow, UsageSize},
    format::size,
    list::ListQuery,
};
use leptos::prelude::*;

const PATH: &str = "/usage";

/// One page of companies with what they use, as asked for by the query of an address.
#[server(prefix = "/api/platform", endpoint = "usage_list")]
pub async fn usage_list(#[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::usage::usage_list(&cx, &list_query(&query, FILTERS)).await;
    framed(&cx, found).await
}

/// The page `/usage`.
#[component]
pub fn UsageListPage() -> impl IntoView {
    let pairs = search_pairs();
    let query = list_query(&pairs, FILTERS);
    load(
        move || usage_list(pairs.clone()),
        move |Framed { frame, data }| {
            let (now, query) = (frame.now, data.views.opened(&query, FILTERS));
            let mut chips = Vec::new();
            if !query.q.is_empty() {
                chips.push(Chip { label: format!("search: {}", query.q), href: list_url(PATH, &query, &[("q", "")]) });
            }
            let views = Views::new(PLATFORM_API, USAGE_LIST_NAME, data.views, frame.may_change());
            let above = views.view(&query, &columns());
            let tools = views.button(&query);
            let filters = view! { <Toolbar path=PATH query=query.clone() tools=Some(tools) placeholder="Search tenants" chips/> };
            let asked = query.clone();
            let rows = move |rows| view! { <Rows rows query=asked views now/> }.into_any();
            let empty = || {
                if !query.is_narrowed() {
                    return view! { <div class="empty"><p class="font-semibold">"No tenants yet"</p></div> }.into_any();
                }
                no_matches(PATH, &query, "No tenant matches", "Try fewer words.")
            };
            let list = list_card(PATH, &query, data.page, filters, rows, empty);
            view! {
                <PlatformPage frame active=PATH title="Usage">
                    <PageHead title="Usage" subtitle="Usage by tenant. Requests are counted as they arrive. Sizes are measured every six hours.">
                        <a class="btn" href=list_url("/usage.csv", &query, &[])>"Export"</a>
                    </PageHead>
                    {above}
                    {list}
                </PlatformPage>
            }
        },
    )
}

/// The columns there are.
fn columns() -> Vec<Column> {
    vec![
        Column::new("name", "Tenant").sorted(),
        Column::new("users", "Users").sorted().labelled(),
        Column::new("requests", "Requests today").sorted().labelled(),
        Column::new("people", "Users seen today").labelled(),
        Column::new("roles", "Roles").labelled().extra(),
        Column::new("login_events", "Sign-ins").labelled().extra(),
        Column::new("audit_log", "Audit entries").labelled().extra(),
        Column::new("records", "Total records").sorted().labelled(),
        Column::new("storage", "Database size").sorted().labelled(),
    ]
}

#[component]
fn Rows(rows: Vec<UsageRow>, query: ListQuery, views: Views, now: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    let (columns, is_dense) = (views.columns(&query, columns()), views.is_dense(&query));
    let table = Table { caption: "Usage".into(), path: PATH, query: &query, columns, ticks: None, is_dense, now };
    table.plain(rows, |row, column| match column {
        "name" => Title::link(format!("/tenants/{}/usage", row.slug), row.name.clone()).into(),
        "users" => Cell::number(row.users.into()),
        "requests" if row.today.errors == 0 => Cell::number(row.today.requests),
        "requests" => format!("{} ({} errors)", number(row.today.requests), number(row.today.errors)).into(),
        "people" => Cell::number(row.people),
        "records" => known(row, |size| size.rows),
        "storage" => match &row.size {
            Some(known) => size(u64::try_from(known.bytes).unwrap_or(0)).into(),
            None => Cell::Muted("not measured yet"),
        },
        table => known(row, |size| size.tables.iter().find(|(name, _)| name == table).map_or(0, |(_, count)| *count)),
    })
}

fn known(row: &UsageRow, of: impl Fn(&UsageSize) -> i64) -> Cell {
    row.size.as_ref().map_or(Cell::Muted("–"), |size| Cell::number(of(size)))
}
