//! A company made of another one, or of an archive: one transaction, so that it is there whole or not at all.

use super::{
    archive::{CompanyAi, Manifest, unpack},
    export::{company_ai, source},
    row::row_read,
};
use db::{
    AuditEntry, DbError, PlatformConn, TenantConn, TenantRef,
    audit::audit_verify_made,
    migrate,
    platform::{
        ai,
        domains::{self, DomainProof},
        jobs,
        tenants::{self, TenantChange, TenantInsert},
    },
    provision,
    tenant::{
        user_fields::{field_list, field_values_fill},
        users,
    },
    transfer::{self, TABLES, Table},
};
use domain::{
    AppError, Code, HostName, SchemaName, SiteKey, Slug, TenantId, job::JobStatus, person::name_parse, typed_json,
    user_field::USER_FIELDS_MAX,
};
use kernel::{
    Error, RequestCx, Result, Services,
    actor::Actor,
    audit::{Object, entry},
    files::tenant_file,
    jobs::Job,
    sites::hosts_changed,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    collections::HashSet,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};
use tokio::io::{AsyncWriteExt, BufWriter};

/// The company to be made; what the form said, once it was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Target {
    pub name: Option<String>,
    pub slug: String,
    pub domain: String,
    /// Whether names and addresses of people are replaced.
    #[serde(default)]
    pub anonymize: bool,
    /// The uploaded archive, for an import.
    #[serde(default)]
    pub file: Option<String>,
}

/// The rows of a company, a file for each table. Nothing is read from one database while another is written, so that a job
/// holds one connection at a time.
struct Rows {
    folder: PathBuf,
    lines: Option<std::io::Lines<BufReader<File>>>,
    /// Rows of the open table that were read.
    read: i64,
    /// Whether another installation wrote them.
    is_foreign: bool,
}

/// The most bytes of rows put in at once.
const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The longest name of a company, and the most users it may have, as its form takes them.
const NAME_MAX: usize = 100;
const MAX_USERS_MOST: i32 = 1_000_000;

/// Tables whose secrets only the installation that made them can open, and those with traces of single people.
const SECRETS: [&str; 2] = ["user_totp", "recovery_codes"];
/// Tables that an anonymized copy leaves out because they identify users; saved views do by their filters.
const TRACES: [&str; 6] = ["audit_log", "user_tokens", "user_totp", "recovery_codes", "login_events", "list_views"];

impl Rows {
    const fn new(folder: PathBuf, is_foreign: bool) -> Self {
        Self { folder, lines: None, read: 0, is_foreign }
    }

    fn open(&mut self, table: &Table) -> Result<()> {
        self.lines = Some(BufReader::new(File::open(self.folder.join(table.name))?).lines());
        self.read = 0;
        Ok(())
    }

    /// The next rows with their numbers, none at the end; never more at once than fit into memory beside those of other jobs.
    async fn next(&mut self, most: u16) -> Result<Vec<(i64, String)>> {
        let Some(mut file) = self.lines.take() else { return Ok(Vec::new()) };
        let mut number = self.read;
        let read = tokio::task::spawn_blocking(move || {
            let (mut some, mut bytes) = (Vec::new(), 0);
            while some.len() < usize::from(most)
                && bytes < BATCH_BYTES_MAX
                && let Some(line) = file.next()
            {
                let line = line?;
                bytes += line.len();
                number += 1;
                some.push((number, line));
            }
            Ok::<_, std::io::Error>((file, some))
        });
        let (file, some) = read.await.map_err(|error| Error::Fault(error.to_string()))??;
        self.lines = Some(file);
        self.read += i64::try_from(some.len()).unwrap_or(0);
        Ok(some)
    }
}

/// Writes the rows of all tables of a company into a folder, as they are at one moment.
async fn dump(job: &mut Job, tenant: &TenantRef, folder: &Path) -> Result<()> {
    let mut conn = job.services.db.tenant(tenant).await?;
    let dumped = async {
        transfer::snapshot(&mut conn).await?;
        job.expect(transfer::rows_total(&mut conn).await?);
        for table in TABLES {
            let mut file = BufWriter::new(tokio::fs::File::create(folder.join(table.name)).await?);
            transfer::rows_open(&mut conn, table).await?;
            loop {
                let lines = transfer::rows_next(&mut conn, table.batch).await?;
                if lines.is_empty() {
                    break;
                }
                for line in lines {
                    file.write_all(line.as_bytes()).await?;
                    file.write_all(b"\n").await?;
                }
                // Progress is what was loaded; here a job only learns whether it is to stop.
                job.goes_on()?;
            }
            file.flush().await?;
        }
        Ok::<_, Error>(())
    }
    .await;
    conn.finish(dumped).await
}

