//! Roles of a company: those that came with it, and those it makes itself. Nobody gives what they do not hold.

mod form;
mod record_fields;
mod records;
mod see;
mod unbar;

pub use form::{RoleCommand, RoleForm};
pub use record_fields::{role_fields_get, role_fields_set};
pub use records::{RoleReachForm, role_reach_get, role_reach_update};
pub use see::{role_see, role_see_end};

use db::{
    DbError,
    tenant::{
        roles::{self, RoleRecord, RoleValues},
        tokens::{token_end_handed, token_end_handed_role},
        users,
    },
};
use domain::{
    AppError, Code, PermissionSet,
    access::Access,
    dto::tenant::{RoleChoice, RoleListPage, RoleLock, RoleNewPage, RolePage, RoleRow},
    list::Count,
    operation,
    role::{OWNER, SystemRole},
};
use kernel::{
    Parsed, RequestCx, Result,
    audit::{Object, diff, entry},
    cx::TenantTx,
    error::retry,
};
use serde_json::json;

/// What a role is for: the product's sentence, or what the company wrote.
fn sentence(role: &RoleRecord) -> String {
    SystemRole::find(&role.key).map_or_else(|| role.description.clone(), |system| system.sentence.to_owned())
}

fn row(role: RoleRecord, holders: &[(String, Count)]) -> RoleRow {
    let count = holders.iter().find(|(key, _)| *key == role.key).map_or(Count::Exact(0), |(_, count)| *count);
    RoleRow {
        holders: count,
        sentence: sentence(&role),
        key: role.key,
        name: role.name,
        is_system: role.is_system,
        permissions: role.permissions,
        updated_at: role.updated_at,
    }
}

/// Roles to choose from.
pub(crate) fn choices(roles: Vec<RoleRecord>) -> Vec<RoleChoice> {
    let choice = |role: RoleRecord| RoleChoice { sentence: sentence(&role), key: role.key, name: role.name, permissions: role.permissions };
    roles.into_iter().map(choice).collect()
}

/// Whether a system role opens the company's administration pages.
pub fn is_staff(role: &str) -> bool {
    SystemRole::find(role).is_some_and(|role| role.permission_set().is_admin_or_owner())
}

/// All roles, with how many hold each.
///
/// # Errors
/// [`AppError::Forbidden`] for a user who neither sees users nor defines roles.
pub async fn role_list(cx: &RequestCx) -> Result<RoleListPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::ROLE_LIST).await?;
    let page = async {
        let holders = roles::role_holders(&mut tx.conn).await?;
        let rows = roles::role_list(&tx.conn).await?.into_iter().map(|role| row(role, &holders)).collect();
        Ok(RoleListPage { rows })
    }
    .await;
    tx.finish(page).await
}

/// What the page for a new role shows; `template` is the key of the role to begin from.
///
/// # Errors
/// [`AppError::Forbidden`] without `roles.manage`.
pub async fn role_new(cx: &RequestCx, template: &str) -> Result<RoleNewPage> {
    let tx = cx.tenant_begin(&operation::tenant::ROLE_NEW).await?;
    let page = async {
        let templates: Vec<RoleRow> = roles::role_list(&tx.conn).await?.into_iter().map(|role| row(role, &[])).collect();
        let held = &tx.user.given;
        // What the viewer does not hold is not begun from either.
        let template = templates.iter().find(|role| role.key == template).cloned();
        let template = template.map(|role| RoleRow { permissions: role.permissions.within(held), ..role });
        Ok(RoleNewPage { templates, template })
    }
    .await;
    tx.finish(page).await
}

/// What the page of a role shows, beside `other` where there is one of that key.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Forbidden`] as for [`role_list`].
pub async fn role_get(cx: &RequestCx, key: &str, other: &str) -> Result<RolePage> {
    let mut tx = cx.tenant_begin(&operation::tenant::ROLE_GET).await?;
    let page = async {
        let mut all = roles::role_list(&tx.conn).await?;
        let above = above(&tx, &all);
        let at = all.iter().position(|role| role.key == key).ok_or(AppError::NotFound)?;
        let record = all.remove(at);
        let holders = roles::role_holders(&mut tx.conn).await?;
        let locked = lock_of(&mut tx, &record, &above).await?;
        let page = RolePage {
            version: record.updated_at.timestamp_micros(),
            other: all.iter().find(|role| role.key == other).cloned().map(|role| row(role, &holders)),
            others: choices(all),
            role: row(record, &holders),
            locked,
        };
        Ok(page)
    }
    .await;
    tx.finish(page).await
}

