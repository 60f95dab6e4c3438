//! `oneo serve`: as configured, without any default data.

use super::{
    run::run,
    start::{CliError, log_start, read_config, start},
};

/// Serves until told to stop.
///
/// # Errors
/// When the configuration is not complete, a service cannot be used or the address is taken.
pub(super) async fn serve() -> Result<(), CliError> {
    let _absent = dotenvy::dotenv();
    let config = read_config(None)?;
    log_start(&config);
    let services = start(&config, false).await?;
    if !services.redis.is_durable().await? {
        let lost = "Redis keeps nothing over a restart, and failed sign-ins would be forgotten: set `appendonly yes`";
        if config.web.public_url.scheme() == "https" {
            return Err(CliError::Other(lost.to_owned()));
        }
        tracing::warn!("{lost}");
    }
    let address = config.web.listen;
    run(&config, services, || tracing::info!(%address, "serving")).await
}
