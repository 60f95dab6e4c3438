//! AI of a company: whose service it uses, and how much of its month is used up.

use serde::{Deserialize, Serialize};

/// Shares of the limit, in per cent, at which the platform is notified.
pub const ALERTS: [i64; 2] = [80, 100];
/// The most characters of a model's name.
pub const MODEL_MAX: usize = 120;
/// The most characters of a key; those of today have at most about 200.
pub const KEY_MAX: usize = 512;

/// Whose service it is, and so which protocol it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AiProvider {
    /// OpenAI: `POST /chat/completions` with a bearer token.
    Openai,
    /// Anthropic: `POST /v1/messages` with `x-api-key`.
    Anthropic,
    /// Whatever speaks OpenAI's protocol, at an address of its own.
    OpenaiCompatible,
}

impl AiProvider {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Openai, Self::Anthropic, Self::OpenaiCompatible];

    /// As stored and posted.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::OpenaiCompatible => "openai-compatible",
        }
    }

    /// The provider stored as `text`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text)
    }

    /// As a person reads it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Openai => "OpenAI",
            Self::Anthropic => "Anthropic",
            Self::OpenaiCompatible => "OpenAI-compatible",
        }
    }

    /// Where its service is, unless told otherwise.
    #[must_use]
    pub const fn base_url(self) -> Option<&'static str> {
        match self {
            Self::Openai => Some("https://api.openai.com/v1"),
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::OpenaiCompatible => None,
        }
    }
}
