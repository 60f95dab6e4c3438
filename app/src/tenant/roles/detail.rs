//! The page `/roles/{key}`.

use super::fields::{RoleFields, RoleTable};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    tenant::frame::TenantPage,
    ui::{ErrorSummary, FormView, ReturnPath, SelectField, Submit, load, search_pairs, use_frame},
};
use domain::{
    Permission,
    dto::tenant::{RoleChoice, RolePage as Data},
    flash::Flash,
    list::Count,
    role::OWNER,
};
use identity::roles::RoleForm;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use std::collections::HashMap;

const UPDATE: &str = "/api/tenant/role_update";
const DELETE: &str = "/api/tenant/role_delete";

/// What the page of a role shows, beside the role `with` where there is one of that key.
#[server(prefix = "/api/tenant", endpoint = "role_get")]
pub async fn role_get(key: String, #[server(default)] with: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::roles::role_get(&cx, &key, &with).await;
    framed(&cx, found).await
}

/// Changes a role; `version` is the one the form was filled from.
#[server(prefix = "/api/tenant", endpoint = "role_update")]
pub async fn role_update(
    key: String,
    version: i64,
    name: String,
    #[server(default)] description: String,
    #[server(default)] permissions: HashMap<String, String>,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = RoleForm { name, description, permissions };
    let updated = identity::roles::role_update(&cx, &key, version, &form.parse()).await;
    cx.answer(updated).await?;
    done(&cx, &format!("/roles/{key}"), toast("Saved")).await
}

/// Deletes a role; those whose primary role it was get `fallback`.
#[server(prefix = "/api/tenant", endpoint = "role_delete")]
pub async fn role_delete(key: String, #[server(default)] fallback: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let deleted = identity::roles::role_delete(&cx, &key, &fallback).await;
    let name = cx.answer(deleted).await?;
    done(&cx, "/roles", toast(format!("The role {name} was deleted"))).await
}

/// Goes on with the rights of a role alone.
#[server(prefix = "/api/tenant", endpoint = "role_see")]
pub async fn role_see(key: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let seen = identity::roles::role_see(&cx, &key).await;
    cx.answer(seen).await?;
    done(&cx, "/", Flash::default()).await
}

/// Goes on with the caller's own rights.
#[server(prefix = "/api/tenant", endpoint = "role_see_end")]
pub async fn role_see_end() -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let ended = identity::roles::role_see_end(&cx).await;
    cx.answer(ended).await?;
    done(&cx, "/roles", Flash::default()).await
}

/// The page `/roles/{key}`.
#[component]
pub fn RolePage() -> impl IntoView {
    let key = use_params_map().get_untracked().get("key").unwrap_or_default();
    let pairs = search_pairs();
    let with = pairs.iter().find(|(name, _)| name == "with").map(|(_, value)| value.clone()).unwrap_or_default();
    let deleting = pairs.iter().any(|(name, value)| name == "confirm" && value == "delete");
    load(
        move || role_get(key.clone(), with.clone()),
        move |Framed { frame, data }| {
            let role = data.role.clone();
            let path = format!("/roles/{}", role.key);
            let crumbs = vec![("Roles".to_owned(), "/roles".to_owned())];
            let delete = FormView::new(DELETE);
            let manages = frame.permissions.has(Permission::RolesManage);
            let can_change = manages && data.locked.is_none();
            let asks = can_change && (deleting || delete.is_refused());
            let can_see = manages && frame.permissions.covers(&role.permissions);
            let begin = manages.then(|| format!("/roles/new?from={}", role.key));
            let table = data.other.is_some() || !can_change;
            view! {
                <TenantPage frame active="/roles" crumbs title=role.name.clone()>
                    <div class="page-head">
                        <div class="min-w-0">
                            <h1 class="page-title" dir="auto">{role.name.clone()}</h1>
                            <p class="text-muted mt-1" dir="auto">{role.sentence.clone()}</p>
                        </div>
                        <div class="page-actions">
                            {manages.then(|| view! { <a class="btn btn-sm" href=format!("{path}/records")>"Record access"</a> })}
                            {can_see.then(|| view! {
                                <form method="post" action="/api/tenant/role_see">
                                    <input type="hidden" name="key" value=role.key.clone()/>
                                    <button class="btn btn-sm">"See as this role"</button>
                                </form>
                            })}
                            {begin.map(|href| view! { <a class="btn btn-sm" href=href>"Duplicate role"</a> })}
                            {can_change.then(|| view! { <a class="btn btn-sm" href=format!("{path}?confirm=delete")>"Delete role"</a> })}
                        </div>
                    </div>
                    {data.locked.filter(|_| manages).map(|lock| view! { <p class="notice mb-4 text-sm">{lock.sentence()}</p> })}
                    {asks.then(|| view! { <DeletePanel form=delete.clone() data=data.clone() path=path.clone()/> })}
                    <Compare path=path.clone() others=data.others.clone() chosen=data.other.as_ref().map(|role| role.key.clone()).unwrap_or_default()/>
                    {if table {
                        view! { <div class="card-box"><RoleTable role other=data.other/></div> }.into_any()
                    } else {
                        view! { <Edit data/> }.into_any()
                    }}
                </TenantPage>
            }
        },
    )
}

