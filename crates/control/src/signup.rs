//! Companies that sign up by themselves, where the installation lets them.

use crate::tenants::{OwnerForm, TenantForm, create, owner_hash};
use db::platform::{domains, tenants};
use domain::{AppError, Code, FieldErrors, HostName, SiteKey, Slug, flash::Entrance, slug::skeleton};
use identity::auth::{address_name, enter_url};
use kernel::{Error, RequestCx, Result, actor::Actor, audit::refused, cx::PlatformTx};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

/// Sign-ups from one address, and in all, in an hour.
const ADDRESS_SIGN_UPS: u32 = 5;
const ALL_SIGN_UPS: u32 = 60;
/// Names looked up from one address in a minute.
const ADDRESS_LOOKS: u32 = 60;

/// A sign-up as typed.
#[derive(Clone, Debug, Default)]
pub struct SignupForm {
    /// The company's name.
    pub name: String,
    /// The subdomain it would like: one word.
    pub domain: String,
    /// The owner's first name.
    pub first_name: String,
    /// The owner's last name.
    pub last_name: String,
    /// The address to sign in with.
    pub email: String,
    /// The owner's password, twice.
    pub password: SecretString,
    /// The repetition.
    pub password_repeated: SecretString,
}

/// The host below which companies get their subdomains, if anybody may sign up.
///
/// # Errors
/// [`AppError::NotFound`] on a company's site.
pub fn signup_open(cx: &RequestCx) -> Result<Option<String>> {
    if cx.site.tenant().is_some() {
        return Err(AppError::NotFound.into());
    }
    let config = &cx.services.config;
    Ok(config.signup_open.then(|| config.base_domain.as_str().to_owned()))
}

fn must_be_open(cx: &RequestCx) -> Result<()> {
    if signup_open(cx)?.is_some() { Ok(()) } else { Err(AppError::Forbidden.into()) }
}

/// Whether a subdomain is free: gives the host it would be.
///
/// # Errors
/// [`AppError::Validation`] for a reserved name, [`AppError::Conflict`] for one that is taken,
/// [`AppError::RateLimited`] for a caller who asks too often, [`AppError::Forbidden`] when nobody may sign up.
pub async fn signup_check(cx: &RequestCx, name: &str) -> Result<HostName> {
    must_be_open(cx)?;
    let window = address_name(cx, "signup_check");
    if let Some(retry_after) = cx.services.redis.window_count(SiteKey::Platform, &window, ADDRESS_LOOKS, 60).await? {
        return Err(AppError::RateLimited { retry_after }.into());
    }
    let (slug, host) = name_parse(cx, name).map_err(|error| AppError::field(Code::DomainInvalid, "domain", error))?;
    free(cx, &slug, &host).await?;
    Ok(host)
}

fn name_parse(cx: &RequestCx, name: &str) -> std::result::Result<(Slug, HostName), String> {
    let slug = Slug::parse_public(name.trim()).map_err(|error| error.to_string())?;
    let host = HostName::parse(&format!("{slug}.{}", cx.services.config.base_domain)).map_err(|error| error.to_string())?;
    Ok((slug, host))
}

/// Whether nobody has that name, or one that passes for it. Asked again in the transaction that makes the company.
async fn free(cx: &RequestCx, slug: &Slug, host: &HostName) -> Result<()> {
    let mut conn = cx.services.db.platform().await?;
    let found = async {
        let looks_alike = tenants::tenant_skeleton_taken(&mut conn, &skeleton(slug.as_str())).await?;
        Ok::<_, db::DbError>((looks_alike, domains::site_find(&mut conn, host).await?.is_some()))
    }
    .await;
    match conn.finish(found).await? {
        (false, false) => Ok(()),
        _ => Err(taken()),
    }
}