/// The roles that permit something the actor may not do.
fn above(tx: &TenantTx, all: &[RoleRecord]) -> Vec<String> {
    all.iter().filter(|role| !tx.user.holds(&role.permissions)).map(|role| role.key.clone()).collect()
}

/// The role of that key, locked for the actor to change it.
async fn change_begin(tx: &mut TenantTx, key: &str) -> Result<RoleRecord> {
    let before = roles::role_lock(&mut tx.conn, key).await?.ok_or(AppError::NotFound)?;
    let all = roles::role_list(&tx.conn).await?;
    let above = above(tx, &all);
    match lock_of(tx, &before, &above).await? {
        None => Ok(before),
        Some(lock) => {
            let code = match lock {
                RoleLock::System => Code::RoleSystem,
                RoleLock::Outranks => Code::RoleOutranks,
                RoleLock::HeldAbove => Code::RoleHeldAbove,
            };
            Err(AppError::conflict(code, "", lock.sentence()).into())
        }
    }
}

/// What keeps the actor from changing this role: it is none of the company's own, holds something the actor lacks, or
/// a user who holds it has more than the actor.
async fn lock_of(tx: &mut TenantTx, role: &RoleRecord, above: &[String]) -> Result<Option<RoleLock>> {
    if role.is_system {
        return Ok(Some(RoleLock::System));
    }
    rank_lock(tx, role, above).await
}

/// What keeps the actor from changing what this role permits, be it a system role.
async fn rank_lock(tx: &mut TenantTx, role: &RoleRecord, above: &[String]) -> Result<Option<RoleLock>> {
    if !tx.user.holds(&role.permissions) {
        return Ok(Some(RoleLock::Outranks));
    }
    let mut outranked = !above.is_empty() && users::role_meets(&mut tx.conn, &role.key, above).await?;
    for overrides in users::role_overrides(&mut tx.conn, &role.key).await? {
        outranked |= !tx.user.holds(&Access { roles: Vec::new(), overrides }.effective());
    }
    Ok(outranked.then_some(RoleLock::HeldAbove))
}

fn taken(error: DbError) -> kernel::Error {
    match error {
        DbError::Unique { constraint } if constraint == "roles_name_key" || constraint == "roles_pkey" => {
            AppError::conflict(Code::RoleNameTaken, "name", "Another role has this name").into()
        }
        other => other.into(),
    }
}

/// Makes a role. Gives its key.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields, [`AppError::Forbidden`] without
/// `roles.manage` or for a permission the actor lacks.
pub async fn role_create(cx: &RequestCx, command: &Parsed<RoleCommand>) -> Result<String> {
    retry(|| role_create_once(cx, command)).await
}

async fn role_create_once(cx: &RequestCx, command: &Parsed<RoleCommand>) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::ROLE_CREATE).await?;
    let done = async {
        let parsed = command.as_ref().map_err(Clone::clone)?;
        require_held(&tx, &parsed.permissions)?;
        let key = key_free(&mut tx, &parsed.key()).await?;
        let values =
            RoleValues { name: &parsed.name, description: &parsed.description, permissions: &parsed.permissions, now: cx.services.now() };
        roles::role_insert(&mut tx.conn, &key, &values).await.map_err(taken)?;
        let changed =
            json!({ "name": [null, parsed.name], "description": [null, parsed.description], "permissions": [null, parsed.permissions] });
        let line = entry(cx, &tx.actor, "role.create", Object::new("role", &key, &parsed.name), changed);
        tx.conn.audit(line);
        Ok(key)
    }
    .await;
    tx.finish(done).await
}

/// The key made of the name, with a number where it is taken: keys of different names may be alike.
async fn key_free(tx: &mut TenantTx, wish: &str) -> Result<String> {
    let all = roles::role_list(&tx.conn).await?;
    let numbered = (2..).map(|number| format!("{wish}_{number}"));
    let free = std::iter::once(wish.to_owned()).chain(numbered).find(|key| all.iter().all(|role| role.key != *key));
    Ok(free.unwrap_or_default())
}

