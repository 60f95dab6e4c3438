//! The job of a change of type: it fills the other slot of the field, record by record, and then swaps the two.

use super::{Converter, Filled};
use crate::{derived::derive_all, write::json_size};
use db::{
    TenantConn,
    tenant::records::{
        Derived, SlotRow, field_set_type, pipeline_get, pipeline_hold, pipeline_lock, pipeline_touch, record_keys_forget,
        record_slots_next, record_slots_set,
    },
};
use domain::{
    RecordId, UserId,
    job::JobStatus,
    record::{ConvertJob, DATA_BYTES_MAX, DeriveJob, Field, Lens, Pipeline, Sight, TypeChange, TypeState},
};
use kernel::{Result, failpoint, jobs::Job};
use serde_json::json;

/// The most bytes of a slot with its quotes, as JSON.
const SLOT_MAX: usize = 52;
/// Records converted in one transaction: who edits one of them waits for no more than these.
const BATCH: i64 = 100;

/// How many values were converted, and how many the new type cannot hold.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    converted: usize,
    emptied: usize,
}

/// What a batch found.
enum Step {
    /// So many records, the last of them, and what became of them.
    Filled(usize, RecordId, Counts),
    /// Nothing is left to fill.
    Complete,
    /// The field has its new type. With whether records are matched by it.
    Swapped(bool),
    /// The change was cancelled, or its field or pipeline deleted.
    Gone,
}

/// The field and the change that the job is for.
fn change_of<'a>(pipeline: &'a Pipeline, plan: &ConvertJob) -> std::result::Result<(&'a Field, &'a TypeChange), Step> {
    let field = pipeline.fields.iter().find(|field| field.key == plan.field).ok_or(Step::Gone)?;
    if field.slot == plan.slot {
        return Err(Step::Swapped(field.has_keys()));
    }
    let change = field.pending().filter(|change| change.other.slot == plan.slot);
    change.map(|change| (field, change)).ok_or(Step::Gone)
}

/// Converts the values of a field, and gives it its new type. It needs no right of the user who asked for the change.
pub async fn convert_run(job: &mut Job) -> Result<()> {
    let (site, plan): (_, ConvertJob) = job.plan().await?;
    let (mut after, mut all) = (RecordId(0), Counts::default());
    let ended = loop {
        let mut conn = job.services.db.tenant(&site.tenant).await?;
        let step = batch(&mut conn, &plan, after).await;
        match conn.finish(step).await? {
            Step::Filled(done, last, counts) => {
                after = last;
                all.converted += counts.converted;
                all.emptied += counts.emptied;
                failpoint::reach("records.convert")?;
                job.advance(done)?;
            }
            Step::Complete => {
                let mut conn = job.services.db.tenant(&site.tenant).await?;
                let swapped = swap(&mut conn, &plan, job.services.now()).await;
                break conn.finish(swapped).await?;
            }
            step => break step,
        }
    };
    if let Step::Swapped(keys) = ended {
        // Titles, search texts and keys hold values of the field.
        failpoint::reach("records.converted")?;
        let derive = DeriveJob { pipeline: plan.pipeline.clone(), keys };
        derive_all(&job.services, &site.tenant, &derive, |_| job.goes_on()).await?;
    }
    job.finish(JobStatus::Done, None, &json!({ "converted": all.converted, "emptied": all.emptied })).await
}

async fn batch(conn: &mut TenantConn, plan: &ConvertJob, after: RecordId) -> Result<Step> {
    // The definition stays as it is until the batch is committed.
    pipeline_hold(conn, &plan.pipeline).await?;
    let Some(pipeline) = pipeline_get(conn, &plan.pipeline).await? else { return Ok(Step::Gone) };
    let (field, change) = match change_of(&pipeline, plan) {
        Ok((field, change)) => (field.clone(), change.clone()),
        Err(step) => return Ok(step),
    };
    let lens = Lens::of(pipeline, UserId(0), Sight::all()).ok_or(db::DbError::Stale)?;
    let rows = record_slots_next(conn, &lens, (&field.slot, &change.other.slot), after, BATCH).await?;
    let Some(last) = rows.last().map(|row| row.id) else { return Ok(Step::Complete) };
    let (converter, mut counts, mut becomes) = (Converter::of(&field, &change), Counts::default(), Vec::new());
    for row in &rows {
        let Filled { value, is_lost } = fitting(converter.fill(row.current.as_ref(), row.other.as_ref()), row);
        if is_lost {
            counts.emptied += 1;
        } else if value.is_some() {
            counts.converted += 1;
        }
        if value != row.other {
            becomes.push((row.id, value));
        }
    }
    record_slots_set(conn, &lens, &change.other.slot, &becomes).await?;
    if change.other.is_match {
        // The keys of the former values are filled in again, of those that changed with the new ones.
        record_keys_forget(conn, &[field.id], &becomes.iter().map(|(id, _)| *id).collect::<Vec<_>>()).await?;
    }
    Ok(Step::Filled(rows.len(), last, counts))
}

/// A record that has no room for both forms keeps the one that it has.
fn fitting(filled: Filled, row: &SlotRow) -> Filled {
    let more = filled.value.as_ref().map_or(0, |value| json_size(&value.to_string()) + SLOT_MAX);
    let is_kept = filled.value == row.other;
    if is_kept || row.bytes + more <= DATA_BYTES_MAX { filled } else { Filled { value: None, is_lost: true } }
}

/// Gives the field its new type, and keeps the former one for a while.
async fn swap(conn: &mut TenantConn, plan: &ConvertJob, now: chrono::DateTime<chrono::Utc>) -> Result<Step> {
    let Some(pipeline) = pipeline_lock(conn, &plan.pipeline).await? else { return Ok(Step::Gone) };
    let (before, change) = match change_of(&pipeline, plan) {
        Ok((field, change)) => (field.clone(), change.clone()),
        Err(step) => return Ok(step),
    };
    let former = TypeChange { other: before.as_type(), state: TypeState::Done, at: now, ..change.clone() };
    let after = Field { change: Some(former), ..before.with_type(&change.other) };
    field_set_type(conn, &after).await?;
    let is_derived = pipeline.derives_from(&before) || pipeline.derives_from(&after);
    pipeline_touch(conn, &pipeline, if is_derived { Derived::Stale } else { Derived::Same }, now).await?;
    Ok(Step::Swapped(after.has_keys()))
}
