//! Which jobs of a company a user sees.

use db::{platform::jobs::JobRecord, tenant::queue};
use domain::{AppError, JobId, Permission, job::JobKind};
use kernel::{Result, cx::TenantTx, jobs::asked_by};

/// Whether a job is an act that users without the right to manage others ask for.
const fn is_own_act(kind: JobKind) -> bool {
    matches!(kind, JobKind::UsersBulk | JobKind::RecordsBulk | JobKind::RecordsUndo)
}

/// The tenant's job of that id, for those who manage users and for the user who asked for it, in the transaction given.
pub(super) async fn job_seen(tx: &mut TenantTx, id: JobId) -> Result<JobRecord> {
    let record = queue::job_get(&mut tx.conn, id).await?;
    if tx.user.permissions.has(Permission::UsersManage) {
        return record.ok_or_else(|| AppError::NotFound.into());
    }
    // Anyone who may not manage users sees the acts of one's own alone, and does not learn which other jobs there are.
    match record {
        Some(record) if asked_by(&record)? == tx.user.id && is_own_act(record.kind()?) => Ok(record),
        _ => Err(AppError::NotFound.into()),
    }
}
