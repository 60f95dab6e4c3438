//! What a person is called.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The most characters a first or last name may have, as its column.
pub const NAME_MAX: usize = 150;

/// A first name, a last name or the name of a company: trimmed, without control characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonName(String);

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("This field is required")]
    Empty,
    /// More characters than the column takes.
    #[error("Use at most {0} characters")]
    TooLong(usize),
    /// A control character, such as a line break.
    #[error("Use letters, digits and signs only")]
    Control,
}

impl crate::FieldReason for NameError {
    fn code(&self) -> crate::Code {
        match self {
            Self::Empty => crate::Code::FieldRequired,
            Self::TooLong(_) => crate::Code::FieldTooLong,
            Self::Control => crate::Code::FieldInvalid,
        }
    }
}

/// Trims a name and checks it against `max` characters.
///
/// # Errors
/// [`NameError`] says what is wrong with it.
pub fn name_parse(text: &str, max: usize) -> Result<String, NameError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.chars().count() > max {
        return Err(NameError::TooLong(max));
    }
    // Bidirectional overrides could make one name look like another.
    let hidden = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    if text.chars().any(hidden) { Err(NameError::Control) } else { Ok(text.to_owned()) }
}

impl PersonName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`NameError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        name_parse(text, NAME_MAX).map(Self)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A user name: up to 150 of `A-Z a-z 0-9 . _ -`, unique in its company whatever the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Username(String);

/// The text is no user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Use letters, digits and . _ - only, at most 150")]
pub struct UsernameError;

impl crate::FieldReason for UsernameError {
    fn code(&self) -> crate::Code {
        crate::Code::UsernameInvalid
    }
}

impl Username {
    /// Checks a user name.
    ///
    /// # Errors
    /// [`UsernameError`] when it holds anything else.
    pub fn parse(text: &str) -> Result<Self, UsernameError> {
        let text = text.trim();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let well_formed = (1..=150).contains(&text.len()) && text.chars().all(allowed);
        if well_formed { Ok(Self(text.to_owned())) } else { Err(UsernameError) }
    }

    /// The user name a local part of an address leads to, other characters dropped.
    #[must_use]
    pub fn suggest(local_part: &str) -> Option<Self> {
        let kept: String = local_part.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).collect();
        Self::parse(&kept).ok()
    }

    /// The user name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Up to two initials for the round badge beside a person: `KA` for Karin Ahlberg.
#[must_use]
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(PersonName::parse("  Åsa ").unwrap().as_str(), "Åsa");
        assert_eq!(PersonName::parse(" "), Err(NameError::Empty));
        assert_eq!(PersonName::parse(&"x".repeat(151)), Err(NameError::TooLong(150)));
        assert_eq!(PersonName::parse("a\nb"), Err(NameError::Control));
        assert_eq!(PersonName::parse("a\u{202e}b"), Err(NameError::Control));
    }

    #[test]
    fn usernames() {
        assert!(Username::parse("mara.l-1_x").is_ok());
        for bad in ["", "mara lindqvist", "mära", "a@b"] {
            assert!(Username::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Username::suggest("o'neil+x").unwrap().as_str(), "oneilx");
        assert!(Username::suggest("+").is_none());
    }

    #[test]
    fn initials_of_names() {
        assert_eq!(initials("Karin von Ahlberg"), "KA");
        assert_eq!(initials("madonna"), "M");
        assert_eq!(initials(""), "");
    }
}
