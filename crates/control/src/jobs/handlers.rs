//! What each kind of job does.

use crate::{tenants::leftovers_sweep, transfer};
use async_trait::async_trait;
use db::platform::jobs::JobRecord;
use domain::{JobId, job::JobKind};
use identity::{jobs::company_prune, users};
use kernel::jobs::JobHandlers;
use kernel::{Result, Services, jobs::Job};
use std::sync::Arc;

struct Handlers;

#[async_trait]
impl JobHandlers for Handlers {
    async fn run(&self, job: &mut Job) -> Result<()> {
        match job.record.kind()? {
            JobKind::TenantExport => transfer::export_run(job).await,
            JobKind::TenantImport => transfer::import_run(job).await,
            JobKind::TenantClone => transfer::clone_run(job).await,
            JobKind::TenantPurge => transfer::purge_run(job).await,
            JobKind::UsersBulk => Box::pin(users::bulk_run(job)).await,
            JobKind::UsersImport => users::import_run(job).await,
            JobKind::UsersUndo => users::undo_run(job).await,
            JobKind::RecordsDerive => records::derive_run(job).await,
        }
    }

    async fn ended(&self, services: &Services) -> Result<()> {
        transfer::purge_release(services).await
    }

    async fn sweep(&self, services: &Arc<Services>) {
        if let Err(error) = transfer::purge_due(services).await {
            tracing::warn!(%error, "tenants past their time in the archive were not looked for");
        }
        if let Err(error) = company_prune(services).await {
            tracing::warn!(%error, "what old jobs did was not forgotten");
        }
        if let Err(error) = users::import_sweep(services).await {
            tracing::warn!(%error, "old uploads of users were not removed");
        }
        if let Err(error) = records::derive_resume(services).await {
            tracing::warn!(%error, "derive jobs were not requeued");
        }
        if let Err(error) = leftovers_sweep(services).await {
            tracing::warn!(%error, "what deleted tenants left was not looked for");
        }
    }
}

/// Does what waits in the queue until the task is dropped.
pub async fn work(services: Arc<Services>) {
    kernel::jobs::work(services, Arc::new(Handlers)).await;
}

/// Does one job now, in this process, and says how it ended; `None` while another worker has it.
///
/// # Errors
/// When the database does not answer.
pub async fn run_only(services: &Arc<Services>, id: JobId) -> Result<Option<JobRecord>> {
    kernel::jobs::run_only(services, &Handlers, id).await
}
