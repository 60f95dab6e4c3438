//! The page `/admins`.

use crate::{
    api::{ApiError, ApiResult, Framed, done, framed, request_cx, toast},
    platform::frame::PlatformPage,
    ui::{ActiveBadge, ErrorSummary, FormView, PageHead, ReauthenticationField, ReturnPath, When, load},
};
use domain::{
    AdminId, AdminRole, AppError, Flash,
    dto::platform::{AdminListPage as Data, AdminRow},
};
use leptos::prelude::*;
use secrecy::SecretString;

const PATH: &str = "/admins";
const CHANGE: &str = "/api/platform/admin_change";

/// Everybody who runs the platform.
#[server(prefix = "/api/platform", endpoint = "admin_list")]
pub async fn admin_list() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = control::admins::admin_list(&cx).await;
    framed(&cx, found).await
}

/// Changes a platform admin: `change` is `activate`, `deactivate`, `link`, `mfa_reset`, or a role to be given.
#[server(prefix = "/api/platform", endpoint = "admin_change")]
pub async fn admin_change(id: String, change: String, #[server(default)] password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id: AdminId = id.parse().map_err(|_| ApiError(AppError::NotFound))?;
    let password = SecretString::from(password);
    let text = match change.as_str() {
        "link" => {
            let made = control::admins::admin_link(&cx, id, &password).await;
            let link = cx.answer(made).await?;
            return done(&cx, PATH, Flash { link: Some(link), ..Flash::default() }).await;
        }
        "activate" | "deactivate" => {
            let active = change == "activate";
            let set = control::admins::admin_set_active(&cx, id, active, &password).await;
            let email = cx.answer(set).await?;
            if active { format!("{email} is active again") } else { format!("{email} was deactivated and signed out") }
        }
        "mfa_reset" => {
            let reset = control::admins::admin_mfa_reset(&cx, id, &password).await;
            let email = cx.answer(reset).await?;
            format!("{email} signs in without a second factor now, and should set up another one")
        }
        role => {
            let set = control::admins::admin_set_role(&cx, id, role, &password).await;
            let email = cx.answer(set).await?;
            format!("{email} has the role {role} now and is signed out")
        }
    };
    finish(&cx, text).await
}

async fn finish(cx: &kernel::RequestCx, text: String) -> ApiResult<()> {
    done(cx, PATH, toast(text)).await
}

/// The page `/admins`.
#[component]
pub fn AdminListPage() -> impl IntoView {
    load(admin_list, |Framed { frame, data }| {
        let now = frame.now;
        let form = FormView::new(CHANGE);
        let (can_change, viewer) = (frame.may_change(), frame.id);
        view! {
            <PlatformPage frame active=PATH title="Admins">
                <PageHead title="Admins" subtitle="Those who run the platform. A company's site asks for an account of its own.">
                    {can_change.then(|| view! { <a class="btn btn-primary" href="/admins/new">"New admin"</a> })}
                </PageHead>
                <ErrorSummary form=form.clone() password_id=format!("password-{}", form.value("id", ""))/>
                <div class="card-box">
                    <div class="table-scroll">
                        <table class="list-table">
                            <caption class="sr-only">"Platform admins"</caption>
                            <thead><tr><th scope="col">"Name"</th><th scope="col">"Role"</th><th scope="col">"Status"</th><th scope="col">"Last sign-in"</th>
                                {can_change.then(|| view! { <th scope="col"><span class="sr-only">"Change"</span></th> })}</tr></thead>
                            <tbody>
                                {data.rows.into_iter().map(|row| view! {
                                    <tr>
                                        <th scope="row"><span dir="auto">{row.name.clone()}</span>{(row.id.0 == viewer).then(|| view! { <span class="text-muted font-normal">" (you)"</span> })}
                                            <span class="text-muted block truncate text-xs font-normal">{row.email.clone()}</span></th>
                                        <td data-label="Role">{row.role.label()}</td>
                                        <td data-label="Status"><ActiveBadge active=row.is_active invited=!row.has_password/></td>
                                        <td data-label="Last sign-in">{match row.last_login { Some(at) => view! { <When at now/> }.into_any(), None => "never".into_any() }}</td>
                                        {can_change.then(|| view! { <td><Acts row form=form.clone()/></td> })}
                                    </tr>
                                }).collect_view()}
                            </tbody>
                        </table>
                    </div>
                </div>
            </PlatformPage>
        }
    })
}

/// What can be done with one admin. The password is asked for here, where it is needed again.
#[component]
fn Acts(row: AdminRow, form: FormView) -> impl IntoView {
    let (other, label) = match row.role {
        AdminRole::Admin => (AdminRole::Support, "Make support"),
        AdminRole::Support => (AdminRole::Admin, "Make admin"),
    };
    let (switch, switch_label) = if row.is_active { ("deactivate", "Deactivate") } else { ("activate", "Reactivate") };
    let link_label = if row.has_password { "Reset link" } else { "New invitation" };
    let open = form.value("id", "") == row.id.to_string();
    let field_id = format!("password-{}", row.id);
    view! {
        <details class="row-menu" open=open data-menu>
            <summary class="btn btn-xs" aria-label=format!("Change {}", row.email)>"Change"</summary>
            <form method="post" action=CHANGE class="row-menu-box card-box"><ReturnPath/>
                <input type="hidden" name="id" value=row.id.to_string()/>
                // What Enter in the field presses: nothing is done by accident.
                <button class="sr-only" name="change" value="" tabindex="-1" aria-hidden="true">"Choose below"</button>
                <ReauthenticationField form=form id=field_id/>
                {row.is_active.then(|| view! { <button class="btn btn-sm btn-ghost justify-start" name="change" value="link">{link_label}</button> })}
                {row.has_factor.then(|| view! { <button class="btn btn-sm btn-ghost justify-start" name="change" value="mfa_reset">"Reset second factor"</button> })}
                <button class="btn btn-sm btn-ghost justify-start" name="change" value=other.as_str()>{label}</button>
                <button class="btn btn-sm btn-ghost justify-start" name="change" value=switch>{switch_label}</button>
            </form>
        </details>
    }
}
