//! Domains: which host leads to which tenant.

mod manage;

pub use manage::{
    DomainChange, DomainFilter, DomainRecord, domain_delete, domain_delete_expired, domain_details, domain_get, domain_list,
    domain_list_unseen, domain_set_primary, domain_update,
};

use crate::{
    DbResult, PlatformConn,
    error::one_row,
    schema_platform::{domains, tenants},
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use domain::{HostName, TenantId, dto::platform::DomainRow};

/// What a host leads to.
#[derive(Clone, Debug, Queryable)]
pub struct SiteRecord {
    /// The tenant.
    pub tenant_id: i64,
    /// Its short name.
    pub slug: String,
    /// Its company name.
    pub name: String,
    /// Its schema.
    pub schema_name: String,
    /// Its status, as stored.
    pub status: String,
    /// The newest migration applied; `None` without a schema.
    pub schema_version: Option<i64>,
    /// The most megabytes it may keep in files.
    pub max_storage_mb: i32,
    /// The domain that links lead to, if it serves.
    pub primary_domain: Option<String>,
}

/// The primary domain of a company.
///
/// # Errors
/// Those of the statement.
pub async fn domain_primary_of(conn: &mut PlatformConn, tenant: TenantId) -> DbResult<Option<String>> {
    let primary = domains::table.filter(domains::tenant_id.eq(tenant.0)).filter(domains::is_primary);
    Ok(primary.select(domains::domain).first(conn.raw()).await.optional()?)
}

/// The tenant that serves on `host`: the domain is verified and the tenant is not archived.
///
/// # Errors
/// Those of the statement.
pub async fn site_find(conn: &mut PlatformConn, host: &HostName) -> DbResult<Option<SiteRecord>> {
    let primaries = diesel::alias!(domains as primaries);
    let primary = primaries
        .filter(primaries.field(domains::tenant_id).eq(tenants::id))
        .filter(primaries.field(domains::is_primary))
        .filter(primaries.field(domains::verified_at).is_not_null())
        .select(primaries.field(domains::domain));
    Ok(domains::table
        .inner_join(tenants::table)
        .filter(domains::domain.eq(host.as_str()))
        .filter(domains::verified_at.is_not_null())
        .filter(tenants::status.eq_any(["active", "suspended"]))
        .select((
            tenants::id,
            tenants::slug,
            tenants::name,
            tenants::schema_name,
            tenants::status,
            tenants::schema_version,
            tenants::max_storage_mb,
            primary.single_value(),
        ))
        .first(conn.raw())
        .await
        .optional()?)
}

/// Every host that [`site_find`] finds.
///
/// # Errors
/// Those of the statement.
pub async fn domain_list_serving(conn: &mut PlatformConn) -> DbResult<Vec<String>> {
    Ok(domains::table
        .inner_join(tenants::table)
        .filter(domains::verified_at.is_not_null())
        .filter(tenants::status.eq_any(["active", "suspended"]))
        .select(domains::domain)
        .load(conn.raw())
        .await?)
}

/// How far a domain's proof is when it is added.
#[derive(Clone, Copy, Debug)]
pub enum DomainProof<'a> {
    /// It serves from then on, by `platform` or `operator`.
    Given(DateTime<Utc>, &'a str),
    /// Its DNS must show this secret by then.
    Claimed(&'a str, DateTime<Utc>),
    /// Nothing was asked for yet.
    Open,
}

/// Gives a tenant a domain.
///
/// # Errors
/// [`DbError::Unique`](crate::DbError::Unique) when another tenant has it.
pub async fn domain_insert(
    conn: &mut PlatformConn,
    tenant: TenantId,
    host: &HostName,
    is_primary: bool,
    proof: DomainProof<'_>,
) -> DbResult<()> {
    let (given, claimed) = match proof {
        DomainProof::Given(at, by) => (Some((at, by)), None),
        DomainProof::Claimed(token, until) => (None, Some((token, until))),
        DomainProof::Open => (None, None),
    };
    let values = (
        domains::domain.eq(host.as_str()),
        domains::tenant_id.eq(tenant.0),
        domains::is_primary.eq(is_primary),
        domains::verified_at.eq(given.map(|(at, _)| at)),
        domains::verified_by.eq(given.map(|(_, by)| by)),
        domains::token.eq(claimed.map(|(token, _)| token)),
        domains::token_expires_at.eq(claimed.map(|(_, until)| until)),
    );
    one_row(diesel::insert_into(domains::table).values(values).execute(conn.raw()).await?)
}

/// All domains of a tenant, the primary one first.
///
/// # Errors
/// Those of the statement.
pub async fn domain_list_of(conn: &mut PlatformConn, tenant: TenantId) -> DbResult<Vec<DomainRow>> {
    let rows: Vec<(String, bool, Option<DateTime<Utc>>)> = domains::table
        .filter(domains::tenant_id.eq(tenant.0))
        .select((domains::domain, domains::is_primary, domains::verified_at))
        .order_by((domains::is_primary.desc(), domains::domain))
        .load(conn.raw())
        .await?;
    Ok(rows
        .into_iter()
        .map(|(domain, is_primary, verified_at)| DomainRow { domain, is_primary, verified: verified_at.is_some() })
        .collect())
}
