//! `oneo admin`: the people who run the platform.

use super::{
    ask::{or_ask, password},
    output::print_line,
    start::{CliError, operator, started},
};
use control::admins::{AdminForm, admin_create, admin_id, admin_mfa_reset};
use secrecy::SecretString;

/// Commands on platform admins.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Create a platform admin, who signs in first by a one-time link
    Create {
        /// The address to sign in with
        #[arg(long)]
        email: Option<String>,
        /// First name
        #[arg(long)]
        first_name: Option<String>,
        /// Last name
        #[arg(long)]
        last_name: Option<String>,
        /// admin, or support, who only looks
        #[arg(long, default_value = "admin")]
        role: String,
        /// Read a password from the first line of the input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Take the second factor of an admin away who has lost it
    ResetMfa {
        /// The address to sign in with
        email: String,
    },
}

pub(super) async fn admin(command: Command) -> Result<(), CliError> {
    let _absent = dotenvy::dotenv();
    let (email, first_name, last_name, role, password_stdin) = match command {
        Command::Create { email, first_name, last_name, role, password_stdin } => (email, first_name, last_name, role, password_stdin),
        Command::ResetMfa { email } => return reset_mfa(&email).await,
    };
    let ask = email.is_none();
    let form = AdminForm {
        email: or_ask(email, "E-mail", "--email")?,
        first_name: or_ask(first_name, "First name", "--first-name")?,
        last_name: or_ask(last_name, "Last name", "--last-name")?,
        role,
        password: password(password_stdin, ask)?,
    };
    let started = started().await?;
    let cx = operator(&started.services);
    let created = admin_create(&cx, form.parse(), &SecretString::from("")).await;
    match cx.answer(created).await? {
        Some(link) => print_line(&format!("{} signs in first with this link, within {} hours:\n{}", link.label, link.hours, link.url)),
        None => print_line("created"),
    }
    Ok(())
}

async fn reset_mfa(email: &str) -> Result<(), CliError> {
    let started = started().await?;
    let cx = operator(&started.services);
    let found = admin_id(&cx, email).await;
    let reset = admin_mfa_reset(&cx, cx.answer(found).await?, &SecretString::from("")).await;
    print_line(&format!("{} can now sign in without a second factor", cx.answer(reset).await?));
    Ok(())
}