/// What is kept of a company besides its rows.
struct Company {
    /// Whose rows they are: secrets in them are sealed for that company.
    from: TenantId,
    name: String,
    max_users: i32,
    /// The most megabytes in files; none is what a new company has.
    max_storage_mb: Option<i32>,
    features_enabled: Value,
    billing_settings: Value,
    /// Its AI, sealed for the company that had it.
    ai: Option<CompanyAi>,
}

/// The job `tenant_clone`.
pub(crate) async fn clone_run(job: &mut Job) -> Result<()> {
    let target: Target = job.params()?;
    let (detail, tenant, version) = source(&job.services, job.tenant()?).await?;
    if version != migrate::tenant_version() {
        return Err(AppError::conflict(Code::TenantOutdated, "", "Migrate this tenant first").into());
    }
    let company = Company {
        from: job.tenant()?,
        name: target.name.clone().unwrap_or(detail.record.name),
        max_users: detail.record.max_users,
        max_storage_mb: Some(detail.record.max_storage_mb),
        features_enabled: detail.features_enabled,
        billing_settings: detail.billing_settings,
        // An anonymous copy is for trying things out: nobody's key is spent on that.
        ai: if target.anonymize { None } else { Some(company_ai(&job.services, job.tenant()?).await?) },
    };
    let folder = job.services.files.scratch()?;
    dump(job, &tenant, folder.path()).await?;
    let mut rows = Rows::new(folder.path().to_owned(), false);
    build(job, &target, company, &mut rows, "tenant.clone").await
}

/// The job `tenant_import`.
pub(crate) async fn import_run(job: &mut Job) -> Result<()> {
    let target: Target = job.params()?;
    let file = target.file.clone().ok_or_else(|| Error::Fault("an import without a file".to_owned()))?;
    let folder = job.services.files.scratch()?;
    let archive = folder.path().join("archive.tar");
    job.services.files.fetch(&file, &archive).await?;
    let place = folder.path().to_owned();
    let read = tokio::task::spawn_blocking(move || unpack(&archive, &place)).await;
    let manifest: Manifest = read.map_err(|error| Error::Fault(error.to_string()))??;
    if manifest.schema_version != migrate::tenant_version() {
        let sentence = format!(
            "The archive was made by another version of Oneo (schema {}, here {}). Export it again there after an update.",
            manifest.schema_version,
            migrate::tenant_version()
        );
        return Err(AppError::field(Code::FileUnreadable, "file", sentence).into());
    }
    registry_check(&manifest)?;
    job.expect(manifest.tables.iter().map(|table| table.rows).sum());
    let company = Company {
        from: TenantId(manifest.tenant.id),
        name: target.name.clone().unwrap_or(manifest.tenant.name),
        max_users: manifest.tenant.max_users,
        max_storage_mb: None,
        features_enabled: manifest.tenant.features_enabled,
        billing_settings: manifest.tenant.billing_settings,
        ai: manifest.tenant.ai,
    };
    let foreign = manifest.installation != job.services.db.installation();
    if foreign {
        job.log(
            "The archive comes from another installation: users set up their second factors again, and the AI key must be entered again.",
        );
    }
    let mut rows = Rows::new(folder.path().to_owned(), foreign);
    build(job, &target, company, &mut rows, "tenant.import").await?;
    job.services.files.remove(&file).await
}

/// Whether a company is such as a form of the registry would take it.
fn registry_check(manifest: &Manifest) -> Result<()> {
    let tenant = &manifest.tenant;
    let checked = || {
        name_parse(&tenant.name, NAME_MAX).map_err(|error| format!("the name: {error}"))?;
        if !(1..=MAX_USERS_MOST).contains(&tenant.max_users) {
            return Err(format!("the most active users: {} is no number from 1 to {MAX_USERS_MOST}", tenant.max_users));
        }
        for (what, object) in [("features", &tenant.features_enabled), ("billing", &tenant.billing_settings)] {
            typed_json::parse(&[], &object.to_string()).map_err(|error| format!("{what}: {error}"))?;
        }
        Ok::<_, String>(())
    };
    checked().map_err(|why| AppError::field(Code::FileUnreadable, "file", format!("The manifest of the archive: {why}")).into())
}

