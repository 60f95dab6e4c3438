//! The page `/settings/pipelines/{pipeline}/fields/{field}/type`.

use super::frame::{PipelineFrame, fields_path_of, type_path_of};
use crate::{
    api::{ApiError, Framed, done, framed, job_awaited, request_cx},
    ui::{ErrorSummary, FormView, ReturnPath, SelectField, Submit, TextArea, TextField, day, load, number, search_pairs},
};
use chrono::{DateTime, Utc};
use domain::{
    JobId,
    dto::tenant::{FieldTypePage as Data, TypeExample, TypeLook},
    flash::{Toast, Undo},
    record::{Field, FieldForm, FieldKind, Pipeline, TypeChange, TypeState},
};
use kernel::RequestCx;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const CHANGE: &str = "/api/tenant/field_type_change";
const UNDO: &str = "/api/tenant/field_type_undo";

/// What a change of a field's type would do.
#[server(prefix = "/api/tenant", endpoint = "field_type_get")]
pub async fn field_type_get(
    pipeline: String,
    field: String,
    #[server(default)] kind: String,
    #[server(default)] scale: String,
) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let form = FieldForm { kind, scale, ..FieldForm::default() };
    let found = records::field_type_get(&cx, &pipeline, &field, &form).await;
    framed(&cx, found).await
}

/// Changes the type of a field; a job converts its values. `version` is that of the pipeline the form was filled from.
#[server(prefix = "/api/tenant", endpoint = "field_type_change")]
pub async fn field_type_change(
    pipeline: String,
    field: String,
    version: i32,
    kind: String,
    #[server(default)] choices: String,
    #[server(default)] scale: String,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = FieldForm { kind, choices, scale, ..FieldForm::default() };
    let begun = records::field_type_change(&cx, &pipeline, &field, version, &form).await;
    let (label, id, waits) = cx.answer(begun).await?;
    let toast = match went(&cx, id, waits).await? {
        Some(counts) => Toast::success(format!("The type of {label} was changed: {counts}")),
        None => Toast::success(format!("The type of {label} is being changed")),
    };
    let fields = vec![("pipeline".to_owned(), pipeline.clone()), ("field".to_owned(), field.clone())];
    let toast = toast.with_undo(Undo { action: UNDO.to_owned(), fields });
    done(&cx, &type_path_of(&pipeline, &field), toast.into()).await
}

/// Cancels the change of a field's type, or undoes one that is done.
#[server(prefix = "/api/tenant", endpoint = "field_type_undo")]
pub async fn field_type_undo(pipeline: String, field: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let begun = records::field_type_undo(&cx, &pipeline, &field).await;
    let (label, job) = cx.answer(begun).await?;
    let text = match job {
        None => format!("The change of {label} was cancelled"),
        Some((id, waits)) => match went(&cx, id, waits).await? {
            Some(_) => format!("The change of {label} was undone"),
            None => format!("The change of {label} is being undone"),
        },
    };
    done(&cx, &type_path_of(&pipeline, &field), Toast::success(text).into()).await
}

/// Does a job that its user waits for, and says what became of the values; nothing while it is not done.
async fn went(cx: &RequestCx, id: JobId, waits: bool) -> Result<Option<String>, ApiError> {
    let Some(page) = job_awaited(cx, id, waits).await? else { return Ok(None) };
    Ok(Some(page.outcomes.iter().map(|(label, count)| format!("{} {label}", values(*count))).collect::<Vec<_>>().join(", ")))
}

fn values(count: i64) -> String {
    if count == 1 { "1 value".to_owned() } else { format!("{} values", number(count)) }
}

