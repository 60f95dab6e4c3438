//! Configuration from the environment: one typed section per file, checked at start.

mod database;
mod log;
mod mail;
mod secrets;
mod web;

pub use database::DatabaseConfig;
pub use log::{LogConfig, LogFormat};
pub use mail::{MailConfig, MailWay};
pub use secrets::secret_keys;
pub use web::WebConfig;

use secrecy::SecretString;

/// Everything the server can be told.
#[derive(Clone, Debug)]
pub struct Config {
    /// PostgreSQL.
    pub database: DatabaseConfig,
    /// Redis.
    pub redis_url: SecretString,
    /// `SECRET_KEYS`, newest first.
    pub secret_keys: Vec<SecretString>,
    /// Hosts, addresses and proxies.
    pub web: WebConfig,
    /// How e-mails are sent.
    pub mail: MailConfig,
    /// What is logged.
    pub log: LogConfig,
    /// The folder of uploads, results and dumps, the same for every process of the installation.
    pub files: std::path::PathBuf,
}

/// Where variables come from: the environment, or a test.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Everything that is wrong with the configuration, at once.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is not complete:\n{}", .0.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// A variable of the process's environment; an empty one counts as not set.
#[must_use]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

impl Config {
    /// Reads and checks every variable.
    ///
    /// # Errors
    /// [`ConfigError`] with a line for each variable that is missing or invalid.
    pub fn read(get: Lookup<'_>) -> Result<Self, ConfigError> {
        let mut errors = Vec::new();
        let database = DatabaseConfig::read(get, &mut errors);
        let redis_url = SecretString::from(get("REDIS_URL").unwrap_or_else(|| "redis://127.0.0.1:6379/1".to_owned()));
        let secret_keys = secret_keys(get, &mut errors);
        let web = WebConfig::read(get, &mut errors);
        let log = LogConfig::read(get, web.as_ref().is_some_and(WebConfig::is_local), &mut errors);
        let mail = MailConfig::read(get, web.as_ref(), &mut errors);
        let files = get("FILES_PATH").unwrap_or_else(|| "data/files".to_owned()).into();
        match (database, web, log) {
            (Some(database), Some(web), Some(log)) if errors.is_empty() => {
                Ok(Self { database, redis_url, secret_keys, web, mail, log, files })
            }
            _ => Err(ConfigError(errors)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let find = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Config::read(&find)
    }

    const KEY: (&str, &str) = ("SECRET_KEYS", "0123456789abcdef0123456789abcdef");

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let message = read(&[("ONEO_PUBLIC_URL", "http://oneo.example"), ("DEBUG", "perhaps")]).unwrap_err().to_string();
        for part in ["SECRET_KEYS", "ONEO_PUBLIC_URL", "DEBUG"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn plain_http_and_debug_stay_on_localhost() {
        assert!(read(&[KEY, ("ONEO_PUBLIC_URL", "http://localhost:8000"), ("DEBUG", "true")]).is_ok());
        let public = read(&[KEY, ("ONEO_PUBLIC_URL", "https://oneo.example"), ("ALLOWED_HOSTS", "oneo.example"), ("DEBUG", "true")]);
        assert!(public.unwrap_err().to_string().contains("DEBUG"));
        assert!(read(&[KEY, ("ONEO_PUBLIC_URL", "https://oneo.example"), ("ALLOWED_HOSTS", "oneo.example")]).is_ok());
    }

    #[test]
    fn wildcard_origins_are_refused() {
        let message = read(&[KEY, ("ONEO_PUBLIC_URL", "http://localhost:8000"), ("CORS_ALLOWED_ORIGINS", "*")]).unwrap_err().to_string();
        assert!(message.contains("CORS_ALLOWED_ORIGINS"));
    }

    /// `.env.example` is the documentation of every variable.
    #[test]
    fn every_variable_is_documented() {
        let documented = include_str!("../.env.example");
        let sources = [
            include_str!("config.rs"),
            include_str!("config/database.rs"),
            include_str!("config/log.rs"),
            include_str!("config/mail.rs"),
            include_str!("config/secrets.rs"),
            include_str!("config/web.rs"),
        ];
        for source in sources {
            for name in source.split("get(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(documented.contains(&format!("{name}=")), "{name} is missing in .env.example");
            }
        }
    }
}
