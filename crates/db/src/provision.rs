//! A tenant's schema and role: made and dropped inside the caller's transaction.

use crate::{DbResult, PlatformConn, conn::TenantRef, grants, migrate};
use diesel_async::SimpleAsyncConnection;

/// The statements that make a schema of a company with its tables, and give a role its rights there.
fn schema_batch(schema: &str, role: &str) -> String {
    format!(
        "CREATE SCHEMA \"{schema}\";\n\
         GRANT USAGE ON SCHEMA \"{schema}\" TO \"{role}\";\n\
         SET LOCAL search_path TO \"{schema}\";\n\
         {}\n{}\
         SET LOCAL search_path TO '';",
        migrate::tenant_batch(),
        grants::tenant_sql(role),
    )
}

/// Creates role, schema, tables and rights in one batch. Nothing of it stays unless the transaction commits.
///
/// # Errors
/// When schema or role exist already or a migration fails.
pub async fn schema_create(conn: &mut PlatformConn, tenant: &TenantRef) -> DbResult<()> {
    let batch = format!("SELECT oneo_roles.tenant_role_create({});\n{}", tenant.id, schema_batch(tenant.schema(), tenant.role()));
    Ok(conn.raw().batch_execute(&batch).await?)
}

/// Makes a schema to compare others with, in a transaction that is not to be committed; the rights go to `role`.
pub(crate) async fn schema_reference(conn: &mut PlatformConn, schema: &str, role: &str) -> DbResult<()> {
    // Every schema of the server is looked at behind it.
    let batch = format!("SET LOCAL statement_timeout = '10min';\n{}", schema_batch(schema, role));
    Ok(conn.raw().batch_execute(&batch).await?)
}

/// Drops schema and role, with everything in them.
///
/// # Errors
/// Those of the statements.
pub async fn schema_drop(conn: &mut PlatformConn, tenant: &TenantRef) -> DbResult<()> {
    let batch = format!("DROP SCHEMA \"{}\" CASCADE;\nSELECT oneo_roles.tenant_role_drop({});", tenant.schema(), tenant.id);
    Ok(conn.raw().batch_execute(&batch).await?)
}

/// Keeps the schema as `kept_<id>`, which no role but the owner can read, and drops the tenant's role.
///
/// # Errors
/// Those of the statements.
pub async fn schema_keep(conn: &mut PlatformConn, tenant: &TenantRef) -> DbResult<()> {
    let (id, schema, role) = (tenant.id, tenant.schema(), tenant.role());
    let batch = format!(
        "REVOKE ALL ON ALL TABLES IN SCHEMA \"{schema}\" FROM \"{role}\";\n\
         REVOKE ALL ON SCHEMA \"{schema}\" FROM \"{role}\";\n\
         ALTER SCHEMA \"{schema}\" RENAME TO kept_{id};\n\
         SELECT oneo_roles.tenant_role_drop({id});"
    );
    Ok(conn.raw().batch_execute(&batch).await?)
}

/// Sets the most active users a tenant may have; its own role cannot.
///
/// # Errors
/// Those of the statements.
pub async fn quota_set(conn: &mut PlatformConn, tenant: &TenantRef, max_users: i32) -> DbResult<()> {
    let batch = format!("UPDATE \"{}\".quota SET max_users = {max_users};", tenant.schema());
    Ok(conn.raw().batch_execute(&batch).await?)
}
