//! The open sessions of the signed-in user.

use crate::auth::{reauthenticate, session_restart};
use crate::principal::AccountConn;
use cache::session::OpenSession;
use chrono::DateTime;
use domain::{
    AppError,
    dto::account::{SessionRow, SessionsPage},
    operation,
};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
};
use secrecy::SecretString;
use serde_json::json;

/// One's own open sessions, this one first, then by their last request.
///
/// # Errors
/// [`AppError::Unauthenticated`] when nobody is signed in.
pub async fn sessions(cx: &RequestCx) -> Result<SessionsPage> {
    let (mut conn, account) = AccountConn::open_own(cx).await?;
    let noted = conn.caller_note(cx, &account).await;
    conn.finish(noted).await?;
    let store = cx.sessions();
    let this = cx.session.as_ref().and_then(tower_sessions_core::Session::id);
    let open = store.list_of(account.id, account.session_epoch).await?;
    let mut rows: Vec<SessionRow> = open
        .into_iter()
        .map(|session| {
            let is_this = this.is_some_and(|id| store.is_named(&id, &session.name));
            session_row(session, is_this)
        })
        .collect();
    rows.sort_by_key(|row| (!row.is_this, std::cmp::Reverse(row.seen_at)));
    Ok(SessionsPage { rows })
}

/// An open session as pages show one.
pub(crate) fn session_row(session: OpenSession, is_this: bool) -> SessionRow {
    SessionRow {
        is_this,
        browser: browser(&session.client.user_agent),
        ip: session.client.ip,
        started_at: DateTime::from_timestamp(session.client.started_at, 0).unwrap_or_default(),
        seen_at: DateTime::from_timestamp(session.seen_at, 0).unwrap_or_default(),
        id: session.name,
    }
}

/// Browser and system of a user agent, as far as they are known.
pub(crate) fn browser(user_agent: &str) -> String {
    match woothee::parser::Parser::new().parse(user_agent) {
        Some(found) if found.name != "UNKNOWN" && found.os != "UNKNOWN" => format!("{} on {}", found.name, found.os),
        Some(found) if found.name != "UNKNOWN" => found.name.to_owned(),
        _ => user_agent.chars().take(60).collect(),
    }
}

/// Ends one of one's own sessions, or all but the one that asks.
///
/// # Errors
/// [`AppError::NotFound`] for a session that is not there or another user's, [`AppError::ReauthRequired`] (ASVS 5.0,
/// 7.5.2), [`AppError::Unauthenticated`].
pub async fn session_end(cx: &RequestCx, id: Option<&str>, password: &SecretString) -> Result<()> {
    let (conn, account) = AccountConn::open_settled(cx).await?;
    conn.finish(Ok(())).await?;
    let reauthenticated = cx.reauthentication_is_needed();
    reauthenticate(cx, password).await?;
    let store = cx.sessions();
    if let Some(name) = id {
        let own = store.list_of(account.id, account.session_epoch).await?;
        if !own.iter().any(|session| session.name == name) {
            return Err(AppError::NotFound.into());
        }
    }
    let mut conn = AccountConn::begin(cx, &operation::shared::ACCOUNT_SESSION_END).await?;
    let noted = async {
        if id.is_none() {
            conn.epoch_next(account.id).await?;
        }
        let actor = conn.actor(&account);
        let object = Object::new("session", account.id, account.email.clone());
        let action = if id.is_some() { "session.delete" } else { "session.delete_others" };
        conn.audit(entry(cx, &actor, action, object, json!({})));
        Ok(())
    }
    .await;
    conn.finish(noted).await?;
    match id {
        Some(name) => Ok(store.end_one_of(account.id, name).await.map(|_ended| ())?),
        None => session_restart(cx, &account, reauthenticated).await,
    }
}
