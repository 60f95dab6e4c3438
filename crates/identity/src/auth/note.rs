//! Sign-ins as they are noted: in the account's own list, and in the audit log.

use crate::principal::{Account, AccountConn};
use db::tenant::login_events::{LoginEvent, login_event_insert};
use domain::SiteKey;
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
};
use std::sync::Arc;

/// Notes a failed sign-in where its user can see it, and whether the account is locked now by the tries counted under
/// `name`: beside the answer, so that its time does not tell whether the account exists.
pub(crate) fn sign_in_failed(cx: &RequestCx, account: &Account, reason: &'static str, name: Option<String>) {
    let Some(site) = cx.site.tenant() else { return };
    let subject = account.id;
    let (services, site, event) = (Arc::clone(&cx.services), Arc::clone(site), login_event(cx, subject, false, reason));
    tokio::spawn(async move {
        let noted = async {
            let mut conn = services.db.tenant(&site.tenant).await?;
            let inserted = login_event_insert(&mut conn, &event).await;
            conn.finish(inserted).await?;
            let Some(name) = name else { return Ok(()) };
            let (key, now) = (SiteKey::Tenant(site.tenant.id), event.at.timestamp_millis());
            if let Some(seconds) = services.redis.account_wait(key, &name, now).await? {
                services.redis.locked_note(key, subject, now + i64::from(seconds) * 1000).await?;
            }
            Ok::<_, kernel::Error>(())
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, "a failed sign-in was not noted");
        }
    });
}

fn login_event(cx: &RequestCx, user: i64, succeeded: bool, reason: &'static str) -> LoginEvent {
    LoginEvent {
        at: cx.services.now(),
        user_id: Some(user),
        succeeded,
        reason,
        ip: cx.request.ip.map(|ip| ip.to_string()),
        user_agent: cx.request.user_agent.clone(),
        request_id: Some(cx.request.id.clone()),
    }
}

/// Notes a sign-in.
pub(crate) async fn sign_in_note(cx: &RequestCx, conn: &mut AccountConn, account: &Account, how: &'static str) -> Result<()> {
    conn.set_last_login(account.id, cx.services.now()).await?;
    if let AccountConn::Tenant(conn) = conn {
        login_event_insert(conn, &login_event(cx, account.id, true, how)).await?;
    }
    let actor = conn.actor(account);
    let object = Object::new("session", account.id, account.email.clone());
    conn.audit(entry(cx, &actor, "session.create", object, serde_json::json!({ "by": how })));
    Ok(())
}
