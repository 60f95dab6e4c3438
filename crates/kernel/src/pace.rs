//! How long costly work rests after it, the longer the more of it there was: a rush is served at once, a flood is slowed down until it
//! no longer shows beside others.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How much longer each rest is than the one before.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    /// How many times as long as the work took the rest after the n-th step is.
    times: fn(u32) -> u32,
    /// The last step.
    steps_max: u32,
    /// The longest rest: what took long on a busy machine must not keep others of the key from working.
    rest_max: Duration,
}

impl Growth {
    /// For a site: many users may sign in at once, so each rest is one time longer than the one before.
    pub const SITE: Self = Self { times: |step| step, steps_max: 24, rest_max: Duration::from_secs(1) };
    /// For one account: nobody signs in many times at once, so each rest is twice as long as the one before.
    pub const ACCOUNT: Self = Self { times: |step| 1 << step, steps_max: 7, rest_max: Duration::from_secs(4) };
}

/// How many steps a key goes back in a calm.
const CALM: Duration = Duration::from_secs(2);

/// The steps of keys, with when each was last counted.
#[derive(Clone)]
pub struct Paces<K> {
    growth: Growth,
    keys: Arc<Mutex<HashMap<K, (u32, Instant)>>>,
}

impl<K: Copy + Eq + Hash> Paces<K> {
    /// Paces of keys whose rests grow like that.
    #[must_use]
    pub fn new(growth: Growth) -> Self {
        Self { growth, keys: Arc::default() }
    }

    /// Counts work of a key that took so long. Gives how long the next of the same key waits.
    #[must_use]
    pub fn rest(&self, key: K, took: Duration) -> Duration {
        self.rest_at(key, took, Instant::now())
    }

    fn rest_at(&self, key: K, took: Duration, now: Instant) -> Duration {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let calmed = |(step, at): (u32, Instant)| {
            let back = now.duration_since(at).as_millis() / CALM.as_millis();
            step.saturating_sub(u32::try_from(back).unwrap_or(u32::MAX))
        };
        keys.retain(|_, known| calmed(*known) > 0);
        let step = keys.get(&key).map_or(0, |known| calmed(*known)).saturating_add(1).min(self.growth.steps_max);
        keys.insert(key, (step, now));
        (took * (self.growth.times)(step)).min(self.growth.rest_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOK: Duration = Duration::from_millis(25);

    /// The rests of so many works of a key, one after another.
    fn rests(paces: &Paces<u8>, count: usize, now: &mut Instant) -> Vec<Duration> {
        let mut rest = || {
            let rest = paces.rest_at(1, TOOK, *now);
            *now += TOOK + rest;
            rest
        };
        (0..count).map(|_| rest()).collect()
    }

    #[test]
    fn a_rush_is_served_and_a_flood_slowed_down() {
        let (paces, mut now) = (Paces::new(Growth::SITE), Instant::now());
        let rests = rests(&paces, 100, &mut now);
        let until = |count: usize| rests.iter().take(count).map(|rest| TOOK + *rest).sum::<Duration>();
        assert!(until(14) < Duration::from_secs(3), "{:?}", until(14));
        assert_eq!(rests.last(), Some(&(TOOK * 24)), "a flood works a twenty-fifth of the time");
        assert_eq!(paces.rest_at(2, TOOK, now), TOOK, "another key starts from zero");
        assert_eq!(paces.rest_at(1, TOOK, now + CALM * 24), TOOK, "and so does this one after a calm");
        assert_eq!(paces.keys.lock().unwrap().len(), 1, "what is over is forgotten");
    }

    #[test]
    fn one_account_is_slowed_down_sooner() {
        let (paces, mut now) = (Paces::new(Growth::ACCOUNT), Instant::now());
        let rests = rests(&paces, 30, &mut now);
        assert!(rests.iter().take(3).sum::<Duration>() < Duration::from_millis(400), "{rests:?}");
        let last: Duration = rests.iter().skip(20).sum();
        assert!(last > Duration::from_secs(10), "a flood works less than a hundredth of the time: {rests:?}");
    }
}
