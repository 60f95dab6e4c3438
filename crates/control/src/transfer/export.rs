//! Everything of a company in one file.

use super::archive::{ArchiveWriter, CompanyAi, ManifestTenant};
use db::{
    TenantRef,
    platform::{
        ai::ai_get,
        tenants::{TenantDetail, tenant_detail_by_id},
    },
    transfer::{TABLES, rows_next, rows_open, rows_total, snapshot},
};
use domain::{AppError, Code, TenantId, job::JobStatus};
use kernel::{Error, Result, Services, files::tenant_file, jobs::Job, storage::EXPORTS};
use serde_json::json;

/// A company with its settings, and the way to its tables.
pub(super) async fn source(services: &Services, id: TenantId) -> Result<(TenantDetail, TenantRef, i64)> {
    let mut conn = services.db.platform().await?;
    let found = tenant_detail_by_id(&mut conn, id).await;
    let detail = conn.finish(found).await?.ok_or(AppError::NotFound)?;
    let version = detail.record.schema_version.ok_or_else(|| AppError::conflict(Code::TenantNoSchema, "", "This tenant has no schema"))?;
    let tenant = services.db.tenant_ref(id, &detail.record.schema_name);
    Ok((detail, tenant, version))
}

/// The AI of a company as it travels.
pub(super) async fn company_ai(services: &Services, id: TenantId) -> Result<CompanyAi> {
    let mut conn = services.db.platform().await?;
    let found = ai_get(&mut conn, id).await;
    let record = conn.finish(found).await?;
    let spending = record.spending(services.now().date_naive())?;
    Ok(CompanyAi { config_encrypted: record.config, enabled: spending.enabled, limit: spending.limit })
}

/// Writes a company's archive and keeps it under `name`. Gives its bytes.
pub(super) async fn export(job: &mut Job, id: TenantId, name: &str) -> Result<u64> {
    let (detail, tenant, version) = source(&job.services, id).await?;
    let ai = company_ai(&job.services, id).await?;
    let folder = job.services.files.scratch()?;
    let mut conn = job.services.db.tenant(&tenant).await?;
    let written = async {
        snapshot(&mut conn).await?;
        job.expect(rows_total(&mut conn).await?);
        let archive = ArchiveWriter::create(folder.path(), job.services.now());
        for table in TABLES {
            archive.table(table.name).await?;
            rows_open(&mut conn, table).await?;
            loop {
                let lines = rows_next(&mut conn, table.batch).await?;
                if lines.is_empty() {
                    break;
                }
                job.advance(lines.len())?;
                archive.rows(lines).await?;
            }
        }
        let record = detail.record;
        let company = ManifestTenant {
            id: record.id,
            name: record.name,
            slug: record.slug,
            max_users: record.max_users,
            features_enabled: detail.features_enabled,
            billing_settings: detail.billing_settings,
            ai: Some(ai),
        };
        archive.finish(job.services.db.installation(), version, company).await
    }
    .await;
    let file = conn.finish::<_, Error>(written).await?;
    job.services.files.keep(name, &file).await
}

/// The job `tenant_export`.
pub(crate) async fn export_run(job: &mut Job) -> Result<()> {
    let id = job.tenant()?;
    let name = tenant_file(id, &format!("{EXPORTS}/export-{}.tar", job.id()));
    let bytes = export(job, id, &name).await?;
    job.finish(JobStatus::Done, None, &json!({ "file": name, "bytes": bytes })).await
}
