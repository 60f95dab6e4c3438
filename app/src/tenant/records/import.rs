//! The pages of an import: `/p/{pipeline}/import` and `/p/{pipeline}/import/{id}`.

use super::param;
use crate::{
    api::{ApiError, Framed, done, framed, job_id, request_cx},
    tenant::frame::TenantPage,
    ui::{
        CheckField, ErrorSummary, FormView, ImportPreview, ImportReadingForm, ImportUpload, PageHead, ReturnPath, SelectField, Submit,
        import_columns, import_subtitle, load,
    },
};
use domain::{
    Flash, JobId,
    dto::tenant::{RecordImportNewPage, RecordImportPage as Data},
    import::{DayOrder, DecimalMark, ImportMode},
    record::PipelineHead,
};
use kernel::imports::ImportReading;
use leptos::prelude::*;
use records::ImportRules;
use std::collections::HashMap;

/// See `src/http/upload/csv.rs`.
const UPLOAD: &str = "/api/tenant/record_import_upload";
const READ: &str = "/api/tenant/record_import_read";
const CHECK: &str = "/api/tenant/record_import_check";
/// Begins the import that a job has checked.
pub const IMPORT_RUN: &str = "/api/tenant/record_import_run";
/// Undoes an import.
pub const IMPORT_UNDO: &str = "/api/tenant/record_import_undo";

/// The page on which a file is chosen.
#[server(prefix = "/api/tenant", endpoint = "record_import_new")]
pub async fn record_import_new(pipeline: String) -> Result<Framed<RecordImportNewPage>, ApiError> {
    let cx = request_cx().await?;
    let found = records::record_import_new(&cx, &pipeline).await;
    framed(&cx, found).await
}

/// A file that came in: its first lines, and how its columns are mapped.
#[server(prefix = "/api/tenant", endpoint = "record_import_get")]
pub async fn record_import_get(pipeline: String, id: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = records::record_import_get(&cx, &pipeline, job_id(&id)?).await;
    framed(&cx, found).await
}

/// Reads a file that came in another way: another encoding, delimiter or first line.
#[server(prefix = "/api/tenant", endpoint = "record_import_read")]
pub async fn record_import_read(
    pipeline: String,
    id: String,
    #[server(default)] encoding: String,
    #[server(default)] delimiter: String,
    #[server(default)] has_header: bool,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let reading = ImportReading { encoding, delimiter, has_header };
    let read = records::record_import_read(&cx, &pipeline, job_id(&id)?, &reading).await;
    cx.answer(read).await?;
    done(&cx, &format!("/p/{pipeline}/import/{id}"), Flash::default()).await
}

/// Keeps how a file is to be imported, and begins a job that checks what that would do.
#[server(prefix = "/api/tenant", endpoint = "record_import_check")]
pub async fn record_import_check(
    pipeline: String,
    id: String,
    #[server(default)] columns: HashMap<String, String>,
    #[server(default)] mode: String,
    #[server(default)] match_by: String,
    #[server(default)] decimals: String,
    #[server(default)] days: String,
    #[server(default)] clears: bool,
) -> Result<JobId, ApiError> {
    let cx = request_cx().await?;
    let rules = ImportRules { columns: columns.into_iter().collect(), mode, match_by, decimals, days, clears };
    let begun = records::record_import_check(&cx, &pipeline, job_id(&id)?, &rules).await;
    led(&cx, cx.answer(begun).await?).await
}

/// Begins the import that a job has checked.
#[server(prefix = "/api/tenant", endpoint = "record_import_run")]
pub async fn record_import_run(id: String) -> Result<JobId, ApiError> {
    let cx = request_cx().await?;
    let begun = records::record_import_run(&cx, job_id(&id)?).await;
    led(&cx, cx.answer(begun).await?).await
}

/// Undoes an import, as far as nobody changed the records since.
#[server(prefix = "/api/tenant", endpoint = "record_import_undo")]
pub async fn record_import_undo(id: String) -> Result<JobId, ApiError> {
    let cx = request_cx().await?;
    let begun = records::record_import_undo(&cx, job_id(&id)?).await;
    led(&cx, cx.answer(begun).await?).await
}

/// Leads to the page of a job.
async fn led(cx: &kernel::RequestCx, job: JobId) -> Result<JobId, ApiError> {
    done(cx, &format!("/jobs/{job}"), Flash::default()).await?;
    Ok(job)
}

fn crumbs(head: &PipelineHead) -> Vec<(String, String)> {
    vec![(head.name.clone(), head.path())]
}

