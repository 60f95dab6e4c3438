//! The frame of every page of a tenant's site.

use crate::{
    api::{Frame, TENANT_API},
    ui::{IconName, NavGroup, NavItem, PageFrame},
};
use domain::Permission;
use leptos::prelude::*;

/// The navigation: what the viewer may open.
pub(super) fn nav(frame: &Frame) -> Vec<NavGroup> {
    let mut work = vec![NavItem::new("Dashboard", "/", IconName::Home)];
    if frame.permissions.has(Permission::RecordsView) {
        work.push(NavItem::new("Tasks", "/tasks", IconName::Check));
    }
    work.extend(
        frame.pipelines.iter().map(|pipeline| NavItem::new(pipeline.name.clone(), pipeline.path(), IconName::of_pipeline(&pipeline.icon))),
    );
    let mut items = Vec::new();
    if frame.permissions.has(Permission::UsersView) {
        items.push(NavItem::new("Users", "/users", IconName::Users));
    }
    if frame.permissions.has(Permission::UsersView) || frame.permissions.has(Permission::RolesManage) {
        items.push(NavItem::new("Roles", "/roles", IconName::Shield));
    }
    if frame.permissions.has(Permission::UsersManage) {
        items.push(NavItem::new("Teams", "/teams", IconName::Team));
    }
    if frame.permissions.has(Permission::SettingsManage) {
        items.push(NavItem::new("Settings", "/settings", IconName::Sliders));
    }
    if frame.permissions.has(Permission::UsersManage) {
        items.push(NavItem::new("Jobs", "/jobs", IconName::Pulse));
    }
    let mut nav = vec![NavGroup { title: "", items: work }];
    if frame.permissions.has(Permission::SessionsManage) {
        items.push(NavItem::new("Sessions", "/sessions", IconName::Key));
    }
    if frame.permissions.has(Permission::AuditView) {
        items.push(NavItem::new("Audit", "/audit", IconName::List));
    }
    if !items.is_empty() {
        nav.push(NavGroup { title: "Administration", items });
    }
    nav
}

/// A page of a tenant's site.
#[component]
pub(crate) fn TenantPage(
    frame: Frame,
    #[prop(into)] active: String,
    #[prop(default = Vec::new())] crumbs: Vec<(String, String)>,
    #[prop(into)] title: String,
    children: Children,
) -> impl IntoView {
    let nav = nav(&frame);
    view! { <PageFrame frame api=TENANT_API nav active crumbs title>{children()}</PageFrame> }
}

/// An error in the frame of this site.
pub(crate) fn failed(frame: Frame, title: &'static str, body: AnyView) -> AnyView {
    view! { <TenantPage frame active="" title>{body}</TenantPage> }.into_any()
}
