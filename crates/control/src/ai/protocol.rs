//! The protocols of the providers, as far as a connection is tested: the shortest question there is.

use super::stored::Config;
use domain::ai::AiProvider;
use kernel::outside::AiClient;
use reqwest::{RequestBuilder, StatusCode, Url};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// The version of Anthropic's protocol that is spoken.
const ANTHROPIC_VERSION: &str = "2023-06-01";
/// The most characters of a service's own words that are passed on.
const WORDS_MAX: usize = 200;

/// What a service that answered said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    /// The model that answered.
    pub model: String,
    /// Tokens sent and received.
    pub tokens: (i64, i64),
}

/// Asks the configured service something, in its own protocol.
///
/// # Errors
/// A sentence that says what to mend.
pub(super) async fn ask(client: &AiClient, config: &Config) -> Result<Answered, String> {
    let request = request(client, config)?;
    let (status, body) = client.send(request).await?;
    let value: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    if status.is_success() {
        return answered(config, &value)
            .ok_or_else(|| format!("Something answered there, but not in the protocol of {}", config.provider.label()));
    }
    Err(refused(config, status, &value))
}

fn request(client: &AiClient, config: &Config) -> Result<RequestBuilder, String> {
    let base = match (config.base_url.as_str(), config.provider.base_url()) {
        ("", Some(own)) => own,
        (typed, _) => typed,
    };
    let base = Url::parse(base).map_err(|_| "The address of the service cannot be read".to_owned())?;
    let key = config.key.expose_secret();
    let question = json!([{ "role": "user", "content": "Answer with: ok" }]);
    Ok(match config.provider {
        AiProvider::Anthropic => client
            .post(&base, "v1/messages")?
            .header("x-api-key", key)
            .header("anthropic-version", ANTHROPIC_VERSION)
            .json(&json!({ "model": config.model, "max_tokens": 16, "messages": question })),
        AiProvider::Openai => client
            .post(&base, "chat/completions")?
            .bearer_auth(key)
            .json(&json!({ "model": config.model, "max_completion_tokens": 16, "messages": question })),
        // Servers that copy the protocol know the older name of the limit.
        AiProvider::OpenaiCompatible => client
            .post(&base, "chat/completions")?
            .bearer_auth(key)
            .json(&json!({ "model": config.model, "max_tokens": 16, "messages": question })),
    })
}

fn answered(config: &Config, value: &Value) -> Option<Answered> {
    let number = |name: &str| value.pointer(name).and_then(Value::as_i64).unwrap_or(0);
    let tokens = match config.provider {
        AiProvider::Anthropic => {
            value.get("content")?.as_array()?;
            (number("/usage/input_tokens"), number("/usage/output_tokens"))
        }
        AiProvider::Openai | AiProvider::OpenaiCompatible => {
            value.get("choices")?.as_array()?;
            (number("/usage/prompt_tokens"), number("/usage/completion_tokens"))
        }
    };
    let model = value.get("model").and_then(Value::as_str).unwrap_or_default();
    Some(Answered { model: plain(config, model), tokens })
}

/// Why the service refused, in a sentence, with its own words behind it.
fn refused(config: &Config, status: StatusCode, value: &Value) -> String {
    let sentence = match status.as_u16() {
        401 | 403 => "The service refuses the key".to_owned(),
        404 => "The service does not know this model, or the address leads elsewhere".to_owned(),
        429 => "The service takes no more for now: too many requests, or its credit is used up".to_owned(),
        300..=399 => "The address leads on to another one; enter the final one".to_owned(),
        code => format!("The service answers with status {code}"),
    };
    // Both protocols say it in the same place.
    let words = plain(config, value.pointer("/error/message").and_then(Value::as_str).unwrap_or_default());
    if words.is_empty() { sentence } else { format!("{sentence}. It says: {words}") }
}

/// A service's own words, short and without the key, which it could send back. The key goes first: cut through, it would
/// not be found.
fn plain(config: &Config, text: &str) -> String {
    text.replace(config.key.expose_secret(), "…").chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect()
}
