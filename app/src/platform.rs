//! The platform site: one folder per resource, its pages and its server functions together.

mod account;
mod admins;
mod ai;
mod audit;
mod auth;
mod dashboard;
mod domains;
mod jobs;
mod signup;
mod tenants;
mod usage;
mod user_lookup;

use auth::ReauthenticatePanel;

use crate::{
    api::Frame,
    auth::{ForgotPage, LinkPage, LoginPage, ReauthenticatePage, SignOutPage},
    ui::{ErrorView, IconName, NavGroup, NavItem, PageFrame},
};
use domain::AppError;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    ParamSegment, SsrMode, StaticSegment,
    components::{Route, Router, Routes},
};
use services::tokens::LinkPurpose;

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
                <Route path=StaticSegment("account") view=account::AccountPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("account"), StaticSegment("password")) view=account::PasswordPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("account"), StaticSegment("mfa")) view=account::MfaPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("account"), StaticSegment("sessions")) view=account::SessionsPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("logout") view=|| view! { <SignOutPage api=API/> } ssr=SsrMode::Async/>
                <Route path=StaticSegment("signup") view=signup::SignupPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("signup"), StaticSegment("done")) view=signup::SignupDonePage ssr=SsrMode::Async/>
                <Route path=StaticSegment("reauthenticate") view=|| view! { <ReauthenticatePage api=API fetch=auth::reauthenticate_page/> } ssr=SsrMode::Async/>
                <Route path=StaticSegment("forgot") view=|| view! { <ForgotPage api=API fetch=auth::forgot/> } ssr=SsrMode::Async/>
                <Route path=(StaticSegment("invite"), ParamSegment("token")) view=|| view! { <LinkPage api=API purpose=LinkPurpose::Invite fetch=auth::invite/> } ssr=SsrMode::Async/>
                <Route path=(StaticSegment("reset"), ParamSegment("token")) view=|| view! { <LinkPage api=API purpose=LinkPurpose::Reset fetch=auth::reset/> } ssr=SsrMode::Async/>
                <Route path=StaticSegment("tenants") view=tenants::TenantListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), StaticSegment("new")) view=tenants::TenantNewPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), StaticSegment("import")) view=tenants::TenantImportPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug")) view=tenants::TenantOverviewPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug"), StaticSegment("quota")) view=tenants::TenantQuotaPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug"), StaticSegment("features")) view=tenants::TenantFeaturesPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug"), StaticSegment("billing")) view=tenants::TenantBillingPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug"), StaticSegment("ai")) view=ai::TenantAiPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug"), StaticSegment("users")) view=tenants::TenantUsersPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug"), StaticSegment("audit")) view=audit::TenantAuditPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug"), StaticSegment("copies")) view=tenants::TenantCopiesPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug"), StaticSegment("domains")) view=domains::TenantDomainsPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug"), StaticSegment("usage")) view=usage::TenantUsagePage ssr=SsrMode::Async/>
                <Route path=StaticSegment("users") view=user_lookup::UserFindPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("usage") view=usage::UsageListPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("domains") view=domains::DomainListPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("jobs") view=jobs::JobListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("jobs"), ParamSegment("id")) view=jobs::JobPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("admins") view=admins::AdminListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("admins"), StaticSegment("new")) view=admins::AdminNewPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("audit") view=audit::AuditPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug"), StaticSegment("danger")) view=tenants::TenantDangerPage ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
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
    let line = |label, href, icon| NavItem { label, href, icon };
    let nav = vec![
        NavGroup {
            title: "Fleet",
            items: vec![
                line("Dashboard", "/", IconName::Home),
                line("Tenants", "/tenants", IconName::Building),
                line("Domains", "/domains", IconName::Globe),
                line("People", "/users", IconName::Person),
                line("Usage", "/usage", IconName::Chart),
                line("Jobs", "/jobs", IconName::Pulse),
            ],
        },
        NavGroup { title: "Platform", items: vec![line("Admins", "/admins", IconName::Users), line("Audit", "/audit", IconName::List)] },
    ];
    view! { <PageFrame frame api=API nav active crumbs title>{children()}</PageFrame> }
}
