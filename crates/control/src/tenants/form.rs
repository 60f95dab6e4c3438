//! What is typed about a company and its owner, and how it is read.

use domain::{
    AppError, Code, Email, FieldErrors, HostName, PersonName, SchemaName, Slug, Username, person::name_parse, role::OWNER, text::nfkd,
};
use identity::users::Delivery;
use kernel::{Parsed, ServicesConfig};
use secrecy::SecretString;

/// A company to be created, as typed.
#[derive(Clone, Debug, Default)]
pub struct TenantForm {
    /// The company's name.
    pub name: String,
    /// A label below the base domain, or a whole domain; empty means the label that the name suggests.
    pub domain: String,
    /// The short name; empty means the first label of the domain.
    pub slug: String,
    /// The schema; empty means the one the short name leads to.
    pub schema: String,
    /// The most active users; empty means 100.
    pub max_users: String,
    /// Whether the schema is made now.
    pub create_schema: bool,
    /// Whether an operator vouches for a domain that is not below the base domain.
    pub domain_verified: bool,
    /// The owner.
    pub owner: OwnerForm,
}

/// The first owner of a company, as typed.
#[derive(Clone, Debug, Default)]
pub struct OwnerForm {
    /// The address to sign in with.
    pub owner_email: String,
    /// First name.
    pub owner_first_name: String,
    /// Last name.
    pub owner_last_name: String,
    /// A password, or none for a one-time link.
    pub password: Option<SecretString>,
    /// `mail` sends the one-time link to the owner; otherwise it is shown.
    pub invite: String,
}

/// What is read of a company to be created.
#[derive(Clone, Debug)]
pub(crate) struct Company {
    pub name: String,
    pub host: HostName,
    /// Why the domain may serve at once, if it may.
    pub proved_by: Option<&'static str>,
    pub slug: Slug,
    pub schema: SchemaName,
    pub max_users: i32,
}

/// What is read of its owner.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    pub email: Email,
    pub first_name: PersonName,
    pub last_name: PersonName,
    pub username: Username,
    pub hash: Option<String>,
    pub delivery: Delivery,
}

/// Reads the domain of a new company: one label below the base domain, or a domain of the company's own.
/// The second value says whether it may serve at once.
pub(crate) fn domain_parse(text: &str, base: &HostName) -> std::result::Result<(HostName, bool), String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("This field is required".to_owned());
    }
    let wish = if text.contains('.') { text.to_owned() } else { format!("{text}.{base}") };
    let host = HostName::parse(&wish).map_err(|error| error.to_string())?;
    if let Some(labels) = host.labels_below(base) {
        return Slug::parse(labels).map(|_| (host.clone(), true)).map_err(|error| error.to_string());
    }
    let public = psl::suffix(host.as_str().as_bytes()).is_some_and(|suffix| suffix.as_bytes() == host.as_str().as_bytes());
    let localhost = host.as_str().split('.').next_back() == Some("localhost");
    if host.is_ip() || host == *base || public || localhost {
        return Err("This domain cannot be used for a tenant".to_owned());
    }
    Ok((host, false))
}

/// Reads the most active users a company may have.
pub(super) fn max_users_parse(typed: &str) -> std::result::Result<i32, &'static str> {
    let number = typed.trim().parse::<i32>().ok().filter(|number| (1..=1_000_000).contains(number));
    number.ok_or("Enter a number from 1 to 1,000,000")
}

/// Reads the most megabytes a company may keep in files.
pub(super) fn max_storage_parse(typed: &str) -> std::result::Result<i32, &'static str> {
    let number = typed.trim().parse::<i32>().ok().filter(|number| (0..=100_000_000).contains(number));
    number.ok_or("Enter a number from 0 to 100,000,000")
}

/// A company to be created, once every field was read.
#[derive(Clone, Debug)]
pub struct TenantCreate {
    pub(crate) company: Company,
    pub(crate) owner: Option<Owner>,
    pub(crate) password: Option<SecretString>,
}

