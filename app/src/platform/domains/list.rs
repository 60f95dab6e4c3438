//! The page `/domains`.

use crate::{
    api::{ApiError, Framed, framed, request_cx},
    platform::frame::PlatformPage,
    ui::{Chip, PageHead, SortHeader, Toolbar, list_card, list_query, list_url, load, search_pairs},
};
use control::domains::FILTERS;
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
            let query = query.clone();
            let filters = view! { <Filters query=query.clone()/> };
            let asked = query.clone();
            let rows = move |rows| view! { <Rows rows query=asked/> }.into_any();
            let empty = || {
                view! {
                <div class="empty"><p class="font-semibold">"No domain matches"</p><a class="btn btn-sm mt-4" href=PATH>"Clear all"</a></div>
            }.into_any()
            };
            let list = list_card(PATH, &query, data.page, filters, rows, empty);
            view! {
                <PlatformPage frame active=PATH title="Domains">
                    <PageHead title="Domains" subtitle="Which host leads to which company. A company's own domains are added on its page.">
                        <a class="btn btn-ghost" href=list_url("/domains.csv", &query, &[])>"Export"</a>
                    </PageHead>
                    {list}
                </PlatformPage>
            }
        },
    )
}

#[component]
fn Filters(query: ListQuery) -> impl IntoView {
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
            <select class="select select-sm w-40" name=name aria-label=label>
                <option value="" selected=value.is_empty()>{label}</option>
                {words.into_iter().map(|(known, word)| view! { <option value=known selected=known == value>{word}</option> }).collect_view()}
            </select>
        });
    }
    view! { <Toolbar path=PATH query placeholder="Domain or tenant" chips>{selects}</Toolbar> }
}

#[component]
fn Rows(rows: Vec<DomainListRow>, query: ListQuery) -> impl IntoView {
    let head = |name: &'static str, label: &'static str| view! { <SortHeader path=PATH query=query.clone() name label/> };
    view! {
        <div class="table-scroll">
            <table class="list-table">
                <caption class="sr-only">"Domains"</caption>
                <thead><tr>{head("domain", "Domain")}{head("tenant", "Tenant")}<th scope="col">"Primary"</th><th scope="col">"Verified"</th></tr></thead>
                <tbody>
                    {rows.into_iter().map(|row| view! {
                        <tr>
                            <th scope="row"><a class="row-link" href=format!("/tenants/{}/domains", row.slug)>{row.domain}</a></th>
                            <td data-label="Tenant"><a class="link-quiet" href=format!("/tenants/{}", row.slug) dir="auto">{row.tenant}</a></td>
                            <td data-label="Primary">{if row.is_primary { "Primary" } else { "–" }}</td>
                            <td data-label="Verified">{if row.verified { "Verified" } else { "Not yet" }}</td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}
