//! What is typed into the form of a relation, and what it says.

use super::{definition::NAME_MAX, key_is_valid};
use crate::{AppError, Code, FieldErrors, person::name_parse};

/// What is typed into the form of a relation.
#[derive(Clone, Debug, Default)]
pub struct RelationForm {
    /// The label of the field here.
    pub label: String,
    /// The key of the pipeline that it leads to.
    pub other: String,
    /// The label of the field there.
    pub inverse_label: String,
    /// Whether a record here has `one` there or `several`.
    pub has: String,
    /// Whether a record there has `one` here or `several`.
    pub inverse_has: String,
}

/// What a relation is to be.
#[derive(Clone, Debug)]
pub struct RelationCommand {
    /// The label of the field here.
    pub label: String,
    /// The key of the pipeline that it leads to.
    pub other: String,
    /// The label of the field there.
    pub inverse_label: String,
    /// Whether a record here has one there at most.
    pub is_one: bool,
    /// Whether a record there has one here at most.
    pub is_inverse_one: bool,
}

impl RelationForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields of the form.
    pub fn parse(&self) -> Result<RelationCommand, AppError> {
        let mut errors = FieldErrors::default();
        let label = errors.check("label", name_parse(&self.label, NAME_MAX));
        let other = key_is_valid(&self.other).then(|| self.other.clone()).ok_or("Choose a pipeline from the list");
        let other = errors.check_as(Code::FieldUnknownChoice, "other", other);
        let inverse_label = errors.check("inverse_label", name_parse(&self.inverse_label, NAME_MAX));
        let mut one = |input: &str, typed: &str| {
            let read = match typed {
                "one" => Ok(true),
                "several" => Ok(false),
                _ => Err("Choose one or several"),
            };
            errors.check_as(Code::FieldUnknownChoice, input, read).unwrap_or_default()
        };
        let (is_one, is_inverse_one) = (one("has", &self.has), one("inverse_has", &self.inverse_has));
        errors.into_result()?;
        Ok(RelationCommand {
            label: label.unwrap_or_default(),
            other: other.unwrap_or_default(),
            inverse_label: inverse_label.unwrap_or_default(),
            is_one,
            is_inverse_one,
        })
    }
}
