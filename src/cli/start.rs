//! What every command needs before it can work: configuration, services, the use cases.

use crate::{
    config::{Config, ConfigError, environment},
    local_services::{Durability, LocalError, LocalServices},
};
use cache::Redis;
use db::{Db, DbError};
use domain::AppError;
use kernel::{OsEntropy, RequestCx, Services, ServicesConfig, SystemClock, keyring::Keyring, passwords::PasswordHasher};
use secrecy::{ExposeSecret, SecretString};
use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    sync::Arc,
};
use tracing_subscriber::EnvFilter;

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The private services.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// PostgreSQL.
    #[error("{0}")]
    Db(#[from] DbError),
    /// Redis.
    #[error("{0}")]
    Cache(#[from] cache::CacheError),
    /// A use case refused.
    #[error("{}", message(.0))]
    App(#[from] AppError),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

fn message(error: &AppError) -> String {
    match error {
        AppError::Validation(errors) | AppError::Conflict(errors) => errors
            .0
            .iter()
            .map(|error| {
                if error.field.is_empty() { error.message.clone() } else { format!("{}: {}", error.field.replace('_', "-"), error.message) }
            })
            .collect::<Vec<_>>()
            .join("\n      "),
        other => other.to_string(),
    }
}

/// The folder of a development installation.
pub const DATA: &str = "data";

/// Everything started; private services stop with it.
pub struct Started {
    /// The use cases.
    pub services: Arc<Services>,
    /// The private services, if they are used: kept until the command ends.
    _local: Option<LocalServices>,
}

/// Whether the environment names no database and no Redis, so that the private ones are meant.
pub fn is_local() -> bool {
    let named = ["DATABASE_URL", "DB_NAME", "DB_HOST", "REDIS_URL"].iter().any(|name| environment(name).is_some());
    !named
}

/// The private services of this folder.
///
/// # Errors
/// [`CliError::Local`] when they cannot be had.
pub async fn open_local() -> Result<LocalServices, CliError> {
    Ok(LocalServices::open(Path::new(DATA), Durability::Durable).await?)
}

/// Reads the environment; with private services, what it does not say is filled in for development.
///
/// # Errors
/// [`CliError::Config`] with everything that is missing or invalid.
pub fn read_config(local: Option<&LocalServices>) -> Result<Config, CliError> {
    let Some(local) = local else { return Ok(Config::read(&environment)?) };
    let filled = |name: &str| {
        environment(name).or_else(|| match name {
            "DATABASE_URL" => Some(local.app_url().expose_secret().to_owned()),
            "DATABASE_OWNER_URL" => Some(local.owner_url().expose_secret().to_owned()),
            "REDIS_URL" => Some(local.redis_url().expose_secret().to_owned()),
            "SECRET_KEYS" => Some(local.secrets().secret_key.expose_secret().to_owned()),
            "ONEO_PUBLIC_URL" => Some("http://localhost:8000".to_owned()),
            "SIGNUP" => Some("open".to_owned()),
            "MAIL" => Some(format!("file:{DATA}/mail")),
            _ => None,
        })
    };
    Ok(Config::read(&filled)?)
}

/// Libraries that write the values of statements and the bytes of connections once they are asked for more: whatever is
/// configured, they stay at what they find worth telling.
const QUIET: [&str; 8] = [
    "tokio_postgres=info",
    "postgres_protocol=info",
    "hyper=info",
    "hyper_util=info",
    "reqwest=info",
    "rustls=info",
    "lettre=info",
    "hickory_proto=info",
];

/// Begins to log as configured; a second call changes nothing.
pub fn log_start(config: &Config) {
    let mut filter = EnvFilter::try_new(&config.log.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    for quiet in QUIET {
        filter = filter.add_directive(quiet.parse().unwrap_or_default());
    }
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let _already = match config.log.format {
        crate::config::LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
        crate::config::LogFormat::Text => subscriber.with_target(false).compact().try_init(),
    };
}

/// Brings the platform up to date and gives the use cases.
///
/// # Errors
/// When PostgreSQL or Redis cannot be used.
pub async fn start(config: &Config, migrate_platform: bool) -> Result<Arc<Services>, CliError> {
    if let (true, Some(owner)) = (migrate_platform, &config.database.owner_url) {
        db::migrate::platform_migrate(owner, config.log.debug).await?;
    }
    let db = Db::connect(&config.database.pools(config.log.debug)).await?;
    let redis = Redis::connect(&config.redis_url, db.installation()).await?;
    services_new(db, redis, &config.secret_keys, config)
}

fn services_new(db: Db, redis: Redis, keys: &[SecretString], config: &Config) -> Result<Arc<Services>, CliError> {
    let entropy = Arc::new(OsEntropy);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let fault = |error: &dyn std::fmt::Display| CliError::Other(error.to_string());
    Ok(Arc::new(Services {
        db,
        redis,
        clock: Arc::new(SystemClock),
        entropy: entropy.clone(),
        keyring: Keyring::new(keys).map_err(|error| fault(&error))?,
        passwords: PasswordHasher::new(cores, entropy).map_err(|error| fault(&error))?,
        config: ServicesConfig {
            public_url: config.web.public_url.clone(),
            platform_hosts: config.web.allowed_hosts.clone(),
            base_domain: config.web.base_domain.clone(),
            archive_grace_days: config.web.archive_grace_days,
            currency: Arc::from(config.web.currency.as_str()),
            signup_open: config.web.signup_open,
            debug: config.log.debug,
        },
        dns: kernel::dns::Dns::new(&config.web.dns_resolvers).map_err(|error| CliError::Other(error.to_string()))?,
        ai: kernel::outside::AiClient::new(config.web.ai_private_addresses),
        mail: config.mail.mailer().map_err(|error| fault(&error))?,
        files: kernel::files::Files::local(&config.files).map_err(|error| CliError::Other(format!("FILES_PATH: {error}")))?,
        hosts: kernel::hosts::HostTable::default(),
        totals: kernel::totals::Totals::default(),
        usage: kernel::usage::Usage::default(),
        field_uses: kernel::field_uses::FieldUses::default(),
        uploads: kernel::uploads::Uploads::default(),
        counters: kernel::counters::Counters::default(),
    }))
}

/// Starts what a command that works and ends needs.
///
/// # Errors
/// As [`start`] and [`open_local`].
pub async fn started() -> Result<Started, CliError> {
    let local = if is_local() { Some(open_local().await?) } else { None };
    if let Some(local) = &local {
        local.bootstrap().await?;
    }
    let config = read_config(local.as_ref())?;
    let services = start(&config, local.is_some()).await?;
    Ok(Started { services, _local: local })
}

/// The operator at this terminal.
#[must_use]
pub fn operator(services: &Arc<Services>) -> RequestCx {
    RequestCx::operator(Arc::clone(services), &operator_name())
}

/// The operator at this terminal, in a company, with the command.
///
/// # Errors
/// When there is no such company, or it is out of order.
pub async fn operator_in(services: &Arc<Services>, slug: &str, what: &str) -> Result<RequestCx, CliError> {
    let platform = operator(services);
    let found = control::operate::operator_in(&platform, slug, &operator_name(), what).await;
    Ok(platform.answer(found).await?)
}

fn operator_name() -> String {
    nix::unistd::User::from_uid(nix::unistd::Uid::current()).ok().flatten().map_or_else(|| "unknown".to_owned(), |user| user.name)
}

/// Where the built site lies: message, or beside the binary. Names of its files hold hashes where the site says which.
#[must_use]
pub fn leptos_options() -> leptos::config::LeptosOptions {
    let mut options = leptos::config::get_config_from_str(include_str!("../../Leptos.toml"))
        .unwrap_or_else(|_| leptos::config::LeptosOptions::builder().output_name("oneo").build());
    let folder = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf)).unwrap_or_default();
    let message = environment("LEPTOS_SITE_ROOT").map(PathBuf::from);
    let beside = [folder.join("site"), folder.join("../site")].into_iter().find(|path| path.is_dir());
    let root = message.or(beside).unwrap_or_else(|| PathBuf::from(&*options.site_root));
    let hashes = root.canonicalize().unwrap_or_else(|_| root.clone()).with_extension("hash.txt");
    options.hash_files = hashes.is_file();
    options.hash_file = Arc::from(hashes.to_string_lossy());
    options.site_root = Arc::from(root.to_string_lossy());
    options
}
