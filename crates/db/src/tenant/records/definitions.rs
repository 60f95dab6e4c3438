//! Pipelines with their fields and stages.

use crate::{DbError, DbResult, TenantConn, cached::sql, error::one_row, schema_tenant::pipelines};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types::Jsonb};
use diesel_async::RunQueryDsl;
use domain::record::{Pipeline, PipelineHead};
use serde_json::Value;

/// A pipeline as one JSON object, so that a page reads it by one statement.
const PIPELINE: &str = "jsonb_build_object('id', pipelines.id, 'version', pipelines.version, 'derived', pipelines.derived, \
    'head', jsonb_build_object('key', pipelines.key, 'name', pipelines.name, 'name_one', pipelines.name_one, 'icon', pipelines.icon), \
    'settings', pipelines.settings, \
    'fields', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'key', f.key, 'slot', f.slot, 'kind', f.kind, 'label', f.label, \
        'help', f.help, 'settings', f.settings, 'is_required', f.is_required, 'is_unique', f.is_unique, 'is_match', f.is_match, \
        'is_searchable', f.is_searchable, 'change', f.change, 'dropped', f.dropped_slots, \
        'is_barred', EXISTS (SELECT FROM role_fields r WHERE r.field_id = f.id AND r.access = 'none'), 'options', (SELECT coalesce(jsonb_agg(jsonb_build_object('key', o.key, 'label', o.label, \
            'color', o.color, 'is_archived', o.archived_at IS NOT NULL) ORDER BY o.position, o.id), '[]') \
            FROM field_options o WHERE o.field_id = f.id), 'relation', e.relation) ORDER BY f.position, f.id), '[]') \
        FROM fields f LEFT JOIN LATERAL (SELECT jsonb_build_object('id', r.id, 'side', f.relation_side, \
                'is_one', CASE f.relation_side WHEN 'from' THEN r.from_one ELSE r.to_one END, \
                'is_inverse_one', CASE f.relation_side WHEN 'from' THEN r.to_one ELSE r.from_one END, \
                'inverse', o.id, 'inverse_key', o.key, 'pipeline', p.id, \
                'head', jsonb_build_object('key', p.key, 'name', p.name, 'name_one', p.name_one, 'icon', p.icon)) AS relation \
            FROM relations r JOIN fields o ON o.relation_id = r.id AND o.relation_side <> f.relation_side \
                JOIN pipelines p ON p.id = o.pipeline_id AND p.deleted_at IS NULL WHERE r.id = f.relation_id) AS e ON true \
        WHERE f.pipeline_id = pipelines.id AND f.deleted_at IS NULL AND (f.relation_id IS NULL OR e.relation IS NOT NULL)), \
    'stages', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'key', s.key, 'name', s.name, 'kind', s.kind, \
        'probability', s.probability, 'color', s.color, 'requires', s.requires, \
        'is_archived', s.archived_at IS NOT NULL) ORDER BY b.position, b.id, s.position, s.id), '[]') \
        FROM boards b JOIN stages s ON s.board_id = b.id \
        WHERE b.pipeline_id = pipelines.id AND b.archived_at IS NULL))";

fn pipeline(value: Value) -> DbResult<Pipeline> {
    serde_json::from_value(value).map_err(|error| DbError::Decode(format!("a pipeline: {error}")))
}

/// The pipeline of that key.
///
/// # Errors
/// Those of the statement; [`DbError::Decode`] for a definition of another version.
pub async fn pipeline_get(conn: &TenantConn, key: &str) -> DbResult<Option<Pipeline>> {
    let query = pipelines::table.filter(pipelines::key.eq(key)).filter(pipelines::deleted_at.is_null()).select(sql::<Jsonb>(PIPELINE));
    let found: Option<Value> = query.first(&mut conn.shared()).await.optional()?;
    found.map(pipeline).transpose()
}

/// Keeps the definition of a pipeline as it is until the transaction ends; several transactions may do so at once.
///
/// # Errors
/// Those of the statement.
pub async fn pipeline_hold(conn: &mut TenantConn, key: &str) -> DbResult<()> {
    let held = pipelines::table.filter(pipelines::key.eq(key)).select(pipelines::id).for_key_share();
    let _id: Option<i64> = held.first(conn.raw()).await.optional()?;
    Ok(())
}

