//! The platform site: one folder per resource, its pages and its server functions together.

mod auth;
mod dashboard;
mod tenants;

use crate::{
    api::{ApiResult, Frame},
    auth::{InvitePage, LoginPage, SignOutPage},
    ui::{ErrorView, IconName, NavItem, PageFrame},
};
use domain::{AppError, PermissionSet, dto::Viewer};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    ParamSegment, SsrMode, StaticSegment,
    components::{Route, Router, Routes},
};
use services::RequestCx;

/// The prefix of this site's server functions.
pub const API: &str = "/api/platform";

/// The platform console.
#[component]
pub fn PlatformApp() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=|| view! { <ErrorView error=AppError::NotFound/> }>
                <Route path=StaticSegment("") view=dashboard::DashboardPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("login") view=|| view! { <LoginPage api=API fetch=auth::login/> } ssr=SsrMode::Async/>
                <Route path=StaticSegment("logout") view=|| view! { <SignOutPage api=API/> } ssr=SsrMode::Async/>
                <Route path=(StaticSegment("invite"), ParamSegment("token")) view=|| view! { <InvitePage api=API fetch=auth::invite/> } ssr=SsrMode::Async/>
                <Route path=StaticSegment("tenants") view=tenants::TenantListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), StaticSegment("new")) view=tenants::TenantNewPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug")) view=tenants::TenantOverviewPage ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

async fn frame(cx: &RequestCx, viewer: Viewer) -> ApiResult<Frame> {
    Ok(Frame::new(cx, viewer, PermissionSet::default()))
}

/// A page of the platform site.
#[component]
fn PlatformPage(
    frame: Frame,
    active: &'static str,
    #[prop(default = Vec::new())] crumbs: Vec<(String, String)>,
    #[prop(into)] title: String,
    children: Children,
) -> impl IntoView {
    let nav = vec![
        NavItem { label: "Dashboard", href: "/", icon: IconName::Home },
        NavItem { label: "Tenants", href: "/tenants", icon: IconName::Building },
    ];
    view! { <PageFrame frame api=API group="Fleet" nav active crumbs title>{children()}</PageFrame> }
}
