//! The page `/settings/pipelines/{pipeline}/relations`.

use super::{
    detail::pipeline_get,
    frame::{PipelineFrame, path_of},
};
use crate::{
    api::{ApiError, Framed, done, request_cx, toast},
    ui::{ErrorSummary, FormView, ReturnPath, SelectField, Submit, TextField, load},
};
use domain::record::{Field, PipelineHead, RelationForm};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const CREATE: &str = "/api/tenant/relation_create";

/// Adds a relation: a field in a pipeline and one in the other.
#[server(prefix = "/api/tenant", endpoint = "relation_create")]
pub async fn relation_create(
    pipeline: String,
    label: String,
    other: String,
    inverse_label: String,
    has: String,
    inverse_has: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = RelationForm { label, other, inverse_label, has, inverse_has };
    let created = records::relation_create(&cx, &pipeline, &form).await;
    let label = cx.answer(created).await?;
    done(&cx, &format!("{}/relations", path_of(&pipeline)), toast(format!("{label} was added"))).await
}

/// The page `/settings/pipelines/{pipeline}/relations`.
#[component]
pub fn RelationListPage() -> impl IntoView {
    let pipeline = use_params_map().get_untracked().get("pipeline").unwrap_or_default();
    load(
        move || pipeline_get(pipeline.clone()),
        move |Framed { frame, data }| {
            let pipeline = data.pipeline.clone();
            let rows = pipeline.fields.iter().filter(|field| field.relation.is_some());
            let rows: Vec<_> = rows.map(|field| view! { <Row head=pipeline.head.clone() field=field.clone()/> }).collect();
            let is_empty = rows.is_empty();
            view! {
                <PipelineFrame frame pipeline=pipeline.clone() tab="Relations" subtitle="Which records belong together. A relation is a field at both ends.">
                    <section class="card-box mb-4" aria-labelledby="relations">
                        <div class="card-head"><h2 id="relations">"Relations"</h2></div>
                        {is_empty.then(|| view! { <p class="text-muted p-4 text-sm">"No relations yet."</p> })}
                        <ul class="rows">{rows.collect_view()}</ul>
                    </section>
                    <New head=pipeline.head pipelines=data.pipelines/>
                </PipelineFrame>
            }
        },
    )
}

#[component]
fn Row(head: PipelineHead, field: Field) -> impl IntoView {
    let end = field.relation.clone()?;
    let one = |is_one: bool| if is_one { "one" } else { "several" };
    let text =
        format!("Each {} has {} here. Each {} has {} there.", head.name_one, one(end.is_one), end.head.name_one, one(end.is_inverse_one));
    let (here, there) =
        (format!("{}/fields?edit={}#editor", path_of(&head.key), field.key), format!("{}/relations", path_of(&end.head.key)));
    let label = format!("Edit {}", field.label);
    Some(view! {
        <li class="flex-wrap">
            <span class="min-w-40 flex-1">
                <span class="font-medium break-words" dir="auto">{field.label}" → "<a class="link" href=there>{end.head.name.clone()}</a></span>
                <span class="text-muted block text-xs break-words">{text}</span>
            </span>
            <a class="btn btn-sm" href=here aria-label=label>"Edit"</a>
        </li>
    })
}

/// The form of a new relation.
#[component]
fn New(head: PipelineHead, pipelines: Vec<PipelineHead>) -> impl IntoView {
    let form = FormView::new(CREATE);
    let none = std::iter::once((String::new(), "Choose one".to_owned()));
    let others = none.chain(pipelines.into_iter().map(|head| (head.key, head.name))).collect();
    let how_many = || [("one", "One"), ("several", "Several")].map(|(value, label)| (value.to_owned(), label.to_owned())).to_vec();
    let here = format!("Shown in {}, such as “Organization”.", head.name);
    let there = format!("Shown in the other pipeline, such as “{}”.", head.name);
    view! {
        <ErrorSummary form=form.clone()/>
        <form method="post" action=CREATE class="form-card" data-guard><ReturnPath/>
            <input type="hidden" name="pipeline" value=head.key/>
            <div class="form-group">
                <div><h2>"New relation"</h2><p class="text-muted text-xs">"You cannot change what it leads to later."</p></div>
                <div class="form-fields">
                    <SelectField form=form.clone() name="other" label="Leads to" choices=others/>
                    <TextField form=form.clone() name="label" label="Label here" help=here/>
                    <SelectField form=form.clone() name="has" label=format!("Each {} has", head.name_one) choices=how_many() value="one"/>
                    <TextField form=form.clone() name="inverse_label" label="Label there" help=there/>
                    <SelectField form=form.clone() name="inverse_has" label="Each record there has" choices=how_many() value="several"/>
                </div>
            </div>
            <div class="form-actions"><Submit label="Add relation"/></div>
        </form>
    }
}
