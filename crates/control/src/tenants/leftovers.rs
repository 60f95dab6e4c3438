//! What a tenant leaves outside the database once its row is gone.

use domain::{SiteKey, TenantId};
use identity::users::IMPORT_FOLDER;
use kernel::{Services, files::tenant_file, storage::EXPORTS};

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
