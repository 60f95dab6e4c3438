//! `oneo verify`: proof that what must hold does hold.

use super::{
    say,
    start::{CliError, operator, started},
};
use std::process::ExitCode;

/// What is checked.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// That no line of an audit log was changed, removed or put in afterwards
    Audit {
        /// One company's log alone, by its short name
        #[arg(long)]
        tenant: Option<String>,
    },
}

pub(super) async fn verify(command: Command) -> Result<ExitCode, CliError> {
    let _absent = dotenvy::dotenv();
    let Command::Audit { tenant } = command;
    let started = started().await?;
    let cx = operator(&started.services);
    let checked = services::audit::audit_verify(&cx, tenant.as_deref()).await;
    let mut code = ExitCode::SUCCESS;
    for log in cx.answer(checked).await? {
        match log.verified.broken {
            None => say(&format!("{:<32} {} lines, unbroken", log.log, log.verified.lines)),
            Some((line, why)) => {
                code = ExitCode::FAILURE;
                say(&format!("{:<32} BROKEN at line {line}: {why}", log.log));
            }
        }
    }
    Ok(code)
}
