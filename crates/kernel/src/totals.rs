//! How many companies and users there are, in all: counted by one look at the registry, kept in process for a moment and
//! forgotten when a company is made or changes its status, so that no page counts ten thousand rows.

use crate::{Error, Result};
use db::{
    DbError, PlatformConn,
    platform::tenants::{TenantTotal, tenant_totals},
};
use domain::TenantStatus;
use std::{sync::Arc, time::Duration};

/// How old numbers of users may become; companies are counted anew at once.
const GOOD: Duration = Duration::from_secs(5);

/// The totals of the registry.
pub struct Totals(moka::future::Cache<(), Arc<[TenantTotal]>>);

impl Default for Totals {
    fn default() -> Self {
        Self(moka::future::Cache::builder().max_capacity(1).time_to_live(GOOD).build())
    }
}

impl Totals {
    /// Forgets what was counted.
    pub fn forget(&self) {
        self.0.invalidate_all();
    }

    /// The totals by status.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn get(&self, conn: &mut PlatformConn) -> Result<Arc<[TenantTotal]>> {
        let counted = self.0.try_get_with((), async { tenant_totals(conn).await.map(Arc::from) }).await;
        counted.map_err(|error: Arc<DbError>| Error::Db(DbError::Unavailable(error.to_string())))
    }
}

/// Companies of these statuses; of none means those that are not archived.
pub fn tenants_of(totals: &[TenantTotal], statuses: &[TenantStatus]) -> i64 {
    let hidden = [TenantStatus::Archived, TenantStatus::Purging];
    let wanted = |status: TenantStatus| if statuses.is_empty() { !hidden.contains(&status) } else { statuses.contains(&status) };
    totals.iter().filter(|total| wanted(total.status)).map(|total| total.tenants).sum()
}
