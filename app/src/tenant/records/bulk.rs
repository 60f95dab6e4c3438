//! The page `/p/{pipeline}/bulk`: the question before an act for many records.

use super::{form::Input, param};
use crate::{
    api::{ApiError, Framed, done, framed, job_awaited, request_cx, told},
    tenant::frame::TenantPage,
    ui::{CheckField, ErrorSummary, FormView, PageHead, ReturnPath, SelectField, TextField, bulk_who, load, number, search_pairs},
};
use domain::{
    AppError, Flash, JobId,
    dto::tenant::{OwnerChoices, RecordBulkPage as Data},
    flash::{Toast, Undo},
    record::{FieldKind, OWNER, RecordAct, STAGE},
};
use kernel::RequestCx;
use leptos::prelude::*;
use records::{BulkForm, RecordForm};
use std::collections::HashMap;

const DO: &str = "/api/tenant/record_bulk";
pub(in crate::tenant) const UNDO: &str = "/api/tenant/record_bulk_undo";
/// Records named of those that were left as they are.
const NAMED: usize = 3;

fn act_of(text: &str) -> Result<RecordAct, ApiError> {
    RecordAct::parse(text).ok_or(ApiError(AppError::NotFound))
}

fn pair<'a>(pairs: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
    pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
}

/// The address of the list that the records were ticked in.
fn list_of(path: &str, pairs: &[(String, String)]) -> String {
    pair(pairs, "back").map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
}

/// What an act for many records is about, as asked for by the query of an address.
#[server(prefix = "/api/tenant", endpoint = "record_bulk_ask")]
pub async fn record_bulk_ask(
    pipeline: String,
    act: String,
    #[server(default)] query: Vec<(String, String)>,
) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let field = pair(&query, "field").unwrap_or_default();
    let found = records::record_bulk_ask(&cx, &pipeline, act_of(&act)?, &bulk_who(&query), field).await;
    framed(&cx, found).await
}

/// Changes many records in one way: `query` says which, `expected` how many were shown.
#[server(prefix = "/api/tenant", endpoint = "record_bulk")]
pub async fn record_bulk(
    pipeline: String,
    act: String,
    query: String,
    expected: i64,
    #[server(default)] field: String,
    #[server(default)] fields: HashMap<String, String>,
    #[server(default)] boxes: HashMap<String, String>,
    #[server(default)] owner: Option<String>,
    #[server(default)] stage: Option<String>,
    #[server(default)] clear: bool,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&query).unwrap_or_default();
    let act = act_of(&act)?;
    let form = RecordForm { fields, boxes, owner, stage, ..RecordForm::default() };
    let command = BulkForm { who: bulk_who(&pairs), expected, field, form, clear };
    let asked = records::record_bulk(&cx, &pipeline, act, &command).await;
    let (id, waits) = cx.answer(asked).await?;
    let went = went(&cx, id, waits, act.label()).await?;
    match went {
        Some((toast, is_undoable)) => {
            let undo = is_undoable.then(|| Undo { action: UNDO.to_owned(), fields: vec![("id".to_owned(), id.to_string())] });
            done(&cx, &list_of(&format!("/p/{pipeline}"), &pairs), toast.with_undo(undo).into()).await
        }
        None => done(&cx, &format!("/jobs/{id}"), Flash::default()).await,
    }
}

/// Takes a change of many records back, where nobody changed them since.
#[server(prefix = "/api/tenant", endpoint = "record_bulk_undo")]
pub async fn record_bulk_undo(id: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = id.parse().map_err(|_| ApiError(AppError::NotFound))?;
    let asked = records::record_bulk_undo(&cx, id).await;
    let (id, waits) = cx.answer(asked).await?;
    match went(&cx, id, waits, "Undo").await? {
        Some((toast, _)) => told(&cx, toast.into()).await,
        None => done(&cx, &format!("/jobs/{id}"), Flash::default()).await,
    }
}

/// Does a job that its user waits for, and says how it went and whether it can be undone; nothing where the page of the job does.
async fn went(cx: &RequestCx, id: JobId, waits: bool, act: &str) -> Result<Option<(Toast, bool)>, ApiError> {
    let Some(page) = job_awaited(cx, id, waits).await? else { return Ok(None) };
    let outcomes = page.outcomes.iter().map(|(label, count)| format!("{count} {label}")).collect::<Vec<_>>().join(", ");
    let mut text = format!("{act}: {outcomes}");
    if page.left.is_empty() {
        return Ok(Some((Toast::success(text), page.is_undoable)));
    }
    let named = page.left.iter().take(NAMED).map(|row| format!("{} ({})", row.cells.join(" "), row.why.trim_end_matches('.')));
    text.push_str(&format!(". {}", named.collect::<Vec<_>>().join(", ")));
    Ok(Some((Toast::warning(text), page.is_undoable)))
}

