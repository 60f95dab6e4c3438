//! `oneo user`: people of companies.

use super::{
    say,
    start::{CliError, operator, started},
};
use services::people::user_find;

/// Commands on people.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Find out in which companies an address is known
    Find {
        /// The e-mail address
        email: String,
    },
}

pub(super) async fn user(command: Command) -> Result<(), CliError> {
    let _absent = dotenvy::dotenv();
    let Command::Find { email } = command;
    let started = started().await?;
    let cx = operator(&started.services);
    let found = user_find(&cx, &email).await;
    let found = cx.answer(found).await?;
    say(&format!("{:<24} {:>12} {:<32} {:<16} {:<8}", "SLUG", "USER", "NAME", "ROLE", "STATUS"));
    for hit in &found.hits {
        let status = if hit.is_active { "active" } else { "inactive" };
        say(&format!("{:<24} {:>12} {:<32} {:<16} {status:<8}", hit.slug, hit.id.0, hit.name, hit.role));
    }
    say(&found.reach());
    Ok(())
}
