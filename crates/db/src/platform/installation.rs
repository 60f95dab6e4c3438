//! Which installation this database is.

use crate::{DbResult, PlatformConn};
use diesel::sql_types::{Integer, Text};
use diesel_async::RunQueryDsl;

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Integer)]
    version: i32,
}

/// The installation's eight characters and the server's version number.
///
/// # Errors
/// [`DbError::Broken`](crate::DbError::Broken) when the platform's migrations have not run.
pub async fn installation_get(conn: &mut PlatformConn) -> DbResult<(String, i32)> {
    const SQL: &str = "SELECT id, current_setting('server_version_num')::integer AS version FROM platform.installation";
    let row: Row = diesel::sql_query(SQL).get_result(conn.raw()).await?;
    Ok((row.id, row.version))
}
