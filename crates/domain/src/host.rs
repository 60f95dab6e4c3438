//! Host names in the one form in which they are stored and compared.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A canonical host: lower case, punycode, without port and without the trailing dot of the root.
/// IP addresses pass as they are; only configuration can make one a site.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostName(String);

/// The text is no host name: RFC 9110 7.2 asks for status 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is not a host name")]
pub struct HostNameError;

impl crate::FieldReason for HostNameError {
    fn code(&self) -> crate::Code {
        crate::Code::DomainInvalid
    }
}

impl HostName {
    /// Reads a `Host` header: a name, optionally with a port from 1 to 65535.
    ///
    /// # Errors
    /// [`HostNameError`] for anything that is not exactly that: user info, paths, spaces, empty labels.
    pub fn parse_header(value: &str) -> Result<Self, HostNameError> {
        let (name, port) = match value.rsplit_once(':') {
            Some((name, port)) if !value.ends_with(']') => (name, Some(port)),
            _ => (value, None),
        };
        if let Some(port) = port {
            let digits = !port.is_empty() && port.len() <= 5 && port.chars().all(|c| c.is_ascii_digit());
            if !digits || port.parse::<u16>().unwrap_or(0) == 0 {
                return Err(HostNameError);
            }
        }
        Self::parse(name)
    }

    /// Reads a name without a port, as typed by a person.
    ///
    /// # Errors
    /// [`HostNameError`] when it is not a host name of RFC 1123 after IDNA (UTS 46).
    pub fn parse(name: &str) -> Result<Self, HostNameError> {
        if let Some(inner) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return match inner.parse::<std::net::Ipv6Addr>() {
                Ok(address) => Ok(Self(format!("[{address}]"))),
                Err(_) => Err(HostNameError),
            };
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        let ascii = idna::domain_to_ascii_cow(name.as_bytes(), idna::AsciiDenyList::STD3).map_err(|_| HostNameError)?;
        let label = |label: &str| !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-');
        if ascii.is_empty() || ascii.len() > 253 || !ascii.split('.').all(label) {
            return Err(HostNameError);
        }
        Ok(Self(ascii.into_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is an address rather than a name.
    #[must_use]
    pub fn is_ip(&self) -> bool {
        self.0.starts_with('[') || self.0.parse::<std::net::Ipv4Addr>().is_ok()
    }

    /// The labels in front of `base`, when this host lies below it: `a.b` for `a.b.example` below `example`.
    #[must_use]
    pub fn labels_below(&self, base: &Self) -> Option<&str> {
        self.0.strip_suffix(base.as_str())?.strip_suffix('.')
    }

    /// The first label.
    #[must_use]
    pub fn first_label(&self) -> &str {
        self.0.split('.').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_form() {
        for (given, expected) in [
            ("ACME.Example.TEST.", "acme.example.test"),
            ("acme.example.test:443", "acme.example.test"),
            ("localhost:8000", "localhost"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("127.0.0.1:8000", "127.0.0.1"),
            ("[::1]:8000", "[::1]"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(HostName::parse_header(given).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn refuses_malformed_hosts() {
        for given in [
            "",
            ".",
            "acme:x@evil",
            "acme/..",
            "a b",
            "acme'--",
            "acme:99999",
            "acme:0",
            "acme:",
            "acme:+80",
            "a..b",
            "-a.b",
            "a-.b",
            "a_b.example",
            "[::1",
            "[zz]",
            "acme\0",
            "acme,evil",
            "user@acme",
            "http://acme",
            "acme:80:80",
            "%61cme",
        ] {
            assert!(HostName::parse_header(given).is_err(), "{given}");
        }
        assert!(HostName::parse(&format!("{}.example", "a".repeat(64))).is_err());
    }

    #[test]
    fn labels_below_a_base() {
        let base = HostName::parse("localhost").unwrap();
        let below = |name: &str| HostName::parse(name).unwrap().labels_below(&base).map(str::to_owned);
        assert_eq!(below("acme.localhost").as_deref(), Some("acme"));
        assert_eq!(below("a.b.localhost").as_deref(), Some("a.b"));
        assert_eq!(below("localhost"), None);
        assert_eq!(below("evillocalhost"), None);
    }
}
