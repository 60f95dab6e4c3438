//! What one site may take of the process at once, so that a flood on one leaves the others as they were.

use domain::SiteKey;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Permits for each site, as many as there are in a share.
#[derive(Clone)]
pub struct Shares {
    size: usize,
    /// What all sites have together.
    total: Arc<Semaphore>,
    sites: Arc<Mutex<HashMap<SiteKey, Weak<Semaphore>>>>,
}

impl Shares {
    /// Shares of so many permits.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self::within(size, Semaphore::MAX_PERMITS)
    }

    /// Shares of so many permits, and so many of all sites together.
    #[must_use]
    pub fn within(size: usize, total: usize) -> Self {
        Self { size: size.max(1), total: Arc::new(Semaphore::new(total)), sites: Arc::default() }
    }

    /// The uploads of the process: four of a site at once, and 32 of all sites.
    #[must_use]
    pub fn uploads() -> Self {
        Self::within(4, 32)
    }

    fn of(&self, site: SiteKey) -> Arc<Semaphore> {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = sites.get(&site).and_then(Weak::upgrade) {
            return share;
        }
        sites.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Semaphore::new(self.size));
        sites.insert(site, Arc::downgrade(&share));
        share
    }

    /// Waits for a permit of a site, held until it is dropped; none when that takes longer than `most`.
    pub async fn wait(&self, site: SiteKey, most: Duration) -> Option<Permit> {
        let share = self.of(site);
        let both = async {
            // Its own first: who waits for that holds nothing of the others.
            let own = Arc::clone(&share).acquire_owned().await.ok()?;
            Some([own, Arc::clone(&self.total).acquire_owned().await.ok()?])
        };
        let permits = tokio::time::timeout(most, both).await.ok()??;
        Some(Permit { _permits: permits, _share: share })
    }

    /// A permit of a site, if there is one just now.
    #[must_use]
    pub fn take(&self, site: SiteKey) -> Option<Permit> {
        let share = self.of(site);
        let permits = [Arc::clone(&share).try_acquire_owned().ok()?, Arc::clone(&self.total).try_acquire_owned().ok()?];
        Some(Permit { _permits: permits, _share: share })
    }
}

/// A permit of a site.
pub struct Permit {
    _permits: [OwnedSemaphorePermit; 2],
    /// Keeps the share known while it is in use.
    _share: Arc<Semaphore>,
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
        assert_eq!(shares.sites.lock().unwrap().len(), 1, "what is over is forgotten");
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
}
