//! The names of keys: `oneo:<installation>:{<site>}:<kind>:<name>`.
//! The part in braces is the hash tag of Redis Cluster, so all keys of one tenant live together.

use domain::SiteKey;
use std::sync::Arc;

/// The keys of one installation; several may share a Redis.
#[derive(Clone, Debug)]
pub struct KeySpace {
    prefix: Arc<str>,
}

/// The name of one key. There is no way to make one without a site.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl KeySpace {
    /// The keys of that installation.
    #[must_use]
    pub fn new(installation: &str) -> Self {
        Self { prefix: Arc::from(format!("oneo:{installation}")) }
    }

    /// The key of that kind and name that belongs to `site`.
    #[must_use]
    pub fn key(&self, site: SiteKey, kind: &str, name: &str) -> Key {
        Key(format!("{}:{{{site}}}:{kind}:{name}", self.prefix))
    }

    /// What `SCAN` finds all keys of a site by.
    pub(crate) fn pattern(&self, site: SiteKey) -> String {
        format!("{}:{{{site}}}:*", self.prefix)
    }

    /// What `SCAN` finds all keys of this installation by.
    pub(crate) fn pattern_all(&self) -> String {
        format!("{}:*", self.prefix)
    }

    /// The channel on which processes publish what changed.
    #[must_use]
    pub fn channel(&self) -> String {
        format!("{}:invalidate", self.prefix)
    }
}

impl Key {
    /// The name as Redis knows it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::TenantId;

    #[test]
    fn keys_say_whose_they_are() {
        let space = KeySpace::new("k3x9a2pq");
        assert_eq!(space.key(SiteKey::Tenant(TenantId(17)), "cache", "settings").as_str(), "oneo:k3x9a2pq:{t17}:cache:settings");
        assert_eq!(space.key(SiteKey::Platform, "session", "ab").as_str(), "oneo:k3x9a2pq:{p}:session:ab");
        // Tenant 1 with name `7:x` is not tenant 17.
        assert_ne!(space.key(SiteKey::Tenant(TenantId(1)), "c", "7:x"), space.key(SiteKey::Tenant(TenantId(17)), "c", "x"));
    }
}
