//! `oneo user`: people of companies.

use super::{
    say,
    start::{CliError, operator, started},
};
use services::{people::user_find, tenants::tenant_user_mfa_reset};

/// Commands on people.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Find out in which companies an address is known
    Find {
        /// The e-mail address
        email: String,
    },
    /// Take the second factor of somebody of a company away who has lost it
    ResetMfa {
        /// The company's short name
        slug: String,
        /// The e-mail address
        email: String,
    },
}

pub(super) async fn user(command: Command) -> Result<(), CliError> {
    let _absent = dotenvy::dotenv();
    let started = started().await?;
    let cx = operator(&started.services);
    let (email, only) = match &command {
        Command::Find { email } => (email, None),
        Command::ResetMfa { slug, email } => (email, Some(slug)),
    };
    let found = user_find(&cx, email).await;
    let found = cx.answer(found).await?;
    if let Some(slug) = only {
        let hit = found.hits.iter().find(|hit| hit.slug == *slug);
        let hit = hit.ok_or_else(|| CliError::Other(format!("nobody of {slug} has this address")))?;
        let reset = tenant_user_mfa_reset(&cx, slug, hit.id).await;
        say(&format!("{} signs in without a second factor now", cx.answer(reset).await?));
        return Ok(());
    }
    say(&format!("{:<24} {:>12} {:<32} {:<16} {:<8}", "SLUG", "USER", "NAME", "ROLE", "STATUS"));
    for hit in &found.hits {
        let status = if hit.is_active { "active" } else { "inactive" };
        say(&format!("{:<24} {:>12} {:<32} {:<16} {status:<8}", hit.slug, hit.id.0, hit.name, hit.role));
    }
    say(&found.reach());
    Ok(())
}
