//! The pages `/p/{pipeline}/new` and `/p/{pipeline}/{id}/edit`.

use super::{param, record_id};
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    tenant::frame::TenantPage,
    ui::{
        CheckField, CheckGroup, ErrorSummary, FormView, PageHead, ReturnPath, SelectField, Submit, TextArea, TextField, load,
        page_redirect, search_pairs,
    },
};
use domain::{
    dto::tenant::{OwnerChoices, RecordFormPage as Data, RecordInput},
    record::{Field, FieldKind, OWNER, STAGE},
};
use leptos::prelude::*;
use records::{RATING_MAX, RecordForm, typed_alike};
use std::collections::HashMap;

/// What an address begins a pair with that names a record to link, behind it the key of the field.
const LINK: &str = "link.";
/// The input that says that a record is made although another one may be the same.
const DUPLICATES: &str = "duplicates";

/// What the form of a new record shows; `link.<field>` names a record that it is to be linked to.
#[server(prefix = "/api/tenant", endpoint = "record_new")]
pub async fn record_new(pipeline: String, #[server(default)] query: Vec<(String, String)>) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let links = query.into_iter().filter_map(|(name, id)| Some((name.strip_prefix(LINK)?.to_owned(), id)));
    let found = records::record_new(&cx, &pipeline, &links.collect::<Vec<_>>()).await;
    framed(&cx, found).await
}

/// What the form of a record shows.
#[server(prefix = "/api/tenant", endpoint = "record_edit")]
pub async fn record_edit(pipeline: String, id: String) -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = records::record_edit(&cx, &pipeline, record_id(&id)?).await;
    framed(&cx, found).await
}

/// Creates a record.
#[server(prefix = "/api/tenant", endpoint = "record_create")]
pub async fn record_create(
    pipeline: String,
    #[server(default)] fields: HashMap<String, String>,
    #[server(default)] boxes: HashMap<String, String>,
    #[server(default)] owner: Option<String>,
    #[server(default)] stage: Option<String>,
    #[server(default)] then: String,
    #[server(default)] seen: HashMap<String, String>,
    #[server(default)] links: HashMap<String, String>,
    #[server(default)] duplicates: bool,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = RecordForm { seen, fields, boxes, owner, stage, links, allows_duplicates: duplicates, ..RecordForm::default() };
    let created = records::record_create(&cx, &pipeline, &form).await;
    let (id, title) = cx.answer(created).await?;
    let path = if then == "another" { format!("/p/{pipeline}/new") } else { format!("/p/{pipeline}/{id}") };
    done(&cx, &path, toast(format!("{title} was created"))).await
}

/// Changes a record; `version` is the one the form was filled from, `seen` what stood in its fields then.
#[server(prefix = "/api/tenant", endpoint = "record_update")]
pub async fn record_update(
    pipeline: String,
    id: String,
    version: i32,
    #[server(default)] seen: HashMap<String, String>,
    #[server(default)] fields: HashMap<String, String>,
    #[server(default)] boxes: HashMap<String, String>,
    #[server(default)] owner: Option<String>,
    #[server(default)] stage: Option<String>,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let id = record_id(&id)?;
    let form = RecordForm { version, seen, fields, boxes, owner, stage, ..RecordForm::default() };
    let updated = records::record_update(&cx, &pipeline, id, &form).await;
    cx.answer(updated).await?;
    done(&cx, &format!("/p/{pipeline}/{id}"), toast("Saved")).await
}

