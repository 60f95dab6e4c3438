//! The pipeline that an address names, as the caller sees it.

use db::tenant::records::{RoleReachRow, pipeline_get, pipeline_list, role_reach_list, team_of};
use domain::{
    AppError, UserId,
    record::{Lens, Pipeline, Reach, RecordAccess, RoleReach, key_is_valid},
};
use futures_util::try_join;
use kernel::{Result, cx::TenantTx};

/// How far the caller reaches in a pipeline, by what was set for the caller's roles.
pub(crate) fn access_of(tx: &TenantTx, set: &[RoleReachRow], pipeline: i64) -> RecordAccess {
    // An operator at a terminal has no roles.
    if tx.maker().is_none() {
        return RecordAccess::ALL;
    }
    let of =
        |role: &str| set.iter().find(|row| row.role == role && row.pipeline == pipeline).map_or_else(RoleReach::default, |row| row.reach);
    RecordAccess::of_user(&tx.user.access.roles, &tx.user.access.overrides, of)
}

fn roles(tx: &TenantTx) -> Vec<String> {
    tx.user.access.roles.iter().map(|role| role.key.clone()).collect()
}

async fn looked(tx: &TenantTx, pipelines: Vec<Pipeline>, set: &[RoleReachRow]) -> Result<Vec<Lens>> {
    let with: Vec<(Pipeline, RecordAccess)> = pipelines
        .into_iter()
        .map(|pipeline| {
            let access = access_of(tx, set, pipeline.id);
            (pipeline, access)
        })
        .collect();
    let has_team = |access: &RecordAccess| [access.view, access.edit, access.delete].contains(&Reach::Team);
    let team: Vec<UserId> = if with.iter().any(|(_, access)| has_team(access)) { team_of(&tx.conn, tx.user.id).await? } else { Vec::new() };
    Ok(with.into_iter().filter_map(|(pipeline, access)| Lens::of(pipeline, tx.user.id, access, &team)).collect())
}

/// The lens through which the caller sees a pipeline.
///
/// # Errors
/// [`AppError::NotFound`] for a pipeline that there is not, or of which the caller sees nothing.
pub(crate) async fn lens_of(tx: &TenantTx, key: &str) -> Result<Lens> {
    if !key_is_valid(key) {
        return Err(AppError::NotFound.into());
    }
    let roles = roles(tx);
    let (pipeline, set) = try_join!(pipeline_get(&tx.conn, key), role_reach_list(&tx.conn, Some(&roles)))?;
    let found = looked(tx, pipeline.into_iter().collect(), &set).await?;
    Ok(found.into_iter().next().ok_or(AppError::NotFound)?)
}

/// The lenses of all pipelines that the caller sees, in their order.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn lenses(tx: &TenantTx) -> Result<Vec<Lens>> {
    let roles = roles(tx);
    let (pipelines, set) = try_join!(pipeline_list(&tx.conn), role_reach_list(&tx.conn, Some(&roles)))?;
    looked(tx, pipelines, &set).await
}
