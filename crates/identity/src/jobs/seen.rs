//! Which jobs of a company a user sees.

use db::{platform::jobs::JobRecord, tenant::queue};
use domain::{AppError, JobId, Permission, job::JobKind};
use kernel::{Result, cx::TenantTx, jobs::asked_by};

/// The permission with which users who do not manage others ask for such a job.
const fn permission_of(kind: JobKind) -> Option<Permission> {
    match kind {
        JobKind::UsersBulk => Some(Permission::SessionsManage),
        kind if names_records(kind) => Some(Permission::RecordsEdit),
        _ => None,
    }
}

/// Whether the rows of such a job name records.
pub(super) const fn names_records(kind: JobKind) -> bool {
    matches!(kind, JobKind::RecordsBulk | JobKind::RecordsUndo | JobKind::RecordsImport | JobKind::RecordsImportUndo)
}

/// Whether the rows of a job are shown to its asker alone: they name records, which others need not see.
pub(super) fn is_private(tx: &TenantTx, record: &JobRecord) -> Result<bool> {
    Ok(names_records(record.kind()?) && asked_by(record)? != tx.user.id)
}

/// The tenant's job of that id, for those who manage users and for the user who asked for it, in the transaction given.
pub(super) async fn job_seen(tx: &mut TenantTx, id: JobId) -> Result<JobRecord> {
    let record = queue::job_get(&mut tx.conn, id).await?;
    if tx.user.permissions.has(Permission::UsersManage) {
        return record.ok_or_else(|| AppError::NotFound.into());
    }
    // Anyone who may not manage users sees the acts of one's own alone, and does not learn which other jobs there are.
    match record {
        Some(record)
            if asked_by(&record)? == tx.user.id
                && permission_of(record.kind()?).is_some_and(|permission| tx.user.permissions.has(permission)) =>
        {
            Ok(record)
        }
        _ => Err(AppError::NotFound.into()),
    }
}
