//! How far a role reaches among the records of each pipeline.

use super::{above, rank_lock, sentence};
use db::{
    DbError,
    tenant::{
        records::{RoleReachRow, pipeline_list, role_field_list, role_reach_list, role_reach_set},
        roles::{self, RoleRecord},
        tokens::token_end_handed_role,
    },
};
use domain::{
    AppError, Code, FieldErrors,
    dto::tenant::{RoleLock, RoleReachPage, RoleReachPipeline},
    operation,
    record::{Field, FieldAccess, Pipeline, Reach, RecordAccess, RoleReach},
    role::OWNER,
};
use kernel::{
    RequestCx, Result,
    audit::{Object, diff, entry},
    cx::TenantTx,
    error::retry,
    settings::forget,
};
use serde_json::json;
use std::collections::HashMap;

/// What is chosen for each pipeline, by its key: a reach, or nothing for what the permissions of the role say.
#[derive(Clone, Debug, Default)]
pub struct RoleReachForm {
    /// Which records the role shows.
    pub view: HashMap<String, String>,
    /// Which of them it changes.
    pub edit: HashMap<String, String>,
    /// Which of them it deletes.
    pub delete: HashMap<String, String>,
}

fn set_for(set: &[RoleReachRow], pipeline: i64) -> RoleReach {
    set.iter().find(|row| row.pipeline == pipeline).map_or_else(RoleReach::default, |row| row.reach)
}

/// What keeps the actor from changing how far a role reaches.
pub(super) async fn lock_of(tx: &mut TenantTx, role: &RoleRecord) -> Result<Option<&'static str>> {
    if role.key == OWNER {
        return Ok(Some("Owners reach all records."));
    }
    let all = roles::role_list(&tx.conn).await?;
    let above = above(tx, &all);
    Ok(rank_lock(tx, role, &above).await?.map(RoleLock::sentence))
}

/// The pipelines with what was set for the role.
async fn known(tx: &TenantTx, role: &str) -> Result<(Vec<Pipeline>, Vec<RoleReachRow>)> {
    let roles = [role.to_owned()];
    Ok(futures_util::try_join!(pipeline_list(&tx.conn), role_reach_list(&tx.conn, Some(&roles)))?)
}

/// How far a role reaches in each pipeline.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `roles.manage`.
pub async fn role_reach_get(cx: &RequestCx, key: &str) -> Result<RoleReachPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::ROLE_REACH_GET).await?;
    let page = async {
        let role = roles::role_list(&tx.conn).await?.into_iter().find(|role| role.key == key).ok_or(AppError::NotFound)?;
        let (pipelines, set) = known(&tx, key).await?;
        let narrowed = role_field_list(&tx.conn, &[key.to_owned()]).await?;
        let count = |pipeline: &Pipeline, access: FieldAccess| {
            let is_narrowed = |field: &&Field| narrowed.iter().any(|row| row.field == field.id && row.access == access);
            pipeline.fields.iter().filter(is_narrowed).count()
        };
        let row = |pipeline: Pipeline| {
            let chosen = set_for(&set, pipeline.id);
            RoleReachPipeline {
                default: RecordAccess::of_role(&role.permissions, RoleReach::default()),
                effective: RecordAccess::of_role(&role.permissions, chosen),
                chosen,
                fields: (count(&pipeline, FieldAccess::None), count(&pipeline, FieldAccess::Read)),
                pipeline: pipeline.head,
            }
        };
        let rows = pipelines.into_iter().map(row).collect();
        let locked = lock_of(&mut tx, &role).await?.map(str::to_owned);
        Ok(RoleReachPage {
            version: role.updated_at.timestamp_micros(),
            sentence: sentence(&role),
            key: role.key,
            name: role.name,
            locked,
            rows,
        })
    }
    .await;
    tx.finish(page).await
}

