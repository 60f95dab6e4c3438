//! The pages of a company's settings.

use super::RoleChoice;
use crate::{
    dto::{AuditLine, ai::AiOverview},
    list::ListPage,
    setting::Group,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A known setting of the company; what it is stands in the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingRow {
    /// Its key.
    pub key: String,
    /// What is set, as a form shows it; empty when the default counts.
    pub value: String,
    /// When it was set.
    pub set_at: Option<DateTime<Utc>>,
}

/// The pages `/settings` and `/settings/security`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsPage {
    /// The settings of the group, in the order of the registry.
    pub rows: Vec<SettingRow>,
    /// All roles.
    pub roles: Vec<RoleChoice>,
    /// The hash of the logo.
    pub logo: Option<String>,
    /// Whom a change would hit; of the security settings only.
    pub reach: Option<SettingReach>,
}

/// Whom a change of the security settings hits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingReach {
    /// Active users.
    pub users: i64,
    /// Those of them without a second factor.
    pub without_factor: i64,
    /// The same by each role they hold: its key, and how many.
    pub without_factor_by_role: Vec<(String, i64)>,
    /// Open sessions.
    pub sessions: u64,
}

/// A setting of the company's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreeSetting {
    /// Its key.
    pub setting_key: String,
    /// Its value, as JSON.
    pub setting_value: String,
    /// Whether it may be read before sign-in.
    pub is_public: bool,
    /// When it was set last.
    pub updated_at: DateTime<Utc>,
    /// Its version.
    pub version: i64,
}

/// The page `/settings/custom`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreeSettingsPage {
    /// All of them, by key.
    pub rows: Vec<FreeSetting>,
}

/// The page `/settings/history`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingHistoryPage {
    /// The key.
    pub key: String,
    /// As a person reads it.
    pub label: String,
    /// Where it stands; none for a free one.
    pub group: Option<Group>,
    /// Its changes.
    pub page: ListPage<AuditLine>,
}

/// The page `/settings/ai`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyAiPage {
    /// The version of the company that a change is based on.
    pub version: i64,
    /// Whether the company's plan has AI at all.
    pub in_plan: bool,
    /// What is configured, and what was spent.
    pub ai: AiOverview,
}
