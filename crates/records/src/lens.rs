//! The pipeline that an address names, as the caller sees it.

use db::tenant::records::{
    RoleFieldRow, RoleReachRow, pipeline_get, pipeline_hold, pipeline_list, pipeline_list_of, role_field_list, role_reach_list,
    shared_with, team_of,
};
use domain::{
    AppError, Code, RecordId,
    record::{Field, FieldAccess, Lens, Pipeline, Reach, RecordAccess, RoleReach, Rows, Sight, key_is_valid},
};
use futures_util::try_join;
use kernel::{RequestCx, Result, cx::TenantTx};
use std::collections::HashMap;

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

    /// How far the caller reaches in a pipeline.
    fn access(&self, tx: &TenantTx, pipeline: i64) -> RecordAccess {
        let held = &tx.user.access;
        // An operator at a terminal has no roles.
        if tx.maker().is_none() {
            return RecordAccess::ALL;
        }
        RecordAccess::of_user(&held.roles, &held.overrides, |role| self.reach_of(role, pipeline))
    }

    /// What the caller may do with a field; a link is seen and changed by those who see and change it at both ends.
    fn field_access(&self, tx: &TenantTx, pipeline: i64, field: &Field) -> FieldAccess {
        let one = |field: i64, pipeline: i64| {
            let reach = |role: &str| self.reach_of(role, pipeline);
            FieldAccess::of_user(&tx.user.access.roles, reach, |role| self.field_of(role, field))
        };
        let here = one(field.id, pipeline);
        field.relation.as_ref().map_or(here, |end| here.min(one(end.inverse, end.pipeline)))
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
    let is_set = |field: &Field| {
        let inverse = field.relation.as_ref().map(|end| end.inverse);
        set.fields.iter().any(|row| row.field == field.id || Some(row.field) == inverse)
    };
    let fields = pipeline.fields.iter().filter(|field| is_set(field));
    let fields = fields.map(|field| (field.id, set.field_access(tx, pipeline.id, field)));
    let is_barred = set.fields.iter().any(|row| row.access == FieldAccess::None) && !tx.user.permissions.is_owner();
    Sight { access: set.access(tx, pipeline.id), fields: fields.collect(), is_barred, ..Sight::default() }
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
    // What relations lead to is seen as far as the caller sees it there.
    let ends = with.iter().flat_map(|(pipeline, _)| &pipeline.fields).filter_map(|field| field.relation.as_ref());
    let others: HashMap<i64, Reach> = ends.map(|end| (end.pipeline, set.access(tx, end.pipeline).view)).collect();
    let has_team = |RecordAccess { view, edit, delete }: RecordAccess| [view, edit, delete].contains(&Reach::Team);
    let has_team = with.iter().any(|(_, sight)| has_team(sight.access)) || others.values().any(|view| *view == Reach::Team);
    let team = async { if has_team { team_of(&tx.conn, tx.user.id).await } else { Ok(Vec::new()) } };
    // Nothing is shared with a user who sees and changes everything.
    let narrowed = with.iter().filter(|(_, sight)| sight.access.edit != Reach::All).map(|(pipeline, _)| pipeline.id);
    let narrowed: Vec<i64> = narrowed.chain(others.iter().filter(|(_, view)| **view != Reach::All).map(|(id, _)| *id)).collect();
    let shared = async { if narrowed.is_empty() { Ok(Vec::new()) } else { shared_with(&tx.conn, tx.user.id, &narrowed).await } };
    let (team, shared): (_, Vec<(i64, RecordId, bool)>) = try_join!(team, shared)?;
    let shared_of = |pipeline: i64| shared.iter().filter(move |(of, ..)| *of == pipeline).map(|(_, id, can_edit)| (*id, *can_edit));
    let seen = others.iter().filter(|(_, view)| **view != Reach::None);
    let seen = seen.map(|(id, view)| (*id, Rows::of(*view, tx.user.id, &team, shared_of(*id).map(|(id, _)| id))));
    let seen: HashMap<i64, Rows> = seen.collect();
    let lens = |(pipeline, sight): (Pipeline, Sight)| {
        let ends = pipeline.fields.iter().filter_map(|field| field.relation.as_ref());
        let others = ends.filter_map(|end| Some((end.pipeline, seen.get(&end.pipeline)?.clone()))).collect();
        let sight = Sight { team: team.clone(), shared: shared_of(pipeline.id).collect(), others, ..sight };
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

/// The lenses of the pipelines that the relations of another one lead to, in their order.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn lenses_related(tx: &TenantTx, lens: &Lens) -> Result<Vec<Lens>> {
    let ids: Vec<i64> = lens.fields().filter_map(|field| Some(field.relation.as_ref()?.pipeline)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (pipelines, set) = with_set(tx, pipeline_list_of(&tx.conn, &ids)).await?;
    looked(tx, pipelines, &set).await
}

/// The lenses of all pipelines that the caller sees, in their order.
///
/// # Errors
/// Those of the statements.
pub(crate) async fn lenses(tx: &TenantTx) -> Result<Vec<Lens>> {
    let (pipelines, set) = with_set(tx, pipeline_list(&tx.conn)).await?;
    looked(tx, pipelines, &set).await
}

/// A job runs with all rights of its user, so it is not begun while the user sees the site as a role.
pub(crate) fn own_rights(cx: &RequestCx) -> Result<()> {
    let is_seeing = cx.auth.as_ref().is_some_and(|auth| auth.seeing_as.is_some());
    let text = "Bulk actions and imports are not available while you see the site as a role. Return to your own rights first.";
    if is_seeing { Err(AppError::conflict(Code::RoleSeen, "", text).into()) } else { Ok(()) }
}
