//! Acts for many users at once.

use serde::{Deserialize, Serialize};

/// What an act is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BulkWho {
    /// Everything that matches the list's query, or the ids alone.
    pub all: bool,
    /// Those that are ticked.
    pub ids: Vec<i64>,
    /// The pairs of the list's query.
    pub query: Vec<(String, String)>,
}

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
            Self::Role => "Change role",
            Self::Mail => "Send invitation or password reset",
            Self::SignOut => "Sign out everywhere",
        }
    }

    /// What is done, as a title and a button say it, with so many users.
    #[must_use]
    pub fn sentence(self, users: &str) -> String {
        match self {
            Self::Activate => format!("Reactivate {users}"),
            Self::Deactivate => format!("Deactivate {users}"),
            Self::Role => format!("Change role of {users}"),
            Self::Mail => format!("Send a link to {users}"),
            Self::SignOut => format!("Sign out {users}"),
        }
    }

    /// What follows from it.
    #[must_use]
    pub const fn consequence(self) -> &'static str {
        match self {
            Self::Activate => "They can sign in again, and each uses a seat.",
            Self::Deactivate => "They are signed out and can no longer sign in. Their data is kept, and you can reactivate them.",
            Self::Role => {
                "Their primary role is replaced and they are signed out. Their additional roles and own permissions do not change."
            }
            Self::Mail => "Users without a password get an invitation by e-mail. All others get a password reset link.",
            Self::SignOut => "All their sessions end immediately.",
        }
    }

    /// Reads what is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == text)
    }
}
