//! A field for a key that is known, by its type.

use super::{FormView, SelectField, TextField, form::ColorField};
use domain::{
    format::time_zones,
    typed_json::{Kind, Known},
};
use leptos::prelude::*;

/// A field for a known key; empty means that it is not set.
#[component]
pub fn KnownField(
    /// The form it belongs to.
    form: FormView,
    /// Its name in the form.
    name: String,
    /// The key.
    known: Known,
    /// What is set.
    value: String,
    /// Whether its label stands elsewhere.
    #[prop(default = false)]
    is_labelled: bool,
    /// What counts unless it is set.
    #[prop(default = "")]
    default: &'static str,
) -> impl IntoView {
    let choice = |value: &str, label: &str| (value.to_owned(), label.to_owned());
    let (label, help) = (if is_labelled { "" } else { known.label }, known.sentence);
    match known.kind {
        Kind::Flag(on) => {
            let unset = if on { "Default (on)" } else { "Default (off)" };
            let choices = vec![choice("", unset), choice("true", "On"), choice("false", "Off")];
            view! { <SelectField form name label choices value help/> }.into_any()
        }
        Kind::Choice(list) => {
            let by_default = list.iter().find(|(value, _)| *value == default).map(|(_, label)| format!("Default ({label})"));
            let unset = by_default.as_deref().unwrap_or("Not set");
            let choices = std::iter::once(choice("", unset)).chain(list.iter().map(|(value, label)| choice(value, label))).collect();
            view! { <SelectField form name label choices value help/> }.into_any()
        }
        Kind::TimeZone => {
            let unset = choice("", &format!("Default ({default})"));
            let choices = std::iter::once(unset).chain(time_zones().map(|zone| choice(zone, zone))).collect();
            view! { <SelectField form name label choices value help/> }.into_any()
        }
        Kind::Color => view! { <ColorField form name label value help/> }.into_any(),
        kind => {
            let kind = match kind {
                Kind::Email => "email",
                Kind::Date => "date",
                Kind::Number { .. } => "number",
                _ => "text",
            };
            let unit = if let Kind::Number { unit, .. } = known.kind { unit } else { "" };
            let placeholder = default.to_owned();
            view! { <TextField form name label value kind help optional=true placeholder unit/> }.into_any()
        }
    }
}
