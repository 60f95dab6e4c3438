//! The kinds of fields.

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
