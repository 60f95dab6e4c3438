//! A clock that stands still until a test moves it.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Clock, SystemClock};
use std::sync::Mutex;

/// The moment the test began, moved forward by as much as the test says and a little each time it is read: two
/// things never happen at once, and a slow machine changes no result.
#[derive(Debug)]
pub struct TestClock(Mutex<DateTime<Utc>>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Mutex::new(SystemClock.now()))
    }
}

impl TestClock {
    /// Moves the time forward.
    pub fn advance(&self, by: TimeDelta) {
        self.add(by);
    }

    fn add(&self, by: TimeDelta) -> DateTime<Utc> {
        let mut now = self.0.lock().expect("nobody panics with the time in hand");
        *now += by;
        *now
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        self.add(TimeDelta::microseconds(10))
    }
}
