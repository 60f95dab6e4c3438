//! Users of a company.

mod access;
mod form;
mod help;
mod links;
mod watch;
mod write;

pub use access::{AccessForm, user_access, user_set_access};
pub use form::UserForm;
pub use help::{user_mfa_reset, user_sign_out};
pub use links::{Handed, user_link_create, user_link_revoke, user_mail_send};
pub use watch::{AUDIT_FILTERS, user_audit, user_sign_ins};
pub use write::{user_create, user_set_active, user_update};

use crate::{
    RequestCx, Result,
    account::link_status,
    auth::proof_is_needed,
    cx::{TenantTx, TenantUser},
    roles::choices,
};
use chrono::{DateTime, Utc};
use db::{
    factor::{FactorConn, totp_get},
    tenant::{
        audit,
        roles::{self, RoleRecord},
        tokens::{self, TokenRecord},
        users::{self, UserFilter, UserRecord},
    },
};
use domain::{
    AppError, Permission, UserId,
    access::Access,
    dto::{
        LinkInfo, MailStatus,
        tenant::{UserHead, UserListPage, UserNewPage, UserPage, UserRow},
    },
    list::ListQuery,
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
        let names = names(&roles);
        let page = found.map(|record| row(&record, &names));
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
        Ok((tx.user.clone(), UserNewPage { roles: choices(&roles, &tx.user), quota, mail_is_on: cx.services.mail.is_on() }))
    }
    .await;
    tx.finish(page).await
}

/// A user, what the user may do, and what every page of the user shows.
pub(crate) async fn user_head(tx: &mut TenantTx, id: UserId) -> Result<(UserRecord, Access, UserHead)> {
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
        let link = tokens::token_newest(&mut tx.conn, id).await?.map(|token| link_info(token, cx.services.now()));
        let totp = totp_get(&mut FactorConn::Tenant(&mut tx.conn), id.0).await?;
        let reads_audit = tx.user.permissions.has(Permission::AuditView);
        let audit = if reads_audit { audit::audit_newest(&mut tx.conn, Some(("user", &id.to_string())), 10).await? } else { Vec::new() };
        let page = UserPage {
            head,
            first_name: record.first_name,
            last_name: record.last_name,
            link,
            has_factor: totp.is_some_and(|totp| totp.confirmed_at.is_some()),
            mail_is_on: cx.services.mail.is_on(),
            needs_password: proof_is_needed(cx),
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

/// A one-time link as the page of its user shows it.
fn link_info(token: TokenRecord, now: DateTime<Utc>) -> LinkInfo {
    let mail = match token.mail_state.as_deref() {
        Some("sent") => Some(MailStatus::Sent),
        Some("failed") => Some(MailStatus::Failed(token.mail_error.clone().unwrap_or_default())),
        Some(_) => Some(MailStatus::Waiting(token.mail_error.clone())),
        None => None,
    };
    LinkInfo {
        is_invite: token.purpose == "invite",
        status: link_status(&token, now),
        created_at: token.created_at,
        expires_at: token.expires_at,
        mail,
    }
}

/// Locks the user to be changed, whom the actor must be allowed to change.
pub(crate) async fn manageable(tx: &mut TenantTx, id: UserId) -> Result<(UserRecord, Access)> {
    tx.require(Permission::UsersManage)?;
    let record = users::user_lock(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
    let access = users::user_access(&mut tx.conn, &record).await?;
    if tx.user.permissions.covers(&access.effective()) { Ok((record, access)) } else { Err(AppError::Forbidden.into()) }
}
