//! Where PostgreSQL is.

use super::Lookup;
use db::DbConfig;
use secrecy::SecretString;

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// As `oneo_app`.
    pub app_url: SecretString,
    /// As `oneo_owner`, for provisioning and migrations.
    pub owner_url: Option<SecretString>,
    /// Connections for requests.
    pub connections: u32,
}

impl DatabaseConfig {
    pub(super) fn read(get: Lookup<'_>, errors: &mut Vec<String>) -> Option<Self> {
        let app_url = match get("DATABASE_URL") {
            Some(url) => url,
            None => assembled(get)?,
        };
        for (name, url) in [("DATABASE_URL", Some(app_url.as_str())), ("DATABASE_OWNER_URL", get("DATABASE_OWNER_URL").as_deref())] {
            if let Some(Err(error)) = url.map(url::Url::parse) {
                errors.push(format!("{name} is not a URL: {error}"));
            }
        }
        let connections = get("DATABASE_CONNECTIONS").map_or(Ok(8), |text| text.parse::<u32>());
        let connections = connections.ok().filter(|count| (1..=200).contains(count));
        if connections.is_none() {
            errors.push("DATABASE_CONNECTIONS is not a number from 1 to 200".to_owned());
        }
        Some(Self {
            app_url: SecretString::from(app_url),
            owner_url: get("DATABASE_OWNER_URL").map(SecretString::from),
            connections: connections?,
        })
    }

    /// What the pools need.
    #[must_use]
    pub fn pools(&self, log_statements: bool) -> DbConfig {
        DbConfig {
            app_url: self.app_url.clone(),
            owner_url: self.owner_url.clone(),
            app_connections: self.connections,
            owner_connections: 4,
            log_statements,
        }
    }
}

/// A URL made of the single variables.
fn assembled(get: Lookup<'_>) -> Option<String> {
    let mut url = url::Url::parse("postgresql://localhost").ok()?;
    url.set_host(Some(&get("DB_HOST").unwrap_or_else(|| "localhost".to_owned()))).ok()?;
    url.set_port(get("DB_PORT").and_then(|port| port.parse().ok()).or(Some(5432))).ok()?;
    url.set_username(&get("DB_USER").unwrap_or_else(|| "postgres".to_owned())).ok()?;
    url.set_password(get("DB_PASSWORD").as_deref()).ok()?;
    url.set_path(&get("DB_NAME").unwrap_or_else(|| "oneo_crm".to_owned()));
    Some(url.to_string())
}
