//! The lines that a job left out: on its page, and as a file that can be imported again.

use super::seen::{is_private, job_seen, names_records};
use crate::users::import_header;
use db::{
    platform::jobs::JobRecord,
    tenant::job_rows::{checkpoint_get, job_row_list},
};
use domain::{AppError, JobId, dto::tenant::LeftRow, job::JobKind, operation};
use kernel::{RequestCx, Result, cx::TenantTx};
use serde_json::Value;

/// Lines of a batch.
const BATCH: i64 = 1000;

/// The lines of a job that were left out, a batch after a line.
///
/// # Errors
/// [`domain::AppError::NotFound`], [`domain::AppError::Forbidden`] without `users.manage`.
pub async fn company_job_left(cx: &RequestCx, id: JobId, after: i64) -> Result<Vec<LeftRow>> {
    let mut tx = cx.tenant_begin(&operation::tenant::JOB_FILE).await?;
    let found = async {
        left_seen(&mut tx, id).await?;
        rows(&mut tx, id, after, BATCH).await
    }
    .await;
    tx.finish(found).await
}

/// The names of the cells of these lines, and whether they are lines of a file: those of an import can be imported again as they are.
///
/// # Errors
/// As for [`company_job_left`].
pub async fn company_job_left_header(cx: &RequestCx, id: JobId) -> Result<(Vec<String>, bool)> {
    let mut tx = cx.tenant_begin(&operation::tenant::JOB_FILE).await?;
    let found = async {
        let kind = left_seen(&mut tx, id).await?.kind()?;
        let plan = checkpoint_get(&mut tx.conn, id).await?.unwrap_or_default();
        // What an import did was taken back: its rows are those of the import's file.
        let plan = match plan.get("of").and_then(Value::as_i64) {
            Some(import) => checkpoint_get(&mut tx.conn, JobId(import)).await?.unwrap_or_default(),
            None => plan,
        };
        let what = if names_records(kind) { "Record" } else { "User" };
        let header = match kind {
            JobKind::RecordsImport | JobKind::RecordsImportUndo => record_import_header(&plan),
            _ => import_header(plan),
        };
        let of_file = header.is_some();
        Ok((header.unwrap_or_else(|| vec![what.to_owned()]), of_file))
    }
    .await;
    tx.finish(found).await
}

/// The names of the columns of an import of records, by which the same ones are found again.
fn record_import_header(plan: &Value) -> Option<Vec<String>> {
    serde_json::from_value(plan.get("header")?.clone()).ok()
}

/// The job of that id, for those who may see its lines.
async fn left_seen(tx: &mut TenantTx, id: JobId) -> Result<JobRecord> {
    let record = job_seen(tx, id).await?;
    if is_private(tx, &record)? { Err(AppError::NotFound.into()) } else { Ok(record) }
}

/// At most so many of these lines after a line.
pub(super) async fn rows(tx: &mut TenantTx, id: JobId, after: i64, most: i64) -> Result<Vec<LeftRow>> {
    let rows = job_row_list(&mut tx.conn, id, &["failed", "kept"], after, most).await?;
    let left = rows.into_iter().map(|row| {
        let typed = row.detail.get("typed").and_then(Value::as_array);
        let cells = typed.map(|typed| typed.iter().map(|cell| cell.as_str().unwrap_or_default().to_owned()).collect());
        let person = || vec![row.user_id.map(|id| format!("user {id}")).unwrap_or_default()];
        let why = row.detail.get("error").and_then(Value::as_str).unwrap_or("changed since then").to_owned();
        LeftRow { line: row.line, cells: cells.unwrap_or_else(person), why }
    });
    Ok(left.collect())
}
