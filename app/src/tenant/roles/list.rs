//! The page `/roles`.

use crate::{
    api::{ApiError, Framed, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{Cell, Column, PageHead, Table, Title, load},
};
use domain::{
    Permission,
    dto::tenant::{RoleListPage as Data, RoleRow},
    list::{Count, ListQuery},
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
        let table = rows(data.rows, now, can_manage, sees_users);
        view! {
            <TenantPage frame active="/roles" title="Roles">
                <PageHead title="Roles" subtitle="Roles define what users can do. Each user has a primary role and can have additional roles. Their permissions add up.">
                    {can_manage.then(|| view! { <a class="btn btn-primary" href="/roles/new">"New role"</a> })}
                </PageHead>
                <div class="card-box">{table}</div>
            </TenantPage>
        }
    })
}

fn rows(rows: Vec<RoleRow>, now: chrono::DateTime<chrono::Utc>, can_manage: bool, sees_users: bool) -> AnyView {
    let mut columns = vec![
        Column::new("role", "Role"),
        Column::new("permissions", "Permissions"),
        Column::new("holders", "Held by").labelled(),
        Column::new("updated", "Changed").labelled(),
    ];
    if can_manage {
        columns.push(Column::new("acts", "Actions").quiet());
    }
    let table = Table { caption: "Roles".into(), path: "/roles", query: &ListQuery::default(), columns, ticks: None, is_dense: false, now };
    table.plain(rows, |row, column| match column {
        "role" => Title::link(format!("/roles/{}", row.key), row.name.clone()).below(row.sentence.clone()).into(),
        "permissions" => format!("{} of {} permissions", row.permissions.len(), Permission::ALL.len()).into(),
        "holders" => {
            let text = format!("{} {}", row.holders, if row.holders == Count::Exact(1) { "user" } else { "users" });
            let is_link = sees_users && row.holders != Count::Exact(0);
            if is_link { Cell::Link { href: format!("/users?role={}", row.key), text } } else { text.into() }
        }
        "updated" if row.is_system => Cell::Muted("never"),
        "updated" => Cell::When(row.updated_at),
        "acts" => Cell::View(
            view! { <a class="btn btn-xs" href=format!("/roles/new?from={}", row.key) aria-label=format!("Duplicate {}", row.name)>"Duplicate"</a> }
                .into_any(),
        ),
        _ => Cell::Empty,
    })
}
