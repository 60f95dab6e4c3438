//! `platform.tenants.user_count`: reported after the fact, since a tenant's transaction cannot write to the platform.

use crate::TenantSite;
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

    /// The tenants noted since this was asked last.
    pub fn take(&self) -> Vec<Arc<TenantSite>> {
        self.0.lock().map(|mut changed| changed.drain().map(|(_, site)| site).collect()).unwrap_or_default()
    }
}
