//! Links between records.

use super::{related::column, rows::seen};
use crate::{
    DbResult, TenantConn,
    fragment::Fragment,
    schema_tenant::{links, records, relations},
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Text},
};
use diesel_async::RunQueryDsl;
use domain::{
    RecordId, UserId,
    record::{Related, RelationEnd, RelationSide},
};

/// The titles of these records at the other end of a relation, as far as the user sees them.
///
/// # Errors
/// Those of the statement.
pub async fn linked_titles(conn: &TenantConn, related: &Related, ids: &[i64]) -> DbResult<Vec<(i64, String)>> {
    let query = seen(related.end.pipeline, &related.rows).filter(records::id.eq_any(ids)).filter(records::deleted_at.is_null());
    Ok(query.select((records::id, records::title)).load(&mut conn.shared()).await?)
}

/// The titles of the records at the other end of a relation that the user sees, those that changed last first.
///
/// # Errors
/// Those of the statement.
pub async fn linked_newest(conn: &TenantConn, related: &Related, most: i64) -> DbResult<Vec<String>> {
    let query = seen(related.end.pipeline, &related.rows).filter(records::deleted_at.is_null()).filter(records::title.ne(""));
    let query = query.order_by((records::updated_at.desc(), records::id.desc())).limit(most);
    Ok(query.select(records::title).load(&mut conn.shared()).await?)
}

/// A record at the near end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkHolder {
    /// The record.
    pub record: RecordId,
    /// Who it belongs to.
    pub owner: Option<UserId>,
    /// Whether it is in the trash.
    pub is_deleted: bool,
}

/// The records that are linked to this one, seen from the other end: at most `most`.
///
/// # Errors
/// Those of the statement.
pub async fn link_holders(conn: &mut TenantConn, end: &RelationEnd, other: RecordId, most: i64) -> DbResult<Vec<LinkHolder>> {
    type Row = (i64, Option<i64>, Option<DateTime<Utc>>);
    let (here, there) = (column(end.side), column(end.side.other()));
    let is_linked =
        Fragment::<Bool>::new(format!("EXISTS (SELECT FROM links l WHERE l.{here} = records.id AND l.{there} = ")).bind(other.0);
    let is_linked = is_linked.sql(" AND l.relation_id = ").bind(end.id).sql(")");
    let query = records::table.filter(is_linked).order_by(records::id).limit(most);
    let rows: Vec<Row> = query.select((records::id, records::owner_id, records::deleted_at)).load(conn.raw()).await?;
    let holder = |(id, owner, deleted): Row| LinkHolder { record: RecordId(id), owner: owner.map(UserId), is_deleted: deleted.is_some() };
    Ok(rows.into_iter().map(holder).collect())
}

/// Links a record to another one. `false` if it is linked already.
///
/// # Errors
/// Those of the statement; [`DbError::Unique`](crate::DbError::Unique) when one of the two may have one link only and has it.
pub async fn link_insert(conn: &mut TenantConn, end: &RelationEnd, id: RecordId, other: RecordId) -> DbResult<bool> {
    let ((from, from_one), (to, to_one)) = match end.side {
        RelationSide::From => ((id, end.is_one), (other, end.is_inverse_one)),
        RelationSide::To => ((other, end.is_inverse_one), (id, end.is_one)),
    };
    let values = (
        links::from_id.eq(from.0),
        links::relation_id.eq(end.id),
        links::to_id.eq(to.0),
        links::from_one.eq(from_one),
        links::to_one.eq(to_one),
    );
    let insert = diesel::insert_into(links::table).values(values);
    let insert = insert.on_conflict((links::from_id, links::relation_id, links::to_id)).do_nothing();
    Ok(insert.execute(conn.raw()).await? == 1)
}

