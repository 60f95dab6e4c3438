//! The page `/roles/{key}/records/{pipeline}`.

use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    tenant::frame::TenantPage,
    ui::{ErrorSummary, FormView, ReturnPath, SelectField, Submit, load},
};
use domain::{
    dto::tenant::{RoleField, RoleFieldsPage as Data},
    record::FieldAccess,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use std::collections::HashMap;

const SET: &str = "/api/tenant/role_fields_set";

/// What a role may do with the fields of a pipeline.
#[server(prefix = "/api/tenant", endpoint = "role_fields_get")]
pub async fn role_fields_get(key: String, pipeline: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::roles::role_fields_get(&cx, &key, &pipeline).await;
    framed(&cx, found).await
}

/// Sets what a role may do with the fields of a pipeline; `version` is the one the form was filled from.
#[server(prefix = "/api/tenant", endpoint = "role_fields_set")]
pub async fn role_fields_set(
    key: String,
    pipeline: String,
    version: i64,
    #[server(default)] access: HashMap<String, String>,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let set = identity::roles::role_fields_set(&cx, &key, &pipeline, version, &access).await;
    cx.answer(set).await?;
    done(&cx, &format!("/roles/{key}/records/{pipeline}"), toast("Saved")).await
}

/// The page `/roles/{key}/records/{pipeline}`.
#[component]
pub fn RoleFieldsPage() -> impl IntoView {
    let param = |name: &str| use_params_map().get_untracked().get(name).unwrap_or_default();
    let (key, pipeline) = (param("key"), param("pipeline"));
    load(
        move || role_fields_get(key.clone(), pipeline.clone()),
        |Framed { frame, data }| {
            let path = format!("/roles/{}", data.key);
            let records = format!("{path}/records");
            let crumbs = vec![("Roles".to_owned(), "/roles".to_owned()), (data.name.clone(), path), ("Record access".to_owned(), records)];
            let (title, name) = (format!("Fields of {}", data.pipeline.name), data.name.clone());
            let body = match &data.locked {
                Some(why) => view! { <p class="notice mb-4 text-sm">{why.clone()}</p><Table fields=data.fields/> }.into_any(),
                None => view! { <Edit data=data.clone()/> }.into_any(),
            };
            view! {
                <TenantPage frame active="/roles" crumbs title=title.clone()>
                    <div class="page-head">
                        <div class="min-w-0">
                            <h1 class="page-title">{title}" for "<span dir="auto">{name}</span></h1>
                            <p class="text-muted mt-1">"A hidden field is not shown, searched, filtered, sorted or exported for users with this role. A field that is hidden from any role is left out of the search for everyone. A user with several roles has the widest access."</p>
                        </div>
                    </div>
                    {body}
                </TenantPage>
            }
        },
    )
}

/// What the role may do, to look at.
#[component]
fn Table(fields: Vec<RoleField>) -> impl IntoView {
    let rows = fields.into_iter().map(|field| view! { <tr><th scope="row">{field.label}</th><td>{field.access.label()}</td></tr> });
    view! {
        <div class="card-box table-scroll">
            <table class="list-table">
                <caption class="sr-only">"Field access"</caption>
                <thead><tr><th scope="col">"Field"</th><th scope="col">"Access"</th></tr></thead>
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
    let labels = data.fields.iter().map(|field| (format!("access[{}]", field.key), field.label.clone())).collect::<Vec<_>>();
    let fields = data.fields.into_iter().map(|field| {
        let choices = FieldAccess::ALL.into_iter().filter(|(access, ..)| *access != FieldAccess::None || !field.is_title);
        let choices = choices.map(|(_, value, label)| (value.to_owned(), label.to_owned())).collect();
        let help = if field.is_title { "Part of the title, so it cannot be hidden." } else { "" };
        view! { <SelectField form=form.clone() name=format!("access[{}]", field.key) label=field.label choices value=field.access.as_str() help/> }
    });
    let fields = fields.collect_view();
    view! {
        <ErrorSummary form=form.clone() labels/>
        <form method="post" action=SET class="form-card" data-guard><ReturnPath/>
            <input type="hidden" name="key" value=data.key.clone()/>
            <input type="hidden" name="pipeline" value=data.pipeline.key/>
            <input type="hidden" name="version" value=version/>
            <div class="form-group">
                <div><h2>"Fields"</h2></div>
                <div class="form-fields"><div class="form-thirds">{fields}</div></div>
            </div>
            <div class="form-actions">
                <a class="btn btn-ghost" href=format!("/roles/{}/records", data.key)>"Cancel"</a>
                <Submit label="Save changes"/>
            </div>
        </form>
    }
}
