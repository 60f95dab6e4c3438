//! What admins do for a user in trouble: ending sessions, taking a lost second factor away.

use super::rank::{manageable, ranked};
use crate::auth::{reauthenticate, tries_names};
use db::{
    factor::{FactorConn, factor_delete},
    tenant::users,
};
use domain::{AppError, Code, Operation, UserId, operation};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
};
use secrecy::SecretString;
use serde_json::json;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Help {
    SignOut,
    Factor,
    Password,
}

impl Help {
    const fn operation(self) -> &'static Operation {
        match self {
            Self::SignOut => &operation::tenant::USER_SIGN_OUT,
            Self::Factor => &operation::tenant::USER_MFA_RESET,
            Self::Password => &operation::tenant::USER_PASSWORD_EXPIRE,
        }
    }
}

/// Ends all sessions of a user. Gives the name.
///
/// # Errors
/// [`AppError::Forbidden`] without `sessions.manage` and for a user above the actor, [`AppError::NotFound`].
pub async fn user_sign_out(cx: &RequestCx, id: UserId) -> Result<String> {
    help(cx, id, Help::SignOut).await
}

/// Takes the second factor of a user away who has lost it; all sessions end. Gives the name.
///
/// # Errors
/// [`AppError::Conflict`] for a user without one, [`AppError::ReauthRequired`]: the password alone guards the account
/// then; [`AppError::Forbidden`] for a user above the actor, [`AppError::NotFound`].
pub async fn user_mfa_reset(cx: &RequestCx, id: UserId, reauthentication: &SecretString) -> Result<String> {
    let mut tx = cx.tenant_begin_before(&operation::tenant::USER_MFA_RESET).await?;
    let own = tx.user.id == id;
    let may = manageable(&mut tx, id).await.and_then(|_| {
        if own {
            Err(AppError::conflict(Code::UserIsSelf, "", "This is you. Change your second factor on your account page.").into())
        } else {
            Ok(())
        }
    });
    tx.finish(may).await?;
    reauthenticate(cx, reauthentication).await?;
    help(cx, id, Help::Factor).await
}

/// Asks a user for a new password before anything else, from the next request on. Gives the name.
///
/// # Errors
/// [`AppError::Conflict`] for oneself, and for a user without a password; [`AppError::Forbidden`] for a user above the
/// actor, [`AppError::NotFound`].
pub async fn user_password_expire(cx: &RequestCx, id: UserId) -> Result<String> {
    help(cx, id, Help::Password).await
}

/// Ends all sessions of a user in the transaction of a bulk act, but for their rows in Redis.
pub(super) async fn user_sign_out_in(cx: &RequestCx, tx: &mut TenantTx, id: UserId) -> Result<()> {
    help_in(cx, tx, id, Help::SignOut).await.map(drop)
}

async fn help_in(cx: &RequestCx, tx: &mut TenantTx, id: UserId, what: Help) -> Result<String> {
    let record = match what {
        Help::SignOut => ranked(tx, id).await?.0,
        Help::Factor | Help::Password => manageable(tx, id).await?.0,
    };
    if what == Help::Password {
        if tx.user.id == id {
            return Err(AppError::conflict(Code::UserIsSelf, "", "This is you. Change your password on your account page.").into());
        }
        if !record.has_password {
            return Err(AppError::conflict(Code::UserNoPassword, "", "This user has no password yet").into());
        }
    }
    if what == Help::Factor && !factor_delete(&mut FactorConn::Tenant(&mut tx.conn), id.0).await? {
        return Err(AppError::conflict(Code::SecondFactorMissing, "", "This user has no second factor").into());
    }
    let action = match what {
        Help::SignOut => "user.sign_out",
        Help::Factor => "user.mfa_reset",
        Help::Password => "user.password_expire",
    };
    if what == Help::Password {
        let hash = users::user_password_hash(&tx.conn, id).await?;
        users::user_must_change_password(&mut tx.conn, id, hash.as_deref()).await?;
    } else {
        users::user_epoch_next(&mut tx.conn, id).await?;
    }
    let line = entry(cx, &tx.actor, action, Object::new("user", id, record.email.as_str()), json!({}));
    tx.conn.audit(line);
    Ok(record.full_name())
}

async fn help(cx: &RequestCx, id: UserId, what: Help) -> Result<String> {
    let mut tx = cx.tenant_begin(what.operation()).await?;
    let done = help_in(cx, &mut tx, id, what).await;
    let name = tx.finish(done).await?;
    if what != Help::Password {
        // The epoch has ended them already; this frees their memory.
        let _ended = cx.sessions().end_all_of(id.0).await;
    }
    Ok(name)
}

/// The seconds for which a user cannot sign in, after too many wrong passwords.
pub(super) async fn locked_for(cx: &RequestCx, id: UserId) -> Result<Option<u32>> {
    let now = cx.services.now().timestamp_millis();
    let mut longest = None;
    for name in tries_names(cx, id.0) {
        longest = longest.max(cx.services.redis.account_wait(cx.site.key(), &name, now).await?);
    }
    Ok(longest)
}

/// Lets a user try to sign in again at once, after too many wrong passwords. Gives the name.
///
/// # Errors
/// [`AppError::Conflict`] for a user who need not wait, [`AppError::Forbidden`] for a user above the actor,
/// [`AppError::NotFound`].
pub async fn user_unlock(cx: &RequestCx, id: UserId) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_UNLOCK).await?;
    let found = manageable(&mut tx, id).await;
    let (record, _) = tx.finish(found).await?;
    cx.services.redis.locked_forget(cx.site.key(), id.0).await?;
    if locked_for(cx, id).await?.is_none() {
        return Err(AppError::conflict(Code::UserNotLocked, "", "This user is not locked").into());
    }
    let mut tx = cx.tenant_begin(&operation::tenant::USER_UNLOCK).await?;
    let done = async {
        let (record, _) = manageable(&mut tx, id).await?;
        let line = entry(cx, &tx.actor, "user.unlock", Object::new("user", id, record.email.as_str()), json!({}));
        tx.conn.audit(line);
        Ok(())
    }
    .await;
    tx.finish(done).await?;
    for name in tries_names(cx, id.0) {
        cx.services.redis.account_clear(cx.site.key(), &name).await?;
    }
    Ok(record.full_name())
}
