//! The page `/search`.

use super::frame::{TenantPage, nav};
use crate::{
    api::{ApiError, Frame, Framed, framed, request_cx},
    ui::{Hit, HitGroup, SearchResults, load, page_hits, search_pairs},
};
use domain::{Permission, dto::search::TenantSearch as Data, setting::SETTINGS, text::found_in};
use leptos::prelude::*;

/// Looks through what the caller may see.
#[server(prefix = "/api/tenant", endpoint = "search")]
pub async fn search(#[server(default)] q: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::search::search(&cx, &q).await;
    framed(&cx, found).await
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
        move || search(asked.clone()),
        move |Framed { frame, data }| {
            let q = q.clone();
            let users = data.users.into_iter().map(|(id, name, email)| Hit::new(name, email, format!("/users/{id}"))).collect();
            let roles = data.roles.into_iter().map(|(key, name)| Hit::new(name, "", format!("/roles/{key}"))).collect();
            let may_set = frame.permissions.has(Permission::SettingsManage) && !q.trim().is_empty();
            let settings = SETTINGS.iter().filter(|setting| may_set && found_in(&q, setting.known.label));
            let settings = settings.map(|setting| {
                let page = super::settings::path_of(setting.group);
                Hit::new(setting.known.label, "", format!("{page}#{}", setting.known.key))
            });
            let groups = vec![
                HitGroup { title: "Users", hits: users },
                HitGroup { title: "Roles", hits: roles },
                page_hits(&q, &nav(&frame), &further(&frame)),
                HitGroup { title: "Settings", hits: settings.collect() },
            ];
            view! { <TenantPage frame active="" title="Search"><SearchResults q placeholder="Search users, roles, settings and pages" groups/></TenantPage> }
        },
    )
}