/// The page `/settings/pipelines/{pipeline}/fields/{field}/type`.
#[component]
pub fn FieldTypePage() -> impl IntoView {
    let params = use_params_map().get_untracked();
    let param = |name: &str| params.get(name).unwrap_or_default();
    let (pipeline, field) = (param("pipeline"), param("field"));
    let pairs = search_pairs();
    let wished = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let (kind, scale) = (wished("kind"), wished("scale"));
    load(
        move || field_type_get(pipeline.clone(), field.clone(), kind.clone(), scale.clone()),
        |Framed { frame, data }| {
            let Data { pipeline, field, refused, look, views } = data;
            let now = frame.now;
            let is_open = refused.is_none() && field.pending().is_none();
            let refused = refused.filter(|_| field.pending().is_none()).map(|text| view! { <p class="notice mb-4 text-sm">{text}</p> });
            let state = field.change.clone().map(|change| view! { <State pipeline=pipeline.clone() field=field.clone() change now/> });
            let kind = look.as_ref().map(|look| look.kind);
            let chooser = is_open.then(|| view! { <Chooser pipeline=pipeline.clone() field=field.clone() kind/> });
            let look = look.map(|look| view! { <Preview pipeline=pipeline.clone() field=field.clone() look views/> });
            let back = fields_path_of(&pipeline.head.key);
            view! {
                <PipelineFrame frame pipeline tab="Fields" subtitle="What you record of each. Forms show fields in this order.">
                    <div class="mb-4 flex flex-wrap items-baseline gap-3">
                        <h2 class="text-lg font-semibold">"Change the type of "<span dir="auto">{field.label}</span></h2>
                        <a class="link text-sm" href=back>"All fields"</a>
                    </div>
                    <ErrorSummary form=FormView::new(UNDO)/>
                    <ErrorSummary form=FormView::new(CHANGE)/>
                    {state}{refused}{chooser}{look}
                </PipelineFrame>
            }
        },
    )
}

/// Where the last change of a field's type stands, with the button that takes it back.
#[component]
fn State(pipeline: Pipeline, field: Field, change: TypeChange, now: DateTime<Utc>) -> impl IntoView {
    let (own, other) = (field.kind.label(), change.other.kind.label());
    let job = view! { <a class="link" href=format!("/jobs/{}", change.job)>"Job "{change.job.to_string()}</a> };
    let (text, button) = match change.state {
        TypeState::Converting => {
            let text = format!(
                "A job converts the values from {own} to {other}. Until it is done, the field stays as it is, and users go on working."
            );
            (view! { {text}" "{job} }.into_any(), "Cancel change")
        }
        TypeState::Undoing => {
            let text = format!("A job converts the values back from {own} to {other}.");
            (view! { {text}" "{job} }.into_any(), "Cancel undo")
        }
        TypeState::Done => {
            let until = change.undo_until().filter(|until| *until > now)?;
            let text = format!(
                "The type was {other} until {}. You can undo the change until {}: values that nobody edited come back as they were.",
                day(change.at),
                day(until)
            );
            (view! { {text} }.into_any(), "Undo change")
        }
    };
    Some(view! {
        <form method="post" action=UNDO class="notice mb-4 flex max-w-3xl flex-wrap items-center gap-4"><ReturnPath/>
            <input type="hidden" name="pipeline" value=pipeline.head.key/>
            <input type="hidden" name="field" value=field.key/>
            <p class="min-w-0 flex-1 text-sm">{text}</p>
            <button class="btn">{button}</button>
        </form>
    })
}

/// Asks for the type to look at.
#[component]
fn Chooser(pipeline: Pipeline, field: Field, kind: Option<FieldKind>) -> impl IntoView {
    let kinds = FieldKind::ALL.into_iter().filter(|(kind, ..)| *kind != field.kind);
    let kinds: Vec<_> = kinds.map(|(_, name, label)| (name.to_owned(), label.to_owned())).collect();
    let value = kind.map_or("", FieldKind::as_str);
    let label = format!("New type instead of {}", field.kind.label());
    view! {
        <form method="get" action=type_path_of(&pipeline.head.key, &field.key) class="card-box mb-4 flex max-w-3xl flex-wrap items-end gap-3 p-4">
            <div class="min-w-56 flex-1"><SelectField form=FormView::new("") name="kind" label choices=kinds value/></div>
            <button class=if kind.is_some() { "btn" } else { "btn btn-primary" }>"Preview"</button>
        </form>
    }
}

