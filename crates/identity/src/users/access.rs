//! What one user may do: roles besides the primary one, and what is granted or denied to this user alone.

use super::rank::manageable;
use super::{UserSetAccess, read::user_head, write::role_keys};
use crate::roles::choices;
use db::{
    DbError,
    tenant::{
        roles,
        tokens::token_end_handed,
        users::{self, AccessChange},
    },
};
use domain::{
    AppError, Code, Permission, PermissionSet, UserId,
    access::{Access, HeldRole, Override, Overrides},
    dto::tenant::{FurtherRole, PermissionRow, UserAccessPage},
    operation,
    role::{OWNER, RoleKey},
};
use kernel::{
    Parsed, RequestCx, Result,
    audit::{Object, diff, entry},
    error::retry,
};
use serde_json::json;

/// What the page of a user's permissions shows.
///
/// # Errors
/// [`AppError::NotFound`] for an id that is not of this company, [`AppError::Forbidden`] without `users.view`.
pub async fn user_access(cx: &RequestCx, id: UserId) -> Result<UserAccessPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_ACCESS).await?;
    let page = async {
        let (record, access, head) = user_head(cx, &mut tx, id).await?;
        let all = roles::role_list(&tx.conn).await?;
        let effective = access.effective();
        let further = choices(all)
            .into_iter()
            .filter(|role| role.key != record.user_type && role.key != OWNER)
            .map(|role| FurtherRole { is_held: access.roles.iter().any(|held| held.key == role.key), role });
        let rows = Permission::ALL.into_iter().map(|permission| PermissionRow {
            permission,
            effective: effective.scope(permission),
            sources: access.sources(permission),
            decided: access.overrides.get(permission),
        });
        let page = UserAccessPage { head, rows: rows.collect(), further: further.collect(), is_owner: effective.is_owner() };
        Ok(page)
    }
    .await;
    tx.finish(page).await
}

/// Gives a user further roles and decides single permissions; the user's sessions end.
///
/// # Errors
/// [`AppError::Forbidden`] for a user above the actor, and for anything the actor lacks; [`AppError::Conflict`] for an
/// owner, and when another user changed the user meanwhile; [`AppError::Validation`]; [`AppError::NotFound`].
pub async fn user_set_access(cx: &RequestCx, id: UserId, command: &Parsed<UserSetAccess>) -> Result<()> {
    retry(|| user_set_access_once(cx, id, command)).await?;
    // The epoch has ended them already; this frees their memory.
    let _ended = cx.sessions().end_all_of(id.0).await;
    Ok(())
}

async fn user_set_access_once(cx: &RequestCx, id: UserId, command: &Parsed<UserSetAccess>) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_SET_ACCESS).await?;
    let done = async {
        let (before, access) = manageable(&mut tx, id).await?;
        let UserSetAccess { version, further, overrides } = command.as_ref().map_err(Clone::clone)?;
        if before.updated_at.timestamp_micros() != *version {
            return Err(DbError::Stale.into());
        }
        if before.user_type == OWNER {
            return Err(AppError::conflict(Code::UserIsOwner, "", "An owner has every permission. Change the primary role first.").into());
        }
        if further.iter().any(RoleKey::is_owner) {
            return Err(AppError::conflict(Code::RoleOwner, "", "To make an owner, change the primary role on the Overview tab.").into());
        }
        let all = roles::role_list(&tx.conn).await?;
        let mut held = Vec::new();
        for role in all.iter().filter(|role| role.key == before.user_type || further.iter().any(|key| key.as_str() == role.key)) {
            let is_new = access.roles.iter().all(|known| known.key != role.key);
            if is_new && !tx.user.holds(&role.permissions) {
                return Err(AppError::Forbidden.into());
            }
            held.push(HeldRole { key: role.key.clone(), name: role.name.clone(), permissions: role.permissions.clone() });
        }
        let after = Access { roles: held, overrides: overrides.clone() };
        // Taking a denial back gives what it denied.
        if !tx.user.holds(&after.effective()) {
            return Err(AppError::Forbidden.into());
        }
        require_granted(&tx.user.permissions, &access.overrides, &after.overrides)?;
        let further: Vec<String> = after.roles.iter().map(|role| role.key.clone()).filter(|key| *key != before.user_type).collect();
        let change = AccessChange {
            role: &before.user_type,
            further: &further,
            overrides: &after.overrides,
            is_staff: after.effective().is_admin_or_owner(),
            now: cx.services.now(),
        };
        users::user_set_access(&mut tx.conn, &before, &change).await?;
        token_end_handed(&mut tx.conn, &[id], tx.user.id, change.now).await?;
        let changed = diff(&[
            ("roles", json!(role_keys(&access)), json!(role_keys(&after))),
            ("tenant_permissions", json!(access.overrides), json!(after.overrides)),
            ("effective", json!(access.effective()), json!(after.effective())),
        ]);
        let line = entry(cx, &tx.actor, "user.permissions_set", Object::new("user", id, before.email.as_str()), changed);
        tx.conn.audit(line);
        Ok(())
    }
    .await;
    tx.finish(done).await
}

/// Goes on only if the actor holds whatever is granted now and was not before, even where a denial hides it for now.
fn require_granted(held: &PermissionSet, before: &Overrides, after: &Overrides) -> Result<()> {
    for permission in Permission::ALL {
        if let Override::Grant(scope) = after.get(permission)
            && after.get(permission) != before.get(permission)
            && held.scope(permission) < Some(scope)
        {
            return Err(AppError::Forbidden.into());
        }
    }
    Ok(())
}
