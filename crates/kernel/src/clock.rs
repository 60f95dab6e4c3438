//! What time it is. Passed in, so that tests can move it.

use chrono::{DateTime, Utc};

/// A source of the time.
pub trait Clock: Send + Sync {
    /// The time now, to the microsecond, as PostgreSQL keeps it.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "this is the Clock that everything else asks")]
        let now = DateTime::<Utc>::from(std::time::SystemTime::now());
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }
}
