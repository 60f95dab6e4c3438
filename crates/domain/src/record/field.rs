//! Fields of records.

use super::{FieldKind, FieldSettings, FieldType, RelationEnd, TypeChange};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most characters of the key of a pipeline, a field, an option or a stage.
pub const KEY_MAX: usize = 40;

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

    /// The form in which it holds its values.
    #[must_use]
    pub fn as_type(&self) -> FieldType {
        FieldType {
            slot: self.slot.clone(),
            kind: self.kind,
            settings: self.settings.clone(),
            is_required: self.is_required,
            is_match: self.is_match,
            is_searchable: self.is_searchable,
        }
    }

    /// The same field with its values in another form.
    #[must_use]
    pub fn with_type(&self, other: &FieldType) -> Self {
        let FieldType { slot, kind, settings, is_required, is_match, is_searchable } = other.clone();
        Self { slot, kind, settings, is_required, is_match, is_searchable, ..self.clone() }
    }

    /// Its change of type, while a job converts the values.
    #[must_use]
    pub fn pending(&self) -> Option<&TypeChange> {
        self.change.as_ref().filter(|change| change.is_pending())
    }

    /// Everything its values stand under.
    pub fn slots(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.slot).chain(self.change.as_ref().map(|change| &change.other.slot)).chain(&self.dropped)
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
