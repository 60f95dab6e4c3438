//! Tenants and what belongs to them.

use crate::{
    TenantId, TenantStatus, UserId, UserState,
    dto::{AuditRow, Storage},
    list::{ListPage, ListViews},
};
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
    /// How the viewer reads the list.
    pub views: ListViews,
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
    /// The tenant.
    pub head: TenantHead,
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
    /// When a user last signed in.
    pub last_activity: Option<DateTime<Utc>>,
    /// Requests of the last 24 hours; none when nothing was counted in them.
    pub requests: Option<super::Requests>,
    /// The last migration error.
    pub last_error: Option<String>,
    /// The newest lines of the audit log that concern it.
    pub audit: Vec<AuditRow>,
}

/// What every page of one tenant shows above its tabs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantHead {
    /// The tenant.
    pub tenant: TenantRow,
    /// The address of its site.
    pub url: String,
    /// Whether the viewer marked it as a favourite.
    pub is_favourite: bool,
    /// From when an archived tenant may be purged.
    pub purge_after: Option<DateTime<Utc>>,
    /// When its settings last changed, in microseconds since 1970: the version an edit is based on.
    pub version: i64,
}

/// The page `/tenants/{slug}/quota`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantQuotaPage {
    /// The tenant.
    pub head: TenantHead,
    /// What it keeps in files, and how much it may.
    pub storage: Storage,
}

/// The page `/tenants/{slug}/general`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantGeneralPage {
    /// The tenant.
    pub head: TenantHead,
    /// Whether purging drops the schema without asking.
    pub auto_drop_schema: bool,
}

/// The pages `/tenants/{slug}/features` and `/tenants/{slug}/billing`: a JSON object of which some keys are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantObjectPage {
    /// The tenant.
    pub head: TenantHead,
    /// The object.
    pub object: serde_json::Value,
}

/// A person of a company, as an operator sees them: enough to help, nothing of their work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantUserRow {
    /// The user.
    pub id: UserId,
    /// First and last name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// The name of the primary role.
    pub role_name: String,
    /// Whether the user may sign in.
    pub is_active: bool,
    /// The state that follows from all that is known here: who is locked, only the tenant's site knows.
    pub state: UserState,
    /// Whether a password was ever set.
    pub has_password: bool,
    /// Whether a second factor is asked for.
    pub has_factor: bool,
    /// The last sign-in.
    pub last_login: Option<DateTime<Utc>>,
    /// Sessions that are open now.
    pub sessions: u64,
}

/// The page `/tenants/{slug}/users`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantUsersPage {
    /// The tenant.
    pub head: TenantHead,
    /// The rows asked for; none without a schema.
    pub page: ListPage<TenantUserRow>,
}

/// What would be lost with a company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// People, active or not.
    pub users: i64,
    /// Rows in all tables.
    pub rows: i64,
    /// Rows of each table that has any.
    pub tables: Vec<(String, i64)>,
    /// Bytes on disk, indexes included.
    pub bytes: i64,
    /// Domains that lead to it.
    pub domains: Vec<String>,
    /// Sessions that are open now.
    pub sessions: u64,
}

/// The page `/tenants/import`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantImportPage {
    /// The host below which the company gets its subdomain.
    pub base_domain: String,
}

/// The page `/tenants/{slug}/copies`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantCopiesPage {
    /// The tenant.
    pub head: TenantHead,
    /// The host below which a copy gets its subdomain.
    pub base_domain: String,
}

/// The page `/tenants/{slug}/danger`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantDangerPage {
    /// The tenant.
    pub head: TenantHead,
    /// What would be lost; none without a schema.
    pub inventory: Option<Inventory>,
    /// Whether purging drops the schema unless told otherwise.
    pub auto_drop_schema: bool,
    /// Days an archived company is kept.
    pub grace_days: u32,
}