/// The page `/p/{pipeline}/new`.
#[component]
pub fn RecordNewPage() -> impl IntoView {
    let (pipeline, pairs) = (param("pipeline"), search_pairs());
    load(
        move || record_new(pipeline.clone(), pairs.clone()),
        |Framed { frame, data }| {
            let head = data.pipeline.clone();
            let (path, title) = (head.path(), format!("New {}", head.name_one));
            let form = FormView::new("/api/tenant/record_create");
            let cancel = path.clone();
            // It is asked where another record may be the same.
            let is_asked = form.error(DUPLICATES).is_some() || form.value(DUPLICATES, "") == "true";
            let duplicates = is_asked.then(|| {
                let label = format!("Create another {}", head.name_one);
                view! {
                    <div class="form-group">
                        <div><h2>"Possible duplicate"</h2></div>
                        <div class="form-fields"><CheckField form=form.clone() name=DUPLICATES label checked=false/></div>
                    </div>
                }
            });
            view! {
                <TenantPage frame active=path.clone() crumbs=vec![(head.name.clone(), path)] title=title.clone()>
                    <PageHead title/>
                    <ErrorSummary form=form.clone() labels=labels(&data)/>
                    <form method="post" action="/api/tenant/record_create" class="form-card" data-guard><ReturnPath/>
                        <input type="hidden" name="pipeline" value=head.key/>
                        <Links data=data.clone()/>
                        {duplicates}
                        <Inputs form data/>
                        // The first button is the one that Enter in a field presses.
                        <div class="form-actions form-actions-many">
                            <Submit label="Create"/>
                            <button class="btn" name="then" value="another">"Create and add another"</button>
                            <a class="btn btn-ghost" href=cancel>"Cancel"</a>
                        </div>
                    </form>
                </TenantPage>
            }
        },
    )
}

/// The page `/p/{pipeline}/{id}/edit`.
#[component]
pub fn RecordEditPage() -> impl IntoView {
    let (pipeline, id) = (param("pipeline"), param("id"));
    load(
        move || record_edit(pipeline.clone(), id.clone()),
        |Framed { frame, data }| {
            let Some(row) = data.record.clone() else { return ().into_any() };
            let head = data.pipeline.clone();
            let (list, path) = (head.path(), format!("{}/{}", head.path(), row.id));
            if row.deleted_at.is_some() {
                page_redirect(&path);
            }
            let form = FormView::new("/api/tenant/record_update");
            let crumbs = vec![(head.name.clone(), list.clone()), (row.title.clone(), path.clone())];
            // A move that lacked something leads here.
            let wanted = search_pairs().into_iter().find(|(name, _)| name == STAGE).map(|(_, stage)| stage);
            let wanted = wanted.filter(|key| !form.is_refused() && data.stages.iter().any(|stage| stage.key == *key && !stage.is_archived));
            let (form, seen) = merged(&form, &data);
            let data = Data { stage: wanted.unwrap_or(data.stage), ..data };
            let seen = seen.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
            // A refused form stays on the version it was filled from: what others changed since is looked at field by field.
            let version = form.value("version", &data.version.to_string());
            view! {
                <TenantPage frame active=list crumbs title="Edit">
                    <PageHead title=row.title subtitle=head.name_one/>
                    <ErrorSummary form=form.clone() labels=labels(&data)/>
                    <form method="post" action="/api/tenant/record_update" class="form-card" data-guard><ReturnPath/>
                        <input type="hidden" name="pipeline" value=head.key/>
                        <input type="hidden" name="id" value=row.id.to_string()/>
                        <input type="hidden" name="version" value=version/>
                        {seen}
                        <Inputs form data/>
                        <div class="form-actions">
                            <a class="btn btn-ghost" href=path>"Cancel"</a>
                            <Submit label="Save changes"/>
                        </div>
                    </form>
                </TenantPage>
            }
            .into_any()
        },
    )
}

/// What the fields of a form are called, by the names of their inputs.
fn labels(data: &Data) -> Vec<(String, String)> {
    let fields = data.inputs.iter().map(|input| (input.field.input(), input.field.label.clone()));
    let rest = [(OWNER, "Owner"), (STAGE, "Stage"), (DUPLICATES, "Possible duplicate")];
    fields.chain(rest.map(|(name, label)| (name.to_owned(), label.to_owned()))).collect()
}

