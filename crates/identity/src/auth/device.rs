//! Browsers in which the user signed in before. Anyone who guesses elsewhere cannot lock them out (ASVS 5.0, 6.1.1): their tries
//! are counted on their own, and the limit of the whole site does not reach them.

use crate::principal::Account;
use chrono::TimeDelta;
use kernel::RequestCx;
use serde::{Deserialize, Serialize};

/// How long a browser is known after a sign-in.
const KNOWN: TimeDelta = TimeDelta::days(90);
/// The same in seconds, for its cookie.
pub const DEVICE_SECONDS: i64 = KNOWN.num_seconds();

/// Who signed in there, and until when that counts.
#[derive(Serialize, Deserialize)]
pub(crate) struct Device {
    subject: i64,
    /// Of the password that was given: another one ends it.
    mark: String,
    until: i64,
}

fn context(cx: &RequestCx) -> String {
    format!("device {}", cx.site.key())
}

fn mark(cx: &RequestCx, password_hash: &str) -> String {
    cx.services.keyring.account_name("device", password_hash)
}

/// The browser that asks, if a user signed in there on this site.
pub(super) fn device_of(cx: &RequestCx) -> Option<Device> {
    let text = cx.services.keyring.open(&context(cx), cx.request.device.as_deref()?)?;
    let device: Device = serde_json::from_str(&text).ok()?;
    (device.until > cx.services.now().timestamp()).then_some(device)
}

/// What a browser keeps after a sign-in, sealed for this site.
pub(crate) fn device_new(cx: &RequestCx, subject: i64, password_hash: &str) -> String {
    let device = Device { subject, mark: mark(cx, password_hash), until: cx.services.now().timestamp() + DEVICE_SECONDS };
    let text = serde_json::to_string(&device).unwrap_or_default();
    cx.services.keyring.seal(&*cx.services.entropy, &context(cx), &text).unwrap_or_default()
}

impl Device {
    /// Whether this account was signed in to there, with the password of now.
    pub fn is_of(&self, cx: &RequestCx, account: &Account, hash: Option<&str>) -> bool {
        self.subject == account.id && hash.is_some_and(|hash| mark(cx, hash) == self.mark)
    }
}

/// Everything that tries to sign in to an account are counted under: those of anybody, and those of its known browsers.
pub(crate) fn tries_names(cx: &RequestCx, subject: i64) -> [String; 2] {
    [tries_name(cx, subject, false), tries_name(cx, subject, true)]
}

/// What tries to sign in to an account are counted under, whether its address or its user name was typed: those from its known
/// browsers on their own.
pub(super) fn tries_name(cx: &RequestCx, subject: i64, is_known: bool) -> String {
    cx.services.keyring.account_name(if is_known { "login-device" } else { "login-account" }, &subject.to_string())
}
