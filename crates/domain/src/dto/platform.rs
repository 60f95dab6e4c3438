//! The pages of the platform site.

use super::AuditRow;
use crate::{TenantId, TenantStatus, list::ListPage};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One company in the list of tenants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantRow {
    /// The tenant.
    pub id: TenantId,
    /// The company's name.
    pub name: String,
    /// Its short name, in URLs.
    pub slug: String,
    /// Its primary domain.
    pub domain: String,
    /// Its PostgreSQL schema.
    pub schema_name: String,
    /// Where it stands in its life.
    pub status: TenantStatus,
    /// Whether its schema exists.
    pub has_schema: bool,
    /// When it was created.
    pub created_on: DateTime<Utc>,
    /// Active users, as last reported.
    pub user_count: i32,
    /// The most active users it may have.
    pub max_users: i32,
}

/// The page `/tenants`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantListPage {
    /// The rows asked for.
    pub page: ListPage<TenantRow>,
    /// All tenants.
    pub total: i64,
    /// Active ones among them.
    pub active: i64,
}

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

/// A domain of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainRow {
    /// The name.
    pub domain: String,
    /// Whether links lead to it.
    pub is_primary: bool,
    /// Whether it serves.
    pub verified: bool,
}

/// The page `/tenants/{slug}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantPage {
    /// The tenant itself.
    pub tenant: TenantRow,
    /// Its domains, the primary one first.
    pub domains: Vec<DomainRow>,
    /// The owners' addresses.
    pub owners: Vec<String>,
    /// The newest migration applied.
    pub schema_version: Option<i64>,
    /// Migrations that wait.
    pub pending: usize,
    /// Bytes on disk, indexes included.
    pub bytes: Option<i64>,
    /// Sessions that are open now.
    pub sessions: Option<u64>,
    /// When somebody last signed in.
    pub last_activity: Option<DateTime<Utc>>,
    /// The last migration error.
    pub last_error: Option<String>,
    /// The address of the site.
    pub url: String,
    /// The newest lines of the audit log that concern it.
    pub audit: Vec<AuditRow>,
}
