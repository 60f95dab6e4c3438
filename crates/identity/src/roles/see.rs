//! Seeing the site as a role: the session goes on with the rights of that role alone.

use crate::auth::session_change;
use cache::session::SessionAuth;
use db::tenant::roles;
use domain::{AppError, operation};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
};
use serde_json::json;

/// Goes on with the rights of a role alone, until [`role_see_end`]. It only narrows what the actor may do: the actor has to hold all that the
/// role permits, and is who acts as before. Gives the name of the role.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Forbidden`] without `roles.manage` or for a role that permits more.
pub async fn role_see(cx: &RequestCx, key: &str) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::ROLE_SEE).await?;
    let found = async {
        let role = roles::role_list(&tx.conn).await?.into_iter().find(|role| role.key == key).ok_or(AppError::NotFound)?;
        if !tx.user.holds(&role.permissions) {
            return Err(AppError::Forbidden.into());
        }
        let line = entry(cx, &tx.actor, "role.see", Object::new("role", key, &role.name), json!({}));
        tx.conn.audit(line);
        Ok(role.name)
    }
    .await;
    let name = tx.finish(found).await?;
    seeing_set(cx, Some(key)).await?;
    Ok(name)
}

/// Goes on with the actor's own rights.
///
/// # Errors
/// [`AppError::Unauthenticated`] when nobody is signed in.
pub async fn role_see_end(cx: &RequestCx) -> Result<()> {
    cx.tenant_permit(&operation::tenant::ROLE_SEE_END).await?;
    seeing_set(cx, None).await
}

async fn seeing_set(cx: &RequestCx, role: Option<&str>) -> Result<()> {
    let auth = cx.auth.clone().ok_or(AppError::Unauthenticated)?;
    session_change(cx, SessionAuth { seeing_as: role.map(str::to_owned), ..auth }).await
}
