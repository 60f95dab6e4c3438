//! The second factor of one's own account: setting it up needs a code (ASVS 5.0, 6.5.1 to 6.5.5).

use crate::{
    auth::{
        factor::{WRONG_CODE, open, place_of, step_of, tries, tries_clear},
        reauthenticate, session_restart,
    },
    principal::{Account, AccountConn},
};
use chrono::TimeDelta;
use db::{DbError, factor as factors, tenant::users};
use domain::{
    AppError, Code, UserId,
    dto::account::{FactorPage, FactorState, QrPicture},
    operation,
};
use kernel::{
    Error, RequestCx, Result,
    audit::{Object, entry},
    entropy::bytes,
    tokens::token_hash,
};
use secrecy::SecretString;
use serde_json::json;
use totp_rs::{Secret, Totp};

/// Recovery codes that a user gets.
const CODES: usize = 10;
/// Random bytes of one: 120 bits, so that a plain hash of it is enough (ASVS 5.0, 6.5.2: at least 112).
const CODE_BYTES: usize = 15;
/// Modules of quiet around a QR code (ISO/IEC 18004).
const QUIET: usize = 4;
/// How long a secret waits for its first code; one that was left lying is of no use later.
const PENDING: TimeDelta = TimeDelta::minutes(10);
/// The page of the second factor.
///
/// # Errors
/// [`AppError::Unauthenticated`] when nobody is signed in.
pub async fn factor(cx: &RequestCx) -> Result<FactorPage> {
    let (mut conn, account) = AccountConn::open_settled(cx).await?;
    let read = async {
        let found = factors::totp_get(&mut conn.factors(), account.id).await?;
        let codes_left = factors::codes_left(&mut conn.factors(), account.id).await?;
        let is_due = factor_is_due(cx, &mut conn, account.id).await?;
        conn.caller_note(cx, &account).await?;
        Ok((found, codes_left, is_due))
    }
    .await;
    let (found, codes_left, is_due) = conn.finish(read).await?;
    let found = found.filter(|totp| totp.confirmed_at.is_some() || is_fresh(cx, totp));
    let state = match found.map(|totp| (totp.confirmed_at, totp.secret_encrypted)) {
        None => FactorState::Off,
        Some((Some(since), _)) => FactorState::On { since, codes_left },
        // Begun long ago, with keys that are gone: it is begun anew.
        Some((None, sealed)) => open(cx, &account, &sealed).map_or(Ok(FactorState::Off), |totp| pending(&totp))?,
    };
    Ok(FactorPage { state, is_due })
}

/// Whether the company asks for a second factor of a user.
async fn factor_is_due(cx: &RequestCx, conn: &mut AccountConn, id: i64) -> Result<bool> {
    let AccountConn::Tenant(conn) = conn else { return Ok(false) };
    let record = users::user_get(conn, UserId(id)).await?.ok_or(AppError::Unauthenticated)?;
    let access = users::user_access(conn, &record).await?;
    Ok(cx.settings.factor_is_due(access.roles.iter().map(|role| role.key.as_str())))
}

/// Whether a secret still waits for its first code.
fn is_fresh(cx: &RequestCx, totp: &factors::Totp) -> bool {
    totp.created_at > cx.services.now() - PENDING
}

fn pending(totp: &Totp) -> Result<FactorState> {
    let fault = |error: &dyn std::fmt::Display| Error::Fault(format!("a QR code: {error}"));
    let url = totp.to_url().map_err(|error| fault(&error))?;
    let code = qrcode::QrCode::new(url).map_err(|error| fault(&error))?;
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == qrcode::Color::Dark);
    let path = dark.map(|(index, _)| format!("M{} {}h1v1h-1z", index % width + QUIET, index / width + QUIET)).collect();
    let secret = in_groups(&totp.secret().to_base32(), 4, " ");
    Ok(FactorState::Pending { secret, picture: QrPicture { size: width + 2 * QUIET, path } })
}

/// Makes a secret that waits for its first code.
///
/// # Errors
/// [`AppError::Conflict`] when there is a second factor, [`AppError::ReauthRequired`].
pub async fn factor_begin(cx: &RequestCx, password: &SecretString) -> Result<()> {
    let (conn, account) = AccountConn::open_settled(cx).await?;
    conn.finish(Ok(())).await?;
    reauthenticate(cx, password).await?;
    let secret = Secret::new_stack(bytes(&*cx.services.entropy));
    let text = SecretString::from(secret.to_base32());
    let sealed = cx.services.keyring.secret_seal(&*cx.services.entropy, place_of(cx.site.key(), account.id), &text)?;
    let mut conn = AccountConn::begin(cx, &operation::shared::MFA_BEGIN).await?;
    let begun = async {
        let now = cx.services.now();
        factors::totp_begin(&mut conn.factors(), account.id, &sealed, now).await.map_err(|error| match error {
            DbError::Stale => AppError::conflict(Code::SecondFactorOn, "", "The second factor is already on").into(),
            other => Error::from(other),
        })?;
        note(cx, &mut conn, &account, "mfa.begin").await
    }
    .await;
    conn.finish(begun).await
}

