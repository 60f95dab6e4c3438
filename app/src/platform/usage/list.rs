//! The page `/usage`.

use crate::{
    api::{ApiError, Framed, framed, request_cx},
    platform::frame::PlatformPage,
    ui::{Chip, PageHead, SortHeader, Toolbar, list_card, list_query, list_url, load, search_pairs},
};
use control::usage::FILTERS;
use domain::{
    dto::platform::{UsageListPage as Data, UsageRow, UsageSize},
    format::size,
    list::{ListQuery, grouped},
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
            let query = query.clone();
            let mut chips = Vec::new();
            if !query.q.is_empty() {
                chips.push(Chip { label: format!("search: {}", query.q), href: list_url(PATH, &query, &[("q", "")]) });
            }
            let filters = view! { <Toolbar path=PATH query=query.clone() placeholder="Search company" chips/> };
            let asked = query.clone();
            let rows = move |rows| view! { <Rows rows query=asked/> }.into_any();
            let empty = || {
                view! { <div class="empty"><p class="font-semibold">"No company matches"</p><a class="btn btn-sm mt-4" href=PATH>"Clear all"</a></div> }
                    .into_any()
            };
            let list = list_card(PATH, &query, data.page, filters, rows, empty);
            view! {
                <PlatformPage frame active=PATH title="Usage">
                    <PageHead title="Usage" subtitle="Who uses how much. Requests are counted as they come, sizes are measured every six hours.">
                        <a class="btn btn-ghost" href=list_url("/usage.csv", &query, &[])>"Export"</a>
                    </PageHead>
                    {list}
                </PlatformPage>
            }
        },
    )
}

#[component]
fn Rows(rows: Vec<UsageRow>, query: ListQuery) -> impl IntoView {
    let head = |name, label| view! { <SortHeader path=PATH query=query.clone() name label/> };
    view! {
        <div class="table-scroll">
            <table class="list-table">
                <caption class="sr-only">"Usage"</caption>
                <thead><tr>{head("name", "Company")}{head("users", "Users")}{head("requests", "Requests today")}<th scope="col">"People today"</th>
                    <th scope="col">"Roles"</th><th scope="col">"Sign-ins"</th><th scope="col">"Audit lines"</th>{head("records", "Records in all")}{head("storage", "Storage")}</tr></thead>
                <tbody>
                    {rows.into_iter().map(|row| view! { <Row row/> }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: UsageRow) -> impl IntoView {
    let requests = if row.today.errors == 0 {
        grouped(row.today.requests)
    } else {
        format!("{} ({} errors)", grouped(row.today.requests), grouped(row.today.errors))
    };
    let of =
        |table: &str| known(row.size.as_ref(), |size| size.tables.iter().find(|(name, _)| name == table).map_or(0, |(_, count)| *count));
    view! {
        <tr>
            <th scope="row"><a class="row-link" href=format!("/tenants/{}/usage", row.slug) dir="auto">{row.name}</a></th>
            <td data-label="Users" class="tabular-nums">{grouped(row.users.into())}</td>
            <td data-label="Requests today" class="tabular-nums">{requests}</td>
            <td data-label="People today" class="tabular-nums">{grouped(row.people)}</td>
            <td data-label="Roles" class="tabular-nums">{of("roles")}</td>
            <td data-label="Sign-ins" class="tabular-nums">{of("login_events")}</td>
            <td data-label="Audit lines" class="tabular-nums">{of("audit_log")}</td>
            <td data-label="Records in all" class="tabular-nums">{known(row.size.as_ref(), |size| size.rows)}</td>
            <td data-label="Storage" class="tabular-nums">{row.size.as_ref().map_or_else(|| "not measured yet".to_owned(), |known| size(u64::try_from(known.bytes).unwrap_or(0)))}</td>
        </tr>
    }
}

fn known(size: Option<&UsageSize>, of: impl Fn(&UsageSize) -> i64) -> String {
    size.map_or_else(|| "–".to_owned(), |size| grouped(of(size)))
}
