//! Acts for many records at once.

use serde::{Deserialize, Serialize};

/// What is done to each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordAct {
    /// One field gets another value.
    Edit,
    /// They are given to another user.
    Assign,
    /// They are moved to another stage.
    Move,
    /// They are moved to the trash.
    Delete,
}

impl RecordAct {
    /// Every act, as lists offer them.
    pub const ALL: [Self; 4] = [Self::Edit, Self::Assign, Self::Move, Self::Delete];

    /// As addresses and jobs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Assign => "assign",
            Self::Move => "move",
            Self::Delete => "delete",
        }
    }

    /// As a person reads it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Edit => "Edit a field",
            Self::Assign => "Change owner",
            Self::Move => "Move to a stage",
            Self::Delete => "Move to the trash",
        }
    }

    /// What is done, as a title and a button say it, with so many records.
    #[must_use]
    pub fn sentence(self, records: &str) -> String {
        match self {
            Self::Edit => format!("Edit {records}"),
            Self::Assign => format!("Change the owner of {records}"),
            Self::Move => format!("Move {records} to a stage"),
            Self::Delete => format!("Move {records} to the trash"),
        }
    }

    /// Reads what is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == text)
    }
}
