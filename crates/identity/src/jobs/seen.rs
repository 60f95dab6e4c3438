//! Which jobs of a company a user sees.

use db::{platform::jobs::JobRecord, tenant::queue};
use domain::{AppError, JobId, Permission, job::JobKind};
use kernel::{Result, cx::TenantTx, jobs::asked_by};

/// The tenant's job of that id, for those who manage users and for the user who asked for it, in the transaction given.
pub(super) async fn job_seen(tx: &mut TenantTx, id: JobId) -> Result<JobRecord> {
    let record = queue::job_get(&mut tx.conn, id).await?;
    if tx.user.permissions.has(Permission::UsersManage) {
        return record.ok_or_else(|| AppError::NotFound.into());
    }
    // Anyone who may not manage users sees the acts of one's own alone, and does not learn which other jobs there are.
    match record {
        Some(record) if asked_by(&record)? == tx.user.id && record.kind()? == JobKind::UsersBulk => Ok(record),
        _ => Err(AppError::Forbidden.into()),
    }
}
