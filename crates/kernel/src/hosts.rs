//! Sites, and which host leads to which: as far as a process remembers.

use cache::Invalidation;
use db::TenantRef;
use domain::{HostName, SiteKey, TenantStatus};
use moka::{Expiry, future::Cache};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, Semaphore};

/// The longest time a process may not know of a change.
const ENTRY_LIFE: Duration = Duration::from_secs(30);
/// How long a tenant that waits for a migration is taken to wait: the command that migrates reaches no server.
const WAITING_LIFE: Duration = Duration::from_secs(1);
/// Unknown hosts are kept too, so many made-up ones must not take all memory.
const ENTRIES_MAX: u64 = 20_000;

/// Look-ups at once: made-up hosts must not take every connection.
const LOOK_UPS_MAX: usize = 2;

/// Who answers on a host.
#[derive(Clone, Debug)]
pub enum Site {
    /// The platform console.
    Platform,
    /// One company.
    Tenant(Arc<TenantSite>),
}

/// A company's site.
#[derive(Clone, Debug)]
pub struct TenantSite {
    /// The way to its tables.
    pub tenant: TenantRef,
    /// Its short name.
    pub slug: String,
    /// Its company name.
    pub name: String,
    /// The domain that links lead to.
    pub primary_domain: String,
    /// Where it stands in its life.
    pub status: TenantStatus,
    /// Whether its schema exists and has every migration that this program knows.
    pub is_current: bool,
    /// The most bytes it may keep in files.
    pub storage_max: u64,
}

impl Site {
    /// Whose keys and sessions these are.
    #[must_use]
    pub fn key(&self) -> SiteKey {
        match self {
            Self::Platform => SiteKey::Platform,
            Self::Tenant(site) => SiteKey::Tenant(site.tenant.id),
        }
    }

    /// The tenant's site, if this is one.
    #[must_use]
    pub fn tenant(&self) -> Option<&Arc<TenantSite>> {
        match self {
            Self::Platform => None,
            Self::Tenant(site) => Some(site),
        }
    }
}

/// Hosts and what they lead to.
pub struct HostTable {
    /// What was looked up; `None` for those that lead nowhere.
    pub(crate) entries: Cache<HostName, Option<Arc<TenantSite>>>,
    pub(crate) look_ups: Semaphore,
    /// Every host that serves, so that made-up ones cost no query each.
    pub(crate) known: Mutex<Option<Known>>,
    /// How often something changed.
    pub(crate) changes: AtomicU64,
}

/// Hosts that serve, as of a time.
pub(crate) struct Known {
    pub hosts: HashSet<String>,
    pub read_at: Instant,
    /// As of so many changes.
    pub changes: u64,
}

/// How long an entry is kept.
struct EntryLife;

impl Expiry<HostName, Option<Arc<TenantSite>>> for EntryLife {
    fn expire_after_create(&self, _host: &HostName, site: &Option<Arc<TenantSite>>, _now: Instant) -> Option<Duration> {
        let waits = site.as_ref().is_some_and(|site| !site.is_current);
        Some(if waits { WAITING_LIFE } else { ENTRY_LIFE })
    }

    fn expire_after_update(
        &self,
        host: &HostName,
        site: &Option<Arc<TenantSite>>,
        now: Instant,
        _left: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(host, site, now)
    }
}

impl Default for HostTable {
    fn default() -> Self {
        Self {
            entries: Cache::builder().max_capacity(ENTRIES_MAX).expire_after(EntryLife).build(),
            look_ups: Semaphore::new(LOOK_UPS_MAX),
            known: Mutex::default(),
            changes: AtomicU64::new(0),
        }
    }
}

impl HostTable {
    /// Forgets what changed.
    pub fn forget(&self, change: &Invalidation) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        match change {
            Invalidation::Hosts(hosts) => {
                let cache = self.entries.clone();
                let hosts = hosts.clone();
                tokio::spawn(async move {
                    for host in hosts {
                        cache.invalidate(&host).await;
                    }
                });
            }
            Invalidation::Everything => self.entries.invalidate_all(),
        }
    }
}
