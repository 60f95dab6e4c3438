//! The adviser of indexes: a field that lists of a large pipeline often filter or sort by gets an index, one that they no longer use loses it.

use chrono::TimeDelta;
use db::{
    TenantRef,
    platform::jobs::{job_failed_since, job_insert, job_is_open},
    tenant::records::{
        FieldIndex, RecordCondition, RecordFilter, field_index, field_index_create, field_index_drop, field_indexes, field_uses,
        field_uses_add, pipeline_list, pipeline_size,
    },
};
use domain::{
    AppError, UserId,
    job::{JobKind, JobStatus},
    list::ListQuery,
    record::{Lens, Sight, Test},
    user_field::FIELD_PREFIX,
};
use kernel::{RequestCx, Result, Services, failpoint, field_uses::Uses, jobs::Job, sites::site_of_tenant};
use serde_json::json;

/// A smaller pipeline is read fast enough without (records.md, 6).
const LARGE: i64 = 20_000;
/// Uses before which a field gets no index.
const USES_MIN: i64 = 5;
/// An index that no list used for so long goes.
const UNUSED: TimeDelta = TimeDelta::days(60);
/// How long a tenant whose indexes could not be built rests.
const RETRIED_AFTER: TimeDelta = TimeDelta::hours(6);
/// The most indexes of one pipeline: each costs every write.
const PIPELINE_MAX: usize = 12;
/// The most indexes of one tenant.
const TENANT_MAX: usize = 64;

/// What is to be done for a tenant.
#[derive(Debug, Default)]
struct Plan {
    create: Vec<FieldIndex>,
    drop: Vec<String>,
}

/// Counts the fields that a list filters or sorts by in a way that an index serves.
pub(crate) fn uses_count(cx: &RequestCx, lens: &Lens, filter: &RecordFilter, query: &ListQuery) {
    let Ok(site) = cx.tenant_site() else { return };
    let slot = |condition: &RecordCondition| match condition {
        RecordCondition::Field(condition) if !condition.negated => match condition.test {
            Test::Number(..) | Test::Span(..) | Test::AnyOf(_) => Some(condition.field.slot().to_owned()),
            _ => None,
        },
        _ => None,
    };
    let slots: Vec<String> = filter.conditions.iter().filter_map(slot).collect();
    let sorted = query.sort.strip_prefix(FIELD_PREFIX);
    let is_used =
        |field: &&domain::record::Field| slots.contains(&field.slot) || (sorted == Some(field.key.as_str()) && !field.kind.has_options());
    cx.services.field_uses.count(site, lens.fields().filter(is_used).map(|field| field.id));
}

/// Writes uses of a tenant's fields, and has indexes built or removed where that is due.
///
/// # Errors
/// When the database does not answer.
pub async fn uses_write(services: &Services, tenant: &TenantRef, uses: &Uses) -> Result<()> {
    let mut conn = services.db.tenant(tenant).await?;
    let added = field_uses_add(&mut conn, uses, services.now()).await;
    conn.finish(added).await?;
    indexes_advise(services, tenant).await
}

/// Enqueues a job where a tenant lacks an index or has one too many.
///
/// # Errors
/// When the database does not answer.
pub async fn indexes_advise(services: &Services, tenant: &TenantRef) -> Result<()> {
    if !services.db.has_owner() {
        return Ok(());
    }
    let plan = plan(services, tenant).await?;
    if plan.create.is_empty() && plan.drop.is_empty() {
        return Ok(());
    }
    let mut conn = services.db.platform().await?;
    let enqueued = async {
        let (kind, now) = (JobKind::TenantIndex, services.now());
        let rests = job_failed_since(&mut conn, kind, tenant.id, now - RETRIED_AFTER).await?;
        if !rests && !job_is_open(&mut conn, kind, tenant.id).await? {
            job_insert(&mut conn, kind, Some(tenant.id), &json!({}), "Oneo", now).await?;
        }
        Ok::<_, db::DbError>(())
    }
    .await;
    Ok(conn.finish(enqueued).await?)
}

/// Compares the indexes that a tenant's fields need with those in its schema.
async fn plan(services: &Services, tenant: &TenantRef) -> Result<Plan> {
    let conn = services.db.tenant(tenant).await?;
    let planned = async {
        let often = field_uses(&conn, services.now() - UNUSED, USES_MIN).await?;
        let found = field_indexes(&conn).await?;
        let mut wanted: Vec<FieldIndex> = Vec::new();
        if !often.is_empty() {
            for pipeline in pipeline_list(&conn).await? {
                let Some(lens) = Lens::of(pipeline, UserId(0), Sight::all()) else { continue };
                let field = |id: &i64| lens.fields().find(|field| field.id == *id);
                let indexes = often.iter().filter_map(|id| field_index(&lens, field(id)?)).take(PIPELINE_MAX);
                let indexes: Vec<FieldIndex> = indexes.collect();
                // What was built stays until the pipeline is half as large: records that come and go build nothing again and again.
                let has_some = indexes.iter().any(|index| found.iter().any(|built| built.name == index.name));
                let least = if has_some { LARGE / 2 } else { LARGE };
                if !indexes.is_empty() && pipeline_size(&conn, lens.pipeline().id, least).await? >= least {
                    wanted.extend(indexes);
                }
            }
        }
        wanted.truncate(TENANT_MAX);
        let is_wanted = |name: &str| wanted.iter().any(|index| index.name == name);
        let drop = found.iter().filter(|index| !index.is_valid || !is_wanted(&index.name)).map(|index| index.name.clone());
        let drop: Vec<String> = drop.collect();
        let is_built = |index: &FieldIndex| found.iter().any(|built| built.is_valid && built.name == index.name);
        let create = wanted.iter().filter(|index| !is_built(index)).cloned().collect();
        Ok::<_, db::DbError>(Plan { create, drop })
    }
    .await;
    Ok(conn.finish(planned).await?)
}

/// Builds the indexes that a tenant's fields need, and removes those that none needs any more.
pub async fn index_run(job: &mut Job) -> Result<()> {
    let tenant = site_of_tenant(&job.services, job.tenant()?).await?.ok_or(AppError::NotFound)?.tenant.clone();
    let Plan { create, drop } = plan(&job.services, &tenant).await?;
    job.expect(i64::try_from(create.len() + drop.len()).unwrap_or(0));
    for name in &drop {
        field_index_drop(&job.services.db, &tenant, name).await?;
        job.advance(1)?;
    }
    for index in &create {
        if let Err(error) = field_index_create(&job.services.db, &tenant, index).await {
            field_index_drop(&job.services.db, &tenant, &index.name).await?;
            return Err(error.into());
        }
        failpoint::reach("tenant.index")?;
        job.log(format!("{} was built", index.name));
        job.advance(1)?;
    }
    job.finish(JobStatus::Done, None, &json!({ "built": create.len(), "removed": drop.len() })).await
}
