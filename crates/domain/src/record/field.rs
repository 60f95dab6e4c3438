//! Fields of records.

use super::{RelationEnd, TypeChange};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most characters of the key of a pipeline, a field, an option or a stage.
pub const KEY_MAX: usize = 40;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// Several lines of text.
    LongText,
    /// A decimal number.
    Number,
    /// An amount of money.
    Money,
    /// A decimal number in per cent.
    Percent,
    /// A whole number from 1 to 5.
    Rating,
    /// A length of time in whole minutes.
    Duration,
    /// A day.
    Date,
    /// A moment, to the minute.
    #[serde(rename = "datetime")]
    DateTime,
    /// Yes or no.
    Checkbox,
    /// One of the options of the field.
    Select,
    /// Several of the options of the field.
    MultiSelect,
    /// E-mail addresses, the first one primary.
    Email,
    /// Phone numbers, the first one primary.
    Phone,
    /// Addresses of web pages, the first one primary.
    Url,
    /// Records that belong to it. They are kept as links, not as a value.
    Relation,
}

/// A relation, as [`FieldKind::ALL`] has the other kinds.
const RELATION: (FieldKind, &str, &str) = (FieldKind::Relation, "relation", "Relation");

impl FieldKind {
    /// Every kind that holds a value: as stored, and as a person reads it.
    pub const ALL: [(Self, &'static str, &'static str); 15] = [
        (Self::Text, "text", "Text"),
        (Self::LongText, "long_text", "Long text"),
        (Self::Number, "number", "Number"),
        (Self::Money, "money", "Amount"),
        (Self::Percent, "percent", "Percentage"),
        (Self::Rating, "rating", "Rating"),
        (Self::Duration, "duration", "Duration"),
        (Self::Date, "date", "Date"),
        (Self::DateTime, "datetime", "Date and time"),
        (Self::Checkbox, "checkbox", "Checkbox"),
        (Self::Select, "select", "Choice"),
        (Self::MultiSelect, "multi_select", "Multiple choice"),
        (Self::Email, "email", "E-mail"),
        (Self::Phone, "phone", "Phone"),
        (Self::Url, "url", "Web address"),
    ];

    fn known() -> impl Iterator<Item = (Self, &'static str, &'static str)> {
        Self::ALL.into_iter().chain([RELATION])
    }

    /// Reads what is stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::known().find(|(_, name, _)| *name == text).map(|(kind, ..)| kind)
    }

    /// As a person reads it.
    #[must_use]
    pub fn label(self) -> &'static str {
        Self::known().find(|(kind, ..)| *kind == self).map_or("", |(.., label)| label)
    }

    /// Whether its values are chosen from options.
    #[must_use]
    pub const fn has_options(self) -> bool {
        matches!(self, Self::Select | Self::MultiSelect)
    }

    /// Whether its values may have decimal places.
    #[must_use]
    pub const fn has_scale(self) -> bool {
        matches!(self, Self::Number | Self::Percent)
    }

    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::known().find(|(kind, ..)| *kind == self).map_or("", |(_, name, _)| name)
    }
}

/// What else is said of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldSettings {
    /// Decimals of a number.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub scale: u8,
    /// What a new record holds, as it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
const fn is_zero(scale: &u8) -> bool {
    *scale == 0
}

/// What can be chosen in a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldOption {
    /// What is stored.
    pub key: String,
    /// As a person reads it.
    pub label: String,
    /// The name of its colour; empty for none.
    #[serde(default)]
    pub color: String,
    /// Whether records keep it and no other one gets it.
    #[serde(default)]
    pub is_archived: bool,
}

