//! Writing records.

use crate::{
    DbError, DbResult, TenantConn,
    cached::sql,
    error::one_row,
    schema_tenant::{record_keys, records},
};
use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use domain::{RecordId, UserId, record::Lens};
use serde_json::Value;

/// The most records that are found by a value.
const KEYS_FOUND_MAX: i64 = 1_000;

/// What is computed from the values of a record.
#[derive(Clone, Debug, Default)]
pub struct RecordDerived {
    /// What it is called.
    pub title: String,
    /// Its amount in the company's currency.
    pub value: Option<BigDecimal>,
    /// When it is due.
    pub due: Option<DateTime<Utc>>,
    /// What the search box looks into, folded.
    pub search: String,
}

/// A record to be made.
#[derive(Clone, Debug)]
pub struct RecordNew {
    /// The user it belongs to.
    pub owner: Option<UserId>,
    /// Its stage.
    pub stage: Option<i64>,
    /// Its values under the slots of their fields.
    pub data: Value,
    /// What is computed from them.
    pub derived: RecordDerived,
    /// When it was made.
    pub at: DateTime<Utc>,
}

/// What becomes of a record.
#[derive(Clone, Debug)]
pub struct RecordChange {
    /// The user it belongs to.
    pub owner: Option<UserId>,
    /// Its stage.
    pub stage: Option<i64>,
    /// The values that change, under the slots of their fields.
    pub set: Value,
    /// The slots that are emptied.
    pub removed: Vec<String>,
    /// What is computed from all values.
    pub derived: RecordDerived,
}

/// A value in the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordKey {
    /// The field.
    pub field: i64,
    /// The value.
    pub key: String,
    /// Whether no other record may have it.
    pub is_unique: bool,
}

/// A record that has a value which no two may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    /// The field.
    pub field: i64,
    /// The record.
    pub record: RecordId,
    /// Who it belongs to.
    pub owner: Option<UserId>,
}

/// Makes records; gives their ids in the same order.
///
/// # Errors
/// Those of the statement.
pub async fn record_insert_many(conn: &mut TenantConn, lens: &Lens, by: Option<UserId>, new: &[RecordNew]) -> DbResult<Vec<RecordId>> {
    // One statement for all: their values travel as one JSON array.
    const SQL: &str = "INSERT INTO records (pipeline_id, owner_id, stage_id, title, value, due, search, data, created_by, updated_by, \
            created_at, updated_at, stage_since) \
        SELECT $1, r.owner_id, r.stage_id, r.title, r.value, r.due, r.search, r.data, $2, $2, r.at, r.at, \
            CASE WHEN r.stage_id IS NOT NULL THEN r.at END \
        FROM ROWS FROM (jsonb_to_recordset($3) AS (owner_id bigint, stage_id bigint, title text, value numeric, due timestamptz, \
            search text, data jsonb, at timestamptz)) WITH ORDINALITY AS r (owner_id, stage_id, title, value, due, search, data, at, n) \
        ORDER BY r.n RETURNING id";
    let rows: Vec<Value> = new
        .iter()
        .map(|new| {
            serde_json::json!({
                "owner_id": new.owner, "stage_id": new.stage, "title": new.derived.title,
                "value": new.derived.value.as_ref().map(ToString::to_string), "due": new.derived.due, "search": new.derived.search,
                "data": new.data, "at": new.at,
            })
        })
        .collect();
    let query = diesel::sql_query(SQL).bind::<BigInt, _>(lens.pipeline().id);
    let query = query.bind::<Nullable<BigInt>, _>(by.map(|by| by.0)).bind::<Jsonb, _>(Value::Array(rows));
    let ids: Vec<Id> = query.load(conn.raw()).await?;
    Ok(ids.into_iter().map(|row| RecordId(row.id)).collect())
}

