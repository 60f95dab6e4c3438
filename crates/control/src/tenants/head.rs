//! What every page and every change of a tenant begins with.

use db::{
    DbError, PlatformConn,
    platform::{
        domains,
        favourites::favourite_is_set,
        tenants::{self, TenantDetail, TenantRecord},
    },
};
use domain::{
    AppError, HostName, TenantId,
    dto::platform::{TenantHead, TenantRow},
};
use kernel::{RequestCx, Result, cx::PlatformTx};

/// A tenant as lists show it.
pub(super) async fn row_of(conn: &mut PlatformConn, record: TenantRecord) -> Result<TenantRow> {
    let rows = domains::domain_list_of(conn, TenantId(record.id)).await?;
    Ok(record.into_row(rows.into_iter().find(|row| row.is_primary).map(|row| row.domain))?)
}

/// What every page of a tenant shows.
pub(crate) async fn head(cx: &RequestCx, tx: &mut PlatformTx, detail: &TenantDetail) -> Result<TenantHead> {
    let tenant = row_of(&mut tx.conn, detail.record.clone()).await?;
    let url = cx.services.url_on(&tenant.domain, "/");
    let is_favourite = match tx.admin() {
        Some(admin) => favourite_is_set(&mut tx.conn, admin, tenant.id).await?,
        None => false,
    };
    Ok(TenantHead { tenant, url, is_favourite, purge_after: detail.record.purge_after, version: detail.updated_at.timestamp_micros() })
}

/// Locks the tenant to be changed, unless another admin changed it since `version`.
pub(crate) async fn lock(tx: &mut PlatformTx, slug: &str, version: i64) -> Result<TenantDetail> {
    let detail = tenants::tenant_detail_lock(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
    if detail.updated_at.timestamp_micros() == version { Ok(detail) } else { Err(DbError::Stale.into()) }
}

/// The hosts of a company.
pub(crate) async fn hosts_of(conn: &mut PlatformConn, id: TenantId) -> Result<Vec<HostName>> {
    let rows = domains::domain_list_of(conn, id).await?;
    Ok(rows.iter().filter_map(|row| HostName::parse(&row.domain).ok()).collect())
}