/// A field of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its row.
    pub id: i64,
    /// How forms, addresses and programs name it; it never changes.
    pub key: String,
    /// What its values stand under.
    pub slot: String,
    /// What it holds.
    pub kind: FieldKind,
    /// As a person reads it.
    pub label: String,
    /// What is worth knowing before typing.
    pub help: String,
    /// What else is said of it.
    pub settings: FieldSettings,
    /// What can be chosen, in order.
    pub options: Vec<FieldOption>,
    /// Whether a form without a value is refused.
    pub is_required: bool,
    /// Whether no two records have the same value.
    pub is_unique: bool,
    /// Whether records are matched by it.
    pub is_match: bool,
    /// Whether the search box looks into it.
    pub is_searchable: bool,
    /// Whether it is hidden from a role: titles and search texts do not hold its values then. It is nobody's business in a page.
    #[serde(default, skip_serializing)]
    pub is_barred: bool,
    /// The relation of which it is one end, for fields of the kind [`FieldKind::Relation`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<RelationEnd>,
    /// The last change of its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<TypeChange>,
    /// Slots whose values nothing reads any more, until they are removed from all records.
    #[serde(default, skip_serializing)]
    pub dropped: Vec<String>,
}

impl Field {
    /// A field of that key and kind without any rules, which stands nowhere yet.
    #[must_use]
    pub fn new(key: &str, kind: FieldKind, label: &str) -> Self {
        Self {
            id: 0,
            key: key.to_owned(),
            slot: key.to_owned(),
            kind,
            label: label.to_owned(),
            help: String::new(),
            settings: FieldSettings::default(),
            options: Vec::new(),
            is_required: false,
            is_unique: false,
            is_match: false,
            is_searchable: false,
            is_barred: false,
            relation: None,
            change: None,
            dropped: Vec::new(),
        }
    }

    /// What its input is called in a form.
    #[must_use]
    pub fn input(&self) -> String {
        format!("fields[{}]", self.key)
    }

    /// What the box of one of its options is called in a form.
    #[must_use]
    pub fn box_input(&self, option: &str) -> String {
        format!("boxes[{}.{option}]", self.key)
    }

    /// How lists name its column and its filter.
    #[must_use]
    pub fn column(&self) -> String {
        format!("{}{}", crate::user_field::FIELD_PREFIX, self.key)
    }

    /// The option of that key.
    #[must_use]
    pub fn option(&self, key: &str) -> Option<&FieldOption> {
        self.options.iter().find(|option| option.key == key)
    }

    /// Whether forms, lists and pages show it as one value. A relation to several records appears as a separate list instead.
    #[must_use]
    pub fn is_value(&self) -> bool {
        self.relation.as_ref().is_none_or(|relation| relation.is_one)
    }

    /// What a new record holds, unless an option of it was archived.
    #[must_use]
    pub fn initial(&self) -> Option<&Value> {
        let is_offered = |key: &Value| key.as_str().and_then(|key| self.option(key)).is_some_and(|option| !option.is_archived);
        let default = self.settings.default.as_ref()?;
        let fits = match (self.kind, default) {
            (FieldKind::MultiSelect, Value::Array(keys)) => keys.iter().all(is_offered),
            (FieldKind::Select, key) => is_offered(key),
            _ => true,
        };
        fits.then_some(default)
    }

    /// Whether its values are kept in the form in which they are compared.
    #[must_use]
    pub const fn has_keys(&self) -> bool {
        self.is_unique || self.is_match
    }
}

/// Whether a text is a valid key of a pipeline, a field, an option or a stage: 1 to 40 characters of `a-z 0-9 _`, starting with a letter.
#[must_use]
pub fn key_is_valid(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
    begins && text.len() <= KEY_MAX && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Whether a text can be the slot of a field: a key, or a key with a number of up to five digits behind `~`.
#[must_use]
pub fn slot_is_valid(text: &str) -> bool {
    let (key, number) = text.split_once('~').map_or((text, None), |(key, number)| (key, Some(number)));
    key_is_valid(key) && number.is_none_or(|number| (1..=5).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_slots_are_checked() {
        for good in ["a", "first_name", "f9"] {
            assert!(key_is_valid(good) && slot_is_valid(good) && slot_is_valid(&format!("{good}~2")), "{good}");
        }
        for bad in ["", "9a", "A", "a-b", "a'", "ä", &"a".repeat(41)] {
            assert!(!key_is_valid(bad) && !slot_is_valid(bad), "{bad}");
        }
        for bad in ["a~", "a~x", "a~123456", "~1", "a~1~2"] {
            assert!(!slot_is_valid(bad), "{bad}");
        }
    }
}
