//! Records found by values that tell them from others, such as an e-mail address.

use crate::row::titled;
use db::{
    TenantConn,
    tenant::records::{RecordCondition, RecordFilter, RecordKey, RecordRecord, record_keys_find, record_list},
};
use domain::{
    AppError, Code, FieldErrors,
    list::ListQuery,
    record::{Field, Lens},
};
use kernel::{Result, cx::TenantTx};

/// The input that says that a record is made although another one may be the same.
const DUPLICATES: &str = "duplicates";
/// The most records that a warning names.
const NAMED: u16 = 3;

/// Goes on only when no record that the caller sees has one of these values in a field that records are matched by.
///
/// # Errors
/// [`AppError::Conflict`] beside the fields, and beside `duplicates`, by which a form asks whether to go on.
pub(crate) async fn duplicates_check(tx: &mut TenantTx, lens: &Lens, keys: &[RecordKey]) -> Result<()> {
    let (mut errors, head) = (FieldErrors::default(), &lens.pipeline().head);
    for field in lens.fields().filter(|field| field.is_match && !field.is_unique) {
        let keys: Vec<String> = keys.iter().filter(|key| key.field == field.id).map(|key| key.key.clone()).collect();
        let found = if keys.is_empty() { Vec::new() } else { records_by_keys(&tx.conn, lens, field, &keys, NAMED).await? };
        let Some(first) = found.first() else { continue };
        let named: Vec<String> = found.iter().map(|record| format!("{} #{}", titled(lens, record), record.id)).collect();
        errors.push(Code::RecordDuplicate, &field.input(), format!("Another {} has this value: {}", head.name_one, named.join(", ")));
        errors = errors.leading_to(format!("{}/{}", head.path(), first.id));
    }
    if errors.0.is_empty() {
        return Ok(());
    }
    let text = format!("This {} may exist already. Check the one named above, or tick the box to create another one.", head.name_one);
    errors.push(Code::RecordDuplicate, DUPLICATES, text);
    Err(AppError::Conflict(errors).into())
}

/// The records that the caller sees with one of these values in a field, in the form in which values are compared; at most so many.
pub(crate) async fn records_by_keys(
    conn: &TenantConn,
    lens: &Lens,
    field: &Field,
    keys: &[String],
    most: u16,
) -> Result<Vec<RecordRecord>> {
    let ids = record_keys_find(conn, field.id, keys).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let filter = RecordFilter { conditions: vec![RecordCondition::Ids(ids)], ..RecordFilter::default() };
    let query = ListQuery { size: most, ..ListQuery::default() };
    Ok(record_list(conn, lens, &filter, &query, Some(0)).await?.rows)
}
