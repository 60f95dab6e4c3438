//! The end of a company: a last dump, then registry, schema and role go in one transaction.

use super::{build::dump_name, export::export};
use crate::tenants::leftovers_remove;
use db::{
    platform::{
        domains, jobs,
        tenants::{self, TenantChange},
    },
    provision,
};
use domain::{
    AppError, Code, HostName, TenantId, TenantStatus,
    job::{JobKind, JobStatus},
};
use kernel::{
    Error, RequestCx, Result, Services,
    actor::Actor,
    audit::{Object, entry},
    jobs::Job,
    sites::hosts_changed,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// What a purge was asked to do.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Purge {
    pub drop_schema: bool,
}

/// The job `tenant_purge`.
pub(crate) async fn purge_run(job: &mut Job) -> Result<()> {
    let Purge { drop_schema } = job.params()?;
    let services = Arc::clone(&job.services);
    let id = job.tenant()?;
    let mut conn = services.db.platform().await?;
    let found = tenants::tenant_detail_by_id(&mut conn, id).await;
    let detail = conn.finish(found).await?.ok_or(AppError::NotFound)?;
    let file = dump_name(id, job.id());
    let mut result = json!({});
    if detail.record.schema_version.is_some() {
        let bytes = export(job, id, &file).await?;
        job.log(format!("A last dump was written: {file}"));
        job.settle().await?;
        result = json!({ "file": file, "bytes": bytes });
    }
    let cx = RequestCx::system(Arc::clone(&services), &format!("job {}", job.id()));
    let actor = Actor::Job { id: job.id(), user: None, asked_by: job.record.created_by.clone() };
    let mut conn = services.db.owner().await?;
    let ended = async {
        // A user may have stopped it while the dump was written; from here on nobody can.
        job.hold(&mut conn).await?;
        let record =
            tenants::tenant_lock(&mut conn, &detail.record.slug).await?.filter(|record| record.id == id.0).ok_or(AppError::NotFound)?;
        if record.status != TenantStatus::Purging.as_str() {
            return Err(AppError::conflict(Code::TenantWrongStatus, "", "This tenant is no longer due to be purged").into());
        }
        let tenant = services.db.tenant_ref(id, &record.schema_name);
        let hosts = domains::domain_list_of(&mut conn, id).await?;
        if record.schema_version.is_some() {
            if drop_schema {
                provision::schema_drop(&mut conn, &tenant).await?;
            } else {
                provision::schema_keep(&mut conn, &tenant).await?;
            }
        }
        tenants::tenant_delete(&mut conn, id).await?;
        let values = json!({ "slug": [record.slug, null], "schema_dropped": [null, drop_schema], "job": job.id() });
        let line = entry(&cx, &actor, "tenant.purge", Object::new("tenant", id, record.name), values);
        conn.audit(Some(id), line);
        jobs::job_finish(&mut conn, &job.record, (JobStatus::Done, job.counts()), None, &result, services.now()).await?;
        Ok::<_, Error>(hosts)
    }
    .await;
    let hosts = conn.finish(ended).await?;
    hosts_changed(&services, hosts.iter().filter_map(|row| HostName::parse(&row.domain).ok()).collect()).await;
    leftovers_remove(&services, id).await;
    Ok(())
}

/// Puts companies back into the archive whose purge did not come to its end. They stay there until a user asks again.
pub(crate) async fn purge_release(services: &Services) -> Result<()> {
    let mut conn = services.db.owner().await?;
    let released = tenants::tenant_release(&mut conn, services.now()).await;
    Ok(conn.finish(released).await?)
}

/// Asks for the purge of every company whose time in the archive is over. The schema goes only where that was agreed on.
///
/// # Errors
/// When the database does not answer.
pub async fn purge_due(services: &Arc<Services>) -> Result<()> {
    // What a process left when it died between the end of a job and this.
    purge_release(services).await?;
    let now = services.now();
    let cx = RequestCx::system(Arc::clone(services), "purge");
    let actor = Actor::System { rule: "grace period" };
    loop {
        let mut conn = services.db.owner().await?;
        let asked = async {
            let Some(record) = tenants::tenant_due(&mut conn, now).await? else { return Ok(false) };
            let id = TenantId(record.id);
            let change = TenantChange { status: Some(TenantStatus::Purging.as_str()), ..TenantChange::default() };
            tenants::tenant_update(&mut conn, id, &change, now).await?;
            let params = json!(Purge { drop_schema: record.auto_drop_schema });
            jobs::job_insert(&mut conn, JobKind::TenantPurge, Some(id), &params, &actor.label(), now).await?;
            let values = json!({ "status": [TenantStatus::Archived, TenantStatus::Purging] });
            let line = entry(&cx, &actor, "tenant.purge_due", Object::new("tenant", id, record.name), values);
            conn.audit(Some(id), line);
            Ok::<_, Error>(true)
        }
        .await;
        if !conn.finish(asked).await? {
            return Ok(());
        }
    }
}
