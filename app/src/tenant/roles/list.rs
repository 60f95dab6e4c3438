//! The page `/roles`.

use crate::{
    api::{ApiError, Framed, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{PageHead, When, load},
};
use domain::{
    Permission,
    dto::tenant::{RoleListPage as Data, RoleRow},
    list::Count,
};
use leptos::prelude::*;

/// All roles of the company.
#[server(prefix = "/api/tenant", endpoint = "role_list")]
pub async fn role_list() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::roles::role_list(&cx).await;
    framed(&cx, found).await
}

/// The page `/roles`.
#[component]
pub fn RoleListPage() -> impl IntoView {
    load(role_list, |Framed { frame, data }| {
        let now = frame.now;
        let can_manage = frame.permissions.has(Permission::RolesManage);
        let sees_users = frame.permissions.has(Permission::UsersView);
        let rows = data.rows.into_iter().map(|row| view! { <Line row now can_manage sees_users/> }).collect_view();
        view! {
            <TenantPage frame active="/roles" title="Roles">
                <PageHead title="Roles" subtitle="What people may do. Everybody has a primary role and may have further ones; they add up.">
                    {can_manage.then(|| view! { <a class="btn btn-primary" href="/roles/new">"New role"</a> })}
                </PageHead>
                <div class="card-box">
                    <div class="table-scroll">
                        <table class="list-table">
                            <caption class="sr-only">"Roles"</caption>
                            <thead>
                                <tr>
                                    <th scope="col">"Role"</th><th scope="col">"Permissions"</th><th scope="col">"Held by"</th><th scope="col">"Changed"</th>
                                    {can_manage.then(|| view! { <th scope="col"><span class="sr-only">"Use"</span></th> })}
                                </tr>
                            </thead>
                            <tbody>{rows}</tbody>
                        </table>
                    </div>
                </div>
            </TenantPage>
        }
    })
}

#[component]
fn Line(row: RoleRow, now: chrono::DateTime<chrono::Utc>, can_manage: bool, sees_users: bool) -> impl IntoView {
    let path = format!("/roles/{}", row.key);
    let permits = format!("{} of {} permissions", row.permissions.len(), Permission::ALL.len());
    let holders = format!("{} {}", row.holders, if row.holders == Count::Exact(1) { "person" } else { "people" });
    let list = format!("/users?role={}", row.key);
    let holders = if sees_users && row.holders != Count::Exact(0) {
        view! { <a class="link-quiet" href=list>{holders}</a> }.into_any()
    } else {
        view! { <span class="text-muted">{holders}</span> }.into_any()
    };
    let changed = if row.is_system {
        view! { <span class="text-muted">"comes with Oneo"</span> }.into_any()
    } else {
        view! { <When at=row.updated_at now/> }.into_any()
    };
    view! {
        <tr>
            <th scope="row">
                <a class="row-link" href=path dir="auto">{row.name.clone()}</a>
                <span class="text-muted block text-xs font-normal" dir="auto">{row.sentence}</span>
            </th>
            <td data-label="Permissions">{permits}</td>
            <td data-label="Held by">{holders}</td>
            <td data-label="Changed">{changed}</td>
            {can_manage.then(|| view! { <td><a class="btn btn-xs" href=format!("/roles/new?from={}", row.key) aria-label=format!("Duplicate {}", row.name)>"Duplicate"</a></td> })}
        </tr>
    }
}
