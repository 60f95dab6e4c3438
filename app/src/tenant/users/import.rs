//! The pages of an import: `/users/import` and `/users/import/{id}`.

use crate::{
    api::{ApiError, Framed, done, framed, request_cx},
    tenant::frame::TenantPage,
    ui::{CheckField, ErrorSummary, FormView, PageHead, ReturnPath, SelectField, StorageMeter, Submit, load, number, use_frame},
};
use domain::{
    AppError, Flash, JobId,
    dto::{Storage, tenant::ImportPage as Data},
    import::{COLUMNS, ImportMode},
};
use identity::users::{ImportReading, ImportRules};
use kernel::csv::{DELIMITERS, ENCODINGS};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use secrecy::SecretString;
use std::collections::HashMap;

const UPLOAD: &str = "/api/tenant/user_import_upload";
const READ: &str = "/api/tenant/user_import_read";
const CHECK: &str = "/api/tenant/user_import_check";

fn job_id(text: &str) -> Result<JobId, ApiError> {
    text.parse().map_err(|_| ApiError(AppError::NotFound))
}

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
        let form = FormView::new(UPLOAD);
        let error = form.error("file");
        let invalid = error.is_some();
        view! {
            <TenantPage frame active="/users" crumbs=crumbs() title="Import">
                <PageHead title="Import users" subtitle="Import users from a CSV file. You see all changes before they are made, and you can undo the import."/>
                <ErrorSummary form/>
                <form method="post" action=UPLOAD enctype="multipart/form-data" class="form-card">
                    <div class="form-group">
                        <div><h2>"File"</h2><p class="text-muted text-xs">"Encoding, delimiter and column names are detected; you can correct them on the next page."</p></div>
                        <div class="form-fields">
                            <div class="field">
                                <label class="field-label" for="file">"File"</label>
                                <input class="file-input w-full" class:input-error=invalid type="file" id="file" name="file" accept=".csv,.txt,.tsv,text/csv" required
                                    aria-invalid=invalid.then_some("true") aria-describedby=if invalid { "file-error file-help" } else { "file-help" }/>
                                {error.map(|text| view! { <p class="field-error" id="file-error">{text}</p> })}
                                <p class="field-help" id="file-help">"Up to 1 GB, with any number of lines. "<a class="link" href="/users.csv">"The current list of users"</a>" has the right columns."</p>
                                <p class="field-help flex flex-wrap items-center gap-2">"Storage used by your company: "<StorageMeter storage/></p>
                            </div>
                        </div>
                    </div>
                    <div class="form-actions"><a class="btn btn-ghost" href="/users">"Cancel"</a><Submit label="Upload"/></div>
                </form>
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
            let between = match data.delimiter {
                '\t' => "tabs".to_owned(),
                other => format!("“{other}”"),
            };
            let subtitle = format!("{} lines, {}, columns separated by {between}.", number(data.lines), data.encoding);
            view! {
                <TenantPage frame active="/users" crumbs title=data.name.clone()>
                    <PageHead title=data.name.clone() subtitle/>
                    <Preview headers=data.headers.clone() lines=data.preview.clone()/>
                    <Reading data=data.clone()/>
                    <Rules data/>
                </TenantPage>
            }
        },
    )
}

#[component]
fn Preview(headers: Vec<String>, lines: Vec<Vec<String>>) -> impl IntoView {
    let heads = headers.clone().into_iter().map(|header| view! { <th scope="col" dir="auto">{header}</th> }).collect_view();
    let lines = lines.into_iter().map(|line| {
        let cells = line.into_iter().zip(headers.clone()).map(|(cell, header)| view! { <td data-label=header dir="auto">{cell}</td> });
        view! { <tr>{cells.collect_view()}</tr> }
    });
    let lines = lines.collect_view();
    view! {
        <section class="card-box mb-4" aria-labelledby="preview">
            <div class="card-head"><h2 id="preview">"First rows"</h2></div>
            <div class="table-scroll">
                <table class="list-table">
                    <caption class="sr-only">"First rows of the file"</caption>
                    <thead><tr>{heads}</tr></thead>
                    <tbody>{lines}</tbody>
                </table>
            </div>
        </section>
    }
}

/// How the file is read, to be corrected where the preview shows that it was read in a wrong way.
#[component]
fn Reading(data: Data) -> impl IntoView {
    let form = FormView::new(READ);
    let mut encodings: Vec<(String, String)> = ENCODINGS.iter().map(|(name, label)| ((*name).to_owned(), (*label).to_owned())).collect();
    if !encodings.iter().any(|(name, _)| *name == data.encoding) {
        encodings.push((data.encoding.clone(), data.encoding.clone()));
    }
    let delimiters = DELIMITERS.iter().map(|(byte, label)| (char::from(*byte).to_string(), (*label).to_owned())).collect();
    let open = form.is_refused();
    view! {
        <ErrorSummary form=form.clone()/>
        <details class="card-box mb-4" open=open>
            <summary class="cursor-pointer p-4 font-semibold">"Does the preview look wrong?"</summary>
            <form method="post" action=READ class="border-base-300 flex max-w-2xl flex-col gap-3 border-t p-4"><ReturnPath/>
                <input type="hidden" name="id" value=data.id.to_string()/>
                <SelectField form=form.clone() name="encoding" label="Encoding" choices=encodings value=data.encoding help="If letters look wrong, choose the language of the file."/>
                <SelectField form=form.clone() name="delimiter" label="Delimiter" choices=delimiters value=data.delimiter.to_string() help="The character that separates the columns."/>
                <CheckField form name="has_header" label="The first row contains the column names" checked=data.has_header/>
                <div><Submit label="Update preview"/></div>
            </form>
        </details>
    }
}

#[component]
fn Rules(data: Data) -> impl IntoView {
    let form = FormView::new(CHECK);
    let headers = data.headers.clone();
    let column = |field: &str, label: String| {
        let chosen = data.columns.get(field).map(usize::to_string).unwrap_or_default();
        let none = ("".to_owned(), "No column".to_owned());
        let choices =
            std::iter::once(none).chain(headers.iter().enumerate().map(|(index, header)| (index.to_string(), header.clone()))).collect();
        view! { <SelectField form=form.clone() name=format!("columns[{field}]") label choices value=chosen/> }
    };
    let columns = COLUMNS.iter().map(|(field, label)| column(field, (*label).to_owned()));
    let columns = columns.chain(data.fields.iter().map(|field| column(&field.column(), field.label.clone()))).collect_view();
    let modes = ImportMode::ALL.iter().map(|(_, name, label)| ((*name).to_owned(), (*label).to_owned())).collect();
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
