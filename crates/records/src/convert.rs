//! Values of a field whose type changes: from one form to the other and back.

mod run;
mod strip;

pub use run::convert_run;
pub use strip::slots_strip;

use crate::{
    shown::typed,
    value::{Reader, ValueError, entries, minutes_typed},
};
use domain::record::{Field, FieldKind, Lens, TypeChange};
use serde_json::{Map, Value};

/// Converts the values of one field between two types.
pub(crate) struct Converter {
    reader: Reader,
    from: Field,
    to: Field,
}

/// What becomes of a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    /// The value in the other form.
    pub value: Option<Value>,
    /// Whether there was a value that the other form cannot hold.
    pub is_lost: bool,
}

impl Converter {
    /// Between a field as it is and as it would be.
    pub(crate) fn new(reader: Reader, from: &Field, to: &Field) -> Self {
        // What is empty after the change is asked for when its record is next edited.
        let bare = |field: &Field| Field { is_required: false, ..field.clone() };
        Self { reader, from: bare(from), to: bare(to) }
    }

    /// Between a field as it is and the other form of its change.
    pub(crate) fn of(field: &Field, change: &TypeChange) -> Self {
        Self::new(Reader::new(change.format, &change.locale, &change.currency), field, &field.with_type(&change.other))
    }

    /// A value in the type to come.
    pub(crate) fn forth(&self, value: &Value) -> Result<Option<Value>, ValueError> {
        converted(&self.reader, &self.from, &self.to, value)
    }

    /// What the other form holds beside a value, given what it holds now. That is kept where it means the same: a change that is undone
    /// gives back the values that nobody touched as they were, even those that the new type could not hold.
    pub(crate) fn fill(&self, current: Option<&Value>, other: Option<&Value>) -> Filled {
        let back = other.map(|other| converted(&self.reader, &self.to, &self.from, other).ok().flatten());
        if back.is_some_and(|back| back.as_ref() == current) {
            return Filled { value: other.cloned(), is_lost: false };
        }
        let converted = current.map(|current| self.forth(current)).transpose();
        Filled { is_lost: converted.is_err(), value: converted.unwrap_or_default().flatten() }
    }
}

/// What a user would type for a value into a field of the other type, read as that field reads it.
fn converted(reader: &Reader, from: &Field, to: &Field, value: &Value) -> Result<Option<Value>, ValueError> {
    use FieldKind::{Checkbox, Date, DateTime, Duration, LongText, Money, MultiSelect, Number, Percent, Rating, Select};
    let plain = value.as_str().unwrap_or_default();
    let text = match (from.kind, to.kind) {
        (Number | Percent | Rating, Duration) => minutes_typed(plain),
        (Duration, Number | Percent | Money) => reader.format.decimal_typed(plain),
        (Date, DateTime) => {
            // In some zones the clock was set forward at midnight.
            return reader.parse(to, &format!("{plain}T00:00")).or_else(|_| reader.parse(to, &format!("{plain}T01:00")));
        }
        (DateTime, Date) => typed(reader, from, Some(value)).chars().take_while(|c| *c != 'T').collect(),
        (Select, MultiSelect) | (MultiSelect, Select) => typed(reader, from, Some(value)),
        (Select | MultiSelect, _) => {
            let keys = entries(value).chain(value.as_str());
            keys.map(|key| from.option(key).map_or(key, |option| option.label.as_str())).collect::<Vec<_>>().join(", ")
        }
        (Checkbox, Number | Percent | Money) => "1".to_owned(),
        (Checkbox, _) => "Yes".to_owned(),
        (LongText, LongText) => plain.to_owned(),
        (LongText, _) => plain.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" "),
        _ => typed(reader, from, Some(value)),
    };
    reader.parse(to, &text)
}

