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
    "import",
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

/// What no company's name may hold.
const BRAND: &str = "oneo";

/// The most characters of a slug.
const LENGTH_MAX: usize = 40;

/// A checked slug: `^[a-z][a-z0-9-]{1,38}[a-z0-9]$`, without `--`, not reserved.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Slug(String);

/// Why a text is no slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlugError {
    /// Not of the allowed form.
    #[error("Use 3 to 40 lower-case letters, digits and single hyphens, and start with a letter")]
    Form,
    /// A name of the platform.
    #[error("This name is reserved")]
    Reserved,
    /// A name that passes for one of the platform.
    #[error("This name is too similar to another one. Choose a different name")]
    LookAlike,
}

impl crate::FieldReason for SlugError {
    fn code(&self) -> crate::Code {
        crate::Code::SlugInvalid
    }
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
        let well_formed = (3..=LENGTH_MAX).contains(&text.len())
            && text.chars().all(allowed)
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('-')
            && !text.contains("--");
        if well_formed { Ok(Self(text.to_owned())) } else { Err(SlugError::Form) }
    }

    /// Checks a slug that an unknown user chooses: besides, it must not pass for a name of the platform.
    ///
    /// # Errors
    /// [`SlugError`] says what is wrong with it.
    pub fn parse_public(text: &str) -> Result<Self, SlugError> {
        let slug = Self::parse(text)?;
        let seen = skeleton(slug.as_str());
        let passes = RESERVED.iter().any(|name| skeleton(name) == seen) || seen.contains(&skeleton(BRAND));
        if passes { Err(SlugError::LookAlike) } else { Ok(slug) }
    }

    /// Suggests a slug for a name in decomposed form (NFKD): `Müller & Söhne GmbH` gives `muller-sohne-gmbh`. Returns `None` for a
    /// name with too few Latin letters and for a reserved one.
    #[must_use]
    pub fn suggest(decomposed: &str) -> Option<Self> {
        let mut text = String::new();
        for c in decomposed.chars() {
            match c {
                // A combining accent follows its letter, and an apostrophe is part of its word.
                '\u{300}'..='\u{36f}' | '\'' | '’' => {}
                'ß' => text.push_str("ss"),
                'æ' | 'Æ' => text.push_str("ae"),
                'œ' | 'Œ' => text.push_str("oe"),
                'ø' | 'Ø' => text.push('o'),
                'ł' | 'Ł' => text.push('l'),
                'đ' | 'Đ' | 'ð' | 'Ð' => text.push('d'),
                c if c.is_ascii_alphanumeric() => text.push(c.to_ascii_lowercase()),
                _ if text.ends_with('-') => {}
                _ => text.push('-'),
            }
        }
        let text: String = text.trim_start_matches(|c: char| !c.is_ascii_lowercase()).chars().take(LENGTH_MAX).collect();
        Self::parse(text.trim_end_matches('-')).ok()
    }

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a name looks like at a glance: hyphens overlooked, characters that are mistaken for each other made alike.
/// `migrations/platform/*_slug_skeleton` says the same in SQL, and a test compares the two.
#[must_use]
pub fn skeleton(name: &str) -> String {
    let alike = |c: char| match c {
        '0' => 'o',
        '1' | 'i' => 'l',
        '5' => 's',
        '8' => 'b',
        '4' => 'a',
        '3' => 'e',
        '7' => 't',
        '9' => 'g',
        '2' => 'z',
        other => other,
    };
    let plain: String = name.chars().filter(|c| *c != '-').map(alike).collect();
    plain.replace("rn", "m").replace("vv", "w").replace("cl", "d")
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
    use crate::text::nfkd;

    #[test]
    fn accepts_ordinary_names() {
        for name in ["acme", "a1b", "north-wind", "nsa", "a23456789012345678901234567890123456789z"] {
            assert!(Slug::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_suggest_slugs() {
        let suggest = |name: &str| Slug::suggest(&nfkd(name)).map(|slug| slug.as_str().to_owned());
        for (name, slug) in [
            ("Müller & Söhne GmbH", "muller-sohne-gmbh"),
            ("A/S Møller", "a-s-moller"),
            ("O'Neil’s Bakery", "oneils-bakery"),
            ("  3M  Österreich ", "m-osterreich"),
            ("Łódź Straße", "lodz-strasse"),
            ("Ａｃｍｅ  (Holding)", "acme-holding"),
        ] {
            assert_eq!(suggest(name).as_deref(), Some(slug), "{name}");
        }
        for name in ["", "東京", "Admin", "A", "42"] {
            assert_eq!(suggest(name), None, "{name}");
        }
        assert_eq!(suggest(&"a b".repeat(30)).unwrap().len(), 40);
    }

    #[test]
    fn refuses_bad_form() {
        for name in ["", "ab", "1ab", "a_b", "Acme", "acme-", "-acme", "a--b", "xn--bcher-kva", "аcme", "a b", "a.b", "a'b\"c"] {
            assert_eq!(Slug::parse(name), Err(SlugError::Form), "{name}");
        }
        assert_eq!(Slug::parse(&"a".repeat(41)), Err(SlugError::Form));
    }

    #[test]
    fn names_that_pass_for_the_platform_are_not_for_everybody() {
        for name in ["adm1n", "ad-min", "l0gin", "log1n", "supp0rt", "0neo-help", "my-oneo", "0ne0", "secur1ty", "b1og"] {
            let wrong = Slug::parse_public(name).unwrap_err();
            assert!(matches!(wrong, SlugError::LookAlike | SlugError::Form), "{name}");
        }
        for name in ["acme", "north-wind", "administrata", "supporters", "loginov"] {
            assert!(Slug::parse_public(name).is_ok(), "{name}");
        }
        assert_eq!(skeleton("acrne-c0rp"), skeleton("acmecorp"));
    }

    #[test]
    fn refuses_reserved_names_in_any_case() {
        for name in RESERVED.iter().copied().chain(["ns1", "ns", "mx20", "_dmarc"]) {
            assert_eq!(Slug::parse(name), Err(SlugError::Reserved), "{name}");
            assert_eq!(Slug::parse(&name.to_ascii_uppercase()), Err(SlugError::Reserved), "{name}");
        }
    }
}