fn require_held(tx: &TenantTx, permissions: &PermissionSet) -> Result<()> {
    if tx.user.holds(permissions) { Ok(()) } else { Err(AppError::Forbidden.into()) }
}

/// Changes a role. What its holders may do changes with their next request. `version` is the one the form was filled
/// from.
///
/// # Errors
/// As for [`role_create`]; [`AppError::NotFound`]; [`AppError::Conflict`] for a role that came with the company, and when
/// another user changed it meanwhile.
pub async fn role_update(cx: &RequestCx, key: &str, version: i64, command: &Parsed<RoleCommand>) -> Result<()> {
    retry(|| role_update_once(cx, key, version, command)).await
}

async fn role_update_once(cx: &RequestCx, key: &str, version: i64, command: &Parsed<RoleCommand>) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::ROLE_UPDATE).await?;
    let done = async {
        let before = change_begin(&mut tx, key).await?;
        let parsed = command.as_ref().map_err(Clone::clone)?;
        require_held(&tx, &parsed.permissions)?;
        if before.updated_at.timestamp_micros() != version {
            return Err(DbError::Stale.into());
        }
        let values =
            RoleValues { name: &parsed.name, description: &parsed.description, permissions: &parsed.permissions, now: cx.services.now() };
        roles::role_update(&mut tx.conn, key, &values).await.map_err(taken)?;
        if !before.permissions.covers(&parsed.permissions) {
            token_end_handed_role(&mut tx.conn, key, tx.user.id, values.now).await?;
        }
        if before.permissions.is_admin_or_owner() != parsed.permissions.is_admin_or_owner() {
            users::staff_refresh(&mut tx.conn).await?;
        }
        let changed = diff(&[
            ("name", json!(before.name), json!(parsed.name)),
            ("description", json!(before.description), json!(parsed.description)),
            ("permissions", json!(before.permissions), json!(parsed.permissions)),
        ]);
        let line = entry(cx, &tx.actor, "role.update", Object::new("role", key, &parsed.name), changed);
        tx.conn.audit(line);
        Ok(())
    }
    .await;
    tx.finish(done).await
}

/// Deletes a role. Those whose primary role it was get `fallback` and are signed out; from the others it is taken. Gives
/// its name.
///
/// # Errors
/// [`AppError::Conflict`] for a role that came with the company, [`AppError::Validation`] beside `fallback`,
/// [`AppError::Forbidden`] for a fallback above the actor, [`AppError::NotFound`].
pub async fn role_delete(cx: &RequestCx, key: &str, fallback: &str) -> Result<String> {
    let (name, moved) = retry(|| role_delete_once(cx, key, fallback)).await?;
    let sessions = cx.sessions();
    for user in moved {
        // The epoch has ended them already; this frees their memory.
        if sessions.end_all_of(user.0).await.is_err() {
            break;
        }
    }
    Ok(name)
}

async fn role_delete_once(cx: &RequestCx, key: &str, fallback: &str) -> Result<(String, Vec<domain::UserId>)> {
    let mut tx = cx.tenant_begin(&operation::tenant::ROLE_DELETE).await?;
    let done = async {
        let before = change_begin(&mut tx, key).await?;
        let target = if fallback == key { None } else { roles::role_lock(&mut tx.conn, fallback).await? };
        let target = target.ok_or_else(|| AppError::field(Code::FieldRequired, "fallback", "Choose the replacement role"))?;
        if target.key == OWNER {
            return Err(AppError::field(Code::RoleOwner, "fallback", "Owners can only be made one at a time").into());
        }
        require_held(&tx, &target.permissions)?;
        let now = cx.services.now();
        let (moved, taken_from) = users::role_holders_move(&mut tx.conn, key, fallback, now).await?;
        token_end_handed(&mut tx.conn, &moved, tx.user.id, now).await?;
        unbar::fields_unbar(cx, &mut tx, key).await?;
        roles::role_delete(&mut tx.conn, key).await?;
        if before.permissions.is_admin_or_owner() || target.permissions.is_admin_or_owner() {
            users::staff_refresh(&mut tx.conn).await?;
        }
        let values = json!({ "fallback": fallback, "moved": moved, "taken_from": taken_from, "permissions": [before.permissions, null] });
        let line = entry(cx, &tx.actor, "role.delete", Object::new("role", key, &before.name), values);
        tx.conn.audit(line);
        Ok((before.name, moved))
    }
    .await;
    tx.finish(done).await
}
