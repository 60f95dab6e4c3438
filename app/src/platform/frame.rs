//! The frame of every page of the platform console.

use crate::{
    api::{Frame, PLATFORM_API},
    ui::{IconName, NavGroup, NavItem, PageFrame},
};
use leptos::prelude::*;

/// The navigation.
pub(super) fn nav() -> Vec<NavGroup> {
    let line = |label: &'static str, href: &'static str, icon| NavItem::new(label, href, icon);
    vec![
        NavGroup {
            title: "Fleet",
            items: vec![
                line("Dashboard", "/", IconName::Home),
                line("Tenants", "/tenants", IconName::Building),
                line("Domains", "/domains", IconName::Globe),
                line("Users", "/users", IconName::Person),
                line("Usage", "/usage", IconName::Chart),
                line("Jobs", "/jobs", IconName::Pulse),
            ],
        },
        NavGroup { title: "Platform", items: vec![line("Admins", "/admins", IconName::Users), line("Audit", "/audit", IconName::List)] },
    ]
}

/// A page of the platform site.
#[component]
pub(crate) fn PlatformPage(
    frame: Frame,
    active: &'static str,
    #[prop(default = Vec::new())] crumbs: Vec<(String, String)>,
    #[prop(into)] title: String,
    children: Children,
) -> impl IntoView {
    let nav = nav();
    view! { <PageFrame frame api=PLATFORM_API nav active crumbs title>{children()}</PageFrame> }
}

/// An error in the frame of this site.
pub(crate) fn failed(frame: Frame, title: &'static str, body: AnyView) -> AnyView {
    view! { <PlatformPage frame active="" title>{body}</PlatformPage> }.into_any()
}
