//! Use cases: authorize, validate, query, audit, in one transaction. The pages and the command line both come here,
//! so there is one place for each rule.

pub mod account;
pub mod actor;
pub mod admins;
pub mod ai;
pub mod audit;
pub mod auth;
pub mod clock;
pub mod counters;
pub mod cx;
pub mod dashboard;
pub mod demo;
pub mod domains;
pub mod entropy;
pub mod error;
pub mod failpoint;
pub mod files;
pub mod flash;
pub mod jobs;
pub mod keyring;
pub mod mail;
pub mod onboarding;
pub mod passwords;
pub mod picture;
pub mod retention;
pub mod roles;
pub mod secrets;
pub mod sessions;
pub mod settings;
pub mod signup;
pub mod sites;
pub mod tenants;
pub mod tokens;
pub mod totals;
pub mod transfer;
pub mod usage;
pub mod user_lookup;
pub mod users;
pub mod verify;

pub use clock::{Clock, SystemClock};
pub use cx::{RequestCx, RequestInfo};
pub use entropy::{Entropy, OsEntropy};
pub use error::{Error, Parsed, Result};
pub use sites::{Site, TenantSite};

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
    /// Whether companies may sign up by themselves.
    pub signup_open: bool,
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
    pub keyring: keyring::Keyring,
    /// Hashing of passwords.
    pub passwords: passwords::PasswordHasher,
    /// What is known of the installation.
    pub config: ServicesConfig,
    /// Which host leads where.
    pub hosts: sites::HostTable,
    /// How many companies and users there are.
    pub totals: totals::Totals,
    /// Looks names up.
    pub dns: domains::Dns,
    /// Calls AI services.
    pub ai: ai::AiClient,
    /// Sends emails.
    pub mail: mail::Mailer,
    /// Uploads, results, dumps.
    pub files: files::Files,
    /// Requests that were counted and not yet written.
    pub usage: usage::Usage,
    /// User counts that wait to be reported.
    pub counters: counters::Counters,
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
