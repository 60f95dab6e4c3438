//! Values of records as pages show them.

use serde::{Deserialize, Serialize};

/// A value as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    /// A text.
    Text(String),
    /// Several lines of text.
    Lines(String),
    /// What leads to a mailbox, a phone or a web page.
    Links(Vec<ShownLink>),
    /// One of several options.
    Option {
        /// As a person reads it.
        label: String,
        /// The name of its colour; empty for none.
        color: String,
    },
}

/// A link among the values of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownLink {
    /// Where it leads.
    pub href: String,
    /// What it says.
    pub text: String,
}

impl Shown {
    /// The value as one text.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Lines(text) => text.clone(),
            Self::Links(links) => links.iter().map(|link| link.text.as_str()).collect::<Vec<_>>().join(", "),
            Self::Option { label, .. } => label.clone(),
        }
    }
}
