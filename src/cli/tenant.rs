//! `oneo tenant`: companies.

use super::{
    ai,
    ask::{line, or_ask, password},
    domain,
    output::print_line,
    settings,
    start::{CliError, operator, started},
    transfer,
};
use control::tenants::{
    OwnerForm, TenantCreated, TenantForm, tenant_archive, tenant_create, tenant_delete, tenant_list_all, tenant_provision, tenant_restore,
    tenant_resume, tenant_suspend,
};
use identity::users::Handed;
use std::time::{Duration, Instant};

/// Commands on companies.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Create a company: registry row, schema, tables, roles and owner, in one transaction
    Create {
        /// The company's name
        name: Option<String>,
        /// One word for a subdomain, or a whole domain
        domain: Option<String>,
        /// The schema, instead of tenant_<slug>
        #[arg(long)]
        schema: Option<String>,
        /// The short name, instead of the first label of the domain
        #[arg(long)]
        slug: Option<String>,
        /// The most active users, instead of 100
        #[arg(long)]
        max_users: Option<String>,
        /// Register only; `oneo tenant provision` makes the schema later
        #[arg(long)]
        no_schema: bool,
        /// Vouch for a domain that is not below the platform's
        #[arg(long)]
        domain_verified: bool,
        #[command(flatten)]
        owner: OwnerArgs,
    },
    /// List all companies
    List,
    /// Show everything the console shows of a company at a glance
    Show {
        /// The company's short name
        slug: String,
    },
    /// Set name, limits, features or billing of a company
    Set(settings::Args),
    /// The domains of a company
    #[command(subcommand)]
    Domain(domain::Command),
    /// Delete a company; its schema stays as kept_<id> unless told otherwise
    Delete {
        /// The company's short name
        slug: String,
        /// Drop the schema with everything in it
        #[arg(long)]
        drop_schema: bool,
        /// The company's name, instead of being asked for it
        #[arg(long)]
        confirm_name: Option<String>,
    },
    /// Sign everybody of a company out and keep them out; its data stays
    Suspend {
        /// The company's short name
        slug: String,
    },
    /// Let the people of a suspended company in again
    Resume {
        /// The company's short name
        slug: String,
    },
    /// Hide a company; it can be restored
    Archive {
        /// The company's short name
        slug: String,
    },
    /// Take a company out of the archive
    Restore {
        /// The company's short name
        slug: String,
    },
    /// What a company may spend on AI, and with which service
    #[command(subcommand)]
    Ai(ai::Command),
    #[command(flatten)]
    Transfer(transfer::Command),
    /// Make the schema of a company that was registered without one
    Provision {
        /// The company's short name
        slug: String,
        #[command(flatten)]
        owner: OwnerArgs,
    },
}

/// The first owner.
#[derive(Debug, clap::Args)]
pub(super) struct OwnerArgs {
    /// The owner's address to sign in with
    #[arg(long)]
    owner_email: Option<String>,
    /// The owner's first name
    #[arg(long)]
    owner_first_name: Option<String>,
    /// The owner's last name
    #[arg(long)]
    owner_last_name: Option<String>,
    /// Read the owner's password from the first line of the input, instead of a one-time link
    #[arg(long)]
    owner_password_stdin: bool,
    /// E-mail the owner's one-time link instead of printing it
    #[arg(long, conflicts_with = "owner_password_stdin")]
    owner_mail: bool,
}

impl OwnerArgs {
    fn form(self) -> Result<OwnerForm, CliError> {
        let ask = self.owner_email.is_none();
        Ok(OwnerForm {
            owner_email: or_ask(self.owner_email, "Owner's e-mail", "--owner-email")?,
            owner_first_name: or_ask(self.owner_first_name, "Owner's first name", "--owner-first-name")?,
            owner_last_name: or_ask(self.owner_last_name, "Owner's last name", "--owner-last-name")?,
            password: password(self.owner_password_stdin, ask)?,
            invite: if self.owner_mail { "mail".to_owned() } else { String::new() },
        })
    }
}

