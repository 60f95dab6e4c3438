//! E-mail addresses, as far as an application may judge them.

use crate::text::{fold, is_invisible, is_mark, nfc};
use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An address of at most 254 characters (RFC 5321 4.5.3.1) with one `@`, a local part and a host name.
/// Kept as typed, composed (NFC), but for the domain, which is canonical (RFC 5891, lower case); compared by its [`key`](Self::key).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

/// The text is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Enter an e-mail address such as name@example.com")]
pub struct EmailError;

impl crate::FieldReason for EmailError {
    fn code(&self) -> crate::Code {
        crate::Code::EmailInvalid
    }
}

impl Email {
    /// Checks an address; white space and invisible characters around it are dropped.
    ///
    /// # Errors
    /// [`EmailError`] when mail could not be sent to it.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let options = Options::default().without_display_text().without_domain_literal().with_no_minimum_sub_domains();
        let text = nfc(text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c)));
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        let host = crate::HostName::parse(domain).map_err(|_| EmailError)?;
        let address = format!("{local}@{host}");
        // The library takes letters, but not the marks that some of them cannot be written without.
        let letters: String = address.chars().filter(|c| !is_mark(*c)).collect();
        EmailAddress::parse_with_options(&letters, options).map_err(|_| EmailError)?;
        // A quoted local part (RFC 5321, 4.1.2) may hold spaces and more: nobody has one, and not all that handles addresses takes it.
        let is_quoted = local.starts_with('"');
        // The library takes every character beyond ASCII, those that cannot be seen or turn the text around among them.
        let is_legible =
            local.chars().all(|c| c.is_ascii() || ((c.is_alphanumeric() || is_mark(c)) && !is_invisible(c))) && !local.starts_with(is_mark);
        if !is_quoted && is_legible && !host.is_ip() && address.len() <= 254 { Ok(Self(address)) } else { Err(EmailError) }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which addresses are compared: two that differ in case, width or the way accents were typed are one.
    #[must_use]
    pub fn key(&self) -> String {
        fold(&self.0)
    }

    /// The address with its domain in the letters of its own language, as people know it: `kim@bücher.example` for
    /// `kim@xn--bcher-kva.example`.
    #[must_use]
    pub fn unicode(&self) -> String {
        self.0.rsplit_once('@').map(|(local, host)| format!("{local}@{}", idna::domain_to_unicode(host).0)).unwrap_or_default()
    }

    /// The part before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.0.as_str(), |(local, _)| local)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_addresses() {
        for good in ["a@b.example", "jose\u{301}@a.example", " mara.l+x@Demo.Example ", "o'neil@x.example", "jörg@bücher.example"] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b.example",
            "a@",
            "a b@c.example",
            "a@@b.example",
            ".a@b.example",
            "a\r\nBcc: x@y.example",
            "a@127.0.0.1",
            "<script>@b.example",
            "\"a b\"@c.example",
            "Mara <a@b.example>",
            "a..b@c.example",
            "a.@c.example",
            "a@[127.0.0.1]",
            "a,b@c.example",
            "a\u{202e}b@c.example",
            "a\u{200b}@c.example",
            "a\u{a0}b@c.example",
            "a\u{2028}b@c.example",
            "\u{301}a@c.example",
            "a\u{3164}b@c.example",
            "a\u{115f}b@c.example",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Email::parse("Mara@DEMO.example").unwrap().as_str(), "Mara@demo.example");
        assert_eq!(Email::parse("\u{feff}mara@demo.example\u{200b} ").unwrap().as_str(), "mara@demo.example");
    }

    #[test]
    fn one_address_has_one_key() {
        let key = |text: &str| Email::parse(text).unwrap().key();
        for (one, other) in [
            ("kim@bücher.example", "Kim@xn--bcher-kva.example"),
            ("kim@bu\u{308}cher.example", "kim@BÜCHER.example"),
            ("kim@b\u{fc}cher\u{3002}example", "kim@bücher.example"),
            ("İlker@a.example", "i\u{307}lker@a.example"),
            ("ΝΙΚΟΣ@a.example", "νικος@a.example"),
            ("jose\u{301}@a.example", "JOSÉ@a.example"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        assert_eq!(Email::parse("kim@xn--bcher-kva.example").unwrap().unicode(), "kim@bücher.example");
    }
}
