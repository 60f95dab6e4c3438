//! The page `/tenants/{slug}/quota`.

use super::frame::{ReadOnly, TenantFrame, slug};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    ui::{CheckField, ErrorSummary, FormView, QuotaMeter, ReturnPath, StorageMeter, Submit, TextField, load},
};
use control::tenants::QuotaForm;
use domain::dto::platform::TenantQuotaPage as Data;
use leptos::prelude::*;

const ACTION: &str = "/api/platform/tenant_quota_set";

/// A tenant's name and limits.
#[server(prefix = "/api/platform", endpoint = "tenant_quota")]
pub async fn tenant_quota(slug: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::tenants::tenant_quota(&cx, &slug).await;
    framed(&cx, found).await
}

/// Changes a tenant's name and limits; `version` is the one the form was filled from.
#[server(prefix = "/api/platform", endpoint = "tenant_quota_set")]
pub async fn tenant_quota_set(
    slug: String,
    version: i64,
    name: String,
    max_users: String,
    #[server(default)] max_storage_mb: String,
    #[server(default)] auto_drop_schema: bool,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = QuotaForm { name, max_users, max_storage_mb, auto_drop_schema };
    let set = control::tenants::tenant_quota_set(&cx, &slug, version, form.parse()).await;
    cx.answer(set).await?;
    done(&cx, &format!("/tenants/{slug}/quota"), toast("Saved")).await
}

/// The page `/tenants/{slug}/quota`.
#[component]
pub fn TenantQuotaPage() -> impl IntoView {
    let slug = slug();
    load(
        move || tenant_quota(slug.clone()),
        |Framed { frame, data }| {
            let (head, tenant) = (data.head.clone(), data.head.tenant);
            let (form, may_change) = (FormView::new(ACTION), frame.may_change());
            view! {
                <TenantFrame frame head=head.clone() tab="Quota">
                    <ReadOnly/>
                    <ErrorSummary form=form.clone()/>
                    <form method="post" action=ACTION class="form-card" data-guard><ReturnPath/>
                        <input type="hidden" name="slug" value=tenant.slug/>
                        <input type="hidden" name="version" value=head.version.to_string()/>
                        <fieldset disabled=!may_change>
                            <div class="form-group">
                                <div><h2>"Company"</h2><p class="text-muted text-xs">"The name people see. Short name and schema stay."</p></div>
                                <div class="form-fields"><TextField form=form.clone() name="name" label="Name" value=tenant.name/></div>
                            </div>
                            <div class="form-group">
                                <div><h2>"Users"</h2><p class="text-muted text-xs">"Only users who can sign in count."</p></div>
                                <div class="form-fields">
                                    <QuotaMeter used=tenant.user_count.into() most=tenant.max_users.into()/>
                                    <TextField form=form.clone() name="max_users" label="User limit" value=tenant.max_users.to_string()
                                        help="Below what is in use, nobody is signed out; nobody new fits in."/>
                                </div>
                            </div>
                            <div class="form-group">
                                <div><h2>"Storage"</h2><p class="text-muted text-xs">"The files that people upload count. Rows and exports do not."</p></div>
                                <div class="form-fields">
                                    <StorageMeter storage=data.storage/>
                                    <TextField form=form.clone() name="max_storage_mb" label="Storage limit in megabytes" value=(data.storage.most / 1024 / 1024).to_string()
                                        help="A limit below what is in use removes nothing, but no new file fits."/>
                                </div>
                            </div>
                            <div class="form-group">
                                <div><h2>"Purging"</h2><p class="text-muted text-xs">"What happens to the data once the company is archived and its grace period is over."</p></div>
                                <div class="form-fields">
                                    <CheckField form name="auto_drop_schema" label="Drop the schema" checked=data.auto_drop_schema
                                        help="Otherwise the data stays in the database under another name that no company can reach."/>
                                </div>
                            </div>
                            <div class="form-actions"><Submit label="Save"/></div>
                        </fieldset>
                    </form>
                </TenantFrame>
            }
        },
    )
}
