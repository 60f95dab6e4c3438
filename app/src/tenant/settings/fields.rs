//! The page `/settings/fields`: what the company keeps of its users besides names and addresses.

use super::frame::SettingsFrame;
use crate::{
    api::{ApiError, Framed, done, framed, request_cx, toast},
    ui::{CheckField, ErrorSummary, FormView, ReturnPath, SelectField, Submit, TextArea, TextField, load, search_pairs},
};
use domain::{
    dto::tenant::{UserFieldRow, UserFieldsPage as Data},
    flash::{Toast, Undo},
    user_field::{FieldKind, USER_FIELDS_MAX, UserField, UserFieldForm},
};
use leptos::prelude::*;

const PATH: &str = "/settings/fields";
const CREATE: &str = "/api/tenant/user_field_create";
const UPDATE: &str = "/api/tenant/user_field_update";
const MOVE: &str = "/api/tenant/user_field_move";
const DELETE: &str = "/api/tenant/user_field_delete";

/// The custom fields of users.
#[server(prefix = "/api/tenant", endpoint = "user_field_list")]
pub async fn user_field_list() -> Result<Framed<Data>, ApiError> {
    let cx = request_cx().await?;
    let found = identity::users::user_field_list(&cx).await;
    framed(&cx, found).await
}

/// Defines a custom field of users; `key` brings a deleted one back to its `place`, with the values that users still have.
#[server(prefix = "/api/tenant", endpoint = "user_field_create")]
pub async fn user_field_create(
    label: String,
    kind: String,
    #[server(default)] choices: String,
    #[server(default)] is_required: bool,
    #[server(default)] is_unique: bool,
    #[server(default)] key: String,
    #[server(default)] place: Option<usize>,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = UserFieldForm { label, kind, choices, is_required, is_unique };
    let command = identity::users::UserFieldCreate { form, key, place };
    let created = identity::users::user_field_create(&cx, &command).await;
    let field = cx.answer(created).await?;
    let text = if command.key.is_empty() { format!("{} was added", field.label) } else { format!("{} was restored", field.label) };
    done(&cx, PATH, toast(text)).await
}

/// Changes a custom field of users, based on its `version`; its key and its kind stay.
#[server(prefix = "/api/tenant", endpoint = "user_field_update")]
pub async fn user_field_update(
    key: String,
    version: i64,
    label: String,
    #[server(default)] choices: String,
    #[server(default)] is_required: bool,
    #[server(default)] is_unique: bool,
) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let form = UserFieldForm { label, kind: String::new(), choices, is_required, is_unique };
    let updated = identity::users::user_field_update(&cx, &key, version, &form).await;
    let field = cx.answer(updated).await?;
    done(&cx, PATH, toast(format!("{} was saved", field.label))).await
}

/// Moves a custom field of users one place: `to` is `up` or `down`.
#[server(prefix = "/api/tenant", endpoint = "user_field_move")]
pub async fn user_field_move(key: String, to: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let moved = identity::users::user_field_move(&cx, &key, &to).await;
    let field = cx.answer(moved).await?;
    done(&cx, PATH, toast(format!("{} was moved {to}", field.label))).await
}

/// Deletes a custom field of users; values that users have stay in their metadata.
#[server(prefix = "/api/tenant", endpoint = "user_field_delete")]
pub async fn user_field_delete(key: String) -> Result<(), ApiError> {
    let cx = request_cx().await?;
    let deleted = identity::users::user_field_delete(&cx, &key).await;
    let (UserField { key, label, kind, choices, is_required, is_unique }, place) = cx.answer(deleted).await?;
    let mut fields = vec![
        ("key".to_owned(), key),
        ("label".to_owned(), label.clone()),
        ("kind".to_owned(), kind.as_str().to_owned()),
        ("choices".to_owned(), choices.join("\n")),
        ("place".to_owned(), place.to_string()),
    ];
    let flags = [("is_required", is_required), ("is_unique", is_unique)];
    fields.extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| (name.to_owned(), "true".to_owned())));
    let undo = Undo { action: CREATE.to_owned(), fields };
    done(&cx, PATH, Toast::success(format!("{label} was deleted")).with_undo(undo).into()).await
}

/// The page `/settings/fields`.
#[component]
pub fn FieldsPage() -> impl IntoView {
    let edited = search_pairs().into_iter().find(|(name, _)| name == "edit").map(|(_, key)| key).unwrap_or_default();
    load(user_field_list, move |Framed { frame, data }| {
        let last = data.rows.len().saturating_sub(1);
        let row = data.rows.iter().find(|row| row.field.key == edited).cloned();
        let rows = data
            .rows
            .iter()
            .enumerate()
            .map(|(place, row)| view! { <Row field=row.field.clone() is_first=place == 0 is_last=place == last/> });
        let rows = rows.collect_view();
        let list = if rows.is_empty() {
            view! {
                <div class="empty">
                    <p class="font-semibold">"No fields yet"</p>
                    <p class="text-muted mt-1">"Add what you want to record about each user, such as an employee number, an office or a start date."</p>
                </div>
            }
            .into_any()
        } else {
            view! { <ul class="rows">{rows}</ul> }.into_any()
        };
        view! {
            <SettingsFrame frame tab="User fields" subtitle="Extra fields for each user. They appear in forms, lists, filters, exports and imports.">
                <ErrorSummary form=FormView::new(MOVE)/>
                <ErrorSummary form=FormView::new(DELETE)/>
                <section class="card-box mb-4" aria-labelledby="fields">
                    <div class="card-head"><h2 id="fields">"Fields"</h2></div>
                    {list}
                </section>
                <Editor row/>
            </SettingsFrame>
        }
    })
}

