//! What is left for one reader: messages of signed-in people, ways into a new company. It comes here sealed; Redis
//! never sees what it says.

use crate::{CacheResult, Redis};
use domain::SiteKey;
use redis::cmd;

/// A kind of thing that is fetched once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OneTime {
    /// A message for the next page, kept for 60 seconds.
    Flash,
    /// A way in without a password, kept for 60 seconds (ASVS 5.0, 6.6.2: at most 10 minutes).
    Enter,
}

impl OneTime {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Flash => "flash",
            Self::Enter => "enter",
        }
    }

    const fn seconds(self) -> u64 {
        match self {
            Self::Flash | Self::Enter => 60,
        }
    }
}

impl Redis {
    /// Leaves something until its time is over.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer.
    pub async fn one_time_put(&self, site: SiteKey, kind: OneTime, name: &str, sealed: &str) -> CacheResult<()> {
        let key = self.keys.key(site, kind.as_str(), name);
        self.query(cmd("SET").arg(key.as_str()).arg(sealed).arg("EX").arg(kind.seconds())).await
    }

    /// Whether it is still there.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer.
    pub async fn one_time_has(&self, site: SiteKey, kind: OneTime, name: &str) -> CacheResult<bool> {
        self.query(cmd("EXISTS").arg(self.keys.key(site, kind.as_str(), name).as_str())).await
    }

    /// Takes it away; a second time there is nothing.
    ///
    /// # Errors
    /// [`CacheError::Unavailable`](crate::CacheError::Unavailable) when Redis does not answer.
    pub async fn one_time_take(&self, site: SiteKey, kind: OneTime, name: &str) -> CacheResult<Option<String>> {
        self.query(cmd("GETDEL").arg(self.keys.key(site, kind.as_str(), name).as_str())).await
    }
}
