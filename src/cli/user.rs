//! `oneo user`: people of companies.

use super::{
    say,
    start::{CliError, operator, started},
};
use domain::TenantId;
use services::{
    people::{user_find, user_find_in},
    tenants::tenant_user_mfa_reset,
};

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
    let email = match command {
        Command::Find { email } => email,
        Command::ResetMfa { slug, email } => {
            let hit = user_find_in(&cx, &slug, &email).await;
            let reset = tenant_user_mfa_reset(&cx, &slug, cx.answer(hit).await?.id).await;
            say(&format!("{} signs in without a second factor now", cx.answer(reset).await?));
            return Ok(());
        }
    };
    let mut from = TenantId(0);
    say(&format!("{:<24} {:>12} {:<32} {:<16} {:<8}", "SLUG", "USER", "NAME", "ROLE", "STATUS"));
    loop {
        let found = user_find(&cx, &email, from).await;
        let found = cx.answer(found).await?;
        for hit in &found.hits {
            let status = if hit.is_active { "active" } else { "inactive" };
            say(&format!("{:<24} {:>12} {:<32} {:<16} {status:<8}", hit.slug, hit.id.0, hit.name, hit.role));
        }
        match found.next {
            Some(next) => from = next,
            None => {
                say(&found.reach());
                return Ok(());
            }
        }
    }
}
