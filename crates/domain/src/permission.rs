//! What a user of a company may do: a closed list, each with a sentence that a person understands.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A right that a role grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Permission {
    /// Full control of the company, including over owners.
    #[serde(rename = "company.own")]
    CompanyOwn,
    /// See who works in the company.
    #[serde(rename = "users.view")]
    UsersView,
    /// Create users.
    #[serde(rename = "users.create")]
    UsersCreate,
    /// Change and deactivate users.
    #[serde(rename = "users.manage")]
    UsersManage,
    /// Define roles.
    #[serde(rename = "roles.manage")]
    RolesManage,
    /// Change the company's settings.
    #[serde(rename = "settings.manage")]
    SettingsManage,
    /// See and end the sessions of others.
    #[serde(rename = "sessions.manage")]
    SessionsManage,
    /// Read the audit log.
    #[serde(rename = "audit.view")]
    AuditView,
    /// See contacts and deals.
    #[serde(rename = "records.view")]
    RecordsView,
    /// Change contacts and deals.
    #[serde(rename = "records.edit")]
    RecordsEdit,
}

/// How far a permission on records reaches; wider scopes compare greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Records that belong to the user.
    Own,
    /// All records of the company.
    All,
}

impl Scope {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::All => "all",
        }
    }

    /// Reads what is stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Own, Self::All].into_iter().find(|scope| scope.as_str() == text)
    }
}

impl Permission {
    /// Every permission, as pages list them.
    pub const ALL: [Self; 10] = [
        Self::CompanyOwn,
        Self::UsersView,
        Self::UsersCreate,
        Self::UsersManage,
        Self::RolesManage,
        Self::SettingsManage,
        Self::SessionsManage,
        Self::AuditView,
        Self::RecordsView,
        Self::RecordsEdit,
    ];

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CompanyOwn => "company.own",
            Self::UsersView => "users.view",
            Self::UsersCreate => "users.create",
            Self::UsersManage => "users.manage",
            Self::RolesManage => "roles.manage",
            Self::SettingsManage => "settings.manage",
            Self::SessionsManage => "sessions.manage",
            Self::AuditView => "audit.view",
            Self::RecordsView => "records.view",
            Self::RecordsEdit => "records.edit",
        }
    }

    /// Reads what is stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == text)
    }

    /// Whether it may reach one's own records alone.
    #[must_use]
    pub const fn is_scoped(self) -> bool {
        matches!(self, Self::RecordsView | Self::RecordsEdit)
    }

    /// What it is of no use without.
    #[must_use]
    pub const fn needs(self) -> Option<Self> {
        match self {
            Self::UsersCreate | Self::UsersManage | Self::SessionsManage => Some(Self::UsersView),
            Self::RecordsEdit => Some(Self::RecordsView),
            _ => None,
        }
    }

    /// The sentence a person reads.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::CompanyOwn => "Has full control of the company and its owners",
            Self::UsersView => "Sees who works in the company",
            Self::UsersCreate => "Creates users",
            Self::UsersManage => "Changes, deactivates and reactivates users",
            Self::RolesManage => "Defines roles and what they permit",
            Self::SettingsManage => "Changes the company's settings",
            Self::SessionsManage => "Sees and ends the sessions of others",
            Self::AuditView => "Reads the audit log",
            Self::RecordsView => "Sees contacts and deals",
            Self::RecordsEdit => "Changes contacts and deals",
        }
    }
}

/// Permissions with their scopes, as `roles.permissions` and `users.tenant_permissions` keep them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PermissionSet(BTreeMap<Permission, Scope>);

/// Names this release does not know grant nothing: a newer one may have stored them while this one still serves.
impl<'de> Deserialize<'de> for PermissionSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
        #[serde(untagged)]
        enum Name {
            Known(Permission),
            Unknown(String),
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Reach {
            Known(Scope),
            Unknown(serde::de::IgnoredAny),
        }
        let stored = BTreeMap::<Name, Reach>::deserialize(deserializer)?;
        let known = stored.into_iter().filter_map(|pair| match pair {
            (Name::Known(permission), Reach::Known(scope)) => Some((permission, scope)),
            _ => None,
        });
        Ok(Self::new(known))
    }
}

impl PermissionSet {
    /// A set of the permissions given.
    #[must_use]
    pub fn new(permissions: impl IntoIterator<Item = (Permission, Scope)>) -> Self {
        Self(permissions.into_iter().collect())
    }

    /// Whether the permission is held, in any scope.
    #[must_use]
    pub fn has(&self, permission: Permission) -> bool {
        self.0.contains_key(&permission)
    }

    /// The scope in which the permission is held.
    #[must_use]
    pub fn scope(&self, permission: Permission) -> Option<Scope> {
        self.0.get(&permission).copied()
    }

    /// Adds another set; the wider scope wins.
    pub fn merge(&mut self, other: &Self) {
        for (permission, scope) in &other.0 {
            self.insert(*permission, *scope);
        }
    }

    /// Adds one; the wider scope wins.
    pub fn insert(&mut self, permission: Permission, scope: Scope) {
        let held = self.0.entry(permission).or_insert(scope);
        *held = (*held).max(scope);
    }

    /// Takes one away.
    pub fn remove(&mut self, permission: Permission) {
        self.0.remove(&permission);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What of it is held in `other` too, no further than there.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        let common = self.0.iter().filter_map(|(permission, scope)| Some((*permission, (*scope).min(other.scope(*permission)?))));
        Self::new(common)
    }

    /// With everything that its permissions are of no use without.
    #[must_use]
    pub fn closed(mut self) -> Self {
        for permission in Permission::ALL {
            if let (Some(scope), Some(needed)) = (self.scope(permission), permission.needs()) {
                self.insert(needed, scope);
            }
        }
        self
    }

    /// Whether everything in `other` is held here, at least as widely.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|(permission, scope)| self.scope(*permission) >= Some(*scope))
    }

    /// Whether this is an owner.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.has(Permission::CompanyOwn)
    }

    /// Whether this is an owner or an admin.
    #[must_use]
    pub fn is_admin_or_owner(&self) -> bool {
        self.is_owner() || self.has(Permission::SettingsManage)
    }

    /// Whether users may be created.
    #[must_use]
    pub fn can_create_users(&self) -> bool {
        self.has(Permission::UsersCreate)
    }

    /// Whether users may be changed and deactivated.
    #[must_use]
    pub fn can_manage_users(&self) -> bool {
        self.has(Permission::UsersManage)
    }

    /// Whether all records of the company are seen.
    #[must_use]
    pub fn can_view_all_data(&self) -> bool {
        self.scope(Permission::RecordsView) == Some(Scope::All)
    }
}
