//! What would be lost with a company.

use db::{platform::domains, tenant::inventory::table_counts};
use domain::dto::platform::{Inventory, TenantRow};
use kernel::{RequestCx, Result, settings::tenant_sessions};

/// Counts everything a company has; `None` without a schema.
pub(super) async fn inventory(cx: &RequestCx, row: &TenantRow) -> Result<Option<Inventory>> {
    let services = &cx.services;
    if !row.has_schema {
        return Ok(None);
    }
    let mut conn = services.db.platform().await?;
    let known = async {
        let domains = domains::domain_list_of(&mut conn, row.id).await?;
        let bytes = db::platform::tenants::schema_bytes(&mut conn, &row.schema_name).await?;
        Ok::<_, db::DbError>((domains, bytes))
    }
    .await;
    let (domains, bytes) = conn.finish(known).await?;
    let tenant = services.db.tenant_ref(row.id, &row.schema_name);
    let mut conn = services.db.tenant(&tenant).await?;
    let counted = table_counts(&mut conn).await;
    let tables = conn.finish(counted).await?;
    let sessions = tenant_sessions(services, &tenant).await?.count().await?;
    Ok(Some(Inventory {
        users: tables.iter().find(|(name, _)| name == "users").map_or(0, |(_, count)| *count),
        rows: tables.iter().map(|(_, count)| count).sum(),
        tables: tables.into_iter().filter(|(_, count)| *count > 0).collect(),
        bytes: bytes.unwrap_or(0),
        domains: domains.into_iter().map(|row| row.domain).collect(),
        sessions,
    }))
}
