//! Points in time, as a person reads them.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// `2 h ago`, with the exact time on hover and for machines.
#[component]
pub fn When(
    /// The moment.
    at: DateTime<Utc>,
    /// The time at which the page was made.
    now: DateTime<Utc>,
) -> impl IntoView {
    let exact = at.format("%-d %B %Y, %H:%M:%S UTC").to_string();
    view! { <time datetime=at.to_rfc3339() title=exact>{relative(at, now)}</time> }
}

/// `4 March 2026`.
#[must_use]
pub fn day(at: DateTime<Utc>) -> String {
    at.format("%-d %B %Y").to_string()
}

fn relative(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - at).num_seconds();
    match seconds {
        ..-59 => day(at),
        -59..60 => "just now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        86_400..172_800 => "yesterday".to_owned(),
        172_800..2_592_000 => format!("{} days ago", seconds / 86_400),
        _ => day(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn near_times_are_relative() {
        let now: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
        let ago = |seconds: i64| relative(now - TimeDelta::seconds(seconds), now);
        assert_eq!(ago(5), "just now");
        assert_eq!(ago(150), "2 min ago");
        assert_eq!(ago(7200), "2 h ago");
        assert_eq!(ago(100_000), "yesterday");
        assert_eq!(ago(12 * 86_400), "12 days ago");
        assert_eq!(ago(400 * 86_400), "17 October 2025");
        assert_eq!(ago(-3600), "21 November 2026");
    }
}
