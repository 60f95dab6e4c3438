//! How many connections there may be at once, in all and from one address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{Arc, Mutex},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Upgraded connections at once, in all and from one address. They last, so there are fewer of them than of others.
const UPGRADES_MAX: usize = 500;
const UPGRADES_PER_IP_MAX: usize = 20;

/// Permits, limited in all, for each client and for each network. The last of them are kept for clients that hold few.
#[derive(Clone)]
pub struct Capacity {
    all: Arc<Semaphore>,
    limits: Limits,
    counts: Arc<Mutex<HashMap<Group, usize>>>,
}

/// How many permits there are.
#[derive(Clone, Copy, Debug)]
struct Limits {
    per_client: usize,
    /// Above this a network gets no more, but for clients that hold few.
    per_network: usize,
    /// So many are kept for clients that hold few.
    kept: usize,
}

/// What a client with few permits holds at most: as many as a browser opens (RFC 9112, 9.4 names none; browsers take six).
const FEW: usize = 6;

/// Who is counted as one: a customer of a provider, or a network of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Group {
    /// An IPv4 address, or the /64 of IPv6 that one customer has.
    Client(IpAddr),
    /// A /24 of IPv4, or a /48 of IPv6.
    Network(IpAddr),
}

impl Group {
    fn of(ip: IpAddr) -> [Self; 2] {
        match ip {
            IpAddr::V4(address) => [Self::Client(ip), Self::Network(Ipv4Addr::from(u32::from(address) & !0xff).into())],
            IpAddr::V6(address) => {
                let prefix = |host: u32| IpAddr::V6(Ipv6Addr::from(u128::from(address) >> host << host));
                [Self::Client(prefix(64)), Self::Network(prefix(80))]
            }
        }
    }
}

impl Capacity {
    /// So many in all, so many for one client, and three times as many for its network. A fifth is kept for clients that hold few.
    #[must_use]
    pub fn new(all: usize, per_client: usize) -> Self {
        let limits = Limits { per_client, per_network: 3 * per_client, kept: all / 5 };
        Self { all: Arc::new(Semaphore::new(all)), limits, counts: Arc::default() }
    }

    /// A permit, held until it is dropped; none while there is no capacity. Without an address only the total counts.
    #[must_use]
    pub fn enter(&self, ip: Option<IpAddr>) -> Option<Permit> {
        let permit = Arc::clone(&self.all).try_acquire_owned().ok()?;
        let groups = ip.map(Group::of);
        if let Some([client, network]) = groups {
            let mut counts = self.counts.lock().ok()?;
            let count = |group: &Group| counts.get(group).copied().unwrap_or(0);
            let (held, beside) = (count(&client), count(&network));
            let is_scarce = beside >= self.limits.per_network || self.all.available_permits() < self.limits.kept;
            if held >= self.limits.per_client || (is_scarce && held >= FEW) {
                return None;
            }
            for group in [client, network] {
                *counts.entry(group).or_insert(0) += 1;
            }
        }
        Some(Permit { capacity: self.clone(), groups, _permit: permit })
    }
}

/// The place of one connection; dropped, it is free again.
pub struct Permit {
    capacity: Capacity,
    groups: Option<[Group; 2]>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Ok(mut counts) = self.capacity.counts.lock() else { return };
        for group in self.groups.into_iter().flatten() {
            if let Some(count) = counts.get_mut(&group) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(&group);
                }
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

    #[test]
    fn a_customer_of_ipv6_is_one_client() {
        let capacity = Capacity::new(100, 10);
        let address = |text: &str| capacity.enter(Some(text.parse().unwrap()));
        let held: Vec<_> = (1..=10).filter_map(|n| address(&format!("2001:db8:1:2::{n}"))).collect();
        assert_eq!(held.len(), 10);
        assert!(address("2001:db8:1:2:ffff::1").is_none(), "the same /64");
        assert!(address("2001:db8:1:3::1").is_some());
    }

    #[test]
    fn a_network_and_a_crowd_leave_places_to_those_with_few() {
        let capacity = Capacity::new(100, 10);
        // A /24 of many addresses.
        let held: Vec<_> = (0..250).filter_map(|n| capacity.enter(Some(IpAddr::from([10, 0, 0, n])))).collect();
        assert_eq!(held.len(), 100, "each of them holds few");
        drop(held);
        let held: Vec<_> = (0..10)
            .flat_map(|n| std::iter::repeat_with(move || n).take(10))
            .filter_map(|n| capacity.enter(Some([10, 0, 0, n].into())))
            .collect();
        assert!(held.len() <= 80, "{}", held.len());
        assert!(capacity.enter(Some([10, 0, 0, 0].into())).is_none() && capacity.enter(Some([10, 9, 9, 9].into())).is_some());
    }
}
