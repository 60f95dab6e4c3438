//! Making and removing companies.

use super::{
    form::{Company, Owner, OwnerForm, TenantCreate},
    leftovers::leftovers_remove,
    owner::{owner_create, owner_hash, owner_require_mail},
};
use db::{
    DbError, TenantRef, migrate,
    platform::{
        domains::{self, DomainProof},
        tenants::{self, TenantInsert},
    },
    provision,
};
use domain::{AppError, Code, FieldErrors, HostName, TenantId, TenantStatus, UserId, operation, person::is_named};
use identity::users::Handed;
use kernel::{
    Error, Parsed, RequestCx, Result,
    audit::{Object, entry},
    cx::PlatformTx,
    failpoint,
    sites::hosts_changed,
};
use serde_json::json;

/// What creating a company gave.
#[derive(Clone, Debug)]
pub struct TenantCreated {
    /// The tenant.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// Its short name.
    pub slug: String,
    /// Its schema.
    pub schema: String,
    /// The address of its site.
    pub url: String,
    /// How the owner's one-time link reaches the owner; none where a password was given.
    pub handed: Option<Handed>,
    /// Its first owner.
    pub owner: Option<UserId>,
}

/// What the page for a new company shows: the host below which it gets its subdomain.
///
/// # Errors
/// [`AppError::Forbidden`] for support, [`AppError::Unauthenticated`] without a platform admin.
pub async fn tenant_new(cx: &RequestCx) -> Result<String> {
    cx.platform_permit(&operation::platform::TENANT_NEW).await?;
    Ok(cx.services.config.base_domain.as_str().to_owned())
}

/// Creates a company: registry row, domain, role, schema, tables, system roles and owner, in one transaction.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields.
pub async fn tenant_create(cx: &RequestCx, command: Parsed<TenantCreate>) -> Result<TenantCreated> {
    cx.platform_permit(&operation::platform::TENANT_CREATE).await?;
    let TenantCreate { company, owner, password } = command?;
    owner_require_mail(cx, owner.as_ref(), company.proved_by.is_some()).await?;
    let owner = owner_hash(cx, password.as_ref(), owner).await?;
    let tx = cx.platform_begin_owner(&operation::platform::TENANT_CREATE).await?;
    create(cx, tx, company, owner).await
}

