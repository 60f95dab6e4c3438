//! What is computed from the values of a record: on each write, and for all records after a change of their pipeline's definition.

use crate::value::{value_amount, value_day, value_keys, value_searched};
use chrono::TimeDelta;
use db::{
    TenantConn, TenantRef,
    platform::jobs::job_derive_resume,
    tenant::records::{
        RecordDerived, RecordKey, pipeline_get, pipeline_hold, pipeline_list, pipeline_set_derived, record_derive_next, record_derive_set,
        record_keys_drop, record_keys_fill, record_keys_forget,
    },
};
use domain::{
    RecordId, UserId,
    job::JobStatus,
    record::{DeriveJob, Field, Lens, Sight},
    text::fold,
};
use kernel::{Error, Result, Services, failpoint, jobs::Job};
use serde_json::{Map, Value, json};

/// Records recomputed in one transaction.
const BATCH: i64 = 200;
/// How long a failed job rests.
const RESUMED_AFTER: TimeDelta = TimeDelta::minutes(5);

/// The most characters of a title: an entry of a PostgreSQL index takes 2,704 bytes (`BTMaxItemSize`).
const TITLE_MAX: usize = 255;

/// What is computed from the values of a record.
#[must_use]
pub fn derive(lens: &Lens, data: &Map<String, Value>) -> RecordDerived {
    let settings = &lens.pipeline().settings;
    let stored = |key: Option<&String>| data.get(&lens.named(key)?.slot);
    // Everyone who sees the record sees its title and finds it by its search text: neither holds what is hidden from a role.
    let is_open = |field: &&Field| !field.is_barred;
    let text = |key: &String| data.get(&lens.field(key).filter(is_open)?.slot)?.as_str();
    let title = settings.title.iter().filter_map(text).collect::<Vec<_>>().join(" ");
    let title = title.chars().take(TITLE_MAX).collect();
    let searched = lens.fields().filter(is_open).filter(|field| field.is_searchable);
    let searched = searched.filter_map(|field| Some(value_searched(field, data.get(&field.slot)?)));
    RecordDerived {
        title,
        value: stored(settings.value.as_ref()).and_then(value_amount),
        due: stored(settings.due.as_ref()).and_then(value_day),
        search: fold(&searched.collect::<Vec<_>>().join(" ")),
    }
}

/// The values by which a record is told from others, of the fields that the lens shows.
#[must_use]
pub fn keys_of(lens: &Lens, data: &Map<String, Value>) -> Vec<RecordKey> {
    let mut keys = Vec::new();
    for field in lens.fields().filter(|field| field.has_keys()) {
        for key in data.get(&field.slot).map(|value| value_keys(field, value)).unwrap_or_default() {
            let key = RecordKey { field: field.id, key, is_unique: field.is_unique };
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

/// Recomputes titles, amounts, due dates and search texts of all records of a pipeline. It needs no right of the user whose change made it
/// necessary.
pub async fn derive_run(job: &mut Job) -> Result<()> {
    let (site, plan): (_, DeriveJob) = job.plan().await?;
    let counted = |done| {
        failpoint::reach("records.derive")?;
        job.advance(done)
    };
    derive_all(&job.services, &site.tenant, &plan, counted).await?;
    job.finish(JobStatus::Done, None, &json!({})).await
}

/// Requeues derive jobs that failed or were cancelled. A job with nothing left to do ends at once.
///
/// # Errors
/// Those of the statement.
pub async fn derive_resume(services: &Services) -> Result<()> {
    let mut conn = services.db.platform().await?;
    let resumed = job_derive_resume(&mut conn, services.now() - RESUMED_AFTER).await;
    conn.finish(resumed).await?;
    Ok(())
}

/// Runs a derive job batch by batch; `counted` receives the number of records in each batch.
///
/// # Errors
/// Those of the statements and of `counted`.
pub async fn derive_all(services: &Services, tenant: &TenantRef, plan: &DeriveJob, counted: impl Fn(usize) -> Result<()>) -> Result<()> {
    let (mut begun, mut after) = (None, RecordId(0));
    loop {
        let mut conn = services.db.tenant(tenant).await?;
        let done = async {
            // The definition stays as it is until the batch is committed.
            pipeline_hold(&mut conn, &plan.pipeline).await?;
            let Some(pipeline) = pipeline_get(&conn, &plan.pipeline).await? else { return Ok(None) };
            let (id, version) = (pipeline.id, pipeline.version);
            if begun.is_none() && !plan.keys && pipeline.derived >= version {
                return Ok(None);
            }
            // A change of the definition begins the work again.
            if begun != Some(version) {
                (begun, after) = (Some(version), RecordId(0));
            }
            let lens = Lens::of(pipeline, UserId(0), Sight::all()).ok_or(db::DbError::Stale)?;
            let (done, last) = batch(&mut conn, &lens, after, plan.keys).await?;
            after = last;
            if done == 0 {
                pipeline_set_derived(&mut conn, id, version).await?;
                return Ok(None);
            }
            Ok::<_, Error>(Some(done))
        }
        .await;
        match conn.finish(done).await? {
            Some(done) => counted(done)?,
            None => return Ok(()),
        }
    }
}

/// Recomputes the next records. Gives how many there were, and the last of them.
async fn batch(conn: &mut TenantConn, lens: &Lens, after: RecordId, keys: bool) -> Result<(usize, RecordId)> {
    let rows = record_derive_next(conn, lens, after, BATCH).await?;
    let none = Map::new();
    let values = |data: &'_ Value| data.as_object().unwrap_or(&none).clone();
    let derived: Vec<_> = rows.iter().map(|(id, data, _)| (*id, derive(lens, &values(data)))).collect();
    if keys {
        // A field that is matched by again may have keys of values that changed meanwhile.
        let fields: Vec<i64> = lens.fields().map(|field| field.id).collect();
        record_keys_forget(conn, &fields, &rows.iter().map(|(id, ..)| *id).collect::<Vec<_>>()).await?;
        let live = rows.iter().filter(|(.., is_deleted)| !is_deleted);
        let keys = live.flat_map(|(id, data, _)| keys_of(lens, &values(data)).into_iter().map(|key| (*id, key)));
        record_keys_fill(conn, &keys.collect::<Vec<_>>()).await?;
    }
    record_derive_set(conn, lens, &derived).await?;
    Ok((derived.len(), derived.last().map_or(after, |(id, _)| *id)))
}

/// Recomputes all records of all pipelines and their keys in the given transaction: an archive from elsewhere is not trusted with them.
///
/// # Errors
/// Those of the statements.
pub async fn derive_in(conn: &mut TenantConn) -> Result<()> {
    record_keys_drop(conn).await?;
    for pipeline in pipeline_list(conn).await? {
        let (id, version) = (pipeline.id, pipeline.version);
        let Some(lens) = Lens::of(pipeline, UserId(0), Sight::all()) else { continue };
        let mut after = RecordId(0);
        while let (1.., last) = batch(conn, &lens, after, true).await? {
            after = last;
        }
        pipeline_set_derived(conn, id, version).await?;
    }
    Ok(())
}
