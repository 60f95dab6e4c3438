//! The page `/roles/new`.

use super::fields::RoleFields;
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    tenant::frame::TenantPage,
    ui::{ErrorSummary, FormView, PageHead, ReturnPath, Submit, load, search_pairs},
};
use domain::dto::tenant::RoleNewPage as Data;
use identity::roles::RoleForm;
use leptos::prelude::*;
use std::collections::HashMap;

const CREATE: &str = "/api/tenant/role_create";

/// What the page for a new role shows; `from` is the key of the role to begin from.
#[server(prefix = "/api/tenant", endpoint = "role_new")]
pub async fn role_new(#[server(default)] from: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::roles::role_new(&cx, &from).await;
    framed(&cx, found).await
}

/// Makes a role. `permissions` holds `own` or `all` by the permission's name.
#[server(prefix = "/api/tenant", endpoint = "role_create")]
pub async fn role_create(
    name: String,
    #[server(default)] description: String,
    #[server(default)] permissions: HashMap<String, String>,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = RoleForm { name, description, permissions };
    let created = identity::roles::role_create(&cx, &form.parse()).await;
    let key = cx.answer(created).await?;
    done(&cx, &format!("/roles/{key}"), toast(format!("The role {} was created", form.name.trim()))).await
}

/// The page `/roles/new`.
#[component]
pub fn RoleNewPage() -> impl IntoView {
    let from = search_pairs().into_iter().find(|(name, _)| name == "from").map(|(_, value)| value).unwrap_or_default();
    load(
        move || role_new(from.clone()),
        |Framed { frame, data }| {
            let form = FormView::new(CREATE);
            let crumbs = vec![("Roles".to_owned(), "/roles".to_owned())];
            let Data { templates, template } = data;
            let begun = template.as_ref().map(|role| role.key.clone()).unwrap_or_default();
            let options = templates.into_iter().map(|role| {
                let selected = role.key == begun;
                view! { <option value=role.key selected=selected>{role.name}</option> }
            });
            let options = options.collect_view();
            let permissions = template.map(|role| role.permissions).unwrap_or_default();
            view! {
                <TenantPage frame active="/roles" crumbs title="New role">
                    <PageHead title="New role" subtitle="Start from a similar role or from scratch."/>
                    <form method="get" action="/roles/new" class="mb-4 flex flex-wrap items-center gap-2">
                        <label class="flex items-center gap-2 text-sm">"Start from"
                            <select class="select select-sm w-48" name="from"><option value="">"An empty role"</option>{options}</select>
                        </label>
                        <button class="btn btn-sm">"Copy permissions"</button>
                    </form>
                    <ErrorSummary form=form.clone()/>
                    <form method="post" action=CREATE class="form-card"><ReturnPath/>
                        <RoleFields form name="" description="" permissions/>
                        <div class="form-actions">
                            <a class="btn btn-ghost" href="/roles">"Cancel"</a>
                            <Submit label="Create role"/>
                        </div>
                    </form>
                </TenantPage>
            }
        },
    )
}
