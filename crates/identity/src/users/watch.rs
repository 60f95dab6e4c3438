//! What happened to one user, and how the user signed in.

use super::read::user_head;
use crate::account::sign_in_row;
use db::{
    audit::{AuditFilter, audit_list_tenant},
    tenant::login_events::login_event_list,
};
use domain::{
    UserId,
    dto::tenant::{SignInListPage, UserAuditPage},
    list::{ListPage, ListQuery},
    operation,
};
use kernel::{
    RequestCx, Result,
    audit::{TENANT_FILTERS, filter_of},
};

/// The filters of the log of one user.
pub const AUDIT_FILTERS: &[&str] = TENANT_FILTERS;

/// How a user signed in, or tried to.
///
/// # Errors
/// [`AppError::Forbidden`](domain::AppError::Forbidden) without `sessions.manage`,
/// [`AppError::NotFound`](domain::AppError::NotFound).
pub async fn user_sign_ins(cx: &RequestCx, id: UserId, query: &ListQuery) -> Result<SignInListPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_SIGN_INS).await?;
    let found = async {
        let (_, _, head) = user_head(cx, &mut tx, id).await?;
        let page = login_event_list(&mut tx.conn, id, query).await?.map(sign_in_row);
        Ok(SignInListPage { head, page })
    }
    .await;
    tx.finish(found).await
}

/// What was done to a user.
///
/// # Errors
/// [`AppError::Forbidden`](domain::AppError::Forbidden) without `audit.view`,
/// [`AppError::NotFound`](domain::AppError::NotFound).
pub async fn user_audit(cx: &RequestCx, id: UserId, query: &ListQuery) -> Result<UserAuditPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_AUDIT).await?;
    let found = async {
        let (_, _, head) = user_head(cx, &mut tx, id).await?;
        let filter = AuditFilter { object: Some(("user", id.to_string())), ..filter_of(cx, query) };
        let page: ListPage<_> = audit_list_tenant(&mut tx.conn, &filter, query).await?;
        Ok(UserAuditPage { head, page })
    }
    .await;
    tx.finish(found).await
}
