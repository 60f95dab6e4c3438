//! The AI of a company, as both sites show it.

use crate::{Money, ai::AiProvider};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// A configuration as a page may show it: the key's end alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AiConfigView {
    /// Whose service it is.
    pub provider: AiProvider,
    /// The model.
    pub model: String,
    /// Its address, where that is not the provider's own.
    pub base_url: String,
    /// The last four characters of the key; none when it has no more than those.
    pub key_end: String,
}

/// What is stored of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AiConfigState {
    /// Nothing.
    None,
    /// A configuration.
    Some(AiConfigView),
    /// Something that cannot be opened: made with a key that is gone, or for another company.
    Unreadable,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AiUsageRow {
    /// When.
    pub at: DateTime<Utc>,
    /// What for.
    pub what: String,
    /// The model used.
    pub model: String,
    /// Tokens sent.
    pub tokens_in: i64,
    /// Tokens received.
    pub tokens_out: i64,
    /// What it cost.
    pub cost: Money,
    /// By whom.
    pub by: String,
}

/// What a company spent and may spend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AiSpending {
    /// Whether it may use AI at all.
    pub enabled: bool,
    /// Spent since [`since`](Self::since).
    pub used: Money,
    /// The most it may spend in a month.
    pub limit: Money,
    /// When this month of spending began.
    pub since: NaiveDate,
    /// When the next one begins.
    pub until: NaiveDate,
}

/// What is configured, and what was spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AiOverview {
    /// What is configured.
    pub config: AiConfigState,
    /// What was spent.
    pub spending: AiSpending,
    /// The newest lines of the ledger.
    pub ledger: Vec<AiUsageRow>,
    /// What was spent on each of the last 30 days, oldest first.
    pub days: Vec<(NaiveDate, Money)>,
}
