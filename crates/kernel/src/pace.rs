//! How long costly work of a site rests after it, the longer the more of it there was: a rush is served at once, a flood is slowed
//! down until it no longer shows beside other sites.

use domain::SiteKey;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How many steps a site goes back in a calm.
const CALM: Duration = Duration::from_secs(2);
/// The last step. Each makes a rest longer by the time that the work took.
const STEPS_MAX: u32 = 24;
/// The longest rest: what took long on a busy machine must not keep the site from working.
const REST_MAX: Duration = Duration::from_secs(1);

/// The steps of sites, with when each was last counted.
#[derive(Clone, Default)]
pub struct Paces(Arc<Mutex<HashMap<SiteKey, (u32, Instant)>>>);

impl Paces {
    /// Counts work of a site that took so long. Gives how long the next of the same site waits.
    #[must_use]
    pub fn rest(&self, site: SiteKey, took: Duration) -> Duration {
        self.rest_at(site, took, Instant::now())
    }

    fn rest_at(&self, site: SiteKey, took: Duration, now: Instant) -> Duration {
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let calmed = |(step, at): (u32, Instant)| {
            let back = now.duration_since(at).as_millis() / CALM.as_millis();
            step.saturating_sub(u32::try_from(back).unwrap_or(u32::MAX))
        };
        sites.retain(|_, known| calmed(*known) > 0);
        let step = sites.get(&site).map_or(0, |known| calmed(*known)).saturating_add(1).min(STEPS_MAX);
        sites.insert(site, (step, now));
        (took * step).min(REST_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::TenantId;

    #[test]
    fn a_rush_is_served_and_a_flood_slowed_down() {
        let (paces, begun) = (Paces::default(), Instant::now());
        let [one, other] = [1, 2].map(|id| SiteKey::Tenant(TenantId(id)));
        let took = Duration::from_millis(25);
        let mut now = begun;
        let mut rests = Vec::new();
        for _ in 0..100 {
            let rest = paces.rest_at(one, took, now);
            rests.push(rest);
            now += took + rest;
        }
        let until = |count: usize| rests.iter().take(count).map(|rest| took + *rest).sum::<Duration>();
        assert!(until(14) < Duration::from_secs(3), "{:?}", until(14));
        assert_eq!(rests.last(), Some(&(took * STEPS_MAX)), "a flood works a twenty-fifth of the time");
        assert_eq!(paces.rest_at(other, took, now), took, "another site starts from zero");
        assert_eq!(paces.rest_at(one, took, now + CALM * STEPS_MAX), took, "and so does this one after a calm");
        assert_eq!(paces.0.lock().unwrap().len(), 1, "what is over is forgotten");
    }
}
