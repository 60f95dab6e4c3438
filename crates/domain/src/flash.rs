//! What one answer leaves for the next page: a toast, or a form to be corrected.

use crate::FieldErrors;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Shown once, on the next page of the same browser.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// What was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toast: Option<Toast>,
    /// The form that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<FormState>,
    /// A one-time link to hand over, shown now and never again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<OneTimeLink>,
    /// The way into a company that was just made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entrance: Option<Entrance>,
    /// Recovery codes, shown now and never again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
}

/// The way into a company that was just made, for the browser that made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entrance {
    /// The company's name.
    pub company: String,
    /// Its host.
    pub host: String,
    /// The way in, open for a minute.
    pub url: String,
}

/// How what was asked for ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// It was done.
    #[default]
    Success,
    /// It was not done, or not all of it, and the text says why.
    Warning,
}

impl Tone {
    /// Whether this is what needs no mention.
    fn is_success(&self) -> bool {
        *self == Self::Success
    }
}

/// A short message after what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toast {
    /// What was done or why it was not, in a sentence.
    pub text: String,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Tone::is_success")]
    pub tone: Tone,
    /// The way back, while there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
}

impl Toast {
    /// Says what was done.
    #[must_use]
    pub fn success(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Success, undo: None }
    }

    /// Says what was not done, or not wholly, and why.
    #[must_use]
    pub fn warning(text: impl Into<String>) -> Self {
        Self { tone: Tone::Warning, ..Self::success(text) }
    }

    /// The same with a way back.
    #[must_use]
    pub fn with_undo(self, undo: impl Into<Option<Undo>>) -> Self {
        Self { undo: undo.into(), ..self }
    }
}

impl From<Toast> for Flash {
    fn from(toast: Toast) -> Self {
        Self { toast: Some(toast), ..Self::default() }
    }
}

/// A form that takes back what was just done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// Where the form posts to.
    pub action: String,
    /// Its hidden fields.
    pub fields: Vec<(String, String)>,
}

/// A link with which a user signs in for the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeLink {
    /// Whose link it is.
    pub label: String,
    /// The link.
    pub url: String,
    /// Hours until it expires.
    pub hours: u32,
}

/// A refused form: what was typed and what is wrong with it. Secrets are never kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormState {
    /// The path the form posted to, so that only that form takes it up.
    pub action: String,
    /// What is wrong.
    pub errors: FieldErrors,
    /// What was typed.
    pub values: BTreeMap<String, String>,
}

impl FormState {
    /// The value typed into `field`.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<&str> {
        self.values.get(field).map(String::as_str)
    }
}

/// The field in which a form carries the page it stands on.
pub const RETURN_FIELD: &str = "return_to";

/// Whether what is typed into a field of this name may be kept for the next page.
#[must_use]
pub fn field_is_kept(name: &str) -> bool {
    // The key of a map in brackets is data: a role may be called as it likes.
    let name = name.split('[').next().unwrap_or_default().to_ascii_lowercase();
    // The name of a setting is none.
    name == "setting_key"
        || name != RETURN_FIELD && !["password", "token", "secret", "key", "code"].iter().any(|secret| name.contains(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_kept() {
        assert!(!field_is_kept("password") && !field_is_kept("new_Password") && !field_is_kept("token"));
        assert!(!field_is_kept("key") && !field_is_kept("api_key") && field_is_kept("setting_key"));
        assert!(field_is_kept("email") && field_is_kept("user_type") && field_is_kept("further[secretary]"));
    }
}
