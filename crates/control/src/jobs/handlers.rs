//! What each kind of job does.

use crate::{tenants::leftovers_sweep, transfer};
use async_trait::async_trait;
use db::platform::jobs::JobRecord;
use domain::{JobId, job::JobKind};
use identity::{jobs::company_prune, users};
use kernel::jobs::JobHandlers;
use kernel::{Error, Result, Services, imports::import_sweep, jobs::Job};
use std::{sync::Arc, time::Duration};

/// How long a user waits for a job.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often one looks whether another worker is done.
const LOOK: Duration = Duration::from_millis(50);

struct Handlers;

#[async_trait]
impl JobHandlers for Handlers {
    async fn run(&self, job: &mut Job) -> Result<()> {
        match job.record.kind()? {
            JobKind::TenantExport => transfer::export_run(job).await,
            JobKind::TenantImport => transfer::import_run(job).await,
            JobKind::TenantClone => transfer::clone_run(job).await,
            JobKind::TenantPurge => transfer::purge_run(job).await,
            JobKind::TenantIndex => records::index_run(job).await,
            JobKind::UsersBulk => Box::pin(users::bulk_run(job)).await,
            JobKind::UsersImport => Box::pin(users::import_run(job)).await,
            JobKind::UsersUndo => Box::pin(users::undo_run(job)).await,
            JobKind::RecordsBulk => Box::pin(records::bulk_run(job)).await,
            JobKind::RecordsUndo => Box::pin(records::bulk_undo_run(job)).await,
            JobKind::RecordsImport => Box::pin(records::import_run(job)).await,
            JobKind::RecordsImportUndo => Box::pin(records::import_undo_run(job)).await,
            JobKind::RecordsDerive => records::derive_run(job).await,
            JobKind::RecordsConvert => records::convert_run(job).await,
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
        if let Err(error) = import_sweep(services).await {
            tracing::warn!(%error, "old files of imports were not removed");
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

/// Does a job whose user waits for it, or waits while another worker does it; `None` for one that is not over within [`PATIENCE`].
///
/// # Errors
/// When the database does not answer.
pub async fn run_awaited(services: &Arc<Services>, id: JobId) -> Result<Option<JobRecord>> {
    // What was begun is not given up with the patience of its user.
    let own = Arc::clone(services);
    let begun = tokio::spawn(async move { run_only(&own, id).await });
    let wait = async {
        let mut ran = begun.await.map_err(|error| Error::Fault(format!("job {id}: {error}")))??;
        while ran.is_none() {
            tokio::time::sleep(LOOK).await;
            ran = run_only(services, id).await?;
        }
        Ok(ran)
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or(Ok(None))
}

/// Does one job now, in this process, and says how it ended; `None` while another worker has it.
///
/// # Errors
/// When the database does not answer.
pub async fn run_only(services: &Arc<Services>, id: JobId) -> Result<Option<JobRecord>> {
    kernel::jobs::run_only(services, &Handlers, id).await
}
