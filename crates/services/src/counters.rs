//! `platform.tenants.user_count`: reported after the fact, since a tenant's transaction cannot write to the platform.

use crate::{Result, Services, TenantSite};
use db::{platform::tenants, tenant::users};
use domain::TenantId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// Tenants whose number of active users changed since it was last reported.
#[derive(Default)]
pub struct Counters(Mutex<HashMap<TenantId, Arc<TenantSite>>>);

impl Counters {
    /// Notes that a tenant's number of active users may have changed.
    pub fn users_changed(&self, site: &Arc<TenantSite>) {
        if let Ok(mut changed) = self.0.lock() {
            changed.insert(site.tenant.id, Arc::clone(site));
        }
    }

    fn take(&self) -> Vec<Arc<TenantSite>> {
        self.0.lock().map(|mut changed| changed.drain().map(|(_, site)| site).collect()).unwrap_or_default()
    }
}

/// Reports every count that changed. One that cannot be reported waits for the next time and keeps no other back.
pub async fn flush(services: &Services) {
    for site in services.counters.take() {
        if let Err(error) = report(services, &site).await {
            tracing::warn!(%error, tenant = site.slug, "a user count was not reported");
            services.counters.users_changed(&site);
        }
    }
}

async fn report(services: &Services, site: &TenantSite) -> Result<()> {
    let conn = services.db.tenant(&site.tenant).await?;
    let counted = users::quota_get(&conn).await;
    let quota = conn.finish(counted).await?;
    let mut conn = services.db.platform().await?;
    let set = tenants::tenant_set_user_count(&mut conn, site.tenant.id, quota.active_users).await;
    Ok(conn.finish(set).await?)
}
