//! How much companies use: requests, errors and people, counted in process and written in batches; sizes, measured
//! from time to time.

mod pages;

pub(crate) use pages::{DAYS, days, hours};
pub use pages::{FILTERS, tenant_usage, usage_export, usage_list};

use crate::{Result, Services};
use chrono::{DateTime, DurationRound, NaiveDate, NaiveTime, TimeDelta, Utc};
use db::{
    platform::usage::{self as db_usage, ALL, HourCount},
    tenant::inventory::table_counts,
};
use domain::{
    SiteKey, TenantId,
    dto::platform::{Requests, UsageSize},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};

/// People remembered of a day so that they are not written again; past this many they are forgotten and written again,
/// which costs a little and counts nobody twice.
const SEEN_MAX: usize = 200_000;
/// How long hours are kept.
const HOURS_KEPT: TimeDelta = TimeDelta::days(35);
/// How long after midnight the day before is noted again.
const JUST_AFTER: TimeDelta = TimeDelta::minutes(5);
/// How old a size may become.
const SIZE_GOOD: TimeDelta = TimeDelta::hours(6);
/// Companies measured in one go.
const SIZES_AT_ONCE: i64 = 20;

/// What was counted in this process since it was last written.
#[derive(Default)]
pub struct Usage(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    hours: HashMap<(TenantId, DateTime<Utc>), Requests>,
    people: HashMap<NaiveDate, HashSet<(TenantId, i64)>>,
    /// Those of [`day`](Self::day) who are written already.
    seen: HashSet<(TenantId, i64)>,
    day: NaiveDate,
}

impl Counted {
    fn add(&mut self, tenant: TenantId, hour: DateTime<Utc>, count: Requests) {
        let sum = self.hours.entry((tenant, hour)).or_default();
        sum.requests += count.requests;
        sum.errors += count.errors;
    }
}

impl Usage {
    /// Counts a request on a site: by whom, if signed in, and whether it met a fault of Oneo.
    pub fn request(&self, site: SiteKey, subject: Option<i64>, failed: bool, now: DateTime<Utc>) {
        let hour = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
        let count = Requests { requests: 1, errors: i64::from(failed) };
        let Ok(mut counted) = self.0.lock() else { return };
        counted.add(ALL, hour, count);
        let Some(tenant) = site.tenant_id() else { return };
        counted.add(tenant, hour, count);
        let Some(user) = subject else { return };
        let today = now.date_naive();
        if counted.day != today || counted.seen.len() >= SEEN_MAX {
            counted.seen.clear();
            counted.day = today;
        }
        if counted.seen.insert((tenant, user)) {
            counted.people.entry(today).or_default().insert((tenant, user));
        }
    }

    #[expect(clippy::type_complexity, reason = "two lists that are taken apart at once")]
    fn take(&self) -> (Vec<HourCount>, Vec<(NaiveDate, Vec<(TenantId, i64)>)>) {
        let Ok(mut counted) = self.0.lock() else { return Default::default() };
        let hours = counted.hours.drain().map(|((tenant, hour), count)| HourCount { tenant, hour, count }).collect();
        let people = counted.people.drain().map(|(day, people)| (day, people.into_iter().collect())).collect();
        (hours, people)
    }

    fn give_back(&self, hours: Vec<HourCount>, people: Vec<(NaiveDate, Vec<(TenantId, i64)>)>) {
        let Ok(mut counted) = self.0.lock() else { return };
        for HourCount { tenant, hour, count } in hours {
            counted.add(tenant, hour, count);
        }
        for (day, people) in people {
            counted.people.entry(day).or_default().extend(people);
        }
    }
}

/// Writes what was counted; what cannot be written waits for the next time.
pub async fn flush(services: &Services) {
    flush_of(services, &services.usage).await;
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
