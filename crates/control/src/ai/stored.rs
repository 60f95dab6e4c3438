//! A configuration as it is kept: sealed in the registry, its provider beside it in clear.

use domain::{SiteKey, TenantId, ai::AiProvider, dto::ai::AiConfigView};
use kernel::{Result, Services, keyring::SecretPlace};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// A configuration, opened.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub provider: AiProvider,
    pub model: String,
    pub base_url: String,
    pub key: SecretString,
    /// Whether a company's own people typed the address.
    pub by_company: bool,
}

/// What is sealed. The provider stands beside it in clear, bound by the seal.
#[derive(Serialize, Deserialize)]
struct Sealed {
    model: String,
    base_url: String,
    key: String,
    #[serde(default)]
    by_company: bool,
}

/// Where a company's configuration is kept.
fn place_of(id: TenantId, provider: &str) -> SecretPlace<'_> {
    SecretPlace { site: SiteKey::Tenant(id), kind: provider, row: id.0 }
}

/// The provider of a stored configuration, and its sealed part.
fn split(stored: &str) -> Option<(AiProvider, &str)> {
    let (provider, sealed) = stored.split_once(':')?;
    Some((AiProvider::parse(provider)?, sealed))
}

impl Config {
    pub(super) fn seal(&self, services: &Services, id: TenantId) -> Result<String> {
        let inside = Sealed {
            model: self.model.clone(),
            base_url: self.base_url.clone(),
            key: self.key.expose_secret().to_owned(),
            by_company: self.by_company,
        };
        let text = serde_json::to_string(&inside).map_err(|error| kernel::Error::Fault(error.to_string()))?;
        let provider = self.provider.as_str();
        let sealed = services.keyring.secret_seal(&*services.entropy, place_of(id, provider), &SecretString::from(text))?;
        Ok(format!("{provider}:{sealed}"))
    }

    pub(super) fn open(services: &Services, id: TenantId, stored: &str) -> Option<Self> {
        let (provider, sealed) = split(stored)?;
        let text = services.keyring.secret_open(place_of(id, provider.as_str()), sealed)?;
        let Sealed { model, base_url, key, by_company } = serde_json::from_str(text.expose_secret()).ok()?;
        Some(Self { provider, model, base_url, key: SecretString::from(key), by_company })
    }

    pub(super) fn view(&self) -> AiConfigView {
        let key: Vec<char> = self.key.expose_secret().chars().collect();
        let key_end = if key.len() > 8 { key.iter().skip(key.len() - 4).collect() } else { String::new() };
        AiConfigView { provider: self.provider, model: self.model.clone(), base_url: self.base_url.clone(), key_end }
    }
}

/// The configuration of one company sealed for another one; none when it cannot be opened here.
pub(crate) fn reseal(services: &Services, from: TenantId, to: TenantId, stored: &str) -> Result<Option<String>> {
    Config::open(services, from, stored).map(|config| config.seal(services, to)).transpose()
}
