//! What a role may do with the fields of a pipeline.

use super::records::lock_of;
use db::{
    DbError,
    tenant::{
        records::{Derived, RoleFieldRow, pipeline_get, pipeline_lock, pipeline_touch, role_field_list, role_field_set},
        roles,
        tokens::token_end_handed_role,
    },
};
use domain::{
    AppError, Code, FieldErrors,
    dto::tenant::{RoleField, RoleFieldsPage},
    job::JobKind,
    operation,
    record::{DeriveJob, Field, FieldAccess, Pipeline, key_is_valid},
};
use kernel::{
    RequestCx, Result,
    audit::{Object, diff, entry},
    error::retry,
    jobs::company_enqueue,
    settings::forget,
};
use serde_json::json;
use std::collections::HashMap;

fn access_of(set: &[RoleFieldRow], field: &Field) -> FieldAccess {
    set.iter().find(|row| row.field == field.id).map_or(FieldAccess::Write, |row| row.access)
}

fn is_title(pipeline: &Pipeline, field: &Field) -> bool {
    pipeline.settings.title.contains(&field.key)
}

/// What a role may do with the fields of a pipeline.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `roles.manage`.
pub async fn role_fields_get(cx: &RequestCx, key: &str, pipeline: &str) -> Result<RoleFieldsPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::ROLE_FIELDS_GET).await?;
    let page = async {
        let role = roles::role_list(&tx.conn).await?.into_iter().find(|role| role.key == key).ok_or(AppError::NotFound)?;
        let found = if key_is_valid(pipeline) { pipeline_get(&tx.conn, pipeline).await? } else { None };
        let pipeline = found.ok_or(AppError::NotFound)?;
        let set = role_field_list(&tx.conn, &[key.to_owned()]).await?;
        let field = |field: &Field| RoleField {
            key: field.key.clone(),
            label: field.label.clone(),
            access: access_of(&set, field),
            is_title: is_title(&pipeline, field),
        };
        Ok(RoleFieldsPage {
            version: role.updated_at.timestamp_micros(),
            locked: lock_of(&mut tx, &role).await?.map(str::to_owned),
            key: role.key,
            name: role.name,
            fields: pipeline.fields.iter().map(field).collect(),
            pipeline: pipeline.head,
        })
    }
    .await;
    tx.finish(page).await
}

/// Sets what a role may do with the fields of a pipeline, by their keys; other fields stay as they are. A field that is hidden from a role
/// leaves the search texts of all records, and comes back into them when it is shown to every role. `version` is the one the form was
/// filled from.
///
/// # Errors
/// [`AppError::Validation`] beside the fields; [`AppError::Forbidden`] without `roles.manage`;
/// [`AppError::Conflict`] for the role of owners, for a role above the actor, and when another user changed it meanwhile;
/// [`AppError::NotFound`].
pub async fn role_fields_set(cx: &RequestCx, key: &str, pipeline: &str, version: i64, access: &HashMap<String, String>) -> Result<()> {
    let site = cx.tenant_site()?;
    retry(|| set_once(cx, key, pipeline, version, access)).await?;
    // What a user may give to others depends on it.
    forget(&cx.services, &site.tenant).await;
    Ok(())
}

async fn set_once(cx: &RequestCx, key: &str, pipeline: &str, version: i64, typed: &HashMap<String, String>) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::ROLE_FIELDS_SET).await?;
    let done = async {
        let role = roles::role_lock(&mut tx.conn, key).await?.ok_or(AppError::NotFound)?;
        let found = if key_is_valid(pipeline) { pipeline_lock(&mut tx.conn, pipeline).await? } else { None };
        let pipeline = found.ok_or(AppError::NotFound)?;
        if let Some(why) = lock_of(&mut tx, &role).await? {
            return Err(AppError::conflict(Code::RoleOutranks, "", why).into());
        }
        if role.updated_at.timestamp_micros() != version {
            return Err(DbError::Stale.into());
        }
        let set = role_field_list(&tx.conn, &[key.to_owned()]).await?;
        let changes = changes(&pipeline, &set, typed)?;
        if changes.is_empty() {
            return Ok(());
        }
        if pipeline.derived < pipeline.version && changes.iter().any(|(.., after)| *after == FieldAccess::None) {
            // Titles may still hold what is to be hidden.
            let text = "Records are being updated after another change. Try again in a moment.";
            return Err(AppError::conflict(Code::FieldInUse, "", text).into());
        }
        let now = cx.services.now();
        for (field, _, after) in &changes {
            role_field_set(&mut tx.conn, key, field.id, *after).await?;
        }
        roles::role_touch(&mut tx.conn, key, now).await?;
        if changes.iter().any(|(_, before, after)| after > before) {
            token_end_handed_role(&mut tx.conn, key, tx.user.id, now).await?;
        }
        let barred = |pipeline: &Pipeline| pipeline.fields.iter().map(|field| field.is_barred).collect::<Vec<_>>();
        let after = pipeline_get(&tx.conn, &pipeline.head.key).await?.ok_or(AppError::NotFound)?;
        if barred(&after) == barred(&pipeline) {
            pipeline_touch(&mut tx.conn, &pipeline, Derived::Same, now).await?;
        } else {
            pipeline_touch(&mut tx.conn, &pipeline, Derived::Stale, now).await?;
            company_enqueue(cx, &mut tx, JobKind::RecordsDerive, &DeriveJob { pipeline: pipeline.head.key.clone(), keys: false }).await?;
        }
        let fields: Vec<_> = changes.iter().map(|(field, before, after)| (field.label.as_str(), json!(before), json!(after))).collect();
        let object = Object::new("role", key, &role.name);
        tx.conn.audit(entry(cx, &tx.actor, "role.fields_set", object, diff(&fields)));
        Ok(())
    }
    .await;
    tx.finish(done).await
}

/// The fields whose access changes, before and after.
fn changes<'a>(
    pipeline: &'a Pipeline,
    set: &[RoleFieldRow],
    typed: &HashMap<String, String>,
) -> Result<Vec<(&'a Field, FieldAccess, FieldAccess)>> {
    let (mut errors, mut changes) = (FieldErrors::default(), Vec::new());
    for field in &pipeline.fields {
        let Some(text) = typed.get(&field.key) else { continue };
        let (input, before) = (format!("access[{}]", field.key), access_of(set, field));
        let access = FieldAccess::parse(text).ok_or("Choose an option from the list");
        let Some(after) = errors.check_as(Code::FieldUnknownChoice, &input, access) else { continue };
        if after == FieldAccess::None && is_title(pipeline, field) {
            let text =
                format!("This field is part of the title of each {}, which everyone who sees the record sees", pipeline.head.name_one);
            errors.push(Code::FieldInvalid, &input, text);
        }
        if after != before {
            changes.push((field, before, after));
        }
    }
    errors.into_result()?;
    Ok(changes)
}
