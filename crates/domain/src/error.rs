//! The errors that reach a person: a closed list without causes. Causes go to the log. Each has a stable code for programs, a
//! sentence for people and, where there is one, the field it is about.

mod code;
mod field;
mod problem;

pub use code::Code;
pub use field::{FieldError, FieldErrors, FieldReason};
pub use problem::Problem;

use serde::{Deserialize, Serialize};

/// What went wrong, as far as the person asking may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(into = "Problem", from = "Problem")]
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
    /// Needs a reauthentication; status 403.
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
    /// A list takes too long to read; status 503. Asked for less, it is read in time.
    #[error("this list takes too long to read: narrow it, or sort it by another column")]
    TooSlow,
    /// No space is left where data is kept; status 507 (RFC 4918, 11.5).
    #[error("no space is left on the server")]
    NoSpace,
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
            Self::Unavailable { .. } | Self::TooSlow => 503,
            Self::NoSpace => 507,
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

    /// The code of the error; where several fields are wrong for several reasons, that of all of them together.
    #[must_use]
    pub fn code(&self) -> Code {
        let of = |errors: &FieldErrors, mixed: Code| match errors.0.as_slice() {
            [first, rest @ ..] if rest.iter().all(|error| error.code == first.code) => first.code,
            _ => mixed,
        };
        match self {
            Self::Validation(errors) => of(errors, Code::Invalid),
            Self::Conflict(errors) => of(errors, Code::Conflict),
            Self::NotFound => Code::NotFound,
            Self::Forbidden => Code::Forbidden,
            Self::RateLimited { .. } => Code::RateLimited,
            Self::ReauthRequired => Code::ReauthenticationRequired,
            Self::FactorRequired => Code::SecondFactorRequired,
            Self::PasswordRequired => Code::PasswordChangeRequired,
            Self::Unauthenticated => Code::Unauthenticated,
            Self::Malformed => Code::Malformed,
            Self::Unavailable { .. } => Code::Unavailable,
            Self::TooSlow => Code::ListTooSlow,
            Self::NoSpace => Code::NoSpace,
            Self::Internal { .. } => Code::Internal,
        }
    }

    /// What is said beside the fields; empty for errors about none.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        match self {
            Self::Validation(errors) | Self::Conflict(errors) => &errors.0,
            _ => &[],
        }
    }

    /// A validation error of one field.
    #[must_use]
    pub fn field(code: Code, field: &str, message: impl Into<String>) -> Self {
        Self::Validation(FieldErrors::one(code, field, message))
    }

    /// A conflict that one field caused.
    #[must_use]
    pub fn conflict(code: Code, field: &str, message: impl Into<String>) -> Self {
        Self::Conflict(FieldErrors::one(code, field, message))
    }
}
