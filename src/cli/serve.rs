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
    let address = config.web.listen;
    run(&config, services, || tracing::info!(%address, "serving")).await
}
