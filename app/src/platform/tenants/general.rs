//! The page `/tenants/{slug}/general`.

use super::frame::{ReadOnly, TenantFrame, slug};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    ui::{CheckField, ErrorSummary, FormView, ReturnPath, Submit, TextField, load},
};
use control::tenants::GeneralForm;
use domain::dto::platform::TenantGeneralPage as Data;
use leptos::prelude::*;

const ACTION: &str = "/api/platform/tenant_general_set";

/// A tenant's name and what becomes of its data.
#[server(prefix = "/api/platform", endpoint = "tenant_general")]
pub async fn tenant_general(slug: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::tenants::tenant_general(&cx, &slug).await;
    framed(&cx, found).await
}

/// Changes a tenant's name and what becomes of its data; `version` is the one the form was filled from.
#[server(prefix = "/api/platform", endpoint = "tenant_general_set")]
pub async fn tenant_general_set(
    slug: String,
    version: i64,
    name: String,
    #[server(default)] auto_drop_schema: bool,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let set = control::tenants::tenant_general_set(&cx, &slug, version, GeneralForm { name, auto_drop_schema }.parse()).await;
    cx.answer(set).await?;
    done(&cx, &format!("/tenants/{slug}/general"), toast("Saved")).await
}

/// The page `/tenants/{slug}/general`.
#[component]
pub fn TenantGeneralPage() -> impl IntoView {
    let slug = slug();
    load(
        move || tenant_general(slug.clone()),
        |Framed { frame, data }| {
            let (head, tenant) = (data.head.clone(), data.head.tenant);
            let (form, may_change) = (FormView::new(ACTION), frame.may_change());
            view! {
                <TenantFrame frame head=head.clone() tab="General">
                    <ReadOnly/>
                    <ErrorSummary form=form.clone()/>
                    <form method="post" action=ACTION class="form-card" data-guard><ReturnPath/>
                        <input type="hidden" name="slug" value=tenant.slug/>
                        <input type="hidden" name="version" value=head.version.to_string()/>
                        <fieldset disabled=!may_change>
                            <div class="form-group">
                                <div><h2>"Name"</h2><p class="text-muted text-xs">"The name users see. The short name and the schema do not change."</p></div>
                                <div class="form-fields"><TextField form=form.clone() name="name" label="Tenant name" value=tenant.name/></div>
                            </div>
                            <div class="form-group">
                                <div><h2>"Purging"</h2><p class="text-muted text-xs">"What happens to the data when the tenant is archived and its grace period is over."</p></div>
                                <div class="form-fields">
                                    <CheckField form name="auto_drop_schema" label="Drop the schema" checked=data.auto_drop_schema
                                        help="Otherwise the tables stay in the database under another name that no tenant can access."/>
                                </div>
                            </div>
                            <div class="form-actions"><Submit label="Save changes"/></div>
                        </fieldset>
                    </form>
                </TenantFrame>
            }
        },
    )
}
