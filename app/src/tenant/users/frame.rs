//! What every page of one user shares: the head and the tabs.

use crate::{
    api::{ApiError, Frame},
    tenant::frame::TenantPage,
    ui::{Avatar, Badge, Tabs},
};
use domain::{AppError, Permission, UserId, dto::tenant::UserHead};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The id in the address of this page.
pub(super) fn id_of_page() -> String {
    use_params_map().get_untracked().get("id").unwrap_or_default()
}

/// An id from an address; one that is no number is not found.
pub(super) fn user_id(text: &str) -> Result<UserId, ApiError> {
    text.parse().map_err(|_| ApiError(AppError::NotFound))
}

/// A page of one user.
#[component]
pub(super) fn UserFrame(
    /// The frame of the page.
    frame: Frame,
    /// The person.
    head: UserHead,
    /// The label of the tab shown.
    tab: &'static str,
    /// What can be done here.
    #[prop(optional, into)]
    actions: Option<AnyView>,
    /// The tab.
    children: Children,
) -> impl IntoView {
    let user = head.user;
    let path = format!("/users/{}", user.id);
    let name = if user.name.is_empty() { user.username.clone() } else { user.name.clone() };
    let mut crumbs = vec![("Users".to_owned(), "/users".to_owned())];
    let mut title = name.clone();
    if tab != "Overview" {
        crumbs.push((name.clone(), path.clone()));
        title = tab.to_owned();
    }
    let mut tabs = vec![("Overview", path.clone()), ("Permissions", format!("{path}/permissions"))];
    if frame.permissions.has(Permission::SessionsManage) {
        tabs.extend([("Sessions", format!("{path}/sessions")), ("Sign-ins", format!("{path}/sign-ins"))]);
    }
    if frame.permissions.has(Permission::AuditView) {
        tabs.push(("Audit", format!("{path}/audit")));
    }
    let is_self = frame.is_viewer(user.id);
    view! {
        <TenantPage frame active="/users" crumbs title>
            <div class="page-head">
                <Avatar name=name.clone() photo=user.photo large=true/>
                <div class="mr-auto min-w-0">
                    <h1 class="page-title flex flex-wrap items-center gap-3"><span dir="auto">{name}</span><Badge state=user.state/></h1>
                    <p class="text-muted mt-1">{user.email}" · "{user.role_name}{is_self.then_some(" · this is you")}</p>
                </div>
                <div class="page-actions">{actions}</div>
            </div>
            <Tabs label="User" tabs active=tab/>
            {children()}
        </TenantPage>
    }
}
