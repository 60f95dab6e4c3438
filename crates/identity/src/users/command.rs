//! The commands that create and change users, and how they are read from a form.

use domain::{
    AppError, Code, Email, FieldErrors, Permission, PersonName, Scope, Username,
    access::{Override, Overrides},
    role::RoleKey,
    typed_json,
};
use kernel::error::Parsed;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// How a user gets a one-time link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// By e-mail.
    Mail,
    /// The actor hands it over.
    HandOver,
}

impl Delivery {
    /// Reads what a form says: `mail`, or anything else for a link to hand over.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text == "mail" { Self::Mail } else { Self::HandOver }
    }
}

/// A user to be created.
#[derive(Clone, Debug)]
pub struct UserCreate {
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// The e-mail address.
    pub email: Email,
    /// The user name; none means one made of the address.
    pub username: Option<Username>,
    /// The primary role.
    pub role: RoleKey,
    /// How the first link reaches the user.
    pub delivery: Delivery,
}

/// What becomes of a user.
#[derive(Clone, Debug)]
pub struct UserUpdate {
    /// The version the change is based on.
    pub version: i64,
    /// What stood in the fields then.
    pub seen: HashMap<String, String>,
    /// First name.
    pub first_name: PersonName,
    /// Last name.
    pub last_name: PersonName,
    /// The e-mail address.
    pub email: Email,
    /// The user name.
    pub username: Username,
    /// The primary role.
    pub role: RoleKey,
    /// What is kept besides; none leaves it as it is.
    pub metadata: Option<Value>,
}

/// What a user may do from now on, besides what the primary role permits.
#[derive(Clone, Debug)]
pub struct UserSetAccess {
    /// The version the change is based on.
    pub version: i64,
    /// Further roles.
    pub further: BTreeSet<RoleKey>,
    /// What is granted and denied to this user alone.
    pub overrides: Overrides,
}

/// What is typed into the form of a user.
#[derive(Clone, Debug, Default)]
pub struct UserForm {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The e-mail address.
    pub email: String,
    /// The user name; empty means one made of the address, for a new user.
    pub username: String,
    /// The key of the primary role.
    pub user_type: String,
    /// What is kept besides, as JSON; none leaves it as it is.
    pub metadata: Option<String>,
    /// How a new user gets the first link: `mail`, or anything else for one to be handed over.
    pub invite: String,
}

impl UserForm {
    /// Reads the form of a new user.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields.
    pub fn create(&self) -> Parsed<UserCreate> {
        let mut errors = FieldErrors::default();
        let first_name = errors.check("first_name", PersonName::parse(&self.first_name));
        let last_name = errors.check("last_name", PersonName::parse(&self.last_name));
        let email = errors.check("email", Email::parse(&self.email));
        let username = if self.username.trim().is_empty() { None } else { errors.check("username", Username::parse(&self.username)) };
        let role = errors.check("user_type", RoleKey::parse(&self.user_type));
        errors.into_result()?;
        let delivery = Delivery::parse(&self.invite);
        match (first_name, last_name, email, role) {
            (Some(first_name), Some(last_name), Some(email), Some(role)) => {
                Ok(UserCreate { first_name, last_name, email, username, role, delivery })
            }
            _ => Err(AppError::Malformed),
        }
    }

    /// Reads the form of a user who is there; `seen` is what stood in its fields when it was filled from `version`.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields.
    pub fn update(&self, version: i64, seen: HashMap<String, String>) -> Parsed<UserUpdate> {
        let mut errors = FieldErrors::default();
        let first_name = errors.check("first_name", PersonName::parse(&self.first_name));
        let last_name = errors.check("last_name", PersonName::parse(&self.last_name));
        let email = errors.check("email", Email::parse(&self.email));
        let username = if self.username.trim().is_empty() {
            errors.push(Code::FieldRequired, "username", "This field is required");
            None
        } else {
            errors.check("username", Username::parse(&self.username))
        };
        let metadata = self.metadata.as_ref().and_then(|text| errors.check_as(Code::JsonInvalid, "metadata", typed_json::parse(&[], text)));
        let role = errors.check("user_type", RoleKey::parse(&self.user_type));
        errors.into_result()?;
        match (first_name, last_name, email, username, role) {
            (Some(first_name), Some(last_name), Some(email), Some(username), Some(role)) => {
                Ok(UserUpdate { version, seen, first_name, last_name, email, username, role, metadata })
            }
            _ => Err(AppError::Malformed),
        }
    }
}

/// What is typed into the form of what a user may do.
#[derive(Clone, Debug, Default)]
pub struct AccessForm {
    /// The keys of further roles; the values say nothing.
    pub further: HashMap<String, String>,
    /// `own`, `all`, `deny` or nothing, by the permission's name.
    pub permissions: HashMap<String, String>,
}

impl AccessForm {
    /// Reads the form, which was filled from `version`.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields.
    pub fn parse(&self, version: i64) -> Parsed<UserSetAccess> {
        let mut errors = FieldErrors::default();
        let mut overrides = Overrides::default();
        for (key, value) in &self.permissions {
            let field = format!("permissions[{key}]");
            let known = Permission::parse(key).filter(|permission| *permission != Permission::CompanyOwn);
            match (known, Override::parse(value)) {
                (Some(permission), Some(Override::Grant(Scope::Own))) if !permission.is_scoped() => {
                    errors.push(Code::PermissionUnknown, &field, "Choose yes or no");
                }
                (Some(permission), Some(decided)) => overrides.set(permission, decided),
                _ => errors.push(Code::PermissionUnknown, &field, "This permission does not exist"),
            }
        }
        let mut further = BTreeSet::new();
        for key in self.further.keys() {
            further.extend(errors.check(&format!("further[{key}]"), RoleKey::parse(key)));
        }
        errors.into_result()?;
        Ok(UserSetAccess { version, further, overrides })
    }
}
