//! What is wrong with single fields of a form or a command.

use super::{AppError, Code};
use serde::{Deserialize, Serialize};

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name; empty means the form as a whole.
    pub field: String,
    /// Why, for programs.
    pub code: Code,
    /// Why, for people.
    pub message: String,
    /// The page on which it can be mended, if that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
}

/// Why a value was not taken.
pub trait FieldReason: std::fmt::Display {
    /// The code of the reason; the sentence is how it displays.
    fn code(&self) -> Code {
        Code::FieldInvalid
    }
}

impl FieldReason for &str {}
impl FieldReason for String {}

/// What is wrong with the fields of a form, in the order of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    /// One error of one field.
    #[must_use]
    pub fn one(code: Code, field: &str, message: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.push(code, field, message);
        errors
    }

    /// Notes an error of a field.
    pub fn push(&mut self, code: Code, field: &str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), code, message: message.into(), href: None });
    }

    /// The same errors, of which the last one leads to a page on which it can be mended.
    #[must_use]
    pub fn leading_to(mut self, href: impl Into<String>) -> Self {
        if let Some(last) = self.0.last_mut() {
            last.href = Some(href.into());
        }
        self
    }

    /// Keeps the value of a field that was read, or notes why it was not and gives `None`.
    pub fn check<T, E: FieldReason>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|reason| self.push(reason.code(), field, reason.to_string())).ok()
    }

    /// Like [`check`](Self::check), under that code whatever the reason says of itself.
    pub fn check_as<T>(&mut self, code: Code, field: &str, result: Result<T, impl std::fmt::Display>) -> Option<T> {
        result.map_err(|reason| self.push(code, field, reason.to_string())).ok()
    }

    /// The message beside `field`, if any.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }

    /// All messages as one text.
    #[must_use]
    pub fn sentences(&self) -> String {
        self.0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The error to give up with once all fields were read.
    ///
    /// # Errors
    /// [`AppError::Validation`] with everything noted.
    pub fn into_result(self) -> Result<(), AppError> {
        if self.0.is_empty() { Ok(()) } else { Err(AppError::Validation(self)) }
    }
}
