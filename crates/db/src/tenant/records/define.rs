//! Writing the definitions of pipelines. The caller holds the lock of the pipeline ([`pipeline_lock`](super::pipeline_lock)).

use crate::{
    DbError, DbResult, TenantConn,
    cached::sql,
    error::one_row,
    schema_tenant::{boards, field_options, fields, pipelines, stages},
};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt},
};
use diesel_async::RunQueryDsl;
use domain::record::{Field, FieldOption, Pipeline, PipelineNames, PipelineSettings, StageCommand};

/// A definition that was deleted and can come back.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Deleted {
    /// Its key.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// When it was deleted.
    pub at: Option<DateTime<Utc>>,
}

fn json<T: serde::Serialize>(value: &T) -> DbResult<serde_json::Value> {
    serde_json::to_value(value).map_err(|error| DbError::Decode(error.to_string()))
}

/// Waits for others who add, move or delete pipelines, and holds them off until the transaction ends.
///
/// # Errors
/// Those of the statement.
pub async fn pipelines_lock(conn: &mut TenantConn) -> DbResult<()> {
    // The number only has to differ from other locks of this database; the schema keeps tenants apart.
    diesel::sql_query("SELECT pg_advisory_xact_lock(724005, hashtext(current_schema()))").execute(conn.raw()).await?;
    Ok(())
}

/// The keys of all pipelines, deleted ones too.
///
/// # Errors
/// Those of the statement.
pub async fn pipeline_keys(conn: &TenantConn) -> DbResult<Vec<String>> {
    Ok(pipelines::table.select(pipelines::key).load(&mut conn.shared()).await?)
}

/// Pipelines that were deleted, the last one first.
///
/// # Errors
/// Those of the statement.
pub async fn pipelines_deleted(conn: &TenantConn) -> DbResult<Vec<Deleted>> {
    let query = pipelines::table.filter(pipelines::deleted_at.is_not_null()).order_by(pipelines::deleted_at.desc());
    Ok(query.select((pipelines::key, pipelines::name, pipelines::deleted_at)).load(&mut conn.shared()).await?)
}

/// Changes what a pipeline is called and what its fields are used for.
///
/// # Errors
/// Those of the statement.
pub async fn pipeline_update(conn: &mut TenantConn, id: i64, names: &PipelineNames, settings: &PipelineSettings) -> DbResult<()> {
    let values = (
        pipelines::name.eq(&names.name),
        pipelines::name_one.eq(&names.name_one),
        pipelines::icon.eq(&names.icon),
        pipelines::settings.eq(json(settings)?),
    );
    one_row(diesel::update(pipelines::table.find(id)).set(values).execute(conn.raw()).await?)
}

/// Deletes a pipeline with all it holds for the time being, or brings it back. `false` when it is so already.
///
/// # Errors
/// Those of the statement.
pub async fn pipeline_set_deleted(conn: &mut TenantConn, key: &str, at: Option<DateTime<Utc>>) -> DbResult<bool> {
    let row = pipelines::table.filter(pipelines::key.eq(key)).filter(pipelines::deleted_at.is_null().eq(at.is_some()));
    Ok(diesel::update(row).set(pipelines::deleted_at.eq(at)).execute(conn.raw()).await? == 1)
}

/// Puts pipelines into this order.
///
/// # Errors
/// Those of the statement.
pub async fn pipelines_order(conn: &mut TenantConn, ids: &[i64]) -> DbResult<()> {
    const SQL: &str = "UPDATE pipelines SET position = o.n FROM unnest($1) WITH ORDINALITY AS o (id, n) WHERE pipelines.id = o.id";
    diesel::sql_query(SQL).bind::<Array<BigInt>, _>(ids).execute(conn.raw()).await?;
    Ok(())
}

/// The keys of all fields of a pipeline and what their values stand under, deleted fields too.
///
/// # Errors
/// Those of the statement.
pub async fn field_keys(conn: &TenantConn, pipeline: i64) -> DbResult<Vec<String>> {
    let query = fields::table.filter(fields::pipeline_id.eq(pipeline)).select((fields::key, fields::slot));
    let keys: Vec<(String, String)> = query.load(&mut conn.shared()).await?;
    Ok(keys.into_iter().flat_map(|(key, slot)| [key, slot]).collect())
}

