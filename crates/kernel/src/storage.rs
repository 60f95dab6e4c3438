//! What a tenant keeps in files, and how much it may.

use crate::{RequestCx, Result, Services, files::tenant_file};
use domain::{AppError, Code, TenantId, dto::Storage, format::size};

/// The folder of what the platform exports of a tenant, which is not the tenant's own doing.
pub const EXPORTS: &str = "exports";

/// Bytes that a tenant keeps in files, but for exports.
///
/// # Errors
/// [`Error::Files`](crate::Error::Files) when they cannot be listed.
pub async fn storage_used(services: &Services, tenant: TenantId) -> Result<u64> {
    services.files.bytes(&tenant_file(tenant, ""), &tenant_file(tenant, EXPORTS)).await
}

/// What the tenant that was asked keeps, and how much it may.
///
/// # Errors
/// [`AppError::NotFound`] on the platform's site, and as for [`storage_used`].
pub async fn storage_of(cx: &RequestCx) -> Result<Storage> {
    let site = cx.tenant_site()?;
    Ok(Storage { used: storage_used(&cx.services, site.tenant.id).await?, most: site.storage_max })
}

/// How many bytes fit beside what the tenant keeps: at least those of a file of that length, or one when its length is unknown.
///
/// # Errors
/// [`AppError::Conflict`] beside `file` for what does not fit, and as for [`storage_of`].
pub async fn storage_require(cx: &RequestCx, bytes: Option<u64>) -> Result<u64> {
    let kept = storage_of(cx).await?;
    let free = kept.most.saturating_sub(kept.used);
    if bytes.unwrap_or(1) <= free { Ok(free) } else { Err(storage_full(kept).into()) }
}

/// The error of a file that does not fit beside what the tenant keeps.
#[must_use]
pub fn storage_full(Storage { used, most }: Storage) -> AppError {
    let sentence = format!(
        "Your company keeps {} of {} in files, so this file does not fit. Lists that were imported are removed after a week; the platform's operator can allow more.",
        size(used),
        size(most)
    );
    AppError::conflict(Code::StorageFull, "file", sentence)
}
