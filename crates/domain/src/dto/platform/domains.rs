//! Domains that lead to companies.

use super::TenantHead;
use crate::{
    DomainId,
    list::{ListPage, ListViews},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One domain of a tenant, with its proof.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DomainDetail {
    /// The domain.
    pub id: DomainId,
    /// Its name.
    pub domain: String,
    /// Whether links lead to it.
    pub is_primary: bool,
    /// Since when it serves.
    pub verified_at: Option<DateTime<Utc>>,
    /// `platform`, `dns` or `operator`.
    pub verified_by: Option<String>,
    /// The text its DNS must hold, until when.
    pub claim: Option<(String, DateTime<Utc>)>,
    /// When its DNS was last looked at.
    pub checked_at: Option<DateTime<Utc>>,
    /// What was wrong then.
    pub check_error: Option<String>,
}

/// The page `/tenants/{slug}/domains`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantDomainsPage {
    /// The tenant.
    pub head: TenantHead,
    /// Its domains, the primary one first.
    pub domains: Vec<DomainDetail>,
    /// The host below which one word is enough.
    pub base_domain: String,
}

/// One line of the list of domains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DomainListRow {
    /// The name.
    pub domain: String,
    /// The short name of its tenant.
    pub slug: String,
    /// The name of its tenant.
    pub tenant: String,
    /// Whether links lead to it.
    pub is_primary: bool,
    /// Whether it serves.
    pub verified: bool,
}

/// The page `/domains`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DomainListPage {
    /// The rows asked for.
    pub page: ListPage<DomainListRow>,
    /// How the viewer reads the list.
    pub views: ListViews,
}
