//! How often lists filter or sort by a field of records, counted in process. The adviser of indexes reads what was written.

use crate::TenantSite;
use domain::TenantId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// Uses of the fields of one tenant, by their rows.
pub type Uses = Vec<(i64, i64)>;

/// A tenant with the uses of its fields.
type Counted = (Arc<TenantSite>, HashMap<i64, i64>);

/// What was counted in this process since it was last written.
#[derive(Default)]
pub struct FieldUses(Mutex<HashMap<TenantId, Counted>>);

impl FieldUses {
    /// Counts one use of each of these fields.
    pub fn count(&self, site: &Arc<TenantSite>, fields: impl IntoIterator<Item = i64>) {
        let mut fields = fields.into_iter().peekable();
        if fields.peek().is_none() {
            return;
        }
        if let Ok(mut counted) = self.0.lock() {
            let (_, uses) = counted.entry(site.tenant.id).or_insert_with(|| (Arc::clone(site), HashMap::new()));
            for field in fields {
                *uses.entry(field).or_default() += 1;
            }
        }
    }

    /// What was counted since this was asked last.
    pub fn take(&self) -> Vec<(Arc<TenantSite>, Uses)> {
        let taken = self.0.lock().map(|mut counted| std::mem::take(&mut *counted)).unwrap_or_default();
        taken.into_values().map(|(site, uses)| (site, uses.into_iter().collect())).collect()
    }
}
