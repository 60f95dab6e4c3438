//! Which site a host leads to: looked up once, kept in process for at most 30 seconds, forgotten when it changes.

use crate::{
    Error, RequestCx, Result, Services,
    audit::{Object, entry},
    settings::settings_of,
};
use cache::Invalidation;
use db::{
    DbError, TenantRef,
    platform::{domains, tenants},
};
use domain::{AppError, HostName, SiteKey, TenantId, TenantStatus, operation, setting::TenantSettings};
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
/// Unknown hosts are kept too, so many made-up ones must not take all memory.
const ENTRIES_MAX: u64 = 20_000;

/// The longest time a host that another process made may be taken for a made-up one.
const KNOWN_LIFE: Duration = Duration::from_secs(1);

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
    /// Whether its schema exists.
    pub has_schema: bool,
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

/// What a request needs to know of its site besides the session.
#[derive(Clone, Debug, Default)]
pub struct SiteState {
    /// The settings; those of the platform are the defaults.
    pub settings: Arc<TenantSettings>,
    /// Users who cannot sign in for now, after too many wrong passwords; read for requests with a session alone.
    pub locked: Arc<[i64]>,
}

impl SiteState {
    /// Reads it from Redis, in one round trip while the settings are cached.
    ///
    /// # Errors
    /// When neither the cache nor the database answers.
    pub async fn read(services: &Services, site: &Site, with_session: bool) -> Result<Self> {
        let locked = async {
            if !with_session || site.tenant().is_none() {
                return Ok(Vec::new());
            }
            Ok(services.redis.locked_list(site.key(), services.now().timestamp_millis()).await?)
        };
        let (settings, locked) = futures_util::try_join!(settings_of(services, site), locked)?;
        Ok(Self { settings, locked: locked.into() })
    }
}

/// Hosts and what they lead to.
pub struct HostTable {
    /// What was looked up; `None` for those that lead nowhere.
    entries: moka::future::Cache<HostName, Option<Arc<TenantSite>>>,
    look_ups: Semaphore,
    /// Every host that serves, so that made-up ones cost no query each.
    known: Mutex<Option<Known>>,
    /// How often something changed.
    changes: AtomicU64,
}

struct Known {
    hosts: HashSet<String>,
    read_at: Instant,
    /// As of so many changes.
    changes: u64,
}

impl Default for HostTable {
    fn default() -> Self {
        Self {
            entries: moka::future::Cache::builder().max_capacity(ENTRIES_MAX).time_to_live(ENTRY_LIFE).build(),
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

/// The site that answers on `host`.
///
/// # Errors
/// [`AppError::NotFound`] when the host leads nowhere, [`AppError::Unavailable`] when it cannot be looked up.
pub async fn site_find(services: &Services, host: &HostName) -> Result<Site> {
    if services.config.platform_hosts.contains(host) {
        return Ok(Site::Platform);
    }
    // An address is a site by configuration alone.
    if host.is_ip() {
        return Err(AppError::NotFound.into());
    }
    let found = services.hosts.entries.try_get_with_by_ref(host, look_up_known(services, host)).await;
    match found {
        Ok(Some(site)) => Ok(Site::Tenant(site)),
        Ok(None) => Err(AppError::NotFound.into()),
        Err(error) => Err(Error::Db(DbError::Unavailable(error.to_string()))),
    }
}

/// The site of a company, wherever it is asked for.
///
/// # Errors
/// When it cannot be looked up.
pub(crate) async fn site_of_tenant(services: &Services, id: TenantId) -> Result<Option<Arc<TenantSite>>> {
    let mut conn = services.db.platform().await?;
    let found = domains::domain_primary_of(&mut conn, id).await;
    let Some(domain) = conn.finish(found).await? else { return Ok(None) };
    let host = HostName::parse(&domain).map_err(|error| Error::Fault(format!("a stored domain: {error}")))?;
    Ok(look_up(services, &host).await?)
}

/// The operator at a terminal, in the company of that short name; that and what for stands in the platform's log too.
///
/// # Errors
/// [`AppError::NotFound`] for a company that is not there or has no schema.
pub async fn operator_in(cx: &RequestCx, slug: &str, name: &str, what: &str) -> Result<RequestCx> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_OPERATE).await?;
    let found = async {
        let found = tenants::tenant_find(&mut tx.conn, slug).await?;
        let (tenant, _) = found.filter(|(tenant, _)| tenant.has_schema).ok_or(AppError::NotFound)?;
        let object = Object::new("tenant", tenant.id, tenant.name.as_str());
        let line = entry(cx, &tx.actor, "tenant.operate", object, serde_json::json!({ "command": what }));
        tx.conn.audit(Some(tenant.id), line);
        Ok(tenant.id)
    }
    .await;
    let id = tx.finish(found).await?;
    let site = Site::Tenant(site_of_tenant(&cx.services, id).await?.ok_or(AppError::NotFound)?);
    let settings = settings_of(&cx.services, &site).await?;
    Ok(RequestCx::operator_in(Arc::clone(&cx.services), site, settings, name))
}

/// Looks a host up that serves, as far as is known.
async fn look_up_known(services: &Services, host: &HostName) -> db::DbResult<Option<Arc<TenantSite>>> {
    if is_known(services, host).await? { look_up(services, host).await } else { Ok(None) }
}

/// Whether a host serves. All that do are read at once, and at most once in a second.
async fn is_known(services: &Services, host: &HostName) -> db::DbResult<bool> {
    let table = &services.hosts;
    let mut known = table.known.lock().await;
    let changes = table.changes.load(Ordering::Acquire);
    if let Some(known) = known.as_ref() {
        // What was taken away since is found out by the look-up.
        if known.hosts.contains(host.as_str()) {
            return Ok(true);
        }
        if known.changes == changes && known.read_at.elapsed() < KNOWN_LIFE {
            return Ok(false);
        }
    }
    let read = async {
        let mut conn = services.db.platform().await?;
        let hosts = domains::domain_list_serving(&mut conn).await;
        conn.finish(hosts).await
    };
    let hosts: HashSet<String> = read.await?.into_iter().collect();
    let found = hosts.contains(host.as_str());
    *known = Some(Known { hosts, read_at: Instant::now(), changes });
    Ok(found)
}

async fn look_up(services: &Services, host: &HostName) -> db::DbResult<Option<Arc<TenantSite>>> {
    let _turn = services.hosts.look_ups.acquire().await.map_err(|error| DbError::Unavailable(error.to_string()))?;
    let mut conn = services.db.platform().await?;
    let found = domains::site_find(&mut conn, host).await;
    let Some(record) = conn.finish(found).await? else { return Ok(None) };
    let status = TenantStatus::parse(&record.status).ok_or_else(|| DbError::Decode(format!("tenant status {}", record.status)))?;
    Ok(Some(Arc::new(TenantSite {
        tenant: services.db.tenant_ref(TenantId(record.tenant_id), &record.schema_name),
        slug: record.slug,
        name: record.name,
        primary_domain: record.primary_domain.unwrap_or_else(|| host.as_str().to_owned()),
        status,
        has_schema: record.schema_version.is_some(),
    })))
}

/// Tells every process that what these hosts lead to has changed; after the commit.
pub async fn hosts_changed(services: &Services, hosts: Vec<HostName>) {
    let change = Invalidation::Hosts(hosts);
    services.forget(&change);
    if let Err(error) = services.redis.announce(&change).await {
        tracing::warn!(%error, "other processes will notice a changed host within 30 seconds only");
    }
}