async fn build(job: &mut Job, target: &Target, company: Company, rows: &mut Rows, action: &'static str) -> Result<()> {
    let services = std::sync::Arc::clone(&job.services);
    let cx = RequestCx::system(std::sync::Arc::clone(&services), &format!("job {}", job.id()));
    let actor = Actor::Job { id: job.id(), user: None, asked_by: job.record.created_by.clone() };
    let now = services.now();
    let host = HostName::parse(&target.domain).map_err(|error| AppError::field(Code::DomainInvalid, "domain", error.to_string()))?;
    let slug = Slug::parse(&target.slug).map_err(|error| AppError::field(Code::SlugInvalid, "slug", error.to_string()))?;
    let mut conn = services.db.owner().await?;
    let made = async {
        let schema = SchemaName::from_slug(&slug);
        let insert = TenantInsert {
            name: &company.name,
            slug: &slug,
            schema: &schema,
            auto_create_schema: true,
            max_users: company.max_users,
            created_on: now,
        };
        let (id, schema) = tenants::tenant_insert(&mut conn, &insert).await.map_err(crate::tenants::taken)?;
        domains::domain_insert(&mut conn, id, &host, true, DomainProof::Given(now, "platform")).await.map_err(crate::tenants::taken)?;
        let change = TenantChange {
            features_enabled: Some(&company.features_enabled),
            billing_settings: Some(&company.billing_settings),
            max_storage_mb: company.max_storage_mb,
            ..TenantChange::default()
        };
        tenants::tenant_update(&mut conn, id, &change, now).await?;
        if let Some(had) = &company.ai {
            let config = match &had.config_encrypted {
                Some(stored) => crate::ai::reseal(&services, company.from, id, stored)?,
                None => None,
            };
            if had.config_encrypted.is_some() && config.is_none() {
                job.log("The AI configuration cannot be decrypted here. Enter it again.");
            }
            ai::ai_set(&mut conn, id, config.as_deref(), had.enabled && config.is_some(), had.limit, now).await?;
        }
        let tenant = services.db.tenant_ref(id, schema.as_str());
        provision::schema_create(&mut conn, &tenant).await?;
        fill(job, &mut conn, &tenant, rows, (target, company.from)).await?;
        // Before anything is held that others wait for.
        log_check(&mut conn, &tenant).await?;
        provision::quota_set(&mut conn, &tenant, company.max_users).await?;
        tenants::tenant_set_version(&mut conn, id, migrate::tenant_version()).await?;
        let users = transfer::active_users(&mut conn, &tenant).await?;
        tenants::tenant_set_user_count(&mut conn, id, users).await?;
        let values = json!({ "name": [null, company.name], "slug": [null, slug], "domain": [null, host], "job": job.id() });
        job.hold(&mut conn).await?;
        let line = entry(&cx, &actor, action, Object::new("tenant", id, company.name.as_str()), values.clone());
        conn.audit(Some(id), line.clone());
        let result = json!({ "slug": slug, "tenant_id": id });
        jobs::job_finish(&mut conn, &job.record, (JobStatus::Done, job.counts()), None, &result, services.now()).await?;
        Ok((tenant, line))
    }
    .await;
    let (tenant, line) = match made {
        Ok(made) => made,
        Err(error) => return conn.finish(Err(error)).await,
    };
    let mut conn = conn.into_tenant(&tenant).await?;
    let settled = settle(&mut conn, line, rows.is_foreign).await;
    conn.finish(settled).await?;
    hosts_changed(&services, vec![host]).await;
    Ok(())
}

/// Ends the making of a company inside of it: who is staff follows from the roles, which values are taken from what users have, and titles,
/// search texts and keys of records that come from elsewhere from their values.
async fn settle(conn: &mut TenantConn, line: AuditEntry, is_foreign: bool) -> Result<()> {
    users::staff_refresh(conn).await?;
    let fields = field_list(conn).await?;
    if fields.len() > USER_FIELDS_MAX {
        let sentence = format!("The archive has more than {USER_FIELDS_MAX} user fields");
        return Err(AppError::field(Code::FileUnreadable, "file", sentence).into());
    }
    for field in fields.iter().filter(|field| field.is_unique) {
        if field_values_fill(conn, field).await?.shared > 0 {
            let sentence = format!("Two users have the same value in the field {}, which is unique", field.label);
            return Err(AppError::field(Code::FileUnreadable, "file", sentence).into());
        }
    }
    if is_foreign {
        records::derive_in(conn).await?;
    }
    conn.audit(line);
    Ok(())
}

/// Goes on only with a log that is as it was written.
async fn log_check(conn: &mut PlatformConn, tenant: &TenantRef) -> Result<()> {
    match audit_verify_made(conn, tenant).await?.broken {
        None => Ok(()),
        Some((place, why)) => {
            let sentence = format!("Row {place} of audit_log: {why}");
            Err(AppError::field(Code::FileUnreadable, "file", sentence).into())
        }
    }
}

