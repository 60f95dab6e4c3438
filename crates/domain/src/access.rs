//! What one person of a company may do, and where each permission comes from: roles, merged, then what an admin granted
//! or denied to this person alone.

use crate::{Permission, PermissionSet, Scope};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;

/// What was decided for one person about one permission, beside the roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Override {
    /// What the roles say.
    #[default]
    None,
    /// Granted, whatever the roles say.
    Grant(Scope),
    /// Denied, whatever the roles say.
    Deny,
}

impl Override {
    /// As a form sends it: nothing, `own`, `all` or `deny`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Grant(scope) => scope.as_str(),
            Self::Deny => "deny",
        }
    }

    /// Reads what a form sends.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "" => Some(Self::None),
            "deny" => Some(Self::Deny),
            scope => Scope::parse(scope).map(Self::Grant),
        }
    }
}

/// What was decided for one person beside the roles, as `users.tenant_permissions` keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overrides {
    #[serde(default, skip_serializing_if = "PermissionSet::is_empty")]
    grant: PermissionSet,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty", deserialize_with = "known")]
    deny: BTreeSet<Permission>,
}

/// Names this release does not know deny nothing it could check.
fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<Permission>, D::Error> {
    let stored = Vec::<serde_json::Value>::deserialize(deserializer)?;
    Ok(stored.into_iter().filter_map(|name| serde_json::from_value(name).ok()).collect())
}

impl Overrides {
    /// Decides one permission. Owning the company comes with the owner's role alone, so it is neither granted nor denied.
    pub fn set(&mut self, permission: Permission, decided: Override) {
        self.grant.remove(permission);
        self.deny.remove(&permission);
        match decided {
            _ if permission == Permission::CompanyOwn => {}
            Override::None => {}
            Override::Grant(scope) => self.grant.insert(permission, scope),
            Override::Deny => {
                self.deny.insert(permission);
            }
        }
    }

    /// What was decided about one permission.
    #[must_use]
    pub fn get(&self, permission: Permission) -> Override {
        match self.grant.scope(permission) {
            _ if self.deny.contains(&permission) => Override::Deny,
            Some(scope) => Override::Grant(scope),
            None => Override::None,
        }
    }

    /// Whether the roles alone decide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.grant.is_empty() && self.deny.is_empty()
    }
}

/// A role that a user holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRole {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What it permits.
    pub permissions: PermissionSet,
}

/// The roles of one person and what was decided beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// All roles, the primary one among them.
    pub roles: Vec<HeldRole>,
    /// What was decided for this person.
    pub overrides: Overrides,
}

/// Where a permission comes from, or why it is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A role, by its name.
    Role(String, Scope),
    /// Another permission that is of no use without it.
    With(Permission, Scope),
    /// Granted to this person.
    Granted(Scope),
    /// Denied to this person.
    Denied,
    /// Of no use without another permission that is denied.
    Without(Permission),
}

impl Access {
    fn of_roles(&self) -> PermissionSet {
        let mut merged = PermissionSet::default();
        for role in &self.roles {
            merged.merge(&role.permissions);
        }
        merged
    }

    /// Everything the person may do. Nothing can be denied to an owner. What is of no use alone brings along what it
    /// needs, and goes when that is denied.
    #[must_use]
    pub fn effective(&self) -> PermissionSet {
        let mut set = self.of_roles();
        if set.is_owner() {
            return set;
        }
        set.merge(&self.overrides.grant);
        set.remove(Permission::CompanyOwn);
        let denied = |permission: Permission| self.overrides.deny.contains(&permission);
        for permission in Permission::ALL {
            if denied(permission) || permission.needs().is_some_and(denied) {
                set.remove(permission);
            }
        }
        set.closed()
    }

    /// Where a permission comes from; nothing when it is simply not there.
    #[must_use]
    pub fn sources(&self, permission: Permission) -> Vec<Source> {
        let named = |role: &HeldRole| role.permissions.scope(permission).map(|scope| Source::Role(role.name.clone(), scope));
        let mut sources: Vec<Source> = self.roles.iter().filter_map(named).collect();
        if self.of_roles().is_owner() {
            return sources;
        }
        match self.overrides.get(permission) {
            Override::Grant(scope) => sources.push(Source::Granted(scope)),
            Override::Deny => sources.push(Source::Denied),
            Override::None => {}
        }
        if let Some(needed) = permission.needs()
            && !sources.is_empty()
            && self.overrides.deny.contains(&needed)
        {
            sources.push(Source::Without(needed));
        }
        let effective = self.effective();
        let bringing = Permission::ALL.into_iter().filter(|other| other.needs() == Some(permission));
        for other in bringing {
            if let Some(scope) = effective.scope(other)
                && sources.iter().all(|source| source.scope() < Some(scope))
            {
                sources.push(Source::With(other, scope));
            }
        }
        sources
    }
}

