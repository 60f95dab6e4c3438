//! Companies: the registry, and everything that makes or removes one.

use crate::{
    Error, RequestCx, Result, ServicesConfig,
    audit::{Object, entry},
    failpoint,
    sites::hosts_changed,
    tokens::{INVITE_OPEN, token_hash, token_new},
    users::is_staff,
};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use db::{
    DbError, TenantRef, migrate,
    platform::{
        audit, domains,
        tenants::{self, TenantFilter, TenantInsert, TenantRecord},
    },
    provision,
    tenant::{roles, tokens, users},
};
use domain::{
    AppError, Email, FieldErrors, HostName, PersonName, SchemaName, SiteKey, Slug, TenantId, TenantStatus, Username,
    dto::{
        Viewer,
        platform::{TenantListPage, TenantPage, TenantRow},
    },
    flash::OneTimeLink,
    list::ListQuery,
    person::name_parse,
    role::OWNER,
};
use secrecy::SecretString;
use serde_json::json;

/// The filters the list knows.
pub const FILTERS: &[&str] = &["status", "created", "from", "to"];

/// A company to be created, as typed.
#[derive(Clone, Debug, Default)]
pub struct TenantForm {
    /// The company's name.
    pub name: String,
    /// A label below the base domain, or a whole domain.
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
}

/// What creating a company gave.
#[derive(Clone, Debug)]
pub struct TenantCreated {
    /// The tenant.
    pub id: TenantId,
    /// Its short name.
    pub slug: String,
    /// Its schema.
    pub schema: String,
    /// The address of its site.
    pub url: String,
    /// The owner's one-time link, unless a password was given.
    pub link: Option<OneTimeLink>,
}

struct Parsed {
    name: String,
    host: HostName,
    verified: bool,
    slug: Slug,
    schema: SchemaName,
    max_users: i32,
}

struct Owner {
    email: Email,
    first_name: PersonName,
    last_name: PersonName,
    username: Username,
    hash: Option<String>,
}

/// Reads the domain of a new company: one label below the base domain, or a domain of the company's own.
/// The second value says whether it may serve at once.
fn domain_parse(text: &str, base: &HostName) -> std::result::Result<(HostName, bool), String> {
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
        return Err("This cannot be the domain of a company".to_owned());
    }
    Ok((host, false))
}

impl TenantForm {
    fn parse(&self, config: &ServicesConfig, errors: &mut FieldErrors) -> Option<Parsed> {
        let name = errors.check("name", name_parse(&self.name, 100));
        let host = domain_parse(&self.domain, &config.base_domain).and_then(|found| {
            if config.platform_hosts.contains(&found.0) { Err("This is the platform's own".to_owned()) } else { Ok(found) }
        });
        let host = errors.check("domain", host);
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
            typed => {
                let number = typed.parse::<i32>().ok().filter(|number| (1..=1_000_000).contains(number));
                errors.check("max_users", number.ok_or("Enter a number from 1 to 1,000,000"))
            }
        };
        let (host, below) = host?;
        Some(Parsed { name: name?, host, verified: below || self.domain_verified, slug: slug?, schema: schema?, max_users: max_users? })
    }
}

impl OwnerForm {
    fn parse(&self, company: &str, errors: &mut FieldErrors) -> Option<Owner> {
        let email = errors.check("owner_email", Email::parse(&self.owner_email));
        let first_name = errors.check("owner_first_name", PersonName::parse(&self.owner_first_name));
        let last_name = errors.check("owner_last_name", PersonName::parse(&self.owner_last_name));
        if let Some(password) = &self.password {
            let context = [company, &self.owner_email, &self.owner_first_name, &self.owner_last_name];
            errors.check("owner_password", crate::passwords::judge(password, &context));
        }
        let email = email?;
        let username = Username::suggest(email.local_part()).or_else(|| Username::parse(OWNER).ok())?;
        Some(Owner { email, first_name: first_name?, last_name: last_name?, username, hash: None })
    }
}

