//! The first page.

use super::{FleetDay, Requests, TenantRow, UsageDay};
use crate::{
    TenantStatus,
    dto::{Attention, AuditRow},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The page `/`. What was never measured is not there, rather than nought.
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
    /// Requests of each of the last 24 hours, oldest first.
    pub hours: Vec<(DateTime<Utc>, Requests)>,
    /// The last 30 days, oldest first.
    pub days: Vec<UsageDay>,
    /// The days of the last 30 on which the installation was noted, oldest first.
    pub fleet: Vec<FleetDay>,
    /// The companies with the most requests today: name, short name, requests.
    pub top: Vec<(String, String, i64)>,
    /// What needs attention, what is broken first.
    pub attention: Vec<Attention>,
    /// What was found when it was last looked at whether companies are apart.
    pub verified: Option<Verified>,
}

/// What a look at whatever keeps companies apart has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// When.
    pub at: DateTime<Utc>,
    /// Companies looked at.
    pub companies: usize,
    /// Lines of audit logs looked at, if they were.
    pub lines: Option<i64>,
    /// What is not as it should be.
    pub findings: Vec<String>,
}
