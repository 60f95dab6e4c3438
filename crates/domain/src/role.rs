//! The roles every company starts with.

use crate::{Code, FieldReason, Permission, PermissionSet, Scope};
use Permission::{
    AuditView, CompanyOwn, RecordsEdit, RecordsView, RolesManage, SessionsManage, SettingsManage, UsersCreate, UsersManage, UsersView,
};
use serde::{Deserialize, Serialize};

/// A role made with each tenant; it cannot be changed or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemRole {
    /// `roles.key`.
    pub key: &'static str,
    /// As a person reads it.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub sentence: &'static str,
    permissions: &'static [(Permission, Scope)],
}

/// The key of the role that owns a company; there is always an active holder.
pub const OWNER: &str = "owner";

/// The longest key of a role, as `roles.key` holds it.
pub const KEY_MAX: usize = 50;

/// The key of a role: letters, digits and underscores.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleKey(String);

/// Why a text is no key of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleKeyError {
    /// Nothing was given.
    #[error("Choose a role")]
    Empty,
    /// No role has such a key.
    #[error("This role does not exist")]
    Unknown,
}

impl FieldReason for RoleKeyError {
    fn code(&self) -> Code {
        match self {
            Self::Empty => Code::FieldRequired,
            Self::Unknown => Code::RoleUnknown,
        }
    }
}

impl RoleKey {
    /// Checks a key.
    ///
    /// # Errors
    /// [`RoleKeyError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, RoleKeyError> {
        if text.is_empty() {
            return Err(RoleKeyError::Empty);
        }
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if text.len() <= KEY_MAX && text.chars().all(allowed) { Ok(Self(text.to_owned())) } else { Err(RoleKeyError::Unknown) }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the role that owns a company.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.0 == OWNER
    }
}

/// All system roles, the mightiest first.
pub const SYSTEM_ROLES: [SystemRole; 5] = [
    SystemRole {
        key: OWNER,
        name: "Owner",
        sentence: "Full control, including over owners",
        permissions: &[
            (CompanyOwn, Scope::All),
            (UsersView, Scope::All),
            (UsersCreate, Scope::All),
            (UsersManage, Scope::All),
            (RolesManage, Scope::All),
            (SettingsManage, Scope::All),
            (SessionsManage, Scope::All),
            (AuditView, Scope::All),
            (RecordsView, Scope::All),
            (RecordsEdit, Scope::All),
        ],
    },
    SystemRole {
        key: "admin",
        name: "Admin",
        sentence: "Manages users, roles and settings",
        permissions: &[
            (UsersView, Scope::All),
            (UsersCreate, Scope::All),
            (UsersManage, Scope::All),
            (RolesManage, Scope::All),
            (SettingsManage, Scope::All),
            (SessionsManage, Scope::All),
            (AuditView, Scope::All),
            (RecordsView, Scope::All),
            (RecordsEdit, Scope::All),
        ],
    },
    SystemRole {
        key: "manager",
        name: "Manager",
        sentence: "Sees all data, manages the team",
        permissions: &[(UsersView, Scope::All), (RecordsView, Scope::All), (RecordsEdit, Scope::All)],
    },
    SystemRole {
        key: "salesperson",
        name: "Salesperson",
        sentence: "Own contacts and deals",
        permissions: &[(RecordsView, Scope::Own), (RecordsEdit, Scope::Own)],
    },
    SystemRole { key: "user", name: "User", sentence: "Signs in, own account only", permissions: &[] },
];

impl SystemRole {
    /// What the role permits.
    #[must_use]
    pub fn permission_set(&self) -> PermissionSet {
        PermissionSet::new(self.permissions.iter().copied())
    }

    /// The system role of that key.
    #[must_use]
    pub fn find(key: &str) -> Option<&'static Self> {
        SYSTEM_ROLES.iter().find(|role| role.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of product.md: owner, admin, manager, salesperson.
    #[test]
    fn predicates_are_those_of_the_product() {
        let sets: Vec<PermissionSet> =
            ["owner", "admin", "manager", "salesperson"].iter().map(|key| SystemRole::find(key).unwrap().permission_set()).collect();
        let row = |predicate: fn(&PermissionSet) -> bool| sets.iter().map(predicate).collect::<Vec<_>>();
        assert_eq!(row(PermissionSet::is_owner), [true, false, false, false]);
        assert_eq!(row(PermissionSet::is_admin_or_owner), [true, true, false, false]);
        assert_eq!(row(PermissionSet::can_create_users), [true, true, false, false]);
        assert_eq!(row(PermissionSet::can_manage_users), [true, true, false, false]);
        assert_eq!(row(PermissionSet::can_view_all_data), [true, true, true, false]);
        assert_eq!(row(|set| set.scope(RecordsEdit).is_some()), [true, true, true, true]);
    }

    #[test]
    fn permissions_are_stored_by_name() {
        let json = serde_json::to_value(SystemRole::find("salesperson").unwrap().permission_set()).unwrap();
        assert_eq!(json, serde_json::json!({"records.view": "own", "records.edit": "own"}));
    }

    #[test]
    fn permissions_of_a_newer_release_grant_nothing() {
        let stored = r#"{"records.view": "own", "rockets.launch": "all", "users.view": "everywhere"}"#;
        let set: PermissionSet = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::to_value(&set).unwrap(), serde_json::json!({"records.view": "own"}));
    }

    #[test]
    fn covering_and_merging() {
        let [owner, admin, manager, salesperson, user] = SYSTEM_ROLES.map(|role| role.permission_set());
        assert!(owner.covers(&admin) && admin.covers(&manager) && manager.covers(&salesperson) && salesperson.covers(&user));
        assert!(!admin.covers(&owner) && !salesperson.covers(&manager));
        let mut merged = salesperson.clone();
        merged.merge(&manager);
        assert!(merged.can_view_all_data());
    }
}
