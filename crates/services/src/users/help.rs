//! What admins do for somebody in trouble: ending sessions, taking a lost second factor away.

use super::manageable;
use crate::{
    RequestCx, Result,
    audit::{Object, entry},
    auth::reauthenticate,
};
use db::{
    factor::{FactorConn, factor_delete},
    tenant::users,
};
use domain::{AppError, Permission, UserId};
use secrecy::SecretString;
use serde_json::json;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Help {
    SignOut,
    Factor,
}

/// Ends all sessions of a user. Gives the name.
///
/// # Errors
/// [`AppError::Forbidden`] without `sessions.manage` and for somebody above the actor, [`AppError::NotFound`].
pub async fn user_sign_out(cx: &RequestCx, id: UserId) -> Result<String> {
    help(cx, id, Help::SignOut).await
}

/// Takes the second factor of a user away who has lost it; all sessions end. Gives the name.
///
/// # Errors
/// [`AppError::Conflict`] for somebody without one, [`AppError::ReauthRequired`]: the password alone guards the account
/// then; [`AppError::Forbidden`] for somebody above the actor, [`AppError::NotFound`].
pub async fn user_mfa_reset(cx: &RequestCx, id: UserId, proof: &SecretString) -> Result<String> {
    let mut tx = cx.tenant_begin().await?;
    let may = manageable(&mut tx, id).await.map(|_| ());
    tx.finish(may).await?;
    reauthenticate(cx, proof).await?;
    help(cx, id, Help::Factor).await
}

async fn help(cx: &RequestCx, id: UserId, what: Help) -> Result<String> {
    let mut tx = cx.tenant_begin().await?;
    let done = async {
        if what == Help::SignOut {
            tx.require(Permission::SessionsManage)?;
        }
        let (record, _) = manageable(&mut tx, id).await?;
        if what == Help::Factor && !factor_delete(&mut FactorConn::Tenant(&mut tx.conn), id.0).await? {
            return Err(AppError::conflict("", "This person has no second factor").into());
        }
        users::user_epoch_next(&mut tx.conn, id).await?;
        let action = if what == Help::SignOut { "user.sign_out" } else { "user.mfa_reset" };
        let line = entry(cx, &tx.actor(), action, Object::new("user", id, record.email.as_str()), json!({}));
        db::audit_append_tenant(&mut tx.conn, &line).await?;
        Ok(record.full_name())
    }
    .await;
    let name = tx.finish(done).await?;
    // The epoch has ended them already; this frees their room.
    let _ended = cx.services.sessions(cx.site.key()).end_all_of(id.0).await;
    Ok(name)
}
