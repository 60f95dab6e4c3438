//! The page `/settings/history/{key}`: the values a setting had.

use super::frame::path_of;
use crate::{
    api::{ApiError, Framed, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{AuditFilters, AuditTable, PageHead, list_card, list_query, load, nothing_matches, search_pairs},
};
use domain::dto::tenant::SettingHistoryPage as Data;
use kernel::audit::TENANT_FILTERS;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The changes of one setting, as asked for by the query of an address.
#[server(prefix = "/api/tenant", endpoint = "setting_history")]
pub async fn setting_history(key: String, #[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::settings::setting_history(&cx, &key, &list_query(&query, TENANT_FILTERS)).await;
    framed(&cx, found).await
}

/// The page `/settings/history/{key}`.
#[component]
pub fn HistoryPage() -> impl IntoView {
    let pairs = search_pairs();
    let key = use_params_map().get_untracked().get("key").unwrap_or_default();
    let query = list_query(&pairs, TENANT_FILTERS);
    load(
        move || setting_history(key.clone(), pairs.clone()),
        move |Framed { frame, data }| {
            let (now, query) = (frame.now, query.clone());
            let path = format!("/settings/history/{}", data.key);
            let back = data.group.map_or("/settings/custom", path_of);
            let crumbs = vec![("Settings".to_owned(), back.to_owned())];
            let filters = view! { <AuditFilters path=path.clone() query=query.clone() by_tenant=false/> };
            let rows = move |lines| view! { <AuditTable lines now/> }.into_any();
            let list = list_card(&path, &query, data.page, filters, rows, || {
                nothing_matches(&path, &query, "This setting has no changes in the selected period.")
            });
            view! {
                <TenantPage frame active="/settings" crumbs title=format!("History of {}", data.label)>
                    <PageHead title=format!("History of {}", data.label) subtitle=format!("Every value of {}, newest first.", data.key)/>
                    {list}
                </TenantPage>
            }
        },
    )
}
