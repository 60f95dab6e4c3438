//! What companies spend: charged in one step that no race can get past, closed every month.

use super::stored::Config;
use db::{
    PlatformConn,
    platform::{
        ai::{self, AiCharge, AiMonthClosed},
        tenants,
    },
};
use domain::{
    AppError, Code, Money, TenantId,
    ai::{ALERTS, MODEL_MAX},
    dto::ai::AiSpending,
    operation,
};
use kernel::{
    RequestCx, Result, Services,
    actor::Actor,
    audit::{Object, entry},
};
use serde_json::json;
use std::sync::Arc;

/// The most characters of what a call was for.
const WHAT_MAX: usize = 100;

/// A call to an AI that is to be paid.
#[derive(Clone, Debug)]
pub struct Charge {
    /// What for.
    pub what: String,
    /// The model; empty means the configured one.
    pub model: String,
    /// Tokens sent.
    pub tokens_in: u32,
    /// Tokens received.
    pub tokens_out: u32,
    /// What it cost.
    pub cost: Money,
}

/// Adds a call to what a company spent, or refuses when that would pass its limit. Gives what is spent now.
///
/// # Errors
/// [`AppError::Conflict`] when the limit is reached, AI is switched off or not configured, or the company not active.
pub async fn charge(services: &Arc<Services>, id: TenantId, charge: &Charge, actor: &Actor) -> Result<Money> {
    let cx = RequestCx::system(Arc::clone(services), "ai");
    let mut conn = services.db.platform().await?;
    let charged = charge_in(&cx, &mut conn, id, charge, actor).await;
    conn.finish(charged).await
}

async fn charge_in(cx: &RequestCx, conn: &mut PlatformConn, id: TenantId, charge: &Charge, actor: &Actor) -> Result<Money> {
    let now = cx.services.now();
    let today = now.date_naive();
    // One month at a time, so that the next one begins where this one ended.
    while let Some(month) = ai::ai_month_close(conn, id, today).await? {
        month_note(cx, conn, &month).await?;
    }
    let record = ai::ai_get(conn, id).await?;
    let Some(config) = record.config.as_deref().and_then(|stored| Config::open(&cx.services, id, stored)) else {
        return Err(AppError::conflict(Code::AiNotConfigured, "", "No AI is configured for this company").into());
    };
    let what = charge.what.trim();
    let model = if charge.model.trim().is_empty() { config.model.as_str() } else { charge.model.trim() };
    let line = AiCharge {
        at: now,
        what,
        provider: config.provider.as_str(),
        model,
        tokens_in: charge.tokens_in.into(),
        tokens_out: charge.tokens_out.into(),
        cost: charge.cost,
        actor: &actor.label(),
    };
    let Some((used, limit)) = ai::ai_charge(conn, id, &line).await? else {
        let spending = ai::ai_get(conn, id).await?.spending(today)?;
        let sentence = if !spending.enabled {
            "AI is switched off for this company".to_owned()
        } else if spending.used.millionths() + charge.cost.millionths() > spending.limit.millionths() {
            format!("The monthly limit of AI would be passed: {} of {} are spent", spending.used.exact(), spending.limit)
        } else {
            "This company is not active, or its plan has no AI".to_owned()
        };
        return Err(AppError::conflict(Code::AiLimitReached, "cost", sentence).into());
    };
    let before = Money::from_millionths(used.millionths() - charge.cost.millionths()).unwrap_or_default();
    if let Some(share) = ALERTS.into_iter().rfind(|share| before.percent_of(limit) < *share && used.percent_of(limit) >= *share) {
        let values = json!({ "share": share, "used": used.typed(), "limit": limit.typed() });
        let object = Object::new("tenant", id, format!("{share} % of AI spent"));
        let line = entry(cx, &Actor::System { rule: "limit of AI" }, "tenant.ai_alert", object, values);
        conn.audit(Some(id), line);
        tracing::warn!(tenant = %id, share, "a company has spent most of its limit of AI");
    }
    Ok(used)
}

async fn month_note(cx: &RequestCx, conn: &mut PlatformConn, month: &AiMonthClosed) -> Result<()> {
    let values = json!({ "ai_current_usage": [month.used.exact(), Money::ZERO.exact()] });
    let object = Object::new("tenant", month.id, month.name.as_str());
    let line = entry(cx, &Actor::System { rule: "month of AI" }, "tenant.ai_reset", object, values);
    conn.audit(Some(month.id), line);
    Ok(())
}

/// Closes every month of spending that is over.
///
/// # Errors
/// When the database does not answer.
pub async fn months_close(services: &Arc<Services>) -> Result<()> {
    let cx = RequestCx::system(Arc::clone(services), "ai");
    loop {
        let mut conn = services.db.platform().await?;
        let closed = async {
            let months = ai::ai_months_close(&mut conn, services.now().date_naive()).await?;
            for month in &months {
                month_note(&cx, &mut conn, month).await?;
            }
            Ok::<_, kernel::Error>(months.len())
        }
        .await;
        if conn.finish(closed).await? == 0 {
            return Ok(());
        }
    }
}

/// Charges a company by hand. Gives what is spent of what may be.
///
/// # Errors
/// As [`charge`]; [`AppError::NotFound`], [`AppError::Forbidden`] for support.
pub async fn tenant_ai_charge(cx: &RequestCx, slug: &str, charge: &Charge) -> Result<AiSpending> {
    let what = charge.what.trim();
    if what.is_empty() || what.chars().count() > WHAT_MAX || what.chars().any(char::is_control) {
        return Err(AppError::field(Code::FieldInvalid, "what", "Describe the purpose in at most 100 characters").into());
    }
    if charge.model.chars().count() > MODEL_MAX {
        return Err(AppError::field(Code::FieldInvalid, "model", "This is not a model name").into());
    }
    let mut tx = cx.platform_begin(&operation::platform::TENANT_AI_CHARGE).await?;
    let done = async {
        let record = tenants::tenant_detail(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?.record;
        let id = TenantId(record.id);
        let used = charge_in(cx, &mut tx.conn, id, charge, &tx.actor).await?;
        let values = json!({ "what": what, "cost": charge.cost.exact(), "ai_current_usage": used.exact() });
        let line = entry(cx, &tx.actor, "tenant.ai_charge", Object::new("tenant", id, record.name), values);
        tx.conn.audit(Some(id), line);
        Ok(ai::ai_get(&mut tx.conn, id).await?.spending(cx.services.now().date_naive())?)
    }
    .await;
    tx.finish(done).await
}

/// Begins a company's month of spending anew, today. The ledger stays.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] for support.
pub async fn tenant_ai_reset(cx: &RequestCx, slug: &str) -> Result<()> {
    let today = cx.services.now().date_naive();
    let mut tx = cx.platform_begin(&operation::platform::TENANT_AI_RESET).await?;
    let done = async {
        let record = tenants::tenant_lock(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        let id = TenantId(record.id);
        let before = ai::ai_get(&mut tx.conn, id).await?.spending(today)?;
        ai::ai_reset(&mut tx.conn, id, today).await?;
        let values = json!({
            "ai_current_usage": [before.used.exact(), Money::ZERO.exact()], "ai_usage_reset_date": [before.since, today],
        });
        let line = entry(cx, &tx.actor, "tenant.ai_reset", Object::new("tenant", id, record.name), values);
        tx.conn.audit(Some(id), line);
        Ok(())
    }
    .await;
    tx.finish(done).await
}
