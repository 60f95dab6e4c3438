//! What is typed into the form of a user.

use crate::Result;
use domain::{AppError, Email, FieldErrors, PersonName, Username, typed_json};
use serde_json::Value;

/// What is typed into the form of a user.
#[derive(Clone, Debug, Default)]
pub struct UserForm {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The e-mail address.
    pub email: String,
    /// The user name; empty means one made of the address.
    pub username: String,
    /// The key of the primary role.
    pub user_type: String,
    /// What is kept besides, as JSON; none leaves it as it is.
    pub metadata: Option<String>,
    /// How a new user gets the first link: `mail`, or anything else for one to be handed over.
    pub invite: String,
}

/// The form once every field was read.
pub(super) struct Parsed {
    pub first_name: PersonName,
    pub last_name: PersonName,
    pub email: Email,
    pub username: Option<Username>,
    pub metadata: Option<Value>,
}

impl UserForm {
    pub(super) fn parse(&self) -> Result<Parsed> {
        let mut errors = FieldErrors::default();
        let first_name = errors.check("first_name", PersonName::parse(&self.first_name));
        let last_name = errors.check("last_name", PersonName::parse(&self.last_name));
        let email = errors.check("email", Email::parse(&self.email));
        let username = if self.username.trim().is_empty() { None } else { errors.check("username", Username::parse(&self.username)) };
        let metadata = match &self.metadata {
            Some(text) => errors.check("metadata", typed_json::parse(&[], text)),
            None => None,
        };
        if self.user_type.is_empty() {
            errors.0.push(("user_type".to_owned(), "Choose a role".to_owned()));
        }
        errors.into_result()?;
        match (first_name, last_name, email) {
            (Some(first_name), Some(last_name), Some(email)) => Ok(Parsed { first_name, last_name, email, username, metadata }),
            _ => Err(AppError::Malformed.into()),
        }
    }
}
