//! Settings of a tenant, as every request reads them: from the cache.

use crate::{Error, Result, Services, Site};
use cache::{
    CacheValue,
    session::{SessionLimits, SiteSessions},
};
use db::{
    DbError, TenantRef,
    tenant::{records::pipeline_links, settings::setting_values},
};
use domain::{SiteKey, setting::TenantSettings};
use serde::{Deserialize, Serialize};
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

/// What is kept of the settings of a company: what counts, never the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CachedSettings(pub TenantSettings);

impl CacheValue for CachedSettings {
    const KIND: &'static str = "settings";
    const VERSION: u16 = 3;
}

/// There is one value for each company.
const ALL: &str = "all";

static PLATFORM: LazyLock<Arc<TenantSettings>> = LazyLock::new(Arc::default);

/// The settings of the site that was asked; the platform has the defaults.
///
/// # Errors
/// When neither the cache nor the database answers.
pub async fn settings_of(services: &Services, site: &Site) -> Result<Arc<TenantSettings>> {
    match site.tenant() {
        Some(site) => {
            let settings = tenant_settings(services, &site.tenant).await?;
            if settings.pipelines.is_some() {
                return Ok(settings);
            }
            // Kept from before the migration that adds pipelines: a site is served only once it has run.
            forget(services, &site.tenant).await;
            tenant_settings(services, &site.tenant).await
        }
        None => Ok(Arc::clone(&PLATFORM)),
    }
}

async fn tenant_settings(services: &Services, tenant: &TenantRef) -> Result<Arc<TenantSettings>> {
    let read = || async {
        let mut conn = services.db.tenant(tenant).await?;
        let read = async {
            let rows = setting_values(&mut conn).await?;
            let pipelines = match pipeline_links(&conn).await {
                Ok(pipelines) => Some(pipelines),
                Err(DbError::Broken(_)) => None,
                Err(error) => return Err(error),
            };
            let mut settings = TenantSettings::of(&rows);
            settings.pipelines = pipelines;
            Ok(settings)
        }
        .await;
        Ok::<_, Error>(CachedSettings(conn.finish_read(read).await?))
    };
    let CachedSettings(settings): CachedSettings = services.redis.get_or_compute(SiteKey::Tenant(tenant.id), ALL, read).await?;
    Ok(Arc::new(settings))
}

/// How long sessions last by these settings.
#[must_use]
pub fn session_limits(settings: &TenantSettings) -> SessionLimits {
    SessionLimits { idle: Duration::from_secs(settings.idle_minutes * 60), absolute: Duration::from_secs(settings.absolute_hours * 3600) }
}

/// The sessions of a company, seen from outside of its site.
///
/// # Errors
/// As for [`settings_of`].
pub async fn tenant_sessions(services: &Services, tenant: &TenantRef) -> Result<SiteSessions> {
    let settings = tenant_settings(services, tenant).await?;
    Ok(services.sessions(SiteKey::Tenant(tenant.id), session_limits(&settings)))
}

/// Forgets what is kept, after the commit of a change.
pub async fn forget(services: &Services, tenant: &TenantRef) {
    if let Err(error) = services.redis.forget::<CachedSettings>(SiteKey::Tenant(tenant.id), ALL).await {
        tracing::warn!(%error, "changed settings count after a quarter of an hour only");
    }
}
