//! One-shot messages between a request and the next page: sealed, in Redis for those signed in, else in a cookie.

use crate::{RequestCx, Result, entropy::random_name, tokens::token_hash};
use cache::OneTime;
use domain::Flash;

/// The most bytes of a cookie that holds a message (RFC 6265 6.1 promises 4096 for a whole cookie).
pub const COOKIE_BYTES_MAX: usize = 2048;

impl RequestCx {
    fn flash_context(&self, name: &str) -> String {
        format!("{} {name}", self.site.key())
    }

    /// Puts a message away and gives the value of the cookie that finds it again.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn flash_put(&self, flash: &Flash) -> Result<Option<String>> {
        let text = serde_json::to_string(flash).unwrap_or_default();
        let entropy = &*self.services.entropy;
        if self.auth.is_none() {
            let sealed = self.services.keyring.seal(entropy, &self.flash_context("cookie"), &text);
            return Ok(sealed.map(|sealed| format!("c.{sealed}")).filter(|value| value.len() <= COOKIE_BYTES_MAX));
        }
        let name = random_name::<16>(entropy);
        let Some(sealed) = self.services.keyring.seal(entropy, &self.flash_context(&name), &text) else { return Ok(None) };
        self.services.redis.one_time_put(self.site.key(), OneTime::Flash, &hex::encode(token_hash(&name)), &sealed).await?;
        Ok(Some(format!("r.{name}")))
    }

    /// Takes the message a cookie leads to; one that cannot be read is none.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn flash_take(&self, cookie: &str) -> Result<Option<Flash>> {
        let opened = if let Some(sealed) = cookie.strip_prefix("c.") {
            self.services.keyring.open(&self.flash_context("cookie"), sealed)
        } else if let Some(name) = cookie.strip_prefix("r.").filter(|name| name.len() == 32 && name.chars().all(|c| c.is_ascii_hexdigit()))
        {
            let sealed = self.services.redis.one_time_take(self.site.key(), OneTime::Flash, &hex::encode(token_hash(name))).await?;
            sealed.and_then(|sealed| self.services.keyring.open(&self.flash_context(name), &sealed))
        } else {
            None
        };
        Ok(opened.and_then(|text| serde_json::from_str(&text).ok()))
    }
}
