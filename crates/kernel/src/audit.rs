//! What goes into the audit log, and refusals that go into the platform's security events.

use crate::{RequestCx, Result, actor::Actor};
use db::{
    AuditEntry,
    audit::AuditFilter,
    platform::security_events::{SecurityEvent, security_event_insert},
};

use domain::{
    AppError,
    list::{ListQuery, days_range},
};

/// Refusals noted from one address in a minute.
const EVENTS_PER_MINUTE: u32 = 60;

/// The filters of the log of one tenant.
pub const TENANT_FILTERS: &[&str] = &["actor", "action", "from", "to"];

/// What a query narrows a log to, its days where the viewer is; what it does not know narrows nothing.
#[must_use]
pub fn filter_of(cx: &RequestCx, query: &ListQuery) -> AuditFilter {
    let text = |name: &str| query.filter(name).next().map(str::to_owned);
    let (from, to) = days_range(query, cx.settings.format.zone);
    AuditFilter {
        actor: text("actor").or_else(|| (!query.q.is_empty()).then(|| query.q.clone())),
        action: text("action"),
        tenant: None,
        object: None,
        from,
        to,
    }
}

/// What something was done to.
#[derive(Clone, Debug)]
pub struct Object {
    /// The kind of thing.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// As a person reads it.
    pub label: String,
}

impl Object {
    /// A thing of that kind.
    pub fn new(kind: &'static str, id: impl ToString, label: impl Into<String>) -> Self {
        Self { kind, id: id.to_string(), label: label.into() }
    }
}

/// A line of the audit log.
#[must_use]
pub fn entry(cx: &RequestCx, actor: &Actor, action: &'static str, object: Object, diff: serde_json::Value) -> AuditEntry {
    debug_assert!(domain::audit::is_known(action), "{action} needs a sentence in domain::audit");
    AuditEntry {
        at: cx.services.now(),
        actor_kind: actor.kind(),
        actor_id: actor.id(),
        actor_label: actor.label(),
        action,
        object_kind: object.kind,
        object_id: Some(object.id),
        object_label: object.label,
        diff,
        ip: cx.request.ip.map(|ip| ip.to_string()),
        user_agent: cx.request.user_agent.clone(),
        request_id: Some(cx.request.id.clone()),
    }
}

/// The fields that differ, as `{"field": [before, after]}`.
#[must_use]
pub fn diff(fields: &[(&str, serde_json::Value, serde_json::Value)]) -> serde_json::Value {
    let changed = fields.iter().filter(|(_, before, after)| before != after);
    changed.map(|(name, before, after)| ((*name).to_owned(), serde_json::json!([before, after]))).collect::<serde_json::Map<_, _>>().into()
}

/// Notes an attempt that was refused, in a transaction of its own. A request is never refused less because this fails.
pub async fn refused(cx: &RequestCx, kind: &'static str, detail: serde_json::Value) {
    // Anybody can cause these, so one address gets no more than its share of the table.
    let name = format!("refused:{}", cx.request.ip.map(|ip| ip.to_string()).unwrap_or_default());
    match cx.services.redis.window_count(cx.site.key(), &name, EVENTS_PER_MINUTE, 60).await {
        Ok(None) => {}
        Ok(Some(_)) | Err(_) => {
            tracing::info!(kind, "refused, and not noted: too many from one address");
            return;
        }
    }
    let event = SecurityEvent {
        at: cx.services.now(),
        tenant_id: cx.site.key().tenant_id().map(|id| id.0),
        kind,
        detail,
        ip: cx.request.ip.map(|ip| ip.to_string()),
        user_agent: cx.request.user_agent.clone(),
        request_id: Some(cx.request.id.clone()),
    };
    let noted = async {
        let mut conn = cx.services.db.platform().await?;
        let inserted = security_event_insert(&mut conn, &event).await;
        conn.finish(inserted).await
    };
    if let Err(error) = noted.await {
        tracing::warn!(%error, kind, "a refusal was not noted");
    }
}

impl RequestCx {
    /// What the person asking may know of a result; causes are logged here, refusals noted.
    ///
    /// # Errors
    /// The error to answer with.
    pub async fn answer<T>(&self, result: Result<T>) -> std::result::Result<T, AppError> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => {
                self.fault_note(&error);
                let error = error.into_app(&self.request.id);
                if error == AppError::Forbidden {
                    refused(self, "access.refused", serde_json::json!({})).await;
                }
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_changed_is_in_the_diff() {
        let fields = [("name", json!("a"), json!("b")), ("email", json!("x"), json!("x"))];
        assert_eq!(diff(&fields), json!({"name": ["a", "b"]}));
    }
}
