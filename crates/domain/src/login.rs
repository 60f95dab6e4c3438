//! What users sign in with.

use crate::{
    Email,
    text::{fold, is_invisible, nfkc},
};

/// The most characters of an e-mail address or user name that is looked up.
const LENGTH_MAX: usize = 254;

/// What was typed to sign in, in the form in which it is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// The key of an e-mail address ([`Email::key`]).
    Email(String),
    /// The key of a user name ([`crate::Username::key`]).
    Username(String),
}

impl Login {
    /// Reads what was typed; `None` for what no account can have.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let text = nfkc(typed);
        let text = text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
        if text.is_empty() || text.chars().count() > LENGTH_MAX || text.contains(char::is_control) {
            return None;
        }
        // Try the text as typed first: NFKC expands some letters of an address into several characters.
        match Email::parse(typed).or_else(|_| Email::parse(text)) {
            Ok(email) => Some(Self::Email(email.key())),
            Err(_) if text.contains('@') => None,
            Err(_) => Some(Self::Username(fold(text))),
        }
    }

    /// The key itself.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Email(key) | Self::Username(key) => key,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_however_they_are_spelled() {
        let key = Some(Login::Email(Email::parse("kim@bücher.example").unwrap().key()));
        for typed in
            ["kim@bücher.example", " KIM@xn--bcher-kva.example", "kim＠bücher.example", "\u{feff}kim@bu\u{308}cher.example\u{200b}"]
        {
            assert_eq!(Login::parse(typed), key, "{typed:?}");
        }
        let odd = Email::parse("coŀabora@a.example").unwrap();
        assert_eq!(Login::parse("coŀabora@a.example"), Some(Login::Email(odd.key())));
        assert_eq!(Login::parse("Mara.L"), Some(Login::Username("mara.l".to_owned())));
        for nobody in ["", " \u{200b}", "a@", "a\0b", "a\nb", &"x".repeat(255)] {
            assert_eq!(Login::parse(nobody), None, "{nobody:?}");
        }
    }
}
