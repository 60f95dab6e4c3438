//! The secret keys.

use super::Lookup;
use kernel::keyring::KEY_LENGTH_MIN;
use secrecy::{ExposeSecret, SecretString};

/// `SECRET_KEYS`: separated by commas, newest first.
pub fn secret_keys(get: Lookup<'_>, errors: &mut Vec<String>) -> Vec<SecretString> {
    let keys: Vec<SecretString> =
        get("SECRET_KEYS").unwrap_or_default().split(',').map(str::trim).filter(|key| !key.is_empty()).map(SecretString::from).collect();
    if keys.is_empty() {
        errors.push("SECRET_KEYS is missing; `openssl rand -hex 32` makes one".to_owned());
    }
    if keys.iter().any(|key| key.expose_secret().len() < KEY_LENGTH_MIN) {
        errors.push(format!("each of SECRET_KEYS needs at least {KEY_LENGTH_MIN} random characters"));
    }
    keys
}
