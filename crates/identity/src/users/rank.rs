//! Whom the actor may change: nobody with more rights than the actor's own.

use db::tenant::users::{self, UserRecord};
use domain::{AppError, Code, UserId, access::Access};
use kernel::{Result, cx::TenantTx};

/// Locks the user to be changed, whom the actor must be allowed to change.
pub(crate) async fn manageable(tx: &mut TenantTx, id: UserId) -> Result<(UserRecord, Access)> {
    let (record, access) = ranked(tx, id).await?;
    if record.deleted_at.is_some() {
        return Err(AppError::conflict(Code::UserDeleted, "", "This user is deleted. Restore the user first.").into());
    }
    Ok((record, access))
}

/// Locks a user who has no more rights than the actor; which act it is for, the caller has asked.
pub(crate) async fn ranked(tx: &mut TenantTx, id: UserId) -> Result<(UserRecord, Access)> {
    let record = users::user_lock(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
    let access = users::user_access(&tx.conn, &record).await?;
    if tx.user.holds(&access.effective()) { Ok((record, access)) } else { Err(AppError::Forbidden.into()) }
}
