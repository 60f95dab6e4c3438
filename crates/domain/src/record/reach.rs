//! How far a user reaches among the records of a pipeline.

use crate::{
    Permission, PermissionSet, Scope,
    access::{HeldRole, Override, Overrides},
};
use serde::{Deserialize, Serialize};

/// Which records of a pipeline are reached; wider ones compare greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// None of them.
    #[default]
    None,
    /// Those that belong to the user.
    Own,
    /// Those that belong to the user or to someone below the user, by who reports to whom.
    Team,
    /// All of them.
    All,
}

impl Reach {
    /// Every reach: as stored, and as a person reads it.
    pub const ALL: [(Self, &'static str, &'static str); 4] =
        [(Self::None, "none", "None"), (Self::Own, "own", "Own"), (Self::Team, "team", "Team"), (Self::All, "all", "All")];

    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(reach, ..)| *reach == self).map_or("", |(_, name, _)| name)
    }

    /// As a person reads it.
    #[must_use]
    pub fn label(self) -> &'static str {
        Self::ALL.into_iter().find(|(reach, ..)| *reach == self).map_or("", |(.., label)| label)
    }

    /// Reads what is stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name, _)| *name == text).map(|(reach, ..)| reach)
    }
}

impl From<Option<Scope>> for Reach {
    fn from(scope: Option<Scope>) -> Self {
        match scope {
            None => Self::None,
            Some(Scope::Own) => Self::Own,
            Some(Scope::All) => Self::All,
        }
    }
}

/// How far a role reaches in a pipeline, where that is not what its permissions say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleReach {
    /// Which records it shows.
    pub view: Option<Reach>,
    /// Which of them it changes.
    pub edit: Option<Reach>,
    /// Which of them it deletes.
    pub delete: Option<Reach>,
}

/// How far a user reaches in a pipeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordAccess {
    /// Which records the user sees.
    pub view: Reach,
    /// Which of them the user changes.
    pub edit: Reach,
    /// Which of them the user deletes.
    pub delete: Reach,
}

impl RecordAccess {
    /// All of it.
    pub const ALL: Self = Self { view: Reach::All, edit: Reach::All, delete: Reach::All };

    /// What one role permits in a pipeline: what its permissions say, narrowed by what was set. It never exceeds the
    /// permissions, so a user who may give those may also set this. Owners reach everything.
    #[must_use]
    pub fn of_role(permissions: &PermissionSet, set: RoleReach) -> Self {
        if permissions.is_owner() {
            return Self::ALL;
        }
        let by = |permission, set: Option<Reach>| {
            let reach = Reach::from(permissions.scope(permission));
            set.map_or(reach, |set| set.min(reach))
        };
        let view = by(Permission::RecordsView, set.view);
        let edit = by(Permission::RecordsEdit, set.edit).min(view);
        Self { view, edit, delete: set.delete.unwrap_or(edit).min(edit) }
    }

    /// What a user may do in a pipeline: the roles, merged to the widest, then what was granted or denied to this user alone.
    #[must_use]
    pub fn of_user(roles: &[HeldRole], overrides: &Overrides, set: impl Fn(&str) -> RoleReach) -> Self {
        let mut access = Self::default();
        for role in roles {
            let one = Self::of_role(&role.permissions, set(&role.key));
            access.view = access.view.max(one.view);
            access.edit = access.edit.max(one.edit);
            access.delete = access.delete.max(one.delete);
        }
        let decided = |reach: Reach, permission| match overrides.get(permission) {
            Override::Deny => Reach::None,
            Override::Grant(scope) => reach.max(Reach::from(Some(scope))),
            Override::None => reach,
        };
        // A change that was granted to this user needs sight of what is changed.
        let edit = decided(access.edit, Permission::RecordsEdit);
        let view = match overrides.get(Permission::RecordsView) {
            Override::Deny => Reach::None,
            _ => decided(access.view, Permission::RecordsView).max(edit),
        };
        let granted = matches!(overrides.get(Permission::RecordsEdit), Override::Grant(_));
        let delete = if granted { access.delete.max(edit) } else { access.delete };
        Self { view, edit: edit.min(view), delete: delete.min(edit).min(view) }
    }

