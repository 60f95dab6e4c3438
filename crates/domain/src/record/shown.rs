//! Values of records as pages show them.

use serde::{Deserialize, Serialize};

/// A value as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    /// A text.
    Text(String),
    /// A number, in one line.
    Number(String),
    /// Several lines of text.
    Lines(String),
    /// What leads to a mailbox, a phone or a web page.
    Links(Vec<ShownLink>),
    /// Chosen options.
    Options(Vec<ShownOption>),
    /// So many stars of so many.
    Rating(u8, u8),
}

/// A chosen option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownOption {
    /// As a person reads it.
    pub label: String,
    /// The name of its colour; empty for none.
    pub color: String,
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
            Self::Text(text) | Self::Number(text) | Self::Lines(text) => text.clone(),
            Self::Links(links) => links.iter().map(|link| link.text.as_str()).collect::<Vec<_>>().join(", "),
            Self::Options(options) => options.iter().map(|option| option.label.as_str()).collect::<Vec<_>>().join(", "),
            Self::Rating(stars, most) => format!("{stars} of {most}"),
        }
    }
}
