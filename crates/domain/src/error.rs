//! The errors that reach a person: a closed list without causes. Causes go to the log.

use serde::{Deserialize, Serialize};

/// What went wrong, as far as the person asking may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    /// Some fields need attention; status 422.
    #[error("some fields need attention")]
    Validation(FieldErrors),
    /// Not found, or not to be known of; status 404.
    #[error("not found")]
    NotFound,
    /// Known, but not allowed; status 403.
    #[error("not allowed")]
    Forbidden,
    /// Clashes with what is there; status 409.
    #[error("clashes with what is there")]
    Conflict(FieldErrors),
    /// Too many tries; status 429.
    #[error("too many tries")]
    RateLimited {
        /// Seconds until the next try counts.
        retry_after: u32,
    },
    /// Needs a fresh proof of who asks; status 403.
    #[error("sign in again to go on")]
    ReauthRequired,
    /// A second factor must be set up before anything else; status 403.
    #[error("set up a second factor to go on")]
    FactorRequired,
    /// A new password must be set before anything else; status 403.
    #[error("set a new password to go on")]
    PasswordRequired,
    /// Nobody is signed in; status 401.
    #[error("nobody is signed in")]
    Unauthenticated,
    /// The request cannot be read; status 400.
    #[error("the request cannot be read")]
    Malformed,
    /// A service Oneo needs does not answer; status 503.
    #[error("a service does not answer")]
    Unavailable {
        /// Seconds until a retry makes sense.
        retry_after: u32,
    },
    /// A fault of Oneo; status 500.
    #[error("a fault, request {request_id}")]
    Internal {
        /// Finds the cause in the log.
        request_id: String,
    },
}

impl AppError {
    /// The HTTP status of the error (the status contract of the architecture).
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden | Self::ReauthRequired | Self::FactorRequired | Self::PasswordRequired => 403,
            Self::NotFound => 404,
            Self::Conflict(_) => 409,
            Self::Validation(_) => 422,
            Self::RateLimited { .. } => 429,
            Self::Internal { .. } => 500,
            Self::Unavailable { .. } => 503,
        }
    }

    /// Seconds for a `Retry-After` header.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::RateLimited { retry_after } | Self::Unavailable { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// A validation error of one field.
    #[must_use]
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Validation(FieldErrors::one(field, message))
    }

    /// A conflict that one field caused.
    #[must_use]
    pub fn conflict(field: &str, message: impl Into<String>) -> Self {
        Self::Conflict(FieldErrors::one(field, message))
    }
}

/// Messages beside the fields of a form, in the order of the form; an empty field name means the form as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldErrors(pub Vec<(String, String)>);

impl FieldErrors {
    /// One message beside one field.
    #[must_use]
    pub fn one(field: &str, message: impl Into<String>) -> Self {
        Self(vec![(field.to_owned(), message.into())])
    }

    /// Keeps the value of a field that was read, or notes its error and gives `None`.
    pub fn check<T, E: std::fmt::Display>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.push((field.to_owned(), error.to_string()));
                None
            }
        }
    }

    /// The message beside `field`, if any.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, message)| message.as_str())
    }

    /// The error to give up with once all fields were read.
    ///
    /// # Errors
    /// [`AppError::Validation`] with every message noted.
    pub fn into_result(self) -> Result<(), AppError> {
        if self.0.is_empty() { Ok(()) } else { Err(AppError::Validation(self)) }
    }
}
