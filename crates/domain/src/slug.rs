//! The short name of a tenant: the first label of its subdomain.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Names that would pass for a part of the platform itself (security.md 7), whatever their case.
const RESERVED: &[&str] = &[
    "www",
    "api",
    "app",
    "admin",
    "auth",
    "login",
    "sso",
    "static",
    "assets",
    "cdn",
    "mail",
    "smtp",
    "imap",
    "pop",
    "ftp",
    "status",
    "support",
    "help",
    "docs",
    "blog",
    "dev",
    "staging",
    "root",
    "new",
    "localhost",
    "autodiscover",
    "autoconfig",
    "wpad",
    "isatap",
    "mta-sts",
    "abuse",
    "postmaster",
    "hostmaster",
    "webmaster",
    "security",
    "platform",
    "public",
    "extensions",
    "oneo",
    "console",
    "signup",
    "enter",
    "metrics",
];

/// A checked slug: `^[a-z][a-z0-9-]{1,38}[a-z0-9]$`, without `--`, not reserved.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Slug(String);

/// Why a text is no slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlugError {
    /// Not of the allowed form.
    #[error("Use 3 to 40 lower-case letters, digits and single hyphens, beginning with a letter")]
    Form,
    /// A name of the platform.
    #[error("This name is reserved")]
    Reserved,
}

impl Slug {
    /// Checks a slug as typed; capitals are an error of form unless they spell a reserved name.
    ///
    /// # Errors
    /// [`SlugError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        if is_reserved(&text.to_ascii_lowercase()) {
            return Err(SlugError::Reserved);
        }
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let well_formed = (3..=40).contains(&text.len())
            && text.chars().all(allowed)
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('-')
            && !text.contains("--");
        if well_formed { Ok(Self(text.to_owned())) } else { Err(SlugError::Form) }
    }

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_reserved(name: &str) -> bool {
    let numbered = |prefix: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
    RESERVED.contains(&name) || numbered("ns") || numbered("mx") || name.starts_with('_')
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_ordinary_names() {
        for name in ["acme", "a1b", "north-wind", "nsa", "a23456789012345678901234567890123456789z"] {
            assert!(Slug::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn refuses_bad_form() {
        for name in ["", "ab", "1ab", "a_b", "Acme", "acme-", "-acme", "a--b", "xn--bcher-kva", "аcme", "a b", "a.b", "a'b\"c"] {
            assert_eq!(Slug::parse(name), Err(SlugError::Form), "{name}");
        }
        assert_eq!(Slug::parse(&"a".repeat(41)), Err(SlugError::Form));
    }

    #[test]
    fn refuses_reserved_names_in_any_case() {
        for name in RESERVED.iter().copied().chain(["ns1", "ns", "mx20", "_dmarc"]) {
            assert_eq!(Slug::parse(name), Err(SlugError::Reserved), "{name}");
            assert_eq!(Slug::parse(&name.to_ascii_uppercase()), Err(SlugError::Reserved), "{name}");
        }
    }
}