/// A form on what is stored now, and what its user saw in each field. What the user did not touch shows what is stored. What the user
/// changed keeps what was seen then, so that a change of another user is still noticed, unless the user has been shown that change.
fn merged(form: &FormView, data: &Data) -> (FormView, Vec<(String, String)>) {
    let fields = data.inputs.iter().map(|input| (input.field.input(), input.field.key.clone(), input.value.clone(), Some(&input.field)));
    let place = [(OWNER, &data.owner), (STAGE, &data.stage)].map(|(name, value)| (name.to_owned(), name.to_owned(), value.clone(), None));
    let (mut shown, mut seen) = (Vec::new(), Vec::new());
    for (input, key, stored, field) in fields.chain(place) {
        let name = format!("seen[{key}]");
        let saw = form.value(&name, &stored);
        let typed = form.value(&input, &field.and_then(|field| ticked(form, field)).unwrap_or_else(|| stored.clone()));
        let is_touched = form.is_refused() && !typed_alike(&typed, &saw);
        if !is_touched {
            for (field, option) in field.iter().flat_map(|field| field.options.iter().map(move |option| (field, option))) {
                let is_ticked = stored.split(", ").any(|key| key == option.key);
                shown.push((field.box_input(&option.key), is_ticked.to_string()));
            }
            shown.push((input, stored.clone()));
            seen.push((name, stored));
        } else if form.is_changed_by_others(&input) {
            seen.push((name, stored));
        } else {
            seen.push((name, saw));
        }
    }
    (form.with(shown), seen)
}

/// What the boxes of a field say in a form that was refused; nothing where the form shows none of it. A box without a tick sends nothing.
fn ticked(form: &FormView, field: &Field) -> Option<String> {
    if !form.is_refused() || form.value(&format!("boxes[{}]", field.key), "") != "1" {
        return None;
    }
    let is_ticked = |key: &&str| form.value(&field.box_input(key), "") == "true";
    Some(field.options.iter().map(|option| option.key.as_str()).filter(is_ticked).collect::<Vec<_>>().join(", "))
}

/// What a new record will be linked to. Where that is a field of the form, its title stands there and can be changed.
#[component]
fn Links(data: Data) -> impl IntoView {
    let lines = data.links.into_iter().map(|(field, id, title)| {
        let shown =
            (!field.is_value()).then(|| view! { <p class="notice mb-4 text-sm" dir="auto">{format!("{}: {title}", field.label)}</p> });
        let seen = field.is_value().then(|| view! { <input type="hidden" name=format!("seen[{}]", field.key) value=title/> });
        view! { {shown}{seen}<input type="hidden" name=format!("links[{}]", field.key) value=id.to_string()/> }
    });
    lines.collect_view()
}

#[component]
fn Inputs(form: FormView, data: Data) -> impl IntoView {
    let stage = (!data.stages.is_empty()).then(|| {
        // A record may be in none, or in one that is archived: it stays there unless another one is chosen.
        let none = data.stage.is_empty().then(|| (String::new(), "No stage".to_owned()));
        let open = data.stages.iter().filter(|stage| !stage.is_archived || stage.key == data.stage);
        let choices = none.into_iter().chain(open.map(|stage| (stage.key.clone(), stage.name.clone()))).collect();
        view! { <SelectField form=form.clone() name=STAGE label="Stage" choices value=data.stage.clone()/> }
    });
    let owner_name = data.record.as_ref().and_then(|row| row.owner.as_ref()).map(|owner| owner.name.clone()).unwrap_or_default();
    let owner = match data.owners {
        OwnerChoices::Own => None,
        OwnerChoices::List { users, may_be_none } => {
            let listed: Vec<String> = users.iter().map(|user| user.id.to_string()).collect();
            let choices = users.into_iter().map(|user| (user.id.to_string(), user.name));
            let none = (may_be_none || data.owner.is_empty()).then(|| (String::new(), "No owner".to_owned()));
            // One who left, or whom the viewer does not reach, stays the owner unless another one is chosen.
            let others = (!data.owner.is_empty() && !listed.contains(&data.owner)).then(|| (data.owner.clone(), owner_name.clone()));
            let choices = none.into_iter().chain(others).chain(choices).collect();
            Some(view! { <SelectField form=form.clone() name=OWNER label="Owner" choices value=data.owner.clone()/> }.into_any())
        }
        OwnerChoices::Typed => {
            let help = "Enter the e-mail address of an active user. Leave it empty for no owner.";
            Some(
                view! { <TextField form=form.clone() name=OWNER label="Owner" value=data.owner.clone() optional=true kind="email" help/> }
                    .into_any(),
            )
        }
    };
    let has_place = stage.is_some() || owner.is_some();
    let inputs = data.inputs.into_iter().map(|input| view! { <Input form=form.clone() input/> }).collect_view();
    let place = has_place.then(|| {
        view! {
            <div class="form-group">
                <div><h2>"Assignment"</h2></div>
                <div class="form-fields">{stage}{owner}</div>
            </div>
        }
    });
    view! {
        <div class="form-group">
            <div><h2>"Details"</h2></div>
            <div class="form-fields">{inputs}</div>
        </div>
        {place}
    }
}

