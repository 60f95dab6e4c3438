//! The trash: records are moved there first, and come back whole.

use crate::{
    derived::keys_of,
    lens::{lens_of, lens_to_write},
    owners::owners_by_id,
    row::{row, titled},
    value::Reader,
    write::{keys_check, noted},
};
use db::tenant::records::{
    RecordFilter, RecordPlace, RecordRecord, record_get, record_keys_clear, record_keys_insert, record_list as list_rows, record_lock,
    record_set_deleted,
};
use domain::{AppError, RecordId, UserId, dto::tenant::RecordTrashPage, list::ListQuery, operation, record::Lens};
use kernel::{RequestCx, Result, cx::TenantTx, error::retry};
use serde_json::Map;

/// The records of a pipeline in the trash, the last one moved there first.
///
/// # Errors
/// [`AppError::NotFound`] for a pipeline that the caller does not see.
pub async fn record_trash(cx: &RequestCx, pipeline: &str, query: &ListQuery) -> Result<RecordTrashPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_TRASH).await?;
    let page = async {
        let lens = lens_of(&tx, pipeline).await?;
        let filter = RecordFilter { place: RecordPlace::Trash, search: query.q.clone(), ..RecordFilter::default() };
        let found = list_rows(&tx.conn, &lens, &filter, query, None).await?;
        let owners = owners_by_id(&mut tx.conn, found.rows.iter().filter_map(|record| record.owner_id).collect()).await?;
        let reader = Reader::of(cx);
        let page = found.map(|record| (row(&reader, &lens, &record, &owners), lens.may_delete(record.owner_id.map(UserId))));
        Ok(RecordTrashPage { pipeline: lens.pipeline().head.clone(), page })
    }
    .await;
    tx.finish(page).await
}

/// Moves a record to the trash. Gives what it is called.
///
/// # Errors
/// [`AppError::NotFound`] for a record that the caller does not see,
/// [`AppError::Forbidden`] for one that the caller may not change.
pub async fn record_delete(cx: &RequestCx, pipeline: &str, id: RecordId) -> Result<String> {
    retry(|| set_deleted(cx, pipeline, id, true)).await
}

/// Brings a record back from the trash. Gives what it is called.
///
/// # Errors
/// As [`record_delete`]; [`AppError::Conflict`] while another record has a value that no two may have.
pub async fn record_restore(cx: &RequestCx, pipeline: &str, id: RecordId) -> Result<String> {
    retry(|| set_deleted(cx, pipeline, id, false)).await
}

async fn set_deleted(cx: &RequestCx, pipeline: &str, id: RecordId, deleted: bool) -> Result<String> {
    let operation = if deleted { &operation::tenant::RECORD_DELETE } else { &operation::tenant::RECORD_RESTORE };
    let mut tx = cx.tenant_begin(operation).await?;
    let done = async {
        let lens = lens_to_write(&mut tx, pipeline).await?;
        let record = record_lock(&mut tx.conn, &lens, id).await?.ok_or(AppError::NotFound)?;
        if !lens.may_delete(record.owner_id.map(UserId)) {
            return Err(AppError::Forbidden.into());
        }
        let title = titled(&lens, &record);
        if record.deleted_at.is_some() != deleted {
            deleted_set(cx, &mut tx, &lens, &record, deleted).await?;
        }
        Ok(title)
    }
    .await;
    tx.finish(done).await
}

/// Moves a record that is locked and that the caller may delete to the trash, or brings it back.
///
/// # Errors
/// [`AppError::Conflict`] while another record has a value that no two may have.
pub(crate) async fn deleted_set(cx: &RequestCx, tx: &mut TenantTx, lens: &Lens, record: &RecordRecord, deleted: bool) -> Result<()> {
    let (id, now) = (RecordId(record.id), cx.services.now());
    if deleted {
        // What is in the trash keeps no value from others.
        record_keys_clear(&mut tx.conn, id).await?;
    } else {
        // Hidden values count too.
        let whole = lens.whole();
        let stored = record_get(&tx.conn, &whole, id).await?.ok_or(AppError::NotFound)?;
        let keys = keys_of(&whole, stored.data.as_object().unwrap_or(&Map::new()));
        keys_check(tx, lens, Some(id), &keys).await?;
        let keys: Vec<_> = keys.into_iter().map(|key| (id, key)).collect();
        record_keys_insert(&mut tx.conn, &keys).await?;
    }
    let by = tx.maker();
    record_set_deleted(&mut tx.conn, lens, id, by, deleted.then_some(now), now).await?;
    let action = if deleted { "record.delete" } else { "record.restore" };
    noted(cx, tx, lens, action, (id, record.version + 1, record.owner_id.map(UserId)), Map::new());
    Ok(())
}
