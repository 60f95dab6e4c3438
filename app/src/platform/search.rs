//! The page `/search`.

use super::{
    frame::{PlatformPage, nav},
    tenants::TABS,
};
use crate::{
    api::{ApiError, Framed, framed, request_cx},
    ui::{Hit, HitGroup, SearchResults, load, page_hits, search_pairs},
};
use domain::{Email, dto::search::PlatformSearch as Data};
use leptos::prelude::*;

/// Pages that the navigation does not lead to at once.
const FURTHER: [(&str, &str); 6] = [
    ("New tenant", "/tenants/new"),
    ("Import a tenant", "/tenants/import"),
    ("New admin", "/admins/new"),
    ("Your account", "/account"),
    ("Change your password", "/account/password"),
    ("Your second factor", "/account/mfa"),
];

/// Looks through tenants, domains and platform admins.
#[server(prefix = "/api/platform", endpoint = "search")]
pub async fn search(#[server(default)] q: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::search::search(&cx, &q).await;
    framed(&cx, found).await
}

/// The page `/search`. With `tab` it leads to that tab of a tenant, and finds nothing else.
#[component]
pub fn SearchPage() -> impl IntoView {
    let pairs = search_pairs();
    let value = move |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let q = value("q");
    let asked_tab = value("tab");
    let tab = asked_tab.as_str();
    let tab = TABS.iter().map(|(_, end)| *end).find(|end| !tab.is_empty() && end.trim_start_matches('/') == tab.trim_start_matches('/'));
    let asked = q.clone();
    load(
        move || search(asked.clone()),
        move |Framed { frame, data }| {
            let q = q.clone();
            let end = tab.unwrap_or_default();
            let tenants = data.tenants.into_iter().map(|(slug, name, domain)| Hit::new(name, domain, format!("/tenants/{slug}{end}")));
            let mut groups = vec![HitGroup { title: "Tenants".into(), hits: tenants.collect() }];
            if tab.is_none() {
                let domains =
                    data.domains.into_iter().map(|row| Hit::new(row.domain, row.tenant, format!("/tenants/{}/domains", row.slug)));
                groups.push(HitGroup { title: "Domains".into(), hits: domains.collect() });
                // Looking for an address in all tenants takes longer and is logged, so it is offered and not done.
                let query = Email::parse(&q).ok().and_then(|_| serde_urlencoded::to_string([("q", &q)]).ok());
                let lookup = query.map(|query| Hit::new(format!("Search all tenants for {q}"), "", format!("/users?{query}")));
                groups.push(HitGroup { title: "Users".into(), hits: lookup.into_iter().collect() });
                let admins = data.admins.into_iter().map(|(name, email)| Hit::new(name, email, "/admins"));
                groups.push(HitGroup { title: "Admins".into(), hits: admins.collect() });
                groups.push(page_hits(&q, &nav(), &FURTHER));
            }
            let kept = tab.map(|_| ("tab", asked_tab.clone())).into_iter().collect();
            let placeholder = if tab.is_some() { "Switch to a tenant" } else { "Tenants, domains, admins and pages" };
            view! { <PlatformPage frame active="" title="Search"><SearchResults q kept placeholder groups/></PlatformPage> }
        },
    )
}
