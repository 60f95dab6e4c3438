//! What one site may take of the process at once, so that a flood on one leaves the others as they were.

use domain::SiteKey;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a site counts as asking after it asked or was served. A client that asks again at once does so within it.
const ASKING: Duration = Duration::from_millis(250);

/// Limits how many permits each key, a site unless another is named, holds at once.
pub struct Shares<K = SiteKey>(Arc<Inner<K>>);

struct Inner<K> {
    size: usize,
    /// How many permits a key holds at most while others ask too.
    crowded: usize,
    keys: Mutex<Keys<K>>,
}

/// The keys that hold permits or wait for one, and those that asked last.
struct Keys<K> {
    shares: HashMap<K, Share>,
    /// The last key that asked and the last other one, with when.
    asked: [Option<(K, Instant)>; 2],
}

/// The permits of one key.
struct Share {
    free: Arc<Semaphore>,
    /// Permits that are free or held, but for those that were lent.
    issued: usize,
    /// Permits that slow work has lent to others of its key.
    lent: usize,
    /// Those who hold a permit or wait for one.
    seats: usize,
}

impl<K: Copy + Eq> Keys<K> {
    /// Notes that a key asks or was served; whether another one did just now.
    fn is_crowded(&mut self, key: K) -> bool {
        let now = Instant::now();
        let [last, other] = self.asked;
        let beside = if last.is_some_and(|(asked, _)| asked == key) { other } else { last };
        self.asked = [Some((key, now)), beside];
        beside.is_some_and(|(_, at)| now.duration_since(at) < ASKING)
    }
}

impl Share {
    /// Brings the permits to what the key may hold now. What it holds above that is forgotten as it comes back.
    fn adjust(&mut self, most: usize) {
        if self.issued < most {
            self.free.add_permits(most - self.issued);
            self.issued = most;
        } else {
            self.issued -= self.free.forget_permits(self.issued - most);
        }
    }
}

impl<K> Clone for Shares<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Copy + Eq + Hash> Shares<K> {
    /// Creates shares of `size` permits for each key.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self::crowded(size, size)
    }

    /// Creates shares for work that keeps the cores busy. A key has two permits for each core while no other key asks, and one for
    /// every second core otherwise, so that the others find a free core. Work that is slow lends another one ([`Permit::lend`]), so
    /// that it does not stop its site.
    #[must_use]
    pub fn of_cores(cores: usize) -> Self {
        Self::crowded(2 * cores, cores / 2)
    }

    fn crowded(size: usize, crowded: usize) -> Self {
        let size = size.max(1);
        let keys = Mutex::new(Keys { shares: HashMap::new(), asked: [None; 2] });
        Self(Arc::new(Inner { size, crowded: crowded.clamp(1, size), keys }))
    }

    /// Waits for a permit of a key, held until it is dropped; none when that takes longer than `most`.
    pub async fn wait(&self, key: K, most: Duration) -> Option<Permit<K>> {
        let (seat, free, is_crowded) = self.seat(key);
        // Waiters queue in order, so a returned permit never skips the queue.
        if let Ok(own) = Arc::clone(&free).try_acquire_owned() {
            return Some(Permit { own: Some(own), seat, waited: false, is_crowded, has_lent: false });
        }
        let own = tokio::time::timeout(most, free.acquire_owned()).await.ok()?.ok()?;
        let is_crowded = self.0.keys().is_crowded(key);
        Some(Permit { own: Some(own), seat, waited: true, is_crowded, has_lent: false })
    }

    /// A place among those who hold or want a permit of a key, its permits, and whether another key asks too.
    fn seat(&self, key: K) -> (Seat<K>, Arc<Semaphore>, bool) {
        let mut keys = self.0.keys();
        let is_crowded = keys.is_crowded(key);
        let share = keys.shares.entry(key).or_insert_with(|| Share { free: Arc::new(Semaphore::new(0)), issued: 0, lent: 0, seats: 0 });
        share.seats += 1;
        share.adjust(self.0.most(is_crowded));
        (Seat { shares: self.clone(), key }, Arc::clone(&share.free), is_crowded)
    }
}

