//! Use cases that define pipelines: what they are called, their fields and their stages. Values of records are not read here.

mod field_types;
mod fields;
mod pipelines;
mod relations;
mod stages;

pub use field_types::{field_type_change, field_type_get, field_type_undo};
pub use fields::{field_create, field_delete, field_move, field_restore, field_update};
pub use pipelines::{
    PipelineNew, pipeline_create, pipeline_definition, pipeline_definition_list, pipeline_delete, pipeline_move, pipeline_restore,
    pipeline_update,
};
pub use relations::relation_create;
pub use stages::{stage_archive, stage_create, stage_move, stage_restore, stage_update};

use db::{
    DbError,
    tenant::records::{Derived, pipeline_lock, pipeline_touch},
};
use domain::{
    AppError,
    job::JobKind,
    record::{DeriveJob, Pipeline, key_is_valid},
};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
    jobs::company_enqueue,
};
use serde_json::Value;

/// What has to be recomputed for all records after a change of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Recompute {
    /// Nothing.
    Nothing,
    /// Titles, amounts, due dates and search texts.
    Derived,
    /// These, and the values by which records are told apart.
    Keys,
}

/// The definition of a pipeline, locked. A form was filled from `version`; an act without a form names none.
async fn locked(tx: &mut TenantTx, key: &str, version: Option<i32>) -> Result<Pipeline> {
    let pipeline = if key_is_valid(key) { pipeline_lock(&mut tx.conn, key).await? } else { None };
    let pipeline = pipeline.ok_or(AppError::NotFound)?;
    if version.is_some_and(|version| version != pipeline.version) {
        return Err(DbError::Stale.into());
    }
    Ok(pipeline)
}

/// Finishes a change of a definition: raises the version, writes the audit log, and enqueues a job if records have to be recomputed.
async fn changed(
    cx: &RequestCx,
    tx: &mut TenantTx,
    pipeline: &Pipeline,
    derived: Recompute,
    (action, object, values): (&'static str, Object, Value),
) -> Result<()> {
    let is_stale = derived != Recompute::Nothing;
    pipeline_touch(&mut tx.conn, pipeline, if is_stale { Derived::Stale } else { Derived::Same }, cx.services.now()).await?;
    if is_stale {
        let job = DeriveJob { pipeline: pipeline.head.key.clone(), keys: derived == Recompute::Keys };
        company_enqueue(cx, tx, JobKind::RecordsDerive, &job).await?;
    }
    tx.conn.audit(entry(cx, &tx.actor, action, object, values));
    Ok(())
}

/// The ids with the one at `key` moved one place; `None` when it is at the end, or not there.
fn moved(rows: &[(&str, i64)], key: &str, to: &str) -> Result<Option<Vec<i64>>> {
    let at = rows.iter().position(|(known, _)| *known == key).ok_or(AppError::NotFound)?;
    let with = match to {
        "up" => at.checked_sub(1),
        "down" => Some(at + 1).filter(|with| *with < rows.len()),
        _ => return Err(AppError::Malformed.into()),
    };
    let mut ids: Vec<i64> = rows.iter().map(|(_, id)| *id).collect();
    Ok(with.map(|with| {
        ids.swap(at, with);
        ids
    }))
}
