//! Days in the filters of a list.

use super::ListQuery;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// A day as typed into a filter; anything else narrows nothing.
#[must_use]
pub fn day_parse(text: &str) -> Option<NaiveDate> {
    text.parse::<NaiveDate>().ok().filter(|day| (1970..=9999).contains(&day.year()))
}

/// When a day begins in a zone: at midnight, at the earlier of two, or after a gap where clocks leave midnight out.
#[must_use]
pub fn day_start(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    // Gaps end on a quarter of an hour; the longest left a whole day out (Samoa, 30 December 2011).
    let quarters = (0..=24 * 4).filter_map(|quarter| midnight.checked_add_signed(TimeDelta::minutes(quarter * 15)));
    let first = quarters.filter_map(|local| zone.from_local_datetime(&local).earliest()).next();
    first.map_or_else(|| midnight.and_utc(), |at| at.to_utc())
}

/// From when and until before when the days of two filters last, in a zone.
#[must_use]
pub fn days_range(query: &ListQuery, zone: Tz) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let day = |name: &str| query.filter(name).next().and_then(day_parse);
    let start = |day: NaiveDate| day_start(day, zone);
    (day("from").map(start), day("to").and_then(|day| day.checked_add_days(Days::new(1))).map(start))
}

/// The days a filter on the day of creation means, where the clock of the viewer stands: from the first until before the second.
#[must_use]
pub fn created_range(query: &ListQuery, now: DateTime<Utc>, zone: Tz) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let today = now.with_timezone(&zone).date_naive();
    let start = |day: NaiveDate| day_start(day, zone);
    match query.filter("created").next() {
        Some("today") => (Some(start(today)), None),
        Some("7_days") => (Some(now - TimeDelta::days(7)), None),
        Some("month") => (today.with_day(1).map(start), None),
        Some("year") => (today.with_day(1).and_then(|day| day.checked_sub_months(Months::new(today.month0()))).map(start), None),
        Some("range") => days_range(query, zone),
        _ => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_of_creation() {
        let now: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
        let range = |pairs: &[(&str, &str)]| {
            let query = ListQuery::from_pairs(pairs.iter().copied(), &["created", "from", "to"]);
            let (from, to) = created_range(&query, now, Tz::UTC);
            (from.map(|at| at.to_rfc3339()), to.map(|at| at.to_rfc3339()))
        };
        let at = |text: &str| Some(format!("{text}T00:00:00+00:00"));
        assert_eq!(range(&[("created", "today")]), (at("2026-11-21"), None));
        assert_eq!(range(&[("created", "month")]), (at("2026-11-01"), None));
        assert_eq!(range(&[("created", "year")]), (at("2026-01-01"), None));
        assert_eq!(range(&[("created", "range"), ("from", "2026-02-03"), ("to", "2026-02-04")]), (at("2026-02-03"), at("2026-02-05")));
        assert_eq!(range(&[("created", "range"), ("from", "nonsense")]), (None, None));
    }
    #[test]
    fn days_begin_where_the_viewer_is() {
        let start = |day: &str, zone: &str| day_start(day.parse().unwrap(), zone.parse().unwrap()).to_rfc3339();
        for (day, zone, at) in [
            ("2026-11-28", "Pacific/Pago_Pago", "2026-11-28T11:00:00+00:00"),
            ("2026-11-28", "Pacific/Kiritimati", "2026-11-27T10:00:00+00:00"),
            ("2026-11-28", "Asia/Kathmandu", "2026-11-27T18:15:00+00:00"),
            // Clocks go from 23:59 to 1:00, and from 23:59 back to 23:00.
            ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00+00:00"),
            ("2026-03-08", "America/Havana", "2026-03-08T05:00:00+00:00"),
            ("2026-11-01", "America/Havana", "2026-11-01T04:00:00+00:00"),
            // A day that was not.
            ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00+00:00"),
        ] {
            assert_eq!(start(day, zone), at, "{day} {zone}");
        }
        let query = ListQuery::from_pairs([("created", "range"), ("from", "2026-11-28"), ("to", "2026-11-28")], &["created", "from", "to"]);
        let now = "2026-11-29T09:30:00Z".parse().unwrap();
        let (from, to) = created_range(&query, now, Tz::Pacific__Pago_Pago);
        assert_eq!((to.unwrap() - from.unwrap()).num_hours(), 24);
        let today = ListQuery::from_pairs([("created", "today")], &["created"]);
        assert_eq!(created_range(&today, now, Tz::Pacific__Pago_Pago).0, from);
    }
}
