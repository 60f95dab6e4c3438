//! How much tenants use: requests, errors and users, counted in process.

use chrono::{DateTime, DurationRound, NaiveDate, TimeDelta, Utc};
use db::platform::usage::{ALL, HourCount};
use domain::{SiteKey, TenantId, dto::platform::Requests};
use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};

/// People remembered of a day so that they are not written again; past this many they are forgotten and written again,
/// which costs a little and counts nobody twice.
const SEEN_MAX: usize = 200_000;
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

    /// What was counted since this was asked last: requests by hour, and users by day.
    #[expect(clippy::type_complexity, reason = "two lists that are taken apart at once")]
    pub fn take(&self) -> (Vec<HourCount>, Vec<(NaiveDate, Vec<(TenantId, i64)>)>) {
        let Ok(mut counted) = self.0.lock() else { return Default::default() };
        let hours = counted.hours.drain().map(|((tenant, hour), count)| HourCount { tenant, hour, count }).collect();
        let people = counted.people.drain().map(|(day, people)| (day, people.into_iter().collect())).collect();
        (hours, people)
    }

    /// Takes back what could not be written.
    pub fn give_back(&self, hours: Vec<HourCount>, people: Vec<(NaiveDate, Vec<(TenantId, i64)>)>) {
        let Ok(mut counted) = self.0.lock() else { return };
        for HourCount { tenant, hour, count } in hours {
            counted.add(tenant, hour, count);
        }
        for (day, people) in people {
            counted.people.entry(day).or_default().extend(people);
        }
    }
}