    /// These permissions as far as they are held in every pipeline: what a user may give to others. Someone whose roles are narrowed
    /// somewhere gives no permission that would reach further there.
    #[must_use]
    pub fn given<'a>(permissions: &PermissionSet, everywhere: impl Iterator<Item = &'a Self>) -> PermissionSet {
        let least = everywhere.fold(Self::ALL, |least, one| Self {
            view: least.view.min(one.view),
            edit: least.edit.min(one.edit),
            delete: least.delete.min(one.delete),
        });
        let mut given = permissions.clone();
        for (permission, reach) in [(Permission::RecordsView, least.view), (Permission::RecordsEdit, least.edit.min(least.delete))] {
            let Some(scope) = permissions.scope(permission) else { continue };
            given.remove(permission);
            match reach {
                Reach::All => given.insert(permission, scope),
                Reach::Own | Reach::Team => given.insert(permission, Scope::Own),
                Reach::None => {}
            }
        }
        given
    }

    /// Whether everything in `other` is held here, at least as widely.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.view >= other.view && self.edit >= other.edit && self.delete >= other.delete
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::SystemRole;

    fn role(key: &str) -> HeldRole {
        let role = SystemRole::find(key).unwrap();
        HeldRole { key: key.to_owned(), name: role.name.to_owned(), permissions: role.permission_set() }
    }

    fn access(roles: &[&str], set: impl Fn(&str) -> RoleReach) -> (Reach, Reach, Reach) {
        let roles: Vec<HeldRole> = roles.iter().map(|key| role(key)).collect();
        let RecordAccess { view, edit, delete } = RecordAccess::of_user(&roles, &Overrides::default(), set);
        (view, edit, delete)
    }

    fn reach(view: Reach, edit: Reach, delete: Reach) -> RoleReach {
        RoleReach { view: Some(view), edit: Some(edit), delete: Some(delete) }
    }

    #[test]
    fn permissions_say_how_far_a_role_reaches_unless_something_else_was_set() {
        use Reach::{All, None, Own, Team};
        let nothing = |_: &str| RoleReach::default();
        assert_eq!(access(&["salesperson"], nothing), (Own, Own, Own));
        assert_eq!(access(&["manager"], nothing), (All, All, All));
        assert_eq!(access(&["manager"], |_| reach(Team, Own, None)), (Team, Own, None));
        assert_eq!(access(&["salesperson"], |_| reach(All, All, All)), (Own, Own, Own), "never further than the permissions");
        assert_eq!(access(&["owner"], |_| reach(None, None, None)), (All, All, All), "owners are not locked out");
        assert_eq!(access(&["manager"], |_| reach(Own, All, All)), (Own, Own, Own), "nothing is changed unseen");
        assert_eq!(access(&["user"], |_| reach(All, All, All)), (None, None, None), "nor without the permission");
        let one = |key: &str| if key == "manager" { reach(Team, None, None) } else { reach(Own, Own, None) };
        assert_eq!(access(&["salesperson", "manager"], one), (Team, Own, None), "roles merge to the widest");
    }

    #[test]
    fn what_was_decided_for_one_user_comes_last() {
        let decided = |permission, decided| {
            let mut overrides = Overrides::default();
            overrides.set(permission, decided);
            RecordAccess::of_user(&[role("salesperson")], &overrides, |_| RoleReach::default())
        };
        assert_eq!(decided(Permission::RecordsView, Override::Deny), RecordAccess::default());
        let seen = RecordAccess { view: Reach::Own, edit: Reach::None, delete: Reach::None };
        assert_eq!(decided(Permission::RecordsEdit, Override::Deny), seen);
        assert_eq!(decided(Permission::RecordsEdit, Override::Grant(Scope::All)), RecordAccess::ALL);
    }
}
