//! How many connections there may be at once, in all and from one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Upgraded connections at once, in all and from one address. They last, so there are fewer of them than of others.
const UPGRADES_MAX: usize = 500;
const UPGRADES_PER_IP_MAX: usize = 20;

/// Permits, limited in all and for each address.
#[derive(Clone)]
pub struct Capacity {
    all: Arc<Semaphore>,
    per_ip: usize,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Capacity {
    /// So many in all, so many from one address.
    #[must_use]
    pub fn new(all: usize, per_ip: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), per_ip, counts: Arc::default() }
    }

    /// A permit, held until it is dropped; none while there is no capacity. Without an address only the total counts.
    #[must_use]
    pub fn enter(&self, ip: Option<IpAddr>) -> Option<Permit> {
        let permit = Arc::clone(&self.all).try_acquire_owned().ok()?;
        if let Some(ip) = ip {
            let mut counts = self.counts.lock().ok()?;
            let count = counts.entry(ip).or_insert(0);
            if *count >= self.per_ip {
                return None;
            }
            *count += 1;
        }
        Some(Permit { capacity: self.clone(), ip, _permit: permit })
    }
}

/// The place of one connection; dropped, it is free again.
pub struct Permit {
    capacity: Capacity,
    ip: Option<IpAddr>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(ip) = self.ip
            && let Ok(mut counts) = self.capacity.counts.lock()
            && let Some(count) = counts.get_mut(&ip)
        {
            *count -= 1;
            if *count == 0 {
                counts.remove(&ip);
            }
        }
    }
}

/// What a handler asks before it upgrades a connection; every request carries it.
#[derive(Clone)]
pub struct Upgrades(Capacity);

impl Default for Upgrades {
    fn default() -> Self {
        Self(Capacity::new(UPGRADES_MAX, UPGRADES_PER_IP_MAX))
    }
}

impl Upgrades {
    /// A permit for an upgraded connection of that client, held as long as it lasts; none while there are too many.
    #[must_use]
    pub fn permit(&self, client: IpAddr) -> Option<Permit> {
        self.0.enter(Some(client))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_are_limited_in_all_and_per_address_and_come_back() {
        let capacity = Capacity::new(3, 2);
        let [one, other] = [IpAddr::from([9, 9, 9, 9]), IpAddr::from([8, 8, 8, 8])];
        let held = [capacity.enter(Some(one)).unwrap(), capacity.enter(Some(one)).unwrap()];
        assert!(capacity.enter(Some(one)).is_none(), "a third of one address");
        let last = capacity.enter(Some(other)).unwrap();
        assert!(capacity.enter(None).is_none(), "a fourth of all");
        drop(last);
        assert!(capacity.enter(None).is_some());
        drop(held);
        assert!(capacity.enter(Some(one)).is_some());
        assert!(capacity.counts.lock().unwrap().is_empty(), "what is over is forgotten");
    }
}
