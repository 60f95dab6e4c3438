//! The audit log of the platform.

use super::TenantHead;
use crate::{TenantId, dto::AuditLine, list::ListPage};
use serde::{Deserialize, Serialize};

/// A company as far as a line of the log names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantName {
    /// The tenant.
    pub id: TenantId,
    /// Its short name.
    pub slug: String,
    /// The company's name.
    pub name: String,
}

/// The page `/audit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The lines asked for.
    pub page: ListPage<AuditLine>,
    /// The companies those lines name, as far as they still exist.
    pub tenants: Vec<TenantName>,
}

/// The page `/tenants/{slug}/audit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantAuditPage {
    /// The tenant.
    pub head: TenantHead,
    /// The lines asked for.
    pub page: ListPage<AuditLine>,
}
