//! `oneo tenant domain`: the domains of a company.

use super::{
    output::print_line,
    start::{CliError, operator, started},
};
use control::domains::{DomainAct, domain_add, domain_change, domain_check, tenant_domains};
use domain::{HostName, dto::platform::DomainDetail};
use kernel::RequestCx;
use secrecy::SecretString;

/// Commands on a company's domains.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List a company's domains and what is left to prove
    List {
        /// The company's short name
        slug: String,
    },
    /// Give a company a domain
    Add {
        /// The company's short name
        slug: String,
        /// One word for a subdomain, or a whole domain
        domain: String,
    },
    /// Have links lead to one of them
    Primary(Named),
    /// Vouch for one, so that it serves without a proof by DNS
    Vouch(Named),
    /// Make a new text to prove one by
    Renew(Named),
    /// Look at the DNS of one now
    Check(Named),
    /// Take one away
    Remove(Named),
}

/// One domain of a company.
#[derive(Debug, clap::Args)]
pub(super) struct Named {
    /// The company's short name
    slug: String,
    /// The domain
    domain: String,
}

pub(super) async fn domain(command: Command) -> Result<(), CliError> {
    let started = started().await?;
    let cx = operator(&started.services);
    match command {
        Command::List { slug } => list(&cx, &slug).await,
        Command::Add { slug, domain } => {
            let added = domain_add(&cx, &slug, &domain, &SecretString::from("")).await;
            print_line(&format!("{} was added", cx.answer(added).await?));
            list(&cx, &slug).await
        }
        Command::Primary(named) => change(&cx, &named, DomainAct::MakePrimary).await,
        Command::Vouch(named) => change(&cx, &named, DomainAct::Vouch).await,
        Command::Renew(named) => change(&cx, &named, DomainAct::Renew).await,
        Command::Remove(named) => change(&cx, &named, DomainAct::Remove).await,
        Command::Check(named) => {
            let checked = domain_check(&cx, &named.slug, find(&cx, &named).await?.id).await;
            match cx.answer(checked).await? {
                (domain, None) => print_line(&format!("{domain} is verified and now leads to this tenant")),
                (domain, Some(why)) => print_line(&format!("{domain} is not verified. {why}")),
            }
            Ok(())
        }
    }
}

async fn change(cx: &RequestCx, named: &Named, act: DomainAct) -> Result<(), CliError> {
    let changed = domain_change(cx, &named.slug, find(cx, named).await?.id, act, &SecretString::from("")).await;
    cx.answer(changed).await?;
    list(cx, &named.slug).await
}

async fn all(cx: &RequestCx, slug: &str) -> Result<Vec<DomainDetail>, CliError> {
    let found = tenant_domains(cx, slug).await;
    Ok(cx.answer(found).await?.domains)
}

async fn find(cx: &RequestCx, named: &Named) -> Result<DomainDetail, CliError> {
    let found =
        all(cx, &named.slug).await?.into_iter().find(|row| HostName::parse(&named.domain).is_ok_and(|host| host.as_str() == row.domain));
    found.ok_or_else(|| CliError::Other(format!("{} has no domain {}", named.slug, named.domain)))
}

async fn list(cx: &RequestCx, slug: &str) -> Result<(), CliError> {
    for row in all(cx, slug).await? {
        let serves = if row.verified_at.is_some() { "serves" } else { "does not serve yet" };
        print_line(&format!("{:<40} {:<8} {serves}", row.domain, if row.is_primary { "primary" } else { "" }));
        if let Some((token, until)) = row.claim {
            print_line(&format!("    TXT _oneo-verify.{} {token} (by {})", row.domain, until.format("%Y-%m-%d")));
        }
    }
    Ok(())
}
