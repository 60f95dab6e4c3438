//! The life of a company: suspended and resumed, archived and restored.

use super::head::{hosts_of, row_of};
use cache::session::SessionLimits;
use chrono::{DateTime, TimeDelta, Utc};
use db::platform::{
    jobs::job_cancel_of_users,
    tenants::{self, TenantChange},
};
use domain::{AppError, Code, Operation, SiteKey, TenantId, TenantStatus, dto::platform::TenantRow, operation, text::fold};
use kernel::{
    RequestCx, Result, Services,
    audit::{Object, entry},
    sites::hosts_changed,
};
use serde_json::json;

/// Suspends a company: its people are signed out and get a page that says so; its data stays as it is.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] for a company that is not active, [`AppError::Forbidden`] for support.
pub async fn tenant_suspend(cx: &RequestCx, slug: &str) -> Result<TenantRow> {
    status_set(cx, &operation::platform::TENANT_SUSPEND, slug, TenantStatus::Suspended, "tenant.suspend").await
}

/// Lets the people of a suspended company in again.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] for a company that is not suspended, [`AppError::Forbidden`] for support.
pub async fn tenant_resume(cx: &RequestCx, slug: &str) -> Result<TenantRow> {
    status_set(cx, &operation::platform::TENANT_RESUME, slug, TenantStatus::Active, "tenant.resume").await
}

/// Archives a company: hidden, its site gone, its data kept until the grace period ends and longer.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] for a company that is archived already, [`AppError::Forbidden`] for
/// support.
pub async fn tenant_archive(cx: &RequestCx, slug: &str) -> Result<TenantRow> {
    status_set(cx, &operation::platform::TENANT_ARCHIVE, slug, TenantStatus::Archived, "tenant.archive").await
}

/// Takes a company out of the archive.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] for a company that is not archived, [`AppError::Forbidden`] for support.
pub async fn tenant_restore(cx: &RequestCx, slug: &str) -> Result<TenantRow> {
    status_set(cx, &operation::platform::TENANT_RESTORE, slug, TenantStatus::Active, "tenant.restore").await
}

/// The status an act starts from, where that is only one of those that may become its end.
fn starts_from(action: &str) -> Option<TenantStatus> {
    match action {
        "tenant.resume" => Some(TenantStatus::Suspended),
        "tenant.restore" => Some(TenantStatus::Archived),
        _ => None,
    }
}

async fn status_set(cx: &RequestCx, operation: &Operation, slug: &str, to: TenantStatus, action: &'static str) -> Result<TenantRow> {
    let now = cx.services.now();
    let mut tx = cx.platform_begin_owner(operation).await?;
    let done = async {
        let detail = tenants::tenant_detail_lock(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        let before = row_of(&mut tx.conn, detail.record.clone()).await?;
        if !before.status.may_become(to) || starts_from(action).is_some_and(|from| from != before.status) {
            let sentence = format!("{} is {}", before.name, fold(before.status.label()));
            return Err(AppError::conflict(Code::TenantWrongStatus, "", sentence).into());
        }
        let archived = to == TenantStatus::Archived;
        let change = TenantChange {
            status: Some(to.as_str()),
            archived_at: Some(archived.then_some(now)),
            purge_after: Some(archived.then(|| purge_after(&cx.services, now))),
            ..TenantChange::default()
        };
        tenants::tenant_update(&mut tx.conn, before.id, &change, now).await?;
        if to != TenantStatus::Active {
            job_cancel_of_users(&mut tx.conn, before.id, now).await?;
        }
        let hosts = hosts_of(&mut tx.conn, before.id).await?;
        let object = Object::new("tenant", before.id, before.name.as_str());
        let line = entry(cx, &tx.actor, action, object, json!({ "status": [before.status, to] }));
        tx.conn.audit(Some(before.id), line);
        Ok((TenantRow { status: to, ..before }, hosts))
    }
    .await;
    let (row, hosts) = tx.finish(done).await?;
    hosts_changed(&cx.services, hosts).await;
    // On the way back too: a user may have been signing in while the others were signed out.
    sessions_end(&cx.services, row.id).await;
    Ok(row)
}

/// From when a company that is archived now may be purged.
fn purge_after(services: &Services, now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::days(services.config.archive_grace_days.into())
}

/// Signs everybody of a company out. Its site answers nobody by now, so a failure waits for no one.
pub(super) async fn sessions_end(services: &Services, id: TenantId) {
    if let Err(error) = services.sessions(SiteKey::Tenant(id), SessionLimits::TENANT).end_all().await {
        tracing::warn!(%error, tenant = %id, "the sessions of a company were not ended");
    }
}
