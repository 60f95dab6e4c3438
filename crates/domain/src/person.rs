//! What a person is called.

use crate::text::{LineError, fold, is_blank, line};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most characters a first or last name may have, as its column.
pub const NAME_MAX: usize = 150;

/// A first name, a last name or the name of a company, as a [`line`].
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
    #[error("Remove line breaks and other control characters")]
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

/// Reads a name of at most `max` characters as stored ([`line`]).
///
/// # Errors
/// [`NameError`] says what is wrong with it; a name that shows nothing is [`NameError::Empty`].
pub fn name_parse(text: &str, max: usize) -> Result<String, NameError> {
    let LineError::Control = match line(text) {
        Ok(name) if is_blank(&name) => return Err(NameError::Empty),
        Ok(name) if name.chars().count() > max => return Err(NameError::TooLong(max)),
        Ok(name) => return Ok(name),
        Err(error) => error,
    };
    Err(NameError::Control)
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

/// Whether what was typed is that name, as people see it: white space and characters that cannot be seen make no difference.
#[must_use]
pub fn is_named(name: &str, typed: &str) -> bool {
    matches!((line(name), line(typed)), (Ok(name), Ok(typed)) if name == typed)
}

/// A user name: up to 150 of `A-Z a-z 0-9 . _ -`, unique in its company whatever the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Username(String);

/// The text is no user name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Use at most 150 letters, digits and . _ -")]
pub struct UsernameError;

impl crate::FieldReason for UsernameError {
    fn code(&self) -> crate::Code {
        crate::Code::UsernameInvalid
    }
}

impl Username {
    /// The form in which user names are compared.
    #[must_use]
    pub fn key(&self) -> String {
        fold(&self.0)
    }

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
        for blank in ["\u{200b}", "\u{3164}", "\u{2800}", "\u{301}", "\u{a0}\u{3000}"] {
            assert_eq!(PersonName::parse(blank), Err(NameError::Empty), "{blank:?}");
        }
        assert_eq!(PersonName::parse("Jose\u{301}\u{200b}").unwrap().as_str(), "José");
        assert_eq!(PersonName::parse(&"e\u{301}".repeat(150)).unwrap().as_str(), "é".repeat(150));
    }

    #[test]
    fn a_name_is_typed_as_it_is_seen() {
        for (name, typed) in
            [("Acme  Inc", "Acme Inc"), ("Acme\u{a0}Inc", "Acme Inc"), ("Cafe\u{301}", "Café"), (&"😀".repeat(60), &"😀".repeat(60))]
        {
            assert!(is_named(name, typed), "{name:?} {typed:?}");
        }
        assert!(!is_named("Acme", "acme") && !is_named("Acme", "") && !is_named("Acme", "Acme 2"));
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
