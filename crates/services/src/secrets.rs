//! Secrets that are kept in the database: sealed anew when the keys change.

use crate::{
    RequestCx, Result, ai,
    audit::{Object, entry},
};
use db::platform::ai::{ai_config_list, ai_config_replace};
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
    let mut tx = cx.platform_begin_change().await?;
    let configs = ai_config_list(&mut tx.conn).await;
    let configs = tx.conn.finish(configs).await?;
    for (id, slug, stored) in configs {
        let sealed = stored.split_once(':').map_or("", |(_, sealed)| sealed);
        if cx.services.keyring.secret_is_current(sealed) {
            rotated.current += 1;
            continue;
        }
        let Some(new) = ai::moved(&cx.services, id, id, &stored)? else {
            rotated.unreadable.push(format!("AI configuration of {slug}"));
            continue;
        };
        let mut tx = cx.platform_begin_owner().await?;
        let replaced = ai_config_replace(&mut tx.conn, id, &stored, Some(&new)).await.map_err(crate::Error::from);
        if tx.finish(replaced).await? {
            rotated.rotated += 1;
        }
    }
    let mut tx = cx.platform_begin_change().await?;
    let values = json!({ "rotated": rotated.rotated, "current": rotated.current, "unreadable": rotated.unreadable });
    let line = entry(cx, &tx.actor, "secrets.rotate", Object::new("installation", cx.services.db.installation(), "all secrets"), values);
    let noted = db::audit_append_platform(&mut tx.conn, None, &line).await.map_err(crate::Error::from);
    tx.finish(noted).await?;
    Ok(rotated)
}
