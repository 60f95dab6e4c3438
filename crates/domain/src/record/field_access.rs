//! What a user may do with single fields of a pipeline.

use super::{Reach, RecordAccess, RoleReach};
use crate::access::HeldRole;
use serde::{Deserialize, Serialize};

/// What a role permits with a field; more compares greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldAccess {
    /// The field is hidden.
    None,
    /// It is shown and not changed.
    Read,
    /// It is changed wherever the record is.
    #[default]
    Write,
}

impl FieldAccess {
    /// Every access: as stored, and as a person reads it.
    pub const ALL: [(Self, &'static str, &'static str); 3] =
        [(Self::Write, "write", "View and edit"), (Self::Read, "read", "View only"), (Self::None, "none", "Hidden")];

    /// As it is stored; what is not narrowed has no row.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(access, ..)| *access == self).map_or("", |(_, name, _)| name)
    }

    /// As a person reads it.
    #[must_use]
    pub fn label(self) -> &'static str {
        Self::ALL.into_iter().find(|(access, ..)| *access == self).map_or("", |(.., label)| label)
    }

    /// Reads what is stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name, _)| *name == text).map(|(access, ..)| access)
    }

    /// What a user may do with a field: the widest of the roles that show records of the pipeline. `set` gives what was set for a role in
    /// the field. Where no role shows any record, and something else does, the narrowest of all roles counts.
    #[must_use]
    pub fn of_user(roles: &[HeldRole], reach: impl Fn(&str) -> RoleReach, set: impl Fn(&str) -> Self) -> Self {
        let access = |role: &HeldRole| if role.permissions.is_owner() { Self::Write } else { set(&role.key) };
        let sees = |role: &&HeldRole| RecordAccess::of_role(&role.permissions, reach(&role.key)).view != Reach::None;
        let widest = roles.iter().filter(sees).map(access).max();
        widest.or_else(|| roles.iter().map(access).min()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::SystemRole;

    #[test]
    fn the_widest_role_that_shows_the_record_counts() {
        let role = |key: &str| {
            let role = SystemRole::find(key).unwrap();
            HeldRole { key: key.to_owned(), name: role.name.to_owned(), permissions: role.permission_set() }
        };
        let of = |roles: &[&str], set: &[(&str, FieldAccess)]| {
            let roles: Vec<HeldRole> = roles.iter().map(|key| role(key)).collect();
            let set = |role: &str| set.iter().find(|(key, _)| *key == role).map_or(FieldAccess::Write, |(_, access)| *access);
            FieldAccess::of_user(&roles, |_| RoleReach::default(), set)
        };
        use FieldAccess::{None, Read, Write};
        assert_eq!(of(&["salesperson"], &[]), Write);
        assert_eq!(of(&["salesperson"], &[("salesperson", None)]), None);
        assert_eq!(of(&["salesperson", "manager"], &[("salesperson", None), ("manager", Read)]), Read);
        assert_eq!(of(&["owner"], &[("owner", None)]), Write, "owners are not narrowed");
        assert_eq!(of(&["salesperson", "user"], &[("salesperson", None)]), None, "a role that shows no record opens no field");
        assert_eq!(of(&["user"], &[("user", Read)]), Read, "with sight of records from elsewhere");
    }
}
