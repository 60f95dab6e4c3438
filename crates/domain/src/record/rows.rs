//! Which records a user reaches.

use super::{Reach, RelationEnd};
use crate::{RecordId, UserId};
use std::collections::HashSet;

/// Records by whom they belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owners {
    /// Anyone or no one.
    All,
    /// One of these users.
    Of(Vec<UserId>),
}

impl Owners {
    pub(super) fn of(reach: Reach, user: UserId, team: &[UserId]) -> Self {
        match reach {
            Reach::All => Self::All,
            Reach::Team => Self::Of([&[user], team].concat()),
            Reach::Own => Self::Of(vec![user]),
            Reach::None => Self::Of(Vec::new()),
        }
    }

    /// Whether a record of that owner is among them.
    #[must_use]
    pub fn contain(&self, owner: Option<UserId>) -> bool {
        match self {
            Self::All => true,
            Self::Of(users) => owner.is_some_and(|owner| users.contains(&owner)),
        }
    }
}

/// Which records of a pipeline a user reaches: by their owner, or because they were shared with the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// By their owner.
    pub owners: Owners,
    /// Those that were shared, in no order.
    pub shared: HashSet<RecordId>,
}

impl Rows {
    /// All of a pipeline.
    #[must_use]
    pub fn all() -> Self {
        Self { owners: Owners::All, shared: HashSet::new() }
    }

    /// What a user sees who reaches that far, with a team and with what was shared.
    #[must_use]
    pub fn of(reach: Reach, user: UserId, team: &[UserId], shared: impl Iterator<Item = RecordId>) -> Self {
        Self { owners: Owners::of(reach, user, team), shared: shared.collect() }
    }

    /// Whether a record is among them.
    #[must_use]
    pub fn contain(&self, id: RecordId, owner: Option<UserId>) -> bool {
        self.owners.contain(owner) || self.shared.contains(&id)
    }
}

/// An end of a relation, with what a user sees at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The end.
    pub end: RelationEnd,
    /// The records at the other end that the user sees.
    pub rows: Rows,
}