impl TenantForm {
    /// Reads the form, by what the installation calls itself. An owner is read where a schema is made.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields.
    pub fn parse(&self, config: &ServicesConfig) -> Parsed<TenantCreate> {
        let mut errors = FieldErrors::default();
        let company = self.company_parse(config, &mut errors);
        let owner = if self.create_schema { self.owner.parse(&self.name, &mut errors) } else { None };
        errors.into_result()?;
        let company = company.ok_or(AppError::Malformed)?;
        Ok(TenantCreate { company, owner, password: self.owner.password.clone() })
    }

    pub(crate) fn company_parse(&self, config: &ServicesConfig, errors: &mut FieldErrors) -> Option<Company> {
        let name = errors.check("name", name_parse(&self.name, 100));
        let suggested = name.as_ref().filter(|_| self.domain.trim().is_empty()).and_then(|name| Slug::suggest(&nfkd(name)));
        let domain = suggested.as_ref().map_or(self.domain.as_str(), Slug::as_str);
        let domain =
            if domain.trim().is_empty() { Err("Enter a subdomain: none can be made from the name".to_owned()) } else { Ok(domain) };
        let host = domain.and_then(|domain| domain_parse(domain, &config.base_domain)).and_then(|found| {
            if config.platform_hosts.contains(&found.0) { Err("This domain belongs to the platform".to_owned()) } else { Ok(found) }
        });
        let host = errors.check_as(Code::DomainInvalid, "domain", host);
        let typed = self.slug.trim();
        let slug = match (typed.is_empty(), &host) {
            (true, Some((host, below))) if *below => Slug::parse(host.first_label()).ok(),
            (true, Some((host, _))) => errors.check("slug", Slug::parse(host.first_label())),
            (true, None) => None,
            (false, _) => errors.check("slug", Slug::parse(typed)),
        };
        let schema = match (self.schema.trim(), &slug) {
            ("", slug) => slug.as_ref().map(SchemaName::from_slug),
            (typed, _) => errors.check("schema", SchemaName::parse(typed)),
        };
        let max_users = match self.max_users.trim() {
            "" => Some(100),
            typed => errors.check("max_users", max_users_parse(typed)),
        };
        let (host, below) = host?;
        let proved_by = match (below, self.domain_verified) {
            (true, _) => Some("platform"),
            (false, true) => Some("operator"),
            (false, false) => None,
        };
        Some(Company { name: name?, host, proved_by, slug: slug?, schema: schema?, max_users: max_users? })
    }
}

impl OwnerForm {
    pub(crate) fn parse(&self, company: &str, errors: &mut FieldErrors) -> Option<Owner> {
        let email = errors.check("owner_email", Email::parse(&self.owner_email));
        let first_name = errors.check("owner_first_name", PersonName::parse(&self.owner_first_name));
        let last_name = errors.check("owner_last_name", PersonName::parse(&self.owner_last_name));
        if let Some(password) = &self.password {
            let context = [company, &self.owner_email, &self.owner_first_name, &self.owner_last_name];
            errors.check_as(
                Code::PasswordWeak,
                "owner_password",
                kernel::passwords::judge(password, domain::password::LENGTH_MIN, &context),
            );
        }
        let email = email?;
        let username = Username::suggest(email.local_part()).or_else(|| Username::parse(OWNER).ok())?;
        Some(Owner { email, first_name: first_name?, last_name: last_name?, username, hash: None, delivery: Delivery::parse(&self.invite) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> HostName {
        HostName::parse(text).unwrap()
    }

    /// security.md 6.
    #[test]
    fn domains_of_companies() {
        let parse = |text: &str| domain_parse(text, &base("oneo.example")).map(|(host, below)| (host.as_str().to_owned(), below));
        assert_eq!(parse("acme"), Ok(("acme.oneo.example".to_owned(), true)));
        assert_eq!(parse("ACME.Oneo.Example."), Ok(("acme.oneo.example".to_owned(), true)));
        assert_eq!(parse("crm.acme.example"), Ok(("crm.acme.example".to_owned(), false)));
        for bad in [
            "",
            "admin",
            "WWW",
            "a.b.oneo.example",
            "oneo.example",
            "localhost",
            "x.localhost",
            "127.0.0.1",
            "co.uk",
            "github.io",
            "[::1]",
            "a b",
            "acme/..",
            "xn--bcher-kva.oneo.example",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(domain_parse("acme.localhost", &base("localhost")).is_ok());
    }
}
