//! The way into a company that was just made: from the platform's site to the company's own, once, within a minute.

use super::{note::sign_in_note, session::session_start};
use crate::principal::AccountConn;
use cache::OneTime;
use domain::{AppError, Code, SiteKey, TenantId, UserId};
use kernel::{
    RequestCx, Result,
    tokens::{token_hash, token_new},
};
use serde::{Deserialize, Serialize};

/// Who comes in. The epoch is that of a user who was just made.
#[derive(Serialize, Deserialize)]
struct Way {
    user: UserId,
}

/// What Redis knows a way in by.
fn name_of(token: &str) -> String {
    hex::encode(token_hash(token))
}

fn context(site: SiteKey) -> String {
    format!("enter {site}")
}

/// Opens a way in for a user of a company and gives its address.
pub async fn enter_url(cx: &RequestCx, tenant: TenantId, host: &str, user: UserId) -> Result<String> {
    let (services, site) = (&cx.services, SiteKey::Tenant(tenant));
    let token = token_new(&*services.entropy);
    let text = serde_json::to_string(&Way { user }).unwrap_or_default();
    let sealed = services.keyring.seal(&*services.entropy, &context(site), &text).unwrap_or_default();
    services.redis.one_time_put(site, OneTime::Enter, &name_of(&token), &sealed).await?;
    Ok(services.url_on(host, &format!("/enter/{token}")))
}

/// Whether a way in can still be taken on the site that was asked.
///
/// # Errors
/// [`AppError::NotFound`] on the platform's site.
pub async fn entrance_is_open(cx: &RequestCx, token: &str) -> Result<bool> {
    let site = SiteKey::Tenant(cx.tenant_site()?.tenant.id);
    Ok(cx.services.redis.one_time_has(site, OneTime::Enter, &name_of(token)).await?)
}

/// Takes the way in and signs its user in on the company's site that was asked.
///
/// # Errors
/// [`AppError::Conflict`] for a way that was taken, is over, or was never there.
pub async fn enter(cx: &RequestCx, token: &str) -> Result<()> {
    let site = cx.tenant_site()?.tenant.id;
    let site = SiteKey::Tenant(site);
    let taken = cx.services.redis.one_time_take(site, OneTime::Enter, &name_of(token)).await?;
    let opened = taken.and_then(|sealed| cx.services.keyring.open(&context(site), &sealed));
    let way: Option<Way> = opened.and_then(|text| serde_json::from_str(&text).ok());
    let way = way.ok_or_else(|| {
        AppError::conflict(Code::LinkUsed, "", "This link was already used or has expired. Sign in with your e-mail and password.")
    })?;
    let mut conn = AccountConn::open(cx).await?;
    let noted = async {
        let account = conn.get(way.user.0).await?.filter(|account| account.is_active).ok_or(AppError::NotFound)?;
        sign_in_note(cx, &mut conn, &account, "sign-up").await?;
        Ok(account)
    }
    .await;
    let account = conn.finish(noted).await?;
    session_start(cx, account.id, account.session_epoch).await
}