/// Values that are written under the current slots of fields, and under the other slots of those whose values a job converts.
pub(crate) fn mirrored(lens: &Lens, set: &mut Map<String, Value>, removed: &mut Vec<String>) {
    for (field, change) in lens.fields().filter_map(|field| Some((field, field.pending()?))) {
        let value = set.get(&field.slot);
        if value.is_none() && !removed.contains(&field.slot) {
            continue;
        }
        match value.and_then(|value| Converter::of(field, change).forth(value).ok().flatten()) {
            Some(value) => {
                set.insert(change.other.slot.clone(), value);
            }
            None => removed.push(change.other.slot.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        format::Format,
        record::{FieldOption, FieldSettings},
    };
    use serde_json::json;

    fn field(kind: FieldKind) -> Field {
        let option =
            |key: &str, label: &str| FieldOption { key: key.into(), label: label.into(), color: String::new(), is_archived: false };
        let options = vec![option("gold", "Gold"), option("new", "Brand new")];
        Field { id: 1, settings: FieldSettings { scale: 2, ..FieldSettings::default() }, options, ..Field::new("f", kind, "F") }
    }

    fn converter(from: FieldKind, to: FieldKind) -> Converter {
        let format = Format::new("Europe/Berlin", "de-DE", "locale");
        Converter::new(Reader::new(format, "de-DE", "EUR"), &field(from), &field(to))
    }

    #[test]
    fn values_are_converted_as_a_user_would_type_them() {
        use FieldKind::*;
        for (from, to, value, becomes) in [
            (Text, Number, json!("1.200,50"), Ok(json!("1200.5"))),
            (Text, Number, json!("a dozen"), Err(())),
            (Text, Date, json!("2026-03-31"), Ok(json!("2026-03-31"))),
            (Text, Select, json!("brand NEW"), Ok(json!("new"))),
            (Text, Select, json!("silver"), Err(())),
            (Text, MultiSelect, json!("gold; Brand new"), Ok(json!(["gold", "new"]))),
            (Text, Email, json!("ada@Example.com"), Ok(json!(["ada@example.com"]))),
            (Text, Phone, json!("030 123456"), Ok(json!(["+4930123456"]))),
            (Text, Checkbox, json!("yes"), Ok(json!(true))),
            (Text, LongText, json!("a"), Ok(json!("a"))),
            (LongText, Text, json!("a\n\n b"), Ok(json!("a b"))),
            (Number, Text, json!("1200.5"), Ok(json!("1200,5"))),
            (Number, Money, json!("1200.5"), Ok(json!({ "a": "1200.50", "c": "EUR", "r": "1" }))),
            (Number, Percent, json!("12.5"), Ok(json!("12.5"))),
            (Number, Rating, json!("4"), Ok(json!("4"))),
            (Number, Rating, json!("9"), Err(())),
            (Number, Duration, json!("90"), Ok(json!("90"))),
            (Number, Duration, json!("1.5"), Err(())),
            (Number, Checkbox, json!("1"), Ok(json!(true))),
            (Money, Number, json!({ "a": "7.00", "c": "EUR", "r": "1" }), Ok(json!("7"))),
            (Money, Number, json!({ "a": "7.00", "c": "USD", "r": "1" }), Err(())),
            (Duration, Number, json!("90"), Ok(json!("90"))),
            (Duration, Text, json!("90"), Ok(json!("1:30"))),
            (Date, DateTime, json!("2026-07-01"), Ok(json!("2026-06-30T22:00:00Z"))),
            (DateTime, Date, json!("2026-06-30T22:30:00Z"), Ok(json!("2026-07-01"))),
            (Checkbox, Text, json!(true), Ok(json!("Yes"))),
            (Checkbox, Number, json!(true), Ok(json!("1"))),
            (Select, Text, json!("new"), Ok(json!("Brand new"))),
            (Select, MultiSelect, json!("gold"), Ok(json!(["gold"]))),
            (MultiSelect, Text, json!(["gold", "new"]), Ok(json!("Gold, Brand new"))),
            (MultiSelect, Select, json!(["gold"]), Ok(json!("gold"))),
            (MultiSelect, Select, json!(["gold", "new"]), Err(())),
            (Email, Text, json!(["a@x.example", "b@x.example"]), Ok(json!("a@x.example, b@x.example"))),
            (Url, Text, json!(["https://example.com"]), Ok(json!("https://example.com"))),
        ] {
            let got = converter(from, to).forth(&value).map_err(drop);
            assert_eq!(got, becomes.map(Some), "{from:?} to {to:?}: {value}");
        }
    }

    #[test]
    fn what_nobody_touched_comes_back_as_it_was() {
        // The field was a text and is a number: the other slot holds the former values.
        let undo = converter(FieldKind::Number, FieldKind::Text);
        let filled = |current: Option<Value>, other: Option<Value>| undo.fill(current.as_ref(), other.as_ref());
        let kept = |value: Value| Filled { value: Some(value), is_lost: false };
        assert_eq!(filled(Some(json!("1200.5")), Some(json!("1.200,50"))), kept(json!("1.200,50")), "the same bytes");
        assert_eq!(filled(None, Some(json!("a dozen"))), kept(json!("a dozen")), "what was no number is there again");
        assert_eq!(filled(Some(json!("7")), Some(json!("1.200,50"))), kept(json!("7")), "what was edited since");
        assert_eq!(filled(Some(json!("7")), Some(json!("a dozen"))), kept(json!("7")));
        assert_eq!(filled(None, Some(json!("1.200,50"))), Filled { value: None, is_lost: false }, "what was emptied since");
        assert_eq!(filled(Some(json!("7")), None), kept(json!("7")), "what was added since");
        let lost = converter(FieldKind::Text, FieldKind::Number).fill(Some(&json!("a dozen")), None);
        assert_eq!(lost, Filled { value: None, is_lost: true });
    }
}
