//! The page `/search`.

use super::frame::{TenantPage, nav};
use crate::{
    api::{ApiError, ApiResult, Frame, Framed, framed, request_cx},
    ui::{Hit, HitGroup, SearchResults, load, page_hits, search_pairs},
};
use domain::{
    Permission,
    dto::search::{RecordHits, TenantSearch as Data},
    setting::SETTINGS,
    text::found_in,
};
use leptos::prelude::*;

/// Looks through what the caller may see.
#[server(prefix = "/api/tenant", endpoint = "search")]
pub async fn search(#[server(default)] q: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::search::search(&cx, &q).await;
    framed(&cx, found).await
}

/// Looks through the records that the caller sees.
#[server(prefix = "/api/tenant", endpoint = "record_search")]
pub async fn record_search(#[server(default)] q: String) -> Result<Framed<Vec<RecordHits>>, ApiError> {
    let cx = request_cx().await?;
    let found = records::record_search(&cx, &q).await;
    framed(&cx, found).await
}

/// Everything that a search finds.
async fn everything(q: String) -> ApiResult<Framed<(Data, Vec<RecordHits>)>> {
    let Framed { frame, data } = search(q.clone()).await?;
    let records = if frame.permissions.has(Permission::RecordsView) { record_search(q).await?.data } else { Vec::new() };
    Ok(Framed { frame, data: (data, records) })
}

/// Pages that the navigation does not lead to at once.
fn further(frame: &Frame) -> Vec<(&'static str, &'static str)> {
    let mut pages = vec![
        ("Your account", "/account"),
        ("Change your password", "/account/password"),
        ("Your second factor", "/account/mfa"),
        ("Your sessions", "/account/sessions"),
        ("Your sign-ins", "/account/sign-ins"),
    ];
    let may = |permission| frame.permissions.has(permission);
    if frame.permissions.can_create_users() {
        pages.push(("New user", "/users/new"));
    }
    if frame.permissions.can_create_users() && frame.permissions.can_manage_users() {
        pages.push(("Import users", "/users/import"));
    }
    if may(Permission::RolesManage) {
        pages.push(("New role", "/roles/new"));
    }
    if may(Permission::SettingsManage) {
        pages.extend([
            ("Security settings", "/settings/security"),
            ("User fields", "/settings/fields"),
            ("AI settings", "/settings/ai"),
            ("Custom settings", "/settings/custom"),
        ]);
    }
    pages
}

/// The page `/search`.
#[component]
pub fn SearchPage() -> impl IntoView {
    let q = search_pairs().into_iter().find(|(name, _)| name == "q").map(|(_, q)| q).unwrap_or_default();
    let asked = q.clone();
    load(
        move || everything(asked.clone()),
        move |Framed { frame, data: (data, records) }| {
            let q = q.clone();
            let users = data.users.into_iter().map(|(id, name, email)| Hit::new(name, email, format!("/users/{id}"))).collect();
            let roles = data.roles.into_iter().map(|(key, name)| Hit::new(name, "", format!("/roles/{key}"))).collect();
            let may_set = frame.permissions.has(Permission::SettingsManage) && !q.trim().is_empty();
            let settings = SETTINGS.iter().filter(|setting| may_set && found_in(&q, setting.known.label));
            let settings = settings.map(|setting| {
                let page = super::settings::path_of(setting.group);
                Hit::new(setting.known.label, "", format!("{page}#{}", setting.known.key))
            });
            let records = records.into_iter().map(|RecordHits { pipeline, hits }| {
                let path = pipeline.path();
                let hits = hits.into_iter().map(|hit| Hit::new(hit.title, hit.sub, format!("{path}/{}", hit.id)));
                HitGroup { title: pipeline.name.into(), hits: hits.collect() }
            });
            let rest = vec![
                HitGroup { title: "Users".into(), hits: users },
                HitGroup { title: "Roles".into(), hits: roles },
                page_hits(&q, &nav(&frame), &further(&frame)),
                HitGroup { title: "Settings".into(), hits: settings.collect() },
            ];
            let groups = records.chain(rest).collect();
            view! { <TenantPage frame active="" title="Search"><SearchResults q placeholder="Search records, users, settings and pages" groups/></TenantPage> }
        },
    )
}
