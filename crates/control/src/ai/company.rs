//! A company's AI as its own admins set it: everything but the limit, which is the platform's. The configuration stands in
//! the registry, so each act is noted in both audit logs, in one transaction that begins above and steps down.

use super::config::{AiForm, By, config_forget, config_set, config_test, overview, state_of};
use db::{
    DbError, PlatformConn,
    platform::{ai, tenants},
};
use domain::{
    AppError, Code, FieldErrors, Operation, TenantId,
    dto::{ai::AiOverview, tenant::CompanyAiPage},
    operation,
    plan::{FEATURES, feature_is_on},
};
use identity::auth::reauthenticate;
use kernel::{
    Error, RequestCx, Result,
    actor::Actor,
    audit::{Object, entry},
    cx::tenant_user_now,
};
use secrecy::SecretString;
use serde_json::{Value, json};

/// Whether the company's plan has AI at all.
fn in_plan(features: &Value) -> bool {
    feature_is_on(FEATURES, "ai", features)
}

fn no_plan() -> Error {
    AppError::conflict(Code::AiNotInPlan, "", "Your company's plan does not include AI. Ask the platform operator to add it.").into()
}

/// What the page `/settings/ai` shows.
///
/// # Errors
/// [`AppError::Forbidden`] without `settings.manage`.
pub async fn company_ai(cx: &RequestCx) -> Result<CompanyAiPage> {
    cx.tenant_permit(&operation::tenant::AI).await?;
    let id = cx.tenant_site()?.tenant.id;
    let mut conn = cx.services.db.platform().await?;
    let read = async {
        let detail = tenants::tenant_detail_by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
        let (stored, ai) = overview(&cx.services, &mut conn, id).await?;
        Ok::<_, Error>((detail, stored, ai))
    }
    .await;
    let (detail, stored, ai) = conn.finish(read).await?;
    let page = CompanyAiPage {
        version: detail.updated_at.timestamp_micros(),
        in_plan: in_plan(&detail.features_enabled),
        ai: AiOverview { config: state_of(cx, id, stored.as_deref()).await, ..ai },
    };
    Ok(page)
}

/// Sets the company's AI: whose service with which key, and whether it is on. The limit stays.
///
/// # Errors
/// [`AppError::Validation`] beside the fields, [`AppError::Conflict`] when another user changed the company since
/// `version` and for a company whose plan has no AI, [`AppError::ReauthRequired`], [`AppError::Forbidden`] without
/// `settings.manage`.
pub async fn company_ai_set(cx: &RequestCx, version: i64, form: &AiForm, password: &SecretString) -> Result<()> {
    let actor = cx.tenant_permit(&operation::tenant::AI_SET).await?;
    let mut errors = FieldErrors::default();
    let typed = form.parse(&cx.services, &mut errors);
    errors.into_result()?;
    let typed = typed.ok_or(AppError::Malformed)?;
    reauthenticate(cx, password).await?;
    let (mut conn, id, name) = change_begin(cx, version, true).await?;
    let changed = config_set(&cx.services, &mut conn, id, typed, form.enabled, By::Company).await;
    change_end(cx, conn, (id, name), &actor, &operation::tenant::AI_SET, ("tenant.ai_set", "ai.update"), changed).await
}

/// Removes the company's configuration with its key.
///
/// # Errors
/// As [`company_ai_set`].
pub async fn company_ai_forget(cx: &RequestCx, version: i64, password: &SecretString) -> Result<()> {
    let actor = cx.tenant_permit(&operation::tenant::AI_FORGET).await?;
    reauthenticate(cx, password).await?;
    let (mut conn, id, name) = change_begin(cx, version, false).await?;
    let changed = config_forget(&cx.services, &mut conn, id).await;
    change_end(cx, conn, (id, name), &actor, &operation::tenant::AI_FORGET, ("tenant.ai_forget", "ai.delete"), changed).await
}

/// Locks the company in the registry, as the role that may change it.
async fn change_begin(cx: &RequestCx, version: i64, needs_plan: bool) -> Result<(PlatformConn, TenantId, String)> {
    let slug = cx.tenant_site()?.slug.as_str();
    let mut conn = cx.services.db.owner().await?;
    let found = async {
        let detail = tenants::tenant_detail_lock(&mut conn, slug).await?.ok_or(AppError::NotFound)?;
        if detail.updated_at.timestamp_micros() != version {
            return Err(DbError::Stale.into());
        }
        if needs_plan && !in_plan(&detail.features_enabled) {
            return Err(no_plan());
        }
        Ok::<_, Error>((TenantId(detail.record.id), detail.record.name))
    }
    .await;
    match found {
        Ok((id, name)) => Ok((conn, id, name)),
        Err(error) => conn.finish(Err(error)).await,
    }
}

/// Notes a change above, steps down, and notes it there, if the user who asked still may.
async fn change_end(
    cx: &RequestCx,
    mut conn: PlatformConn,
    (id, name): (TenantId, String),
    actor: &Actor,
    operation: &Operation,
    (above, below): (&'static str, &'static str),
    changed: Result<Value>,
) -> Result<()> {
    let noted = async {
        let changed = changed?;
        let line = entry(cx, actor, above, Object::new("tenant", id, name), changed.clone());
        conn.audit(Some(id), line);
        Ok(changed)
    }
    .await;
    let changed = match noted {
        Ok(changed) => changed,
        Err(error) => return conn.finish(Err(error)).await,
    };
    let mut conn = conn.into_tenant(&cx.tenant_site()?.tenant).await?;
    let done = async {
        tenant_user_now(cx, &mut conn, operation).await?;
        let line = entry(cx, actor, below, Object::new("ai", id, "AI"), changed);
        conn.audit(line);
        Ok(())
    }
    .await;
    conn.finish(done).await
}

/// Asks the configured service something and says how that went, in a sentence.
///
/// # Errors
/// [`AppError::Conflict`] with what to mend, [`AppError::RateLimited`], [`AppError::Forbidden`] without `settings.manage`.
pub async fn company_ai_test(cx: &RequestCx) -> Result<String> {
    let id = cx.tenant_site()?.tenant.id;
    let mut tx = cx.tenant_begin(&operation::tenant::AI_TEST).await?;
    let noted = async {
        let line = entry(cx, &tx.actor, "ai.test", Object::new("ai", id, "AI"), json!({}));
        tx.conn.audit(line);
        Ok(())
    }
    .await;
    tx.finish(noted).await?;
    let mut conn = cx.services.db.platform().await?;
    let read = async {
        let detail = tenants::tenant_detail_by_id(&mut conn, id).await?.ok_or(AppError::NotFound)?;
        if in_plan(&detail.features_enabled) { Ok(ai::ai_get(&mut conn, id).await?.config) } else { Err(no_plan()) }
    }
    .await;
    let stored = conn.finish::<_, Error>(read).await?;
    config_test(cx, id, stored.as_deref()).await
}