/// Creates a company for those who may: the caller has asked that.
pub(crate) async fn create(cx: &RequestCx, mut tx: PlatformTx, parsed: Company, owner: Option<Owner>) -> Result<TenantCreated> {
    let actor = tx.actor.clone();
    let registered = async {
        let insert = TenantInsert {
            name: &parsed.name,
            slug: &parsed.slug,
            schema: &parsed.schema,
            auto_create_schema: owner.is_some(),
            max_users: parsed.max_users,
            created_on: cx.services.now(),
        };
        let (id, schema) = tenants::tenant_insert(&mut tx.conn, &insert).await.map_err(taken)?;
        failpoint::reach("tenant_create.registered")?;
        let proof = parsed.proved_by.map_or(DomainProof::Open, |by| DomainProof::Given(cx.services.now(), by));
        domains::domain_insert(&mut tx.conn, id, &parsed.host, true, proof).await.map_err(taken)?;
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
        tx.conn.audit(Some(id), line);
        failpoint::reach("tenant_create.audited")?;
        Ok(tenant)
    }
    .await;
    let tenant = match registered {
        Ok(tenant) => tenant,
        Err(error) => return tx.finish(Err(error)).await,
    };
    let (owner_id, handed) = match &owner {
        Some(owner) => {
            let (id, handed) = owner_create(cx, tx, (&tenant, parsed.host.as_str(), &parsed.name), owner).await?;
            (Some(id), handed)
        }
        None => tx.finish(Ok((None, None))).await?,
    };
    let url = cx.services.url_on(parsed.host.as_str(), "/");
    hosts_changed(&cx.services, vec![parsed.host]).await;
    Ok(TenantCreated {
        id: tenant.id,
        name: parsed.name,
        slug: parsed.slug.as_str().to_owned(),
        schema: tenant.schema().to_owned(),
        url,
        handed,
        owner: owner_id,
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

/// Which field of the form something that is there already belongs to.
pub(crate) fn taken(error: DbError) -> Error {
    match error {
        DbError::Unique { constraint } if constraint.starts_with("tenants_slug") => {
            AppError::conflict(Code::SlugTaken, "slug", "Another tenant has this short name").into()
        }
        DbError::Unique { constraint } if constraint.starts_with("domains_domain") => {
            AppError::conflict(Code::DomainTaken, "domain", "Another tenant has this domain").into()
        }
        DbError::Unique { constraint } if constraint.contains("schema") => {
            AppError::conflict(Code::SchemaTaken, "schema", "This schema name was used before").into()
        }
        other => other.into(),
    }
}

/// The host of a company on which its site is served: the primary one, if its domain is verified.
async fn serving_host(cx: &RequestCx, slug: &str) -> Result<Option<String>> {
    let mut conn = cx.services.db.platform().await?;
    let found = async {
        let record = tenants::tenant_detail(&mut conn, slug).await?.ok_or(AppError::NotFound)?.record;
        let hosts = domains::domain_list_of(&mut conn, TenantId(record.id)).await?;
        Ok::<_, Error>(hosts.into_iter().find(|row| row.verified).map(|row| row.domain))
    }
    .await;
    conn.finish(found).await
}

/// Makes the schema of a company that was registered without one, and its owner.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Conflict`] when it has a schema, [`AppError::Validation`] beside the fields.
pub async fn tenant_provision(cx: &RequestCx, slug: &str, command: &OwnerForm) -> Result<TenantCreated> {
    cx.platform_permit(&operation::platform::TENANT_PROVISION).await?;
    let mut errors = FieldErrors::default();
    let owner = command.parse(slug, &mut errors);
    errors.into_result()?;
    let owner = owner.ok_or(AppError::Malformed)?;
    let host = serving_host(cx, slug).await?;
    owner_require_mail(cx, Some(&owner), host.is_some()).await?;
    let owner = owner_hash(cx, command.password.as_ref(), Some(owner)).await?.ok_or(AppError::Malformed)?;
    let mut tx = cx.platform_begin_owner(&operation::platform::TENANT_PROVISION).await?;
    let actor = tx.actor.clone();
    let begun = async {
        let record = tenants::tenant_lock(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        if record.schema_version.is_some() {
            return Err(AppError::conflict(Code::TenantHasSchema, "", "This tenant already has a schema").into());
        }
        if record.status != TenantStatus::Active.as_str() {
            return Err(AppError::conflict(Code::TenantWrongStatus, "", "Only an active tenant can be provisioned").into());
        }
        let tenant = cx.services.db.tenant_ref(TenantId(record.id), &record.schema_name);
        schema_create(&mut tx.conn, &tenant, record.max_users).await?;
        let hosts = domains::domain_list_of(&mut tx.conn, tenant.id).await?;
        let object = Object::new("tenant", record.id, record.name.as_str());
        let line = entry(cx, &actor, "tenant.provision", object, json!({ "schema_name": [null, record.schema_name] }));
        tx.conn.audit(Some(tenant.id), line);
        Ok((tenant, record, hosts))
    }
    .await;
    let (tenant, record, hosts) = match begun {
        Ok(begun) => begun,
        Err(error) => return tx.finish(Err(error)).await,
    };
    let host = host.as_deref().or_else(|| hosts.first().map(|row| row.domain.as_str())).unwrap_or_default();
    let (owner_id, handed) = owner_create(cx, tx, (&tenant, host, &record.name), &owner).await?;
    let url = cx.services.url_on(host, "/");
    hosts_changed(&cx.services, hosts.iter().filter_map(|row| HostName::parse(&row.domain).ok()).collect()).await;
    Ok(TenantCreated {
        id: tenant.id,
        name: record.name,
        slug: record.slug,
        schema: record.schema_name,
        url,
        handed,
        owner: Some(owner_id),
    })
}

/// Deletes a company; its schema goes only when asked for, else it stays as `kept_<id>`.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Validation`] when `name` is not exactly the company's.
pub async fn tenant_delete(cx: &RequestCx, slug: &str, name: &str, drop_schema: bool) -> Result<()> {
    let mut tx = cx.platform_begin_owner(&operation::platform::TENANT_DELETE).await?;
    let done = async {
        let record = tenants::tenant_lock(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        if !is_named(&record.name, name) {
            return Err(AppError::field(Code::NameMismatch, "name", "This is not the tenant's name").into());
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
        tx.conn.audit(Some(tenant.id), line);
        Ok((tenant.id, hosts))
    }
    .await;
    let (id, hosts) = tx.finish(done).await?;
    hosts_changed(&cx.services, hosts.iter().filter_map(|row| HostName::parse(&row.domain).ok()).collect()).await;
    leftovers_remove(&cx.services, id).await;
    Ok(())
}
