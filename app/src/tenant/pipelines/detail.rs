//! The page `/settings/pipelines/{pipeline}`.

use super::frame::{PipelineFrame, path_of};
use crate::{
    api::{self, ApiError, Framed, framed, request_cx, toast},
    ui::{ErrorSummary, FormView, ReturnPath, SelectField, Submit, TextField, load},
};
use domain::{
    dto::tenant::PipelineDefinitionPage as Data,
    record::{FieldKind, ICONS, Pipeline, PipelineForm},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use std::collections::HashMap;

const UPDATE: &str = "/api/tenant/pipeline_update";

/// The definition of a pipeline.
#[server(prefix = "/api/tenant", endpoint = "pipeline_get")]
pub async fn pipeline_get(pipeline: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = records::pipeline_definition(&cx, &pipeline).await;
    framed(&cx, found).await
}

/// Changes what a pipeline is called and what its fields are used for; `version` is the one the form was filled from.
#[server(prefix = "/api/tenant", endpoint = "pipeline_update")]
pub async fn pipeline_update(
    pipeline: String,
    version: i32,
    name: String,
    name_one: String,
    #[server(default)] icon: String,
    #[server(default)] title: HashMap<String, String>,
    #[server(default)] value: String,
    #[server(default)] due: String,
    #[server(default)] done: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = PipelineForm { name, name_one, icon, title, value, due, done };
    let updated = records::pipeline_update(&cx, &pipeline, version, &form).await;
    cx.answer(updated).await?;
    api::done(&cx, &path_of(&pipeline), toast("Saved")).await
}

/// The page `/settings/pipelines/{pipeline}`.
#[component]
pub fn PipelinePage() -> impl IntoView {
    let pipeline = use_params_map().get_untracked().get("pipeline").unwrap_or_default();
    load(
        move || pipeline_get(pipeline.clone()),
        |Framed { frame, data }| {
            view! {
                <PipelineFrame frame pipeline=data.pipeline.clone() tab="General" subtitle="What its records are called, and what their fields are used for.">
                    <Edit pipeline=data.pipeline/>
                </PipelineFrame>
            }
        },
    )
}

#[component]
fn Edit(pipeline: Pipeline) -> impl IntoView {
    let form = FormView::new(UPDATE);
    let version = form.version(pipeline.version);
    let icons = ICONS.map(|(value, label)| (value.to_owned(), label.to_owned())).to_vec();
    let fields = |kind: FieldKind, none: &str| {
        let of_kind = pipeline.fields.iter().filter(|field| field.kind == kind).map(|field| (field.key.clone(), field.label.clone()));
        std::iter::once((String::new(), none.to_owned())).chain(of_kind).collect::<Vec<_>>()
    };
    let settings = &pipeline.settings;
    let title = ["Title", "Second part of the title", "Third part of the title"].into_iter().enumerate().map(|(place, label)| {
        let value = settings.title.get(place).cloned().unwrap_or_default();
        let choices = fields(FieldKind::Text, "None");
        let help = if place == 0 { "The text fields that records are named by, with a space between them." } else { "" };
        view! { <SelectField form=form.clone() name=format!("title[{place}]") label choices value help optional={place > 0}/> }
    });
    let title = title.collect_view();
    let used = |key: &Option<String>| key.clone().unwrap_or_default();
    let (value, due, done) = (used(&settings.value), used(&settings.due), used(&settings.done));
    view! {
        <ErrorSummary form=form.clone()/>
        <form method="post" action=UPDATE class="form-card" data-guard><ReturnPath/>
            <input type="hidden" name="pipeline" value=pipeline.head.key.clone()/>
            <input type="hidden" name="version" value=version/>
            <div class="form-group">
                <div><h2>"Names"</h2></div>
                <div class="form-fields">
                    <TextField form=form.clone() name="name" label="Name" value=pipeline.head.name.clone() help="What many are called."/>
                    <TextField form=form.clone() name="name_one" label="Name of one" value=pipeline.head.name_one.clone()/>
                    <SelectField form=form.clone() name="icon" label="Icon" choices=icons value=pipeline.head.icon.clone()/>
                </div>
            </div>
            <div class="form-group">
                <div><h2>"Title"</h2></div>
                <div class="form-fields">{title}</div>
            </div>
            <div class="form-group">
                <div><h2>"Use of fields"</h2></div>
                <div class="form-fields">
                    <SelectField form=form.clone() name="value" label="Amount" choices=fields(FieldKind::Money, "None") value=value help="Summed on the board." optional=true/>
                    <SelectField form=form.clone() name="due" label="Due date" choices=fields(FieldKind::Date, "None") value=due help="Orders the board and marks what is overdue." optional=true/>
                    <SelectField form=form.clone() name="done" label="Done" choices=fields(FieldKind::Checkbox, "None") value=done help="Records with this box ticked are never overdue." optional=true/>
                </div>
            </div>
            <div class="form-actions"><Submit label="Save changes"/></div>
        </form>
    }
}
