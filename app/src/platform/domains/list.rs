//! The page `/domains`.

use crate::{
    api::{ApiError, Framed, PLATFORM_API, framed, request_cx},
    platform::frame::PlatformPage,
    ui::{Cell, Chip, Column, PageHead, Table, Title, Toolbar, Views, list_card, list_query, list_url, load, no_matches, search_pairs},
};
use control::{domains::FILTERS, views::DOMAIN_LIST_NAME};
use domain::{
    dto::platform::{DomainListPage as Data, DomainListRow},
    list::ListQuery,
    text::fold,
};
use leptos::prelude::*;

const PATH: &str = "/domains";

/// One page of all domains, as asked for by the query of an address.
#[server(prefix = "/api/platform", endpoint = "domain_list")]
pub async fn domain_list(#[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::domains::domain_list(&cx, &list_query(&query, FILTERS)).await;
    framed(&cx, found).await
}

/// The page `/domains`.
#[component]
pub fn DomainListPage() -> impl IntoView {
    let pairs = search_pairs();
    let query = list_query(&pairs, FILTERS);
    load(
        move || domain_list(pairs.clone()),
        move |Framed { frame, data }| {
            let (now, query) = (frame.now, data.views.opened(&query, FILTERS));
            let views = Views::new(PLATFORM_API, DOMAIN_LIST_NAME, data.views, frame.may_change());
            let above = views.view(&query, &columns());
            let tools = views.button(&query);
            let filters = view! { <Filters query=query.clone() tools/> };
            let asked = query.clone();
            let rows = move |rows| view! { <Rows rows query=asked views now/> }.into_any();
            let empty = || no_matches(PATH, &query, "No domain matches", "Try fewer words or remove filters.");
            let list = list_card(PATH, &query, data.page, filters, rows, empty);
            view! {
                <PlatformPage frame active=PATH title="Domains">
                    <PageHead title="Domains" subtitle="All domains and the tenants they lead to. Add a custom domain on the tenant's own page.">
                        <a class="btn" href=list_url("/domains.csv", &query, &[])>"Export"</a>
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
    let mut chips = Vec::new();
    if !query.q.is_empty() {
        chips.push(Chip { label: format!("search: {}", query.q), href: list_url(PATH, &query, &[("q", "")]) });
    }
    let mut selects = Vec::new();
    for (name, label, yes, no) in
        [("primary", "Primary or not", "Primary", "Not primary"), ("verified", "Verified or not", "Verified", "Not verified")]
    {
        let value = query.filter(name).next().unwrap_or_default().to_owned();
        let words = [("yes", yes), ("no", no)];
        if let Some((_, word)) = words.iter().find(|(known, _)| *known == value) {
            chips.push(Chip { label: fold(word), href: list_url(PATH, &query, &[(name, "")]) });
        }
        selects.push(view! {
            <select name=name aria-label=label>
                <option value="" selected=value.is_empty()>{label}</option>
                {words.into_iter().map(|(known, word)| view! { <option value=known selected=known == value>{word}</option> }).collect_view()}
            </select>
        });
    }
    view! { <Toolbar path=PATH query tools=Some(tools) placeholder="Domain or tenant" chips>{selects}</Toolbar> }
}

/// The columns there are.
fn columns() -> Vec<Column> {
    vec![
        Column::new("domain", "Domain").sorted(),
        Column::new("tenant", "Tenant").sorted(),
        Column::new("primary", "Primary"),
        Column::new("verified", "Verified"),
    ]
}

#[component]
fn Rows(rows: Vec<DomainListRow>, query: ListQuery, views: Views, now: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    let (columns, is_dense) = (views.columns(&query, columns()), views.is_dense(&query));
    let table = Table { caption: "Domains".into(), path: PATH, query: &query, columns, ticks: None, is_dense, now };
    table.plain(rows, |row, column| match column {
        "domain" => Title::link(format!("/tenants/{}/domains", row.slug), row.domain.clone()).into(),
        "tenant" => Cell::Link { href: format!("/tenants/{}", row.slug), text: row.tenant.clone() },
        "primary" if row.is_primary => "Primary".into(),
        "primary" => Cell::Muted("–"),
        "verified" if row.verified => "Verified".into(),
        "verified" => Cell::Muted("Not verified"),
        _ => Cell::Empty,
    })
}
