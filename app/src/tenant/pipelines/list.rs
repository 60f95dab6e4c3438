//! The page `/settings/pipelines`.

use super::frame::{DeletedRows, PATH, RowActs, path_of};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    tenant::settings::SettingsFrame,
    ui::{CheckField, ErrorSummary, FormView, Icon, IconName, ReturnPath, SelectField, Submit, TextField, load},
};
use domain::{
    dto::tenant::{PipelineListPage as Data, PipelineRow},
    flash::{Toast, Undo},
    list::Count,
    record::{ICONS, PIPELINES_MAX, PipelineForm},
};
use leptos::prelude::*;
use records::PipelineNew;

const CREATE: &str = "/api/tenant/pipeline_create";
const MOVE: &str = "/api/tenant/pipeline_move";
const DELETE: &str = "/api/tenant/pipeline_delete";
const RESTORE: &str = "/api/tenant/pipeline_restore";

/// All pipelines, and those that were deleted.
#[server(prefix = "/api/tenant", endpoint = "pipeline_list")]
pub async fn pipeline_list() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = records::pipeline_definition_list(&cx).await;
    framed(&cx, found).await
}

/// Creates a pipeline.
#[server(prefix = "/api/tenant", endpoint = "pipeline_create")]
pub async fn pipeline_create(
    name: String,
    name_one: String,
    #[server(default)] icon: String,
    #[server(default)] has_stages: bool,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let text = format!("{} was created. Add its fields now.", name.trim());
    let new = PipelineNew { form: PipelineForm { name, name_one, icon, ..PipelineForm::default() }, has_stages };
    let created = records::pipeline_create(&cx, &new).await;
    let key = cx.answer(created).await?;
    done(&cx, &format!("{}/fields", path_of(&key)), toast(text)).await
}

/// Moves a pipeline one place in the navigation: `to` is `up` or `down`.
#[server(prefix = "/api/tenant", endpoint = "pipeline_move")]
pub async fn pipeline_move(pipeline: String, to: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let moved = records::pipeline_move(&cx, &pipeline, &to).await;
    let name = cx.answer(moved).await?;
    done(&cx, PATH, toast(format!("{name} was moved {to}"))).await
}

/// Deletes a pipeline: its records are out of sight until it is restored.
#[server(prefix = "/api/tenant", endpoint = "pipeline_delete")]
pub async fn pipeline_delete(pipeline: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let deleted = records::pipeline_delete(&cx, &pipeline).await;
    let name = cx.answer(deleted).await?;
    let undo = Undo { action: RESTORE.to_owned(), fields: vec![("pipeline".to_owned(), pipeline)] };
    done(&cx, PATH, Toast::success(format!("{name} was deleted with its records")).with_undo(undo).into()).await
}

/// Brings a pipeline back with its records.
#[server(prefix = "/api/tenant", endpoint = "pipeline_restore")]
pub async fn pipeline_restore(pipeline: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let restored = records::pipeline_restore(&cx, &pipeline).await;
    let name = cx.answer(restored).await?;
    done(&cx, PATH, toast(format!("{name} was restored"))).await
}

/// The page `/settings/pipelines`.
#[component]
pub fn PipelineListPage() -> impl IntoView {
    load(pipeline_list, |Framed { frame, data }| {
        let (now, last) = (frame.now, data.rows.len().saturating_sub(1));
        let rows =
            data.rows.into_iter().enumerate().map(|(place, row)| view! { <Row row ends=(place == 0, place == last)/> }).collect_view();
        view! {
            <SettingsFrame frame tab="Pipelines" subtitle="Kinds of records, such as contacts or deals. Each has its own fields, stages and access rules.">
                <ErrorSummary form=FormView::new(RESTORE)/>
                <section class="card-box mb-4" aria-labelledby="pipelines">
                    <div class="card-head"><h2 id="pipelines">"Pipelines"</h2></div>
                    <ul class="rows">{rows}</ul>
                </section>
                <New/>
                <DeletedRows title="Deleted pipelines" rows=data.deleted action=RESTORE name="pipeline" now/>
            </SettingsFrame>
        }
    })
}

#[component]
fn Row(row: PipelineRow, ends: (bool, bool)) -> impl IntoView {
    let (path, head) = (path_of(&row.head.key), row.head);
    let count = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let records = match row.records {
        Count::Many => "more than 10,000 records".to_owned(),
        Count::Exact(1) => "1 record".to_owned(),
        total => format!("{total} records"),
    };
    let facts = format!("{} · {} · {records}", count(row.fields, "field", "fields"), count(row.stages, "stage", "stages"));
    let fields = vec![("pipeline", head.key.clone())];
    view! {
        <li class="flex-wrap">
            <Icon name=IconName::of_pipeline(&head.icon) class="text-muted size-4 shrink-0"/>
            <span class="min-w-40 flex-1">
                <a class="row-link" href=path.clone() dir="auto">{head.name.clone()}</a>
                <span class="text-muted block text-xs">{facts}</span>
            </span>
            <RowActs name=head.name fields move_to=MOVE ends edit=path act=(DELETE, "Delete")/>
        </li>
    }
}

#[component]
fn New() -> impl IntoView {
    let form = FormView::new(CREATE);
    let icons = ICONS.map(|(value, label)| (value.to_owned(), label.to_owned())).to_vec();
    view! {
        <ErrorSummary form=form.clone()/>
        <form method="post" action=CREATE class="form-card" data-guard><ReturnPath/>
            <div class="form-group">
                <div><h2>"New pipeline"</h2><p class="text-muted text-xs">{format!("You can have up to {PIPELINES_MAX}.")}</p></div>
                <div class="form-fields">
                    <TextField form=form.clone() name="name" label="Name" help="What many are called, such as Candidates."/>
                    <TextField form=form.clone() name="name_one" label="Name of one" help="Such as Candidate."/>
                    <SelectField form=form.clone() name="icon" label="Icon" choices=icons/>
                    <CheckField form name="has_stages" label="Records go through stages" help="Adds a board with the usual stages, which you can change." checked=false/>
                </div>
            </div>
            <div class="form-actions"><Submit label="Create pipeline"/></div>
        </form>
    }
}
