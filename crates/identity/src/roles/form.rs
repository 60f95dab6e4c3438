//! What is typed into the form of a role.

use domain::{
    AppError, Code, FieldErrors, Permission, PermissionSet, Scope,
    person::{NameError, name_parse},
};
use kernel::Parsed;
use std::collections::HashMap;

/// The longest name of a role, as `roles.name` holds it.
const NAME_MAX: usize = 100;
/// The longest description, as `roles.description` holds it.
const DESCRIPTION_MAX: usize = 300;
/// The longest key made of a name: `roles.key` holds 50, and a number may follow.
const KEY_MAX: usize = 50 - 5;

/// What is typed into the form of a role.
#[derive(Clone, Debug, Default)]
pub struct RoleForm {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `own`, `all` or nothing, by the permission's name.
    pub permissions: HashMap<String, String>,
}

/// What a role is called and permits.
#[derive(Clone, Debug)]
pub struct RoleCommand {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it permits, with what that needs.
    pub permissions: PermissionSet,
}

/// A sentence or none.
fn sentence(text: &str, most: usize) -> std::result::Result<String, NameError> {
    match name_parse(text, most) {
        Err(NameError::Empty) => Ok(String::new()),
        other => other,
    }
}

impl RoleForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields.
    pub fn parse(&self) -> Parsed<RoleCommand> {
        let mut errors = FieldErrors::default();
        let name = errors.check("name", name_parse(&self.name, NAME_MAX));
        let description = errors.check("description", sentence(&self.description, DESCRIPTION_MAX));
        let mut permissions = PermissionSet::default();
        for (key, value) in self.permissions.iter().filter(|(_, value)| !value.is_empty()) {
            let field = format!("permissions[{key}]");
            let known = Permission::parse(key).filter(|permission| *permission != Permission::CompanyOwn);
            match (known, Scope::parse(value)) {
                (Some(permission), Some(scope)) if permission.is_scoped() || scope == Scope::All => permissions.insert(permission, scope),
                _ => errors.push(Code::PermissionUnknown, &field, "This permission does not exist"),
            }
        }
        errors.into_result()?;
        let (Some(name), Some(description)) = (name, description) else { return Err(AppError::Malformed) };
        Ok(RoleCommand { name, description, permissions: permissions.closed() })
    }
}

impl RoleCommand {
    /// A key made of the name.
    pub(super) fn key(&self) -> String {
        let mut key = String::new();
        for c in self.name.chars() {
            match c.to_ascii_lowercase() {
                c if c.is_ascii_lowercase() || (c.is_ascii_digit() && !key.is_empty()) => key.push(c),
                _ if !key.is_empty() && !key.ends_with('_') => key.push('_'),
                _ => {}
            }
        }
        key.truncate(KEY_MAX);
        let key = key.trim_end_matches('_');
        if key.is_empty() {
            // A name without a Latin letter still names a role.
            let sum: String = hex::encode(kernel::tokens::token_hash(&self.name)).chars().take(12).collect();
            return format!("role_{sum}");
        }
        // `new` is a page of its own.
        if key == "new" { "new_role".to_owned() } else { key.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(name: &str, permissions: &[(&str, &str)]) -> RoleForm {
        let permissions = permissions.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        RoleForm { name: name.to_owned(), description: String::new(), permissions }
    }

    #[test]
    fn keys_are_made_of_names() {
        let key = |name: &str| form(name, &[]).parse().unwrap().key();
        assert_eq!(key("Team lead, EMEA"), "team_lead_emea");
        assert_eq!(key("  2nd   line "), "nd_line");
        assert_eq!(key("New"), "new_role");
        assert!(key("Продажи").starts_with("role_"));
        assert_eq!(key(&"a".repeat(100)).len(), 45);
    }

    #[test]
    fn what_needs_something_brings_it_along() {
        let parsed = form("x", &[("users.manage", "all"), ("records.edit", "all"), ("records.view", "own")]).parse().unwrap();
        assert!(parsed.permissions.has(Permission::UsersView));
        assert_eq!(parsed.permissions.scope(Permission::RecordsView), Some(Scope::All));
    }

    #[test]
    fn nonsense_is_refused() {
        for (name, value) in [("company.own", "all"), ("rockets.launch", "all"), ("users.view", "own"), ("users.view", "deny")] {
            assert!(form("x", &[(name, value)]).parse().is_err(), "{name}={value}");
        }
        assert!(form("   ", &[]).parse().is_err());
        assert!(form(&"x".repeat(101), &[]).parse().is_err());
        assert!(form("x", &[("users.view", "")]).parse().is_ok());
    }
}
