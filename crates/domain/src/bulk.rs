//! Acts for many users at once.

use serde::{Deserialize, Serialize};

/// What is done to each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkAct {
    /// They may sign in again.
    Activate,
    /// They may no longer sign in.
    Deactivate,
    /// They get another primary role.
    Role,
    /// They get an e-mail with a link: an invitation while there is no password, else a reset.
    Mail,
    /// Their sessions end.
    SignOut,
}

impl BulkAct {
    /// Every act, as pages list them.
    pub const ALL: [Self; 5] = [Self::Activate, Self::Deactivate, Self::Role, Self::Mail, Self::SignOut];

    /// As addresses and jobs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
            Self::Role => "role",
            Self::Mail => "mail",
            Self::SignOut => "sign_out",
        }
    }

    /// As a person reads it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Activate => "Reactivate",
            Self::Deactivate => "Deactivate",
            Self::Role => "Give another role",
            Self::Mail => "Send an invitation or reset",
            Self::SignOut => "Sign out everywhere",
        }
    }

    /// What follows from it.
    #[must_use]
    pub const fn consequence(self) -> &'static str {
        match self {
            Self::Activate => "They can sign in again, and take a place each.",
            Self::Deactivate => "They are signed out and cannot sign in. Nothing of theirs is lost, and it can be taken back.",
            Self::Role => {
                "Their primary role is replaced and they are signed out. Further roles and what was decided for one person alone stay."
            }
            Self::Mail => "Each gets an e-mail with a link: an invitation without a password yet, else a reset.",
            Self::SignOut => "Every session of theirs ends at once.",
        }
    }

    /// Reads what is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == text)
    }
}
