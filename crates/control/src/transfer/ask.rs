//! Asking for a copy, an export, an import or an end: checked, noted and put into the queue in one transaction.

use super::{
    build::{Target, UPLOADS, upload_name},
    purge::Purge,
};
use crate::tenants::{domain_parse, head_of, hosts_of};
use chrono::TimeDelta;
use db::platform::{
    jobs,
    tenants::{self, TenantChange, TenantRecord, domain_is_taken, tenant_detail},
};
use domain::{
    AppError, Code, FieldErrors, JobId, Slug, TenantId, TenantStatus,
    dto::platform::{TenantCopiesPage, TenantImportPage},
    job::JobKind,
    operation,
    person::{is_named, name_parse},
};
use identity::auth::{Reauthenticated, reauthenticate, reauthentication_check, reauthentication_settle};
use kernel::{
    RequestCx, Result, Services,
    audit::{Object, entry},
    cx::PlatformTx,
    entropy::random_name,
    jobs::enqueue,
    sites::hosts_changed,
};
use secrecy::SecretString;
use serde_json::json;

/// A copy of a company, as typed.
#[derive(Clone, Debug, Default)]
pub struct CloneForm {
    /// The copy's name; empty means that of the original.
    pub name: String,
    /// One word below the base domain.
    pub domain: String,
    /// Whether names and addresses of people are replaced.
    pub anonymize: bool,
}

/// A company to be made of an archive, as typed.
#[derive(Clone, Debug, Default)]
pub struct ImportForm {
    /// Its name; empty means the one in the archive.
    pub name: String,
    /// One word below the base domain.
    pub domain: String,
}

/// The end of a company, as typed.
#[derive(Clone, Debug, Default)]
pub struct PurgeForm {
    /// The company's name, to the letter.
    pub name: String,
    /// Whether the schema is dropped rather than kept under another name.
    pub drop_schema: bool,
    /// Whether the grace period is cut short.
    pub at_once: bool,
}

/// What the page of a company's copies shows.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Unauthenticated`] without a platform admin.
pub async fn tenant_copies(cx: &RequestCx, slug: &str) -> Result<TenantCopiesPage> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_COPIES).await?;
    let found = async {
        let detail = tenant_detail(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        let head = head_of(cx, &mut tx, &detail).await?;
        let base_domain = cx.services.config.base_domain.as_str().to_owned();
        Ok(TenantCopiesPage { head, base_domain })
    }
    .await;
    tx.finish(found).await
}

/// Reads name and subdomain of a company to be made.
fn target(cx: &RequestCx, name: &str, domain: &str, errors: &mut FieldErrors) -> Option<Target> {
    let name = if name.trim().is_empty() { Some(None) } else { errors.check("name", name_parse(name, 100)).map(Some) };
    let host = errors.check_as(
        Code::DomainInvalid,
        "domain",
        domain_parse(domain, &cx.services.config.base_domain).and_then(|(host, below)| {
            if cx.services.config.platform_hosts.contains(&host) {
                Err("This domain belongs to the platform".to_owned())
            } else if below {
                Ok(host)
            } else {
                Err(format!("Enter a single word for a subdomain of {}", cx.services.config.base_domain))
            }
        }),
    );
    let (name, host) = (name?, host?);
    let slug = errors.check("domain", Slug::parse(host.first_label()))?;
    Some(Target { name, slug: slug.as_str().to_owned(), domain: host.as_str().to_owned(), anonymize: false, file: None })
}

async fn require_free(tx: &mut PlatformTx, target: &Target) -> Result<()> {
    let host = domain::HostName::parse(&target.domain).map_err(|_| AppError::Malformed)?;
    if domain_is_taken(&mut tx.conn, &host).await? || tenant_detail(&mut tx.conn, &target.slug).await?.is_some() {
        return Err(AppError::conflict(Code::DomainTaken, "domain", "Another tenant has this subdomain").into());
    }
    Ok(())
}

/// The tenant of a slug, if it has a schema.
async fn provisioned(tx: &mut PlatformTx, slug: &str) -> Result<TenantRecord> {
    let found = tenant_detail(&mut tx.conn, slug).await?.filter(|found| found.record.schema_version.is_some());
    Ok(found.ok_or(AppError::NotFound)?.record)
}

