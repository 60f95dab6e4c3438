//! Custom fields of users: what a tenant's admins define, and how a value of one is read, stored and shown.
//!
//! Values are stored under the key of their field in `users.metadata`, so that its GIN index finds them. A text is stored as JSON text, a
//! number as a number, a day as `YYYY-MM-DD`, a ticked checkbox as `true`; an empty field has no key.

use crate::{
    Code, FieldErrors, FieldReason,
    list::day_parse,
    person::name_parse,
    text::{fold, line},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value, json};
use std::collections::{HashMap, HashSet};

/// The most fields that a tenant defines.
pub const USER_FIELDS_MAX: usize = 50;
/// The most characters of a label.
pub const FIELD_LABEL_MAX: usize = 60;
/// The most characters of a key: with `field.` before it, it names a column of a list.
pub const FIELD_KEY_MAX: usize = 50;
/// The most choices of a field.
pub const FIELD_CHOICES_MAX: usize = 100;
/// The most characters of a choice.
const CHOICE_MAX: usize = 100;
/// The most characters of a text.
const TEXT_MAX: usize = 200;
/// The most digits of a number: a binary fraction of 64 bits keeps as many (IEEE 754, `DBL_DIG`).
const DIGITS_MAX: usize = 15;
/// The most digits behind the point of a number.
const DECIMALS_MAX: usize = 4;
/// What stands before the key of a field where it names a column or a filter of a list.
pub const FIELD_PREFIX: &str = "field.";

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// A number.
    Number,
    /// A day.
    Date,
    /// One of the choices of the field.
    Choice,
    /// Yes or no.
    Checkbox,
}

impl FieldKind {
    /// Every kind: as stored, and as a person reads it.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Text, "text", "Text"),
        (Self::Number, "number", "Number"),
        (Self::Date, "date", "Date"),
        (Self::Choice, "choice", "Choice"),
        (Self::Checkbox, "checkbox", "Checkbox"),
    ];

    /// Reads what is stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name, _)| *name == text).map(|(kind, ..)| kind)
    }

    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(kind, ..)| *kind == self).map_or("", |(_, name, _)| name)
    }

    /// As a person reads it.
    #[must_use]
    pub fn label(self) -> &'static str {
        Self::ALL.into_iter().find(|(kind, ..)| *kind == self).map_or("", |(.., label)| label)
    }
}

/// A field that a tenant defines for its users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserField {
    /// What its values stand under in `users.metadata`; it never changes.
    pub key: String,
    /// As a person reads it.
    pub label: String,
    /// What it holds.
    pub kind: FieldKind,
    /// What can be chosen, for a choice.
    pub choices: Vec<String>,
    /// Whether a form without a value is refused.
    pub is_required: bool,
    /// Whether no two users have the same value.
    pub is_unique: bool,
}

/// Why a value is none of its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldValueError {
    /// The field is required and empty.
    #[error("This field is required")]
    Empty,
    /// More characters than a value may have.
    #[error("Use at most {TEXT_MAX} characters")]
    TooLong,
    /// A control character.
    #[error("Remove line breaks and other control characters")]
    Control,
    /// No number, or one of more digits than are kept.
    #[error("Enter a number such as 1200 or 12.5, with at most {DIGITS_MAX} digits, {DECIMALS_MAX} of them after the point")]
    Number,
    /// No day.
    #[error("Enter a date such as 2026-03-31")]
    Date,
    /// None of the choices.
    #[error("Choose an option from the list")]
    Choice,
    /// Neither yes nor no.
    #[error("Enter yes or no")]
    Checkbox,
}

impl FieldReason for FieldValueError {
    fn code(&self) -> Code {
        match self {
            Self::Empty => Code::FieldRequired,
            Self::TooLong => Code::FieldTooLong,
            Self::Choice => Code::FieldUnknownChoice,
            Self::Control | Self::Number | Self::Date | Self::Checkbox => Code::FieldInvalid,
        }
    }
}

