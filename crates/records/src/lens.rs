//! The pipeline that an address names, as the caller sees it.

use db::tenant::records::{pipeline_get, pipeline_list};
use domain::{
    AppError,
    record::{Lens, key_is_valid},
};
use kernel::{Result, cx::TenantTx};

/// The lens through which the caller sees a pipeline.
///
/// # Errors
/// [`AppError::NotFound`] for a pipeline that there is not, or of which the caller sees nothing.
pub(crate) async fn lens_of(tx: &TenantTx, key: &str) -> Result<Lens> {
    let pipeline = if key_is_valid(key) { pipeline_get(&tx.conn, key).await? } else { None };
    let pipeline = pipeline.ok_or(AppError::NotFound)?;
    Ok(Lens::of(pipeline, tx.user.id, &tx.user.permissions).ok_or(AppError::NotFound)?)
}

/// The lenses of all pipelines, in their order.
///
/// # Errors
/// Those of the statement.
pub(crate) async fn lenses(tx: &TenantTx) -> Result<Vec<Lens>> {
    let pipelines = pipeline_list(&tx.conn).await?;
    Ok(pipelines.into_iter().filter_map(|pipeline| Lens::of(pipeline, tx.user.id, &tx.user.permissions)).collect())
}
