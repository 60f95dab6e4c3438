//! The pages of an import: `/users/import` and `/users/import/{id}`.

use crate::{
    api::{ApiError, Framed, done, framed, job_id, request_cx},
    tenant::frame::TenantPage,
    ui::{
        ErrorSummary, FormView, ImportPreview, ImportReadingForm, ImportUpload, PageHead, ReturnPath, SelectField, Submit, import_columns,
        import_subtitle, load, use_frame,
    },
};
use domain::{
    Flash,
    dto::{Storage, tenant::ImportPage as Data},
    import::{COLUMNS, ImportMode},
};
use identity::users::ImportRules;
use kernel::imports::ImportReading;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use secrecy::SecretString;
use std::collections::HashMap;

const UPLOAD: &str = "/api/tenant/user_import_upload";
const READ: &str = "/api/tenant/user_import_read";
const CHECK: &str = "/api/tenant/user_import_check";

/// The page on which a list is chosen.
#[server(prefix = "/api/tenant", endpoint = "user_import_new")]
pub async fn user_import_new() -> Result<Framed<Storage>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::users::user_import_new(&cx).await;
    framed(&cx, found).await
}

/// A list that came in: its first lines, and how its columns are mapped.
#[server(prefix = "/api/tenant", endpoint = "user_import_get")]
pub async fn user_import_get(id: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::users::user_import_get(&cx, job_id(&id)?).await;
    framed(&cx, found).await
}

/// Reads a list that came in another way: another encoding, delimiter or first line.
#[server(prefix = "/api/tenant", endpoint = "user_import_read")]
pub async fn user_import_read(
    id: String,
    #[server(default)] encoding: String,
    #[server(default)] delimiter: String,
    #[server(default)] has_header: bool,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let reading = ImportReading { encoding, delimiter, has_header };
    let read = identity::users::user_import_read(&cx, job_id(&id)?, &reading).await;
    cx.answer(read).await?;
    done(&cx, &format!("/users/import/{id}"), Flash::default()).await
}

/// Keeps how a list is to be taken, and begins a job that looks at what that would do.
#[server(prefix = "/api/tenant", endpoint = "user_import_check")]
pub async fn user_import_check(
    id: String,
    #[server(default)] columns: HashMap<String, String>,
    #[server(default)] mode: String,
    #[server(default)] match_by: String,
    #[server(default)] user_type: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let rules = ImportRules { columns: columns.into_iter().collect(), mode, match_by, user_type };
    let begun = identity::users::user_import_check(&cx, job_id(&id)?, &rules).await;
    let job = cx.answer(begun).await?;
    done(&cx, &format!("/jobs/{job}"), Flash::default()).await
}

/// Begins the import that a job has looked at.
#[server(prefix = "/api/tenant", endpoint = "user_import_run")]
pub async fn user_import_run(id: String, #[server(default)] password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let begun = identity::users::user_import_run(&cx, job_id(&id)?, &SecretString::from(password)).await;
    let job = cx.answer(begun).await?;
    done(&cx, &format!("/jobs/{job}"), Flash::default()).await
}

/// Takes an import back, as far as nobody changed what it did.
#[server(prefix = "/api/tenant", endpoint = "user_import_undo")]
pub async fn user_import_undo(id: String, #[server(default)] password: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let begun = identity::users::user_import_undo(&cx, job_id(&id)?, &SecretString::from(password)).await;
    let job = cx.answer(begun).await?;
    done(&cx, &format!("/jobs/{job}"), Flash::default()).await
}

fn crumbs() -> Vec<(String, String)> {
    vec![("Users".to_owned(), "/users".to_owned())]
}

/// The page `/users/import`.
#[component]
pub fn UserImportPage() -> impl IntoView {
    load(user_import_new, |Framed { frame, data: storage }| {
        view! {
            <TenantPage frame active="/users" crumbs=crumbs() title="Import">
                <PageHead title="Import users" subtitle="Import users from a CSV file. You see all changes before they are made, and you can undo the import."/>
                <ImportUpload action=UPLOAD cancel="/users" example=("/users.csv".to_owned(), "The current list of users".to_owned()) storage/>
            </TenantPage>
        }
    })
}

/// The page `/users/import/{id}`.
#[component]
pub fn UserImportRulesPage() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").unwrap_or_default();
    load(
        move || user_import_get(id.clone()),
        |Framed { frame, data }| {
            let mut crumbs = crumbs();
            crumbs.push(("Import".to_owned(), "/users/import".to_owned()));
            let sheet = data.sheet.clone();
            view! {
                <TenantPage frame active="/users" crumbs title=sheet.name.clone()>
                    <PageHead title=sheet.name.clone() subtitle=import_subtitle(&sheet)/>
                    <ImportPreview sheet=sheet.clone()/>
                    <ImportReadingForm action=READ id=data.id sheet/>
                    <Rules data/>
                </TenantPage>
            }
        },
    )
}

#[component]
fn Rules(data: Data) -> impl IntoView {
    let form = FormView::new(CHECK);
    let choices = import_columns(&data.sheet.headers);
    let column = |field: &str, label: String| {
        let chosen = data.columns.get(field).map(usize::to_string).unwrap_or_default();
        let choices = choices.clone();
        view! { <SelectField form=form.clone() name=format!("columns[{field}]") label choices value=chosen/> }
    };
    let columns = COLUMNS.iter().map(|(field, label)| column(field, (*label).to_owned()));
    let columns = columns.chain(data.fields.iter().map(|field| column(&field.column(), field.label.clone()))).collect_view();
    let modes = ImportMode::ALL.into_iter().map(|(mode, name)| (name.to_owned(), mode.label("users"))).collect();
    let keys = vec![("email".to_owned(), "E-mail address".to_owned()), ("username".to_owned(), "Username".to_owned())];
    let held = use_frame().map(|frame| frame.permissions).unwrap_or_default();
    let roles = data.roles.iter().filter(|role| held.covers(&role.permissions)).map(|role| (role.key.clone(), role.name.clone())).collect();
    view! {
        <ErrorSummary form=form.clone()/>
        <form method="post" action=CHECK class="form-card"><ReturnPath/>
            <input type="hidden" name="id" value=data.id.to_string()/>
            <div class="form-group">
                <div><h2>"Columns"</h2><p class="text-muted text-xs">"Choose a column for each field. Other columns are ignored."</p></div>
                <div class="form-fields">{columns}</div>
            </div>
            <div class="form-group">
                <div><h2>"Rules"</h2><p class="text-muted text-xs">"New users do not get an e-mail. Invite them from the list of users after the import."</p></div>
                <div class="form-fields">
                    <SelectField form=form.clone() name="mode" label="Import mode" choices=modes value=data.mode.as_str()/>
                    <SelectField form=form.clone() name="match_by" label="Find existing users by" choices=keys value=data.key.as_str()/>
                    <SelectField form name="user_type" label="Role of new users" choices=roles value=data.role.clone() help="Used for rows without a role. In the file, write role names as shown here."/>
                </div>
            </div>
            <div class="form-actions"><a class="btn btn-ghost" href="/users/import">"Choose another file"</a><Submit label="Check import"/></div>
        </form>
    }
}
