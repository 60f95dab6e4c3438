//! E-mail addresses, as far as an application may judge them.

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An address of at most 254 characters (RFC 5321 4.5.3.1) with one `@`, a local part and a host name.
/// Kept as typed but for the domain, which is canonical; compared in lower case by the database.
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
    /// Checks an address; surrounding white space is dropped.
    ///
    /// # Errors
    /// [`EmailError`] when mail could not be sent to it.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let options = Options::default().without_display_text().without_domain_literal().with_no_minimum_sub_domains();
        let parsed = EmailAddress::parse_with_options(text.trim(), options).map_err(|_| EmailError)?;
        let (local, host) = (parsed.local_part(), crate::HostName::parse(parsed.domain()).map_err(|_| EmailError)?);
        let address = format!("{local}@{host}");
        // A quoted local part (RFC 5321, 4.1.2) may hold spaces and more: nobody has one, and not all that handles addresses takes it.
        let is_quoted = local.starts_with('"');
        // The library takes every character beyond ASCII, those that cannot be seen or turn the text around among them.
        let is_legible = local.chars().all(|c| c.is_ascii() || c.is_alphanumeric());
        if !is_quoted && is_legible && !host.is_ip() && address.len() <= 254 { Ok(Self(address)) } else { Err(EmailError) }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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
        for good in ["a@b.example", " mara.l+x@Demo.Example ", "o'neil@x.example", "jörg@bücher.example"] {
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
        ] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Email::parse("Mara@DEMO.example").unwrap().as_str(), "Mara@demo.example");
    }
}
