//! Custom fields of users: their definitions, and the values that no two users may share.

use crate::{
    DbError, DbResult, TenantConn,
    error::one_row,
    schema_tenant::{user_field_values, user_fields, users},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*, sql_types::Text};
use diesel_async::RunQueryDsl;
use domain::{
    UserId,
    text::fold,
    user_field::{FieldKind, UserField},
};
use serde_json::{Value, json};

/// Users whose values are read at once.
const BATCH: i64 = 2000;

#[derive(Queryable, Selectable)]
#[diesel(table_name = user_fields, check_for_backend(Pg))]
struct FieldRow {
    key: String,
    label: String,
    kind: String,
    choices: Value,
    is_required: bool,
    is_unique: bool,
}

impl FieldRow {
    fn field(self) -> DbResult<UserField> {
        let Self { key, label, kind, choices, is_required, is_unique } = self;
        let kind = FieldKind::parse(&kind).ok_or_else(|| DbError::Decode(format!("the kind of a field: {kind}")))?;
        let choices = serde_json::from_value(choices).map_err(|error| DbError::Decode(format!("choices of a field: {error}")))?;
        Ok(UserField { key, label, kind, choices, is_required, is_unique })
    }
}

/// The fields of the tenant, in their order.
///
/// # Errors
/// Those of the statement.
pub async fn field_list(conn: &TenantConn) -> DbResult<Vec<UserField>> {
    let rows = user_fields::table.order_by((user_fields::position, user_fields::key)).select(FieldRow::as_select());
    let rows: Vec<FieldRow> = rows.load(&mut conn.shared()).await?;
    rows.into_iter().map(FieldRow::field).collect()
}

/// When each field was changed last, by its key.
///
/// # Errors
/// Those of the statement.
pub async fn field_versions(conn: &TenantConn) -> DbResult<Vec<(String, DateTime<Utc>)>> {
    Ok(user_fields::table.select((user_fields::key, user_fields::updated_at)).load(&mut conn.shared()).await?)
}

/// Keeps definitions as they are until the transaction ends; several who write values may hold it at once.
///
/// # Errors
/// Those of the statement.
pub async fn fields_hold(conn: &mut TenantConn) -> DbResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock_shared('user_fields'::regclass::oid::bigint)").execute(conn.raw()).await?;
    Ok(())
}

/// Waits for all who write values or definitions, until the transaction ends.
///
/// # Errors
/// Those of the statement.
pub async fn fields_lock(conn: &mut TenantConn) -> DbResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock('user_fields'::regclass::oid::bigint)").execute(conn.raw()).await?;
    Ok(())
}

/// Adds a field; [`fields_order`] gives it its place.
///
/// # Errors
/// [`DbError::Unique`] for a key or a label that is taken.
pub async fn field_insert(conn: &mut TenantConn, field: &UserField, position: i32, now: DateTime<Utc>) -> DbResult<()> {
    let values = (
        user_fields::key.eq(&field.key),
        user_fields::label.eq(&field.label),
        user_fields::label_key.eq(fold(&field.label)),
        user_fields::kind.eq(field.kind.as_str()),
        user_fields::choices.eq(json!(field.choices)),
        user_fields::is_required.eq(field.is_required),
        user_fields::is_unique.eq(field.is_unique),
        user_fields::position.eq(position),
        user_fields::created_at.eq(now),
        user_fields::updated_at.eq(now),
    );
    one_row(diesel::insert_into(user_fields::table).values(values).execute(conn.raw()).await?)
}

/// Changes a field; its key and kind stay.
///
/// # Errors
/// [`DbError::Unique`] for a label that is taken.
pub async fn field_update(conn: &mut TenantConn, field: &UserField, now: DateTime<Utc>) -> DbResult<()> {
    let values = (
        user_fields::label.eq(&field.label),
        user_fields::label_key.eq(fold(&field.label)),
        user_fields::choices.eq(json!(field.choices)),
        user_fields::is_required.eq(field.is_required),
        user_fields::is_unique.eq(field.is_unique),
        user_fields::updated_at.eq(now),
    );
    one_row(diesel::update(user_fields::table.find(&field.key)).set(values).execute(conn.raw()).await?)
}

/// Puts fields into an order.
///
/// # Errors
/// Those of the statements.
pub async fn fields_order(conn: &mut TenantConn, keys: &[String]) -> DbResult<()> {
    for (position, key) in (0..).zip(keys) {
        let place = user_fields::position.eq(position);
        one_row(diesel::update(user_fields::table.find(key)).set(place).execute(conn.raw()).await?)?;
    }
    Ok(())
}

/// Deletes a field. What users have of it stays in `users.metadata`.
///
/// # Errors
/// Those of the statement.
pub async fn field_delete(conn: &mut TenantConn, key: &str) -> DbResult<()> {
    one_row(diesel::delete(user_fields::table.find(key)).execute(conn.raw()).await?)
}

/// How many users have that value of a field.
///
/// # Errors
/// Those of the statement.
pub async fn field_value_count(conn: &mut TenantConn, key: &str, value: &str) -> DbResult<i64> {
    Ok(users::table.filter(users::metadata.contains(json!({ key: value }))).count().get_result(conn.raw()).await?)
}

