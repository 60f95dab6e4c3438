//! The second factor: codes by time (RFC 6238: SHA-1, six digits, 30 seconds, one step to either side) and recovery
//! codes. A code is taken once, the secret is kept sealed (ASVS 5.0, 6.5.1 to 6.5.5).

use super::note::sign_in_failed;
use crate::principal::{Account, AccountConn};
use cache::AccountThrottle;
use chrono::{DateTime, Utc};
use db::factor as factors;
use domain::{AppError, Code, SiteKey, password};
use kernel::{Error, RequestCx, Result, Services, audit::refused, keyring::SecretPlace, tokens::token_hash};
use secrecy::ExposeSecret;
use serde_json::json;
use totp_rs::{Builder, Secret, Totp};

/// The answer to a code that is not taken.
pub(crate) const WRONG_CODE: &str = "This code is not right, or was used already";

/// Where a user's secret is kept.
pub(crate) const fn place_of(site: SiteKey, owner: i64) -> SecretPlace<'static> {
    SecretPlace { site, kind: "totp", row: owner }
}

/// A user's secret sealed for another site, where the same person has the same id; none when it cannot be opened here.
pub fn reseal(services: &Services, from: SiteKey, to: SiteKey, owner: i64, sealed: &str) -> Result<Option<String>> {
    let secret = services.keyring.secret_open(place_of(from, owner), sealed);
    secret.map(|secret| services.keyring.secret_seal(&*services.entropy, place_of(to, owner), &secret)).transpose()
}

/// The codes of a secret.
fn totp(secret: &[u8], brand: &str, email: &str) -> Result<Totp> {
    // A colon would end the name in the address of an otpauth URL.
    let plain = |text: &str| text.replace(':', " ");
    Builder::new()
        .with_secret(Secret::new(secret.into()))
        .with_issuer(Some(plain(brand)))
        .with_account_name(plain(email))
        .build()
        .map_err(|error| Error::Fault(format!("a secret for codes: {error}")))
}

/// Opens a stored secret.
pub(crate) fn open(cx: &RequestCx, account: &Account, sealed: &str) -> Option<Totp> {
    let text = cx.services.keyring.secret_open(place_of(cx.site.key(), account.id), sealed)?;
    let secret = Secret::try_from_base32(text.expose_secret()).ok()?;
    totp(secret.as_bytes(), cx.brand(), &account.email).ok()
}

/// How an account showed that it has the second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FactorUsed {
    ByCode,
    ByRecoveryCode,
}

/// Takes a code or a recovery code of a user who gave the password, at most once.
///
/// # Errors
/// [`AppError::Validation`] beside `code`, [`AppError::RateLimited`] after too many tries.
pub(crate) async fn factor_check(cx: &RequestCx, account: &Account, code: &str) -> Result<FactorUsed> {
    tries(cx, account.id).await?;
    let now = cx.services.now();
    let code = password::code(code);
    let mut conn = AccountConn::open(cx).await?;
    let taken = async {
        if code.len() == 6 {
            let Some(stored) = factors::totp_get(&mut conn.factors(), account.id).await?.filter(|totp| totp.confirmed_at.is_some()) else {
                return Ok(None);
            };
            let step = open(cx, account, &stored.secret_encrypted).and_then(|totp| step_of(&totp, &code, now));
            let Some(step) = step else { return Ok(None) };
            return Ok(factors::totp_step_use(&mut conn.factors(), account.id, step).await?.then_some(FactorUsed::ByCode));
        }
        Ok(factors::code_use(&mut conn.factors(), account.id, &token_hash(&code), now).await?.then_some(FactorUsed::ByRecoveryCode))
    }
    .await;
    if let Some(reauthenticated) = conn.finish::<Option<FactorUsed>>(taken).await? {
        tries_clear(cx, account.id).await?;
        return Ok(reauthenticated);
    }
    // A user has the password: the account's own list of sign-ins must show it.
    refused(cx, "mfa.failed", json!({ "account": account.id })).await;
    sign_in_failed(cx, account, "code", None);
    Err(AppError::field(Code::CodeWrong, "code", WRONG_CODE).into())
}

/// The step whose code this is, if it is one of now.
pub(crate) fn step_of(totp: &Totp, code: &str, now: DateTime<Utc>) -> Option<i64> {
    let code = password::code(code);
    let digits = code.len() == 6 && code.chars().all(|c| c.is_ascii_digit());
    let step = if digits { totp.check(&code, u64::try_from(now.timestamp()).ok()?) } else { None };
    step.and_then(|step| i64::try_from(step).ok())
}

fn tries_name(cx: &RequestCx, owner: i64) -> String {
    cx.services.keyring.account_name("factor", &owner.to_string())
}

/// Counts a try before anything is compared.
pub(crate) async fn tries(cx: &RequestCx, owner: i64) -> Result<()> {
    let now_ms = cx.services.now().timestamp_millis();
    let name = tries_name(cx, owner);
    match cx.services.redis.account_try(cx.site.key(), &name, now_ms, AccountThrottle::SIGN_IN).await? {
        Some(retry_after) => Err(AppError::RateLimited { retry_after }.into()),
        None => Ok(()),
    }
}

pub(crate) async fn tries_clear(cx: &RequestCx, owner: i64) -> Result<()> {
    Ok(cx.services.redis.account_clear(cx.site.key(), &tries_name(cx, owner)).await?)
}
