//! The page `/tenants/new`.

use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    platform::frame::PlatformPage,
    ui::{ErrorSummary, FormView, PageHead, ReturnPath, Submit, TextField, load},
};
use control::tenants::{OwnerForm, TenantForm};
use domain::Flash;
use leptos::prelude::*;

/// What the page for a new tenant shows: the host below which it gets its subdomain.
#[server(prefix = "/api/platform", endpoint = "tenant_new")]
pub async fn tenant_new() -> Result<Framed<String>, ApiError> {
    let cx = request_cx().await?;
    let found = control::tenants::tenant_new(&cx).await;
    framed(&cx, found).await
}

/// Creates a company with its owner.
#[server(prefix = "/api/platform", endpoint = "tenant_create")]
pub async fn tenant_create(
    name: String,
    domain: String,
    #[server(default)] slug: String,
    #[server(default)] schema: String,
    #[server(default)] max_users: String,
    owner_first_name: String,
    owner_last_name: String,
    owner_email: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let owner = OwnerForm { owner_email, owner_first_name, owner_last_name, password: None };
    let command = TenantForm { name, domain, slug, schema, max_users, create_schema: true, domain_verified: false, owner };
    let created = control::tenants::tenant_create(&cx, command.parse(&cx.services.config)).await;
    let created = cx.answer(created).await?;
    let ready = toast(format!("{} is ready at {}", command.name.trim(), created.url));
    done(&cx, &format!("/tenants/{}", created.slug), Flash { link: created.link, ..ready }).await
}

/// The page `/tenants/new`.
#[component]
pub fn TenantNewPage() -> impl IntoView {
    load(tenant_new, |Framed { frame, data: base }| {
        let form = FormView::new("/api/platform/tenant_create");
        let crumbs = vec![("Tenants".to_owned(), "/tenants".to_owned())];
        view! {
            <PlatformPage frame active="/tenants" crumbs title="New tenant">
                <PageHead title="New tenant" subtitle="A company with its own schema and domain. Its owner signs in by a one-time link."/>
                <ErrorSummary form=form.clone()/>
                <form method="post" action="/api/platform/tenant_create" class="form-card"><ReturnPath/>
                    <div class="form-group">
                        <div><h2>"Company"</h2><p class="text-muted text-xs">"What people see, and where they sign in."</p></div>
                        <div class="form-fields">
                            <TextField form=form.clone() name="name" label="Name" autofocus=true/>
                            <TextField form=form.clone() name="domain" label="Subdomain"
                                help=format!("One word makes it a name below {base}. A domain of the company's own serves once its ownership is verified.")/>
                            <TextField form=form.clone() name="max_users" label="User limit" value="100" optional=true/>
                        </div>
                    </div>
                    <div class="form-group">
                        <div><h2>"Owner"</h2><p class="text-muted text-xs">"Has full control of the company."</p></div>
                        <div class="form-fields">
                            <div class="form-pair">
                                <TextField form=form.clone() name="owner_first_name" label="First name"/>
                                <TextField form=form.clone() name="owner_last_name" label="Last name"/>
                            </div>
                            <TextField form=form.clone() name="owner_email" label="E-mail" kind="email"/>
                        </div>
                    </div>
                    <div class="form-group">
                        <div><h2>"Names in the system"</h2><p class="text-muted text-xs">"Cannot be changed later. Left empty, they follow the subdomain."</p></div>
                        <div class="form-fields">
                            <div class="form-pair">
                                <TextField form=form.clone() name="slug" label="Short name" optional=true/>
                                <TextField form name="schema" label="Schema" optional=true/>
                            </div>
                        </div>
                    </div>
                    <div class="form-actions">
                        <a class="btn btn-ghost" href="/tenants">"Cancel"</a>
                        <Submit label="Create tenant"/>
                    </div>
                </form>
            </PlatformPage>
        }
    })
}
