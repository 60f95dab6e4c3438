//! What a search over everything finds.

use crate::{UserId, dto::platform::DomainListRow};
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
