//! The page `/roles/{key}/records`.

use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    tenant::frame::TenantPage,
    ui::{ErrorSummary, FormView, ReturnPath, SelectField, Submit, load},
};
use domain::{
    dto::tenant::{RoleReachPage as Data, RoleReachPipeline},
    record::Reach,
};
use identity::roles::RoleReachForm;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use std::collections::HashMap;

const SET: &str = "/api/tenant/role_reach_set";

/// How far a role reaches among the records of each pipeline.
#[server(prefix = "/api/tenant", endpoint = "role_reach_get")]
pub async fn role_reach_get(key: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::roles::role_reach_get(&cx, &key).await;
    framed(&cx, found).await
}

/// Sets how far a role reaches in each pipeline; `version` is the one the form was filled from.
#[server(prefix = "/api/tenant", endpoint = "role_reach_set")]
pub async fn role_reach_set(
    key: String,
    version: i64,
    #[server(default)] view: HashMap<String, String>,
    #[server(default)] edit: HashMap<String, String>,
    #[server(default)] delete: HashMap<String, String>,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let set = identity::roles::role_reach_update(&cx, &key, version, &RoleReachForm { view, edit, delete }).await;
    cx.answer(set).await?;
    done(&cx, &format!("/roles/{key}/records"), toast("Saved")).await
}

/// The page `/roles/{key}/records`.
#[component]
pub fn RoleReachPage() -> impl IntoView {
    let key = use_params_map().get_untracked().get("key").unwrap_or_default();
    load(
        move || role_reach_get(key.clone()),
        |Framed { frame, data }| {
            let path = format!("/roles/{}", data.key);
            let crumbs = vec![("Roles".to_owned(), "/roles".to_owned()), (data.name.clone(), path)];
            let sees_records = data.rows.iter().any(|row| row.default.view != Reach::None);
            let body = match (&data.locked, sees_records) {
                (Some(why), _) => view! { <p class="notice mb-4 text-sm">{why.clone()}</p><Table role=data.key.clone() rows=data.rows/> }.into_any(),
                (None, false) => view! { <p class="notice text-sm">"This role has no access to records. Edit the role and allow “Sees contacts and deals” first."</p> }.into_any(),
                (None, true) => view! { <Edit data=data.clone()/> }.into_any(),
            };
            view! {
                <TenantPage frame active="/roles" crumbs title="Record access">
                    <div class="page-head">
                        <div class="min-w-0">
                            <h1 class="page-title">"Record access of "<span dir="auto">{data.name}</span></h1>
                            <p class="text-muted mt-1">"Narrows what the permissions of the role allow. Own: records that belong to the user. Team: also those of everyone who reports to the user or is in a team with the user. A user with several roles has the widest access."</p>
                        </div>
                    </div>
                    {body}
                </TenantPage>
            }
        },
    )
}

/// What leads to the fields of a pipeline, with what is narrowed.
fn fields_link(role: &str, row: &RoleReachPipeline) -> impl IntoView + use<> {
    let href = format!("/roles/{role}/records/{}", row.pipeline.key);
    let text = match row.fields {
        (0, 0) => "All fields".to_owned(),
        (hidden, 0) => format!("{hidden} hidden"),
        (0, read) => format!("{read} view only"),
        (hidden, read) => format!("{hidden} hidden, {read} view only"),
    };
    let label = format!("Fields of {}: {text}", row.pipeline.name);
    view! { <a class="link" href=href aria-label=label>{text}</a> }
}

/// How far the role reaches, to look at.
#[component]
fn Table(role: String, rows: Vec<RoleReachPipeline>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| {
        let access = row.effective;
        let fields = fields_link(&role, &row);
        view! { <tr><th scope="row">{row.pipeline.name}</th><td>{access.view.label()}</td><td>{access.edit.label()}</td><td>{access.delete.label()}</td><td>{fields}</td></tr> }
    });
    view! {
        <div class="card-box table-scroll">
            <table class="list-table">
                <caption class="sr-only">"Record access"</caption>
                <thead><tr><th scope="col">"Records"</th><th scope="col">"View"</th><th scope="col">"Edit"</th><th scope="col">"Delete"</th><th scope="col">"Fields"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Edit(data: Data) -> impl IntoView {
    let form = FormView::new(SET);
    // A refused form stays on the version it was filled from: what another user changed is looked at first.
    let version = form.version(data.version);
    let rows = data.rows.into_iter().map(|row| {
        let key = row.pipeline.key.clone();
        let field = |name: &str, label: &'static str, chosen: Option<Reach>, default: Reach| {
            let by_default = (String::new(), format!("Default ({})", default.label()));
            // What reaches further than the permissions of the role would change nothing.
            let narrower = Reach::ALL.into_iter().filter(|(reach, ..)| *reach <= default);
            let choices = std::iter::once(by_default).chain(narrower.map(|(_, value, label)| (value.to_owned(), label.to_owned())));
            let value = chosen.map(Reach::as_str).unwrap_or_default();
            view! { <SelectField form=form.clone() name=format!("{name}[{key}]") label choices=choices.collect() value/> }
        };
        let (chosen, default) = (row.chosen, row.default);
        view! {
            <div class="form-group" role="group" aria-label=row.pipeline.name.clone()>
                <div><h2>{row.pipeline.name.clone()}</h2><p class="mt-1 text-sm">{fields_link(&data.key, &row)}</p></div>
                <div class="form-fields">
                    <div class="form-thirds">
                        {field("view", "View", chosen.view, default.view)}
                        {field("edit", "Edit", chosen.edit, default.edit)}
                        {field("delete", "Delete", chosen.delete, default.delete)}
                    </div>
                </div>
            </div>
        }
    });
    let rows = rows.collect_view();
    view! {
        <ErrorSummary form=form.clone()/>
        <form method="post" action=SET class="form-card" data-guard><ReturnPath/>
            <input type="hidden" name="key" value=data.key.clone()/>
            <input type="hidden" name="version" value=version/>
            {rows}
            <div class="form-actions">
                <a class="btn btn-ghost" href=format!("/roles/{}", data.key)>"Cancel"</a>
                <Submit label="Save changes"/>
            </div>
        </form>
    }
}
