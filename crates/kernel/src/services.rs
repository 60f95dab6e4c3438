//! Everything a use case works with; one for the whole process.

use crate::{
    clock::Clock, counters::Counters, dns::Dns, entropy::Entropy, field_uses::FieldUses, files::Files, hosts::HostTable, keyring::Keyring,
    mail::Mailer, outside::AiClient, passwords::PasswordHasher, totals::Totals, uploads::Uploads, usage::Usage,
};
use cache::{
    Redis,
    session::{SessionLimits, SiteSessions},
};
use chrono::{DateTime, Utc};
use db::Db;
use domain::{HostName, SiteKey};
use std::sync::Arc;

/// What the use cases need to know of the installation.
#[derive(Clone, Debug)]
pub struct ServicesConfig {
    /// Scheme, host and port of the platform.
    pub public_url: url::Url,
    /// The platform's own hosts.
    pub platform_hosts: Vec<HostName>,
    /// The host below which companies get their subdomains.
    pub base_domain: HostName,
    /// Days an archived company is kept before it may be purged.
    pub archive_grace_days: u32,
    /// The currency of what AI costs (ISO 4217).
    pub currency: Arc<str>,
    /// Whether companies may sign up by themselves.
    pub signup_open: bool,
    /// Whether error pages say what went wrong; on localhost only.
    pub debug: bool,
}

/// Everything a use case works with; one for the whole process.
pub struct Services {
    /// PostgreSQL.
    pub db: Db,
    /// Redis.
    pub redis: Redis,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// The secret keys.
    pub keyring: Keyring,
    /// Hashing of passwords.
    pub passwords: PasswordHasher,
    /// What is known of the installation.
    pub config: ServicesConfig,
    /// Which host leads where.
    pub hosts: HostTable,
    /// How many companies and users there are.
    pub totals: Totals,
    /// Looks names up.
    pub dns: Dns,
    /// Calls AI services.
    pub ai: AiClient,
    /// Sends emails.
    pub mail: Mailer,
    /// Uploads, results, dumps.
    pub files: Files,
    /// Files that come in at once.
    pub uploads: Uploads,
    /// Requests that were counted and not yet written.
    pub usage: Usage,
    /// Uses of fields that were counted and not yet written.
    pub field_uses: FieldUses,
    /// User counts that wait to be reported.
    pub counters: Counters,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Services {
    /// The time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Forgets what was kept in this process of what changed.
    pub fn forget(&self, change: &cache::Invalidation) {
        self.hosts.forget(change);
        self.totals.forget();
    }

    /// The sessions of one site, which last as long as `limits` say.
    #[must_use]
    pub fn sessions(&self, site: SiteKey, limits: SessionLimits) -> SiteSessions {
        SiteSessions::new(self.redis.clone(), site, limits, self.keyring.session_keys(), self.now().timestamp())
    }

    /// The address of a page on that host, with the scheme and port of the installation.
    #[must_use]
    pub fn url_on(&self, host: &str, path: &str) -> String {
        let base = &self.config.public_url;
        let port = base.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{host}{port}{path}", base.scheme())
    }
}
