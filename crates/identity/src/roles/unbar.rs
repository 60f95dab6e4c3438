//! What becomes of hidden fields when the role is deleted from which they were hidden.

use db::tenant::records::{Derived, pipeline_lock, pipeline_touch, pipelines_barred_from};
use domain::{job::JobKind, record::DeriveJob};
use kernel::{RequestCx, Result, cx::TenantTx, jobs::company_enqueue};

/// Lets the search find what was hidden from a role that is about to be deleted.
pub(super) async fn fields_unbar(cx: &RequestCx, tx: &mut TenantTx, key: &str) -> Result<()> {
    for pipeline in pipelines_barred_from(&tx.conn, key).await? {
        let Some(pipeline) = pipeline_lock(&mut tx.conn, &pipeline).await? else { continue };
        pipeline_touch(&mut tx.conn, &pipeline, Derived::Stale, cx.services.now()).await?;
        let job = DeriveJob { pipeline: pipeline.head.key, keys: false };
        company_enqueue(cx, tx, JobKind::RecordsDerive, &job).await?;
    }
    Ok(())
}