/// Creates a company: registry row, domain, role, schema, tables, system roles and owner, in one transaction.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields.
pub async fn tenant_create(cx: &RequestCx, command: &TenantForm) -> Result<TenantCreated> {
    let mut errors = FieldErrors::default();
    let parsed = command.parse(&cx.services.config, &mut errors);
    let owner = if command.create_schema { command.owner.parse(&command.name, &mut errors) } else { None };
    // Whether anybody may ask at all comes before what is wrong with the answer.
    cx.platform_begin().await?.finish(Ok(())).await?;
    errors.into_result()?;
    let Some(parsed) = parsed else { return Err(AppError::Malformed.into()) };
    let owner = owner_hash(cx, &command.owner, owner).await?;
    let token = token_new(&*cx.services.entropy);
    let mut tx = cx.platform_begin_owner().await?;
    let actor = tx.actor.clone();
    let registered = async {
        let insert = TenantInsert {
            name: &parsed.name,
            slug: &parsed.slug,
            schema: &parsed.schema,
            auto_create_schema: command.create_schema,
            max_users: parsed.max_users,
            created_on: cx.services.now(),
        };
        let (id, schema) = tenants::tenant_insert(&mut tx.conn, &insert).await.map_err(taken)?;
        failpoint::reach("tenant_create.registered")?;
        let verified_at = parsed.verified.then(|| cx.services.now());
        domains::domain_insert(&mut tx.conn, id, &parsed.host, true, verified_at).await.map_err(taken)?;
        failpoint::reach("tenant_create.domain")?;
        let tenant = cx.services.db.tenant_ref(id, schema.as_str());
        if owner.is_some() {
            schema_create(&mut tx.conn, &tenant, parsed.max_users).await?;
        }
        let values = json!({
            "name": [null, parsed.name], "slug": [null, parsed.slug], "schema_name": [null, schema],
            "domain": [null, parsed.host], "max_users": [null, parsed.max_users],
        });
        let line = entry(cx, &actor, "tenant.create", Object::new("tenant", id, parsed.name.as_str()), values);
        db::audit_append_platform(&mut tx.conn, Some(id), &line).await?;
        failpoint::reach("tenant_create.audited")?;
        Ok(tenant)
    }
    .await;
    let tenant = match registered {
        Ok(tenant) => tenant,
        Err(error) => return tx.finish(Err(error)).await,
    };
    match &owner {
        Some(owner) => owner_create(cx, tx, &tenant, owner, &token).await?,
        None => tx.finish(Ok(())).await?,
    }
    let url = cx.services.url_on(parsed.host.as_str(), "/");
    let invite = cx.services.url_on(parsed.host.as_str(), &format!("/invite/{token}"));
    hosts_changed(&cx.services, vec![parsed.host]).await;
    let link = owner.filter(|owner| owner.hash.is_none()).map(|owner| OneTimeLink {
        label: owner.email.as_str().to_owned(),
        url: invite,
        hours: 72,
    });
    Ok(TenantCreated { id: tenant.id, slug: parsed.slug.as_str().to_owned(), schema: tenant.schema().to_owned(), url, link })
}

async fn owner_hash(cx: &RequestCx, command: &OwnerForm, owner: Option<Owner>) -> Result<Option<Owner>> {
    Ok(match (owner, &command.password) {
        (Some(owner), Some(password)) => Some(Owner { hash: Some(cx.services.passwords.hash(password).await?), ..owner }),
        (owner, _) => owner,
    })
}

async fn schema_create(conn: &mut db::PlatformConn, tenant: &TenantRef, max_users: i32) -> Result<()> {
    provision::schema_create(conn, tenant).await?;
    failpoint::reach("tenant_create.schema")?;
    provision::quota_set(conn, tenant, max_users).await?;
    tenants::tenant_set_version(conn, tenant.id, migrate::tenant_version()).await?;
    tenants::tenant_set_user_count(conn, tenant.id, 1).await?;
    Ok(())
}

/// Steps down into the new schema, adds roles and owner there, and commits.
async fn owner_create(cx: &RequestCx, tx: crate::cx::PlatformTx, tenant: &TenantRef, owner: &Owner, token: &str) -> Result<()> {
    let now = cx.services.now();
    let actor = tx.actor;
    let mut conn = tx.conn.into_tenant(tenant).await?;
    let done = async {
        roles::role_insert_system(&mut conn).await?;
        failpoint::reach("tenant_create.roles")?;
        let insert = users::UserInsert {
            username: &owner.username,
            email: &owner.email,
            first_name: &owner.first_name,
            last_name: &owner.last_name,
            role: OWNER,
            is_staff: is_staff(OWNER),
            password_hash: owner.hash.as_deref(),
            now,
        };
        let ids = users::user_insert_many(&mut conn, &[insert]).await?;
        let id = ids.first().copied().ok_or_else(|| Error::Fault("an insert gave no id".to_owned()))?;
        failpoint::reach("tenant_create.owner")?;
        if owner.hash.is_none() {
            tokens::token_insert(&mut conn, id, "invite", &token_hash(token), now, now + INVITE_OPEN).await?;
        }
        let values = json!({ "email": [null, owner.email], "user_type": [null, OWNER] });
        let line = entry(cx, &actor, "user.create", Object::new("user", id, owner.email.as_str()), values);
        db::audit_append_tenant(&mut conn, &line).await?;
        failpoint::reach("tenant_create.commit")?;
        Ok(())
    }
    .await;
    conn.finish(done).await
}