/// A field of a form.
#[component]
pub(super) fn Input(form: FormView, input: RecordInput) -> impl IntoView {
    let RecordInput { field, value, unit, stages, suggestions } = input;
    let (name, optional, label, help) = (field.input(), !field.is_required, field.label.clone(), field.help.clone());
    // What a stage asks for is said where it is not asked for anyway.
    let at = (optional && !stages.is_empty()).then(|| format!("Required in {}.", stages.join(", ")));
    let help = |default: &str| {
        let help = if help.is_empty() { default } else { help.as_str() };
        [help].into_iter().chain(at.as_deref()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let many = "Separate several with commas.";
    match field.kind {
        FieldKind::Relation => {
            let default =
                field.relation.as_ref().map(|end| format!("Enter the name of a record of {}.", end.head.name)).unwrap_or_default();
            view! { <TextField form name label value optional suggestions help=help(&default)/> }.into_any()
        }
        FieldKind::Text => view! { <TextField form name label value optional help=help("")/> }.into_any(),
        FieldKind::LongText => view! { <TextArea form name label value rows=5 prose=true optional help=help("")/> }.into_any(),
        FieldKind::Number => view! { <TextField form name label value optional kind="number" help=help("")/> }.into_any(),
        FieldKind::Percent => view! { <TextField form name label value optional unit="%" help=help("")/> }.into_any(),
        FieldKind::Duration => {
            view! { <TextField form name label value optional help=help("Hours and minutes, such as 1:30.")/> }.into_any()
        }
        FieldKind::DateTime => {
            view! { <TextField form name label value optional kind="datetime-local" help=help(&format!("Time zone: {unit}."))/> }.into_any()
        }
        FieldKind::Rating => {
            let none = (String::new(), if optional { "None".to_owned() } else { "Choose one".to_owned() });
            let stars = (1..=RATING_MAX).map(|stars| (stars.to_string(), format!("{stars} of {RATING_MAX}")));
            let choices = std::iter::once(none).chain(stars).collect();
            view! { <SelectField form name label value choices optional help=help("")/> }.into_any()
        }
        FieldKind::MultiSelect => {
            let chosen = ticked(&form, &field).unwrap_or(value);
            let is_chosen = |key: &str| chosen.split(", ").any(|chosen| chosen == key);
            // What is archived stays with the records that have it.
            let options = field.options.iter().filter(|option| !option.is_archived || is_chosen(&option.key));
            let boxes = options.map(|option| (field.box_input(&option.key), option.label.clone(), is_chosen(&option.key))).collect();
            let boxed = format!("boxes[{}]", field.key);
            view! { <input type="hidden" name=boxed value="1"/><CheckGroup form name label boxes optional help=help("")/> }.into_any()
        }
        FieldKind::Money => view! { <TextField form name label value optional unit help=help("")/> }.into_any(),
        FieldKind::Date => view! { <TextField form name label value optional kind="date" help=help("")/> }.into_any(),
        FieldKind::Email => view! { <TextField form name label value optional kind="email" help=help(many)/> }.into_any(),
        FieldKind::Phone => view! { <TextField form name label value optional help=help(many)/> }.into_any(),
        FieldKind::Url => view! { <TextField form name label value optional help=help("")/> }.into_any(),
        FieldKind::Checkbox => {
            let (boxed, checked) = (format!("boxes[{}]", field.key), value == "true");
            // Without a tick the form sends nothing of the checkbox itself.
            view! { <input type="hidden" name=boxed value="1"/><CheckField form name label checked help=help("")/> }.into_any()
        }
        FieldKind::Select => {
            let none = (String::new(), if optional { "None".to_owned() } else { "Choose one".to_owned() });
            // What is archived stays with the records that have it.
            let options = field.options.iter().filter(|option| !option.is_archived || option.key == value);
            let choices = std::iter::once(none).chain(options.map(|option| (option.key.clone(), option.label.clone()))).collect();
            view! { <SelectField form name label value choices optional help=help("")/> }.into_any()
        }
    }
}