/// Asks for a copy of a company under another name.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields, [`AppError::NotFound`],
/// [`AppError::Forbidden`] for support, [`AppError::ReauthRequired`].
pub async fn tenant_clone(cx: &RequestCx, slug: &str, form: &CloneForm, reauthentication: &SecretString) -> Result<JobId> {
    cx.platform_permit(&operation::platform::TENANT_CLONE).await?;
    let mut errors = FieldErrors::default();
    let wish = target(cx, &form.name, &form.domain, &mut errors);
    errors.into_result()?;
    let wish = Target { anonymize: form.anonymize, ..wish.ok_or(AppError::Malformed)? };
    reauthenticate(cx, reauthentication).await?;
    let mut tx = cx.platform_begin(&operation::platform::TENANT_CLONE).await?;
    let done = async {
        let record = provisioned(&mut tx, slug).await?;
        require_free(&mut tx, &wish).await?;
        let id = enqueue(cx, &mut tx, JobKind::TenantClone, Some(TenantId(record.id)), &json!(wish)).await?;
        let values = json!({ "job": id, "slug": wish.slug, "anonymize": wish.anonymize });
        let line = entry(cx, &tx.actor, "tenant.clone_ask", Object::new("tenant", record.id, record.name), values);
        tx.conn.audit(Some(TenantId(record.id)), line);
        Ok(id)
    }
    .await;
    tx.finish(done).await
}

/// Asks for everything of a company in one file.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] for support, [`AppError::ReauthRequired`].
pub async fn tenant_export(cx: &RequestCx, slug: &str, reauthentication: &SecretString) -> Result<JobId> {
    cx.platform_permit(&operation::platform::TENANT_EXPORT).await?;
    reauthenticate(cx, reauthentication).await?;
    let mut tx = cx.platform_begin(&operation::platform::TENANT_EXPORT).await?;
    let done = async {
        let record = provisioned(&mut tx, slug).await?;
        let tenant = TenantId(record.id);
        let id = enqueue(cx, &mut tx, JobKind::TenantExport, Some(tenant), &json!({})).await?;
        let line = entry(cx, &tx.actor, "tenant.export", Object::new("tenant", record.id, record.name), json!({ "job": id }));
        tx.conn.audit(Some(tenant), line);
        Ok(id)
    }
    .await;
    tx.finish(done).await
}

/// Whether the person asking may bring a company in at all, before anything of it is read.
///
/// # Errors
/// [`AppError::Forbidden`] for support, [`AppError::Unauthenticated`] without a platform admin.
pub async fn import_may(cx: &RequestCx) -> Result<()> {
    cx.platform_permit(&operation::platform::TENANT_IMPORT).await
}

/// What the page of an import shows.
///
/// # Errors
/// As [`import_may`].
pub async fn tenant_import_new(cx: &RequestCx) -> Result<TenantImportPage> {
    cx.platform_permit(&operation::platform::TENANT_IMPORT_NEW).await?;
    Ok(TenantImportPage { base_domain: cx.services.config.base_domain.as_str().to_owned() })
}

/// An import that may begin: checked before its archive was read.
#[must_use]
pub struct ImportWish {
    target: Target,
    reauthenticated: Reauthenticated,
}

/// Checks everything about an import but its archive, which may take long to come.
///
/// # Errors
/// As [`tenant_import`].
pub async fn import_begin(cx: &RequestCx, form: &ImportForm, password: &SecretString) -> Result<ImportWish> {
    let mut errors = FieldErrors::default();
    let wish = target(cx, &form.name, &form.domain, &mut errors);
    let mut tx = cx.platform_begin_before(&operation::platform::TENANT_IMPORT).await?;
    let free = async {
        errors.into_result()?;
        let target = wish.ok_or(AppError::Malformed)?;
        require_free(&mut tx, &target).await?;
        Ok(target)
    }
    .await;
    let target = tx.finish(free).await?;
    Ok(ImportWish { target, reauthenticated: reauthentication_check(cx, password).await? })
}

/// Takes the archive of an import in and asks for the company made of it.
///
/// # Errors
/// As [`tenant_import`].
pub async fn import_take(cx: &RequestCx, wish: ImportWish, archive: &std::path::Path) -> Result<JobId> {
    let file = upload_name(&random_name::<16>(&*cx.services.entropy));
    cx.services.files.keep(&file, archive).await?;
    let asked = import_ask(cx, Target { file: Some(file.clone()), ..wish.target }).await;
    if asked.is_err() {
        cx.services.files.remove(&file).await?;
    }
    reauthentication_settle(cx, wish.reauthenticated).await?;
    asked
}