#[component]
fn Compare(path: String, others: Vec<RoleChoice>, chosen: String) -> impl IntoView {
    let compared = !chosen.is_empty();
    let options = others.into_iter().map(|role| {
        let selected = role.key == chosen;
        view! { <option value=role.key selected=selected>{role.name}</option> }
    });
    let options = options.collect_view();
    let back = path.clone();
    view! {
        <form method="get" action=path class="mb-4 flex flex-wrap items-center gap-2">
            <label class="flex items-center gap-2 text-sm">"Compare with"
                <select class="select select-sm w-48" name="with"><option value="">"No role"</option>{options}</select>
            </label>
            <button class="btn btn-sm">"Compare"</button>
            {compared.then(|| view! { <a class="link-quiet" href=back>"Stop comparing"</a> })}
        </form>
    }
}

#[component]
fn Edit(data: Data) -> impl IntoView {
    let form = FormView::new(UPDATE);
    // A refused form stays on the version it was filled from: what another user changed is looked at first.
    let version = form.version(data.version);
    let role = data.role;
    view! {
        <ErrorSummary form=form.clone()/>
        <form method="post" action=UPDATE class="form-card" data-guard><ReturnPath/>
            <input type="hidden" name="key" value=role.key/>
            <input type="hidden" name="version" value=version/>
            <RoleFields form name=role.name description=role.sentence permissions=role.permissions/>
            <div class="form-actions">
                <a class="btn btn-ghost" href="/roles">"Cancel"</a>
                <Submit label="Save changes"/>
            </div>
        </form>
    }
}

/// What deleting means, and which role its holders get.
#[component]
fn DeletePanel(form: FormView, data: Data, path: String) -> impl IntoView {
    let role = data.role;
    let body = if role.holders == Count::Exact(0) {
        "No user has this role.".to_owned()
    } else {
        format!(
            "Users with this role: {}. If it is their primary role, they get the role you choose here and are signed out. All others just lose this role.",
            role.holders
        )
    };
    let held = use_frame().map(|frame| frame.permissions).unwrap_or_default();
    let fallbacks = data.others.into_iter().filter(|other| held.covers(&other.permissions) && other.key != OWNER);
    let choices = fallbacks.map(|other| (other.key, other.name)).collect();
    view! {
        <section class="notice" aria-labelledby="confirm-panel">
            <h2 class="font-semibold" id="confirm-panel">"Delete the role "<span dir="auto">{role.name}</span>"?"</h2>
            <p class="mt-1 text-sm">{body}</p>
            <form method="post" action=DELETE class="mt-3 flex max-w-md flex-col gap-4"><ReturnPath/>
                <input type="hidden" name="key" value=role.key/>
                <SelectField form name="fallback" label="Replacement role" choices value="user"/>
                <div class="flex gap-2">
                    <a class="btn btn-sm" href=path autofocus>"Keep role"</a>
                    <button class="btn btn-sm btn-error">"Delete role"</button>
                </div>
            </form>
        </section>
    }
}
