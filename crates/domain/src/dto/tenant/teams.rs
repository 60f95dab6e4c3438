//! Pages of teams.

use crate::{TeamId, UserId};
use serde::{Deserialize, Serialize};

/// A team as lists show one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamRow {
    /// The team.
    pub id: TeamId,
    /// What it is called.
    pub name: String,
    /// How many users are in it.
    pub members: i64,
}

/// The page `/teams`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamListPage {
    /// All teams by name.
    pub rows: Vec<TeamRow>,
    /// Whether the viewer may change teams.
    pub may_change: bool,
}

/// A member of a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamMember {
    /// The user.
    pub id: UserId,
    /// First and last name, or the user name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// Whether the user may sign in.
    pub is_active: bool,
}

/// The page `/teams/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamPage {
    /// The team.
    pub id: TeamId,
    /// What it is called.
    pub name: String,
    /// Its members by name.
    pub members: Vec<TeamMember>,
    /// Whether the viewer may change teams.
    pub may_change: bool,
}
