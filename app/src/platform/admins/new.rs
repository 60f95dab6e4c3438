//! The page `/admins/new`.

use crate::{
    api::{ApiError, Frame, done, request_cx, toast},
    platform::frame::PlatformPage,
    ui::{ErrorSummary, FormView, PageHead, RadioCards, ReauthenticationField, ReturnPath, Submit, TextField, load},
};
use control::admins::AdminForm;
use domain::{AdminRole, Flash, PermissionSet, dto::tenant::RoleChoice};
use leptos::prelude::*;
use secrecy::SecretString;

const ACTION: &str = "/api/platform/admin_create";

/// What the page for a new admin needs to know.
#[server(prefix = "/api/platform", endpoint = "admin_new")]
pub async fn admin_new() -> Result<Frame, ApiError> {
    let cx = request_cx().await?;
    let may = control::admins::admin_new(&cx).await;
    cx.answer(may).await?;
    Frame::of(&cx)
}

/// Creates a platform admin, who signs in first by a one-time link.
#[server(prefix = "/api/platform", endpoint = "admin_create")]
pub async fn admin_create(
    first_name: String,
    last_name: String,
    email: String,
    #[server(default)] role: String,
    #[server(default)] password: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = AdminForm { email, first_name, last_name, role, password: None };
    let created = control::admins::admin_create(&cx, form.parse(), &SecretString::from(password)).await;
    let link = cx.answer(created).await?;
    let Flash { toast, .. } = toast(format!("{} was invited", form.email.trim()));
    done(&cx, "/admins", Flash { toast, link, ..Flash::default() }).await
}

/// The page `/admins/new`.
#[component]
pub fn AdminNewPage() -> impl IntoView {
    load(admin_new, |frame| {
        let form = FormView::new(ACTION);
        let crumbs = vec![("Admins".to_owned(), "/admins".to_owned())];
        let roles = AdminRole::ALL.into_iter().map(|role| RoleChoice {
            key: role.as_str().to_owned(),
            name: role.label().to_owned(),
            sentence: role.sentence().to_owned(),
            permissions: PermissionSet::default(),
        });
        view! {
            <PlatformPage frame active="/admins" crumbs title="New admin">
                <PageHead title="New admin" subtitle="The new admin first signs in with a one-time link, which you pass on yourself."/>
                <ErrorSummary form=form.clone()/>
                <form method="post" action=ACTION class="form-card"><ReturnPath/>
                    <div class="form-group">
                        <div><h2>"Identity"</h2></div>
                        <div class="form-fields">
                            <div class="form-pair">
                                <TextField form=form.clone() name="first_name" label="First name" autofocus=true/>
                                <TextField form=form.clone() name="last_name" label="Last name"/>
                            </div>
                            <TextField form=form.clone() name="email" label="E-mail" kind="email"/>
                        </div>
                    </div>
                    <div class="form-group">
                        <div><h2>"Access"</h2></div>
                        <div class="form-fields">
                            <RadioCards form=form.clone() name="role" label="Role" roles=roles.collect() value="support"/>
                            <ReauthenticationField form id="password"/>
                        </div>
                    </div>
                    <div class="form-actions"><a class="btn btn-ghost" href="/admins">"Cancel"</a><Submit label="Create admin"/></div>
                </form>
            </PlatformPage>
        }
    })
}
