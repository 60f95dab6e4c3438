//! The configuration of a company's AI: sealed in the registry, its key never shown again. Who may set it, the two sites
//! say.

use super::{
    protocol::{self, Answered},
    stored::Config,
};
use chrono::{NaiveTime, TimeDelta};
use db::{PlatformConn, platform::ai};
use domain::{
    AppError, Code, FieldErrors, Money, SiteKey, TenantId,
    ai::{AiProvider, KEY_MAX, MODEL_MAX},
    dto::ai::{AiConfigState, AiOverview},
};
use kernel::{
    RequestCx, Result, Services,
    audit::{diff, refused},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// Lines of the ledger on the page.
const LEDGER_LINES: i64 = 25;
/// Days in the plot.
const DAYS: i64 = 30;
/// Tests of connections for one company in a minute.
const TESTS_PER_MINUTE: u32 = 6;

/// A configuration as typed.
#[derive(Clone, Debug, Default)]
pub struct AiForm {
    /// Whose service.
    pub provider: String,
    /// The model.
    pub model: String,
    /// The service's address; empty means the provider's own.
    pub base_url: String,
    /// The key; empty keeps the one that is stored.
    pub key: SecretString,
    /// Whether AI is switched on.
    pub enabled: bool,
}

/// A configuration that was read from a form; the key may be missing, where the stored one is to stay.
pub(super) struct Typed {
    provider: AiProvider,
    model: String,
    base_url: String,
    key: String,
}

impl AiForm {
    /// Reads the form; what is wrong is noted beside its fields.
    pub(super) fn parse(&self, services: &Services, errors: &mut FieldErrors) -> Option<Typed> {
        let provider = errors.check_as(
            Code::FieldUnknownChoice,
            "provider",
            AiProvider::parse(&self.provider).ok_or("Choose an option from the list"),
        );
        let (model, base_url, key) = (self.model.trim(), self.base_url.trim(), self.key.expose_secret().trim());
        let model_wrong = match model {
            "" => Some("Enter the name of a model"),
            model if model.chars().count() > MODEL_MAX || model.chars().any(char::is_control) => Some("This is not a model name"),
            _ => None,
        };
        errors.check("model", model_wrong.map_or(Ok(()), Err));
        if !base_url.is_empty() {
            errors.check_as(Code::AiAddressRefused, "base_url", services.ai.base_parse(base_url));
        } else if provider == Some(AiProvider::OpenaiCompatible) {
            errors.push(Code::FieldRequired, "base_url", "Enter the service's address");
        }
        let key_wrong = key.len() > KEY_MAX || !key.chars().all(|c| c.is_ascii_graphic());
        errors.check("key", if key_wrong { Err("Use printable ASCII characters only, without spaces") } else { Ok(()) });
        Some(Typed { provider: provider?, model: model.to_owned(), base_url: base_url.to_owned(), key: key.to_owned() })
    }
}

async fn opened(cx: &RequestCx, id: TenantId, stored: Option<&str>) -> Option<Config> {
    let stored = stored?;
    let config = Config::open(&cx.services, id, stored);
    if config.is_none() {
        // Another company's ciphertext, a flipped bit, or a key that is gone.
        refused(cx, "secret.refused", json!({ "tenant": id, "what": "AI configuration" })).await;
    }
    config
}

/// Who sets a configuration.
#[derive(Clone, Copy)]
pub(super) enum By {
    /// The platform, with the most that may be spent in a month.
    Platform(Money),
    /// The company's own people.
    Company,
}

/// Puts what was typed in the place of what is stored. Gives what the log is to say.
pub(super) async fn config_set(
    services: &Services,
    conn: &mut PlatformConn,
    id: TenantId,
    typed: Typed,
    enabled: bool,
    by: By,
) -> Result<Value> {
    let record = ai::ai_get(conn, id).await?;
    let before = record.spending(services.now().date_naive())?;
    let old = record.config.as_deref().and_then(|stored| Config::open(services, id, stored));
    // A stored key goes to nobody it was not given for: a new service needs its key anew.
    let stays = old.as_ref().filter(|old| old.provider == typed.provider && old.base_url == typed.base_url);
    let key = match (typed.key.as_str(), stays) {
        ("", None) => return Err(AppError::field(Code::FieldRequired, "key", "Enter the key of this service").into()),
        ("", Some(old)) => old.key.clone(),
        (typed, _) => SecretString::from(typed),
    };
    let key_changed = old.as_ref().is_none_or(|old| old.key.expose_secret() != key.expose_secret());
    // Whose an address is changes with the address alone: a limit that the platform raises makes none of its own.
    let by_company = stays.map_or(matches!(by, By::Company), |old| old.by_company);
    if by_company && !typed.base_url.is_empty() {
        let outside = services.ai.of(true).base_parse(&typed.base_url);
        outside.map_err(|message| AppError::field(Code::AiAddressRefused, "base_url", message))?;
    }
    let config = Config { provider: typed.provider, model: typed.model, base_url: typed.base_url, key, by_company };
    let sealed = config.seal(services, id)?;
    let limit = match by {
        By::Platform(limit) => limit,
        By::Company => before.limit,
    };
    ai::ai_set(conn, id, Some(&sealed), enabled, limit, services.now()).await?;
    let mut fields = vec![
        ("provider", json!(old.as_ref().map(|old| old.provider)), json!(config.provider)),
        ("model", json!(old.as_ref().map(|old| old.model.as_str())), json!(config.model)),
        ("base_url", json!(old.as_ref().map(|old| old.base_url.as_str()).unwrap_or_default()), json!(config.base_url)),
        ("ai_enabled", json!(before.enabled), json!(enabled)),
        ("ai_usage_limit", json!(before.limit.typed()), json!(limit.typed())),
    ];
    if key_changed {
        fields.push(("key", json!("(hidden)"), json!("(another one, hidden)")));
    }
    Ok(diff(&fields))
}

/// Takes a configuration away. Gives what the log is to say.
pub(super) async fn config_forget(services: &Services, conn: &mut PlatformConn, id: TenantId) -> Result<Value> {
    let record = ai::ai_get(conn, id).await?;
    if record.config.is_none() {
        return Err(AppError::conflict(Code::AiNotConfigured, "", "There is no configuration to remove").into());
    }
    let before = record.spending(services.now().date_naive())?;
    ai::ai_set(conn, id, None, false, before.limit, services.now()).await?;
    Ok(diff(&[("key", json!("(hidden)"), json!(null)), ("ai_enabled", json!(before.enabled), json!(false))]))
}

/// What both pages show of a company's AI, but for the configuration, which [`state_of`] opens outside of the transaction.
pub(super) async fn overview(services: &Services, conn: &mut PlatformConn, id: TenantId) -> Result<(Option<String>, AiOverview)> {
    let today = services.now().date_naive();
    let first_day = today - TimeDelta::days(DAYS - 1);
    let record = ai::ai_get(conn, id).await?;
    let ledger = ai::ai_usage_newest(conn, id, LEDGER_LINES).await?;
    let spent = ai::ai_usage_by_day(conn, Some(id), first_day.and_time(NaiveTime::MIN).and_utc()).await?;
    let on = |day| spent.iter().find(|(of, _)| *of == day).map_or(Money::ZERO, |(_, cost)| *cost);
    let days = first_day.iter_days().take_while(|day| *day <= today).map(|day| (day, on(day))).collect();
    let spending = record.spending(today)?;
    Ok((record.config, AiOverview { config: AiConfigState::None, spending, ledger, days }))
}

/// What of a stored configuration may be shown.
pub(super) async fn state_of(cx: &RequestCx, id: TenantId, stored: Option<&str>) -> AiConfigState {
    match (stored, opened(cx, id, stored).await) {
        (None, _) => AiConfigState::None,
        (Some(_), Some(config)) => AiConfigState::Some(config.view()),
        (Some(_), None) => AiConfigState::Unreadable,
    }
}

/// Asks the configured service something and says how that went, in a sentence.
pub(super) async fn config_test(cx: &RequestCx, id: TenantId, stored: Option<&str>) -> Result<String> {
    if let Some(retry_after) = cx.services.redis.window_count(SiteKey::Tenant(id), "ai_test", TESTS_PER_MINUTE, 60).await? {
        return Err(AppError::RateLimited { retry_after }.into());
    }
    let Some(config) = opened(cx, id, stored).await else {
        return Err(AppError::conflict(Code::AiUnreadable, "", "The stored configuration cannot be decrypted. Enter it again.").into());
    };
    cx.turn_end();
    let begun = std::time::Instant::now();
    match protocol::ask(cx.services.ai.of(config.by_company), &config).await {
        Ok(Answered { model, tokens: (sent, received) }) => {
            let name = if model.is_empty() { config.model } else { model };
            Ok(format!("{name} answered after {} ms, with {sent} tokens sent and {received} received", begun.elapsed().as_millis()))
        }
        Err(sentence) => Err(AppError::conflict(Code::AiServiceFailed, "", sentence).into()),
    }
}
