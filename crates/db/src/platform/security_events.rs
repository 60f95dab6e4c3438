//! Failed and refused attempts of nobody in particular.

use crate::{DbResult, PlatformConn, error::one_row, schema_platform::security_events};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// An attempt that was refused.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = security_events)]
pub struct SecurityEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// The tenant on whose site it was tried.
    pub tenant_id: Option<i64>,
    /// What was tried, such as `login.failed`.
    pub kind: &'static str,
    /// What else is known of it; never a secret.
    pub detail: serde_json::Value,
    /// From which address.
    pub ip: Option<String>,
    /// With which browser.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
}

/// Notes an attempt.
///
/// # Errors
/// Those of the statement.
pub async fn security_event_insert(conn: &mut PlatformConn, event: &SecurityEvent) -> DbResult<()> {
    one_row(diesel::insert_into(security_events::table).values(event).execute(conn.raw()).await?)
}

/// Removes attempts from before `before`.
///
/// # Errors
/// Those of the statement.
pub async fn security_event_prune(conn: &mut PlatformConn, before: DateTime<Utc>) -> DbResult<()> {
    diesel::delete(security_events::table.filter(security_events::at.lt(before))).execute(conn.raw()).await?;
    Ok(())
}
