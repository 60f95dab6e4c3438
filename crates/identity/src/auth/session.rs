//! The session of a user: begun under an id of its own, begun anew, taken away.

use crate::principal::Account;
use cache::session::{AUTH, CLIENT, SessionAuth, SessionClient};
use domain::AppError;
use kernel::{RequestCx, Result};
use tower_sessions_core::Session;

/// After all sessions of a user ended: begins the one that asked anew.
///
/// Neither its end nor its reauthentication is renewed by that; `reauthenticated` says that the password was given just now.
pub(crate) async fn session_restart(cx: &RequestCx, account: &Account, reauthenticated: bool) -> Result<()> {
    let (Some(session), Some(auth)) = (&cx.session, &cx.auth) else { return Ok(()) };
    let goes_on = session_take(cx, session).await?;
    let _ended = cx.sessions().end_all_of(account.id).await;
    if !goes_on {
        return Ok(());
    }
    let reauthenticated_at = if reauthenticated { cx.services.now().timestamp() } else { auth.reauthenticated_at };
    let kept = SessionAuth { epoch: account.session_epoch + 1, reauthenticated_at, ..auth.clone() };
    session_put(cx, session, kept).await
}

/// Starts a session under a new id; the old one, if there was one, is over.
pub(crate) async fn session_start(cx: &RequestCx, subject: i64, epoch: i32) -> Result<()> {
    let Some(session) = &cx.session else { return Ok(()) };
    let now = cx.services.now().timestamp();
    let site = cx.site.key();
    session_put(cx, session, SessionAuth { site, subject, epoch, reauthenticated_at: now, began_at: now, seeing_as: None }).await
}

/// Takes the session away that is to go on under another id. `false` when a user ended it meanwhile, as by signing out:
/// then nothing may go on (security.md 17).
pub(crate) async fn session_take(cx: &RequestCx, session: &Session) -> Result<bool> {
    session.load().await?;
    match session.id() {
        Some(id) => Ok(cx.sessions().take(&id).await?),
        None => Ok(true),
    }
}

/// Goes on with the session of the request under a new id and with this.
///
/// # Errors
/// [`AppError::Unauthenticated`] when it ended meanwhile.
pub(crate) async fn session_change(cx: &RequestCx, auth: SessionAuth) -> Result<()> {
    let session = cx.session.as_ref().ok_or(AppError::Unauthenticated)?;
    if !session_take(cx, session).await? {
        return Err(AppError::Unauthenticated.into());
    }
    session.cycle_id().await?;
    session.insert(AUTH, auth).await?;
    Ok(session.save().await?)
}

async fn session_put(cx: &RequestCx, session: &Session, auth: SessionAuth) -> Result<()> {
    if session.id().is_some() {
        session.clear().await;
        session.cycle_id().await?;
    }
    session.insert(AUTH, auth).await?;
    client_keep(cx, session).await?;
    Ok(session.save().await?)
}

/// What a session remembers of the browser it was begun with.
pub(crate) async fn client_keep(cx: &RequestCx, session: &tower_sessions_core::Session) -> Result<()> {
    let client = SessionClient {
        ip: cx.request.ip.map(|ip| ip.to_string()).unwrap_or_default(),
        user_agent: cx.request.user_agent.clone().unwrap_or_default(),
        started_at: cx.services.now().timestamp(),
    };
    Ok(session.insert(CLIENT, client).await?)
}
