//! How many companies and users there are, in all: counted by one look at the registry, kept in process for a moment and
//! forgotten when a company is made or changes its status, so that no page counts ten thousand rows.

use crate::{Error, Result};
use chrono::{DateTime, TimeDelta, Utc};
use db::{
    DbError, PlatformConn,
    platform::{
        attention::{FleetAttention, fleet_attention},
        tenants::{TenantTotal, tenant_totals},
    },
};
use domain::TenantStatus;
use moka::future::Cache;
use std::{sync::Arc, time::Duration};

/// How old numbers of users may become; companies are counted anew at once.
const GOOD: Duration = Duration::from_secs(5);

/// Jobs that failed longer ago need no attention any more.
const FAILED_LATELY: TimeDelta = TimeDelta::days(7);

/// The totals of the registry.
pub struct Totals {
    tenants: Cache<(), Arc<[TenantTotal]>>,
    attention: Cache<(), Arc<FleetAttention>>,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            tenants: Cache::builder().max_capacity(1).time_to_live(GOOD).build(),
            attention: Cache::builder().max_capacity(1).time_to_live(GOOD).build(),
        }
    }
}

impl Totals {
    /// Forgets what was counted.
    pub fn forget(&self) {
        self.tenants.invalidate_all();
        self.attention.invalidate_all();
    }

    /// The totals by status.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn get(&self, conn: &mut PlatformConn) -> Result<Arc<[TenantTotal]>> {
        let counted = self.tenants.try_get_with((), async { tenant_totals(conn).await.map(Arc::from) }).await;
        counted.map_err(unavailable)
    }

    /// What of the fleet needs attention.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attention(&self, conn: &mut PlatformConn, now: DateTime<Utc>) -> Result<Arc<FleetAttention>> {
        let found = self.attention.try_get_with((), async { fleet_attention(conn, now - FAILED_LATELY).await.map(Arc::new) }).await;
        found.map_err(unavailable)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as the cache hands it out")]
fn unavailable(error: Arc<DbError>) -> Error {
    Error::Db(DbError::Unavailable(error.to_string()))
}

/// Companies of these statuses; of none means those that are not archived.
pub fn tenants_of(totals: &[TenantTotal], statuses: &[TenantStatus]) -> i64 {
    let hidden = [TenantStatus::Archived, TenantStatus::Purging];
    let wanted = |status: TenantStatus| if statuses.is_empty() { !hidden.contains(&status) } else { statuses.contains(&status) };
    totals.iter().filter(|total| wanted(total.status)).map(|total| total.tenants).sum()
}
