//! The page `/tenants/{slug}/provision`.

use super::{
    frame::{ReadOnly, TenantFrame, slug},
    new::{OwnerFields, created_flash},
    overview::tenant_get,
};
use crate::{
    api::{ApiError, Framed, done, request_cx},
    ui::{DeliveryChoice, ErrorSummary, FormView, ReturnPath, Submit, load},
};
use control::tenants::OwnerForm;
use leptos::prelude::*;

const ACTION: &str = "/api/platform/tenant_provision";

/// Creates the schema of a tenant that was registered without one, and its owner.
#[server(prefix = "/api/platform", endpoint = "tenant_provision")]
pub async fn tenant_provision(
    slug: String,
    owner_first_name: String,
    owner_last_name: String,
    owner_email: String,
    #[server(default)] invite: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let owner = OwnerForm { owner_email, owner_first_name, owner_last_name, password: None, invite };
    let created = control::tenants::tenant_provision(&cx, &slug, &owner).await;
    let created = cx.answer(created).await?;
    done(&cx, &format!("/tenants/{slug}"), created_flash(created)).await
}

/// The page `/tenants/{slug}/provision`.
#[component]
pub fn TenantProvisionPage() -> impl IntoView {
    let slug = slug();
    load(
        move || tenant_get(slug.clone()),
        |Framed { frame, data }| {
            let (head, tenant) = (data.head.clone(), data.head.tenant);
            let (form, may_change) = (FormView::new(ACTION), frame.may_change());
            let body = if tenant.has_schema {
                view! { <div class="card-box empty"><p class="font-semibold">"This tenant already has a schema"</p></div> }.into_any()
            } else {
                view! {
                    <form method="post" action=ACTION class="form-card"><ReturnPath/>
                        <input type="hidden" name="slug" value=tenant.slug/>
                        <fieldset disabled=!may_change>
                            <OwnerFields form=form.clone()/>
                            <DeliveryChoice form=form.clone()/>
                            <div class="form-actions"><Submit label="Provision"/></div>
                        </fieldset>
                    </form>
                }
                .into_any()
            };
            view! {
                <TenantFrame frame head tab="Provision">
                    <ReadOnly/>
                    <ErrorSummary form/>
                    {body}
                </TenantFrame>
            }
        },
    )
}
