//! What leads to a pipeline.

use serde::{Deserialize, Serialize};

/// What leads to a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineHead {
    /// How addresses name it.
    pub key: String,
    /// What many of its records are called.
    pub name: String,
    /// What one of its records is called.
    pub name_one: String,
    /// The name of its icon.
    pub icon: String,
}

impl PipelineHead {
    /// The path of its list.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/p/{}", self.key)
    }
}
