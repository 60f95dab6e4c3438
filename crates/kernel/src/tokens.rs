//! Secrets that are handed over: one-time links and random passwords. Only hashes of links are kept.

use crate::entropy::{Entropy, bytes};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use db::tenant::tokens::TokenRecord;
use domain::dto::LinkStatus;
use sha2::{Digest, Sha256};

/// How long an invitation is open (at most 72 h: security.md 38).
pub const INVITE_OPEN: TimeDelta = TimeDelta::hours(72);

/// How long a reset is open (at most 1 h: security.md 38).
pub const RESET_OPEN: TimeDelta = TimeDelta::hours(1);

/// What a one-time link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// The first password of a new user.
    Invite,
    /// A new password for a user who has one.
    Reset,
}

impl LinkPurpose {
    /// How long a link is open.
    #[must_use]
    pub const fn open(self) -> TimeDelta {
        match self {
            Self::Invite => INVITE_OPEN,
            Self::Reset => RESET_OPEN,
        }
    }

    /// As the database and addresses write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Reset => "reset",
        }
    }
}

/// A new secret of 256 random bits, as text that fits into a URL.
#[must_use]
pub fn token_new(entropy: &dyn Entropy) -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>(entropy))
}

/// What is kept of a secret. It has 256 random bits, so a plain hash is enough.
#[must_use]
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// A random password of 20 letters and digits that are not mistaken for each other: more than 115 bits.
#[must_use]
pub fn password_new(entropy: &dyn Entropy) -> String {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut password = String::with_capacity(20);
    while password.len() < 20 {
        let [byte] = bytes::<1>(entropy);
        // Bytes past the last whole multiple would favour the first letters.
        if let Some(letter) = LETTERS.get(usize::from(byte) % 64) {
            password.push(char::from(*letter));
        }
    }
    password
}

/// What became of a one-time link.
#[must_use]
pub fn link_status(token: &TokenRecord, now: DateTime<Utc>) -> LinkStatus {
    match token.ended_by.as_deref() {
        _ if token.used_at.is_some() => LinkStatus::Used,
        Some("replaced") => LinkStatus::Replaced,
        Some(_) => LinkStatus::Revoked,
        None if token.expires_at <= now => LinkStatus::Expired,
        None => LinkStatus::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;

    #[test]
    fn secrets_differ() {
        assert_eq!(token_new(&OsEntropy).len(), 43);
        assert_ne!(token_new(&OsEntropy), token_new(&OsEntropy));
        assert_eq!(password_new(&OsEntropy).len(), 20);
        assert_ne!(password_new(&OsEntropy), password_new(&OsEntropy));
    }
}
