//! Days in the filters of a list.

use super::ListQuery;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};

/// A day as typed into a filter; anything else narrows nothing.
#[must_use]
pub fn day_parse(text: &str) -> Option<NaiveDate> {
    text.parse::<NaiveDate>().ok().filter(|day| (1970..=9999).contains(&day.year()))
}

/// The days a filter on the day of creation means: from the first until before the second.
#[must_use]
pub fn created_range(query: &ListQuery, now: DateTime<Utc>) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let today = now.date_naive();
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    match query.filter("created").next() {
        Some("today") => (Some(midnight(today)), None),
        Some("7_days") => (Some(now - TimeDelta::days(7)), None),
        Some("month") => (today.with_day(1).map(midnight), None),
        Some("year") => (today.with_day(1).and_then(|day| day.checked_sub_months(Months::new(today.month0()))).map(midnight), None),
        Some("range") => {
            let day = |name: &str| query.filter(name).next().and_then(day_parse);
            (day("from").map(midnight), day("to").and_then(|day| day.checked_add_days(Days::new(1))).map(midnight))
        }
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
            let (from, to) = created_range(&query, now);
            (from.map(|at| at.to_rfc3339()), to.map(|at| at.to_rfc3339()))
        };
        let at = |text: &str| Some(format!("{text}T00:00:00+00:00"));
        assert_eq!(range(&[("created", "today")]), (at("2026-11-21"), None));
        assert_eq!(range(&[("created", "month")]), (at("2026-11-01"), None));
        assert_eq!(range(&[("created", "year")]), (at("2026-01-01"), None));
        assert_eq!(range(&[("created", "range"), ("from", "2026-02-03"), ("to", "2026-02-04")]), (at("2026-02-03"), at("2026-02-05")));
        assert_eq!(range(&[("created", "range"), ("from", "nonsense")]), (None, None));
    }
}
