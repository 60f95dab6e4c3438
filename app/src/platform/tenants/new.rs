//! The page `/tenants/new`.

use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    platform::frame::PlatformPage,
    ui::{CheckField, DeliveryChoice, ErrorSummary, FormView, PageHead, ReturnPath, Submit, TextField, load},
};
use control::tenants::{OwnerForm, TenantCreated, TenantForm};
use domain::Flash;
use identity::users::Handed;
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
    #[server(default)] domain: String,
    #[server(default)] slug: String,
    #[server(default)] schema: String,
    #[server(default)] max_users: String,
    #[server(default)] without_schema: bool,
    #[server(default)] owner_first_name: String,
    #[server(default)] owner_last_name: String,
    #[server(default)] owner_email: String,
    #[server(default)] invite: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let owner = OwnerForm { owner_email, owner_first_name, owner_last_name, password: None, invite };
    let command = TenantForm { name, domain, slug, schema, max_users, create_schema: !without_schema, domain_verified: false, owner };
    let created = control::tenants::tenant_create(&cx, command.parse(&cx.services.config)).await;
    let created = cx.answer(created).await?;
    done(&cx, &format!("/tenants/{}", created.slug), created_flash(created)).await
}

/// What the next page says of a tenant that was created, with the owner's link where it is handed over.
pub(super) fn created_flash(created: TenantCreated) -> Flash {
    let ready = format!("{} is ready at {}", created.name, created.url);
    match created.handed {
        Some(Handed::Link(link)) => Flash { link: Some(link), ..toast(ready) },
        Some(Handed::Mailed(email)) => toast(format!("{ready}. An invitation is on its way to {email}.")),
        None => toast(format!("{} was created without a schema. Provision it to open its site.", created.name)),
    }
}

/// The page `/tenants/new`.
#[component]
pub fn TenantNewPage() -> impl IntoView {
    load(tenant_new, |Framed { frame, data: base }| {
        let form = FormView::new("/api/platform/tenant_create");
        let crumbs = vec![("Tenants".to_owned(), "/tenants".to_owned())];
        view! {
            <PlatformPage frame active="/tenants" crumbs title="New tenant">
                <PageHead title="New tenant" subtitle="A tenant has its own schema and domain. Its owner signs in with a one-time link."/>
                <ErrorSummary form=form.clone()/>
                // A tenant that is only registered takes no owner, so the server judges what is missing.
                <form method="post" action="/api/platform/tenant_create" class="form-card" novalidate><ReturnPath/>
                    <div class="form-group">
                        <div><h2>"Tenant"</h2><p class="text-muted text-xs">"The name that users see and the address where they sign in."</p></div>
                        <div class="form-fields">
                            <TextField form=form.clone() name="name" label="Name" autofocus=true suggests="domain"/>
                            <TextField form=form.clone() name="domain" label="Subdomain" optional=true
                                help=format!("A single word becomes a subdomain of {base}. If you leave this empty, it is taken from the name. A custom domain works once its ownership is verified.")/>
                            <TextField form=form.clone() name="max_users" label="User limit" value="100" optional=true/>
                            <CheckField form=form.clone() name="without_schema" label="Create the schema later" checked=false
                                help="This only registers the tenant. Its site opens when you provision it and enter the owner again."/>
                        </div>
                    </div>
                    <OwnerFields form=form.clone()/>
                    <DeliveryChoice form=form.clone()/>
                    <div class="form-group">
                        <div><h2>"Internal names"</h2><p class="text-muted text-xs">"You cannot change these later. If you leave them empty, they are taken from the subdomain."</p></div>
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

/// Who owns a new tenant.
#[component]
pub(super) fn OwnerFields(form: FormView) -> impl IntoView {
    view! {
        <div class="form-group">
            <div><h2>"Owner"</h2><p class="text-muted text-xs">"The owner has full control of the tenant."</p></div>
            <div class="form-fields">
                <div class="form-pair">
                    <TextField form=form.clone() name="owner_first_name" label="First name"/>
                    <TextField form=form.clone() name="owner_last_name" label="Last name"/>
                </div>
                <TextField form name="owner_email" label="E-mail" kind="email"/>
            </div>
        </div>
    }
}
