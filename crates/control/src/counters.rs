//! The number of active users of each tenant, reported to the registry: a tenant's transaction cannot write there.

use db::{platform::tenants, tenant::users};
use kernel::{Result, Services, TenantSite};

/// Reports every count that changed. One that cannot be reported waits for the next time and keeps no other back.
pub async fn flush(services: &Services) {
    for site in services.counters.take() {
        if let Err(error) = report(services, &site).await {
            if is_gone(services, &site).await {
                continue;
            }
            tracing::warn!(%error, tenant = site.slug, "a user count was not reported");
            services.counters.users_changed(&site);
        }
    }
}

/// Whether the tenant is no longer in the registry, as far as that is known.
async fn is_gone(services: &Services, site: &TenantSite) -> bool {
    let found = async {
        let mut conn = services.db.platform().await?;
        let found = tenants::tenant_detail_by_id(&mut conn, site.tenant.id).await;
        conn.finish(found).await
    };
    found.await.is_ok_and(|found| found.is_none())
}

async fn report(services: &Services, site: &TenantSite) -> Result<()> {
    let conn = services.db.tenant(&site.tenant).await?;
    let counted = users::quota_get(&conn).await;
    let quota = conn.finish(counted).await?;
    let mut conn = services.db.platform().await?;
    let set = tenants::tenant_set_user_count(&mut conn, site.tenant.id, quota.active_users).await;
    Ok(conn.finish(set).await?)
}
