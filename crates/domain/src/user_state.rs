//! How far a user of a tenant is from working: one word for what lists, pages and filters show.

use serde::{Deserialize, Serialize};

/// The state of a user of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// There is a password, and the user may sign in.
    Active,
    /// An invitation is open; no password was ever set.
    Invited,
    /// No invitation is open any more; no password was ever set.
    InvitationExpired,
    /// No invitation was made yet, or it was revoked; no password was ever set.
    NotInvited,
    /// Signing in is refused for now, after too many wrong passwords.
    Locked,
    /// An admin deactivated the user.
    Deactivated,
    /// Deleted, and hidden from lists unless asked for.
    Deleted,
}

/// What a state follows from.
#[derive(Clone, Copy, Debug)]
pub struct UserFacts {
    /// Whether the user is deleted.
    pub is_deleted: bool,
    /// Whether the user may sign in.
    pub is_active: bool,
    /// Whether a password was ever set.
    pub has_password: bool,
    /// Whether signing in is refused for now.
    pub is_locked: bool,
    /// Whether the last invitation is open; none when there was none.
    pub invitation: Option<bool>,
}

impl UserState {
    /// All of them, in the order of filters.
    pub const ALL: [Self; 7] =
        [Self::Active, Self::Invited, Self::InvitationExpired, Self::NotInvited, Self::Locked, Self::Deactivated, Self::Deleted];

    /// The state that follows from what is known.
    #[must_use]
    pub const fn of(facts: UserFacts) -> Self {
        match facts {
            UserFacts { is_deleted: true, .. } => Self::Deleted,
            UserFacts { is_active: false, .. } => Self::Deactivated,
            UserFacts { is_locked: true, .. } => Self::Locked,
            UserFacts { has_password: true, .. } => Self::Active,
            UserFacts { invitation: Some(true), .. } => Self::Invited,
            UserFacts { invitation: Some(false), .. } => Self::InvitationExpired,
            UserFacts { invitation: None, .. } => Self::NotInvited,
        }
    }

    /// The value of the filter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Invited => "invited",
            Self::InvitationExpired => "invitation_expired",
            Self::NotInvited => "not_invited",
            Self::Locked => "locked",
            Self::Deactivated => "deactivated",
            Self::Deleted => "deleted",
        }
    }

    /// What a person reads.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Invited => "Invited",
            Self::InvitationExpired => "Invitation expired",
            Self::NotInvited => "Not invited",
            Self::Locked => "Locked",
            Self::Deactivated => "Deactivated",
            Self::Deleted => "Deleted",
        }
    }

    /// The state written as `text`, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_fact_decides() {
        let invited = UserFacts { is_deleted: false, is_active: true, has_password: false, is_locked: false, invitation: Some(true) };
        let state = |facts| UserState::of(facts);
        assert_eq!(state(invited), UserState::Invited);
        assert_eq!(state(UserFacts { invitation: Some(false), ..invited }), UserState::InvitationExpired);
        assert_eq!(state(UserFacts { invitation: None, ..invited }), UserState::NotInvited);
        assert_eq!(state(UserFacts { has_password: true, ..invited }), UserState::Active);
        assert_eq!(state(UserFacts { is_locked: true, ..invited }), UserState::Locked);
        assert_eq!(state(UserFacts { is_active: false, is_locked: true, ..invited }), UserState::Deactivated);
        assert_eq!(state(UserFacts { is_deleted: true, is_active: false, ..invited }), UserState::Deleted);
        assert!(UserState::ALL.iter().all(|state| UserState::parse(state.as_str()) == Some(*state)));
    }
}
