//! Proof that companies are apart: schemas, roles, rights, counters, keys, and logs that nobody changed.

use crate::{Error, RequestCx, Result, Services, audit::audit_verify};
use db::{
    isolation::{catalog_verify, counters_verify, registered},
    platform::settings::{setting_get, setting_set},
};
use domain::{SiteKey, dto::platform::Verified};
use std::sync::Arc;

/// The key under which the last look is kept.
const KEPT: &str = "verified";
/// How often it is looked at by itself, in seconds: a little less than a day, so that it stays at its hour.
const EVERY_SECONDS: u32 = 23 * 3600;
/// Findings that are kept; all of them are in the log.
const FINDINGS_MAX: usize = 20;

/// Looks at everything that keeps companies apart.
///
/// # Errors
/// [`AppError::Unauthenticated`](domain::AppError::Unauthenticated) without an operator; when a service does not answer.
pub async fn isolation_verify(cx: &RequestCx) -> Result<Verified> {
    let services = &cx.services;
    let mut tx = cx.platform_begin().await?;
    let companies = registered(&mut tx.conn).await.map_err(Error::from);
    let companies = tx.finish(companies).await?;
    let mut findings = catalog_verify(&services.db, &companies).await?;
    for company in companies.iter().filter(|company| company.is_current) {
        match counters_verify(&services.db, company).await {
            Ok(found) => findings.extend(found),
            Err(error) => findings.push(format!("{}: its rows cannot be read: {error}", company.slug)),
        }
    }
    let sites = companies.iter().map(|company| SiteKey::Tenant(company.tenant.id)).chain([SiteKey::Platform]).collect();
    let strange = services.redis.keys_strange(&sites).await?;
    findings.extend(strange.into_iter().map(|key| format!("key {key} belongs to no company")));
    Ok(Verified { at: services.now(), companies: companies.len(), lines: None, findings })
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
    let cx = RequestCx::operator(Arc::clone(services), "");
    let verified = all_verify(&cx).await?;
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
    let mut tx = cx.platform_begin().await?;
    let kept = setting_set(&mut tx.conn, KEPT, &value, at).await.map_err(Error::from);
    tx.finish(kept).await
}

/// What was found when it was last looked at.
pub(crate) async fn last(conn: &mut db::PlatformConn) -> Result<Option<Verified>> {
    let kept = setting_get(conn, KEPT).await?;
    Ok(kept.and_then(|value| serde_json::from_value(value).ok()))
}
