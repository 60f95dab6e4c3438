//! A tenant's schema and role: made and dropped inside the caller's transaction.

use crate::{DbResult, PlatformConn, conn::TenantRef, grants, migrate};
use diesel_async::SimpleAsyncConnection;

/// Creates role, schema, tables and rights in one batch. Nothing of it stays unless the transaction commits.
///
/// # Errors
/// When schema or role exist already or a migration fails.
pub async fn schema_create(conn: &mut PlatformConn, tenant: &TenantRef) -> DbResult<()> {
    let (id, schema, role) = (tenant.id, tenant.schema(), tenant.role());
    let batch = format!(
        "SELECT oneo_roles.tenant_role_create({id});\n\
         CREATE SCHEMA \"{schema}\";\n\
         GRANT USAGE ON SCHEMA \"{schema}\" TO \"{role}\";\n\
         SET LOCAL search_path TO \"{schema}\";\n\
         {}\n{}\
         SET LOCAL search_path TO '';",
        migrate::tenant_batch(),
        grants::tenant_sql(role),
    );
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
