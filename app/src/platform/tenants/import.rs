//! The page `/tenants/import`.

use crate::{
    api::{ApiError, Framed, framed, request_cx},
    platform::frame::PlatformPage,
    ui::{ErrorSummary, FormView, PageHead, ReauthenticationField, Submit, TextField, load},
};
use domain::dto::platform::TenantImportPage as Data;
use leptos::prelude::*;

/// Takes a multipart form; see `src/http/upload.rs`.
const ACTION: &str = "/api/platform/tenant_import";

/// What the page of an import shows.
#[server(prefix = "/api/platform", endpoint = "tenant_import_new")]
pub async fn tenant_import_new() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::transfer::tenant_import_new(&cx).await;
    framed(&cx, found).await
}

/// The page `/tenants/import`.
#[component]
pub fn TenantImportPage() -> impl IntoView {
    load(tenant_import_new, |Framed { frame, data }| {
        let form = FormView::new(ACTION);
        let error = form.error("file");
        let crumbs = vec![("Tenants".to_owned(), "/tenants".to_owned())];
        view! {
            <PlatformPage frame active="/tenants" crumbs title="Import">
                <PageHead title="Import a tenant" subtitle="From an archive that was exported here or on another installation. Imports are all-or-nothing."/>
                <ErrorSummary form=form.clone()/>
                <form method="post" action=ACTION enctype="multipart/form-data" class="form-card">
                    <div class="form-group">
                        <div><h2>"Tenant"</h2><p class="text-muted text-xs">"Users, roles and settings come from the archive."</p></div>
                        <div class="form-fields">
                            <TextField form=form.clone() name="domain" label="Subdomain" help=format!("One word for a subdomain of {}.", data.base_domain)/>
                            <TextField form=form.clone() name="name" label="Name" optional=true help="Leave this empty to use the name in the archive."/>
                        </div>
                    </div>
                    <div class="form-group">
                        <div><h2>"Archive"</h2><p class="text-muted text-xs">"A .tar file of up to 4 GB. The import verifies its checksums."</p></div>
                        <div class="form-fields">
                            <ReauthenticationField form id="password"/>
                            <div class="field">
                                <label class="field-label" for="file">"File"</label>
                                <input class="file-input w-full" class:input-error=error.is_some() type="file" id="file" name="file" accept=".tar" required
                                    aria-invalid=error.is_some().then_some("true") aria-describedby=error.is_some().then_some("file-error")/>
                                {error.map(|text| view! { <p class="field-error" id="file-error">{text}</p> })}
                            </div>
                        </div>
                    </div>
                    <div class="form-actions"><Submit label="Import"/></div>
                </form>
            </PlatformPage>
        }
    })
}
