//! Users of a company.

mod access;
mod form;
mod write;

pub use access::{AccessForm, user_access, user_set_access};
pub use form::UserForm;
pub use write::{user_create, user_link_create, user_set_active, user_update};

use crate::{
    RequestCx, Result,
    cx::{TenantTx, TenantUser},
    roles::choices,
};
use db::tenant::{
    audit,
    roles::{self, RoleRecord},
    tokens,
    users::{self, UserFilter, UserRecord},
};
use domain::{
    AppError, Permission, UserId,
    access::Access,
    dto::tenant::{UserHead, UserListPage, UserNewPage, UserPage, UserRow},
    list::{ListPage, ListQuery},
};

/// The filters the list knows.
pub const FILTERS: &[&str] = &["role", "status"];

/// A user as lists show one; `names` are keys and names of roles.
fn row(record: &UserRecord, names: &[(String, String)]) -> UserRow {
    let named = names.iter().find(|(key, _)| *key == record.user_type);
    UserRow {
        id: UserId(record.id),
        name: record.full_name(),
        email: record.email.clone(),
        username: record.username.clone(),
        role: record.user_type.clone(),
        role_name: named.map_or_else(|| record.user_type.clone(), |(_, name)| name.clone()),
        is_active: record.is_active,
        last_login: record.last_login,
        created_at: record.created_at,
    }
}

fn names(roles: &[RoleRecord]) -> Vec<(String, String)> {
    roles.iter().map(|role| (role.key.clone(), role.name.clone())).collect()
}

/// One page of the list of users.
///
/// # Errors
/// [`AppError::Forbidden`] without `users.view`.
pub async fn user_list(cx: &RequestCx, query: &ListQuery) -> Result<(TenantUser, UserListPage)> {
    let mut tx = cx.tenant_begin().await?;
    let page = async {
        tx.require(Permission::UsersView)?;
        let roles = roles::role_list(&mut tx.conn).await?;
        let active = match query.filter("status").collect::<Vec<_>>().as_slice() {
            ["active"] => Some(true),
            ["inactive"] => Some(false),
            _ => None,
        };
        let filter = UserFilter { search: query.q.clone(), roles: query.filter("role").map(str::to_owned).collect(), active };
        let found = users::user_list(&mut tx.conn, &filter, query).await?;
        let quota = users::quota_get(&mut tx.conn).await?;
        let ListPage { rows, total, offset, before, after, cursor_ignored } = found;
        let names = names(&roles);
        let rows = rows.iter().map(|record| row(record, &names)).collect();
        let page = ListPage { rows, total, offset, before, after, cursor_ignored };
        let can_create = tx.user.permissions.can_create_users();
        Ok((tx.user.clone(), UserListPage { page, roles: choices(&roles, &tx.user), quota, can_create }))
    }
    .await;
    tx.finish(page).await
}

/// What the page for a new user shows.
///
/// # Errors
/// [`AppError::Forbidden`] without `users.create`.
pub async fn user_new(cx: &RequestCx) -> Result<(TenantUser, UserNewPage)> {
    let mut tx = cx.tenant_begin().await?;
    let page = async {
        tx.require(Permission::UsersCreate)?;
        let roles = roles::role_list(&mut tx.conn).await?;
        let quota = users::quota_get(&mut tx.conn).await?;
        Ok((tx.user.clone(), UserNewPage { roles: choices(&roles, &tx.user), quota }))
    }
    .await;
    tx.finish(page).await
}

/// A user, what the user may do, and what every page of the user shows.
async fn user_head(tx: &mut TenantTx, id: UserId) -> Result<(UserRecord, Access, UserHead)> {
    tx.require(Permission::UsersView)?;
    let record = users::user_get(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
    let access = users::user_access(&mut tx.conn, &record).await?;
    let names: Vec<(String, String)> = access.roles.iter().map(|role| (role.key.clone(), role.name.clone())).collect();
    let head = UserHead {
        user: row(&record, &names),
        version: record.updated_at.timestamp_micros(),
        has_password: record.password_hash.is_some(),
        can_manage: tx.user.permissions.can_manage_users() && tx.user.permissions.covers(&access.effective()),
        is_self: tx.user.id == id,
    };
    Ok((record, access, head))
}

/// What the page of a user shows.
///
/// # Errors
/// [`AppError::NotFound`] for an id that is not of this company, [`AppError::Forbidden`] without `users.view`.
pub async fn user_get(cx: &RequestCx, id: UserId) -> Result<(TenantUser, UserPage)> {
    let mut tx = cx.tenant_begin().await?;
    let page = async {
        let (record, _, head) = user_head(&mut tx, id).await?;
        let roles = roles::role_list(&mut tx.conn).await?;
        let invite_open_until = tokens::token_open_until(&mut tx.conn, id, cx.services.now()).await?;
        let reads_audit = tx.user.permissions.has(Permission::AuditView);
        let audit = if reads_audit { audit::audit_newest(&mut tx.conn, Some(("user", &id.to_string())), 10).await? } else { Vec::new() };
        let page = UserPage {
            head,
            first_name: record.first_name,
            last_name: record.last_name,
            invite_open_until,
            roles: choices(&roles, &tx.user),
            sessions: 0,
            audit,
        };
        Ok((tx.user.clone(), page))
    }
    .await;
    let (user, mut page) = tx.finish(page).await?;
    page.sessions = cx.services.sessions(cx.site.key()).count_of(id.0).await?;
    Ok((user, page))
}

/// Locks the user to be changed, whom the actor must be allowed to change.
async fn manageable(tx: &mut TenantTx, id: UserId) -> Result<(UserRecord, Access)> {
    tx.require(Permission::UsersManage)?;
    let record = users::user_lock(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
    let access = users::user_access(&mut tx.conn, &record).await?;
    if tx.user.permissions.covers(&access.effective()) { Ok((record, access)) } else { Err(AppError::Forbidden.into()) }
}
