//! The life cycle of a tenant.

use serde::{Deserialize, Serialize};

/// `platform.tenants.status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantStatus {
    /// Serves its people.
    Active,
    /// Data untouched, nobody gets in.
    Suspended,
    /// Hidden and restorable until its grace period ends.
    Archived,
    /// Being deleted; the row goes with it.
    Purging,
}

impl TenantStatus {
    /// Every status, in the order of a tenant's life.
    pub const ALL: [Self; 4] = [Self::Active, Self::Suspended, Self::Archived, Self::Purging];

    /// As the database and URLs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Archived => "archived",
            Self::Purging => "purging",
        }
    }

    /// As a person reads it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Suspended => "Suspended",
            Self::Archived => "Archived",
            Self::Purging => "Purging",
        }
    }

    /// Whether a tenant may go from here to there.
    #[must_use]
    pub const fn may_become(self, to: Self) -> bool {
        matches!(
            (self, to),
            (Self::Active, Self::Suspended | Self::Archived)
                | (Self::Suspended, Self::Active | Self::Archived)
                | (Self::Archived, Self::Active | Self::Purging)
        )
    }

    /// The status written as `text`, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}
