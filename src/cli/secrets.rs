//! `oneo secrets`: secrets that are kept in the database.

use super::{
    output::{print_error, print_line},
    start::{CliError, operator, started},
};
use control::secrets::secrets_rotate;
use std::process::ExitCode;

/// Commands on secrets.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Seal every secret with the newest of SECRET_KEYS; afterwards the others can go
    Rotate,
}

pub(super) async fn secrets(command: Command) -> Result<ExitCode, CliError> {
    let _absent = dotenvy::dotenv();
    let Command::Rotate = command;
    let started = started().await?;
    let cx = operator(&started.services);
    let done = secrets_rotate(&cx).await;
    let done = cx.answer(done).await?;
    print_line(&format!("{} sealed anew, {} were already", done.rotated, done.current));
    for what in &done.unreadable {
        print_error(&format!("cannot be decrypted with any of SECRET_KEYS: {what}"));
    }
    Ok(if done.unreadable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
