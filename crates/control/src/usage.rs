//! How much tenants use: what was counted is written in batches; sizes are measured from time to time.

mod pages;

pub(crate) use pages::{DAYS, days, hours};
pub use pages::{FILTERS, tenant_usage, usage_export, usage_list};

use chrono::{NaiveTime, TimeDelta};
use db::{
    platform::usage::{self as db_usage},
    tenant::inventory::table_counts,
};
use domain::{TenantId, dto::platform::UsageSize};
use kernel::{Result, Services, usage::Usage};

/// How long hours are kept.
const HOURS_KEPT: TimeDelta = TimeDelta::days(35);
/// How long after midnight the day before is noted again.
const JUST_AFTER: TimeDelta = TimeDelta::minutes(5);
/// How old a size may become.
const SIZE_GOOD: TimeDelta = TimeDelta::hours(6);
/// Companies measured in one go.
const SIZES_AT_ONCE: i64 = 20;

/// Writes what was counted; what cannot be written waits for the next time.
pub async fn flush(services: &Services) {
    flush_of(services, &services.usage).await;
    field_uses_flush(services).await;
}

/// Writes how often lists used which fields.
pub async fn field_uses_flush(services: &Services) {
    for (site, uses) in services.field_uses.take() {
        if let Err(error) = records::uses_write(services, &site.tenant, &uses).await {
            tracing::warn!(%error, tenant = %site.tenant.id, "the uses of fields were not written");
        }
    }
}

/// Writes what one counter counted; a process has one.
pub async fn flush_of(services: &Services, usage: &Usage) {
    let (hours, people) = usage.take();
    if hours.is_empty() && people.is_empty() {
        return;
    }
    let written = async {
        let mut conn = services.db.platform().await?;
        let added = async {
            db_usage::usage_add(&mut conn, &hours).await?;
            for (day, people) in &people {
                db_usage::people_add(&mut conn, *day, people).await?;
            }
            Ok::<_, db::DbError>(())
        }
        .await;
        conn.finish(added).await
    };
    if let Err(error) = written.await {
        tracing::warn!(%error, "requests were counted and not yet written");
        usage.give_back(hours, people);
    }
}

/// Notes how the whole installation stands, and removes what is older than it is kept.
///
/// # Errors
/// When the database does not answer.
pub async fn fleet_note(services: &Services) -> Result<()> {
    let now = services.now();
    let today = now.date_naive();
    let mut conn = services.db.platform().await?;
    let noted = async {
        // Just after midnight the day before is noted once more, with what was charged in its last moments.
        if now - today.and_time(NaiveTime::MIN).and_utc() < JUST_AFTER {
            db_usage::fleet_close(&mut conn, today - TimeDelta::days(1)).await?;
        }
        db_usage::fleet_note(&mut conn, today).await?;
        db_usage::usage_prune(&mut conn, now - HOURS_KEPT, today - TimeDelta::days(1)).await
    }
    .await;
    Ok(conn.finish(noted).await?)
}

/// Measures some companies whose size is old, or was never known. One that is out of order keeps no other back.
///
/// # Errors
/// When the database does not answer.
pub async fn measure(services: &Services) -> Result<()> {
    let mut conn = services.db.platform().await?;
    let now = services.now();
    let taken = db_usage::size_take(&mut conn, now, now - SIZE_GOOD, SIZES_AT_ONCE).await;
    for (id, schema) in conn.finish(taken).await? {
        if let Err(error) = measure_one(services, id, &schema).await {
            tracing::warn!(%error, tenant = %id, "a company was not measured");
        }
    }
    Ok(())
}

async fn measure_one(services: &Services, id: TenantId, schema: &str) -> Result<()> {
    let mut conn = services.db.tenant(&services.db.tenant_ref(id, schema)).await?;
    let counted = table_counts(&mut conn).await;
    let tables = conn.finish(counted).await?;
    let mut conn = services.db.platform().await?;
    let kept = async {
        let bytes = db::platform::tenants::schema_bytes(&mut conn, schema).await?.unwrap_or(0);
        let rows = tables.iter().map(|(_, count)| count).sum();
        let size = UsageSize { measured_at: services.now(), bytes, rows, tables: tables.clone() };
        db_usage::size_set(&mut conn, id, &size).await
    }
    .await;
    Ok(conn.finish(kept).await?)
}