#[derive(diesel::QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Changes a record that is locked. Values that the lens hides stay as they are, and so does what is computed of them.
///
/// # Errors
/// Those of the statement; [`DbError::Check`] for more than a record holds.
pub async fn record_update(
    conn: &mut TenantConn,
    lens: &Lens,
    id: RecordId,
    by: Option<UserId>,
    change: &RecordChange,
    now: DateTime<Utc>,
) -> DbResult<()> {
    let data = sql::<Jsonb>("(records.data - ").bind::<Array<Text>, _>(change.removed.clone()).sql(") || ");
    let data = data.bind::<Jsonb, _>(change.set.clone());
    let settings = &lens.pipeline().settings;
    // PostgreSQL computes it of the row as it was.
    let since = sql::<Nullable<Timestamptz>>("CASE WHEN records.stage_id IS NOT DISTINCT FROM ").bind::<Nullable<BigInt>, _>(change.stage);
    let since = since.sql(" THEN records.stage_since ELSE ").bind::<Timestamptz, _>(now).sql(" END");
    let values = (
        records::owner_id.eq(change.owner.map(|owner| owner.0)),
        records::stage_since.eq(since),
        records::stage_id.eq(change.stage),
        records::title.eq(&change.derived.title),
        (!lens.hides(settings.value.as_ref())).then(|| records::value.eq(&change.derived.value)),
        (!lens.hides(settings.due.as_ref())).then(|| records::due.eq(change.derived.due)),
        records::search.eq(&change.derived.search),
        records::data.eq(data),
        records::version.eq(records::version + 1),
        records::updated_by.eq(by.map(|by| by.0)),
        records::updated_at.eq(now),
    );
    let row = records::table.filter(records::id.eq(id.0)).filter(records::pipeline_id.eq(lens.pipeline().id));
    one_row(diesel::update(row).set(values).execute(conn.raw()).await?)
}

