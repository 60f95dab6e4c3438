//! Looking a user up by address in every tenant, for support. Each search is logged.

use db::{platform::tenants, tenant::users};
use domain::{
    AppError, Code, Email, Login, SiteKey, TenantId, TenantStatus, UserId,
    dto::platform::{TenantRow, UserFindPage, UserFound, UserHit},
    operation,
};
use futures_util::{StreamExt, stream};
use kernel::{
    RequestCx, Result, Services,
    audit::{Object, entry},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// Companies asked at once: half of the smallest pool, so that others are served too.
const AT_ONCE: usize = 3;
/// How long one look may take.
const TIME: Duration = Duration::from_secs(8);
/// Looks of one person in a minute.
const LOOKS_PER_MINUTE: u32 = 20;

/// What the page of looking a user up shows; an empty `q` looks for nobody.
///
/// # Errors
/// [`AppError::RateLimited`], [`AppError::Unauthenticated`] without a platform admin.
pub async fn user_find_page(cx: &RequestCx, q: &str, from: TenantId) -> Result<UserFindPage> {
    cx.platform_permit(&operation::platform::USER_FIND).await?;
    let q = q.trim().to_owned();
    if q.is_empty() {
        return Ok(UserFindPage { q, error: None, found: None });
    }
    match user_find(cx, &q, from).await {
        Ok(found) => Ok(UserFindPage { q, error: None, found: Some(found) }),
        Err(kernel::Error::App(AppError::Validation(errors))) => {
            let error = errors.get("q").map(str::to_owned);
            Ok(UserFindPage { q, error, found: None })
        }
        Err(error) => Err(error),
    }
}

/// Looks for an address in every company that serves from this one on, in the order of their ids: few at a time, for a few
/// seconds. Where time was up the answer says how to go on.
///
/// # Errors
/// [`AppError::Validation`] for something that is no address, [`AppError::RateLimited`], [`AppError::Unauthenticated`].
pub async fn user_find(cx: &RequestCx, q: &str, from: TenantId) -> Result<UserFound> {
    let email = Email::parse(q).map_err(|error| AppError::field(Code::EmailInvalid, "q", error.to_string()))?;
    let mut tx = cx.platform_begin(&operation::platform::USER_FIND).await?;
    let who = cx.auth.as_ref().map_or(0, |auth| auth.subject);
    let asked = cx.services.redis.window_count(SiteKey::Platform, &format!("user_find:{who}"), LOOKS_PER_MINUTE, 60).await;
    let begun = async {
        if let Some(retry_after) = asked? {
            return Err(AppError::RateLimited { retry_after }.into());
        }
        // Noted before anything is looked at, so that a look that breaks off is noted too.
        let line = entry(cx, &tx.actor, "user.find", Object::new("user", "", email.as_str()), json!({}));
        tx.conn.audit(None, line);
        Ok(tenants::tenant_list_all(&mut tx.conn).await?)
    }
    .await;
    let tenants = tx.finish(begun).await?;
    let serving = tenants.into_iter().filter(|tenant| tenant.has_schema && tenant.status != TenantStatus::Purging);
    let (before, mut asked): (Vec<TenantRow>, Vec<TenantRow>) = serving.partition(|tenant| tenant.id < from);
    asked.sort_by_key(|tenant| tenant.id);
    let total = before.len() + asked.len();
    let until = Instant::now() + TIME;
    let looks = stream::iter(asked).map(|tenant| {
        let (services, email) = (Arc::clone(&cx.services), email.clone());
        async move {
            let found = timeout_at(until, look(&services, &tenant, &email)).await;
            (tenant, found)
        }
    });
    let mut found = UserFound { hits: Vec::new(), asked: before.len(), total, silent: Vec::new(), next: None };
    let mut answers = looks.buffered(AT_ONCE);
    while let Some((tenant, answer)) = answers.next().await {
        match answer {
            Err(_late) => {
                found.next = Some(tenant.id);
                break;
            }
            Ok(Ok(hit)) => found.hits.extend(hit),
            Ok(Err(error)) => {
                tracing::warn!(%error, tenant = tenant.slug, "a company could not be asked for an address");
                found.silent.push(tenant.slug);
            }
        }
        found.asked += 1;
    }
    Ok(found)
}

/// A user of one tenant by address, for the command line.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn user_find_in(cx: &RequestCx, slug: &str, email: &str) -> Result<UserHit> {
    let email = Email::parse(email).map_err(|error| AppError::field(Code::EmailInvalid, "email", error.to_string()))?;
    let mut tx = cx.platform_begin(&operation::platform::USER_FIND_IN).await?;
    let found = tenants::tenant_find(&mut tx.conn, slug).await.map_err(kernel::Error::from);
    let (tenant, _) = tx.finish(found).await?.filter(|(tenant, _)| tenant.has_schema).ok_or(AppError::NotFound)?;
    Ok(look(&cx.services, &tenant, &email).await?.ok_or(AppError::NotFound)?)
}

async fn look(services: &Services, tenant: &TenantRow, email: &Email) -> db::DbResult<Option<UserHit>> {
    let mut conn = services.db.tenant(&services.db.tenant_ref(tenant.id, &tenant.schema_name)).await?;
    let found = users::user_find(&mut conn, &Login::Email(email.key())).await;
    let record = conn.finish(found).await?.map(|(record, _)| record);
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
