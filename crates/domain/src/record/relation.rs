//! Relations: records of two pipelines, or of one, that belong together. Each relation is a field at both ends.

use super::{PipelineHead, Rows, definition::NAME_MAX, key_is_valid};
use crate::{AppError, Code, FieldErrors, person::name_parse};
use serde::{Deserialize, Serialize};

/// An end of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationSide {
    /// Where a link begins.
    From,
    /// Where it leads to.
    To,
}

impl RelationSide {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::From => Self::To,
            Self::To => Self::From,
        }
    }

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
        }
    }

    /// Reads what is stored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::From, Self::To].into_iter().find(|side| side.as_str() == text)
    }
}

/// A relation as one of its two fields has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationEnd {
    /// The row of the relation.
    pub id: i64,
    /// The end at which the field is.
    pub side: RelationSide,
    /// Whether a record is linked to one other record at most.
    pub is_one: bool,
    /// Whether that is so at the other end.
    pub is_inverse_one: bool,
    /// The row of the field at the other end.
    pub inverse: i64,
    /// Its key.
    pub inverse_key: String,
    /// The row of the pipeline at the other end.
    pub pipeline: i64,
    /// What that pipeline is called.
    pub head: PipelineHead,
}

/// An end of a relation, with what a user sees at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The end.
    pub end: RelationEnd,
    /// The records at the other end that the user sees.
    pub rows: Rows,
}

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