/// Moves a record to the trash, or brings it back.
///
/// # Errors
/// Those of the statement.
pub async fn record_set_deleted(
    conn: &mut TenantConn,
    lens: &Lens,
    id: RecordId,
    by: Option<UserId>,
    deleted_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> DbResult<()> {
    let values = (
        records::deleted_at.eq(deleted_at),
        records::version.eq(records::version + 1),
        records::updated_by.eq(by.map(|by| by.0)),
        records::updated_at.eq(now),
    );
    let row = records::table.filter(records::id.eq(id.0)).filter(records::pipeline_id.eq(lens.pipeline().id));
    one_row(diesel::update(row).set(values).execute(conn.raw()).await?)
}

/// The other records that have one of these values, which no two may have.
///
/// # Errors
/// Those of the statement.
pub async fn record_keys_held(conn: &mut TenantConn, id: Option<RecordId>, keys: &[RecordKey]) -> DbResult<Vec<KeyHolder>> {
    let mut holders = Vec::new();
    for RecordKey { field, key, .. } in keys.iter().filter(|key| key.is_unique) {
        let held = record_keys::table.inner_join(records::table).filter(record_keys::field_id.eq(field)).filter(record_keys::key.eq(key));
        let held = held.filter(record_keys::is_unique).filter(record_keys::record_id.ne(id.map_or(0, |id| id.0)));
        let rows: Vec<(i64, Option<i64>)> = held.select((records::id, records::owner_id)).load(conn.raw()).await?;
        holders.extend(rows.into_iter().map(|(record, owner)| KeyHolder {
            field: *field,
            record: RecordId(record),
            owner: owner.map(UserId),
        }));
    }
    Ok(holders)
}

/// Those of these values that some record has, in whatever pipeline its field is, whether or not the caller sees it.
///
/// # Errors
/// Those of the statement.
pub async fn record_keys_known(conn: &mut TenantConn, keys: &[(i64, String)]) -> DbResult<Vec<(i64, String)>> {
    #[derive(diesel::QueryableByName)]
    struct Known {
        #[diesel(sql_type = BigInt)]
        field_id: i64,
        #[diesel(sql_type = Text)]
        key: String,
    }
    const SQL: &str = "SELECT DISTINCT k.field_id, k.key FROM unnest($1, $2) AS u (field_id, key) \
        JOIN record_keys k ON k.field_id = u.field_id AND k.key = u.key COLLATE \"C\"";
    let (fields, texts): (Vec<i64>, Vec<&str>) = keys.iter().map(|(field, key)| (*field, key.as_str())).unzip();
    let query = diesel::sql_query(SQL).bind::<Array<BigInt>, _>(fields).bind::<Array<Text>, _>(texts);
    let known: Vec<Known> = query.load(conn.raw()).await?;
    Ok(known.into_iter().map(|Known { field_id, key }| (field_id, key)).collect())
}

/// The records that have one of these values in a field, in the form in which values are compared, whether or not the caller sees them.
///
/// # Errors
/// Those of the statement.
pub async fn record_keys_find(conn: &TenantConn, field: i64, keys: &[String]) -> DbResult<Vec<i64>> {
    let held = record_keys::table.filter(record_keys::field_id.eq(field)).filter(record_keys::key.eq_any(keys));
    Ok(held
        .select(record_keys::record_id)
        .distinct()
        .order_by(record_keys::record_id)
        .limit(KEYS_FOUND_MAX)
        .load(&mut conn.shared())
        .await?)
}

/// Removes the keys that a record has in the fields that a lens shows.
///
/// # Errors
/// Those of the statement.
pub async fn record_keys_delete(conn: &mut TenantConn, lens: &Lens, id: RecordId) -> DbResult<()> {
    let fields: Vec<i64> = lens.fields().map(|field| field.id).collect();
    let keys = record_keys::table.filter(record_keys::record_id.eq(id.0)).filter(record_keys::field_id.eq_any(fields));
    diesel::delete(keys).execute(conn.raw()).await?;
    Ok(())
}

/// Removes all keys of a record, those of deleted fields too.
///
/// # Errors
/// Those of the statement.
pub async fn record_keys_clear(conn: &mut TenantConn, id: RecordId) -> DbResult<()> {
    diesel::delete(record_keys::table.filter(record_keys::record_id.eq(id.0))).execute(conn.raw()).await?;
    Ok(())
}

/// Removes the keys of all records.
///
/// # Errors
/// Those of the statement.
pub async fn record_keys_drop(conn: &mut TenantConn) -> DbResult<()> {
    diesel::delete(record_keys::table).execute(conn.raw()).await?;
    Ok(())
}

/// Adds the keys of records that they lack. A value that another record took meanwhile is left to that one.
///
/// # Errors
/// Those of the statement.
pub async fn record_keys_fill(conn: &mut TenantConn, keys: &[(RecordId, RecordKey)]) -> DbResult<()> {
    diesel::insert_into(record_keys::table).values(key_rows(keys)).on_conflict_do_nothing().execute(conn.raw()).await?;
    Ok(())
}

/// The next records of a pipeline after that id, locked, each with its values and whether it is in the trash.
///
/// # Errors
/// Those of the statement.
pub async fn record_derive_next(conn: &mut TenantConn, lens: &Lens, after: RecordId, most: i64) -> DbResult<Vec<(RecordId, Value, bool)>> {
    let next = records::table.filter(records::pipeline_id.eq(lens.pipeline().id)).filter(records::id.gt(after.0));
    let columns = (records::id, records::data, records::deleted_at.is_not_null());
    let rows: Vec<(i64, Value, bool)> = next.order_by(records::id).limit(most).select(columns).for_update().load(conn.raw()).await?;
    Ok(rows.into_iter().map(|(id, data, is_deleted)| (RecordId(id), data, is_deleted)).collect())
}

/// Updates the computed columns of records where they differ. Versions and times stay the same.
///
/// # Errors
/// Those of the statement.
pub async fn record_derive_set(conn: &mut TenantConn, lens: &Lens, rows: &[(RecordId, RecordDerived)]) -> DbResult<()> {
    const SQL: &str = "UPDATE records SET title = d.title, value = d.value, due = d.due, search = d.search \
        FROM jsonb_to_recordset($2) AS d (id bigint, title text, value numeric, due timestamptz, search text) \
        WHERE records.id = d.id AND records.pipeline_id = $1 \
            AND (records.title, records.value, records.due, records.search) IS DISTINCT FROM (d.title, d.value, d.due, d.search)";
    let rows = rows.iter().map(|(id, derived)| {
        serde_json::json!({
            "id": id, "title": derived.title, "value": derived.value.as_ref().map(ToString::to_string), "due": derived.due,
            "search": derived.search,
        })
    });
    let query = diesel::sql_query(SQL).bind::<BigInt, _>(lens.pipeline().id).bind::<Jsonb, _>(Value::Array(rows.collect()));
    query.execute(conn.raw()).await?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = record_keys)]
struct KeyRow<'a> {
    field_id: i64,
    key: &'a str,
    record_id: i64,
    is_unique: bool,
}

fn key_rows(keys: &[(RecordId, RecordKey)]) -> Vec<KeyRow<'_>> {
    keys.iter().map(|(id, key)| KeyRow { field_id: key.field, key: &key.key, record_id: id.0, is_unique: key.is_unique }).collect()
}

/// Adds keys of records.
///
/// # Errors
/// [`DbError::Retry`] when another record took a unique value in the meantime: the next try finds that record.
pub async fn record_keys_insert(conn: &mut TenantConn, keys: &[(RecordId, RecordKey)]) -> DbResult<()> {
    if keys.is_empty() {
        return Ok(());
    }
    match diesel::insert_into(record_keys::table).values(key_rows(keys)).execute(conn.raw()).await.map_err(DbError::from) {
        Ok(_) => Ok(()),
        Err(DbError::Unique { constraint }) => Err(DbError::Retry(constraint)),
        Err(other) => Err(other),
    }
}
