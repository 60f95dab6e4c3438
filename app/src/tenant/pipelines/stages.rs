//! The page `/settings/pipelines/{pipeline}/stages`.

use super::{
    detail::pipeline_get,
    frame::{DeletedRows, PipelineFrame, RowActs, path_of},
};
use crate::{
    api::{ApiError, Framed, done, request_cx, toast},
    ui::{CheckField, ErrorSummary, FormView, ReturnPath, SelectField, Submit, TextField, load, search_pairs, tone},
};
use domain::{
    dto::tenant::DeletedDefinition,
    flash::{Toast, Undo},
    record::{COLORS, Pipeline, STAGES_MAX, Stage, StageForm, StageKind},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use std::collections::HashMap;

const CREATE: &str = "/api/tenant/stage_create";
const UPDATE: &str = "/api/tenant/stage_update";
const MOVE: &str = "/api/tenant/stage_move";
const ARCHIVE: &str = "/api/tenant/stage_archive";
const RESTORE: &str = "/api/tenant/stage_restore";

fn page_of(pipeline: &str) -> String {
    format!("{}/stages", path_of(pipeline))
}

/// Adds a stage to a pipeline; `requires` names fields by their keys.
#[server(prefix = "/api/tenant", endpoint = "stage_create")]
pub async fn stage_create(
    pipeline: String,
    name: String,
    kind: String,
    #[server(default)] probability: String,
    #[server(default)] color: String,
    #[server(default)] requires: HashMap<String, String>,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let created = records::stage_create(&cx, &pipeline, &StageForm { name, kind, probability, color, requires }).await;
    let name = cx.answer(created).await?;
    done(&cx, &page_of(&pipeline), toast(format!("{name} was added"))).await
}

/// Changes a stage; `version` is that of the pipeline the form was filled from.
#[server(prefix = "/api/tenant", endpoint = "stage_update")]
pub async fn stage_update(
    pipeline: String,
    stage: String,
    version: i32,
    name: String,
    kind: String,
    #[server(default)] probability: String,
    #[server(default)] color: String,
    #[server(default)] requires: HashMap<String, String>,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = StageForm { name, kind, probability, color, requires };
    let updated = records::stage_update(&cx, &pipeline, &stage, version, &form).await;
    let name = cx.answer(updated).await?;
    done(&cx, &page_of(&pipeline), toast(format!("{name} was saved"))).await
}

/// Moves a stage one place: `to` is `up` or `down`.
#[server(prefix = "/api/tenant", endpoint = "stage_move")]
pub async fn stage_move(pipeline: String, stage: String, to: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let moved = records::stage_move(&cx, &pipeline, &stage, &to).await;
    let name = cx.answer(moved).await?;
    done(&cx, &page_of(&pipeline), toast(format!("{name} was moved {to}"))).await
}

/// Archives a stage: records that are in it stay, and no other one is moved to it.
#[server(prefix = "/api/tenant", endpoint = "stage_archive")]
pub async fn stage_archive(pipeline: String, stage: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let archived = records::stage_archive(&cx, &pipeline, &stage).await;
    let name = cx.answer(archived).await?;
    let fields = vec![("pipeline".to_owned(), pipeline.clone()), ("stage".to_owned(), stage)];
    let undo = Undo { action: RESTORE.to_owned(), fields };
    done(&cx, &page_of(&pipeline), Toast::success(format!("{name} was archived")).with_undo(undo).into()).await
}

/// Brings a stage back.
#[server(prefix = "/api/tenant", endpoint = "stage_restore")]
pub async fn stage_restore(pipeline: String, stage: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let restored = records::stage_restore(&cx, &pipeline, &stage).await;
    let name = cx.answer(restored).await?;
    done(&cx, &page_of(&pipeline), toast(format!("{name} was restored"))).await
}

fn meaning(kind: StageKind) -> &'static str {
    match kind {
        StageKind::Open => "Open",
        StageKind::Won => "Ended well",
        StageKind::Lost => "Ended without success",
    }
}