/// A number as JSON keeps it; nothing for what it would round.
fn number_parse(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let is_whole = !whole.is_empty() && is_digits(whole) && is_digits(decimals) && !digits.ends_with('.');
    let whole = whole.trim_start_matches('0');
    if !is_whole || whole.len() + decimals.len() > DIGITS_MAX || decimals.len() > DECIMALS_MAX {
        return None;
    }
    // 7.0 and 7 are one value.
    if decimals.bytes().all(|b| b == b'0') {
        return text.split('.').next().unwrap_or(text).parse::<i64>().ok().map(Number::from);
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

/// Yes or no, as files and forms write it.
fn flag_parse(text: &str) -> Option<bool> {
    match fold(text).as_str() {
        "true" | "yes" | "y" | "1" | "x" | "on" => Some(true),
        "false" | "no" | "n" | "0" | "off" | "" => Some(false),
        _ => None,
    }
}

impl UserField {
    /// What its input is called in a form.
    #[must_use]
    pub fn input(&self) -> String {
        format!("fields[{}]", self.key)
    }

    /// How lists name its column and its filter.
    #[must_use]
    pub fn column(&self) -> String {
        format!("{FIELD_PREFIX}{}", self.key)
    }

    /// Reads a value as it is stored; nothing for an empty one.
    ///
    /// # Errors
    /// [`FieldValueError`] says what is wrong with it.
    pub fn value_parse(&self, text: &str) -> Result<Option<Value>, FieldValueError> {
        let text = line(text).map_err(|_| FieldValueError::Control)?;
        let value = match self.kind {
            FieldKind::Checkbox => flag_parse(&text).ok_or(FieldValueError::Checkbox)?.then_some(Value::Bool(true)),
            _ if crate::text::is_blank(&text) => None,
            FieldKind::Text if text.chars().count() > TEXT_MAX => return Err(FieldValueError::TooLong),
            FieldKind::Text => Some(Value::String(text)),
            FieldKind::Number => Some(Value::Number(number_parse(&text).ok_or(FieldValueError::Number)?)),
            FieldKind::Date => Some(json!(day_parse(&text).ok_or(FieldValueError::Date)?)),
            FieldKind::Choice => {
                let folded = fold(&text);
                let choice = self.choices.iter().find(|choice| fold(choice) == folded).ok_or(FieldValueError::Choice)?;
                Some(Value::String(choice.clone()))
            }
        };
        if value.is_none() && self.is_required { Err(FieldValueError::Empty) } else { Ok(value) }
    }

    /// A stored value as a form and a file hold it; whatever else stands there is shown as it is.
    #[must_use]
    pub fn value_text(&self, value: Option<&Value>) -> String {
        match value {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }

    /// The form in which values are compared where no two users have the same.
    #[must_use]
    pub fn value_key(value: &Value) -> String {
        match value {
            Value::String(text) => fold(text),
            other => other.to_string(),
        }
    }
}

/// The key of a field, made of its label: its letters and digits in ASCII, `_` between words.
#[must_use]
pub fn field_key(label: &str) -> String {
    let mut key = String::new();
    for c in fold(label).chars() {
        if c.is_ascii_alphanumeric() {
            key.push(c);
        } else if !key.is_empty() && !key.ends_with('_') {
            key.push('_');
        }
    }
    let mut key = key.trim_end_matches('_').to_owned();
    // Forms would take a key of digits for a number.
    if !key.starts_with(|c: char| c.is_ascii_lowercase()) {
        key = format!("field_{key}").trim_end_matches('_').to_owned();
    }
    key.truncate(FIELD_KEY_MAX);
    key
}

/// Whether a text can be the key of a field: 1 to 50 of `a-z 0-9 _`, a letter first.
#[must_use]
pub fn field_key_is_valid(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
    begins && (1..=FIELD_KEY_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// What is typed to define a field.
#[derive(Clone, Debug, Default)]
pub struct UserFieldForm {
    /// Its label.
    pub label: String,
    /// One of [`FieldKind::ALL`] as stored.
    pub kind: String,
    /// A choice to a line.
    pub choices: String,
    /// Whether a form without a value is refused.
    pub is_required: bool,
    /// Whether no two users have the same value.
    pub is_unique: bool,
}

impl UserFieldForm {
    /// Reads the form of a field with that key.
    ///
    /// # Errors
    /// What is wrong beside `label`, `kind`, `choices` and `is_unique`.
    pub fn parse(&self, key: String) -> Result<UserField, FieldErrors> {
        let mut errors = FieldErrors::default();
        let label = errors.check("label", name_parse(&self.label, FIELD_LABEL_MAX));
        let kind = errors.check_as(Code::FieldUnknownChoice, "kind", FieldKind::parse(&self.kind).ok_or("Choose a kind"));
        let mut choices = Vec::new();
        if kind == Some(FieldKind::Choice) {
            choices = self.choices_parse(&mut errors);
        }
        if kind == Some(FieldKind::Checkbox) && (self.is_required || self.is_unique) {
            let name = if self.is_required { "is_required" } else { "is_unique" };
            errors.push(Code::FieldInvalid, name, "A checkbox cannot be required or unique");
        }
        if kind == Some(FieldKind::Choice) && self.is_unique {
            errors.push(Code::FieldInvalid, "is_unique", "A choice cannot be unique: several users may have the same one");
        }
        match (label, kind) {
            (Some(label), Some(kind)) if errors.0.is_empty() => {
                Ok(UserField { key, label, kind, choices, is_required: self.is_required, is_unique: self.is_unique })
            }
            _ => Err(errors),
        }
    }

    fn choices_parse(&self, errors: &mut FieldErrors) -> Vec<String> {
        let (mut choices, mut seen) = (Vec::new(), HashSet::new());
        for text in self.choices.lines().filter(|text| !text.trim().is_empty()) {
            match name_parse(text, CHOICE_MAX) {
                Ok(choice) if !seen.insert(fold(&choice)) => {
                    errors.push(Code::FieldInvalid, "choices", format!("“{choice}” is listed twice"));
                }
                Ok(choice) => choices.push(choice),
                Err(error) => errors.push(Code::FieldInvalid, "choices", format!("{error}: “{}”", text.trim())),
            }
        }
        if choices.is_empty() && errors.get("choices").is_none() {
            errors.push(Code::FieldRequired, "choices", "Enter at least one choice, one per line");
        }
        if choices.len() > FIELD_CHOICES_MAX {
            errors.push(Code::FieldTooLong, "choices", format!("Use at most {FIELD_CHOICES_MAX} choices"));
        }
        choices
    }
}

/// Values of fields as they were typed into a form.
#[derive(Clone, Debug, Default)]
pub struct FieldsTyped {
    /// What was typed, by the key of the field.
    pub values: HashMap<String, String>,
    /// The keys of the checkboxes that the form shows: without a tick it sends nothing else of them.
    pub boxes: HashMap<String, String>,
}

/// Values to be stored, by the keys of their fields; nothing for a field that is emptied.
pub type FieldValues = Vec<(String, Option<Value>)>;

impl FieldsTyped {
    /// Reads the values of the fields that the form had; `is_new` asks for those that are required and missing as well.
    ///
    /// # Errors
    /// What is wrong, beside `fields[key]`.
    pub fn parse(&self, fields: &[UserField], is_new: bool) -> Result<FieldValues, FieldErrors> {
        let (mut errors, mut values) = (FieldErrors::default(), Vec::new());
        for field in fields {
            let typed = self.values.get(&field.key).map(String::as_str);
            let typed = typed.or_else(|| self.boxes.contains_key(&field.key).then_some(""));
            let Some(typed) = typed.or_else(|| is_new.then_some("")) else { continue };
            if let Some(value) = errors.check(&field.input(), field.value_parse(typed)) {
                values.push((field.key.clone(), value));
            }
        }
        if errors.0.is_empty() { Ok(values) } else { Err(errors) }
    }
}

/// Puts values into an object, and takes those away that are empty.
pub fn values_put(object: &mut Map<String, Value>, values: &[(String, Option<Value>)]) {
    for (key, value) in values {
        match value {
            Some(value) => object.insert(key.clone(), value.clone()),
            None => object.remove(key),
        };
    }
}

/// The object that a user's metadata contains where a filter on a field is met, and whether it must not contain it: a checkbox without a
/// tick is stored as nothing. What is no value of the field matches nobody.
#[must_use]
pub fn filter_object(field: &UserField, text: &str) -> (Value, bool) {
    let value = field.value_parse(text).ok().flatten();
    if field.kind == FieldKind::Checkbox && flag_parse(text) == Some(false) {
        return (json!({ &field.key: true }), true);
    }
    (json!({ &field.key: value.unwrap_or_else(|| json!(text)) }), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: FieldKind) -> UserField {
        let choices = vec!["Berlin".to_owned(), "New York".to_owned()];
        UserField { key: "x".to_owned(), label: "X".to_owned(), kind, choices, is_required: false, is_unique: false }
    }

    #[test]
    fn values_are_read_by_their_kind() {
        let read = |kind: FieldKind, text: &str| field(kind).value_parse(text);
        assert_eq!(read(FieldKind::Text, "  Jose\u{301} "), Ok(Some(json!("José"))));
        assert_eq!(read(FieldKind::Text, "\u{200b} "), Ok(None));
        assert_eq!(read(FieldKind::Text, &"x".repeat(201)), Err(FieldValueError::TooLong));
        for (text, value) in [("7", json!(7)), ("007", json!(7)), ("7.0", json!(7)), ("-12.5", json!(-12.5)), ("0.0001", json!(0.0001))] {
            assert_eq!(read(FieldKind::Number, text), Ok(Some(value)), "{text}");
        }
        for text in ["1e5", "1,5", "NaN", "1.", ".5", "1234567890123456", "0.00001", "--1", "٣", "5 m"] {
            assert_eq!(read(FieldKind::Number, text), Err(FieldValueError::Number), "{text}");
        }
        assert_eq!(read(FieldKind::Date, "2026-02-28"), Ok(Some(json!("2026-02-28"))));
        for text in ["2026-02-30", "28.02.2026", "0001-01-01"] {
            assert_eq!(read(FieldKind::Date, text), Err(FieldValueError::Date), "{text}");
        }
        assert_eq!(read(FieldKind::Choice, "new york"), Ok(Some(json!("New York"))));
        assert_eq!(read(FieldKind::Choice, "Rome"), Err(FieldValueError::Choice));
        assert_eq!((read(FieldKind::Checkbox, "yes"), read(FieldKind::Checkbox, "")), (Ok(Some(json!(true))), Ok(None)));
        assert_eq!(read(FieldKind::Checkbox, "maybe"), Err(FieldValueError::Checkbox));
        let required = UserField { is_required: true, ..field(FieldKind::Text) };
        assert_eq!(required.value_parse(" "), Err(FieldValueError::Empty));
    }

    #[test]
    fn what_is_shown_is_read_again() {
        for (kind, text) in [
            (FieldKind::Text, "-c06a"),
            (FieldKind::Number, "0.0001"),
            (FieldKind::Number, "-999999999999999"),
            (FieldKind::Date, "2026-12-31"),
        ] {
            let value = field(kind).value_parse(text).unwrap();
            assert_eq!(field(kind).value_text(value.as_ref()), text);
        }
        assert_eq!(UserField::value_key(&json!("STRASSE")), UserField::value_key(&json!("Straße")));
    }

    #[test]
    fn keys_of_labels() {
        assert_eq!(field_key("  Employee No. "), "employee_no");
        assert_eq!(field_key("Größe"), "gr_sse");
        assert_eq!(field_key("人"), "field");
        assert_eq!(field_key("007"), "field_007");
        assert!(field_key_is_valid(&field_key(&"x".repeat(60))));
        for bad in ["", "A", "a-b", "a.b", "7", "_a", &"x".repeat(51)] {
            assert!(!field_key_is_valid(bad), "{bad}");
        }
    }

    #[test]
    fn filters_mean_what_the_field_holds() {
        let filter = |kind: FieldKind, text: &str| filter_object(&field(kind), text);
        assert_eq!(filter(FieldKind::Checkbox, "no"), (json!({"x": true}), true));
        assert_eq!(filter(FieldKind::Checkbox, "yes"), (json!({"x": true}), false));
        assert_eq!(filter(FieldKind::Text, "no"), (json!({"x": "no"}), false));
        assert_eq!(filter(FieldKind::Number, "7.0"), (json!({"x": 7}), false));
        assert_eq!(filter(FieldKind::Number, "many"), (json!({"x": "many"}), false));
        assert_eq!(filter(FieldKind::Choice, "berlin"), (json!({"x": "Berlin"}), false));
    }

    #[test]
    fn definitions_are_checked() {
        let form = |kind: &str, choices: &str| UserFieldForm {
            label: "Office".into(),
            kind: kind.into(),
            choices: choices.into(),
            ..UserFieldForm::default()
        };
        assert_eq!(form("choice", "Berlin\n\n Rome ").parse("office".into()).unwrap().choices, ["Berlin", "Rome"]);
        for (form, wrong) in [
            (form("choice", ""), "choices"),
            (form("choice", "a\nA"), "choices"),
            (form("colour", ""), "kind"),
            (UserFieldForm { is_unique: true, ..form("checkbox", "") }, "is_unique"),
            (UserFieldForm { is_unique: true, ..form("choice", "a") }, "is_unique"),
            (UserFieldForm { label: "\u{3164}".into(), ..form("text", "") }, "label"),
        ] {
            assert!(form.parse("x".into()).unwrap_err().get(wrong).is_some(), "{form:?}");
        }
    }

    #[test]
    fn a_form_leaves_alone_what_it_does_not_show() {
        let fields = [field(FieldKind::Checkbox), UserField { key: "y".into(), is_required: true, ..field(FieldKind::Text) }];
        let typed = FieldsTyped::default();
        assert_eq!(typed.parse(&fields, false), Ok(Vec::new()));
        assert!(typed.parse(&fields, true).unwrap_err().get("fields[y]").is_some());
        let boxes = HashMap::from([("x".to_owned(), "1".to_owned())]);
        assert_eq!(FieldsTyped { boxes, ..FieldsTyped::default() }.parse(&fields, false), Ok(vec![("x".to_owned(), None)]));
    }
}
