//! Which of the two kinds of site something belongs to.

use crate::TenantId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The owner of a session, a cache key or a file: the platform, or exactly one tenant.
/// Keys in Redis cannot be built without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SiteKey {
    /// The bare domain.
    Platform,
    /// A tenant's domain.
    Tenant(TenantId),
}

impl SiteKey {
    /// The tenant, unless this is the platform.
    #[must_use]
    pub const fn tenant_id(self) -> Option<TenantId> {
        match self {
            Self::Platform => None,
            Self::Tenant(id) => Some(id),
        }
    }
}

/// `p` or `t<id>`, as it stands in keys, logs and session records.
impl fmt::Display for SiteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => f.write_str("p"),
            Self::Tenant(id) => write!(f, "t{id}"),
        }
    }
}
