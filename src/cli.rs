//! The command line: one file per command.

mod admin;
mod ai;
mod ask;
mod dev;
mod domain;
mod migrate;
mod output;
mod run;
mod secrets;
mod serve;
mod settings;
mod start;
mod tenant;
mod transfer;
mod user;
mod verify;
mod with_services;

use self::output::print_error;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Oneo: a CRM for many companies, each in its own PostgreSQL schema and on its own domain.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve for development: private PostgreSQL and Redis unless configured, two companies to look at
    Dev(dev::Args),
    /// Serve, as configured by the environment (see .env.example)
    Serve,
    /// Bring the platform and every company up to date
    Migrate,
    /// Companies
    #[command(subcommand)]
    Tenant(tenant::Command),
    /// People of companies
    #[command(subcommand)]
    User(user::Command),
    /// Platform admins
    #[command(subcommand)]
    Admin(admin::Command),
    /// Secrets that are kept in the database
    #[command(subcommand)]
    Secrets(secrets::Command),
    /// Prove that what must hold does hold
    #[command(subcommand)]
    Verify(verify::Command),
    /// Run a command with throwaway PostgreSQL and Redis (for the tests)
    #[command(hide = true)]
    WithServices(with_services::Args),
}

/// Runs a command to its end.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Dev(args) => dev::dev(args).await.map(|()| ExitCode::SUCCESS),
            Command::Serve => serve::serve().await.map(|()| ExitCode::SUCCESS),
            Command::Migrate => migrate::migrate().await,
            Command::Tenant(command) => Box::pin(tenant::tenant(command)).await.map(|()| ExitCode::SUCCESS),
            Command::User(command) => Box::pin(user::user(command)).await.map(|()| ExitCode::SUCCESS),
            Command::Admin(command) => admin::admin(command).await.map(|()| ExitCode::SUCCESS),
            Command::Secrets(command) => secrets::secrets(command).await,
            Command::Verify(command) => verify::verify(command).await,
            Command::WithServices(args) => with_services::with_services(args).await,
        }
    });
    // A blocking read of the terminal must not keep the process.
    runtime.shutdown_background();
    done.unwrap_or_else(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    print_error(&format!("oneo: {error}"));
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn verify_cli() {
        super::Cli::command().debug_assert();
    }
}
