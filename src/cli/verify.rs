//! `oneo verify`: proof that what must hold does hold.

use super::{
    output::print_line,
    start::{CliError, operator, started},
};
use control::verify::{all_verify, isolation_verify, keep};
use domain::dto::platform::Verified;
use std::{path::PathBuf, process::ExitCode};

/// What is checked.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// That no line of an audit log was changed, removed or put in afterwards
    Audit {
        /// One company's log alone, by its short name
        #[arg(long)]
        tenant: Option<String>,
    },
    /// That companies are kept apart: schemas, roles, rights, references, counters, keys
    Isolation {
        /// Write what was found to this file, with the date
        #[arg(long)]
        report: Option<PathBuf>,
    },
    /// Both, kept for the console
    All {
        /// Write what was found to this file, with the date
        #[arg(long)]
        report: Option<PathBuf>,
    },
}

pub(super) async fn verify(command: Command) -> Result<ExitCode, CliError> {
    let _absent = dotenvy::dotenv();
    let started = started().await?;
    let cx = operator(&started.services);
    match command {
        Command::Audit { tenant } => {
            let checked = control::audit::audit_verify(&cx, tenant.as_deref()).await;
            let mut code = ExitCode::SUCCESS;
            for log in cx.answer(checked).await? {
                match log.verified.broken {
                    None => print_line(&format!("{:<32} {} lines, unbroken", log.log, log.verified.lines)),
                    Some((line, why)) => {
                        code = ExitCode::FAILURE;
                        print_line(&format!("{:<32} BROKEN at line {line}: {why}", log.log));
                    }
                }
            }
            Ok(code)
        }
        Command::Isolation { report } => {
            let verified = isolation_verify(&cx).await;
            message(&cx.answer(verified).await?, report)
        }
        Command::All { report } => {
            let verified = all_verify(&cx).await;
            let verified = cx.answer(verified).await?;
            let kept = keep(&cx, verified.clone()).await;
            cx.answer(kept).await?;
            message(&verified, report)
        }
    }
}

/// Says what was found, and writes the dated report.
fn message(verified: &Verified, report: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let mut text = format!("{} companies looked at on {}\n", verified.companies, verified.at.to_rfc3339());
    if let Some(lines) = verified.lines {
        text.push_str(&format!("{lines} lines of audit logs\n"));
    }
    for finding in &verified.findings {
        text.push_str(&format!("FOUND {finding}\n"));
    }
    text.push_str(if verified.findings.is_empty() { "all of it holds" } else { "not all of it holds" });
    print_line(&text);
    if let Some(file) = report {
        std::fs::write(&file, format!("{text}\n")).map_err(|error| CliError::Other(format!("{}: {error}", file.display())))?;
    }
    Ok(if verified.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