/// Creates a tenant for an unknown user, who becomes its owner. Gives the way in for the next minute.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields, [`AppError::RateLimited`],
/// [`AppError::Forbidden`] when nobody may sign up.
pub async fn signup_create(cx: &RequestCx, form: &SignupForm) -> Result<Entrance> {
    must_be_open(cx)?;
    let mut errors = FieldErrors::default();
    let name = errors.check_as(Code::DomainInvalid, "domain", name_parse(cx, &form.domain));
    let command = TenantForm {
        name: form.name.clone(),
        domain: name.as_ref().map(|(slug, _)| slug.as_str().to_owned()).unwrap_or_default(),
        create_schema: true,
        owner: OwnerForm {
            owner_email: form.email.clone(),
            owner_first_name: form.first_name.clone(),
            owner_last_name: form.last_name.clone(),
            password: Some(form.password.clone()),
            ..OwnerForm::default()
        },
        ..TenantForm::default()
    };
    let mut found = FieldErrors::default();
    let parsed = command.company_parse(&cx.services.config, &mut found);
    let owner = command.owner.parse(&command.name, &mut found);
    // The same rules as in the console; the form names its fields as people see them here.
    for error in found.0 {
        let field = error.field.strip_prefix("owner_").unwrap_or(&error.field);
        if errors.get(field).is_none() {
            errors.push(error.code, field, error.message);
        }
    }
    if form.password.expose_secret() != form.password_repeated.expose_secret() && errors.get("password").is_none() {
        errors.push(Code::PasswordMismatch, "password_repeated", "The passwords do not match");
    }
    errors.into_result()?;
    let (Some((slug, host)), Some(parsed), Some(owner)) = (name, parsed, owner) else { return Err(AppError::Malformed.into()) };
    let (company, email) = (parsed.name.clone(), owner.email.as_str().to_owned());
    free(cx, &slug, &host).await?;
    // Only what could succeed counts; every one of these costs a schema.
    let redis = &cx.services.redis;
    let by_address = redis.window_count(SiteKey::Platform, &address_name(cx, "signup"), ADDRESS_SIGN_UPS, 3600).await?;
    // What one address may not do counts against nobody else.
    let limited = match by_address {
        Some(seconds) => Some(seconds),
        None => redis.window_count(SiteKey::Platform, "signup", ALL_SIGN_UPS, 3600).await?,
    };
    if let Some(retry_after) = limited {
        refused(cx, "signup.limited", json!({ "domain": host })).await;
        return Err(AppError::RateLimited { retry_after }.into());
    }
    let owner = owner_hash(cx, command.owner.password.as_ref(), Some(owner)).await?;
    let mut conn = cx.services.db.owner().await?;
    // Of two that look alike and come together, the second waits here and then sees the first.
    if let Err(error) = looks_free(&mut conn, &slug).await {
        return conn.finish(Err(error)).await;
    }
    let tx = PlatformTx { conn, actor: Actor::Visitor { email } };
    let created = create(cx, tx, parsed, owner).await.map_err(on_the_field)?;
    let subject = created.owner.ok_or_else(|| Error::Fault("a sign-up made no owner".to_owned()))?;
    // The company is there by now, whatever happens here: without a way in, its owner signs in.
    let url = enter_url(cx, created.id, host.as_str(), subject).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "a company was signed up without a way in");
        cx.services.url_on(host.as_str(), "/login")
    });
    Ok(Entrance { company, host: host.as_str().to_owned(), url })
}

async fn looks_free(conn: &mut db::PlatformConn, slug: &Slug) -> Result<()> {
    let seen = skeleton(slug.as_str());
    tenants::tenant_skeleton_lock(conn, &seen).await?;
    if tenants::tenant_skeleton_taken(conn, &seen).await? { Err(taken()) } else { Ok(()) }
}

fn taken() -> Error {
    AppError::conflict(Code::DomainTaken, "domain", "Another company has this name or a similar one").into()
}

/// A name that was taken meanwhile is the subdomain's fault here, whichever index found it.
fn on_the_field(error: Error) -> Error {
    match error {
        Error::App(AppError::Conflict(_)) => AppError::conflict(Code::DomainTaken, "domain", "Another company has this name").into(),
        other => other,
    }
}
