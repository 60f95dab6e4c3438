//! The page `/tenants/{slug}/quota`.

use super::frame::{ReadOnly, TenantFrame, slug};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    ui::{ErrorSummary, FormView, QuotaMeter, ReturnPath, StorageMeter, Submit, TextField, load},
};
use control::tenants::QuotaForm;
use domain::dto::platform::TenantQuotaPage as Data;
use leptos::prelude::*;

const ACTION: &str = "/api/platform/tenant_quota_set";

/// A tenant's limits.
#[server(prefix = "/api/platform", endpoint = "tenant_quota")]
pub async fn tenant_quota(slug: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::tenants::tenant_quota(&cx, &slug).await;
    framed(&cx, found).await
}

/// Changes a tenant's limits; `version` is the one the form was filled from.
#[server(prefix = "/api/platform", endpoint = "tenant_quota_set")]
pub async fn tenant_quota_set(
    slug: String,
    version: i64,
    max_users: String,
    #[server(default)] max_storage_mb: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = QuotaForm { max_users, max_storage_mb };
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
                                <div><h2>"Users"</h2><p class="text-muted text-xs">"Only users who can sign in count."</p></div>
                                <div class="form-fields">
                                    <QuotaMeter used=tenant.user_count.into() most=tenant.max_users.into()/>
                                    <TextField form=form.clone() name="max_users" label="User limit" unit="users" value=tenant.max_users.to_string()
                                        help="If the limit is below current use, no user is signed out, but no user can be added."/>
                                </div>
                            </div>
                            <div class="form-group">
                                <div><h2>"Storage"</h2><p class="text-muted text-xs">"Only files that users upload count. Records and exports do not."</p></div>
                                <div class="form-fields">
                                    <StorageMeter storage=data.storage/>
                                    <TextField form name="max_storage_mb" label="Storage limit" unit="MB" value=(data.storage.most / 1024 / 1024).to_string()
                                        help="If the limit is below current use, no file is deleted, but no file can be added."/>
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
