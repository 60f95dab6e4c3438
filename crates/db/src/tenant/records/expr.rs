//! The values of fields as SQL expressions, of slots that a lens checked. Conditions, sorts and indexes use the same ones.

use domain::record::{FieldKind, FieldRef};

/// The text of a field, or the first one of a list.
pub(super) fn text(field: &FieldRef) -> String {
    match field.kind() {
        FieldKind::Email | FieldKind::Phone | FieldKind::Url | FieldKind::MultiSelect => format!("(records.data->'{}'->>0)", field.slot()),
        _ => format!("(records.data->>'{}')", field.slot()),
    }
}

/// A text as a number; NULL for a text that is none, which only an archive can have brought.
fn number(text: &str) -> String {
    format!("(CASE WHEN {text} ~ '^-?[0-9]{{1,40}}([.][0-9]{{1,40}})?$' THEN {text}::numeric END)")
}

/// The number that a field holds; amounts in the company's currency.
pub(super) fn number_of(field: &FieldRef) -> String {
    if field.kind() == FieldKind::Money {
        let part = |name: &str| number(&format!("(records.data->'{}'->>'{name}')", field.slot()));
        return format!("({} * coalesce({}, 1))", part("a"), part("r"));
    }
    number(&text(field))
}

/// A text as lists sort it. An entry of an index has a limit.
pub(super) fn text_sorted(field: &FieldRef) -> String {
    format!("(left({}, 200) COLLATE \"und-x-icu\")", text(field))
}