/// The page `/p/{pipeline}/bulk`.
#[component]
pub fn RecordBulkPage() -> impl IntoView {
    let pipeline = param("pipeline");
    let pairs = search_pairs();
    let act = pair(&pairs, "act").unwrap_or(RecordAct::Edit.as_str()).to_owned();
    let kept = pairs.clone();
    load(
        move || record_bulk_ask(pipeline.clone(), act.clone(), pairs.clone()),
        move |Framed { frame, data }| {
            let (head, path) = (data.pipeline.clone(), data.pipeline.path());
            let records = if data.count == 1 { format!("1 {}", head.name_one) } else { format!("{} {}", number(data.count), head.name) };
            let title = data.act.sentence(&records);
            let shown = i64::try_from(data.sample.len()).unwrap_or(0);
            let more = (data.count > shown).then(|| format!("and {} more", number(data.count - shown)));
            let sample = data.sample.iter().map(|(id, title)| {
                view! { <li><a class="row-link" href=format!("{path}/{id}") dir="auto">{title.clone()}</a></li> }
            });
            let sample = sample.collect_view();
            let body = if data.count == 0 {
                view! { <div class="card-box empty"><p class="font-semibold">"Nothing is selected"</p><p class="text-muted mt-1">"Select records in the list first."</p><a class="btn btn-sm mt-4" href=path.clone()>{format!("Back to {}", head.name)}</a></div> }.into_any()
            } else {
                view! {
                    <Question data=data.clone() pairs=kept.clone() confirm=title.clone()/>
                    <section class="card-box max-w-3xl" aria-labelledby="which">
                        <div class="card-head"><h2 id="which">"Records affected"</h2></div>
                        <ul class="rows rows-named">{sample}{more.map(|text| view! { <li class="text-muted">{text}</li> })}</ul>
                    </section>
                }
                .into_any()
            };
            view! {
                <TenantPage frame active=path.clone() crumbs=vec![(head.name.clone(), path)] title=title.clone()>
                    <PageHead title=title/>
                    <ErrorSummary form=FormView::new(DO)/>
                    {body}
                </TenantPage>
            }
        },
    )
}

#[component]
fn Question(data: Data, pairs: Vec<(String, String)>, confirm: String) -> impl IntoView {
    let (form, path) = (FormView::new(DO), data.pipeline.path());
    let back = list_of(&path, &pairs);
    let field = data.input.as_ref().map(|input| input.field.key.clone());
    // The field comes first: what its value is typed into depends on it.
    if data.act == RecordAct::Edit && field.is_none() {
        let kept = pairs.into_iter().filter(|(name, _)| name != "field");
        let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
        let here = format!("{path}/bulk");
        let choices = data.fields.into_iter().map(|field| (field.key, field.label)).collect();
        return view! {
            <form method="get" action=here class="notice mb-4 flex max-w-3xl flex-col gap-4">
                {kept}
                <div class="max-w-sm"><SelectField form name="field" label="Field" choices/></div>
                <div class="flex flex-wrap gap-2"><a class="btn" href=back>"Cancel"</a><button class="btn btn-primary">"Next"</button></div>
            </form>
        }
        .into_any();
    }
    let query = serde_urlencoded::to_string(&pairs).unwrap_or_default();
    let patience = data.as_job.then_some(" This runs in the background. You can follow its progress and stop it.");
    let is_multiple = data.input.as_ref().is_some_and(|input| input.field.kind == FieldKind::MultiSelect);
    let consequence = match data.act {
        RecordAct::Delete => "You can restore them from the trash.",
        RecordAct::Edit if is_multiple => {
            "The choices that you tick replace all choices of a record. You can undo this until someone changes the records."
        }
        RecordAct::Edit | RecordAct::Assign | RecordAct::Move => "You can undo this until someone changes the records.",
    };
    let clear = |label: &'static str| view! { <CheckField form=form.clone() name="clear" label checked=false/> };
    let control = match data.act {
        RecordAct::Edit => data.input.map(|input| {
            let may_clear = !input.field.is_required && input.field.kind != FieldKind::Checkbox;
            view! { <Input form=form.clone() input/>{may_clear.then(|| clear("Clear the field"))} }.into_any()
        }),
        RecordAct::Move => {
            let label = |id: &i64| data.fields.iter().find(|field| field.id == *id).map(|field| field.label.clone());
            let asks = data.stages.iter().filter(|stage| !stage.requires.is_empty()).map(|stage| {
                let fields = stage.requires.iter().filter_map(label).collect::<Vec<_>>().join(", ");
                format!("{} requires {fields}. Records without it are skipped.", stage.name)
            });
            let help = asks.collect::<Vec<_>>().join(" ");
            let none = (String::new(), "Choose a stage".to_owned());
            let choices = std::iter::once(none).chain(data.stages.iter().map(|stage| (stage.key.clone(), stage.name.clone()))).collect();
            Some(view! { <SelectField form=form.clone() name=STAGE label="Stage" choices help/> }.into_any())
        }
        RecordAct::Assign => match data.owners {
            OwnerChoices::Own => None,
            OwnerChoices::List { users, may_be_none } => {
                let none = (String::new(), "Choose an owner".to_owned());
                let choices = std::iter::once(none).chain(users.into_iter().map(|user| (user.id.to_string(), user.name))).collect();
                let clear = may_be_none.then(|| clear("Remove the owner"));
                Some(view! { <SelectField form=form.clone() name=OWNER label="Owner" choices/>{clear} }.into_any())
            }
            OwnerChoices::Typed => {
                let help = "Enter the e-mail address of an active user.";
                let clear = clear("Remove the owner");
                Some(view! { <TextField form=form.clone() name=OWNER label="Owner" optional=true kind="email" help/>{clear} }.into_any())
            }
        },
        RecordAct::Delete => None,
    };
    view! {
        <form method="post" action=DO class="notice mb-4 flex max-w-3xl flex-col gap-4"><ReturnPath/>
            <p>{consequence}{patience}" Records that you cannot change are skipped."</p>
            <input type="hidden" name="pipeline" value=data.pipeline.key/>
            <input type="hidden" name="act" value=data.act.as_str()/>
            <input type="hidden" name="query" value=query/>
            <input type="hidden" name="expected" value=data.count.to_string()/>
            {field.map(|field| view! { <input type="hidden" name="field" value=field/> })}
            <div class="flex max-w-sm flex-col gap-3">{control}</div>
            <div class="flex flex-wrap gap-2">
                <a class="btn" href=back>"Cancel"</a>
                <button class="btn btn-primary">{confirm}</button>
            </div>
        </form>
    }
    .into_any()
}
