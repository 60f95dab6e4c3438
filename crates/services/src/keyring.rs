//! The secret keys of the installation (`SECRET_KEYS`, newest first) and what is derived from them.

use crate::entropy::{Entropy, bytes};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::sync::Arc;

/// The least characters of a secret key: 32 random bytes in hexadecimal or base64 have more.
pub const KEY_LENGTH_MIN: usize = 32;

/// All secret keys, newest first. New things are made with the first one, old ones still read.
#[derive(Clone)]
pub struct Keyring {
    sessions: Arc<[[u8; 32]]>,
    flashes: Arc<[[u8; 32]]>,
    throttle: [u8; 32],
}

/// Why the keys cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// None was given.
    #[error("at least one key is needed")]
    Empty,
    /// One is shorter than [`KEY_LENGTH_MIN`].
    #[error("each key needs at least 32 random characters")]
    TooShort,
}

impl Keyring {
    /// Derives the keys for each purpose (HKDF-SHA256, RFC 5869).
    ///
    /// # Errors
    /// [`KeyringError`] says why they cannot be used.
    pub fn new(secrets: &[SecretString]) -> Result<Self, KeyringError> {
        if secrets.iter().any(|secret| secret.expose_secret().len() < KEY_LENGTH_MIN) {
            return Err(KeyringError::TooShort);
        }
        let derive = |purpose: &str| -> Arc<[[u8; 32]]> {
            secrets
                .iter()
                .map(|secret| {
                    let mut key = [0; 32];
                    let expanded = Hkdf::<Sha256>::new(None, secret.expose_secret().as_bytes()).expand(purpose.as_bytes(), &mut key);
                    debug_assert!(expanded.is_ok(), "32 bytes are within HKDF's limit");
                    key
                })
                .collect()
        };
        let throttle = derive("oneo throttle v1").first().copied().ok_or(KeyringError::Empty)?;
        Ok(Self { sessions: derive("oneo session id v1"), flashes: derive("oneo flash v1"), throttle })
    }

    /// The keys under which session ids are looked up, newest first.
    #[must_use]
    pub fn session_keys(&self) -> Arc<[[u8; 32]]> {
        Arc::clone(&self.sessions)
    }

    /// A name for an account that does not tell whose it is.
    #[must_use]
    pub fn account_name(&self, login: &str) -> String {
        let mut name = [0; 16];
        let expanded = Hkdf::<Sha256>::new(Some(&self.throttle), login.to_lowercase().as_bytes()).expand(b"account", &mut name);
        debug_assert!(expanded.is_ok(), "16 bytes are within HKDF's limit");
        name.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Seals a text so that only this installation can read it, and only in the same `context`.
    #[must_use]
    pub fn seal(&self, entropy: &dyn Entropy, context: &str, text: &str) -> Option<String> {
        let nonce: [u8; 24] = bytes(entropy);
        let cipher = XChaCha20Poly1305::new(self.flashes.first()?.into());
        let payload = Payload { msg: text.as_bytes(), aad: context.as_bytes() };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Opens what [`seal`](Self::seal) made in the same `context`.
    #[must_use]
    pub fn open(&self, context: &str, sealed: &str) -> Option<String> {
        let raw = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = raw.split_first_chunk::<24>()?;
        self.flashes.iter().find_map(|key| {
            let payload = Payload { msg: sealed, aad: context.as_bytes() };
            let text = XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), payload).ok()?;
            String::from_utf8(text).ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OsEntropy;

    fn key(text: &str) -> SecretString {
        SecretString::from(text.repeat(8))
    }

    #[test]
    fn sealed_texts_open_in_their_context_only_and_after_rotation() {
        let old = Keyring::new(&[key("abcdefgh")]).unwrap();
        let sealed = old.seal(&OsEntropy, "t1", "hello").unwrap();
        let rotated = Keyring::new(&[key("ijklmnop"), key("abcdefgh")]).unwrap();
        assert_eq!(rotated.open("t1", &sealed).as_deref(), Some("hello"));
        assert_eq!(rotated.open("t2", &sealed), None);
        assert_eq!(Keyring::new(&[key("ijklmnop")]).unwrap().open("t1", &sealed), None);
        let mut flipped = sealed.into_bytes();
        let last = flipped.len() - 2;
        flipped[last] = if flipped[last] == b'A' { b'B' } else { b'A' };
        assert_eq!(old.open("t1", &String::from_utf8(flipped).unwrap()), None);
    }

    #[test]
    fn short_keys_are_refused() {
        assert_eq!(Keyring::new(&[SecretString::from("short")]).err(), Some(KeyringError::TooShort));
        assert_eq!(Keyring::new(&[]).err(), Some(KeyringError::Empty));
    }
}