impl<K> Inner<K> {
    fn keys(&self) -> std::sync::MutexGuard<'_, Keys<K>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    const fn most(&self, is_crowded: bool) -> usize {
        if is_crowded { self.crowded } else { self.size }
    }
}

/// A place among those who hold or want a permit of a key.
struct Seat<K: Copy + Eq + Hash> {
    shares: Shares<K>,
    key: K,
}

impl<K: Copy + Eq + Hash> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut keys = self.shares.0.keys();
        if let Some(share) = keys.shares.get_mut(&self.key) {
            share.seats -= 1;
            if share.seats == 0 {
                keys.shares.remove(&self.key);
            }
        }
    }
}

/// A permit of a key.
pub struct Permit<K: Copy + Eq + Hash = SiteKey> {
    own: Option<OwnedSemaphorePermit>,
    seat: Seat<K>,
    waited: bool,
    is_crowded: bool,
    has_lent: bool,
}

impl<K: Copy + Eq + Hash> Permit<K> {
    /// Lends a permit to others of the key until this one is given back: for work that waits for something else than a core. Of a key
    /// no more are lent than it has permits alone.
    pub fn lend(&mut self) {
        let inner = &self.seat.shares.0;
        let mut keys = inner.keys();
        let Some(share) = keys.shares.get_mut(&self.seat.key).filter(|share| !self.has_lent && share.lent < inner.size) else { return };
        share.lent += 1;
        share.free.add_permits(1);
        self.has_lent = true;
    }

    /// Whether its key had to wait for itself.
    #[must_use]
    pub const fn waited(&self) -> bool {
        self.waited
    }

    /// Whether others asked too when it was given.
    #[must_use]
    pub const fn is_crowded(&self) -> bool {
        self.is_crowded
    }

    /// Whether its key had to wait for itself while others asked, so that its work should let theirs go first.
    #[must_use]
    pub const fn yields(&self) -> bool {
        self.waited && self.is_crowded
    }
}

