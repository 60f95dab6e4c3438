//! To whom a user reports. Who has a role that reaches a team sees the records of the users below.

use super::rank::manageable;
use db::tenant::{
    records::reports_of,
    users::{self, user_set_manager as set_row},
};
use domain::{AppError, Code, Email, Login, UserId, operation};
use kernel::{
    RequestCx, Result,
    audit::{Object, diff, entry},
    error::retry,
};
use serde_json::json;

/// Sets to whom a user reports: an e-mail address, or nothing for no one. Gives the user's name.
///
/// # Errors
/// [`AppError::Validation`] beside `manager`; [`AppError::Forbidden`] for a user above the actor, and for an actor who does not see all
/// records of every pipeline: it says whose records are seen; [`AppError::NotFound`].
pub async fn user_set_manager(cx: &RequestCx, id: UserId, manager: &str) -> Result<String> {
    retry(|| set_once(cx, id, manager)).await
}

async fn set_once(cx: &RequestCx, id: UserId, typed: &str) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_SET_MANAGER).await?;
    let done = async {
        let refuse = |text: &str| AppError::field(Code::FieldInvalid, "manager", text);
        if !tx.user.given.can_view_all_data() {
            return Err(AppError::Forbidden.into());
        }
        let (record, _) = manageable(&mut tx, id).await?;
        let manager = match typed.trim() {
            "" => None,
            typed => {
                let email = Email::parse(typed).map_err(|_| refuse("Enter the e-mail address of an active user"))?;
                let found = users::user_find(&mut tx.conn, &Login::Email(email.key())).await?.map(|(user, _)| user);
                let found = found.filter(|user| user.is_active).ok_or_else(|| refuse("Enter the e-mail address of an active user"))?;
                Some(found)
            }
        };
        if let Some(manager) = &manager {
            if manager.id == id.0 {
                return Err(refuse("A user cannot report to themselves").into());
            }
            if reports_of(&tx.conn, id).await?.contains(&UserId(manager.id)) {
                return Err(refuse("This user already reports to the user you are changing, directly or through others").into());
            }
        }
        let before = users::user_manager(&tx.conn, id).await?;
        let after = manager.as_ref().map(|manager| UserId(manager.id));
        if before.as_ref().map(|before| UserId(before.id)) != after {
            set_row(&mut tx.conn, id, after).await?;
            let email = |email: Option<String>| json!(email);
            let changed = diff(&[("manager", email(before.map(|user| user.email)), email(manager.map(|user| user.email)))]);
            let line = entry(cx, &tx.actor, "user.update", Object::new("user", id, record.email.as_str()), changed);
            tx.conn.audit(line);
        }
        Ok(record.full_name())
    }
    .await;
    tx.finish(done).await
}
