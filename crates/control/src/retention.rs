//! What is kept for how long. A daily run, by one process of all, removes what is older.

use chrono::TimeDelta;
use db::{
    TenantRef,
    platform::{jobs::job_delete_ended, security_events::security_event_prune, tenants::tenant_list_all},
    tenant::retention::{checkpoint_delete_drafts, event_delete_before, login_event_delete_before},
};
use domain::SiteKey;
use kernel::{Result, Services};
use std::sync::Arc;

/// How often what is too old is removed.
const EVERY_SECONDS: u32 = 24 * 3600;
/// Sign-ins and attempts of a tenant's users: long enough to look into an incident that was found late.
const LOGIN_EVENTS: TimeDelta = TimeDelta::days(180);
/// Events: every consumer has its cursor, and one that is older starts anew.
const EVENTS: TimeDelta = TimeDelta::days(7);
/// Uploaded lists that never became an import; the file itself is gone by then.
const DRAFTS: TimeDelta = TimeDelta::days(8);
/// Jobs and what they said, once what they did to each row is forgotten (`jobs::company_prune`).
const JOBS: TimeDelta = TimeDelta::days(97);
/// Refusals of nobody in particular (security.md, `platform.security_events`).
const SECURITY_EVENTS: TimeDelta = TimeDelta::days(90);
/// Rows removed in one transaction, so that nobody waits for it.
const BATCH: i64 = 5000;

/// Removes what is too old, unless a process has done so today.
///
/// # Errors
/// When a service does not answer.
pub async fn daily(services: &Arc<Services>) -> Result<()> {
    if services.redis.window_count(SiteKey::Platform, "retention", 1, EVERY_SECONDS).await?.is_some() {
        return Ok(());
    }
    let done = retention_run(services).await;
    if done.is_err() {
        // Once more with the next look, not tomorrow.
        services.redis.window_forget(SiteKey::Platform, "retention").await?;
    }
    done
}

/// Removes what is too old, now.
///
/// # Errors
/// When the database does not answer.
pub async fn retention_run(services: &Services) -> Result<()> {
    let now = services.now();
    loop {
        let mut conn = services.db.platform().await?;
        let gone = async {
            security_event_prune(&mut conn, now - SECURITY_EVENTS).await?;
            job_delete_ended(&mut conn, now - JOBS, BATCH).await
        }
        .await;
        if conn.finish(gone).await? < BATCH {
            break;
        }
    }
    let mut conn = services.db.platform().await?;
    let tenants = tenant_list_all(&mut conn).await;
    for tenant in conn.finish(tenants).await?.into_iter().filter(|tenant| tenant.has_schema) {
        let tenant = services.db.tenant_ref(tenant.id, &tenant.schema_name);
        // One tenant that is out of order keeps no other's old rows.
        if let Err(error) = tenant_run(services, &tenant).await {
            tracing::warn!(%error, tenant = %tenant.id, "old rows of a tenant were not removed");
        }
    }
    Ok(())
}

async fn tenant_run(services: &Services, tenant: &TenantRef) -> Result<()> {
    let now = services.now();
    records::slots_strip(services, tenant).await?;
    records::indexes_advise(services, tenant).await?;
    loop {
        let mut conn = services.db.tenant(tenant).await?;
        let gone = async {
            let logins = login_event_delete_before(&mut conn, now - LOGIN_EVENTS, BATCH).await?;
            let events = event_delete_before(&mut conn, now - EVENTS, BATCH).await?;
            let drafts = checkpoint_delete_drafts(&mut conn, now - DRAFTS, BATCH).await?;
            Ok::<_, db::DbError>(logins.max(events).max(drafts))
        }
        .await;
        if conn.finish(gone).await? < BATCH {
            return Ok(());
        }
    }
}
