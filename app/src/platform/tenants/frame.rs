//! What every page of one tenant shares: its head and its tabs.

use super::favourite::Favourite;
use crate::{
    api::Frame,
    platform::frame::PlatformPage,
    ui::{Badge, BadgeText, Icon, IconName, Tabs, day, use_frame},
};
use domain::{TenantStatus, dto::platform::TenantHead};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The label and the last part of the address of each tab.
pub(in crate::platform) const TABS: [(&str, &str); 12] = [
    ("Overview", ""),
    ("General", "/general"),
    ("Domains", "/domains"),
    ("Quota", "/quota"),
    ("Features", "/features"),
    ("Billing", "/billing"),
    ("AI", "/ai"),
    ("Usage", "/usage"),
    ("Users", "/users"),
    ("Audit", "/audit"),
    ("Export & clone", "/copies"),
    ("Danger zone", "/danger"),
];

/// The short name in the address of this page.
pub(in crate::platform) fn slug() -> String {
    use_params_map().get_untracked().get("slug").unwrap_or_default()
}

/// A page of one tenant.
#[component]
pub(in crate::platform) fn TenantFrame(frame: Frame, head: TenantHead, tab: &'static str, children: Children) -> impl IntoView {
    let tenant = head.tenant;
    let path = format!("/tenants/{}", tenant.slug);
    let mut crumbs = vec![("Tenants".to_owned(), "/tenants".to_owned())];
    let mut title = tenant.name.clone();
    if tab != "Overview" {
        crumbs.push((tenant.name.clone(), path.clone()));
        title = tab.to_owned();
    }
    let end = TABS.iter().find(|(label, _)| *label == tab).map_or("", |(_, end)| *end);
    // The overview is a tab too: with none, the search finds more than tenants.
    let switch = format!("/search?tab={}", if end.is_empty() { "/" } else { end });
    let tabs = TABS.iter().map(|(label, end)| (*label, format!("{path}{end}"))).collect();
    let serves = tenant.status == TenantStatus::Active && tenant.has_schema;
    let word = match (tenant.status, head.purge_after) {
        (TenantStatus::Suspended, _) => Some("No user of this tenant can sign in. Its data is unchanged.".to_owned()),
        (TenantStatus::Archived, Some(at)) => {
            Some(format!("Archived and hidden. You can restore it; on {} it is purged automatically.", day(at)))
        }
        (TenantStatus::Archived, None) => Some("Archived and hidden. It can be restored.".to_owned()),
        (TenantStatus::Purging, _) => Some("This tenant is being purged.".to_owned()),
        (TenantStatus::Active, _) => None,
    };
    view! {
        <PlatformPage frame active="/tenants" crumbs title>
            <div class="page-head">
                <div class="min-w-0">
                    <div class="flex flex-wrap items-center gap-3">
                        <h1 class="page-title" dir="auto">{tenant.name.clone()}</h1>
                        <a class="btn btn-xs btn-ghost" href=switch data-palette="Switch to a tenant" aria-label="Switch to another tenant"><Icon name=IconName::ArrowDown/></a>
                        <Badge state=BadgeText::of_tenant(tenant.status, tenant.has_schema)/>
                        <Favourite slug=tenant.slug.clone() is_favourite=head.is_favourite/>
                    </div>
                    <p class="text-muted mt-1">{tenant.domain.clone()}" · schema "<code>{tenant.schema_name.clone()}</code>" · created "{day(tenant.created_on)}</p>
                </div>
                <div class="page-actions">
                    {serves.then(|| view! { <a class="btn" href=head.url rel="noreferrer">"Open site"<Icon name=IconName::External/></a> })}
                </div>
            </div>
            {word.map(|text| view! { <p class="notice mb-4 text-sm">{text}</p> })}
            {(!tenant.has_schema && tenant.status == TenantStatus::Active && tab != "Provision").then(|| view! {
                <p class="notice mb-4 flex flex-wrap items-center gap-3 text-sm">
                    <span class="min-w-0 flex-1">"This tenant has no schema yet, so its site is offline."</span>
                    <a class="btn btn-sm" href=format!("{path}/provision")>"Provision"</a>
                </p>
            })}
            <Tabs label="Tenant" tabs active=tab/>
            {children()}
        </PlatformPage>
    }
}

/// What a page says to support, who only looks.
#[component]
pub(in crate::platform) fn ReadOnly() -> impl IntoView {
    let may_change = use_frame().is_some_and(|frame| frame.may_change());
    (!may_change)
        .then(|| view! { <p class="notice mb-4 text-sm">"Your role is support: you can look at everything here and change nothing."</p> })
}
