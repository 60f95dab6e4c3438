//! A company's AI as the platform sets it.

use super::config::{AiForm, By, config_forget, config_set, config_test, overview, state_of};
use crate::tenants::{head_of, lock_of};
use db::platform::{ai, tenants};
use domain::{
    AppError, FieldErrors, Money, TenantId,
    dto::{ai::AiOverview, platform::TenantAiPage},
    operation,
};
use identity::auth::reauthenticate;
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
};
use secrecy::SecretString;
use serde_json::json;

/// What the page of a company's AI shows.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Unauthenticated`] without a platform admin.
pub async fn tenant_ai(cx: &RequestCx, slug: &str) -> Result<TenantAiPage> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_AI).await?;
    let read = async {
        let detail = tenants::tenant_detail(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        let head = head_of(cx, &mut tx, &detail).await?;
        let (stored, ai) = overview(&cx.services, &mut tx.conn, head.tenant.id).await?;
        Ok((head, stored, ai))
    }
    .await;
    let (head, stored, ai) = tx.finish(read).await?;
    let config = state_of(cx, head.tenant.id, stored.as_deref()).await;
    Ok(TenantAiPage { head, ai: AiOverview { config, ..ai } })
}

/// Sets a company's AI: whose service with which key, whether it may use it, and how much it may spend in a month.
///
/// # Errors
/// [`AppError::Validation`] beside the fields, [`AppError::Conflict`] when another user changed the company since
/// `version`, [`AppError::ReauthRequired`], [`AppError::NotFound`], [`AppError::Forbidden`] for support.
pub async fn tenant_ai_set(cx: &RequestCx, slug: &str, version: i64, form: &AiForm, limit: &str, password: &SecretString) -> Result<()> {
    cx.platform_permit(&operation::platform::TENANT_AI_SET).await?;
    let mut errors = FieldErrors::default();
    let typed = form.parse(&cx.services, &mut errors);
    let limit = errors.check("ai_usage_limit", Money::parse(limit, 2));
    errors.into_result()?;
    let (Some(typed), Some(limit)) = (typed, limit) else { return Err(AppError::Malformed.into()) };
    reauthenticate(cx, password).await?;
    let mut tx = cx.platform_begin_owner(&operation::platform::TENANT_AI_SET).await?;
    let done = async {
        let record = lock_of(&mut tx, slug, version).await?.record;
        let id = TenantId(record.id);
        let changed = config_set(&cx.services, &mut tx.conn, id, typed, form.enabled, By::Platform(limit)).await?;
        let line = entry(cx, &tx.actor, "tenant.ai_set", Object::new("tenant", id, record.name), changed);
        tx.conn.audit(Some(id), line);
        Ok(())
    }
    .await;
    tx.finish(done).await
}

/// Removes a company's configuration with its key; it can use no AI until there is another one.
///
/// # Errors
/// As [`tenant_ai_set`].
pub async fn tenant_ai_forget(cx: &RequestCx, slug: &str, version: i64, password: &SecretString) -> Result<()> {
    cx.platform_permit(&operation::platform::TENANT_AI_FORGET).await?;
    reauthenticate(cx, password).await?;
    let mut tx = cx.platform_begin_owner(&operation::platform::TENANT_AI_FORGET).await?;
    let done = async {
        let record = lock_of(&mut tx, slug, version).await?.record;
        let id = TenantId(record.id);
        let changed = config_forget(&cx.services, &mut tx.conn, id).await?;
        let line = entry(cx, &tx.actor, "tenant.ai_forget", Object::new("tenant", id, record.name), changed);
        tx.conn.audit(Some(id), line);
        Ok(())
    }
    .await;
    tx.finish(done).await
}

/// Asks the configured service something and says how that went, in a sentence.
///
/// # Errors
/// [`AppError::Conflict`] with what to mend, [`AppError::RateLimited`], [`AppError::NotFound`],
/// [`AppError::Forbidden`] for support.
pub async fn tenant_ai_test(cx: &RequestCx, slug: &str) -> Result<String> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_AI_TEST).await?;
    let read = async {
        let record = tenants::tenant_detail(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?.record;
        let id = TenantId(record.id);
        let stored = ai::ai_get(&mut tx.conn, id).await?.config;
        let line = entry(cx, &tx.actor, "tenant.ai_test", Object::new("tenant", id, record.name), json!({}));
        tx.conn.audit(Some(id), line);
        Ok((id, stored))
    }
    .await;
    let (id, stored) = tx.finish(read).await?;
    config_test(cx, id, stored.as_deref()).await
}
