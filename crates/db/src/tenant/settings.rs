//! Settings of a company, as stored.

use crate::{DbResult, TenantConn, schema_tenant::tenant_settings};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// All settings: key, value, whether they may be read before sign-in.
///
/// # Errors
/// Those of the statement.
pub async fn setting_list(conn: &mut TenantConn) -> DbResult<Vec<(String, serde_json::Value, bool)>> {
    Ok(tenant_settings::table
        .select((tenant_settings::setting_key, tenant_settings::setting_value, tenant_settings::is_public))
        .order_by(tenant_settings::setting_key)
        .load(conn.raw())
        .await?)
}
