//! Verifies that tenants are kept apart: schemas, roles, rights, counters, keys, and logs that nobody changed.

use crate::audit::audit_verify;
use db::{
    DbError,
    isolation::{Registered, catalog_verify, counters_verify, registered},
    platform::{
        settings::{setting_get, setting_set},
        tenants::tenant_list_all,
    },
};
use domain::{SiteKey, TenantId, dto::platform::Verified, operation};
use kernel::{Error, RequestCx, Result, Services};
use std::sync::Arc;

/// The key under which the last look is kept.
const KEPT: &str = "verified";
/// How often it is looked at by itself, in seconds: a little less than a day, so that it stays at its hour.
const EVERY_SECONDS: u32 = 23 * 3600;
/// Looks, until no company came or went meanwhile.
const TRIES: usize = 3;
/// Findings that are kept; all of them are in the log.
const FINDINGS_MAX: usize = 20;

/// Looks at everything that keeps companies apart.
///
/// # Errors
/// [`AppError::Unauthenticated`](domain::AppError::Unauthenticated) without an operator; when a service does not answer.
pub async fn isolation_verify(cx: &RequestCx) -> Result<Verified> {
    let mut last = None;
    for _ in 0..TRIES {
        let (before, _) = registry(cx).await?;
        let findings = findings(cx, &before).await?;
        let (after, _) = registry(cx).await?;
        let same = before.iter().map(|company| company.tenant.id).eq(after.iter().map(|company| company.tenant.id));
        last = Some((before.len(), findings));
        // Tenants that are created or purged meanwhile are half there.
        if same {
            break;
        }
    }
    let (companies, findings) = last.unwrap_or_default();
    Ok(Verified { at: cx.services.now(), companies, lines: None, findings })
}

/// The companies with a schema, and the ids of all.
async fn registry(cx: &RequestCx) -> Result<(Vec<Registered>, Vec<TenantId>)> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_VERIFY).await?;
    let read = async {
        let all = tenant_list_all(&mut tx.conn).await?.iter().map(|row| row.id).collect();
        Ok((registered(&mut tx.conn).await?, all))
    }
    .await;
    tx.finish(read).await
}

async fn findings(cx: &RequestCx, companies: &[Registered]) -> Result<Vec<String>> {
    let services = &cx.services;
    let mut findings = if services.db.has_owner() {
        catalog_verify(&services.db, companies).await?
    } else {
        vec!["schemas, roles and rights were not compared: DATABASE_OWNER_URL is not set".to_owned()]
    };
    for company in companies.iter().filter(|company| company.is_current) {
        match counters_verify(&services.db, company).await {
            Ok(found) => findings.extend(found),
            Err(error @ (DbError::Unavailable(_) | DbError::Retry(_) | DbError::TimedOut | DbError::NoSpace(_))) => {
                return Err(error.into());
            }
            Err(error) => findings.push(format!("{}: its rows cannot be read: {error}", company.slug)),
        }
    }
    let (_, all) = registry(cx).await?;
    let sites = all.into_iter().map(SiteKey::Tenant).chain([SiteKey::Platform]).collect();
    let orphaned = services.redis.keys_orphaned(&sites).await?;
    findings.extend(orphaned.into_iter().map(|key| format!("key {key} belongs to no company")));
    Ok(findings)
}

/// The same, and the audit logs.
///
/// # Errors
/// As [`isolation_verify`].
pub async fn all_verify(cx: &RequestCx) -> Result<Verified> {
    let mut verified = isolation_verify(cx).await?;
    let mut lines = 0;
    for log in audit_verify(cx, None).await? {
        lines += log.verified.lines;
        if let Some((line, why)) = log.verified.broken {
            verified.findings.push(format!("audit log of {}: broken at line {line}: {why}", log.log));
        }
    }
    verified.lines = Some(lines);
    Ok(verified)
}

/// Looks once a day, by one process of all, and keeps what was found for the console.
///
/// # Errors
/// When a service does not answer.
pub async fn daily(services: &Arc<Services>) -> Result<()> {
    if services.redis.window_count(SiteKey::Platform, "verify", 1, EVERY_SECONDS).await?.is_some() {
        return Ok(());
    }
    let cx = RequestCx::system(Arc::clone(services), "verify");
    let verified = match all_verify(&cx).await {
        Ok(verified) => verified,
        Err(error) => {
            // Once more with the next look, not tomorrow.
            if let Err(error) = services.redis.window_forget(SiteKey::Platform, "verify").await {
                tracing::warn!(%error, "tenant isolation is verified tomorrow only");
            }
            return Err(error);
        }
    };
    for finding in &verified.findings {
        tracing::error!(finding, "companies are not kept apart as they should be");
    }
    keep(&cx, verified).await
}

/// Keeps what was found for the console.
///
/// # Errors
/// When the database does not answer.
pub async fn keep(cx: &RequestCx, verified: Verified) -> Result<()> {
    let Verified { at, companies, lines, mut findings } = verified;
    findings.truncate(FINDINGS_MAX);
    let value = serde_json::to_value(Verified { at, companies, lines, findings }).map_err(|error| Error::Fault(error.to_string()))?;
    let mut tx = cx.platform_begin(&operation::platform::TENANT_VERIFY).await?;
    let kept = setting_set(&mut tx.conn, KEPT, &value, at).await.map_err(Error::from);
    tx.finish(kept).await
}

/// What was found when it was last looked at.
pub(crate) async fn last(conn: &mut db::PlatformConn) -> Result<Option<Verified>> {
    let kept = setting_get(conn, KEPT).await?;
    Ok(kept.and_then(|value| serde_json::from_value(value).ok()))
}