/// The page `/settings/pipelines/{pipeline}/stages`.
#[component]
pub fn StageListPage() -> impl IntoView {
    let pipeline = use_params_map().get_untracked().get("pipeline").unwrap_or_default();
    let edited = search_pairs().into_iter().find(|(name, _)| name == "edit").map(|(_, key)| key).unwrap_or_default();
    load(
        move || pipeline_get(pipeline.clone()),
        move |Framed { frame, data }| {
            let (now, pipeline) = (frame.now, data.pipeline);
            let (key, last) = (pipeline.head.key.clone(), pipeline.stages_open().count().saturating_sub(1));
            let rows = pipeline.stages_open().enumerate().map(|(place, stage)| {
                view! { <Row pipeline=pipeline.clone() stage=stage.clone() ends=(place == 0, place == last)/> }
            });
            let rows = rows.collect_view();
            let list = if pipeline.stages_open().next().is_none() {
                view! { <div class="empty"><p class="font-semibold">"No stages yet"</p>
                <p class="text-muted mt-1">"With the first stage, this pipeline gets a board."</p></div> }
                .into_any()
            } else {
                view! { <ul class="rows">{rows}</ul> }.into_any()
            };
            let archived = pipeline.stages.iter().filter(|stage| stage.is_archived);
            let archived = archived.map(|stage| DeletedDefinition { key: stage.key.clone(), name: stage.name.clone(), at: None }).collect();
            let stage = pipeline.stages_open().find(|stage| stage.key == edited).cloned();
            view! {
                <PipelineFrame frame pipeline=pipeline.clone() tab="Stages" subtitle="The steps that records go through, from left to right on the board.">
                    <ErrorSummary form=FormView::new(RESTORE)/>
                    <section class="card-box mb-4" aria-labelledby="stages">
                        <div class="card-head"><h2 id="stages">"Stages"</h2></div>
                        {list}
                    </section>
                    <Editor pipeline stage/>
                    <DeletedRows title="Archived stages" rows=archived action=RESTORE name="stage" fields=vec![("pipeline", key)] now/>
                </PipelineFrame>
            }
        },
    )
}

#[component]
fn Row(pipeline: Pipeline, stage: Stage, ends: (bool, bool)) -> impl IntoView {
    let required = pipeline.fields.iter().filter(|field| stage.requires.contains(&field.id)).map(|field| field.label.as_str());
    let required = required.collect::<Vec<_>>().join(", ");
    let required = (!required.is_empty()).then(|| format!(" · requires {required}"));
    let facts = format!("{} · {} %", meaning(stage.kind), stage.probability);
    let fields = vec![("pipeline", pipeline.head.key.clone()), ("stage", stage.key.clone())];
    let edit = format!("{}?edit={}#editor", page_of(&pipeline.head.key), stage.key);
    view! {
        <li class="flex-wrap">
            <span class="min-w-40 flex-1">
                <span class=tone(&stage.color) dir="auto">{stage.name.clone()}</span>
                <span class="text-muted mt-1 block text-xs break-words">{facts}{required}</span>
            </span>
            <RowActs name=stage.name fields move_to=MOVE ends edit act=(ARCHIVE, "Archive")/>
        </li>
    }
}

/// The form of a new stage, or of the one that is edited.
#[component]
fn Editor(pipeline: Pipeline, stage: Option<Stage>) -> impl IntoView {
    let action = if stage.is_some() { UPDATE } else { CREATE };
    let form = FormView::new(action);
    let (title, submit) = match &stage {
        Some(stage) => (format!("Edit {}", stage.name), "Save stage"),
        None => ("New stage".to_owned(), "Add stage"),
    };
    let cancel = stage.is_some().then(|| view! { <a class="btn btn-ghost" href=page_of(&pipeline.head.key)>"Cancel"</a> });
    let version = form.version(pipeline.version);
    let hidden = stage.as_ref().map(|stage| {
        view! { <input type="hidden" name="stage" value=stage.key.clone()/><input type="hidden" name="version" value=version/> }
    });
    let kinds = StageKind::ALL.map(|kind| (kind.as_str().to_owned(), meaning(kind).to_owned())).to_vec();
    let colors = COLORS.map(|(value, label)| (value.to_owned(), label.to_owned())).to_vec();
    let requires = stage.as_ref().map(|stage| stage.requires.clone()).unwrap_or_default();
    let boxes = pipeline.fields.iter().filter(|field| field.is_value()).map(|field| {
        let checked = requires.contains(&field.id);
        view! { <CheckField form=form.clone() name=format!("requires[{}]", field.key) label=field.label.clone() help="" checked/> }
    });
    let boxes = boxes.collect_view();
    let (name, kind, probability, color) = stage.map_or_else(
        || (String::new(), StageKind::Open, String::new(), String::new()),
        |stage| (stage.name, stage.kind, stage.probability.to_string(), stage.color),
    );
    view! {
        <ErrorSummary form=form.clone()/>
        <form method="post" action=action class="form-card" data-guard id="editor"><ReturnPath/>
            <input type="hidden" name="pipeline" value=pipeline.head.key/>
            {hidden}
            <div class="form-group">
                <div><h2>{title}</h2><p class="text-muted text-xs">{format!("A pipeline has up to {STAGES_MAX} stages.")}</p></div>
                <div class="form-fields">
                    <TextField form=form.clone() name="name" label="Name" value=name/>
                    <SelectField form=form.clone() name="kind" label="Meaning" choices=kinds value=kind.as_str()/>
                    <TextField form=form.clone() name="probability" label="Probability in %" value=probability optional=true help="How likely a record in this stage ends well."/>
                    <SelectField form=form.clone() name="color" label="Color" choices=colors value=color/>
                </div>
            </div>
            <div class="form-group">
                <div><h2>"Required fields"</h2><p class="text-muted text-xs">"Records are not moved to this stage, nor changed in it, without them."</p></div>
                <div class="form-fields"><div class="form-thirds">{boxes}</div></div>
            </div>
            <div class="form-actions">{cancel}<Submit label=submit/></div>
        </form>
    }
}
