//! Making and removing companies.

use super::{
    form::{Company, Owner, OwnerForm, TenantCreate},
    leftovers::leftovers_remove,
};
use db::{
    DbError, TenantRef, migrate,
    platform::{
        domains::{self, DomainProof},
        tenants::{self, TenantInsert},
    },
    provision,
    tenant::{
        roles,
        tokens::{self, TokenInsert},
        users,
    },
};
use domain::{AppError, Code, FieldErrors, HostName, TenantId, UserId, flash::OneTimeLink, operation, person::is_named, role::OWNER};
use identity::roles::is_staff;
use kernel::{
    Error, Parsed, RequestCx, Result,
    audit::{Object, entry},
    cx::PlatformTx,
    failpoint,
    sites::hosts_changed,
    tokens::{INVITE_OPEN, token_hash, token_new},
};
use secrecy::SecretString;
use serde_json::json;

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
    let owner = owner_hash(cx, password.as_ref(), owner).await?;
    let tx = cx.platform_begin_owner(&operation::platform::TENANT_CREATE).await?;
    create(cx, tx, company, owner).await
}

/// Creates a company for those who may: the caller has asked that.
pub(crate) async fn create(cx: &RequestCx, mut tx: PlatformTx, parsed: Company, owner: Option<Owner>) -> Result<TenantCreated> {
    let token = token_new(&*cx.services.entropy);
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
    let owner_id = match &owner {
        Some(owner) => Some(owner_create(cx, tx, &tenant, owner, &token).await?),
        None => tx.finish(Ok(None)).await?,
    };
    let url = cx.services.url_on(parsed.host.as_str(), "/");
    let invite = cx.services.url_on(parsed.host.as_str(), &format!("/invite/{token}"));
    hosts_changed(&cx.services, vec![parsed.host]).await;
    let link = owner.filter(|owner| owner.hash.is_none()).map(|owner| OneTimeLink {
        label: owner.email.as_str().to_owned(),
        url: invite,
        hours: 72,
    });
    Ok(TenantCreated {
        id: tenant.id,
        slug: parsed.slug.as_str().to_owned(),
        schema: tenant.schema().to_owned(),
        url,
        link,
        owner: owner_id,
    })
}

pub(crate) async fn owner_hash(cx: &RequestCx, password: Option<&SecretString>, owner: Option<Owner>) -> Result<Option<Owner>> {
    Ok(match (owner, password) {
        (Some(owner), Some(password)) => Some(Owner { hash: Some(cx.passwords().hash(password).await?), ..owner }),
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
async fn owner_create(cx: &RequestCx, tx: PlatformTx, tenant: &TenantRef, owner: &Owner, token: &str) -> Result<UserId> {
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
            let hash = token_hash(token);
            let insert = TokenInsert {
                user: id,
                purpose: "invite",
                hash: &hash,
                now,
                expires_at: now + INVITE_OPEN,
                by_mail: false,
                made_by: None,
                keeps_handed: false,
            };
            tokens::token_insert(&mut conn, &insert).await?;
        }
        let values = json!({ "email": [null, owner.email], "user_type": [null, OWNER] });
        let line = entry(cx, &actor, "user.create", Object::new("user", id, owner.email.as_str()), values);
        conn.audit(line);
        failpoint::reach("tenant_create.commit")?;
        Ok(id)
    }
    .await;
    conn.finish(done).await
}

/// Which field of the form something that is there already belongs to.
pub(crate) fn taken(error: DbError) -> Error {
    match error {
        DbError::Unique { constraint } if constraint.starts_with("tenants_slug") => {
            AppError::conflict(Code::SlugTaken, "slug", "Another company has this short name").into()
        }
        DbError::Unique { constraint } if constraint.starts_with("domains_domain") => {
            AppError::conflict(Code::DomainTaken, "domain", "Another company has this domain").into()
        }
        DbError::Unique { constraint } if constraint.contains("schema") => {
            AppError::conflict(Code::SchemaTaken, "schema", "This schema name was used before").into()
        }
        other => other.into(),
    }
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
    let owner = owner_hash(cx, command.password.as_ref(), owner).await?.ok_or(AppError::Malformed)?;
    let token = token_new(&*cx.services.entropy);
    let mut tx = cx.platform_begin_owner(&operation::platform::TENANT_PROVISION).await?;
    let actor = tx.actor.clone();
    let begun = async {
        let record = tenants::tenant_lock(&mut tx.conn, slug).await?.ok_or(AppError::NotFound)?;
        if record.schema_version.is_some() {
            return Err(AppError::conflict(Code::TenantHasSchema, "", "This company has its schema already").into());
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
    let owner_id = owner_create(cx, tx, &tenant, &owner, &token).await?;
    let host = hosts.first().map_or("", |row| row.domain.as_str());
    let (url, invite) = (cx.services.url_on(host, "/"), cx.services.url_on(host, &format!("/invite/{token}")));
    hosts_changed(&cx.services, hosts.iter().filter_map(|row| HostName::parse(&row.domain).ok()).collect()).await;
    let link = owner.hash.is_none().then(|| OneTimeLink { label: owner.email.as_str().to_owned(), url: invite, hours: 72 });
    Ok(TenantCreated { id: tenant.id, slug: record.slug, schema: record.schema_name, url, link, owner: Some(owner_id) })
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
            return Err(AppError::field(Code::NameMismatch, "name", "This is not the company's name").into());
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
