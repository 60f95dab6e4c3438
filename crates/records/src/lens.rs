//! The pipeline that an address names, as the caller sees it.

use db::tenant::records::{
    RoleFieldRow, RoleReachRow, pipeline_get, pipeline_hold, pipeline_list, role_field_list, role_reach_list, shared_with, team_of,
};
use domain::{
    AppError,
    record::{FieldAccess, Lens, Pipeline, Reach, RecordAccess, RoleReach, Sight, key_is_valid},
};
use futures_util::try_join;
use kernel::{Result, cx::TenantTx};

/// What was set for the roles of the caller.
struct Set {
    reach: Vec<RoleReachRow>,
    fields: Vec<RoleFieldRow>,
}

impl Set {
    fn reach_of(&self, role: &str, pipeline: i64) -> RoleReach {
        let row = self.reach.iter().find(|row| row.role == role && row.pipeline == pipeline);
        row.map_or_else(RoleReach::default, |row| row.reach)
    }

    fn field_of(&self, role: &str, field: i64) -> FieldAccess {
        self.fields.iter().find(|row| row.role == role && row.field == field).map_or(FieldAccess::Write, |row| row.access)
    }
}

/// How the caller sees a pipeline, but for the team and what was shared.
fn sight_of(tx: &TenantTx, set: &Set, pipeline: &Pipeline) -> Sight {
    // An operator at a terminal has no roles.
    if tx.maker().is_none() {
        return Sight::all();
    }
    let held = &tx.user.access;
    let reach = |role: &str| set.reach_of(role, pipeline.id);
    let fields = pipeline.fields.iter().filter(|field| set.fields.iter().any(|row| row.field == field.id));
    let fields = fields.map(|field| (field.id, FieldAccess::of_user(&held.roles, reach, |role| set.field_of(role, field.id))));
    let is_barred = set.fields.iter().any(|row| row.access == FieldAccess::None) && !tx.user.permissions.is_owner();
    Sight { access: RecordAccess::of_user(&held.roles, &held.overrides, reach), fields: fields.collect(), is_barred, ..Sight::default() }
}

async fn looked(tx: &TenantTx, pipelines: Vec<Pipeline>, set: &Set) -> Result<Vec<Lens>> {
    let with: Vec<(Pipeline, Sight)> = pipelines
        .into_iter()
        .map(|pipeline| {
            let sight = sight_of(tx, set, &pipeline);
            (pipeline, sight)
        })
        .filter(|(_, sight)| sight.access.view != Reach::None)
        .collect();
    let has_team = |RecordAccess { view, edit, delete }: RecordAccess| [view, edit, delete].contains(&Reach::Team);
    let team =
        async { if with.iter().any(|(_, sight)| has_team(sight.access)) { team_of(&tx.conn, tx.user.id).await } else { Ok(Vec::new()) } };
    // Nothing is shared with a user who sees and changes everything.
    let others: Vec<i64> = with.iter().filter(|(_, sight)| sight.access.edit != Reach::All).map(|(pipeline, _)| pipeline.id).collect();
    let shared = async { if others.is_empty() { Ok(Vec::new()) } else { shared_with(&tx.conn, tx.user.id, &others).await } };
    let (team, shared) = try_join!(team, shared)?;
    let lens = |(pipeline, sight): (Pipeline, Sight)| {
        let shared = shared.iter().filter(|(of, ..)| *of == pipeline.id).map(|(_, id, can_edit)| (*id, *can_edit));
        let sight = Sight { team: team.clone(), shared: shared.collect(), ..sight };
        Lens::of(pipeline, tx.user.id, sight)
    };
    Ok(with.into_iter().filter_map(lens).collect())
}

/// What was set for the roles of the caller, with what else is asked for at once.
async fn with_set<T>(tx: &TenantTx, other: impl Future<Output = db::DbResult<T>>) -> Result<(T, Set)> {
    let roles: Vec<String> = tx.user.access.roles.iter().map(|role| role.key.clone()).collect();
    let (other, reach, fields) = try_join!(other, role_reach_list(&tx.conn, Some(&roles)), role_field_list(&tx.conn, &roles))?;
    Ok((other, Set { reach, fields }))
}

/// The lens through which the caller sees a pipeline.
///
/// # Errors
/// [`AppError::NotFound`] for a pipeline that there is not, or of which the caller sees nothing.
pub(crate) async fn lens_of(tx: &TenantTx, key: &str) -> Result<Lens> {
    if !key_is_valid(key) {
        return Err(AppError::NotFound.into());
    }
    let (pipeline, set) = with_set(tx, pipeline_get(&tx.conn, key)).await?;
    let found = looked(tx, pipeline.into_iter().collect(), &set).await?;
    Ok(found.into_iter().next().ok_or(AppError::NotFound)?)
}

/// The same, for a transaction that writes records: the definition of the pipeline stays as it is until it ends.
///
/// # Errors
/// As [`lens_of`].
pub(crate) async fn lens_to_write(tx: &mut TenantTx, key: &str) -> Result<Lens> {
    pipeline_hold(&mut tx.conn, key).await?;
    lens_of(tx, key).await
}

/// The lenses of all pipelines that the caller sees, in their order.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn lenses(tx: &TenantTx) -> Result<Vec<Lens>> {
    let (pipelines, set) = with_set(tx, pipeline_list(&tx.conn)).await?;
    looked(tx, pipelines, &set).await
}
