//! The page `/users/new`.

use crate::{
    api::{ApiError, Framed, done, request_cx},
    tenant::TenantPage,
    ui::{ErrorSummary, FormView, PageHead, RadioCards, Submit, TextField, load},
};
use domain::{Flash, dto::tenant::UserNewPage as Data, flash::Toast, list::grouped};
use leptos::prelude::*;
use services::users::UserForm;

/// What the page for a new user shows.
#[server(prefix = "/api/tenant", endpoint = "user_new")]
pub async fn user_new() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = services::users::user_new(&cx).await;
    let (user, data) = cx.answer(found).await?;
    Ok(Framed { frame: crate::tenant::frame(&cx, user), data })
}

/// Creates a user, who signs in first by a one-time link.
#[server(prefix = "/api/tenant", endpoint = "user_create")]
pub async fn user_create(
    first_name: String,
    last_name: String,
    email: String,
    #[server(default)] username: String,
    #[server(default)] user_type: String,
    #[server(default)] then: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = UserForm { first_name, last_name, email, username, user_type };
    let created = services::users::user_create(&cx, &form).await;
    let (id, link) = cx.answer(created).await?;
    let toast = Toast { text: format!("{} {} was created", form.first_name.trim(), form.last_name.trim()), undo: None };
    let path = if then == "another" { "/users/new".to_owned() } else { format!("/users/{id}") };
    done(&cx, &path, Flash { toast: Some(toast), link: Some(link), ..Flash::default() }).await
}

/// The page `/users/new`.
#[component]
pub fn UserNewPage() -> impl IntoView {
    load(user_new, |Framed { frame, data }| {
        let form = FormView::new("/api/tenant/user_create");
        let crumbs = vec![("Users".to_owned(), "/users".to_owned())];
        let places = format!("{} of {} places in use.", grouped(data.quota.active_users.into()), grouped(data.quota.max_users.into()));
        view! {
            <TenantPage frame active="/users" crumbs title="New user">
                <PageHead title="New user" subtitle="You get a one-time link to hand over. They choose their own password."/>
                <ErrorSummary form=form.clone()/>
                <form method="post" action="/api/tenant/user_create" class="form-card">
                    <div class="form-group">
                        <div><h2>"Identity"</h2><p class="text-muted text-xs">"Shown to colleagues."</p></div>
                        <div class="form-fields">
                            <div class="form-pair">
                                <TextField form=form.clone() name="first_name" label="First name" autofocus=true/>
                                <TextField form=form.clone() name="last_name" label="Last name"/>
                            </div>
                            <TextField form=form.clone() name="email" label="E-mail" kind="email" maxlength=254/>
                            <TextField form=form.clone() name="username" label="Username" optional=true help="Letters, digits and . _ - only. Left empty, it is made of the e-mail address."/>
                        </div>
                    </div>
                    <div class="form-group">
                        <div><h2>"Access"</h2><p class="text-muted text-xs">{places}</p></div>
                        <div class="form-fields"><RadioCards form name="user_type" label="Role" roles=data.roles value="salesperson"/></div>
                    </div>
                    // The first button is the one that Enter in a field presses.
                    <div class="form-actions form-actions-many">
                        <Submit label="Create user"/>
                        <button class="btn" name="then" value="another">"Save and add another"</button>
                        <a class="btn btn-ghost" href="/users">"Cancel"</a>
                    </div>
                </form>
            </TenantPage>
        }
    })
}
