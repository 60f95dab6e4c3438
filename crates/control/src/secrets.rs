//! Secrets that are kept in the database: sealed anew when the keys change.

use crate::ai;
use db::{
    factor::{FactorConn, totp_list, totp_secret_replace},
    platform::{
        ai::{ai_config_list, ai_config_replace},
        tenants::tenant_list_all,
    },
};
use domain::{SiteKey, operation};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
};
use serde_json::json;

/// What sealing everything anew came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Secrets that were sealed with the newest key.
    pub rotated: usize,
    /// Secrets that were already.
    pub current: usize,
    /// What cannot be opened with any of the keys.
    pub unreadable: Vec<String>,
}

/// Seals every secret with the newest key, each in a transaction of its own; what was changed meanwhile is current anyway.
///
/// # Errors
/// [`AppError::Forbidden`](domain::AppError::Forbidden) for support; when the database does not answer.
pub async fn secrets_rotate(cx: &RequestCx) -> Result<Rotated> {
    let mut rotated = Rotated::default();
    let mut tx = cx.platform_begin(&operation::platform::SECRETS_ROTATE).await?;
    let configs = ai_config_list(&mut tx.conn).await;
    let configs = tx.conn.finish(configs).await?;
    for (id, slug, stored) in configs {
        let sealed = stored.split_once(':').map_or("", |(_, sealed)| sealed);
        if cx.services.keyring.secret_is_current(sealed) {
            rotated.current += 1;
            continue;
        }
        let Some(new) = ai::reseal(&cx.services, id, id, &stored)? else {
            rotated.unreadable.push(format!("AI configuration of {slug}"));
            continue;
        };
        let mut tx = cx.platform_begin_owner(&operation::platform::SECRETS_ROTATE).await?;
        let replaced = ai_config_replace(&mut tx.conn, id, &stored, Some(&new)).await.map_err(kernel::Error::from);
        if tx.finish(replaced).await? {
            rotated.rotated += 1;
        }
    }
    rotate_totp(cx, &mut rotated).await?;
    let mut tx = cx.platform_begin(&operation::platform::SECRETS_ROTATE).await?;
    let values = json!({ "rotated": rotated.rotated, "current": rotated.current, "unreadable": rotated.unreadable });
    let line = entry(cx, &tx.actor, "secrets.rotate", Object::new("installation", cx.services.db.installation(), "all secrets"), values);
    tx.conn.audit(None, line);
    tx.finish(Ok(())).await?;
    Ok(rotated)
}

/// The secrets of second factors, site by site; each site in one transaction.
async fn rotate_totp(cx: &RequestCx, rotated: &mut Rotated) -> Result<()> {
    let mut tx = cx.platform_begin(&operation::platform::SECRETS_ROTATE).await?;
    let done = async {
        let tenants = tenant_list_all(&mut tx.conn).await?;
        rotate_site(cx, SiteKey::Platform, "the platform", FactorConn::Platform(&mut tx.conn), rotated).await?;
        Ok(tenants)
    }
    .await;
    for tenant in tx.finish(done).await?.into_iter().filter(|tenant| tenant.has_schema) {
        // One company that is out of order keeps no other under an old key.
        let done = async {
            let mut conn = cx.services.db.tenant(&cx.services.db.tenant_ref(tenant.id, &tenant.schema_name)).await?;
            let done = rotate_site(cx, SiteKey::Tenant(tenant.id), &tenant.slug, FactorConn::Tenant(&mut conn), rotated).await;
            conn.finish(done).await
        }
        .await;
        if let Err(error) = done {
            rotated.unreadable.push(format!("second factors of {}: {error}", tenant.slug));
        }
    }
    Ok(())
}

async fn rotate_site(cx: &RequestCx, site: SiteKey, name: &str, mut conn: FactorConn<'_>, rotated: &mut Rotated) -> Result<()> {
    for totp in totp_list(&mut conn).await? {
        let old = totp.secret_encrypted;
        if cx.services.keyring.secret_is_current(&old) {
            rotated.current += 1;
            continue;
        }
        match identity::auth::factor::reseal(&cx.services, site, site, totp.owner, &old)? {
            None => rotated.unreadable.push(format!("second factor of user {} of {name}", totp.owner)),
            Some(new) => rotated.rotated += usize::from(totp_secret_replace(&mut conn, totp.owner, &old, &new).await?),
        }
    }
    Ok(())
}
