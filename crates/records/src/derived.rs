//! What is computed from the values of a record: when it is written, and of all records once their pipeline is defined anew.

use crate::value::{value_amount, value_day, value_keys, value_searched};
use chrono::TimeDelta;
use db::{
    TenantConn, TenantRef,
    platform::jobs::job_derive_resume,
    tenant::{
        job_rows::checkpoint_get,
        records::{
            RecordDerived, RecordKey, pipeline_get, pipeline_hold, pipeline_list, pipeline_set_derived, record_derive_next,
            record_derive_set, record_keys_drop, record_keys_fill,
        },
    },
};
use domain::{
    AppError, RecordId, UserId,
    job::JobStatus,
    record::{DeriveJob, Field, Lens, Sight},
    text::fold,
};
use kernel::{Error, Result, Services, failpoint, jobs::Job, sites::site_of_tenant};
use serde_json::{Map, Value, json};

/// Records that are computed anew in one transaction.
const BATCH: i64 = 200;
/// How long a job rests that failed.
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

/// Computes titles, amounts, due dates and search texts of all records of a pipeline anew. It needs no right of the user whose change
/// made it necessary.
pub async fn derive_run(job: &mut Job) -> Result<()> {
    let site = site_of_tenant(&job.services, job.tenant()?).await?.ok_or(AppError::NotFound)?;
    let mut conn = job.services.db.tenant(&site.tenant).await?;
    let plan = checkpoint_get(&mut conn, job.id()).await;
    let plan = conn.finish(plan).await?.ok_or_else(|| Error::Fault(format!("job {} has nothing to do", job.id())))?;
    let DeriveJob { pipeline, keys } = serde_json::from_value(plan).map_err(|error| Error::Fault(format!("job {}: {error}", job.id())))?;
    let counted = |done| {
        failpoint::reach("records.derive")?;
        job.advance(done)
    };
    derive_all(&job.services, &site.tenant, (&pipeline, keys), counted).await?;
    job.finish(JobStatus::Done, None, &json!({})).await
}

/// Lets jobs go on that ended without having computed all records. A job that is not needed any more ends at once.
///
/// # Errors
/// Those of the statement.
pub async fn derive_resume(services: &Services) -> Result<()> {
    let mut conn = services.db.platform().await?;
    let resumed = job_derive_resume(&mut conn, services.now() - RESUMED_AFTER).await;
    conn.finish(resumed).await?;
    Ok(())
}

/// The same for a pipeline by its key, and whether keys that are missing are added, with what is to happen after so many records.
///
/// # Errors
/// Those of the statements and of what happens meanwhile.
pub async fn derive_all(
    services: &Services,
    tenant: &TenantRef,
    (key, keys): (&str, bool),
    counted: impl Fn(usize) -> Result<()>,
) -> Result<()> {
    // Each round is of one version of the definition. A change of it meanwhile begins another one.
    while let Some(version) = round(services, tenant, (key, keys), &counted).await? {
        let mut conn = services.db.tenant(tenant).await?;
        let ended = async {
            match pipeline_get(&conn, key).await? {
                Some(pipeline) => pipeline_set_derived(&mut conn, pipeline.id, version).await,
                None => Ok(true),
            }
        }
        .await;
        if conn.finish(ended).await? {
            break;
        }
    }
    Ok(())
}

/// Computes all records by the definition as it is; gives its version, and nothing where there is nothing to do.
async fn round(
    services: &Services,
    tenant: &TenantRef,
    (key, keys): (&str, bool),
    counted: &impl Fn(usize) -> Result<()>,
) -> Result<Option<i32>> {
    let (mut after, mut begun) = (RecordId(0), None);
    loop {
        let mut conn = services.db.tenant(tenant).await?;
        let done = async {
            pipeline_hold(&mut conn, key).await?;
            let Some(pipeline) = pipeline_get(&conn, key).await? else { return Ok(None) };
            let version = pipeline.version;
            // Records that come later are computed by the definition that they are written by.
            if begun.is_none() && !keys && pipeline.derived >= version || begun.is_some_and(|begun| begun != version) {
                return Ok(Some((version, 0)));
            }
            let lens = Lens::of(pipeline, UserId(0), Sight::all()).ok_or(db::DbError::Stale)?;
            let (done, last) = batch(&mut conn, &lens, after, keys).await?;
            after = last;
            Ok::<_, Error>(Some((version, done)))
        }
        .await;
        let Some((version, done)) = conn.finish(done).await? else { return Ok(None) };
        if done == 0 {
            return Ok(begun.or(Some(version)));
        }
        begun = Some(version);
        counted(done)?;
    }
}

/// Computes the next records anew. Gives how many there were, and the last of them.
async fn batch(conn: &mut TenantConn, lens: &Lens, after: RecordId, keys: bool) -> Result<(usize, RecordId)> {
    let rows = record_derive_next(conn, lens, after, BATCH).await?;
    let no_values = Map::new();
    let data = |values: &'_ Value| values.as_object().cloned().unwrap_or_else(|| no_values.clone());
    let derived: Vec<_> = rows.iter().map(|(id, values, _)| (*id, derive(lens, &data(values)))).collect();
    if keys {
        let live = rows.iter().filter(|(.., is_deleted)| !is_deleted);
        let of = |(id, values, _): &(RecordId, Value, bool)| keys_of(lens, &data(values)).into_iter().map(|key| (*id, key)).collect();
        let missing: Vec<Vec<_>> = live.map(of).collect();
        record_keys_fill(conn, &missing.concat()).await?;
    }
    record_derive_set(conn, lens, &derived).await?;
    Ok((derived.len(), derived.last().map_or(after, |(id, _)| *id)))
}

/// Computes all records of all pipelines in the transaction given, their keys too: what came from elsewhere is not taken at its word.
///
/// # Errors
/// Those of the statements.
pub async fn derive_in(conn: &mut TenantConn) -> Result<()> {
    record_keys_drop(conn).await?;
    for pipeline in pipeline_list(conn).await? {
        let (id, version) = (pipeline.id, pipeline.version);
        let Some(lens) = Lens::of(pipeline, UserId(0), Sight::all()) else { continue };
        let mut after = RecordId(0);
        loop {
            let (done, last) = batch(conn, &lens, after, true).await?;
            if done == 0 {
                break;
            }
            after = last;
        }
        pipeline_set_derived(conn, id, version).await?;
    }
    Ok(())
}