/// Fields of a pipeline that were deleted, the last one first.
///
/// # Errors
/// Those of the statement.
pub async fn fields_deleted(conn: &TenantConn, pipeline: i64) -> DbResult<Vec<Deleted>> {
    let query = fields::table.filter(fields::pipeline_id.eq(pipeline)).filter(fields::deleted_at.is_not_null());
    let query = query.filter(fields::purged_at.is_null()).order_by(fields::deleted_at.desc()).select((
        fields::key,
        fields::label,
        fields::deleted_at,
    ));
    Ok(query.load(&mut conn.shared()).await?)
}

/// Adds a field behind the others. Gives its row.
///
/// # Errors
/// Those of the statements.
pub async fn field_insert(conn: &mut TenantConn, pipeline: i64, field: &Field) -> DbResult<i64> {
    let last = fields::table.filter(fields::pipeline_id.eq(pipeline)).select(diesel::dsl::max(fields::position));
    let last: Option<i32> = last.first(conn.raw()).await?;
    let position = last.unwrap_or(0).saturating_add(1);
    let values = (
        fields::pipeline_id.eq(pipeline),
        fields::key.eq(&field.key),
        fields::slot.eq(&field.slot),
        fields::kind.eq(field.kind.as_str()),
        fields::label.eq(&field.label),
        fields::help.eq(&field.help),
        fields::settings.eq(json(&field.settings)?),
        fields::position.eq(position),
        fields::is_required.eq(field.is_required),
        fields::is_unique.eq(field.is_unique),
        fields::is_match.eq(field.is_match),
        fields::is_searchable.eq(field.is_searchable),
        fields::relation_id.eq(field.relation.as_ref().map(|end| end.id)),
        fields::relation_side.eq(field.relation.as_ref().map(|end| end.side.as_str())),
    );
    let id: i64 = diesel::insert_into(fields::table).values(values).returning(fields::id).get_result(conn.raw()).await?;
    field_options_set(conn, id, &field.options).await?;
    Ok(id)
}

/// Changes a field; its key, its slot and its kind stay.
///
/// # Errors
/// Those of the statements.
pub async fn field_update(conn: &mut TenantConn, field: &Field) -> DbResult<()> {
    let values = (
        fields::label.eq(&field.label),
        fields::help.eq(&field.help),
        fields::settings.eq(json(&field.settings)?),
        fields::is_required.eq(field.is_required),
        fields::is_unique.eq(field.is_unique),
        fields::is_match.eq(field.is_match),
        fields::is_searchable.eq(field.is_searchable),
    );
    one_row(diesel::update(fields::table.find(field.id)).set(values).execute(conn.raw()).await?)?;
    field_options_set(conn, field.id, &field.options).await
}

/// Writes the options of a field, in this order. None goes: records may have it.
///
/// # Errors
/// Those of the statements.
pub async fn field_options_set(conn: &mut TenantConn, field: i64, options: &[FieldOption]) -> DbResult<()> {
    if options.is_empty() {
        return Ok(());
    }
    let archived = |option: &FieldOption| {
        sql::<diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>>(if option.is_archived { "now()" } else { "NULL" })
    };
    for (option, position) in options.iter().zip(1_i32..) {
        let set = (
            field_options::label.eq(&option.label),
            field_options::color.eq(&option.color),
            field_options::position.eq(position),
            field_options::archived_at.eq(archived(option)),
        );
        let key = (field_options::field_id.eq(field), field_options::key.eq(&option.key));
        let insert = diesel::insert_into(field_options::table).values((key, set.clone()));
        insert.on_conflict((field_options::field_id, field_options::key)).do_update().set(set).execute(conn.raw()).await?;
    }
    Ok(())
}

/// Deletes a field for the time being, or brings it back. Gives its row, and nothing when it is so already.
///
/// # Errors
/// Those of the statement.
pub async fn field_set_deleted(conn: &mut TenantConn, pipeline: i64, key: &str, at: Option<DateTime<Utc>>) -> DbResult<Option<i64>> {
    let row = fields::table.filter(fields::pipeline_id.eq(pipeline)).filter(fields::key.eq(key));
    let row = row.filter(fields::deleted_at.is_null().eq(at.is_some())).filter(fields::purged_at.is_null());
    Ok(diesel::update(row).set(fields::deleted_at.eq(at)).returning(fields::id).get_result(conn.raw()).await.optional()?)
}

