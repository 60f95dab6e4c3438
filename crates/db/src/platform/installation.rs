//! Which installation this database is.

use crate::{DbResult, PlatformConn};
use diesel::sql_types::{Bool, Integer, Text};
use diesel_async::RunQueryDsl;

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Bool)]
    superuser: bool,
}

/// The installation's eight characters, the server's version number, and whether this role is a superuser.
///
/// # Errors
/// [`DbError::Broken`](crate::DbError::Broken) when the platform's migrations have not run.
pub async fn installation_get(conn: &mut PlatformConn) -> DbResult<(String, i32, bool)> {
    const SQL: &str = "SELECT id, current_setting('server_version_num')::integer AS version, \
        (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser FROM oneo_roles.installation";
    let row: Row = diesel::sql_query(SQL).get_result(conn.raw()).await?;
    Ok((row.id, row.version, row.superuser))
}