async fn import_ask(cx: &RequestCx, target: Target) -> Result<JobId> {
    let mut tx = cx.platform_begin(&operation::platform::TENANT_IMPORT).await?;
    let done = async {
        require_free(&mut tx, &target).await?;
        let id = enqueue(cx, &mut tx, JobKind::TenantImport, None, &json!(target)).await?;
        let line = entry(cx, &tx.actor, "tenant.import_ask", Object::new("job", id, target.slug.as_str()), json!({ "slug": target.slug }));
        tx.conn.audit(None, line);
        Ok(id)
    }
    .await;
    tx.finish(done).await
}

/// Takes an archive in and asks for a company made of it.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields, [`AppError::Forbidden`] for support,
/// [`AppError::ReauthRequired`].
pub async fn tenant_import(cx: &RequestCx, archive: &std::path::Path, form: &ImportForm, reauthentication: &SecretString) -> Result<JobId> {
    let wish = import_begin(cx, form, reauthentication).await?;
    import_take(cx, wish, archive).await
}

/// How long an archive is kept that was brought in and became no company: so long its job can be begun again.
const UPLOADS_KEPT: TimeDelta = TimeDelta::days(7);

/// Removes archives of imports that failed, were cancelled or broke off, once nobody will begin them again.
///
/// # Errors
/// When files or database do not answer.
pub async fn uploads_sweep(services: &Services) -> Result<()> {
    let mut conn = services.db.platform().await?;
    let open = jobs::job_files_open(&mut conn).await;
    let open = conn.finish(open).await?;
    for file in services.files.older(UPLOADS, services.now() - UPLOADS_KEPT).await? {
        if !open.contains(&file) {
            services.files.remove(&file).await?;
        }
    }
    Ok(())
}

/// Asks for the end of an archived company: a last dump, then everything of it goes.
///
/// # Errors
/// [`AppError::Validation`] when the name is not the company's, [`AppError::Conflict`] when it is not archived or its
/// grace period is not over, [`AppError::NotFound`], [`AppError::Forbidden`] for support, [`AppError::ReauthRequired`].
pub async fn tenant_purge(cx: &RequestCx, slug: &str, form: &PurgeForm, reauthentication: &SecretString) -> Result<JobId> {
    cx.platform_permit(&operation::platform::TENANT_PURGE).await?;
    reauthenticate(cx, reauthentication).await?;
    let now = cx.services.now();
    let mut tx = cx.platform_begin_owner(&operation::platform::TENANT_PURGE).await?;
    let done = async {
        let record = tenants::tenant_detail_lock(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?.record;
        let tenant = TenantId(record.id);
        if record.status != TenantStatus::Archived.as_str() || jobs::job_is_open(&mut tx.conn, JobKind::TenantPurge, tenant).await? {
            return Err(AppError::conflict(Code::TenantWrongStatus, "", "Only an archived tenant can be purged").into());
        }
        if !is_named(&record.name, &form.name) {
            return Err(AppError::field(Code::NameMismatch, "name", "This is not the tenant's name").into());
        }
        if !form.at_once && record.purge_after.is_some_and(|after| after > now) {
            return Err(AppError::field(
                Code::TenantGracePeriod,
                "at_once",
                "The grace period is not over. Confirm that you do not want to wait for it.",
            )
            .into());
        }
        let change = TenantChange { status: Some(TenantStatus::Purging.as_str()), ..TenantChange::default() };
        tenants::tenant_update(&mut tx.conn, tenant, &change, now).await?;
        let id = enqueue(cx, &mut tx, JobKind::TenantPurge, Some(tenant), &json!(Purge { drop_schema: form.drop_schema })).await?;
        let values = json!({ "status": [TenantStatus::Archived, TenantStatus::Purging], "schema_dropped": form.drop_schema, "job": id });
        let line = entry(cx, &tx.actor, "tenant.purge_ask", Object::new("tenant", record.id, record.name), values);
        tx.conn.audit(Some(tenant), line);
        Ok((id, hosts_of(&mut tx.conn, tenant).await?))
    }
    .await;
    let (id, hosts) = tx.finish(done).await?;
    hosts_changed(&cx.services, hosts).await;
    Ok(id)
}
