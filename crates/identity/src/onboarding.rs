//! What a new company's owner does first: read from what is there, never ticked off by hand.

use db::{
    factor::{FactorConn, factor_is_on},
    tenant::{
        settings::{SettingWrite, setting_get, setting_set},
        users,
    },
};
use domain::{dto::tenant::Onboarding, operation};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
};
use serde_json::json;

/// The setting that puts the list away.
const PUT_AWAY: &str = "onboarding.dismissed";

/// What is left to do, for an owner; none once all of it is done, or put away.
pub(crate) async fn onboarding(tx: &mut TenantTx, active_users: i32) -> Result<Option<Onboarding>> {
    if !tx.user.permissions.is_owner() || setting_get(&mut tx.conn, PUT_AWAY).await? == Some(json!(true)) {
        return Ok(None);
    }
    let second_factor = factor_is_on(&mut FactorConn::Tenant(&mut tx.conn), tx.user.id.0).await?;
    let list = Onboarding { colleagues: active_users > 1, second_owner: users::owner_list(&mut tx.conn).await?.len() > 1, second_factor };
    Ok((!list.is_done()).then_some(list))
}

/// Puts the list away, for every owner of the company.
///
/// # Errors
/// [`AppError::Forbidden`](domain::AppError::Forbidden) for anybody but an owner.
pub async fn onboarding_dismiss(cx: &RequestCx) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::ONBOARDING_DISMISS).await?;
    let done = async {
        setting_set(&mut tx.conn, &SettingWrite { key: PUT_AWAY, value: &json!(true), is_public: false, now: cx.services.now() }).await?;
        let values = json!({ "setting_value": [null, true] });
        let line = entry(cx, &tx.actor, "setting.update", Object::new("setting", PUT_AWAY, PUT_AWAY), values);
        tx.conn.audit(line);
        Ok(())
    }
    .await;
    tx.finish(done).await
}
