//! Relations: records of two pipelines, or of one, that belong together. Each relation is a field at both ends.

use super::PipelineHead;
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
