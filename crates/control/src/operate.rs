//! The operator at a terminal, inside of a tenant.

use db::platform::tenants;
use domain::{AppError, operation};
use kernel::{
    RequestCx, Result, Site,
    audit::{Object, entry},
    settings::settings_of,
    sites::site_of_tenant,
};
use std::sync::Arc;

/// The operator at a terminal, acting in the tenant of that slug. The platform's log notes it, with its reason.
///
/// # Errors
/// [`AppError::NotFound`] for a company that is not there or has no schema.
pub async fn operator_in(cx: &RequestCx, slug: &str, name: &str, what: &str) -> Result<RequestCx> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_OPERATE).await?;
    let found = async {
        let found = tenants::tenant_find(&mut tx.conn, slug).await?;
        let (tenant, _) = found.filter(|(tenant, _)| tenant.has_schema).ok_or(AppError::NotFound)?;
        let object = Object::new("tenant", tenant.id, tenant.name.as_str());
        let line = entry(cx, &tx.actor, "tenant.operate", object, serde_json::json!({ "command": what }));
        tx.conn.audit(Some(tenant.id), line);
        Ok(tenant.id)
    }
    .await;
    let id = tx.finish(found).await?;
    let site = Site::Tenant(site_of_tenant(&cx.services, id).await?.ok_or(AppError::NotFound)?);
    let settings = settings_of(&cx.services, &site).await?;
    Ok(RequestCx::operator_in(Arc::clone(&cx.services), site, settings, name))
}