/// Removes the link between two records, or all links of a record by a relation. Gives the records at the other end.
///
/// # Errors
/// Those of the statement.
pub async fn link_delete(conn: &mut TenantConn, end: &RelationEnd, id: RecordId, other: Option<RecordId>) -> DbResult<Vec<RecordId>> {
    let query = diesel::delete(links::table).filter(links::relation_id.eq(end.id));
    let other = other.map(|other| other.0);
    let deleted: Vec<i64> = match (end.side, other) {
        (RelationSide::From, None) => query.filter(links::from_id.eq(id.0)).returning(links::to_id).get_results(conn.raw()).await?,
        (RelationSide::To, None) => query.filter(links::to_id.eq(id.0)).returning(links::from_id).get_results(conn.raw()).await?,
        (RelationSide::From, Some(other)) => {
            let query = query.filter(links::from_id.eq(id.0)).filter(links::to_id.eq(other));
            query.returning(links::to_id).get_results(conn.raw()).await?
        }
        (RelationSide::To, Some(other)) => {
            let query = query.filter(links::to_id.eq(id.0)).filter(links::from_id.eq(other));
            query.returning(links::from_id).get_results(conn.raw()).await?
        }
    };
    Ok(deleted.into_iter().map(RecordId).collect())
}

/// Whether a record has a link by a relation, be it to one that the user does not see.
///
/// # Errors
/// Those of the statement.
pub async fn link_exists(conn: &TenantConn, end: &RelationEnd, id: RecordId) -> DbResult<bool> {
    let query = links::table.filter(links::relation_id.eq(end.id)).into_boxed();
    let query = match end.side {
        RelationSide::From => query.filter(links::from_id.eq(id.0)),
        RelationSide::To => query.filter(links::to_id.eq(id.0)),
    };
    let found: Option<i64> = query.select(links::relation_id).first(&mut conn.shared()).await.optional()?;
    Ok(found.is_some())
}

/// Who a record belongs to.
///
/// # Errors
/// Those of the statement.
pub async fn record_owner(conn: &mut TenantConn, id: RecordId) -> DbResult<Option<UserId>> {
    let owner: Option<Option<i64>> = records::table.find(id.0).select(records::owner_id).first(conn.raw()).await.optional()?;
    Ok(owner.flatten().map(UserId))
}

/// Links many records by one relation, from the first to the second of each pair.
///
/// # Errors
/// As [`link_insert`].
pub async fn link_insert_many(conn: &mut TenantConn, end: &RelationEnd, pairs: &[(RecordId, RecordId)]) -> DbResult<()> {
    let (from_one, to_one) = (end.is_one, end.is_inverse_one);
    let rows: Vec<_> = pairs
        .iter()
        .map(|(from, to)| {
            (
                links::from_id.eq(from.0),
                links::relation_id.eq(end.id),
                links::to_id.eq(to.0),
                links::from_one.eq(from_one),
                links::to_one.eq(to_one),
            )
        })
        .collect();
    diesel::insert_into(links::table).values(rows).execute(conn.raw()).await?;
    Ok(())
}

/// Adds a relation. Gives its row.
///
/// # Errors
/// Those of the statement.
pub async fn relation_insert(conn: &mut TenantConn, from_one: bool, to_one: bool) -> DbResult<i64> {
    let insert = diesel::insert_into(relations::table).values((relations::from_one.eq(from_one), relations::to_one.eq(to_one)));
    Ok(insert.returning(relations::id).get_result(conn.raw()).await?)
}

/// The key of the pipeline and of the field at the other end of a relation, deleted or not; `None` for a field that is none.
///
/// # Errors
/// Those of the statement.
pub async fn relation_inverse(conn: &TenantConn, pipeline: i64, field: &str) -> DbResult<Option<(String, String)>> {
    const SQL: &str = "SELECT p.key AS pipeline, o.key AS field FROM fields f \
        JOIN fields o ON o.relation_id = f.relation_id AND o.relation_side <> f.relation_side JOIN pipelines p ON p.id = o.pipeline_id \
        WHERE f.pipeline_id = $1 AND f.key = $2";
    let query = diesel::sql_query(SQL).bind::<BigInt, _>(pipeline).bind::<Text, _>(field);
    let found: Option<Inverse> = query.get_result(&mut conn.shared()).await.optional()?;
    Ok(found.map(|found| (found.pipeline, found.field)))
}

#[derive(diesel::QueryableByName)]
struct Inverse {
    #[diesel(sql_type = Text)]
    pipeline: String,
    #[diesel(sql_type = Text)]
    field: String,
}
