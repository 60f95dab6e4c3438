//! The pages `/usage` and `/tenants/{slug}/usage`: how much companies use.

mod list;
mod of_tenant;

pub use list::UsageListPage;
pub use of_tenant::TenantUsagePage;

use crate::ui::Bar;
use chrono::{DateTime, Utc};
use domain::{
    dto::platform::{FleetDay, Requests, UsageDay},
    list::grouped,
};

/// Requests by hour, errors standing out.
pub(super) fn hour_bars(hours: &[(DateTime<Utc>, Requests)]) -> Vec<Bar> {
    hours.iter().map(|(hour, count)| requests_bar(hour.format("%H:%M").to_string(), *count)).collect()
}

/// Requests of a day or an hour.
fn requests_bar(label: String, count: Requests) -> Bar {
    let Requests { requests, errors } = count;
    let shown = if errors == 0 { grouped(requests) } else { format!("{}, {} errors", grouped(requests), grouped(errors)) };
    Bar { label, value: requests, part: errors, shown }
}

/// People by day.
pub(super) fn day_bars(days: &[UsageDay]) -> Vec<Bar> {
    days.iter().map(|day| Bar { label: day.day.to_string(), value: day.people, part: 0, shown: grouped(day.people) }).collect()
}

/// Something of the whole installation by day: its height, and as a person reads it.
pub(super) fn fleet_bars(days: &[FleetDay], of: impl Fn(&FleetDay) -> (i64, String)) -> Vec<Bar> {
    let bar = |day: &FleetDay| {
        let (value, shown) = of(day);
        Bar { label: day.day.to_string(), value, part: 0, shown }
    };
    days.iter().map(bar).collect()
}
