//! The secret keys of the installation (`SECRET_KEYS`, newest first) and what is derived from them.

use crate::{
    Error,
    entropy::{Entropy, bytes},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use domain::SiteKey;
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
    stored: Arc<[StoredKey]>,
}

/// A key for secrets that are kept in the database, and the name it goes by there.
#[derive(Clone)]
struct StoredKey {
    id: String,
    key: [u8; 32],
}

/// Where a secret is kept: it opens nowhere else (security.md 52).
#[derive(Clone, Copy, Debug)]
pub struct SecretPlace<'a> {
    /// Whose it is.
    pub site: SiteKey,
    /// What it is, with everything that must not be exchanged beside it.
    pub kind: &'a str,
    /// The row it stands in.
    pub row: i64,
}

impl SecretPlace<'_> {
    /// The associated data: no part can be read as the end of another one, since none holds a line break.
    fn bound(&self, key_id: &str) -> String {
        format!("oneo secret v1\n{}\n{}\n{}\n{key_id}", self.site, self.kind.replace('\n', " "), self.row)
    }
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
        let (ids, keys) = (derive("oneo stored secret id v1"), derive("oneo stored secret v1"));
        let stored = ids.iter().zip(keys.iter());
        let stored = stored.map(|(id, key)| StoredKey { id: hex::encode(id.first_chunk::<6>().unwrap_or(&[0; 6])), key: *key }).collect();
        let throttle = derive("oneo throttle v1").first().copied().ok_or(KeyringError::Empty)?;
        Ok(Self { sessions: derive("oneo session id v1"), flashes: derive("oneo flash v1"), throttle, stored })
    }

    /// The keys under which session ids are looked up, newest first.
    #[must_use]
    pub fn session_keys(&self) -> Arc<[[u8; 32]]> {
        Arc::clone(&self.sessions)
    }

    /// A name for an account, by its id or by what was typed in its canonical form, that does not tell whose it is; what one kind
    /// of try counts, no other kind does.
    #[must_use]
    pub fn account_name(&self, kind: &str, account: &str) -> String {
        let mut name = [0; 16];
        let expanded =
            Hkdf::<Sha256>::new(Some(&self.throttle), account.as_bytes()).expand(format!("account {kind}").as_bytes(), &mut name);
        debug_assert!(expanded.is_ok(), "16 bytes are within HKDF's limit");
        hex::encode(name)
    }

    /// Seals a text so that only this installation can read it, and only in the same `context`.
    #[must_use]
    pub fn seal(&self, entropy: &dyn Entropy, context: &str, text: &str) -> Option<String> {
        seal(self.flashes.first()?, entropy, context, text)
    }

    /// Opens what [`seal`](Self::seal) made in the same `context`.
    #[must_use]
    pub fn open(&self, context: &str, sealed: &str) -> Option<String> {
        self.flashes.iter().find_map(|key| open(key, context, sealed))
    }

    /// Seals a secret with the newest key, to be kept in that place: `v1.<key id>.<nonce and ciphertext>`.
    ///
    /// # Errors
    /// [`Error::Fault`] when nothing can be sealed, which no input causes.
    pub fn secret_seal(&self, entropy: &dyn Entropy, place: SecretPlace<'_>, secret: &SecretString) -> Result<String, Error> {
        let sealed = self.stored.first().and_then(|stored| {
            let sealed = seal(&stored.key, entropy, &place.bound(&stored.id), secret.expose_secret())?;
            Some(format!("v1.{}.{sealed}", stored.id))
        });
        sealed.ok_or_else(|| Error::Fault("a secret could not be sealed".to_owned()))
    }

    /// Opens a secret that was sealed for that very place; none for any other, and when its key is gone.
    #[must_use]
    pub fn secret_open(&self, place: SecretPlace<'_>, sealed: &str) -> Option<SecretString> {
        let (key_id, sealed) = sealed.strip_prefix("v1.")?.split_once('.')?;
        let stored = self.stored.iter().find(|stored| stored.id == key_id)?;
        open(&stored.key, &place.bound(key_id), sealed).map(SecretString::from)
    }

    /// Whether a secret was sealed with the newest key.
    #[must_use]
    pub fn secret_is_current(&self, sealed: &str) -> bool {
        self.stored.first().is_some_and(|stored| sealed.starts_with(&format!("v1.{}.", stored.id)))
    }
}

/// XChaCha20-Poly1305: its nonces of 192 bits may be random (ASVS 5.0, 11.3.2).
fn seal(key: &[u8; 32], entropy: &dyn Entropy, bound: &str, text: &str) -> Option<String> {
    let nonce: [u8; 24] = bytes(entropy);
    let payload = Payload { msg: text.as_bytes(), aad: bound.as_bytes() };
    let sealed = XChaCha20Poly1305::new(key.into()).encrypt(&XNonce::from(nonce), payload).ok()?;
    Some(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
}

fn open(key: &[u8; 32], bound: &str, sealed: &str) -> Option<String> {
    let raw = URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let (nonce, sealed) = raw.split_first_chunk::<24>()?;
    let payload = Payload { msg: sealed, aad: bound.as_bytes() };
    String::from_utf8(XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), payload).ok()?).ok()
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

    /// security.md 52: bound to company, kind, row and key; flipped bits are refused; old keys open until they are gone.
    #[test]
    fn stored_secrets_open_in_their_place_only() {
        let place = |tenant, kind, row| SecretPlace { site: SiteKey::Tenant(domain::TenantId(tenant)), kind, row };
        let (old, new) = (Keyring::new(&[key("abcdefgh")]).unwrap(), Keyring::new(&[key("ijklmnop"), key("abcdefgh")]).unwrap());
        let sealed = old.secret_seal(&OsEntropy, place(1, "ai openai", 1), &SecretString::from("sk-canary")).unwrap();
        let opened = |ring: &Keyring, place, sealed: &str| ring.secret_open(place, sealed).map(|text| text.expose_secret().to_owned());
        assert_eq!(opened(&new, place(1, "ai openai", 1), &sealed).as_deref(), Some("sk-canary"));
        for other in [place(2, "ai openai", 1), place(1, "ai anthropic", 1), place(1, "ai openai", 2)] {
            assert_eq!(opened(&new, other, &sealed), None, "{other:?}");
        }
        for position in 0..sealed.len() {
            let mut touched = sealed.clone().into_bytes();
            touched[position] ^= 1;
            let touched = String::from_utf8(touched).unwrap();
            assert_eq!(opened(&new, place(1, "ai openai", 1), &touched), None, "{position}");
        }
        assert!(!sealed.contains("canary") && old.secret_is_current(&sealed) && !new.secret_is_current(&sealed));
        let again = new.secret_seal(&OsEntropy, place(1, "ai openai", 1), &SecretString::from("sk-canary")).unwrap();
        let alone = Keyring::new(&[key("ijklmnop")]).unwrap();
        assert_eq!(opened(&alone, place(1, "ai openai", 1), &again).as_deref(), Some("sk-canary"));
        assert_eq!(opened(&alone, place(1, "ai openai", 1), &sealed), None);
    }

    #[test]
    fn short_keys_are_refused() {
        assert_eq!(Keyring::new(&[SecretString::from("short")]).err(), Some(KeyringError::TooShort));
        assert_eq!(Keyring::new(&[]).err(), Some(KeyringError::Empty));
    }
}
