//! What one site may take of the process at once, so that a flood on one leaves the others as they were.

use domain::SiteKey;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a site counts as asking after it asked.
const ASKING: Duration = Duration::from_secs(1);

/// Limits how many permits each site holds at once.
#[derive(Clone)]
pub struct Shares {
    size: usize,
    /// How many of its share a site uses while others ask too.
    crowded: usize,
    /// What all sites have together.
    total: Arc<Semaphore>,
    sites: Arc<Mutex<Sites>>,
}

/// The sites that hold permits, and those that asked last.
#[derive(Default)]
struct Sites {
    shares: HashMap<SiteKey, Weak<Share>>,
    /// The last site that asked and the last other one, with when.
    asked: [Option<(SiteKey, Instant)>; 2],
}

/// The permits of one site.
struct Share {
    all: Arc<Semaphore>,
    crowded: Arc<Semaphore>,
}

impl Sites {
    /// Notes that a site asks; whether another one did just now.
    fn is_crowded(&mut self, site: SiteKey, now: Instant) -> bool {
        let [last, other] = self.asked;
        let beside = if last.is_some_and(|(asked, _)| asked == site) { other } else { last };
        self.asked = [Some((site, now)), beside];
        beside.is_some_and(|(_, at)| now.duration_since(at) < ASKING)
    }
}

impl Shares {
    /// Creates shares of `size` permits for each site, with no limit over all sites.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self::within(size, Semaphore::MAX_PERMITS)
    }

    /// Creates shares of `size` permits for each site and `total` permits over all sites.
    #[must_use]
    pub fn within(size: usize, total: usize) -> Self {
        let size = size.max(1);
        Self { size, crowded: size, total: Arc::new(Semaphore::new(total)), sites: Arc::default() }
    }

    /// Creates shares for work that keeps the cores busy. A site has two permits for each core while no other site asks, and one for
    /// every second core otherwise, so that the other sites find a free core.
    #[must_use]
    pub fn of_cores(cores: usize) -> Self {
        Self { crowded: (cores / 2).max(1), ..Self::new(2 * cores) }
    }

    /// The uploads of the process: four of a site at once, and 32 of all sites.
    #[must_use]
    pub fn uploads() -> Self {
        Self::within(4, 32)
    }

    /// The share of a site, and whether another one asked just now.
    fn of(&self, site: SiteKey) -> (Arc<Share>, bool) {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let is_crowded = self.crowded < self.size && sites.is_crowded(site, Instant::now());
        if let Some(share) = sites.shares.get(&site).and_then(Weak::upgrade) {
            return (share, is_crowded);
        }
        sites.shares.retain(|_, share| share.strong_count() > 0);
        let permits = |count| Arc::new(Semaphore::new(count));
        let share = Arc::new(Share { all: permits(self.size), crowded: permits(self.crowded) });
        sites.shares.insert(site, Arc::downgrade(&share));
        (share, is_crowded)
    }

    /// Waits for a permit of a site, held until it is dropped; none when that takes longer than `most`.
    pub async fn wait(&self, site: SiteKey, most: Duration) -> Option<Permit> {
        let (share, _) = self.of(site);
        let acquired = async {
            // Its own first: who waits for that holds nothing of the others.
            let mut permits = vec![Arc::clone(&share.all).acquire_owned().await.ok()?];
            if self.of(site).1 {
                permits.push(Arc::clone(&share.crowded).acquire_owned().await.ok()?);
            }
            permits.push(Arc::clone(&self.total).acquire_owned().await.ok()?);
            Some(permits)
        };
        let permits = tokio::time::timeout(most, acquired).await.ok()??;
        Some(Permit { _permits: permits, _share: share })
    }

    /// A permit of a site, if there is one just now.
    #[must_use]
    pub fn take(&self, site: SiteKey) -> Option<Permit> {
        let (share, _) = self.of(site);
        let permits = vec![Arc::clone(&share.all).try_acquire_owned().ok()?, Arc::clone(&self.total).try_acquire_owned().ok()?];
        Some(Permit { _permits: permits, _share: share })
    }
}

/// A permit of a site.
pub struct Permit {
    _permits: Vec<OwnedSemaphorePermit>,
    /// Keeps the share known while it is in use.
    _share: Arc<Share>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::TenantId;

    const WAIT: Duration = Duration::from_millis(10);

    #[tokio::test]
    async fn a_site_waits_for_itself_alone() {
        let shares = Shares::new(2);
        let [one, other] = [1, 2].map(|id| SiteKey::Tenant(TenantId(id)));
        let held = (shares.wait(one, WAIT).await.unwrap(), shares.take(one).unwrap());
        assert!(shares.take(one).is_none() && shares.wait(one, WAIT).await.is_none());
        assert!(shares.take(other).is_some() && shares.wait(SiteKey::Platform, WAIT).await.is_some());
        drop(held);
        assert!(shares.take(one).is_some());
        assert_eq!(shares.sites.lock().unwrap().shares.len(), 1, "what is over is forgotten");
    }

    #[tokio::test]
    async fn sites_together_have_a_limit() {
        let shares = Shares::within(2, 3);
        let sites = [1, 2, 3].map(|id| SiteKey::Tenant(TenantId(id)));
        let held = [shares.take(sites[0]).unwrap(), shares.take(sites[0]).unwrap(), shares.take(sites[1]).unwrap()];
        assert!(shares.take(sites[2]).is_none());
        drop(held);
        assert!(shares.take(sites[2]).is_some());
    }

    #[tokio::test]
    async fn a_site_has_half_of_the_cores_while_others_ask() {
        let shares = Shares::of_cores(4);
        let [one, other] = [1, 2].map(|id| SiteKey::Tenant(TenantId(id)));
        let mut held = Vec::new();
        for _ in 0..8 {
            held.push(shares.wait(one, WAIT).await.unwrap());
        }
        assert!(shares.wait(one, WAIT).await.is_none(), "alone it has all");
        held.clear();
        let beside = shares.wait(other, WAIT).await.unwrap();
        held.extend([shares.wait(one, WAIT).await.unwrap(), shares.wait(one, WAIT).await.unwrap()]);
        assert!(shares.wait(one, WAIT).await.is_none(), "beside another it has half of the cores");
        drop(beside);
        tokio::time::sleep(ASKING).await;
        assert!(shares.wait(one, WAIT).await.is_some(), "alone again");
    }
}