impl<K: Copy + Eq + Hash> Drop for Permit<K> {
    fn drop(&mut self) {
        let inner = &self.seat.shares.0;
        let mut keys = inner.keys();
        let most = inner.most(keys.is_crowded(self.seat.key));
        let (Some(share), Some(own)) = (keys.shares.get_mut(&self.seat.key), self.own.take()) else { return };
        if self.has_lent {
            // Whoever borrowed it goes on with this one.
            share.lent -= 1;
            own.forget();
            share.adjust(most);
            return;
        }
        if share.issued > most {
            own.forget();
            share.issued -= 1;
        } else {
            drop(own);
        }
        share.adjust(most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::TenantId;

    const WAIT: Duration = Duration::from_millis(10);
    const PATIENCE: Duration = Duration::from_secs(5);

    fn sites() -> [SiteKey; 2] {
        [1, 2].map(|id| SiteKey::Tenant(TenantId(id)))
    }

    #[tokio::test]
    async fn a_site_waits_for_itself_alone() {
        let shares = Shares::new(2);
        let [one, other] = sites();
        let held = (shares.wait(one, WAIT).await.unwrap(), shares.wait(one, WAIT).await.unwrap());
        assert!(shares.wait(one, WAIT).await.is_none());
        assert!(shares.wait(other, WAIT).await.is_some() && shares.wait(SiteKey::Platform, WAIT).await.is_some());
        drop(held);
        assert!(shares.wait(one, WAIT).await.is_some());
        assert!(shares.0.keys().shares.is_empty(), "what is over is forgotten");
    }

    #[tokio::test]
    async fn a_site_has_half_of_the_cores_while_others_ask() {
        let shares = Shares::of_cores(8);
        let [one, other] = sites();
        let mut held = Vec::new();
        for _ in 0..16 {
            held.push(shares.wait(one, WAIT).await.unwrap());
        }
        assert!(shares.wait(one, WAIT).await.is_none(), "alone it has all");
        drop(shares.wait(other, WAIT).await.unwrap());
        held.truncate(4);
        assert!(shares.wait(one, WAIT).await.is_none(), "beside another it has half of the cores");
        held.pop();
        assert!(shares.wait(one, WAIT).await.is_some());
        tokio::time::sleep(ASKING).await;
        for _ in 0..13 {
            held.push(shares.wait(one, WAIT).await.expect("alone again"));
        }
    }

    #[tokio::test]
    async fn slow_work_lends_a_permit_to_others_of_its_site() {
        let shares = Shares::of_cores(2);
        let [one, other] = sites();
        drop(shares.wait(other, WAIT).await.unwrap());
        let mut slow = shares.wait(one, WAIT).await.unwrap();
        assert!(shares.wait(one, WAIT).await.is_none(), "beside another it has one of two cores");
        slow.lend();
        slow.lend();
        let mut next = shares.wait(one, WAIT).await.expect("what was lent");
        assert!(shares.wait(one, WAIT).await.is_none(), "once");
        drop(slow);
        assert!(shares.wait(one, WAIT).await.is_none(), "the one lent took the place of the lender's");
        next.lend();
        let last = shares.wait(one, WAIT).await.unwrap();
        drop((next, last));
        assert!(shares.wait(one, WAIT).await.is_some());
        assert!(shares.0.keys().shares.is_empty());
    }

    #[tokio::test]
    async fn of_a_site_no_more_is_lent_than_it_has_alone() {
        let shares = Shares::of_cores(1);
        let [one, other] = sites();
        drop(shares.wait(other, WAIT).await.unwrap());
        let mut held = Vec::new();
        while let Some(mut permit) = shares.wait(one, WAIT).await {
            permit.lend();
            held.push(permit);
        }
        assert_eq!(held.len(), 3, "one of its own and two that were lent");
    }

    #[tokio::test]
    async fn who_waits_gets_what_comes_free_and_more_once_others_are_quiet() {
        let shares = Shares::of_cores(2);
        let [one, other] = sites();
        drop(shares.wait(other, WAIT).await.unwrap());
        let first = shares.wait(one, WAIT).await.unwrap();
        let waiting: Vec<_> = (0..4)
            .map(|_| {
                let shares = shares.clone();
                tokio::spawn(async move { shares.wait(one, PATIENCE).await.unwrap() })
            })
            .collect();
        tokio::time::sleep(ASKING).await;
        drop(first);
        let mut held = Vec::new();
        for permit in waiting {
            held.push(permit.await.unwrap());
        }
        assert_eq!(held.len(), 4, "one came back and three were added");
    }

    #[tokio::test]
    async fn work_yields_only_when_its_site_waits_for_itself_beside_others() {
        let shares = Shares::new(1);
        let [one, other] = sites();
        let waited = async || {
            let held = shares.wait(one, WAIT).await.unwrap();
            let waiting = {
                let shares = shares.clone();
                tokio::spawn(async move { shares.wait(one, PATIENCE).await.unwrap().yields() })
            };
            tokio::time::sleep(WAIT).await;
            drop(held);
            waiting.await.unwrap()
        };
        assert!(!shares.wait(one, WAIT).await.unwrap().yields() && !waited().await, "nobody else asks");
        drop(shares.wait(other, WAIT).await.unwrap());
        assert!(!shares.wait(one, WAIT).await.unwrap().yields(), "nobody waits");
        assert!(waited().await);
    }

    #[tokio::test]
    async fn who_gives_up_leaves_nothing_behind() {
        let shares = Shares::new(1);
        let [one, _] = sites();
        let held = shares.wait(one, WAIT).await.unwrap();
        assert!(shares.wait(one, WAIT).await.is_none());
        drop(held);
        assert!(shares.0.keys().shares.is_empty());
    }
}
