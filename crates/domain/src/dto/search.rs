//! What a search over everything finds.

use crate::{RecordId, UserId, dto::platform::DomainListRow, record::PipelineHead};
use serde::{Deserialize, Serialize};

/// The most rows of each kind that a search shows.
pub const SEARCH_SHOWN: u16 = 6;

/// What a search on a tenant's site finds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TenantSearch {
    /// Users: id, name and address.
    pub users: Vec<(UserId, String, String)>,
    /// Roles: key and name.
    pub roles: Vec<(String, String)>,
}

/// A record that a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordHit {
    /// The record.
    pub id: RecordId,
    /// What it is called.
    pub title: String,
    /// What tells it from others.
    pub sub: String,
}

/// The records of one pipeline that a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordHits {
    /// The pipeline.
    pub pipeline: PipelineHead,
    /// The first of them.
    pub hits: Vec<RecordHit>,
}

/// What a search on the platform console finds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlatformSearch {
    /// Tenants: short name, name and primary domain.
    pub tenants: Vec<(String, String, String)>,
    /// Domains.
    pub domains: Vec<DomainListRow>,
    /// Platform admins: name and address.
    pub admins: Vec<(String, String)>,
}
