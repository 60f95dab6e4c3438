//! A tenant's site: one folder per resource, its pages and its server functions together.

mod account;
mod audit;
mod auth;
mod dashboard;
mod frame;
mod jobs;
mod lists;
mod pipelines;
mod records;
mod roles;
mod search;
mod sessions;
mod settings;
mod teams;
mod users;

use crate::{
    api::TENANT_API,
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

/// A company's site.
#[component]
pub fn TenantApp() -> impl IntoView {
    provide_meta_context();
    provide_context(ErrorFrame(frame::failed));
    view! {
        <Router>
            <Routes fallback=|| view! { <ErrorView error=AppError::NotFound/> }>
                <Route path=StaticSegment("") view=dashboard::DashboardPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("login") view=|| view! { <LoginPage api=TENANT_API fetch=auth::login/> } ssr=SsrMode::Async/>
                <Route path=StaticSegment("account") view=account::AccountPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("account"), StaticSegment("password")) view=account::PasswordPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("account"), StaticSegment("mfa")) view=account::MfaPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("account"), StaticSegment("sessions")) view=account::SessionsPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("account"), StaticSegment("sign-ins")) view=account::SignInsPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("search") view=search::SearchPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("logout") view=|| view! { <SignOutPage api=TENANT_API/> } ssr=SsrMode::Async/>
                <Route path=StaticSegment("reauthenticate") view=|| view! { <ReauthenticatePage api=TENANT_API fetch=auth::reauthenticate_page/> } ssr=SsrMode::Async/>
                <Route path=StaticSegment("forgot") view=|| view! { <ForgotPage api=TENANT_API fetch=auth::forgot/> } ssr=SsrMode::Async/>
                <Route path=(StaticSegment("invite"), ParamSegment("token")) view=|| view! { <LinkPage api=TENANT_API purpose=LinkPurpose::Invite fetch=auth::invite/> } ssr=SsrMode::Async/>
                <Route path=(StaticSegment("reset"), ParamSegment("token")) view=|| view! { <LinkPage api=TENANT_API purpose=LinkPurpose::Reset fetch=auth::reset/> } ssr=SsrMode::Async/>
                <Route path=(StaticSegment("enter"), ParamSegment("token")) view=auth::EnterPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("users") view=users::UserListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("users"), StaticSegment("bulk")) view=users::UserBulkPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("users"), StaticSegment("import")) view=users::UserImportPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("users"), StaticSegment("import"), ParamSegment("id")) view=users::UserImportRulesPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("jobs") view=jobs::JobListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("jobs"), ParamSegment("id")) view=jobs::JobPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("users"), StaticSegment("new")) view=users::UserNewPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("users"), ParamSegment("id")) view=users::UserPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("users"), ParamSegment("id"), StaticSegment("permissions")) view=users::UserAccessPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("users"), ParamSegment("id"), StaticSegment("sessions")) view=users::UserSessionsPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("users"), ParamSegment("id"), StaticSegment("sign-ins")) view=users::UserSignInsPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("users"), ParamSegment("id"), StaticSegment("audit")) view=users::UserAuditPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("tasks") view=records::TaskListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("p"), ParamSegment("pipeline")) view=records::RecordListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("p"), ParamSegment("pipeline"), StaticSegment("board")) view=records::RecordBoardPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("p"), ParamSegment("pipeline"), StaticSegment("bulk")) view=records::RecordBulkPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("p"), ParamSegment("pipeline"), StaticSegment("new")) view=records::RecordNewPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("p"), ParamSegment("pipeline"), StaticSegment("trash")) view=records::RecordTrashPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("p"), ParamSegment("pipeline"), StaticSegment("import")) view=records::RecordImportPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("p"), ParamSegment("pipeline"), StaticSegment("import"), ParamSegment("id")) view=records::RecordImportRulesPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("p"), ParamSegment("pipeline"), ParamSegment("id")) view=records::RecordPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("p"), ParamSegment("pipeline"), ParamSegment("id"), StaticSegment("edit")) view=records::RecordEditPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("p"), ParamSegment("pipeline"), ParamSegment("id"), StaticSegment("link"), ParamSegment("field")) view=records::RecordLinkPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("p"), ParamSegment("pipeline"), ParamSegment("id"), StaticSegment("related")) view=records::RecordHopsPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("p"), ParamSegment("pipeline"), ParamSegment("id"), StaticSegment("share")) view=records::RecordSharePage ssr=SsrMode::Async/>
                <Route path=StaticSegment("sessions") view=sessions::SessionListPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("settings") view=settings::CompanyPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("settings"), StaticSegment("security")) view=settings::SecurityPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("settings"), StaticSegment("fields")) view=settings::FieldsPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("settings"), StaticSegment("pipelines")) view=pipelines::PipelineListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("settings"), StaticSegment("pipelines"), ParamSegment("pipeline")) view=pipelines::PipelinePage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("settings"), StaticSegment("pipelines"), ParamSegment("pipeline"), StaticSegment("fields")) view=pipelines::FieldListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("settings"), StaticSegment("pipelines"), ParamSegment("pipeline"), StaticSegment("fields"), ParamSegment("field"), StaticSegment("type")) view=pipelines::FieldTypePage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("settings"), StaticSegment("pipelines"), ParamSegment("pipeline"), StaticSegment("relations")) view=pipelines::RelationListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("settings"), StaticSegment("pipelines"), ParamSegment("pipeline"), StaticSegment("stages")) view=pipelines::StageListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("settings"), StaticSegment("ai")) view=settings::AiPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("settings"), StaticSegment("custom")) view=settings::CustomPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("settings"), StaticSegment("history"), ParamSegment("key")) view=settings::HistoryPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("audit") view=audit::AuditPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("teams") view=teams::TeamListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("teams"), ParamSegment("id")) view=teams::TeamPage ssr=SsrMode::Async/>
                <Route path=StaticSegment("roles") view=roles::RoleListPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("roles"), StaticSegment("new")) view=roles::RoleNewPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("roles"), ParamSegment("key")) view=roles::RolePage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("roles"), ParamSegment("key"), StaticSegment("records")) view=roles::RoleReachPage ssr=SsrMode::Async/>
                <Route path=(StaticSegment("roles"), ParamSegment("key"), StaticSegment("records"), ParamSegment("pipeline")) view=roles::RoleFieldsPage ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}
