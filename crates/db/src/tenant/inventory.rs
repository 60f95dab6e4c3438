//! How much of everything there is.

use crate::{DbResult, TenantConn, grants};
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The rows of each of the tenant's tables, counted one by one.
///
/// # Errors
/// Those of the statement.
pub async fn table_counts(conn: &mut TenantConn) -> DbResult<Vec<(String, i64)>> {
    let parts = grants::TENANT.iter().map(|grant| format!("SELECT '{0}' AS name, count(*) AS count FROM {0}", grant.table));
    let sql = parts.collect::<Vec<_>>().join(" UNION ALL ");
    let rows: Vec<Row> = diesel::sql_query(sql).load(conn.raw()).await?;
    Ok(rows.into_iter().map(|row| (row.name, row.count)).collect())
}