pub(super) async fn tenant(command: Command) -> Result<(), CliError> {
    let _absent = dotenvy::dotenv();
    match command {
        Command::Create { name, domain, schema, slug, max_users, no_schema, domain_verified, owner } => {
            let form = TenantForm {
                name: or_ask(name, "Company", "NAME")?,
                domain: or_ask(domain, "Subdomain", "DOMAIN")?,
                slug: slug.unwrap_or_default(),
                schema: schema.unwrap_or_default(),
                max_users: max_users.unwrap_or_default(),
                create_schema: !no_schema,
                domain_verified,
                owner: if no_schema { OwnerForm::default() } else { owner.form()? },
            };
            let started = started().await?;
            let cx = operator(&started.services);
            let begun = Instant::now();
            let created = tenant_create(&cx, form.parse(&cx.services.config)).await;
            let took = begun.elapsed();
            report(&cx.answer(created).await?, took);
        }
        Command::Provision { slug, owner } => {
            let form = owner.form()?;
            let started = started().await?;
            let cx = operator(&started.services);
            let begun = Instant::now();
            let created = tenant_provision(&cx, &slug, &form).await;
            let took = begun.elapsed();
            report(&cx.answer(created).await?, took);
        }
        Command::List => {
            let started = started().await?;
            let cx = operator(&started.services);
            let listed = tenant_list_all(&cx).await;
            print_line(&format!("{:<24} {:<32} {:<32} {:<10} {:>15}", "SLUG", "DOMAIN", "SCHEMA", "STATUS", "USERS"));
            for row in cx.answer(listed).await? {
                let users = format!("{} / {}", row.user_count, row.max_users);
                print_line(&format!("{:<24} {:<32} {:<32} {:<10} {users:>15}", row.slug, row.domain, row.schema_name, row.status.as_str()));
            }
        }
        Command::Show { slug } => settings::show(&slug).await?,
        Command::Set(args) => settings::set(args).await?,
        Command::Domain(command) => domain::domain(command).await?,
        Command::Ai(command) => ai::ai(command).await?,
        Command::Transfer(command) => transfer::transfer(command).await?,
        Command::Suspend { slug } => life(&slug, Life::Suspend).await?,
        Command::Resume { slug } => life(&slug, Life::Resume).await?,
        Command::Archive { slug } => life(&slug, Life::Archive).await?,
        Command::Restore { slug } => life(&slug, Life::Restore).await?,
        Command::Delete { slug, drop_schema, confirm_name } => {
            let name = match confirm_name {
                Some(name) => name,
                None => line(&format!(
                    "Type the name of the tenant {slug} to delete it{}",
                    if drop_schema { " with all its data" } else { "" }
                ))?,
            };
            let started = started().await?;
            let cx = operator(&started.services);
            let deleted = tenant_delete(&cx, &slug, &name, drop_schema).await;
            cx.answer(deleted).await?;
            print_line(if drop_schema { "deleted, schema dropped" } else { "deleted, schema kept" });
        }
    }
    Ok(())
}

/// A step in the life of a company.
#[derive(Clone, Copy)]
enum Life {
    Suspend,
    Resume,
    Archive,
    Restore,
}

async fn life(slug: &str, step: Life) -> Result<(), CliError> {
    let started = started().await?;
    let cx = operator(&started.services);
    let done = match step {
        Life::Suspend => tenant_suspend(&cx, slug).await,
        Life::Resume => tenant_resume(&cx, slug).await,
        Life::Archive => tenant_archive(&cx, slug).await,
        Life::Restore => tenant_restore(&cx, slug).await,
    };
    let row = cx.answer(done).await?;
    print_line(&format!("{} is {}", row.slug, row.status.as_str()));
    Ok(())
}

fn report(created: &TenantCreated, took: Duration) {
    print_line(&format!("{} is ready at {} (schema {}), created in {} ms", created.slug, created.url, created.schema, took.as_millis()));
    match &created.handed {
        Some(Handed::Link(link)) => {
            print_line(&format!("{} signs in first with this link, within {} hours:\n{}", link.label, link.hours, link.url));
        }
        Some(Handed::Mailed(email)) => print_line(&format!("An invitation is on its way to {email}")),
        None => {}
    }
}
