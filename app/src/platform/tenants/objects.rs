//! The pages `/tenants/{slug}/features` and `/tenants/{slug}/billing`: known keys with a field each, and the whole
//! object as JSON.

use super::frame::{ReadOnly, TenantFrame, slug};
use crate::{
    api::{ApiError, ApiResult, Framed, done, framed, request_cx, toast},
    ui::{ErrorSummary, FormView, KnownField, ReturnPath, Submit, TextArea, load, use_frame},
};
use control::tenants::{ObjectChange, Settings};
use domain::dto::platform::{TenantHead, TenantObjectPage as Data};
use leptos::{
    prelude::*,
    serde_json::{self, Value},
};
use std::collections::BTreeMap;

async fn read(slug: &str, which: Settings) -> ApiResult<Framed<Data>> {
    let cx = request_cx().await?;
    let found = control::tenants::tenant_object(&cx, slug, which).await;
    framed(&cx, found).await
}

async fn write(slug: &str, version: i64, which: Settings, change: ObjectChange) -> ApiResult<()> {
    let cx = request_cx().await?;
    let set = control::tenants::tenant_object_set(&cx, slug, version, which, &change).await;
    cx.answer(set).await?;
    let end = if which == Settings::Features { "features" } else { "billing" };
    done(&cx, &format!("/tenants/{slug}/{end}"), toast("Saved")).await
}

/// A tenant's features.
#[server(prefix = "/api/platform", endpoint = "tenant_features")]
pub async fn tenant_features(slug: String) -> Result<Framed<Data>, ApiError> {
    read(&slug, Settings::Features).await
}

/// Changes the known features of a tenant; an empty value means the default.
#[server(prefix = "/api/platform", endpoint = "tenant_features_set")]
pub async fn tenant_features_set(slug: String, version: i64, #[server(default)] fields: BTreeMap<String, String>) -> Result<(), ApiError> {
    write(&slug, version, Settings::Features, ObjectChange::Fields(fields)).await
}

/// Replaces a tenant's features by a JSON object.
#[server(prefix = "/api/platform", endpoint = "tenant_features_replace")]
pub async fn tenant_features_replace(slug: String, version: i64, json: String) -> Result<(), ApiError> {
    write(&slug, version, Settings::Features, ObjectChange::Whole(json)).await
}

/// A tenant's billing settings.
#[server(prefix = "/api/platform", endpoint = "tenant_billing")]
pub async fn tenant_billing(slug: String) -> Result<Framed<Data>, ApiError> {
    read(&slug, Settings::Billing).await
}

/// Changes the known billing settings of a tenant; an empty value takes one out.
#[server(prefix = "/api/platform", endpoint = "tenant_billing_set")]
pub async fn tenant_billing_set(slug: String, version: i64, #[server(default)] fields: BTreeMap<String, String>) -> Result<(), ApiError> {
    write(&slug, version, Settings::Billing, ObjectChange::Fields(fields)).await
}

/// Replaces a tenant's billing settings by a JSON object.
#[server(prefix = "/api/platform", endpoint = "tenant_billing_replace")]
pub async fn tenant_billing_replace(slug: String, version: i64, json: String) -> Result<(), ApiError> {
    write(&slug, version, Settings::Billing, ObjectChange::Whole(json)).await
}

/// The page `/tenants/{slug}/features`.
#[component]
pub fn TenantFeaturesPage() -> impl IntoView {
    let slug = slug();
    load(
        move || tenant_features(slug.clone()),
        |Framed { frame, data: Data { head, object } }| {
            view! {
                <TenantFrame frame head=head.clone() tab="Features">
                    <ObjectForms which=Settings::Features head object set="/api/platform/tenant_features_set" replace="/api/platform/tenant_features_replace"
                        title="Features" about="Features that this tenant can use."/>
                </TenantFrame>
            }
        },
    )
}

/// The page `/tenants/{slug}/billing`.
#[component]
pub fn TenantBillingPage() -> impl IntoView {
    let slug = slug();
    load(
        move || tenant_billing(slug.clone()),
        |Framed { frame, data: Data { head, object } }| {
            view! {
                <TenantFrame frame head=head.clone() tab="Billing">
                    <ObjectForms which=Settings::Billing head object set="/api/platform/tenant_billing_set" replace="/api/platform/tenant_billing_replace"
                        title="Agreement" about="Notes for invoicing. Oneo does not charge anything."/>
                </TenantFrame>
            }
        },
    )
}

#[component]
fn ObjectForms(
    which: Settings,
    head: TenantHead,
    object: Value,
    set: &'static str,
    replace: &'static str,
    title: &'static str,
    about: &'static str,
) -> impl IntoView {
    let (typed, raw) = (FormView::new(set), FormView::new(replace));
    let fields =
        which.known().iter().map(|known| view! { <KnownField form=typed.clone() name=format!("fields[{}]", known.key) known=*known value=known.shown(&object)/> }).collect_view();
    let may_change = use_frame().is_some_and(|frame| frame.may_change());
    let whole = serde_json::to_string_pretty(&object).unwrap_or_default();
    let refused = raw.is_refused();
    let (slug, version) = (head.tenant.slug, head.version.to_string());
    view! {
        <ReadOnly/>
        <ErrorSummary form=typed.clone()/>
        <ErrorSummary form=raw.clone()/>
        <form method="post" action=set class="form-card"><ReturnPath/>
            <input type="hidden" name="slug" value=slug.clone()/>
            <input type="hidden" name="version" value=version.clone()/>
            <fieldset disabled=!may_change>
                <div class="form-group">
                    <div><h2>{title}</h2><p class="text-muted text-xs">{about}</p></div>
                    <div class="form-fields">{fields}</div>
                </div>
                <div class="form-actions"><Submit label="Save changes"/></div>
            </fieldset>
        </form>
        <details class="card-box mt-4" open=refused>
            <summary class="cursor-pointer p-4 font-semibold">"As JSON"</summary>
            <form method="post" action=replace class="border-base-300 border-t p-4"><ReturnPath/>
                <input type="hidden" name="slug" value=slug/>
                <input type="hidden" name="version" value=version/>
                <fieldset disabled=!may_change class="flex flex-col gap-4">
                    <TextArea form=raw name="json" label="JSON object" value=whole
                        help="Other keys are kept as they are. Oneo checks the type of each key shown above."/>
                    <div><button class="btn btn-sm" type="submit">"Replace"</button></div>
                </fieldset>
            </form>
        </details>
    }
}
