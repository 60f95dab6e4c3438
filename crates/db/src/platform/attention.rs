//! What of the fleet needs attention: the few of each kind that a dashboard names, and how many more there are.

use crate::{
    DbResult, PlatformConn,
    schema_platform::{domains, jobs, tenants},
};
use chrono::{DateTime, Utc};
use diesel::{
    dsl::{count_star, sql},
    prelude::*,
    sql_types::Bool,
};
use diesel_async::RunQueryDsl;
use domain::TenantStatus;

/// Tenants of one kind that are named.
const NAMED: i64 = 3;

/// A tenant that needs attention: short name, name, and what of what is used.
pub type NamedTenant = (String, String, (i32, i32));

/// What needs attention.
#[derive(Clone, Debug, Default)]
pub struct FleetAttention {
    /// Tenants that use nine of ten seats or more: the largest, and how many there are.
    pub full: (Vec<NamedTenant>, i64),
    /// Tenants that have spent nine tenths of their AI limit or more.
    pub spent: (Vec<NamedTenant>, i64),
    /// Tenants without a schema.
    pub unprovisioned: (Vec<NamedTenant>, i64),
    /// Domains that are not verified.
    pub domains: i64,
    /// Jobs that failed since then.
    pub jobs: i64,
}

/// What needs attention; jobs that failed since `since`.
///
/// # Errors
/// Those of the statements.
pub async fn fleet_attention(conn: &mut PlatformConn, since: DateTime<Utc>) -> DbResult<FleetAttention> {
    let full = "user_count::bigint * 10 >= max_users::bigint * 9";
    let spent = "ai_enabled AND ai_usage_limit > 0 AND ai_current_usage * 10 >= ai_usage_limit * 9";
    Ok(FleetAttention {
        full: tenants_with(conn, full).await?,
        spent: tenants_with(conn, spent).await?,
        unprovisioned: tenants_with(conn, "schema_version IS NULL").await?,
        domains: domains::table.filter(domains::verified_at.is_null()).select(count_star()).first(conn.raw()).await?,
        jobs: jobs::table
            .filter(jobs::status.eq("failed"))
            .filter(jobs::finished_at.ge(since))
            .select(count_star())
            .first(conn.raw())
            .await?,
    })
}

async fn tenants_with(conn: &mut PlatformConn, condition: &'static str) -> DbResult<(Vec<NamedTenant>, i64)> {
    let found = || {
        let active = tenants::table.filter(tenants::status.eq(TenantStatus::Active.as_str()));
        active.filter(sql::<Bool>(condition))
    };
    let named = found()
        .select((tenants::slug, tenants::name, (tenants::user_count, tenants::max_users)))
        .order_by((tenants::user_count.desc(), tenants::id))
        .limit(NAMED)
        .load(conn.raw())
        .await?;
    let all = found().select(count_star()).first(conn.raw()).await?;
    Ok((named, all))
}