impl Source {
    const fn scope(&self) -> Option<Scope> {
        match self {
            Self::Role(_, scope) | Self::With(_, scope) | Self::Granted(scope) => Some(*scope),
            Self::Denied | Self::Without(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::SystemRole;
    use Permission::{CompanyOwn, RecordsEdit, RecordsView, SettingsManage, UsersManage, UsersView};

    fn access(roles: &[&str], overrides: &[(Permission, Override)]) -> Access {
        let mut access = Access::default();
        for key in roles {
            let role = SystemRole::find(key).unwrap();
            access.roles.push(HeldRole { key: (*key).to_owned(), name: role.name.to_owned(), permissions: role.permission_set() });
        }
        for (permission, decided) in overrides {
            access.overrides.set(*permission, *decided);
        }
        access
    }

    #[test]
    fn roles_are_merged_and_the_wider_scope_wins() {
        let both = access(&["salesperson", "manager"], &[]);
        assert_eq!(both.effective().scope(RecordsView), Some(Scope::All));
        assert_eq!(
            both.sources(RecordsView),
            [Source::Role("Salesperson".to_owned(), Scope::Own), Source::Role("Manager".to_owned(), Scope::All)]
        );
    }

    #[test]
    fn grants_and_denials_come_after_the_roles() {
        let person = access(&["salesperson"], &[(UsersView, Override::Grant(Scope::All)), (RecordsEdit, Override::Deny)]);
        let effective = person.effective();
        assert!(effective.has(UsersView) && effective.has(RecordsView) && !effective.has(RecordsEdit));
        assert_eq!(person.sources(RecordsEdit), [Source::Role("Salesperson".to_owned(), Scope::Own), Source::Denied]);
        assert_eq!(person.sources(SettingsManage), []);
    }

    #[test]
    fn what_is_of_no_use_alone_follows_what_it_needs() {
        let granted = access(&["user"], &[(UsersManage, Override::Grant(Scope::All))]);
        assert!(granted.effective().has(UsersView));
        assert_eq!(granted.sources(UsersView), [Source::With(UsersManage, Scope::All)]);
        let denied = access(&["manager"], &[(RecordsView, Override::Deny)]);
        assert!(!denied.effective().has(RecordsView) && !denied.effective().has(RecordsEdit));
        assert_eq!(denied.sources(RecordsEdit), [Source::Role("Manager".to_owned(), Scope::All), Source::Without(RecordsView)]);
        let wider = access(&["salesperson"], &[(RecordsEdit, Override::Grant(Scope::All))]);
        assert_eq!(wider.effective().scope(RecordsView), Some(Scope::All));
    }

    #[test]
    fn nothing_is_denied_to_owners_and_nobody_is_granted_the_company() {
        let owner = access(&["owner"], &[(SettingsManage, Override::Deny)]);
        assert_eq!(owner.effective(), SystemRole::find("owner").unwrap().permission_set());
        let stored: Overrides =
            serde_json::from_value(serde_json::json!({"grant": {"company.own": "all"}, "deny": ["rockets.launch"]})).unwrap();
        let forged = Access { overrides: stored, ..access(&["admin"], &[]) };
        assert!(!forged.effective().is_owner());
        assert!(!access(&["user"], &[(CompanyOwn, Override::Grant(Scope::All))]).effective().is_owner());
    }

    #[test]
    fn overrides_are_stored_by_name() {
        let person = access(&[], &[(UsersView, Override::Grant(Scope::All)), (RecordsEdit, Override::Deny)]);
        let json = serde_json::to_value(&person.overrides).unwrap();
        assert_eq!(json, serde_json::json!({"grant": {"users.view": "all"}, "deny": ["records.edit"]}));
        assert_eq!(serde_json::from_value::<Overrides>(json).unwrap(), person.overrides);
        assert_eq!(serde_json::to_value(Overrides::default()).unwrap(), serde_json::json!({}));
    }
}