/// The page `/p/{pipeline}/import`.
#[component]
pub fn RecordImportPage() -> impl IntoView {
    let pipeline = param("pipeline");
    load(
        move || record_import_new(pipeline.clone()),
        |Framed { frame, data: RecordImportNewPage { pipeline: head, storage } }| {
            let path = head.path();
            let example = (format!("{path}/export.csv"), format!("An export of {}", head.name));
            view! {
                <TenantPage frame active=path.clone() crumbs=crumbs(&head) title="Import">
                    <PageHead title=format!("Import {}", head.name) subtitle="Import records from a CSV file. You see all changes before they are made, and you can undo the import."/>
                    <ImportUpload action=UPLOAD query=format!("?pipeline={}", head.key) cancel=path example storage/>
                </TenantPage>
            }
        },
    )
}

/// The page `/p/{pipeline}/import/{id}`.
#[component]
pub fn RecordImportRulesPage() -> impl IntoView {
    let (pipeline, id) = (param("pipeline"), param("id"));
    load(
        move || record_import_get(pipeline.clone(), id.clone()),
        |Framed { frame, data }| {
            let head = data.pipeline.clone();
            let path = head.path();
            let mut crumbs = crumbs(&head);
            crumbs.push(("Import".to_owned(), format!("{path}/import")));
            let sheet = data.sheet.clone();
            let fields = vec![("pipeline", head.key.clone())];
            view! {
                <TenantPage frame active=path crumbs title=sheet.name.clone()>
                    <PageHead title=sheet.name.clone() subtitle=import_subtitle(&sheet)/>
                    <ImportPreview sheet=sheet.clone()/>
                    <ImportReadingForm action=READ id=data.id fields sheet/>
                    <Rules data/>
                </TenantPage>
            }
        },
    )
}

#[component]
fn Rules(data: Data) -> impl IntoView {
    let form = FormView::new(CHECK);
    let head = data.pipeline.clone();
    let choices = import_columns(&data.sheet.headers);
    let columns = data.targets.iter().map(|target| {
        let chosen = data.columns.get(&target.name).map(usize::to_string).unwrap_or_default();
        let label = if target.is_required { format!("{} (required)", target.label) } else { target.label.clone() };
        view! { <SelectField form=form.clone() name=format!("columns[{}]", target.name) label choices=choices.clone() value=chosen/> }
    });
    let columns = columns.collect_view();
    let modes = ImportMode::ALL.into_iter().map(|(mode, name)| (name.to_owned(), mode.label("records"))).collect();
    let keys = data.targets.iter().filter(|target| target.is_key).map(|target| (target.name.clone(), target.label.clone()));
    let keys = std::iter::once((String::new(), "Nothing: every row is a new record".to_owned())).chain(keys).collect();
    let decimals = DecimalMark::ALL.into_iter().map(|(_, name, example, _)| (name.to_owned(), example.to_owned())).collect();
    let days = DayOrder::ALL.into_iter().map(|(_, name, example)| (name.to_owned(), example.to_owned())).collect();
    let again = format!("{}/import", head.path());
    view! {
        <ErrorSummary form=form.clone()/>
        <form method="post" action=CHECK class="form-card"><ReturnPath/>
            <input type="hidden" name="pipeline" value=head.key.clone()/>
            <input type="hidden" name="id" value=data.id.to_string()/>
            <div class="form-group">
                <div><h2>"Columns"</h2><p class="text-muted text-xs">"Choose a column for each field. Other columns are ignored."</p></div>
                <div class="form-fields">{columns}</div>
            </div>
            <div class="form-group">
                <div><h2>"Formats"</h2><p class="text-muted text-xs">"How the file writes numbers and dates. The check lists rows that cannot be read."</p></div>
                <div class="form-fields">
                    <SelectField form=form.clone() name="decimals" label="Numbers" choices=decimals value=data.decimals.as_str()/>
                    <SelectField form=form.clone() name="days" label="Dates" choices=days value=data.days.as_str() help="Dates that begin with the year are always understood."/>
                </div>
            </div>
            <div class="form-group">
                <div><h2>"Existing records"</h2><p class="text-muted text-xs">"An empty cell leaves its field as it is. Rows that match several records are skipped."</p></div>
                <div class="form-fields">
                    <SelectField form=form.clone() name="mode" label="Import mode" choices=modes value=data.mode.as_str()/>
                    <SelectField form=form.clone() name="match_by" label="Find existing records by" choices=keys value=data.key.clone() help="Fields in which values are unique or used for matching, and the number of the record."/>
                    <CheckField form name="clears" label="Empty cells clear fields of existing records" checked=data.clears/>
                </div>
            </div>
            <div class="form-actions"><a class="btn btn-ghost" href=again>"Choose another file"</a><Submit label="Check import"/></div>
        </form>
    }
}
