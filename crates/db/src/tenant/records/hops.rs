//! From record to record over relations, one statement for each step.

use super::related::column;
use crate::{DbResult, TenantConn};
use diesel::{
    pg::Pg,
    sql_types::{Array, BigInt, Text},
};
use diesel_async::RunQueryDsl;
use domain::record::{Owners, Related};

/// The most records that one is followed to over one relation.
pub const HOP_LINKS_MAX: usize = 50;

/// Where a step begins: a relation, and the records at this end of it.
pub struct HopFrom<'a> {
    /// The field whose relation is followed.
    pub field: i64,
    /// What it leads to, as far as the user sees it.
    pub related: Related,
    /// The records.
    pub records: &'a [i64],
}

/// A record that a step leads to.
#[derive(Clone, Debug, PartialEq, Eq, diesel::QueryableByName)]
pub struct HopRow {
    /// The field whose relation was followed.
    #[diesel(sql_type = BigInt)]
    pub field: i64,
    /// The record that it was followed from.
    #[diesel(sql_type = BigInt)]
    pub source: i64,
    /// The record.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// Its pipeline.
    #[diesel(sql_type = BigInt)]
    pub pipeline: i64,
    /// What it is called.
    #[diesel(sql_type = Text)]
    pub title: String,
}

/// The records that these are linked to, as far as the user sees them: one more than [`HOP_LINKS_MAX`] of each record and relation, so that the
/// caller knows where more were left out.
///
/// # Errors
/// Those of the statement.
pub async fn links_hop(conn: &TenantConn, from: &[HopFrom<'_>]) -> DbResult<Vec<HopRow>> {
    if from.is_empty() {
        return Ok(Vec::new());
    }
    let (mut query, mut binds) = (diesel::sql_query("").into_boxed::<Pg>(), 0);
    for (place, HopFrom { field, related, records }) in from.iter().enumerate() {
        let (here, there) = (column(related.end.side), column(related.end.side.other()));
        let n = |offset: usize| format!("${}", binds + offset);
        let mut text = format!(
            "{union}SELECT {field}::bigint AS field, f.id AS source, t.id, t.pipeline_id AS pipeline, t.title \
             FROM unnest({records}) AS f (id) CROSS JOIN LATERAL (SELECT t.id, t.pipeline_id, t.title FROM links l \
                JOIN records t ON t.id = l.{there} WHERE l.{here} = f.id AND l.relation_id = {relation} AND t.pipeline_id = {pipeline} \
                AND t.deleted_at IS NULL",
            union = if place == 0 { "" } else { " UNION ALL " },
            field = n(1),
            records = n(2),
            relation = n(3),
            pipeline = n(4),
        );
        query = query.bind::<BigInt, _>(*field).bind::<Array<BigInt>, _>(records.to_vec());
        query = query.bind::<BigInt, _>(related.end.id).bind::<BigInt, _>(related.end.pipeline);
        let mut bound = 4;
        if let Owners::Of(users) = &related.rows.owners {
            text.push_str(&format!(" AND (t.owner_id = ANY({}) OR t.id = ANY({}))", n(5), n(6)));
            query = query.bind::<Array<BigInt>, _>(users.iter().map(|user| user.0).collect::<Vec<_>>());
            query = query.bind::<Array<BigInt>, _>(related.rows.shared.iter().map(|id| id.0).collect::<Vec<_>>());
            bound = 6;
        }
        text.push_str(&format!(" ORDER BY l.{there} LIMIT {}) AS t", HOP_LINKS_MAX + 1));
        binds += bound;
        query = query.sql(text);
    }
    Ok(query.load(&mut conn.shared()).await?)
}
