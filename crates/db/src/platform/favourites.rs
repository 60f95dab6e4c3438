//! The tenants that platform admins marked as favourites.

use crate::{DbResult, PlatformConn, schema_platform::favourites};
use diesel::{dsl::exists, prelude::*};
use diesel_async::RunQueryDsl;
use domain::{AdminId, TenantId};

/// Whether an admin marked a tenant.
///
/// # Errors
/// Those of the statement.
pub async fn favourite_is_set(conn: &mut PlatformConn, admin: AdminId, tenant: TenantId) -> DbResult<bool> {
    Ok(diesel::select(exists(favourites::table.find((admin.0, tenant.0)))).get_result(conn.raw()).await?)
}

/// Marks a tenant, or no longer. Gives whether that changed anything.
///
/// # Errors
/// Those of the statement.
pub async fn favourite_set(conn: &mut PlatformConn, admin: AdminId, tenant: TenantId, is_favourite: bool) -> DbResult<bool> {
    let changed = if is_favourite {
        let row = (favourites::admin_id.eq(admin.0), favourites::tenant_id.eq(tenant.0));
        diesel::insert_into(favourites::table).values(row).on_conflict_do_nothing().execute(conn.raw()).await?
    } else {
        diesel::delete(favourites::table.find((admin.0, tenant.0))).execute(conn.raw()).await?
    };
    Ok(changed > 0)
}
