//! What a tenant leaves outside the database once its row is gone.

use db::platform::tenants::tenant_list_all;
use domain::{SiteKey, TenantId};
use kernel::imports::FOLDER as IMPORT_FOLDER;
use kernel::{Result, Services, files::tenant_file, storage::EXPORTS};
use std::collections::HashSet;

/// Removes what was exported and brought in, and everything in Redis; a last dump stays. What cannot be removed is logged.
pub(crate) async fn leftovers_remove(services: &Services, id: TenantId) {
    for folder in [EXPORTS, IMPORT_FOLDER] {
        if let Err(error) = services.files.remove_all(&tenant_file(id, folder)).await {
            tracing::warn!(%error, tenant = %id, folder, "files of a deleted tenant are left");
        }
    }
    if let Err(error) = services.redis.site_forget(SiteKey::Tenant(id)).await {
        tracing::warn!(%error, tenant = %id, "keys of a deleted tenant are left in Redis");
    }
}

/// Removes what is left of tenants that are gone: another process may have kept a file of one while it was deleted.
///
/// # Errors
/// When the files or the tenants cannot be listed.
pub(crate) async fn leftovers_sweep(services: &Services) -> Result<()> {
    // The files first: a tenant that is not there by now was not made since.
    let kept = services.files.tenants().await?;
    let mut conn = services.db.platform().await?;
    let listed = tenant_list_all(&mut conn).await;
    let there: HashSet<TenantId> = conn.finish(listed).await?.iter().map(|row| row.id).collect();
    for id in kept.into_iter().filter(|id| !there.contains(id)) {
        leftovers_remove(services, id).await;
    }
    Ok(())
}
