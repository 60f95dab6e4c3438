//! What an admin of the platform may do.

use serde::{Deserialize, Serialize};

/// `platform.platform_admins.role`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminRole {
    /// Does everything.
    #[default]
    Admin,
    /// Looks at everything and changes nothing.
    Support,
}

impl AdminRole {
    /// Both, the mightier first.
    pub const ALL: [Self; 2] = [Self::Admin, Self::Support];

    /// As the database and forms write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Support => "support",
        }
    }

    /// As a person reads it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::Support => "Support",
        }
    }

    /// What it is for.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Admin => "Does everything: creates, changes and removes companies and other admins",
            Self::Support => "Looks at everything and changes nothing",
        }
    }

    /// The role written as `text`, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}
