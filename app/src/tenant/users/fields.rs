//! Custom fields of users: as inputs, as filters and as columns.

use crate::ui::{Cell, CheckField, Chip, Column, FormView, SelectField, TextField, date, list_url};
use domain::{
    list::{ListQuery, day_parse},
    user_field::{FieldKind, UserField},
};
use leptos::prelude::*;

/// The inputs of all custom fields; each stands with what is stored.
#[component]
pub(super) fn FieldInputs(form: FormView, fields: Vec<(UserField, String)>) -> impl IntoView {
    fields.into_iter().map(|(field, value)| view! { <FieldInput form=form.clone() field value/> }).collect_view()
}

#[component]
fn FieldInput(form: FormView, field: UserField, value: String) -> impl IntoView {
    let name = field.input();
    let UserField { key, label, kind, choices, is_required, is_unique } = field;
    let optional = !is_required;
    let help = if is_unique { "No two users have the same." } else { "" };
    match kind {
        FieldKind::Text => view! { <TextField form name label value optional help/> }.into_any(),
        FieldKind::Number => view! { <TextField form name label value optional help kind="number"/> }.into_any(),
        FieldKind::Date => view! { <TextField form name label value optional help kind="date"/> }.into_any(),
        FieldKind::Choice => {
            let none = (String::new(), if is_required { "Choose one".to_owned() } else { "None".to_owned() });
            // What was stored before the choices were changed is shown, so that another one is chosen.
            let old = (!value.is_empty() && !choices.contains(&value)).then(|| value.clone());
            let choices = std::iter::once(none).chain(choices.into_iter().chain(old).map(|choice| (choice.clone(), choice))).collect();
            view! { <SelectField form name label value choices optional/> }.into_any()
        }
        FieldKind::Checkbox => {
            let checked = value == "true";
            // Without a tick the form sends nothing of the checkbox itself.
            view! { <input type="hidden" name=format!("boxes[{key}]") value="1"/><CheckField form name label checked/> }.into_any()
        }
    }
}

/// What stood in the fields when the form was filled, so that a conflict can tell.
pub(super) fn seen(fields: &[(UserField, String)]) -> AnyView {
    let seen =
        fields.iter().map(|(field, value)| view! { <input type="hidden" name=format!("seen[{}]", field.column()) value=value.clone()/> });
    seen.collect_view().into_any()
}

/// The columns of custom fields, shown to those who choose them.
pub(super) fn field_columns(fields: &[UserField]) -> impl Iterator<Item = Column> {
    fields.iter().map(|field| Column::new(field.column(), field.label.clone()).labelled().extra())
}

/// A value as a list and a page show it.
pub(super) fn value_shown(field: &UserField, text: &str) -> String {
    match field.kind {
        FieldKind::Checkbox if text == "true" => "Yes".to_owned(),
        FieldKind::Date => day_parse(text).map_or_else(|| text.to_owned(), date),
        _ => text.to_owned(),
    }
}

/// The cell of a column of a custom field.
pub(super) fn field_cell(fields: &[UserField], column: &str, values: &[(String, String)]) -> Cell {
    let field = fields.iter().find(|field| field.column() == column);
    let value = field.and_then(|field| Some((field, values.iter().find(|(key, _)| *key == field.key)?)));
    value.map_or(Cell::Empty, |(field, (_, text))| value_shown(field, text).into())
}

fn filter_of(query: &ListQuery, name: &str) -> String {
    query.filter(name).next().unwrap_or_default().to_owned()
}

/// The filters on custom fields that are set, or all of them.
pub(super) fn field_filters(fields: &[UserField], query: &ListQuery, all: bool) -> AnyView {
    let shown = fields.iter().filter(|field| all || query.filter(&field.column()).next().is_some());
    let filters = shown.map(|field| {
        let (name, label) = (field.column(), field.label.clone());
        let value = filter_of(query, &name);
        let choices: Vec<(String, String)> = match field.kind {
            FieldKind::Choice => field.choices.iter().map(|choice| (choice.clone(), choice.clone())).collect(),
            FieldKind::Date => {
                return view! {
                    <label class="text-muted flex items-center gap-1.5 text-xs">
                        {label}<input class="input input-sm w-40" type="date" name=name value=value/>
                    </label>
                }
                .into_any();
            }
            FieldKind::Checkbox => vec![("yes".to_owned(), format!("{label}: yes")), ("no".to_owned(), format!("{label}: no"))],
            FieldKind::Text | FieldKind::Number => {
                let placeholder = format!("{label} is exactly");
                return view! { <input class="input input-sm w-44" type="text" name=name value=value placeholder=placeholder aria-label=label/> }.into_any();
            }
        };
        let any = format!("{label}: any");
        let options = choices.into_iter().map(|(key, text)| {
            let selected = key == value;
            view! { <option value=key selected=selected>{text}</option> }
        });
        let options = options.collect_view();
        view! { <select name=name aria-label=label><option value="">{any}</option>{options}</select> }.into_any()
    });
    filters.collect_view().into_any()
}

/// The filters on custom fields that are set, each with the address without it.
pub(super) fn field_chips<'a>(path: &'a str, fields: &'a [UserField], query: &'a ListQuery) -> impl Iterator<Item = Chip> {
    fields.iter().filter_map(move |field| {
        let name = field.column();
        let value = query.filter(&name).next()?;
        let shown = value_shown(field, value);
        Some(Chip { label: format!("{}: {shown}", field.label), href: list_url(path, query, &[(&name, "")]) })
    })
}