/// What the change would do, and the form that begins it.
#[component]
fn Preview(pipeline: Pipeline, field: Field, look: TypeLook, views: Vec<String>) -> impl IntoView {
    let form = FormView::new(CHANGE);
    let version = form.version(pipeline.version);
    let kind = look.kind.label();
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let sentence = match look.tried {
        None => "You do not see the values of this field, so there is nothing to preview.".to_owned(),
        Some(0) => "No record that you see has a value in this field.".to_owned(),
        Some(tried) => {
            let part = if look.is_part { " These are the values of the records that changed last." } else { "" };
            let kept = count(tried.saturating_sub(look.emptied));
            format!(
                "Of {} that you see, {} can be converted and {} would become empty.{part}",
                values(count(tried)),
                number(kept),
                number(count(look.emptied))
            )
        }
    };
    let examples = (!look.examples.is_empty()).then(|| view! { <Examples examples=look.examples/> });
    let former = field.change.as_ref().map(|change| {
        view! { <p class="text-sm">{format!("You can then no longer undo the change from {}.", change.other.kind.label())}</p> }
    });
    let views = (!views.is_empty()).then(|| {
        let text = format!(
            "These views filter or sort by it: {}. A condition that does not fit the new type matches no record.",
            views.join(", ")
        );
        view! { <p class="text-sm" dir="auto">{text}</p> }
    });
    let choices = look.kind.has_options().then(|| {
        let known = field.options.iter().map(|option| option.label.as_str()).collect::<Vec<_>>().join(", ");
        let known = if known.is_empty() { String::new() } else { format!(" The field already has: {known}.") };
        let help = format!("One choice per line. Values that match no choice become empty.{known}");
        view! { <TextArea form=form.clone() name="choices" label="New choices" value=look.choices rows=8 optional=true help/> }
    });
    let scale = look.kind.has_scale().then(|| {
        let help = "Values with more decimal places become empty.";
        view! { <TextField form=form.clone() name="scale" label="Decimal places" value=look.scale.to_string() help/> }
    });
    view! {
        <section class="card-box mb-4" aria-labelledby="preview">
            <div class="card-head"><h2 id="preview">{format!("As {kind}")}</h2></div>
            <p class="p-4 text-sm">{sentence}</p>
            {examples}
        </section>
        <form method="post" action=CHANGE class="form-card" data-guard><ReturnPath/>
            <input type="hidden" name="pipeline" value=pipeline.head.key.clone()/>
            <input type="hidden" name="field" value=field.key.clone()/>
            <input type="hidden" name="version" value=version/>
            <input type="hidden" name="kind" value=look.kind.as_str()/>
            <div class="form-group">
                <div><h2>"Change type"</h2><p class="text-muted text-xs">"A job converts the values of all records. You can undo it for 30 days, and values that became empty come back."</p></div>
                <div class="form-fields">{choices}{scale}{views}{former}</div>
            </div>
            <div class="form-actions">
                <a class="btn btn-ghost" href=fields_path_of(&pipeline.head.key)>"Cancel"</a>
                <Submit label="Change type"/>
            </div>
        </form>
    }
}

/// What becomes of some values.
#[component]
fn Examples(examples: Vec<TypeExample>) -> impl IntoView {
    let rows = examples.into_iter().map(|TypeExample { before, after }| {
        let after = match after {
            Ok(after) if after.is_empty() => view! { <span class="text-muted">"Empty"</span> }.into_any(),
            Ok(after) => view! { <span dir="auto">{after}</span> }.into_any(),
            Err(why) => view! { <strong>"Empty"</strong>" "<span class="text-muted">{why}</span> }.into_any(),
        };
        view! { <tr><th scope="row" class="break-words whitespace-normal" dir="auto">{before}</th><td data-label="Becomes" class="break-words whitespace-normal">{after}</td></tr> }
    });
    let rows = rows.collect_view();
    view! {
        <div class="table-scroll border-base-300 border-t">
            <table class="list-table">
                <caption class="sr-only">"Examples"</caption>
                <thead><tr><th scope="col">"Now"</th><th scope="col">"Becomes"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
