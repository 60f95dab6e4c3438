//! The second step of signing in: a code of the second factor, by a user who gave the right password.

use super::{
    device::device_new,
    factor::{FactorUsed, factor_check},
    note::sign_in_note,
    rate_limits::RateLimits,
    session::session_start,
};
use crate::principal::{Account, AccountConn};
use domain::{AppError, Code};
use kernel::{RequestCx, Result};
use serde::{Deserialize, Serialize};

/// How long the second step may take, in seconds (Kanidm: 300).
pub const SECOND_SECONDS: i64 = 300;

/// Who gave the right password, and until when the code may follow.
#[derive(Serialize, Deserialize)]
struct Ticket {
    subject: i64,
    epoch: i32,
    until: i64,
}

fn context(cx: &RequestCx) -> String {
    format!("second step {}", cx.site.key())
}

/// A ticket for the second step, sealed for this site.
pub(super) fn ticket(cx: &RequestCx, account: &Account) -> Result<String> {
    let until = cx.services.now().timestamp() + SECOND_SECONDS;
    let text = serde_json::to_string(&Ticket { subject: account.id, epoch: account.session_epoch, until }).unwrap_or_default();
    let sealed = cx.services.keyring.seal(&*cx.services.entropy, &context(cx), &text);
    sealed.ok_or_else(|| kernel::Error::Fault("a ticket could not be sealed".to_owned()))
}

fn open(cx: &RequestCx) -> Option<Ticket> {
    let text = cx.services.keyring.open(&context(cx), cx.request.second.as_deref()?)?;
    let ticket: Ticket = serde_json::from_str(&text).ok()?;
    (ticket.until > cx.services.now().timestamp()).then_some(ticket)
}

/// Whether the browser that asks gave the right password and owes a code.
#[must_use]
pub fn second_is_open(cx: &RequestCx) -> bool {
    cx.auth.is_none() && open(cx).is_some()
}

/// Signs a user in who gave the right password, by a code of the second factor or a recovery code. Gives what the browser
/// keeps to be known again.
///
/// # Errors
/// [`AppError::Validation`] beside `code`, [`AppError::RateLimited`] after too many tries, [`AppError::Conflict`] when
/// the five minutes are over or the account changed meanwhile.
pub async fn sign_in_code(cx: &RequestCx, code: &str) -> Result<String> {
    let over = || AppError::conflict(Code::SignInExpired, "", "Too much time has passed. Sign in again.");
    let ticket = open(cx).ok_or_else(over)?;
    let mut conn = AccountConn::open(cx).await?;
    let found = conn.get(ticket.subject).await;
    let account = conn.finish(found).await?;
    let account = account.filter(|account| account.is_active && account.session_epoch == ticket.epoch).ok_or_else(over)?;
    let limits = RateLimits::of_address(cx).await?;
    let how = match factor_check(cx, &account, code).await? {
        FactorUsed::ByCode => "password and code",
        FactorUsed::ByRecoveryCode => "password and recovery code",
    };
    let mut conn = AccountConn::open(cx).await?;
    let noted = async {
        sign_in_note(cx, &mut conn, &account, how).await?;
        conn.password_hash(account.id).await
    }
    .await;
    let hash = conn.finish(noted).await?;
    limits.give_back(cx).await?;
    session_start(cx, account.id, account.session_epoch).await?;
    Ok(device_new(cx, account.id, hash.as_deref().unwrap_or_default()))
}
