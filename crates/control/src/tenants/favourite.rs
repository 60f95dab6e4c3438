//! The tenants that an admin comes back to.

use db::platform::{favourites::favourite_set, tenants};
use domain::{AppError, dto::platform::TenantRow, operation};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
};
use serde_json::json;

/// Marks a tenant as a favourite of the caller, or no longer.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Forbidden`] for an operator at a terminal, who has no favourites.
pub async fn tenant_favourite_set(cx: &RequestCx, slug: &str, is_favourite: bool) -> Result<TenantRow> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_FAVOURITE_SET).await?;
    let done = async {
        let admin = tx.admin().ok_or(AppError::Forbidden)?;
        let (row, _) = tenants::tenant_find(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        if favourite_set(&mut tx.conn, admin, row.id, is_favourite).await? {
            let action = if is_favourite { "favourite.create" } else { "favourite.delete" };
            let line = entry(cx, &tx.actor, action, Object::new("tenant", row.id, row.name.clone()), json!({}));
            tx.conn.audit(Some(row.id), line);
        }
        Ok(row)
    }
    .await;
    tx.finish(done).await
}
