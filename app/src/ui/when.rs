//! Points in time, as a person reads them.

use super::site::format;
use chrono::{DateTime, NaiveDate, Utc};
use domain::{format::Format, list::Count};
use leptos::prelude::*;

/// `2 h ago`, with the exact time on hover and for machines.
#[component]
pub fn When(
    /// The moment.
    at: DateTime<Utc>,
    /// The time at which the page was made.
    now: DateTime<Utc>,
) -> impl IntoView {
    let format = format();
    view! { <time datetime=at.to_rfc3339() title=format.moment(at)>{relative(at, now, format)}</time> }
}

/// A moment to the second, with how long ago that is.
#[component]
pub fn Exactly(
    /// The moment.
    at: DateTime<Utc>,
    /// The time at which the page was made.
    now: DateTime<Utc>,
) -> impl IntoView {
    let format = format();
    view! { <time datetime=at.to_rfc3339()>{format.second(at)}</time>" "<span class="text-muted">{relative(at, now, format)}</span> }
}

/// The day of a moment, as the site writes it.
#[must_use]
pub fn day(at: DateTime<Utc>) -> String {
    format().day(at)
}

/// A day, as the site writes it.
#[must_use]
pub fn date(day: NaiveDate) -> String {
    format().date(day)
}

/// Day and time, as the site writes them.
#[must_use]
pub fn moment(at: DateTime<Utc>) -> String {
    format().moment(at)
}

/// A whole number, as the site writes it.
#[must_use]
pub fn number(number: i64) -> String {
    format().number(number)
}

/// A count, as the site writes it.
#[must_use]
pub fn count(count: Count) -> String {
    match count {
        Count::Exact(rows) => number(rows),
        Count::Many => count.to_string(),
    }
}

/// How long ago a moment is, near ones; the day of others.
pub(super) fn relative(at: DateTime<Utc>, now: DateTime<Utc>, format: Format) -> String {
    let seconds = (now - at).num_seconds();
    match seconds {
        ..-59 => format.day(at),
        -59..60 => "just now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        86_400..172_800 => "yesterday".to_owned(),
        172_800..2_592_000 => format!("{} days ago", seconds / 86_400),
        _ => format.day(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn near_times_are_relative() {
        let now: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
        let ago = |seconds: i64| relative(now - TimeDelta::seconds(seconds), now, Format::default());
        assert_eq!(ago(5), "just now");
        assert_eq!(ago(150), "2 min ago");
        assert_eq!(ago(7200), "2 h ago");
        assert_eq!(ago(100_000), "yesterday");
        assert_eq!(ago(12 * 86_400), "12 days ago");
        assert_eq!(ago(400 * 86_400), "17 October 2025");
        assert_eq!(ago(-3600), "21 November 2026");
    }
}
