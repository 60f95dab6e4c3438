//! Indexes that lists of large pipelines need. Only the catalog records them: a copy of a tenant builds its own.

use super::expr::{number_of, text, text_sorted};
use crate::{Db, DbError, DbResult, TenantConn, TenantRef, cached::sql, schema_tenant::fields};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Bool, Text, Timestamptz},
};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use domain::record::{Field, FieldKind, Lens};

/// The index of a field, with the statistics that make PostgreSQL choose it well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldIndex {
    /// Its name in the schema of the tenant, which no other form of the field's values has.
    pub name: String,
    method: &'static str,
    columns: String,
    /// The expression that statistics are kept of. PostgreSQL ignores those of partial indexes.
    counted: Option<String>,
    pipeline: i64,
}

/// An index of a field in the schema of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct IndexFound {
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Whether it was built to the end.
    #[diesel(sql_type = Bool)]
    pub is_valid: bool,
}

/// The index that serves the sort by a field, and its conditions other than on parts of a text; `None` for a kind that has none.
#[must_use]
pub fn field_index(lens: &Lens, field: &Field) -> Option<FieldIndex> {
    let named = lens.field_ref(&field.key)?;
    let tree = |expr: String| Some(("btree", format!("({expr}), id"), Some(expr)));
    let (method, columns, counted) = match field.kind {
        FieldKind::Number | FieldKind::Money | FieldKind::Percent | FieldKind::Rating | FieldKind::Duration => tree(number_of(&named)),
        FieldKind::Date | FieldKind::DateTime => tree(format!("({} COLLATE \"C\")", text(&named))),
        FieldKind::Select => tree(text(&named)),
        FieldKind::Text | FieldKind::LongText | FieldKind::Email | FieldKind::Phone | FieldKind::Url => tree(text_sorted(&named)),
        FieldKind::MultiSelect => Some(("gin", format!("(records.data->'{}')", named.slot()), None)),
        FieldKind::Checkbox | FieldKind::Relation => None,
    }?;
    let number = field.slot.split_once('~').map_or("1", |(_, number)| number);
    Some(FieldIndex { name: format!("rx_{}_{number}", field.id), method, columns, counted, pipeline: lens.pipeline().id })
}

/// Adds uses of fields.
///
/// # Errors
/// Those of the statement.
pub async fn field_uses_add(conn: &mut TenantConn, uses: &[(i64, i64)], now: DateTime<Utc>) -> DbResult<()> {
    const SQL: &str = "UPDATE fields SET uses = fields.uses + u.n, used_at = $3 FROM unnest($1, $2) AS u (id, n) WHERE fields.id = u.id";
    let (ids, counts): (Vec<i64>, Vec<i64>) = uses.iter().copied().unzip();
    let query = diesel::sql_query(SQL).bind::<Array<BigInt>, _>(ids).bind::<Array<BigInt>, _>(counts);
    query.bind::<Timestamptz, _>(now).execute(conn.raw()).await?;
    Ok(())
}

/// Fields that lists filtered or sorted by at least so often, the last time since then. The most used ones come first.
///
/// # Errors
/// Those of the statement.
pub async fn field_uses(conn: &TenantConn, since: DateTime<Utc>, least: i64) -> DbResult<Vec<i64>> {
    let query = fields::table.filter(fields::deleted_at.is_null()).filter(fields::used_at.ge(since)).filter(fields::uses.ge(least));
    let query = query.order_by((fields::uses.desc(), fields::id));
    Ok(query.select(fields::id).load(&mut conn.shared()).await?)
}

/// The indexes of fields in the schema of a tenant.
///
/// # Errors
/// Those of the statement.
pub async fn field_indexes(conn: &TenantConn) -> DbResult<Vec<IndexFound>> {
    const SQL: &str = "SELECT c.relname::text AS name, i.indisvalid AS is_valid FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid \
            JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = current_schema() AND c.relname ~ '^rx_[0-9]+_[0-9]+$' ORDER BY 1";
    Ok(diesel::sql_query(SQL).load(&mut conn.shared()).await?)
}

/// Runs statements that no transaction can hold, as `oneo_owner`.
async fn run(db: &Db, statements: &[String]) -> DbResult<()> {
    let mut conn = db.owner_pool()?.get().await?;
    // Nobody waits for a build: it takes as long as it takes, and gives up where it would have to wait.
    conn.batch_execute("SET statement_timeout = 0; SET lock_timeout = '10s'").await?;
    let mut done = Ok(());
    for statement in statements {
        done = conn.batch_execute(statement).await.map_err(DbError::from);
        if done.is_err() {
            break;
        }
    }
    conn.batch_execute("RESET statement_timeout; RESET lock_timeout").await?;
    done
}

/// Builds the index of a field as `oneo_owner`, while users go on reading and writing.
///
/// # Errors
/// Those of the statements. What was built in part is not used; [`field_index_drop`] removes it.
pub async fn field_index_create(db: &Db, tenant: &TenantRef, index: &FieldIndex) -> DbResult<()> {
    let (schema, FieldIndex { name, method, columns, pipeline, .. }) = (tenant.schema(), index);
    let mut statements = Vec::new();
    // They come first: an index that is there and valid is not built again.
    if let Some(counted) = &index.counted {
        let statistics = statistics_of(name);
        statements.push(format!("CREATE STATISTICS IF NOT EXISTS \"{schema}\".\"{statistics}\" ON ({counted}) FROM \"{schema}\".records"));
    }
    statements.push(format!(
        "CREATE INDEX CONCURRENTLY \"{name}\" ON \"{schema}\".records USING {method} ({columns}) \
         WHERE pipeline_id = {pipeline} AND deleted_at IS NULL"
    ));
    statements.push(format!("ANALYZE \"{schema}\".records"));
    run(db, &statements).await
}

/// Removes the index of a field with its statistics.
///
/// # Errors
/// Those of the statements.
pub async fn field_index_drop(db: &Db, tenant: &TenantRef, name: &str) -> DbResult<()> {
    let (schema, statistics) = (tenant.schema(), statistics_of(name));
    run(
        db,
        &[
            format!("DROP INDEX CONCURRENTLY IF EXISTS \"{schema}\".\"{name}\""),
            format!("DROP STATISTICS IF EXISTS \"{schema}\".\"{statistics}\""),
        ],
    )
    .await
}

fn statistics_of(index: &str) -> String {
    index.replacen("rx_", "rs_", 1)
}

/// How many live records a pipeline has, counted up to `most`.
///
/// # Errors
/// Those of the statement.
pub async fn pipeline_size(conn: &TenantConn, pipeline: i64, most: i64) -> DbResult<i64> {
    let count = sql::<BigInt>("(SELECT count(*) FROM (SELECT FROM records r WHERE r.pipeline_id = ").bind::<BigInt, _>(pipeline);
    let count = count.sql(" AND r.deleted_at IS NULL LIMIT ").bind::<BigInt, _>(most).sql(") AS r)");
    Ok(diesel::select(count).get_result(&mut conn.shared()).await?)
}
