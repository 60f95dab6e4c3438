//! The page `/users/new`.

use super::fields::FieldInputs;
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    tenant::frame::TenantPage,
    ui::{
        DeliveryChoice, ErrorSummary, FormView, PageHead, RadioCards, ReauthenticationField, ReturnPath, Submit, TextField, load, number,
    },
};
use domain::{Flash, dto::tenant::UserNewPage as Data, user_field::FieldsTyped};
use identity::users::{Handed, UserForm};
use leptos::prelude::*;
use secrecy::SecretString;
use std::collections::HashMap;

/// What the page for a new user shows.
#[server(prefix = "/api/tenant", endpoint = "user_new")]
pub async fn user_new() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::users::user_new(&cx).await;
    framed(&cx, found).await
}

/// Creates a user, who signs in first by a one-time link.
#[server(prefix = "/api/tenant", endpoint = "user_create")]
pub async fn user_create(
    first_name: String,
    last_name: String,
    email: String,
    #[server(default)] username: String,
    #[server(default)] user_type: String,
    #[server(default)] invite: String,
    #[server(default)] fields: HashMap<String, String>,
    #[server(default)] boxes: HashMap<String, String>,
    #[server(default)] password: String,
    #[server(default)] then: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = UserForm { first_name, last_name, email, username, user_type, invite, metadata: None };
    let created =
        identity::users::user_create(&cx, form.create(), &FieldsTyped { values: fields, boxes }, &SecretString::from(password)).await;
    let (id, handed) = cx.answer(created).await?;
    let created = format!("{} {} was created", form.first_name.trim(), form.last_name.trim());
    let (text, link) = match handed {
        Handed::Link(link) => (created, Some(link)),
        Handed::Mailed(email) => (format!("{created}, and an e-mail is on its way to {email}"), None),
    };
    let path = if then == "another" { "/users/new".to_owned() } else { format!("/users/{id}") };
    done(&cx, &path, Flash { link, ..toast(text) }).await
}

/// The page `/users/new`.
#[component]
pub fn UserNewPage() -> impl IntoView {
    load(user_new, |Framed { frame, data }| {
        let form = FormView::new("/api/tenant/user_create");
        let crumbs = vec![("Users".to_owned(), "/users".to_owned())];
        let again = form.clone();
        let fields: Vec<_> = data.fields.into_iter().map(|field| (field, String::new())).collect();
        let fields = (!fields.is_empty()).then(|| {
            view! {
                <div class="form-group">
                    <div><h2>"Details"</h2><p class="text-muted text-xs">"What your company records about its users."</p></div>
                    <div class="form-fields"><FieldInputs form=form.clone() fields/></div>
                </div>
            }
        });
        let needs_password = frame.permissions.is_owner() && frame.must_reauthenticate;
        let places = format!("{} of {} seats used.", number(data.quota.active_users.into()), number(data.quota.max_users.into()));
        view! {
            <TenantPage frame active="/users" crumbs title="New user">
                <PageHead title="New user" subtitle="The user sets a password with a one-time link."/>
                <ErrorSummary form=form.clone()/>
                <form method="post" action="/api/tenant/user_create" class="form-card"><ReturnPath/>
                    <div class="form-group">
                        <div><h2>"Identity"</h2><p class="text-muted text-xs">"Colleagues can see these details."</p></div>
                        <div class="form-fields">
                            <div class="form-pair">
                                <TextField form=form.clone() name="first_name" label="First name" autofocus=true/>
                                <TextField form=form.clone() name="last_name" label="Last name"/>
                            </div>
                            <TextField form=form.clone() name="email" label="E-mail" kind="email"/>
                            <TextField form=form.clone() name="username" label="Username" optional=true help="Use letters, digits, dots, underscores and hyphens. If you leave it empty, Oneo creates it from the e-mail address."/>
                        </div>
                    </div>
                    {fields}
                    <div class="form-group">
                        <div><h2>"Access"</h2><p class="text-muted text-xs">{places}</p></div>
                        <div class="form-fields"><RadioCards form=form.clone() name="user_type" label="Role" roles=data.roles value="salesperson"/></div>
                    </div>
                    <DeliveryChoice form/>
                    {needs_password.then(|| view! {
                        <div class="form-group">
                            <div><h2>"Confirm it is you"</h2></div>
                            <div class="form-fields"><ReauthenticationField form=again id="password" only_for="Required only to create an owner."/></div>
                        </div>
                    })}
                    // The first button is the one that Enter in a field presses.
                    <div class="form-actions form-actions-many">
                        <Submit label="Create user"/>
                        <button class="btn" name="then" value="another">"Create and add another"</button>
                        <a class="btn btn-ghost" href="/users">"Cancel"</a>
                    </div>
                </form>
            </TenantPage>
        }
    })
}
