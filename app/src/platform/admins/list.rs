//! The page `/admins`.

use crate::{
    api::{ApiError, ApiResult, Framed, done, framed, request_cx, toast},
    platform::frame::PlatformPage,
    ui::{BadgeText, Cell, Column, ErrorSummary, FormView, PageHead, ReauthenticationField, ReturnPath, Table, Title, load},
};
use domain::{
    AdminId, AdminRole, AppError, Flash,
    dto::platform::{AdminListPage as Data, AdminRow},
    list::ListQuery,
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
            format!("{email} can now sign in without a second factor and should set up a new one")
        }
        role => {
            let set = control::admins::admin_set_role(&cx, id, role, &password).await;
            let email = cx.answer(set).await?;
            format!("{email} now has the role {role} and was signed out")
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
        let table = rows(data.rows, can_change.then(|| form.clone()), viewer, now);
        view! {
            <PlatformPage frame active=PATH title="Admins">
                <PageHead title="Admins" subtitle="Admins run the platform. They need a separate account to sign in to a tenant's site.">
                    {can_change.then(|| view! { <a class="btn btn-primary" href="/admins/new">"New admin"</a> })}
                </PageHead>
                <ErrorSummary form=form.clone() password_id=format!("password-{}", form.value("id", ""))/>
                <div class="card-box">
                    {table}
                </div>
            </PlatformPage>
        }
    })
}

/// The admins; what can be done with each where there is a form for it.
fn rows(rows: Vec<AdminRow>, form: Option<FormView>, viewer: i64, now: chrono::DateTime<chrono::Utc>) -> AnyView {
    let mut columns = vec![
        Column::new("name", "Name"),
        Column::new("role", "Role"),
        Column::new("status", "Status"),
        Column::new("last_login", "Last sign-in").labelled(),
    ];
    if form.is_some() {
        columns.push(Column::new("acts", "Change").quiet());
    }
    let table =
        Table { caption: "Platform admins".into(), path: PATH, query: &ListQuery::default(), columns, ticks: None, is_dense: false, now };
    table.plain(rows, |row, column| match (column, &form) {
        ("name", _) => {
            let text = if row.id.0 == viewer { format!("{} (you)", row.name) } else { row.name.clone() };
            Title { text, ..Title::default() }.below(row.email.clone()).into()
        }
        ("role", _) => row.role.label().into(),
        ("status", _) => BadgeText::of_account(row.is_active, !row.has_password).into(),
        ("last_login", _) => Cell::when_or_never(row.last_login),
        ("acts", Some(form)) => Cell::View(view! { <Acts row=row.clone() form=form.clone()/> }.into_any()),
        _ => Cell::Empty,
    })
}

/// What can be done with one admin. The password is asked for here, where it is needed again.
#[component]
fn Acts(row: AdminRow, form: FormView) -> impl IntoView {
    let (other, label) = match row.role {
        AdminRole::Admin => (AdminRole::Support, "Change role to support"),
        AdminRole::Support => (AdminRole::Admin, "Change role to admin"),
    };
    let (switch, switch_label) = if row.is_active { ("deactivate", "Deactivate") } else { ("activate", "Reactivate") };
    let link_label = if row.has_password { "Create reset link" } else { "Create new invitation" };
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
