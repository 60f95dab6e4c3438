//! Which site a host leads to: looked up once, kept in process for at most 30 seconds, forgotten when it changes.

use crate::{Error, Result, Services, Site, TenantSite, hosts::Known, settings::settings_of};
use cache::Invalidation;
use db::{DbError, platform::domains};
use domain::{AppError, HostName, TenantId, TenantStatus, dto::Storage, setting::TenantSettings};
use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

/// The longest time a host that another process made may be taken for a made-up one.
const KNOWN_LIFE: Duration = Duration::from_secs(1);

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
pub async fn site_of_tenant(services: &Services, id: TenantId) -> Result<Option<Arc<TenantSite>>> {
    let mut conn = services.db.platform().await?;
    let found = domains::domain_primary_of(&mut conn, id).await;
    let Some(domain) = conn.finish(found).await? else { return Ok(None) };
    let host = HostName::parse(&domain).map_err(|error| Error::Fault(format!("a stored domain: {error}")))?;
    Ok(look_up(services, &host).await?)
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
        storage_max: Storage::megabytes(record.max_storage_mb),
        // Migrations only add until older programs are replaced, so a newer schema serves them; an older one lacks columns.
        is_current: record.schema_version.is_some_and(|version| version >= db::migrate::tenant_version()),
    })))
}

/// Notifies every process that what these hosts lead to has changed; after the commit.
pub async fn hosts_changed(services: &Services, hosts: Vec<HostName>) {
    let change = Invalidation::Hosts(hosts);
    services.forget(&change);
    if let Err(error) = services.redis.announce(&change).await {
        tracing::warn!(%error, "other processes will notice a changed host within 30 seconds only");
    }
}
