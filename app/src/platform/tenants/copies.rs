//! The page `/tenants/{slug}/copies`: an export, or the same company under another name.

use super::frame::{ReadOnly, TenantFrame, slug};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    ui::{CheckField, ErrorSummary, FormView, ReauthenticationField, ReturnPath, Submit, TextField, load},
};
use control::transfer::CloneForm;
use domain::dto::platform::TenantCopiesPage as Data;
use leptos::prelude::*;
use secrecy::SecretString;

const CLONE: &str = "/api/platform/tenant_clone";
const EXPORT: &str = "/api/platform/tenant_export";

/// What the page of a tenant's copies shows.
#[server(prefix = "/api/platform", endpoint = "tenant_copies")]
pub async fn tenant_copies(slug: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::transfer::tenant_copies(&cx, &slug).await;
    framed(&cx, found).await
}

/// Copies a tenant under another name, as a job.
#[server(prefix = "/api/platform", endpoint = "tenant_clone")]
pub async fn tenant_clone(
    slug: String,
    domain: String,
    #[server(default)] name: String,
    #[server(default)] anonymize: bool,
    #[server(default)] password: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = CloneForm { name, domain, anonymize };
    let asked = control::transfer::tenant_clone(&cx, &slug, &form, &SecretString::from(password)).await;
    let id = cx.answer(asked).await?;
    done(&cx, &format!("/jobs/{id}"), toast("The clone is being created")).await
}

/// Writes everything of a tenant into one file, as a job.
#[server(prefix = "/api/platform", endpoint = "tenant_export")]
pub async fn tenant_export(slug: String, #[server(default)] password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let asked = control::transfer::tenant_export(&cx, &slug, &SecretString::from(password)).await;
    let id = cx.answer(asked).await?;
    done(&cx, &format!("/jobs/{id}"), toast("The export is being written")).await
}

/// The page `/tenants/{slug}/copies`.
#[component]
pub fn TenantCopiesPage() -> impl IntoView {
    let slug = slug();
    load(
        move || tenant_copies(slug.clone()),
        |Framed { frame, data }| {
            let (head, slug) = (data.head.clone(), data.head.tenant.slug.clone());
            let (copy, export) = (FormView::new(CLONE), FormView::new(EXPORT));
            let usable = frame.may_change() && head.tenant.has_schema;
            view! {
                <TenantFrame frame head=head.clone() tab="Export & clone">
                    <ReadOnly/>
                    <ErrorSummary form=copy.clone() password_id="clone-password"/>
                    <ErrorSummary form=export.clone() password_id="export-password"/>
                    <form method="post" action=EXPORT class="form-card"><ReturnPath/>
                        <input type="hidden" name="slug" value=slug.clone()/>
                        <fieldset disabled=!usable>
                            <div class="form-group">
                                <div><h2>"Export"</h2><p class="text-muted text-xs">"A tar with every table as JSON Lines and a manifest of counts and checksums."</p></div>
                                <div class="form-fields">
                                    <p class="text-sm">"The file contains all data of this tenant. You can import it under another name, here or on another installation."</p>
                                    <ReauthenticationField form=export id="export-password"/>
                                    <div><button class="btn" type="submit">"Export"</button></div>
                                </div>
                            </div>
                        </fieldset>
                    </form>
                    <form method="post" action=CLONE class="form-card mt-4"><ReturnPath/>
                        <input type="hidden" name="slug" value=slug/>
                        <fieldset disabled=!usable>
                            <div class="form-group">
                                <div><h2>"Clone"</h2><p class="text-muted text-xs">"A copy of this tenant with its schema, users, settings and audit log, on its own domain."</p></div>
                                <div class="form-fields">
                                    <TextField form=copy.clone() name="domain" label="Subdomain" help=format!("One word for a subdomain of {}.", data.base_domain)/>
                                    <TextField form=copy.clone() name="name" label="Name" optional=true/>
                                    <CheckField form=copy.clone() name="anonymize" label="Anonymize users" checked=false
                                        help="Names, e-mail addresses and passwords are replaced. Logs, links and second factors are left out."/>
                                    <ReauthenticationField form=copy id="clone-password"/>
                                </div>
                            </div>
                            <div class="form-actions"><Submit label="Clone tenant"/></div>
                        </fieldset>
                    </form>
                </TenantFrame>
            }
        },
    )
}
