//! The AI of a company, on the platform.

use super::TenantHead;
use crate::dto::ai::AiOverview;
use serde::{Deserialize, Serialize};

/// The page `/tenants/{slug}/ai`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantAiPage {
    /// The tenant.
    pub head: TenantHead,
    /// What is configured, and what was spent.
    pub ai: AiOverview,
}
