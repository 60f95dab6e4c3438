//! Changes of a field's type. The caller holds the lock of the pipeline ([`pipeline_lock`](super::pipeline_lock)) or holds its definition
//! ([`pipeline_hold`](super::pipeline_hold)).

use super::rows::visible;
use crate::{
    DbError, DbResult, TenantConn,
    cached::sql,
    error::one_row,
    fragment::Fragment,
    schema_tenant::{fields, record_keys, records},
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use domain::{
    RecordId,
    record::{Field, Lens, TypeChange},
};
use serde_json::Value;

/// What a record has in both forms of a field.
#[derive(Clone, Debug)]
pub struct SlotRow {
    /// The record.
    pub id: RecordId,
    /// The value under the slot of the field.
    pub current: Option<Value>,
    /// The value under the other slot.
    pub other: Option<Value>,
    /// The bytes of all values as PostgreSQL writes them.
    pub bytes: usize,
}

fn json(change: Option<&TypeChange>) -> DbResult<Option<Value>> {
    change.map(serde_json::to_value).transpose().map_err(|error| DbError::Decode(error.to_string()))
}

/// A slot that the field never had.
///
/// # Errors
/// Those of the statement.
pub async fn field_slot_new(conn: &mut TenantConn, field: &Field) -> DbResult<String> {
    let row = diesel::update(fields::table.find(field.id)).set(fields::slot_number.eq(fields::slot_number + 1));
    let number: i32 = row.returning(fields::slot_number).get_result(conn.raw()).await?;
    Ok(format!("{}~{number}", field.key))
}

/// Notes the change of a field's type; `dropped` is a slot that is not read any more.
///
/// # Errors
/// Those of the statement.
pub async fn field_set_change(conn: &mut TenantConn, field: i64, change: Option<&TypeChange>, dropped: Option<&str>) -> DbResult<()> {
    let dropped = sql::<Array<Text>>("dropped_slots || ").bind::<Array<Text>, _>(dropped.into_iter().collect::<Vec<_>>());
    let values = (fields::change.eq(json(change)?), fields::dropped_slots.eq(dropped));
    one_row(diesel::update(fields::table.find(field)).set(values).execute(conn.raw()).await?)
}

/// Gives a field its new type, with the change that now holds the former one.
///
/// # Errors
/// Those of the statement.
pub async fn field_set_type(conn: &mut TenantConn, field: &Field) -> DbResult<()> {
    let settings = serde_json::to_value(&field.settings).map_err(|error| DbError::Decode(error.to_string()))?;
    let values = (
        fields::slot.eq(&field.slot),
        fields::kind.eq(field.kind.as_str()),
        fields::settings.eq(settings),
        fields::is_required.eq(field.is_required),
        fields::is_match.eq(field.is_match),
        fields::is_searchable.eq(field.is_searchable),
        fields::change.eq(json(field.change.as_ref())?),
    );
    one_row(diesel::update(fields::table.find(field.id)).set(values).execute(conn.raw()).await?)
}

/// A value of a record by its slot, which the lens must not hide.
fn at(lens: &Lens, slot: &str) -> Fragment<Nullable<Jsonb>> {
    debug_assert!(!lens.hidden().iter().any(|hidden| hidden == slot), "{slot} is hidden");
    Fragment::new("records.data -> ").bind(slot.to_owned())
}

/// The next records of a pipeline after that id with a value under one of two slots, locked.
///
/// # Errors
/// Those of the statement.
pub async fn record_slots_next(
    conn: &mut TenantConn,
    lens: &Lens,
    (slot, other): (&str, &str),
    after: RecordId,
    most: i64,
) -> DbResult<Vec<SlotRow>> {
    type Row = (i64, Option<Value>, Option<Value>, i32);
    let next = records::table.filter(records::pipeline_id.eq(lens.pipeline().id)).filter(records::id.gt(after.0));
    let next = next.filter(at(lens, slot).is_not_null().or(at(lens, other).is_not_null()));
    let bytes = sql::<diesel::sql_types::Integer>("octet_length(records.data::text)");
    let columns = (records::id, at(lens, slot), at(lens, other), bytes);
    let rows: Vec<Row> = next.order_by(records::id).limit(most).select(columns).for_update().load(conn.raw()).await?;
    let row = |(id, current, other, bytes): Row| SlotRow { id: RecordId(id), current, other, bytes: usize::try_from(bytes).unwrap_or(0) };
    Ok(rows.into_iter().map(row).collect())
}

/// Writes values under a slot; none removes what is there. Versions and times stay the same.
///
/// # Errors
/// Those of the statement.
pub async fn record_slots_set(conn: &mut TenantConn, lens: &Lens, slot: &str, rows: &[(RecordId, Option<Value>)]) -> DbResult<()> {
    const SQL: &str = "UPDATE records SET data = CASE WHEN d.value IS NULL THEN records.data - $2 \
            ELSE jsonb_set(records.data, ARRAY[$2], d.value) END \
        FROM jsonb_to_recordset($3) AS d (id bigint, value jsonb) WHERE records.id = d.id AND records.pipeline_id = $1";
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.iter().map(|(id, value)| match value {
        Some(value) => serde_json::json!({ "id": id, "value": value }),
        None => serde_json::json!({ "id": id }),
    });
    let query = diesel::sql_query(SQL).bind::<BigInt, _>(lens.pipeline().id).bind::<Text, _>(slot);
    query.bind::<Jsonb, _>(Value::Array(rows.collect())).execute(conn.raw()).await?;
    Ok(())
}

/// The values that the records which changed last have in a field, as far as the user of the lens sees them.
///
/// # Errors
/// Those of the statement.
pub async fn record_values_recent(conn: &TenantConn, lens: &Lens, field: &Field, most: i64) -> DbResult<Vec<Value>> {
    let query = visible(lens).filter(records::deleted_at.is_null()).filter(at(lens, &field.slot).is_not_null());
    let query =
        query.order_by((records::updated_at.desc(), records::id.desc())).limit(most).select(at(lens, &field.slot).assume_not_null());
    Ok(query.load(&mut conn.shared()).await?)
}

/// Removes the keys that these records have in some fields.
///
/// # Errors
/// Those of the statement.
pub async fn record_keys_forget(conn: &mut TenantConn, fields: &[i64], ids: &[RecordId]) -> DbResult<()> {
    let keys = record_keys::table.filter(record_keys::field_id.eq_any(fields));
    let keys = keys.filter(record_keys::record_id.eq_any(ids.iter().map(|id| id.0).collect::<Vec<_>>()));
    diesel::delete(keys).execute(conn.raw()).await?;
    Ok(())
}

/// Slots of a field that nothing reads any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleSlots {
    /// The field.
    pub field: i64,
    /// Its pipeline.
    pub pipeline: i64,
    /// The slots.
    pub slots: Vec<String>,
}

