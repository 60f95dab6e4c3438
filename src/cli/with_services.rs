//! `oneo with-services -- COMMAND`: throwaway PostgreSQL and Redis for the tests, gone when the command ends.

use super::start::CliError;
use crate::local_services::{Durability, LocalServices};
use secrecy::ExposeSecret;
use std::process::ExitCode;

/// What to run.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true)]
    command: Vec<String>,
}

pub(super) async fn with_services(args: Args) -> Result<ExitCode, CliError> {
    let folder = std::env::temp_dir().join(format!("oneo-services-{}", std::process::id()));
    let services = LocalServices::open(&folder, Durability::Throwaway).await?;
    let (program, rest) = args.command.split_first().ok_or_else(|| CliError::Other("a command is missing".to_owned()))?;
    let status = tokio::process::Command::new(program)
        .args(rest)
        .env("ONEO_TEST_DATABASE_URL", services.superuser_url("postgres").expose_secret())
        .env("ONEO_TEST_REDIS_URL", services.redis_url().expose_secret())
        .status()
        .await;
    drop(services);
    let _left = std::fs::remove_dir_all(&folder);
    let status = status.map_err(|error| CliError::Other(format!("{program}: {error}")))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