/// Puts all rows into the new schema, table by table.
async fn fill(
    job: &mut Job,
    conn: &mut db::PlatformConn,
    tenant: &TenantRef,
    rows: &mut Rows,
    (target, from): (&Target, TenantId),
) -> Result<()> {
    transfer::load_begin(conn, tenant).await?;
    for table in TABLES {
        let skipped = (target.anonymize && TRACES.contains(&table.name)) || (rows.is_foreign && SECRETS.contains(&table.name));
        rows.open(table)?;
        loop {
            let lines = rows.next(table.batch).await?;
            if lines.is_empty() {
                break;
            }
            if !skipped {
                let count = lines.len();
                let read = lines.iter().map(|(number, line)| row(table, *number, line, target.anonymize));
                let mut values = read.collect::<Result<Vec<_>>>()?;
                if table.name == "roles" {
                    looks_apart(&mut values);
                }
                if table.name == "user_totp" {
                    values = reseal(&job.services, from, tenant.id, values)?;
                    if values.len() < count {
                        job.log("Some second factors cannot be decrypted here. Those users set them up again.");
                    }
                }
                transfer::rows_load(conn, tenant, table, Value::Array(values)).await.map_err(|error| misfit(error, table, &lines))?;
                job.advance(count)?;
            } else {
                job.advance(lines.len())?;
            }
        }
    }
    transfer::load_end(conn, tenant).await.map_err(|error| match error {
        DbError::LastOwner => {
            AppError::field(Code::FileUnreadable, "file", "The tenant has no active owner, or a system role is missing").into()
        }
        DbError::Foreign { constraint } => {
            AppError::field(Code::FileUnreadable, "file", format!("A row refers to another one that is not there ({constraint})")).into()
        }
        other => other.into(),
    })
}

/// Gives look-alike roles from before they were refused distinct keys, so that the unique index accepts them.
fn looks_apart(roles: &mut [Value]) {
    let mut seen = HashSet::new();
    for role in roles {
        let text = |field: &str| role.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (key, look) = (text("key"), text("name_key"));
        if !seen.insert(look.clone())
            && let Some(field) = role.get_mut("name_key")
        {
            *field = json!(format!("{look}\n{key}"));
        }
    }
}

/// Secrets of second factors, sealed for the new company; those that cannot be opened here stay behind.
fn reseal(services: &Services, from: TenantId, to: TenantId, rows: Vec<Value>) -> Result<Vec<Value>> {
    let mut kept = Vec::with_capacity(rows.len());
    for mut row in rows {
        let owner = row.get("user_id").and_then(Value::as_i64).unwrap_or_default();
        let sealed = row.get("secret_encrypted").and_then(Value::as_str).unwrap_or_default();
        let new = identity::auth::factor::reseal(services, SiteKey::Tenant(from), SiteKey::Tenant(to), owner, sealed)?;
        if let (Some(new), Some(secret)) = (new, row.get_mut("secret_encrypted")) {
            *secret = Value::String(new);
            kept.push(row);
        }
    }
    Ok(kept)
}

/// A row as it is put in.
fn row(table: &Table, number: i64, line: &str, anonymize: bool) -> Result<Value> {
    let mut row = row_read(table, number, line)?;
    if anonymize && table.name == "users" {
        let id = row.get("id").and_then(Value::as_i64).unwrap_or(0);
        let plain = json!({
            "first_name": "Person", "last_name": id.to_string(), "email": format!("person{id}@anonymous.invalid"),
            "username": format!("person{id}"), "email_key": format!("person{id}@anonymous.invalid"), "email_unicode_key": "",
            "username_key": format!("person{id}"), "name_key": format!("person {id}"), "password_hash": null, "metadata": {}, "last_login": null,
            "photo": null, "photo_hash": null,
        });
        if let (Some(row), Value::Object(plain)) = (row.as_object_mut(), plain) {
            row.extend(plain);
        }
    }
    if anonymize && table.name == "audit_head" {
        // The log stays behind, so the chain begins anew: the hash of nothing.
        row = json!({ "singleton": true, "seq": 0, "event_seq": 0, "hash": "\\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" });
    }
    Ok(row)
}

/// Rows that a table refuses are the archive's fault.
fn misfit(error: DbError, table: &Table, lines: &[(i64, String)]) -> Error {
    match error {
        DbError::Unique { .. } | DbError::Foreign { .. } | DbError::Check { .. } | DbError::Other(_) => {
            tracing::warn!(%error, table = table.name, "rows do not fit");
            let (first, last) = (lines.first().map_or(0, |(number, _)| *number), lines.last().map_or(0, |(number, _)| *number));
            let sentence = format!("One of the rows {first} to {last} of {} breaks a rule of that table", table.name);
            AppError::field(Code::FileUnreadable, "file", sentence).into()
        }
        other => other.into(),
    }
}

/// Where uploaded archives wait for their imports.
pub(super) const UPLOADS: &str = "imports";

/// The name under which an uploaded archive waits for its import.
pub(super) fn upload_name(random: &str) -> String {
    format!("{UPLOADS}/{random}.tar")
}

/// The file of the last dump of a company that is purged.
pub(super) fn dump_name(id: TenantId, job: domain::JobId) -> String {
    tenant_file(id, &format!("purged/purge-{job}.tar"))
}