#[component]
fn Row(field: UserField, is_first: bool, is_last: bool) -> impl IntoView {
    let UserField { key, label, kind, choices, is_required, is_unique } = field;
    let kind = if kind == FieldKind::Choice { format!("{}: {}", kind.label(), choices.join(", ")) } else { kind.label().to_owned() };
    let (up, down) = (format!("Move {label} up"), format!("Move {label} down"));
    let (edit, delete) = (format!("Edit {label}"), format!("Delete {label}"));
    let href = format!("{PATH}?edit={key}#editor");
    view! {
        <li class="flex-wrap">
            <span class="min-w-40 flex-1">
                <span class="font-medium break-words" dir="auto">{label}</span>
                <span class="text-muted block text-xs break-words">{kind}" · "<code>{key.clone()}</code></span>
            </span>
            {is_required.then(|| view! { <span class="tone-neutral">"Required"</span> })}
            {is_unique.then(|| view! { <span class="tone-neutral">"Unique"</span> })}
            <span class="flex flex-wrap items-center gap-2">
                <form method="post" action=MOVE class="flex gap-1"><ReturnPath/>
                    <input type="hidden" name="key" value=key.clone()/>
                    <button class="btn btn-sm btn-ghost" name="to" value="up" aria-label=up disabled=is_first>"Up"</button>
                    <button class="btn btn-sm btn-ghost" name="to" value="down" aria-label=down disabled=is_last>"Down"</button>
                </form>
                <a class="btn btn-sm" href=href aria-label=edit>"Edit"</a>
                <form method="post" action=DELETE>
                    <input type="hidden" name="key" value=key/>
                    <button class="btn btn-sm" aria-label=delete>"Delete"</button>
                </form>
            </span>
        </li>
    }
}

/// The form of a new field, or of the one that is edited.
#[component]
fn Editor(row: Option<UserFieldRow>) -> impl IntoView {
    let action = if row.is_some() { UPDATE } else { CREATE };
    let form = FormView::new(action);
    let version = row.as_ref().map(|row| row.version.to_string());
    let field = row.map(|row| row.field);
    let (title, sentence, submit) = match &field {
        Some(field) => (format!("Edit {}", field.label), "You cannot change its type or key.".to_owned(), "Save field"),
        None => ("New field".to_owned(), format!("You can add up to {USER_FIELDS_MAX} fields."), "Add field"),
    };
    let kinds = FieldKind::ALL.map(|(_, name, label)| (name.to_owned(), label.to_owned())).to_vec();
    let kind = field.as_ref().map(|field| field.kind);
    let has_choices = kind.is_none_or(|kind| kind == FieldKind::Choice);
    let has_rules = kind.is_none_or(|kind| kind != FieldKind::Checkbox);
    let may_be_unique = kind.is_none_or(|kind| !matches!(kind, FieldKind::Checkbox | FieldKind::Choice));
    let label = field.as_ref().map(|field| field.label.clone()).unwrap_or_default();
    let choices = field.as_ref().map(|field| field.choices.join("\n")).unwrap_or_default();
    let (is_required, is_unique) = field.as_ref().map_or((false, false), |field| (field.is_required, field.is_unique));
    let hidden = field.as_ref().map(|field| {
        view! { <input type="hidden" name="key" value=field.key.clone()/><input type="hidden" name="version" value=version/> }
    });
    let cancel = field.is_some().then(|| view! { <a class="btn btn-ghost" href=PATH>"Cancel"</a> });
    let kinds = field.is_none().then(|| {
        view! { <SelectField form=form.clone() name="kind" label="Type" choices=kinds value="text"/> }
    });
    let choices_help =
        if kind.is_some() { "Enter one choice per line." } else { "Enter one choice per line. Only for fields of type Choice." };
    view! {
        <ErrorSummary form=form.clone()/>
        <form method="post" action=action class="form-card" data-guard id="editor"><ReturnPath/>
            {hidden}
            <div class="form-group">
                <div><h2>{title}</h2><p class="text-muted text-xs">{sentence}</p></div>
                <div class="form-fields">
                    <TextField form=form.clone() name="label" label="Label" value=label/>
                    {kinds}
                    {has_choices.then(|| view! { <TextArea form=form.clone() name="choices" label="Choices" value=choices rows=5 help=choices_help/> })}
                    {has_rules.then(|| view! { <CheckField form=form.clone() name="is_required" label="Required" help="New users cannot be saved without it. Existing users need it the next time they are edited." checked=is_required/> })}
                    {may_be_unique.then(|| view! { <CheckField form=form.clone() name="is_unique" label="Unique" help="No two users have the same value. For text, numbers and dates." checked=is_unique/> })}
                </div>
            </div>
            <div class="form-actions">{cancel}<Submit label=submit/></div>
        </form>
    }
}
