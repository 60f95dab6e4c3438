//! The first page.

use super::TenantRow;
use crate::{TenantStatus, dto::AuditRow};
use serde::{Deserialize, Serialize};

/// The page `/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DashboardPage {
    /// How many tenants have each status.
    pub tenants: Vec<(TenantStatus, i64)>,
    /// Active users over all tenants.
    pub users: i64,
    /// What they may grow to.
    pub users_max: i64,
    /// The newest tenants.
    pub newest: Vec<TenantRow>,
    /// The newest lines of the audit log.
    pub audit: Vec<AuditRow>,
}