/// Puts fields into this order.
///
/// # Errors
/// Those of the statement.
pub async fn fields_order(conn: &mut TenantConn, ids: &[i64]) -> DbResult<()> {
    const SQL: &str = "UPDATE fields SET position = o.n FROM unnest($1) WITH ORDINALITY AS o (id, n) WHERE fields.id = o.id";
    diesel::sql_query(SQL).bind::<Array<BigInt>, _>(ids).execute(conn.raw()).await?;
    Ok(())
}

/// Adds a stage behind the others, on the board of the pipeline.
///
/// # Errors
/// Those of the statements.
pub async fn stage_insert(conn: &mut TenantConn, pipeline: &Pipeline, key: &str, stage: &StageCommand) -> DbResult<()> {
    let query = boards::table.filter(boards::pipeline_id.eq(pipeline.id)).filter(boards::archived_at.is_null()).order_by(boards::position);
    let board: Option<i64> = query.select(boards::id).first(conn.raw()).await.optional()?;
    let board = match board {
        Some(board) => board,
        None => {
            let values = (boards::pipeline_id.eq(pipeline.id), boards::name.eq(&pipeline.head.name), boards::position.eq(1));
            diesel::insert_into(boards::table).values(values).returning(boards::id).get_result(conn.raw()).await?
        }
    };
    let position = i32::try_from(pipeline.stages.len()).unwrap_or(i32::MAX).saturating_add(1);
    let values = (
        stages::board_id.eq(board),
        stages::key.eq(key),
        stages::name.eq(&stage.name),
        stages::kind.eq(stage.kind.as_str()),
        stages::probability.eq(stage.probability),
        stages::color.eq(&stage.color),
        stages::requires.eq(&stage.requires),
        stages::position.eq(position),
    );
    one_row(diesel::insert_into(stages::table).values(values).execute(conn.raw()).await?)
}

/// Changes a stage.
///
/// # Errors
/// Those of the statement.
pub async fn stage_update(conn: &mut TenantConn, id: i64, stage: &StageCommand) -> DbResult<()> {
    let values = (
        stages::name.eq(&stage.name),
        stages::kind.eq(stage.kind.as_str()),
        stages::probability.eq(stage.probability),
        stages::color.eq(&stage.color),
        stages::requires.eq(&stage.requires),
    );
    one_row(diesel::update(stages::table.find(id)).set(values).execute(conn.raw()).await?)
}

/// Archives a stage, or brings it back.
///
/// # Errors
/// Those of the statement.
pub async fn stage_set_archived(conn: &mut TenantConn, id: i64, at: Option<DateTime<Utc>>) -> DbResult<()> {
    one_row(diesel::update(stages::table.find(id)).set(stages::archived_at.eq(at)).execute(conn.raw()).await?)
}

/// Puts stages into this order.
///
/// # Errors
/// Those of the statement.
pub async fn stages_order(conn: &mut TenantConn, ids: &[i64]) -> DbResult<()> {
    const SQL: &str = "UPDATE stages SET position = o.n FROM unnest($1) WITH ORDINALITY AS o (id, n) WHERE stages.id = o.id";
    diesel::sql_query(SQL).bind::<Array<BigInt>, _>(ids).execute(conn.raw()).await?;
    Ok(())
}

/// Up to so many of the records of each pipeline, in the trash or not, by its row.
///
/// # Errors
/// Those of the statement.
pub async fn record_counts(conn: &TenantConn, most: i64) -> DbResult<Vec<(i64, i64)>> {
    let count =
        sql::<BigInt>("(SELECT count(*) FROM (SELECT FROM records r WHERE r.pipeline_id = pipelines.id AND r.deleted_at IS NULL LIMIT ");
    let count = count.bind::<BigInt, _>(most).sql(") AS r)");
    Ok(pipelines::table.select((pipelines::id, count)).load(&mut conn.shared()).await?)
}