/// Locks the definition of a pipeline for a change: it waits for those who write records by it, and they wait for the change.
///
/// # Errors
/// As [`pipeline_get`].
pub async fn pipeline_lock(conn: &mut TenantConn, key: &str) -> DbResult<Option<Pipeline>> {
    let locked = pipelines::table.filter(pipelines::key.eq(key)).filter(pipelines::deleted_at.is_null()).select(pipelines::id).for_update();
    let id: Option<i64> = locked.first(conn.raw()).await.optional()?;
    if id.is_some() { pipeline_get(conn, key).await } else { Ok(None) }
}

/// Raises the version of a locked definition. `derived` says whether a job has to recompute the records.
///
/// # Errors
/// Those of the statement.
pub async fn pipeline_touch(conn: &mut TenantConn, pipeline: &Pipeline, derived: Derived, now: DateTime<Utc>) -> DbResult<()> {
    let row = pipelines::table.find(pipeline.id);
    let behind = match derived {
        Derived::Stale => 0,
        Derived::Same => 1,
    };
    let values =
        (pipelines::version.eq(pipelines::version + 1), pipelines::derived.eq(pipelines::derived + behind), pipelines::updated_at.eq(now));
    one_row(diesel::update(row).set(values).execute(conn.raw()).await?)
}

/// How a change of a definition affects titles, amounts, due dates and search texts of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derived {
    /// They must be recomputed.
    Stale,
    /// They stay the same.
    Same,
}

/// Notes that the computed columns of all records match this version of the definition.
///
/// # Errors
/// Those of the statement; [`DbError::RowsAffected`] when there is a newer version, which [`pipeline_hold`] rules out.
pub async fn pipeline_set_derived(conn: &mut TenantConn, id: i64, version: i32) -> DbResult<()> {
    let row = pipelines::table.find(id).filter(pipelines::version.eq(version));
    one_row(diesel::update(row).set(pipelines::derived.eq(version)).execute(conn.raw()).await?)
}

/// The pipelines of these rows, in their order.
///
/// # Errors
/// As [`pipeline_get`].
pub async fn pipeline_list_of(conn: &TenantConn, ids: &[i64]) -> DbResult<Vec<Pipeline>> {
    let query = pipelines::table.filter(pipelines::deleted_at.is_null()).filter(pipelines::id.eq_any(ids));
    let query = query.order_by((pipelines::position, pipelines::id)).select(sql::<Jsonb>(PIPELINE));
    let found: Vec<Value> = query.load(&mut conn.shared()).await?;
    found.into_iter().map(pipeline).collect()
}

/// All pipelines, in their order.
///
/// # Errors
/// As [`pipeline_get`].
pub async fn pipeline_list(conn: &TenantConn) -> DbResult<Vec<Pipeline>> {
    let query = pipelines::table.filter(pipelines::deleted_at.is_null()).order_by((pipelines::position, pipelines::id));
    let found: Vec<Value> = query.select(sql::<Jsonb>(PIPELINE)).load(&mut conn.shared()).await?;
    found.into_iter().map(pipeline).collect()
}

/// What leads to each pipeline, by its row, in their order.
///
/// # Errors
/// Those of the statement.
pub async fn pipeline_heads(conn: &TenantConn) -> DbResult<Vec<(i64, PipelineHead)>> {
    Ok(heads_all(conn).await?.into_iter().filter(|(.., is_deleted)| !is_deleted).map(|(id, head, _)| (id, head)).collect())
}

/// The same of all pipelines, each with whether it is deleted.
pub(super) async fn heads_all(conn: &TenantConn) -> DbResult<Vec<(i64, PipelineHead, bool)>> {
    type Row = (i64, String, String, String, String, bool);
    let query = pipelines::table.order_by((pipelines::position, pipelines::id));
    let columns =
        (pipelines::id, pipelines::key, pipelines::name, pipelines::name_one, pipelines::icon, pipelines::deleted_at.is_not_null());
    let rows: Vec<Row> = query.select(columns).load(&mut conn.shared()).await?;
    Ok(rows.into_iter().map(|(id, key, name, name_one, icon, gone)| (id, PipelineHead { key, name, name_one, icon }, gone)).collect())
}
