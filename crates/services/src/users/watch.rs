//! What happened to one user, and how the user signed in.

use super::user_head;
use crate::{
    RequestCx, Result,
    account::sign_in_row,
    audit::{TENANT_FILTERS, filter_of},
    cx::TenantUser,
};
use db::{
    audit::{AuditFilter, audit_list_tenant},
    tenant::login_events::login_event_list,
};
use domain::{
    Permission, UserId,
    dto::tenant::{SignInListPage, UserAuditPage},
    list::{ListPage, ListQuery},
};

/// The filters of the log of one user.
pub const AUDIT_FILTERS: &[&str] = TENANT_FILTERS;

/// How a user signed in, or tried to.
///
/// # Errors
/// [`AppError::Forbidden`](domain::AppError::Forbidden) without `sessions.manage`,
/// [`AppError::NotFound`](domain::AppError::NotFound).
pub async fn user_sign_ins(cx: &RequestCx, id: UserId, query: &ListQuery) -> Result<(TenantUser, SignInListPage)> {
    let mut tx = cx.tenant_begin().await?;
    let found = async {
        tx.require(Permission::SessionsManage)?;
        let (_, _, head) = user_head(&mut tx, id).await?;
        let page = login_event_list(&mut tx.conn, id, query).await?.map(sign_in_row);
        Ok((tx.user.clone(), SignInListPage { head, page }))
    }
    .await;
    tx.finish(found).await
}

/// What was done to a user.
///
/// # Errors
/// [`AppError::Forbidden`](domain::AppError::Forbidden) without `audit.view`,
/// [`AppError::NotFound`](domain::AppError::NotFound).
pub async fn user_audit(cx: &RequestCx, id: UserId, query: &ListQuery) -> Result<(TenantUser, UserAuditPage)> {
    let mut tx = cx.tenant_begin().await?;
    let found = async {
        tx.require(Permission::AuditView)?;
        let (_, _, head) = user_head(&mut tx, id).await?;
        let filter = AuditFilter { object: Some(("user", id.to_string())), ..filter_of(query) };
        let page: ListPage<_> = audit_list_tenant(&mut tx.conn, &filter, query).await?;
        Ok((tx.user.clone(), UserAuditPage { head, page }))
    }
    .await;
    tx.finish(found).await
}