/// Drops the former slots of changes done before that time and all slots of fields deleted before it. From then on the change cannot be
/// undone, and the field cannot be restored.
///
/// # Errors
/// Those of the statement.
pub async fn field_slots_expire(conn: &mut TenantConn, before: DateTime<Utc>, now: DateTime<Utc>) -> DbResult<()> {
    const SQL: &str = "UPDATE fields SET change = NULL, purged_at = CASE WHEN deleted_at < $1 THEN $2 END, \
            dropped_slots = array_remove(dropped_slots || (change->'other'->>'slot') || (CASE WHEN deleted_at < $1 THEN slot END), NULL) \
        WHERE purged_at IS NULL AND relation_id IS NULL \
            AND (deleted_at < $1 OR (change->>'state' = 'done' AND (change->>'at')::timestamptz < $1))";
    let query = diesel::sql_query(SQL).bind::<Timestamptz, _>(before).bind::<Timestamptz, _>(now);
    query.execute(conn.raw()).await?;
    Ok(())
}

/// The slots that nothing reads any more.
///
/// # Errors
/// Those of the statement.
pub async fn field_slots_stale(conn: &TenantConn) -> DbResult<Vec<StaleSlots>> {
    let query = fields::table.filter(fields::dropped_slots.ne(Vec::<String>::new()));
    let rows: Vec<(i64, i64, Vec<String>)> =
        query.select((fields::id, fields::pipeline_id, fields::dropped_slots)).load(&mut conn.shared()).await?;
    Ok(rows.into_iter().map(|(field, pipeline, slots)| StaleSlots { field, pipeline, slots }).collect())
}

/// Removes the values under these slots from the next records of a pipeline after that id, in the trash too. Gives the last of them. It reads
/// no value.
///
/// # Errors
/// Those of the statement.
pub async fn record_slots_strip(conn: &mut TenantConn, stale: &StaleSlots, after: RecordId, most: i64) -> DbResult<Option<RecordId>> {
    const SQL: &str = "WITH next AS (SELECT id FROM records WHERE pipeline_id = $1 AND id > $2 AND data ?| $3 ORDER BY id LIMIT $4 FOR UPDATE), \
            stripped AS (UPDATE records SET data = data - $3 FROM next WHERE records.id = next.id RETURNING records.id) \
        SELECT max(id) AS id FROM stripped";
    #[derive(QueryableByName)]
    struct Last {
        #[diesel(sql_type = Nullable<BigInt>)]
        id: Option<i64>,
    }
    let query = diesel::sql_query(SQL).bind::<BigInt, _>(stale.pipeline).bind::<BigInt, _>(after.0);
    let last: Last = query.bind::<Array<Text>, _>(&stale.slots).bind::<BigInt, _>(most).get_result(conn.raw()).await?;
    Ok(last.id.map(RecordId))
}

/// Notes that no record has a value under these slots.
///
/// # Errors
/// Those of the statement.
pub async fn field_slots_forget(conn: &mut TenantConn, stale: &StaleSlots) -> DbResult<()> {
    const SQL: &str = "UPDATE fields SET dropped_slots = ARRAY(SELECT unnest(dropped_slots) EXCEPT SELECT unnest($2)) WHERE id = $1";
    let query = diesel::sql_query(SQL).bind::<BigInt, _>(stale.field).bind::<Array<Text>, _>(&stale.slots);
    query.execute(conn.raw()).await?;
    Ok(())
}