/// Confirms the secret by its first code: from now on codes are asked for. All other sessions end. Gives the recovery codes.
///
/// # Errors
/// [`AppError::Validation`] beside `code`, [`AppError::RateLimited`], [`AppError::Conflict`] when nothing waits,
/// [`AppError::ReauthRequired`].
pub async fn factor_confirm(cx: &RequestCx, code: &str, password: &SecretString) -> Result<Vec<String>> {
    let (mut conn, account) = AccountConn::open_settled(cx).await?;
    let found = factors::totp_get(&mut conn.factors(), account.id).await.map_err(Error::from);
    let found = conn.finish(found).await?.filter(|totp| totp.confirmed_at.is_none() && is_fresh(cx, totp));
    let Some(sealed) = found.map(|totp| totp.secret_encrypted) else {
        return Err(AppError::conflict(Code::SecondFactorNotBegun, "", "No setup is in progress. Start again.").into());
    };
    let totp = open(cx, &account, &sealed)
        .ok_or_else(|| AppError::conflict(Code::SecondFactorNotBegun, "", "This setup has expired. Start again."))?;
    let reauthenticated = cx.reauthentication_is_needed();
    reauthenticate(cx, password).await?;
    tries(cx, account.id).await?;
    let now = cx.services.now();
    let step = step_of(&totp, code, now).ok_or_else(|| AppError::field(Code::CodeWrong, "code", WRONG_CODE))?;
    let codes = codes_new(cx);
    let mut conn = AccountConn::begin(cx, &operation::shared::MFA_CONFIRM).await?;
    let done = async {
        conn.lock(account.id).await?;
        if !factors::totp_confirm(&mut conn.factors(), account.id, &sealed, step, now).await? {
            return Err(AppError::conflict(Code::SecondFactorNotBegun, "", "This setup has expired. Start again.").into());
        }
        factors::codes_replace(&mut conn.factors(), account.id, &hashes(&codes)).await?;
        conn.epoch_next(account.id).await?;
        note(cx, &mut conn, &account, "mfa.enable").await
    }
    .await;
    conn.finish(done).await?;
    tries_clear(cx, account.id).await?;
    session_restart(cx, &account, reauthenticated).await?;
    Ok(codes)
}

/// Removes the second factor and its recovery codes. All other sessions end.
///
/// # Errors
/// [`AppError::Conflict`] when there is none, or the company asks for one; [`AppError::ReauthRequired`].
pub async fn factor_remove(cx: &RequestCx, password: &SecretString) -> Result<()> {
    let (conn, account) = AccountConn::open_settled(cx).await?;
    conn.finish(Ok(())).await?;
    let reauthenticated = cx.reauthentication_is_needed();
    reauthenticate(cx, password).await?;
    let mut conn = AccountConn::begin(cx, &operation::shared::MFA_REMOVE).await?;
    let done = async {
        conn.lock(account.id).await?;
        if factor_is_due(cx, &mut conn, account.id).await? {
            return Err(AppError::conflict(
                Code::SecondFactorRequiredByTenant,
                "",
                "Your company requires a second factor. If you have lost yours, ask an admin to reset it.",
            )
            .into());
        }
        if !factors::factor_delete(&mut conn.factors(), account.id).await? {
            return Err(AppError::conflict(Code::SecondFactorMissing, "", "There is no second factor").into());
        }
        conn.epoch_next(account.id).await?;
        note(cx, &mut conn, &account, "mfa.disable").await
    }
    .await;
    conn.finish(done).await?;
    session_restart(cx, &account, reauthenticated).await
}

/// Gives other recovery codes; those of before end.
///
/// # Errors
/// [`AppError::Conflict`] without a second factor, [`AppError::ReauthRequired`].
pub async fn codes_renew(cx: &RequestCx, password: &SecretString) -> Result<Vec<String>> {
    let (conn, account) = AccountConn::open_settled(cx).await?;
    conn.finish(Ok(())).await?;
    reauthenticate(cx, password).await?;
    let codes = codes_new(cx);
    let mut conn = AccountConn::begin(cx, &operation::shared::MFA_CODES).await?;
    let done = async {
        conn.lock(account.id).await?;
        if factors::totp_get(&mut conn.factors(), account.id).await?.is_none_or(|totp| totp.confirmed_at.is_none()) {
            return Err(AppError::conflict(Code::SecondFactorMissing, "", "There is no second factor").into());
        }
        factors::codes_replace(&mut conn.factors(), account.id, &hashes(&codes)).await?;
        note(cx, &mut conn, &account, "mfa.codes_renew").await
    }
    .await;
    conn.finish(done).await?;
    Ok(codes)
}

async fn note(cx: &RequestCx, conn: &mut AccountConn, account: &Account, action: &'static str) -> Result<()> {
    let actor = conn.actor(account);
    conn.audit(entry(cx, &actor, action, Object::new("user", account.id, account.email.clone()), json!({})));
    Ok(())
}

fn codes_new(cx: &RequestCx) -> Vec<String> {
    let code = || in_groups(&Secret::new(Box::new(bytes::<CODE_BYTES>(&*cx.services.entropy))).to_base32(), 6, "-");
    std::iter::repeat_with(code).take(CODES).collect()
}

/// Letters in groups, as people copy them.
fn in_groups(text: &str, size: usize, between: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(size).map(String::from_iter).collect::<Vec<_>>().join(between)
}

fn hashes(codes: &[String]) -> Vec<Vec<u8>> {
    codes.iter().map(|code| token_hash(&code.replace('-', ""))).collect()
}
