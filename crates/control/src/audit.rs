//! The audit log of the platform, and the verification of all logs.

use crate::tenants::head_of;
use db::{
    DbError,
    audit::{AuditFilter, Verified, audit_list_platform, audit_verify_platform, audit_verify_tenant},
    platform::tenants,
};
use domain::{
    AppError, Operation, TenantId,
    dto::platform::{AuditPage, TenantAuditPage},
    list::ListQuery,
    operation,
};
use kernel::{Error, RequestCx, Result, audit::filter_of};

/// The filters the list knows.
pub const FILTERS: &[&str] = &["actor", "action", "tenant", "from", "to"];

/// One page of the platform's audit log.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a platform admin.
pub async fn audit_list(cx: &RequestCx, query: &ListQuery) -> Result<AuditPage> {
    list(cx, &operation::platform::AUDIT_LIST, query).await
}

/// The next rows of the platform's audit log as a file.
///
/// # Errors
/// As [`audit_list`]; [`AppError::ReauthRequired`].
pub async fn audit_export(cx: &RequestCx, query: &ListQuery) -> Result<AuditPage> {
    list(cx, &operation::platform::AUDIT_EXPORT, query).await
}

async fn list(cx: &RequestCx, operation: &Operation, query: &ListQuery) -> Result<AuditPage> {
    let mut tx = cx.platform_begin(operation).await?;
    let found = async {
        let mut filter = filter_of(cx, query);
        if let Some(slug) = query.filter("tenant").next() {
            // A company that is gone has no short name any more; its lines are found by the id they carry.
            let by_id = slug.parse().ok().map(TenantId);
            let by_slug = tenants::tenant_detail(&mut tx.conn, slug).await?.map(|detail| TenantId(detail.record.id));
            filter.tenant = by_slug.or(by_id).or(Some(TenantId(0)));
        }
        let page = audit_list_platform(&mut tx.conn, &filter, query).await?;
        let ids: Vec<i64> = page.rows.iter().filter_map(|line| line.tenant.map(|id| id.0)).collect();
        let tenants = tenants::tenant_names(&mut tx.conn, &ids).await?;
        Ok(AuditPage { page, tenants })
    }
    .await;
    tx.finish(found).await
}

/// One page of what happened to one tenant, by the platform's log.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Unauthenticated`] without a platform admin.
pub async fn tenant_audit_list(cx: &RequestCx, slug: &str, query: &ListQuery) -> Result<TenantAuditPage> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_AUDIT_LIST).await?;
    let found = async {
        let detail = tenants::tenant_detail(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        let head = head_of(cx, &mut tx, &detail).await?;
        let filter = AuditFilter { tenant: Some(head.tenant.id), ..filter_of(cx, query) };
        let page = audit_list_platform(&mut tx.conn, &filter, query).await?;
        Ok(TenantAuditPage { head, page })
    }
    .await;
    tx.finish(found).await
}

/// What was found in one log.
#[derive(Clone, Debug)]
pub struct LogVerified {
    /// `platform`, or the tenant's short name.
    pub log: String,
    /// Its lines, and where it is broken if it is.
    pub verified: Verified,
}

/// Checks the platform's log and that of every tenant with a schema, or of one tenant.
///
/// # Errors
/// [`AppError::NotFound`] for a tenant that is not there; when the database does not answer.
pub async fn audit_verify(cx: &RequestCx, slug: Option<&str>) -> Result<Vec<LogVerified>> {
    let mut tx = cx.platform_begin(&operation::platform::AUDIT_VERIFY).await?;
    let begun = async {
        let mut logs = Vec::new();
        if slug.is_none() {
            logs.push(LogVerified { log: "platform".to_owned(), verified: audit_verify_platform(&mut tx.conn).await? });
        }
        Ok::<_, Error>((logs, tenants::tenant_list_all(&mut tx.conn).await?))
    }
    .await;
    let (mut logs, rows) = tx.finish(begun).await?;
    for row in rows.iter().filter(|row| row.has_schema && slug.is_none_or(|slug| slug == row.slug)) {
        let tenant = cx.services.db.tenant_ref(row.id, &row.schema_name);
        let checked = async {
            let mut conn = cx.services.db.tenant(&tenant).await?;
            let checked = audit_verify_tenant(&mut conn).await;
            conn.finish(checked).await
        };
        // One log that cannot be read must not hide what is wrong with the others.
        let verified = match checked.await {
            Ok(verified) => verified,
            Err(error @ (DbError::Unavailable(_) | DbError::Retry(_) | DbError::TimedOut | DbError::NoSpace(_))) => {
                return Err(error.into());
            }
            Err(error) => Verified { lines: 0, broken: Some((0, format!("it cannot be read: {error}"))) },
        };
        logs.push(LogVerified { log: row.slug.clone(), verified });
    }
    if logs.is_empty() { Err(AppError::NotFound.into()) } else { Ok(logs) }
}
