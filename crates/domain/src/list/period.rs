//! Days and periods relative to today, as filters name them.

use super::day_parse;
use chrono::{Datelike, Days, Months, NaiveDate};

/// The periods that filters know, as addresses name them and as a person reads them.
pub const PERIODS: [(&str, &str); 17] = [
    ("today", "today"),
    ("yesterday", "yesterday"),
    ("tomorrow", "tomorrow"),
    ("this_week", "this week"),
    ("last_week", "last week"),
    ("next_week", "next week"),
    ("this_month", "this month"),
    ("last_month", "last month"),
    ("next_month", "next month"),
    ("this_quarter", "this quarter"),
    ("last_quarter", "last quarter"),
    ("this_year", "this year"),
    ("last_year", "last year"),
    ("last_7_days", "in the last 7 days"),
    ("last_30_days", "in the last 30 days"),
    ("next_7_days", "in the next 7 days"),
    ("next_30_days", "in the next 30 days"),
];

/// The first day of a period and the first one after it. Weeks begin on Monday (ISO 8601); the last and the next days count today.
#[must_use]
pub fn period(name: &str, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let days = |from: NaiveDate, count: u64| Some((from, from.checked_add_days(Days::new(count))?));
    let back = |count: u64| today.checked_sub_days(Days::new(count));
    let on = |count: u64| today.checked_add_days(Days::new(count));
    let monday = back(today.weekday().num_days_from_monday().into())?;
    let month = today.with_day(1)?;
    let quarter = month.checked_sub_months(Months::new(month.month0() % 3))?;
    let year = month.checked_sub_months(Months::new(month.month0()))?;
    let months = |from: NaiveDate, count: u32| Some((from, from.checked_add_months(Months::new(count))?));
    match name {
        "today" => days(today, 1),
        "yesterday" => days(back(1)?, 1),
        "tomorrow" => days(on(1)?, 1),
        "this_week" => days(monday, 7),
        "last_week" => days(monday.checked_sub_days(Days::new(7))?, 7),
        "next_week" => days(monday.checked_add_days(Days::new(7))?, 7),
        "this_month" => months(month, 1),
        "last_month" => months(month.checked_sub_months(Months::new(1))?, 1),
        "next_month" => months(month.checked_add_months(Months::new(1))?, 1),
        "this_quarter" => months(quarter, 3),
        "last_quarter" => months(quarter.checked_sub_months(Months::new(3))?, 3),
        "this_year" => months(year, 12),
        "last_year" => months(year.checked_sub_months(Months::new(12))?, 12),
        "last_7_days" => days(back(6)?, 7),
        "last_30_days" => days(back(29)?, 30),
        "next_7_days" => days(today, 7),
        "next_30_days" => days(today, 30),
        _ => None,
    }
}

/// A day as a filter names it: `2026-03-31`, or `today` with days added or taken away, such as `today-30`.
#[must_use]
pub fn day_relative(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let Some(rest) = text.strip_prefix("today") else { return day_parse(text) };
    let count = |days: &str| if days.bytes().all(|b| b.is_ascii_digit()) { days.parse::<u16>().ok() } else { None };
    let day = match rest.split_at_checked(1) {
        None if rest.is_empty() => Some(today),
        Some(("+", days)) => today.checked_add_days(Days::new(count(days)?.into())),
        Some(("-", days)) => today.checked_sub_days(Days::new(count(days)?.into())),
        _ => None,
    };
    day.filter(|day| (1970..=9999).contains(&day.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_whole_days() {
        let today: NaiveDate = "2026-11-29".parse().unwrap();
        let is = |name: &str| period(name, today).map(|(from, to)| format!("{from}/{to}")).unwrap();
        for (name, days) in [
            ("today", "2026-11-29/2026-11-30"),
            ("tomorrow", "2026-11-30/2026-12-01"),
            // A Sunday ends its week.
            ("this_week", "2026-11-23/2026-11-30"),
            ("last_week", "2026-11-16/2026-11-23"),
            ("next_month", "2026-12-01/2027-01-01"),
            ("this_quarter", "2026-10-01/2027-01-01"),
            ("last_quarter", "2026-07-01/2026-10-01"),
            ("last_year", "2025-01-01/2026-01-01"),
            ("last_7_days", "2026-11-23/2026-11-30"),
            ("next_7_days", "2026-11-29/2026-12-06"),
        ] {
            assert_eq!(is(name), days, "{name}");
        }
        assert!(PERIODS.iter().all(|(name, _)| period(name, today).is_some()) && period("someday", today).is_none());
    }

    #[test]
    fn days_are_named_or_counted_from_today() {
        let today: NaiveDate = "2026-11-29".parse().unwrap();
        let is = |text: &str| day_relative(text, today).map(|day| day.to_string());
        assert_eq!((is("today").as_deref(), is("today-30").as_deref()), (Some("2026-11-29"), Some("2026-10-30")));
        assert_eq!((is("today+2").as_deref(), is("2026-01-02").as_deref()), (Some("2026-12-01"), Some("2026-01-02")));
        for bad in ["todays", "today+", "today++5", "todayé", "today-99999", "today*2", "tomorrow", "1.2.2026"] {
            assert_eq!(is(bad), None, "{bad}");
        }
    }
}
