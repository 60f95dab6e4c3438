//! `oneo with-services -- COMMAND`: throwaway PostgreSQL and Redis for the tests, gone when the command ends.

use super::start::CliError;
use crate::local_services::{Durability, LocalServices};
use secrecy::ExposeSecret;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// The least free bytes of a folder in memory that is used.
const MEMORY_MIN: u64 = 4 * 1024 * 1024 * 1024;

/// What to run.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true)]
    command: Vec<String>,
}

pub(super) async fn with_services(args: Args) -> Result<ExitCode, CliError> {
    let folder = scratch().join(format!("oneo-services-{}", std::process::id()));
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

/// Where what is thrown away is kept: in memory where the system has a folder for that and room in it, since tests make and drop
/// hundreds of databases.
fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let free = nix::sys::statvfs::statvfs(memory).map_or(0, |space| space.blocks_available().saturating_mul(space.fragment_size()));
    if free > MEMORY_MIN { memory.to_owned() } else { std::env::temp_dir() }
}
