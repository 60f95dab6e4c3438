//! The platform site: one folder per resource, its pages and its server functions together.

mod account;
mod admins;
mod ai;
mod audit;
mod auth;
mod dashboard;
mod domains;
mod frame;
mod jobs;
mod lists;
mod search;
mod signup;
mod tenants;
mod usage;
mod user_lookup;

use auth::ReauthenticatePanel;

use crate::{
    api::PLATFORM_API,
    auth::{ForgotPage, LinkPage, LoginPage, ReauthenticatePage, SignOutPage},
    ui::{ErrorFrame, ErrorView},
};
use domain::AppError;
use kernel::tokens::LinkPurpose;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    ParamSegment, SsrMode, StaticSegment,
    components::{Route, Router, Routes},
};

/// The platform console.
#[component]
pub fn PlatformApp() -> impl IntoView {
    provide_meta_context();
    provide_context(ErrorFrame(frame::failed));
    view! {
        <Router>
            <Routes fallback=|| view! { <ErrorView error=AppError::NotFound/> }>
                <Route path=StaticSegment("") view=dashboard::DashboardPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("login") view=|| view! { <LoginPage api=PLATFORM_API fetch=auth::login/> } ssr=SsrMode::Async/>
                <Route path=StaticSegment("account") view=account::AccountPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("account"), StaticSegment("password")) view=account::PasswordPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("account"), StaticSegment("mfa")) view=account::MfaPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("account"), StaticSegment("sessions")) view=account::SessionsPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("search") view=search::SearchPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("logout") view=|| view! { <SignOutPage api=PLATFORM_API/> } ssr=SsrMode::Async/>
                <Route path=StaticSegment("signup") view=signup::SignupPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("signup"), StaticSegment("done")) view=signup::SignupDonePage ssr=SsrMode::Async/>
                <Route path=StaticSegment("reauthenticate") view=|| view! { <ReauthenticatePage api=PLATFORM_API fetch=auth::reauthenticate_page/> } ssr=SsrMode::Async/>
                <Route path=StaticSegment("forgot") view=|| view! { <ForgotPage api=PLATFORM_API fetch=auth::forgot/> } ssr=SsrMode::Async/>
                <Route path=(StaticSegment("invite"), ParamSegment("token")) view=|| view! { <LinkPage api=PLATFORM_API purpose=LinkPurpose::Invite fetch=auth::invite/> } ssr=SsrMode::Async/>
                <Route path=(StaticSegment("reset"), ParamSegment("token")) view=|| view! { <LinkPage api=PLATFORM_API purpose=LinkPurpose::Reset fetch=auth::reset/> } ssr=SsrMode::Async/>
                <Route path=StaticSegment("tenants") view=tenants::TenantListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), StaticSegment("new")) view=tenants::TenantNewPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), StaticSegment("import")) view=tenants::TenantImportPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug")) view=tenants::TenantOverviewPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug"), StaticSegment("provision")) view=tenants::TenantProvisionPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("tenants"), ParamSegment("slug"), StaticSegment("general")) view=tenants::TenantGeneralPage ssr=SsrMode::Async/>
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
