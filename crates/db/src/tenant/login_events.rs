//! Who signed in, or tried to.

use crate::{DbResult, TenantConn, error::one_row, schema_tenant::login_events};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// A sign-in, or a try.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = login_events)]
pub struct LoginEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// Who, if such a user exists.
    pub user_id: Option<i64>,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// Why not.
    pub reason: &'static str,
    /// From which address.
    pub ip: Option<String>,
    /// With which browser.
    pub user_agent: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
}

/// Notes a sign-in.
///
/// # Errors
/// Those of the statement.
pub async fn login_event_insert(conn: &mut TenantConn, event: &LoginEvent) -> DbResult<()> {
    one_row(diesel::insert_into(login_events::table).values(event).execute(conn.raw()).await?)
}
