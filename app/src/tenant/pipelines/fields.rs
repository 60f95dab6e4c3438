//! The page `/settings/pipelines/{pipeline}/fields`.

use super::{
    detail::pipeline_get,
    frame::{DeletedRows, PipelineFrame, RowActs, fields_path_of, type_path_of},
};
use crate::{
    api::{ApiError, Framed, done, request_cx, toast},
    ui::{CheckField, ErrorSummary, FormView, ReturnPath, SelectField, Submit, TextArea, TextField, load, search_pairs},
};
use domain::{
    flash::{Toast, Undo},
    record::{COLORS, FIELDS_MAX, Field, FieldForm, FieldKind, Pipeline},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use std::collections::HashMap;

const CREATE: &str = "/api/tenant/field_create";
const UPDATE: &str = "/api/tenant/field_update";
const MOVE: &str = "/api/tenant/field_move";
const DELETE: &str = "/api/tenant/field_delete";
const RESTORE: &str = "/api/tenant/field_restore";

/// Adds a field to a pipeline.
#[server(prefix = "/api/tenant", endpoint = "field_create")]
pub async fn field_create(
    pipeline: String,
    label: String,
    kind: String,
    #[server(default)] help: String,
    #[server(default)] choices: String,
    #[server(default)] scale: String,
    #[server(default)] default: String,
    #[server(default)] rules: HashMap<String, String>,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = FieldForm { label, kind, help, choices, scale, default, ..FieldForm::default() }.with_rules(&rules);
    let created = records::field_create(&cx, &pipeline, &form).await;
    let label = cx.answer(created).await?;
    done(&cx, &fields_path_of(&pipeline), toast(format!("{label} was added"))).await
}

/// Changes a field; its key and its kind stay. `version` is that of the pipeline the form was filled from.
#[server(prefix = "/api/tenant", endpoint = "field_update")]
pub async fn field_update(
    pipeline: String,
    field: String,
    version: i32,
    label: String,
    #[server(default)] help: String,
    #[server(default)] choices: String,
    #[server(default)] labels: HashMap<String, String>,
    #[server(default)] colors: HashMap<String, String>,
    #[server(default)] archived: HashMap<String, String>,
    #[server(default)] scale: String,
    #[server(default)] default: String,
    #[server(default)] rules: HashMap<String, String>,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = FieldForm { label, help, choices, labels, colors, archived, scale, default, ..FieldForm::default() }.with_rules(&rules);
    let updated = records::field_update(&cx, &pipeline, &field, version, &form).await;
    let label = cx.answer(updated).await?;
    done(&cx, &fields_path_of(&pipeline), toast(format!("{label} was saved"))).await
}

/// Moves a field one place: `to` is `up` or `down`.
#[server(prefix = "/api/tenant", endpoint = "field_move")]
pub async fn field_move(pipeline: String, field: String, to: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let moved = records::field_move(&cx, &pipeline, &field, &to).await;
    let label = cx.answer(moved).await?;
    done(&cx, &fields_path_of(&pipeline), toast(format!("{label} was moved {to}"))).await
}

/// Deletes a field: what records have of it stays, out of sight, until the field is restored.
#[server(prefix = "/api/tenant", endpoint = "field_delete")]
pub async fn field_delete(pipeline: String, field: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let deleted = records::field_delete(&cx, &pipeline, &field).await;
    let label = cx.answer(deleted).await?;
    let fields = vec![("pipeline".to_owned(), pipeline.clone()), ("field".to_owned(), field)];
    let undo = Undo { action: RESTORE.to_owned(), fields };
    done(&cx, &fields_path_of(&pipeline), Toast::success(format!("{label} was deleted")).with_undo(undo).into()).await
}

/// Brings a field back with what records have of it.
#[server(prefix = "/api/tenant", endpoint = "field_restore")]
pub async fn field_restore(pipeline: String, field: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let restored = records::field_restore(&cx, &pipeline, &field).await;
    let label = cx.answer(restored).await?;
    done(&cx, &fields_path_of(&pipeline), toast(format!("{label} was restored"))).await
}

/// The page `/settings/pipelines/{pipeline}/fields`.
#[component]
pub fn FieldListPage() -> impl IntoView {
    let pipeline = use_params_map().get_untracked().get("pipeline").unwrap_or_default();
    let edited = search_pairs().into_iter().find(|(name, _)| name == "edit").map(|(_, key)| key).unwrap_or_default();
    load(
        move || pipeline_get(pipeline.clone()),
        move |Framed { frame, data }| {
            let (now, pipeline) = (frame.now, data.pipeline.clone());
            let last = pipeline.fields.len().saturating_sub(1);
            let key = pipeline.head.key.clone();
            let rows = pipeline.fields.iter().enumerate().map(|(place, field)| {
                view! { <Row pipeline=pipeline.clone() field=field.clone() ends=(place == 0, place == last)/> }
            });
            let rows = rows.collect_view();
            let field = pipeline.fields.iter().find(|field| field.key == edited).cloned();
            let default = data.defaults.iter().find(|(key, _)| *key == edited).map(|(_, typed)| typed.clone()).unwrap_or_default();
            view! {
                <PipelineFrame frame pipeline=pipeline.clone() tab="Fields" subtitle="What you record of each. Forms show fields in this order.">
                    <ErrorSummary form=FormView::new(DELETE)/>
                    <ErrorSummary form=FormView::new(RESTORE)/>
                    <section class="card-box mb-4" aria-labelledby="fields">
                        <div class="card-head"><h2 id="fields">"Fields"</h2></div>
                        <ul class="rows">{rows}</ul>
                    </section>
                    <Editor pipeline field default/>
                    <DeletedRows title="Deleted fields" rows=data.deleted action=RESTORE name="field" fields=vec![("pipeline", key)] now/>
                </PipelineFrame>
            }
        },
    )
}

#[component]
fn Row(pipeline: Pipeline, field: Field, ends: (bool, bool)) -> impl IntoView {
    let options = field.options.iter().filter(|option| !option.is_archived).map(|option| option.label.as_str());
    let options = options.collect::<Vec<_>>().join(", ");
    let leads_to = field.relation.as_ref().map(|end| if end.is_one { end.head.name_one.clone() } else { end.head.name.clone() });
    let more = leads_to.unwrap_or(options);
    let kind = if more.is_empty() { field.kind.label().to_owned() } else { format!("{}: {more}", field.kind.label()) };
    let settings = &pipeline.settings;
    let uses = [(&settings.value, "Amount"), (&settings.due, "Due date"), (&settings.done, "Done")];
    let uses = uses.into_iter().filter(|(key, _)| key.as_ref() == Some(&field.key)).map(|(_, label)| label);
    let title = settings.title.contains(&field.key).then_some("Title");
    let rules =
        [(field.is_required, "Required"), (field.is_unique, "Unique"), (field.is_match, "Matched"), (field.is_searchable, "Searched")];
    let rules = rules.into_iter().filter(|(set, _)| *set).map(|(_, label)| label);
    let tags = title.into_iter().chain(uses).chain(rules).map(|label| view! { <span class="tone-neutral">{label}</span> }).collect_view();
    let fields = vec![("pipeline", pipeline.head.key.clone()), ("field", field.key.clone())];
    let changing = field.pending().map(|change| {
        let label = format!("Becomes {}", change.other.kind.label());
        view! { <a class="tone-warning" href=type_path_of(&pipeline.head.key, &field.key)>{label}</a> }
    });
    let edit = format!("{}?edit={}#editor", fields_path_of(&pipeline.head.key), field.key);
    view! {
        <li class="flex-wrap">
            <span class="min-w-40 flex-1">
                <span class="font-medium break-words" dir="auto">{field.label.clone()}</span>
                <span class="text-muted block text-xs break-words">{kind}" · "<code>{field.key}</code></span>
            </span>
            <span class="flex flex-wrap gap-1">{tags}{changing}</span>
            <RowActs name=field.label fields move_to=MOVE ends edit act=(DELETE, "Delete")/>
        </li>
    }
}

/// The form of a new field, or of the one that is edited.
#[component]
fn Editor(pipeline: Pipeline, field: Option<Field>, default: String) -> impl IntoView {
    let action = if field.is_some() { UPDATE } else { CREATE };
    let form = FormView::new(action);
    let (title, sentence, submit) = match &field {
        Some(field) => (format!("Edit {}", field.label), "Its key never changes.".to_owned(), "Save field"),
        None => ("New field".to_owned(), format!("A pipeline has up to {FIELDS_MAX} fields."), "Add field"),
    };
    let cancel = field.is_some().then(|| view! { <a class="btn btn-ghost" href=fields_path_of(&pipeline.head.key)>"Cancel"</a> });
    let version = form.version(pipeline.version);
    let hidden = field.as_ref().map(|field| {
        view! { <input type="hidden" name="field" value=field.key.clone()/><input type="hidden" name="version" value=version/> }
    });
    let retype = field.as_ref().filter(|field| field.relation.is_none()).map(|field| {
        view! { <a class="link" href=type_path_of(&pipeline.head.key, &field.key)>"Change its type"</a> }
    });
    let kinds = FieldKind::ALL.map(|(_, name, label)| (name.to_owned(), label.to_owned())).to_vec();
    let kind = field.as_ref().map(|field| field.kind);
    let is = |test: fn(FieldKind) -> bool| kind.is_none_or(test);
    let unsure = |sentence: &str, of: &str| if kind.is_none() { format!("{sentence} {of}") } else { sentence.to_owned() };
    let kinds = kind.is_none().then(|| view! { <SelectField form=form.clone() name="kind" label="Type" choices=kinds value="text"/> });
    let options =
        field.as_ref().filter(|field| field.kind.has_options()).map(|field| view! { <Options form=form.clone() field=field.clone()/> });
    let new_label = if kind.is_none() { "Choices" } else { "New choices" };
    let choices = is(FieldKind::has_options).then(|| {
        let help = unsure("Enter one choice per line.", "Only for the types Choice and Multiple choice.");
        view! { <TextArea form=form.clone() name="choices" label=new_label rows=4 optional=true help/> }
    });
    let scale = is(FieldKind::has_scale).then(|| {
        let value = field.as_ref().map(|field| field.settings.scale.to_string()).unwrap_or_default();
        let help = unsure("How many decimal places a number may have.", "Only for numbers and percentages.");
        view! { <TextField form=form.clone() name="scale" label="Decimal places" value optional=true help/> }
    });
    let flag = |get: fn(&Field) -> bool| field.as_ref().is_some_and(get);
    let is_value = field.as_ref().is_none_or(Field::is_value);
    let required = (is(|kind| kind != FieldKind::Checkbox) && is_value).then(|| {
        let help = "Records cannot be saved without it. Existing ones need it the next time they are edited.";
        view! { <CheckField form=form.clone() name="rules[required]" label="Required" help checked=flag(|field| field.is_required)/> }
    });
    // Values that are there may be the same: it is chosen with the field, and can be given up.
    let unique = (kind.is_none() || flag(|field| field.is_unique)).then(|| {
        let help = unsure(
            "No two records have the same value.",
            "You can only set this when you add the field. Only for the types Text, Number, Date, E-mail, Phone and Web address.",
        );
        view! { <CheckField form=form.clone() name="rules[unique]" label="Unique" help checked=flag(|field| field.is_unique)/> }
    });
    let is_link = field.as_ref().is_some_and(|field| field.relation.is_some());
    let matched = (is(FieldKind::may_be_unique) && !is_link).then(|| {
        let help = unsure(
            "Imports use it to find existing records, and forms warn about a value that another record already has.",
            "Only for the types Text, Number, Date, E-mail, Phone and Web address.",
        );
        view! { <CheckField form=form.clone() name="rules[match]" label="Used for matching" help checked=flag(|field| field.is_match)/> }
    });
    let searchable = is(FieldKind::may_be_searched).then(|| {
        let help = "The search finds records by it.";
        view! { <CheckField form=form.clone() name="rules[searchable]" label="Searched" help checked=flag(|field| field.is_searchable)/> }
    });
    let default = field.as_ref().is_none_or(|field| field.relation.is_none() && !field.is_unique).then(|| {
        let help = "New records begin with it. Type it as you would type it into a record.";
        view! { <TextField form=form.clone() name="default" label="Default value" value=default optional=true help/> }
    });
    let label = field.as_ref().map(|field| field.label.clone()).unwrap_or_default();
    let help = field.as_ref().map(|field| field.help.clone()).unwrap_or_default();
    view! {
        <ErrorSummary form=form.clone()/>
        <form method="post" action=action class="form-card" data-guard id="editor"><ReturnPath/>
            <input type="hidden" name="pipeline" value=pipeline.head.key/>
            {hidden}
            <div class="form-group">
                <div><h2>{title}</h2><p class="text-muted text-xs">{sentence}" "{retype}</p></div>
                <div class="form-fields">
                    <TextField form=form.clone() name="label" label="Label" value=label/>
                    {kinds}{options}{choices}{scale}
                    <TextField form=form.clone() name="help" label="Help" value=help optional=true help="Shown below the field in forms."/>
                    {default}{required}{unique}{matched}{searchable}
                </div>
            </div>
            <div class="form-actions">{cancel}<Submit label=submit/></div>
        </form>
    }
}

/// The choices of a field that is edited.
#[component]
fn Options(form: FormView, field: Field) -> impl IntoView {
    let colors = COLORS.map(|(value, label)| (value.to_owned(), label.to_owned())).to_vec();
    let rows = field.options.into_iter().map(|option| {
        let (key, name) = (option.key, option.label.clone());
        view! {
            <fieldset class="form-thirds items-end">
                <legend class="sr-only">{name}</legend>
                <TextField form=form.clone() name=format!("labels[{key}]") label="Choice" value=option.label/>
                <SelectField form=form.clone() name=format!("colors[{key}]") label="Color" choices=colors.clone() value=option.color/>
                <CheckField form=form.clone() name=format!("archived[{key}]") label="Archived" help="" checked=option.is_archived/>
            </fieldset>
        }
    });
    view! {
        <p class="text-muted text-xs">"Records keep an archived choice, and no other record gets it."</p>
        {rows.collect_view()}
    }
}