/// Forgets which values of a field are taken.
///
/// # Errors
/// Those of the statement.
pub async fn field_values_clear(conn: &mut TenantConn, key: &str) -> DbResult<()> {
    diesel::delete(user_field_values::table.filter(user_field_values::field_key.eq(key))).execute(conn.raw()).await?;
    Ok(())
}

/// Existing values that a field cannot take. The search stops at the first batch that has any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Misfits {
    /// Users whose value is none of the field.
    pub strange: usize,
    /// Users who have a value that another user has too, though no two may.
    pub shared: usize,
}

/// Looks through what users have of a field, and notes it where no two may have the same; nothing was noted before.
///
/// # Errors
/// Those of the statements.
pub async fn field_values_fill(conn: &mut TenantConn, field: &UserField) -> DbResult<Misfits> {
    let (mut after, mut misfits) = (0, Misfits::default());
    loop {
        let value = users::metadata.retrieve_as_object(field.key.as_str());
        let page =
            users::table.filter(users::metadata.has_key(field.key.as_str())).filter(users::id.gt(after)).order_by(users::id).limit(BATCH);
        let found: Vec<(i64, Value)> = page.select((users::id, value)).load(conn.raw()).await?;
        let Some((last, _)) = found.last() else { return Ok(misfits) };
        after = *last;
        let read = |value: &Value| field.value_parse(&field.value_text(Some(value))).ok().flatten();
        let values: Vec<_> = found.iter().filter_map(|(id, value)| Some((*id, read(value)?))).collect();
        misfits.strange += found.len() - values.len();
        if field.is_unique {
            let rows: Vec<_> = values
                .iter()
                .map(|(id, value)| {
                    (
                        user_field_values::field_key.eq(&field.key),
                        user_field_values::value_key.eq(UserField::value_key(value)),
                        user_field_values::user_id.eq(*id),
                    )
                })
                .collect();
            let noted = diesel::insert_into(user_field_values::table).values(rows).on_conflict_do_nothing().execute(conn.raw()).await?;
            misfits.shared += values.len() - noted;
        }
        if misfits != Misfits::default() {
            return Ok(misfits);
        }
    }
}

/// Whether a user has anything under a key.
///
/// # Errors
/// Those of the statement.
pub async fn field_key_is_used(conn: &mut TenantConn, key: &str) -> DbResult<bool> {
    let used = users::table.filter(users::metadata.has_key(key));
    Ok(diesel::select(diesel::dsl::exists(used)).get_result(conn.raw()).await?)
}

/// A value of a field as it is compared.
pub type ValueKey = (String, String);

/// Which of these values are taken, and by whom.
///
/// # Errors
/// Those of the statement.
pub async fn field_values_taken(conn: &mut TenantConn, values: &[ValueKey]) -> DbResult<Vec<(ValueKey, i64)>> {
    #[derive(QueryableByName)]
    #[diesel(table_name = user_field_values)]
    struct Taken {
        field_key: String,
        value_key: String,
        user_id: i64,
    }
    const SQL: &str = "SELECT field_key, value_key, user_id FROM user_field_values \
        JOIN unnest($1, $2) AS wanted (field, value) ON field_key = field AND value_key = value";
    let (keys, values): (Vec<&str>, Vec<&str>) = values.iter().map(|(key, value)| (key.as_str(), value.as_str())).unzip();
    let query = diesel::sql_query(SQL).bind::<diesel::sql_types::Array<Text>, _>(keys).bind::<diesel::sql_types::Array<Text>, _>(values);
    let taken: Vec<Taken> = query.load(conn.raw()).await?;
    Ok(taken.into_iter().map(|row| ((row.field_key, row.value_key), row.user_id)).collect())
}

/// Notes values of users who had none of these fields before.
///
/// # Errors
/// [`DbError::Unique`] when another user has one of them.
pub async fn field_values_insert(conn: &mut TenantConn, values: &[(UserId, ValueKey)]) -> DbResult<()> {
    for chunk in values.chunks(1000) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|(id, (key, value))| {
                (user_field_values::field_key.eq(key), user_field_values::value_key.eq(value), user_field_values::user_id.eq(id.0))
            })
            .collect();
        diesel::insert_into(user_field_values::table).values(rows).execute(conn.raw()).await?;
    }
    Ok(())
}

/// Notes what a user has of some unique fields from now on; nothing for an empty one.
///
/// # Errors
/// [`DbError::Unique`] when another user has one of them.
pub async fn field_values_set(conn: &mut TenantConn, id: UserId, values: &[(String, Option<String>)]) -> DbResult<()> {
    let keys: Vec<&str> = values.iter().map(|(key, _)| key.as_str()).collect();
    let before = user_field_values::table.filter(user_field_values::user_id.eq(id.0)).filter(user_field_values::field_key.eq_any(keys));
    diesel::delete(before).execute(conn.raw()).await?;
    let values: Vec<_> = values.iter().filter_map(|(key, value)| Some((id, (key.clone(), value.clone()?)))).collect();
    field_values_insert(conn, &values).await
}