/// Sets how far a role reaches in each pipeline. What is set only narrows the permissions of the role, so the rank of the actor is all that
/// has to be checked. It holds with the next request of those who have the role. `version` is the one the
/// form was filled from.
///
/// # Errors
/// [`AppError::Validation`] beside the fields; [`AppError::Forbidden`] without `roles.manage`;
/// [`AppError::Conflict`] for the role of owners, for a role above the actor, and when another user changed it meanwhile;
/// [`AppError::NotFound`].
pub async fn role_reach_update(cx: &RequestCx, key: &str, version: i64, form: &RoleReachForm) -> Result<()> {
    let site = cx.tenant_site()?;
    retry(|| update_once(cx, key, version, form)).await?;
    // The navigation of each page says who sees what.
    forget(&cx.services, &site.tenant).await;
    Ok(())
}

async fn update_once(cx: &RequestCx, key: &str, version: i64, form: &RoleReachForm) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::ROLE_REACH_SET).await?;
    let done = async {
        let role = roles::role_lock(&mut tx.conn, key).await?.ok_or(AppError::NotFound)?;
        if let Some(why) = lock_of(&mut tx, &role).await? {
            return Err(AppError::conflict(Code::RoleOutranks, "", why).into());
        }
        if role.updated_at.timestamp_micros() != version {
            return Err(DbError::Stale.into());
        }
        let (pipelines, set) = known(&tx, key).await?;
        let (mut errors, mut changes) = (FieldErrors::default(), Vec::new());
        for pipeline in &pipelines {
            let before = set_for(&set, pipeline.id);
            let after = chosen(form, &pipeline.head.key, &mut errors);
            if after != before {
                changes.push((pipeline, before, after));
            }
        }
        errors.into_result()?;
        let reached = |set| RecordAccess::of_role(&role.permissions, set);
        let widened = changes.iter().any(|(_, before, after)| !reached(*before).covers(&reached(*after)));
        let now = cx.services.now();
        for (pipeline, _, after) in &changes {
            role_reach_set(&mut tx.conn, key, pipeline.id, *after).await?;
        }
        if changes.is_empty() {
            return Ok(());
        }
        roles::role_touch(&mut tx.conn, key, now).await?;
        if widened {
            token_end_handed_role(&mut tx.conn, key, tx.user.id, now).await?;
        }
        let fields: Vec<_> =
            changes.iter().map(|(pipeline, before, after)| (pipeline.head.name.as_str(), json!(before), json!(after))).collect();
        let line = entry(cx, &tx.actor, "role.reach_set", Object::new("role", key, &role.name), diff(&fields));
        tx.conn.audit(line);
        Ok(())
    }
    .await;
    tx.finish(done).await
}

/// What the form says of a pipeline. What reaches further than what is seen is refused beside its field.
fn chosen(form: &RoleReachForm, key: &str, errors: &mut FieldErrors) -> RoleReach {
    let mut one = |name: &str, typed: &HashMap<String, String>| match typed.get(key).map(String::as_str) {
        None | Some("") => None,
        Some(text) => {
            errors.check_as(Code::FieldUnknownChoice, &format!("{name}[{key}]"), Reach::parse(text).ok_or("Choose an option from the list"))
        }
    };
    let (view, edit, delete) = (one("view", &form.view), one("edit", &form.edit), one("delete", &form.delete));
    if edit.is_some_and(|edit| view.is_some_and(|view| edit > view)) {
        errors.push(
            Code::FieldInvalid,
            &format!("edit[{key}]"),
            "A role cannot edit records that it does not view. Choose a smaller reach here or a larger one under View.",
        );
    }
    if delete.is_some_and(|delete| edit.or(view).is_some_and(|edit| delete > edit)) {
        errors.push(
            Code::FieldInvalid,
            &format!("delete[{key}]"),
            "A role cannot delete records that it does not edit. Choose a smaller reach here or a larger one under Edit.",
        );
    }
    RoleReach { view, edit, delete }
}