fn taken(error: DbError) -> Error {
    match error {
        DbError::Unique { constraint } if constraint.starts_with("tenants_slug") => {
            AppError::conflict("slug", "Another company has this short name").into()
        }
        DbError::Unique { constraint } if constraint.starts_with("domains_domain") => {
            AppError::conflict("domain", "Another company has this domain").into()
        }
        DbError::Unique { constraint } if constraint.contains("schema") => {
            AppError::conflict("schema", "This schema name was used before").into()
        }
        other => other.into(),
    }
}

/// Makes the schema of a company that was registered without one, and its owner.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] when it has a schema, [`AppError::Validation`] beside the fields.
pub async fn tenant_provision(cx: &RequestCx, slug: &str, command: &OwnerForm) -> Result<TenantCreated> {
    cx.platform_begin().await?.finish(Ok(())).await?;
    let mut errors = FieldErrors::default();
    let owner = command.parse(slug, &mut errors);
    errors.into_result()?;
    let owner = owner_hash(cx, command, owner).await?.ok_or(AppError::Malformed)?;
    let token = token_new(&*cx.services.entropy);
    let mut tx = cx.platform_begin_owner().await?;
    let actor = tx.actor.clone();
    let begun = async {
        let record = tenants::tenant_lock(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        if record.schema_version.is_some() {
            return Err(AppError::conflict("", "This company has its schema already").into());
        }
        let tenant = cx.services.db.tenant_ref(TenantId(record.id), &record.schema_name);
        schema_create(&mut tx.conn, &tenant, record.max_users).await?;
        let hosts = domains::domain_list_of(&mut tx.conn, tenant.id).await?;
        let object = Object::new("tenant", record.id, record.name.as_str());
        let line = entry(cx, &actor, "tenant.provision", object, json!({ "schema_name": [null, record.schema_name] }));
        db::audit_append_platform(&mut tx.conn, Some(tenant.id), &line).await?;
        Ok((tenant, record, hosts))
    }
    .await;
    let (tenant, record, hosts) = match begun {
        Ok(begun) => begun,
        Err(error) => return tx.finish(Err(error)).await,
    };
    owner_create(cx, tx, &tenant, &owner, &token).await?;
    let host = hosts.first().map_or("", |row| row.domain.as_str());
    let (url, invite) = (cx.services.url_on(host, "/"), cx.services.url_on(host, &format!("/invite/{token}")));
    hosts_changed(&cx.services, hosts.iter().filter_map(|row| HostName::parse(&row.domain).ok()).collect()).await;
    let link = owner.hash.is_none().then(|| OneTimeLink { label: owner.email.as_str().to_owned(), url: invite, hours: 72 });
    Ok(TenantCreated { id: tenant.id, slug: record.slug, schema: record.schema_name, url, link })
}

/// Deletes a company; its schema goes only when asked for, else it stays as `kept_<id>`.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Validation`] when `name` is not exactly the company's.
pub async fn tenant_delete(cx: &RequestCx, slug: &str, name: &str, drop_schema: bool) -> Result<()> {
    let mut tx = cx.platform_begin_owner().await?;
    let done = async {
        let record = tenants::tenant_lock(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        if record.name != name {
            return Err(AppError::field("name", "This is not the company's name").into());
        }
        let tenant = cx.services.db.tenant_ref(TenantId(record.id), &record.schema_name);
        let hosts = domains::domain_list_of(&mut tx.conn, tenant.id).await?;
        if record.schema_version.is_some() {
            if drop_schema {
                provision::schema_drop(&mut tx.conn, &tenant).await?;
            } else {
                provision::schema_keep(&mut tx.conn, &tenant).await?;
            }
        }
        tenants::tenant_delete(&mut tx.conn, tenant.id).await?;
        let object = Object::new("tenant", record.id, record.name.as_str());
        let line =
            entry(cx, &tx.actor, "tenant.delete", object, json!({ "slug": [record.slug, null], "schema_dropped": [null, drop_schema] }));
        db::audit_append_platform(&mut tx.conn, Some(tenant.id), &line).await?;
        Ok(hosts)
    }
    .await;
    let hosts = tx.finish(done).await?;
    hosts_changed(&cx.services, hosts.iter().filter_map(|row| HostName::parse(&row.domain).ok()).collect()).await;
    Ok(())
}

/// The days a filter on the day of creation means: from the first until before the second.
fn created_range(query: &ListQuery, now: DateTime<Utc>) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let today = now.date_naive();
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    match query.filter("created").next() {
        Some("today") => (Some(midnight(today)), None),
        Some("7_days") => (Some(now - TimeDelta::days(7)), None),
        Some("month") => (today.with_day(1).map(midnight), None),
        Some("year") => (today.with_day(1).and_then(|day| day.checked_sub_months(Months::new(today.month0()))).map(midnight), None),
        Some("range") => {
            let day = |name: &str| {
                query.filter(name).next().and_then(|text| text.parse::<NaiveDate>().ok()).filter(|day| (1970..=9999).contains(&day.year()))
            };
            (day("from").map(midnight), day("to").and_then(|day| day.checked_add_days(Days::new(1))).map(midnight))
        }
        _ => (None, None),
    }
}

/// One page of the list of tenants.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a platform admin.
pub async fn tenant_list(cx: &RequestCx, query: &ListQuery) -> Result<(Viewer, TenantListPage)> {
    let mut tx = cx.platform_begin().await?;
    let page = async {
        let (created_from, created_to) = created_range(query, cx.services.now());
        let statuses = query.filter("status").filter_map(TenantStatus::parse).collect();
        let filter = TenantFilter { search: query.q.clone(), statuses, created_from, created_to };
        let page = tenants::tenant_list(&mut tx.conn, &filter, query).await?;
        let counts = tenants::tenant_count_by_status(&mut tx.conn).await?;
        let active = counts.iter().find(|(status, _)| *status == TenantStatus::Active).map_or(0, |(_, count)| *count);
        Ok((tx.viewer.clone(), TenantListPage { page, total: counts.iter().map(|(_, count)| count).sum(), active }))
    }
    .await;
    tx.finish(page).await
}

/// All tenants, for the command line.
///
/// # Errors
/// When the database does not answer.
pub async fn tenant_list_all(cx: &RequestCx) -> Result<Vec<TenantRow>> {
    let mut tx = cx.platform_begin().await?;
    let found = tenants::tenant_list_all(&mut tx.conn).await.map_err(Error::from);
    tx.finish(found).await
}

/// What the page of a tenant shows. What lies in its schema is read in a second transaction, after the first.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Unauthenticated`] without a platform admin.
pub async fn tenant_get(cx: &RequestCx, slug: &str) -> Result<(Viewer, TenantPage)> {
    let mut tx = cx.platform_begin().await?;
    let found = async {
        let slug = Slug::parse(slug).map_err(|_| AppError::NotFound)?;
        let slug = slug.as_str();
        let (row, record) = tenants::tenant_find(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        let domains = domains::domain_list_of(&mut tx.conn, row.id).await?;
        let bytes = if row.has_schema { tenants::schema_bytes(&mut tx.conn, &row.schema_name).await? } else { None };
        let audit = audit::audit_newest(&mut tx.conn, Some(row.id), 10).await?;
        Ok((tx.viewer.clone(), row, record, domains, bytes, audit))
    }
    .await;
    let (viewer, tenant, record, domains, bytes, audit) = tx.finish(found).await?;
    let TenantRecord { schema_version, last_error, .. } = record;
    let url = cx.services.url_on(&tenant.domain, "/");
    let mut page = TenantPage {
        pending: schema_version.map_or(0, migrate::tenant_pending),
        schema_version,
        last_error,
        tenant,
        domains,
        owners: Vec::new(),
        bytes,
        sessions: None,
        last_activity: None,
        url,
        audit,
    };
    if page.tenant.has_schema {
        let tenant = cx.services.db.tenant_ref(page.tenant.id, &page.tenant.schema_name);
        let inside = async {
            let mut conn = cx.services.db.tenant(&tenant).await?;
            let read = async {
                let owners = users::owner_list(&mut conn).await?;
                Ok::<_, DbError>((owners, users::last_activity(&mut conn).await?, users::quota_get(&mut conn).await?))
            }
            .await;
            conn.finish(read).await
        };
        // A tenant that is out of order must still have its page here.
        match inside.await {
            Ok((owners, last_activity, quota)) => {
                (page.owners, page.last_activity, page.tenant.user_count) = (owners, last_activity, quota.active_users);
            }
            Err(error) => page.last_error = Some(error.to_string()),
        }
        page.sessions = cx.services.sessions(SiteKey::Tenant(page.tenant.id)).count().await.ok();
    }
    Ok((viewer, page))
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

    #[test]
    fn filters_of_creation() {
        let now: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
        let range = |pairs: &[(&str, &str)]| {
            let query = ListQuery::from_pairs(pairs.iter().copied(), FILTERS);
            let (from, to) = created_range(&query, now);
            (from.map(|at| at.to_rfc3339()), to.map(|at| at.to_rfc3339()))
        };
        let at = |text: &str| Some(format!("{text}T00:00:00+00:00"));
        assert_eq!(range(&[("created", "today")]), (at("2026-11-21"), None));
        assert_eq!(range(&[("created", "month")]), (at("2026-11-01"), None));
        assert_eq!(range(&[("created", "year")]), (at("2026-01-01"), None));
        assert_eq!(range(&[("created", "range"), ("from", "2026-02-03"), ("to", "2026-02-04")]), (at("2026-02-03"), at("2026-02-05")));
        assert_eq!(range(&[("created", "range"), ("from", "nonsense")]), (None, None));
    }
}
