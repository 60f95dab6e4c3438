//! One-shot messages of signed-in people. They come here sealed; Redis never sees what they say.

use crate::{CacheResult, Key, Redis};
use domain::SiteKey;
use redis::cmd;

/// Seconds until a message nobody fetched is gone.
const FLASH_SECONDS: u64 = 60;

impl Redis {
    fn flash_key(&self, site: SiteKey, name: &str) -> Key {
        self.keys.key(site, "flash", name)
    }

    /// Leaves a message for 60 seconds.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer.
    pub async fn flash_put(&self, site: SiteKey, name: &str, sealed: &str) -> CacheResult<()> {
        self.query(cmd("SET").arg(self.flash_key(site, name).as_str()).arg(sealed).arg("EX").arg(FLASH_SECONDS)).await
    }

    /// Takes a message away; a second time there is none.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer.
    pub async fn flash_take(&self, site: SiteKey, name: &str) -> CacheResult<Option<String>> {
        self.query(cmd("GETDEL").arg(self.flash_key(site, name).as_str())).await
    }
}
