//! The audit log of a tenant, for those of its users who may read it.

use db::audit::audit_list_tenant;
use domain::{
    Operation,
    dto::AuditLine,
    list::{ListPage, ListQuery},
    operation,
};
use kernel::{RequestCx, Result, audit::filter_of};

/// One page of a company's own audit log.
///
/// # Errors
/// [`AppError::Forbidden`](domain::AppError::Forbidden) without `audit.view`.
pub async fn company_audit_list(cx: &RequestCx, query: &ListQuery) -> Result<ListPage<AuditLine>> {
    company_list(cx, &operation::tenant::AUDIT_LIST, query).await
}

/// The next rows of a company's audit log as a file.
///
/// # Errors
/// As [`company_audit_list`]; [`AppError::ReauthRequired`](domain::AppError::ReauthRequired).
pub async fn company_audit_export(cx: &RequestCx, query: &ListQuery) -> Result<ListPage<AuditLine>> {
    company_list(cx, &operation::tenant::AUDIT_EXPORT, query).await
}

async fn company_list(cx: &RequestCx, operation: &Operation, query: &ListQuery) -> Result<ListPage<AuditLine>> {
    let mut tx = cx.tenant_begin(operation).await?;
    let found = async {
        let page = audit_list_tenant(&mut tx.conn, &filter_of(cx, query), query).await?;
        Ok(page)
    }
    .await;
    tx.finish(found).await
}
