//! Looking somebody up by address, in every company: for whoever answers the telephone. Each look is noted.

use crate::{
    RequestCx, Result, Services,
    audit::{Object, entry},
};
use db::{platform::tenants, tenant::users};
use domain::{
    AppError, Email, SiteKey, TenantStatus, UserId,
    dto::{
        Viewer,
        platform::{TenantRow, UserFindPage, UserFound, UserHit},
    },
};
use futures_util::{StreamExt, stream};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// Companies asked at once: half of the smallest pool, so that others get their turn.
const AT_ONCE: usize = 3;
/// How long one look may take.
const TIME: Duration = Duration::from_secs(8);
/// Looks of one person in a minute.
const LOOKS_PER_MINUTE: u32 = 20;

/// What the page of looking somebody up shows; an empty `q` looks for nobody.
///
/// # Errors
/// [`AppError::RateLimited`], [`AppError::Unauthenticated`] without somebody who runs the platform.
pub async fn user_find_page(cx: &RequestCx, q: &str) -> Result<(Viewer, UserFindPage)> {
    let tx = cx.platform_begin().await?;
    let viewer = tx.viewer.clone();
    tx.finish(Ok(())).await?;
    let q = q.trim().to_owned();
    if q.is_empty() {
        return Ok((viewer, UserFindPage { q, error: None, found: None }));
    }
    match user_find(cx, &q).await {
        Ok(found) => Ok((viewer, UserFindPage { q, error: None, found: Some(found) })),
        Err(crate::Error::App(AppError::Validation(errors))) => {
            let error = errors.get("q").map(str::to_owned);
            Ok((viewer, UserFindPage { q, error, found: None }))
        }
        Err(error) => Err(error),
    }
}

/// Looks for an address in every company that serves: few at a time, for a few seconds.
///
/// # Errors
/// [`AppError::Validation`] for something that is no address, [`AppError::RateLimited`], [`AppError::Unauthenticated`].
pub async fn user_find(cx: &RequestCx, q: &str) -> Result<UserFound> {
    let email = Email::parse(q).map_err(|error| AppError::field("q", error.to_string()))?;
    let mut tx = cx.platform_begin().await?;
    let who = cx.auth.as_ref().map_or(0, |auth| auth.subject);
    let asked = cx.services.redis.window_count(SiteKey::Platform, &format!("user_find:{who}"), LOOKS_PER_MINUTE, 60).await;
    let begun = async {
        if let Some(retry_after) = asked? {
            return Err(AppError::RateLimited { retry_after }.into());
        }
        // Noted before anything is looked at, so that a look that breaks off is noted too.
        let line = entry(cx, &tx.actor, "user.find", Object::new("user", "", email.as_str()), json!({}));
        db::audit_append_platform(&mut tx.conn, None, &line).await?;
        Ok(tenants::tenant_list_all(&mut tx.conn).await?)
    }
    .await;
    let tenants = tx.finish(begun).await?;
    let serving: Vec<TenantRow> =
        tenants.into_iter().filter(|tenant| tenant.has_schema && tenant.status != TenantStatus::Purging).collect();
    let total = serving.len();
    let until = Instant::now() + TIME;
    let looks = stream::iter(serving).map(|tenant| {
        let (services, email) = (Arc::clone(&cx.services), email.clone());
        async move { timeout_at(until, look(&services, &tenant, &email)).await.ok().and_then(|found| found.ok().map(|hit| (tenant, hit))) }
    });
    let answers: Vec<_> = looks.buffer_unordered(AT_ONCE).filter_map(|found| async move { found }).collect().await;
    let asked = answers.len();
    let mut hits: Vec<UserHit> = answers.into_iter().filter_map(|(_, hit)| hit).collect();
    hits.sort_by(|a, b| a.tenant.cmp(&b.tenant));
    Ok(UserFound { hits, asked, total })
}

async fn look(services: &Services, tenant: &TenantRow, email: &Email) -> db::DbResult<Option<UserHit>> {
    let mut conn = services.db.tenant(&services.db.tenant_ref(tenant.id, &tenant.schema_name)).await?;
    let found = users::user_find(&mut conn, email.as_str()).await;
    // A user name may look like an address; here addresses alone are meant.
    let record = conn.finish(found).await?.filter(|record| record.email.eq_ignore_ascii_case(email.as_str()));
    Ok(record.map(|record| UserHit {
        tenant: tenant.name.clone(),
        slug: tenant.slug.clone(),
        id: UserId(record.id),
        name: record.full_name(),
        email: record.email,
        role: record.user_type,
        is_active: record.is_active,
        last_login: record.last_login,
    }))
}
