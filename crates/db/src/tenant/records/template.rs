//! Pipelines made from a template.

use crate::{DbError, DbResult, TenantConn};
use diesel::sql_types::Jsonb;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::record::Template;

/// Adds the pipelines of a template behind those that are there.
///
/// # Errors
/// [`DbError::Unique`] for a key that is taken.
pub async fn template_insert(conn: &mut TenantConn, template: &Template) -> DbResult<()> {
    template_apply(conn.raw(), template).await
}

/// The same in the schema that the search path names.
///
/// # Errors
/// As [`template_insert`].
pub(crate) async fn template_apply(conn: &mut AsyncPgConnection, template: &Template) -> DbResult<()> {
    const SQL: &str = "WITH t AS (SELECT p.value AS p, p.ordinality::integer AS n FROM jsonb_array_elements($1) WITH ORDINALITY AS p), \
        made AS (INSERT INTO pipelines (key, name, name_one, icon, settings, position) \
            SELECT p->>'key', p->>'name', p->>'name_one', p->>'icon', p->'settings', \
                n + (SELECT coalesce(max(position), 0) FROM pipelines) FROM t RETURNING id, key), \
        boarded AS (INSERT INTO boards (pipeline_id, name, position) \
            SELECT made.id, p->>'name', 1 FROM t JOIN made ON made.key = p->>'key' WHERE jsonb_array_length(p->'stages') > 0 \
            RETURNING id, pipeline_id), \
        typed AS (SELECT made.id AS pipeline_id, f.value AS f, f.ordinality AS n \
            FROM t JOIN made ON made.key = p->>'key', jsonb_array_elements(p->'fields') WITH ORDINALITY AS f), \
        fielded AS (INSERT INTO fields (pipeline_id, key, slot, kind, label, help, settings, position, is_required, is_unique, is_match, \
                is_searchable) \
            SELECT pipeline_id, f->>'key', f->>'key', f->>'kind', f->>'label', f->>'help', f->'settings', n, (f->'is_required')::boolean, \
                (f->'is_unique')::boolean, (f->'is_match')::boolean, (f->'is_searchable')::boolean FROM typed \
            RETURNING id, pipeline_id, key), \
        staged AS (INSERT INTO stages (board_id, key, name, kind, probability, color, requires, position) \
            SELECT boarded.id, s.value->>'key', s.value->>'name', s.value->>'kind', (s.value->>'probability')::smallint, \
                s.value->>'color', (SELECT coalesce(array_agg(fielded.id), '{}') FROM fielded WHERE fielded.pipeline_id = made.id \
                    AND s.value->'requires' ? fielded.key), s.ordinality \
            FROM t JOIN made ON made.key = p->>'key' JOIN boarded ON boarded.pipeline_id = made.id, \
                jsonb_array_elements(p->'stages') WITH ORDINALITY AS s) \
        INSERT INTO field_options (field_id, key, label, color, position) \
            SELECT fielded.id, o.value->>'key', o.value->>'label', o.value->>'color', o.ordinality \
            FROM typed JOIN fielded ON fielded.pipeline_id = typed.pipeline_id AND fielded.key = f->>'key', \
                jsonb_array_elements(f->'options') WITH ORDINALITY AS o";
    let pipelines = serde_json::to_value(&template.pipelines).map_err(|error| DbError::Decode(error.to_string()))?;
    diesel::sql_query(SQL).bind::<Jsonb, _>(pipelines).execute(conn).await?;
    Ok(())
}
