//! The frame of every page of a tenant's site.

use crate::{
    api::{Frame, TENANT_API},
    ui::{IconName, NavGroup, NavItem, PageFrame},
};
use domain::Permission;
use leptos::prelude::*;

/// The navigation: what the viewer may open.
pub(super) fn nav(frame: &Frame) -> Vec<NavGroup> {
    let mut items = vec![NavItem { label: "Dashboard", href: "/", icon: IconName::Home }];
    if frame.permissions.has(Permission::UsersView) {
        items.push(NavItem { label: "Users", href: "/users", icon: IconName::Users });
    }
    if frame.permissions.has(Permission::UsersView) || frame.permissions.has(Permission::RolesManage) {
        items.push(NavItem { label: "Roles", href: "/roles", icon: IconName::Shield });
    }
    if frame.permissions.has(Permission::SettingsManage) {
        items.push(NavItem { label: "Settings", href: "/settings", icon: IconName::Sliders });
    }
    if frame.permissions.has(Permission::UsersManage) {
        items.push(NavItem { label: "Jobs", href: "/jobs", icon: IconName::Pulse });
    }
    let mut nav = vec![NavGroup { title: "Workspace", items }];
    let mut watch = Vec::new();
    if frame.permissions.has(Permission::SessionsManage) {
        watch.push(NavItem { label: "Sessions", href: "/sessions", icon: IconName::Key });
    }
    if frame.permissions.has(Permission::AuditView) {
        watch.push(NavItem { label: "Audit", href: "/audit", icon: IconName::List });
    }
    if !watch.is_empty() {
        nav.push(NavGroup { title: "Security", items: watch });
    }
    nav
}

/// A page of a tenant's site.
#[component]
pub(crate) fn TenantPage(
    frame: Frame,
    active: &'static str,
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
