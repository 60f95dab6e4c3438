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
        listed AS (SELECT r.value AS r, r.ordinality AS n FROM jsonb_array_elements($2) WITH ORDINALITY AS r), \
        related AS (INSERT INTO relations (from_one, to_one) \
            SELECT (r->'from_one')::boolean, (r->'to_one')::boolean FROM listed ORDER BY n RETURNING id), \
        tied AS (SELECT listed.r, numbered.id FROM listed \
            JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM related) AS numbered USING (n)), \
        typed AS (SELECT made.id AS pipeline_id, f.value AS f, f.ordinality AS n, tied.id AS relation_id, \
                CASE WHEN tied.id IS NULL THEN NULL WHEN tied.r->'from' = jsonb_build_array(made.key, f.value->'key') THEN 'from' \
                    ELSE 'to' END AS side \
            FROM t JOIN made ON made.key = p->>'key' CROSS JOIN LATERAL jsonb_array_elements(p->'fields') WITH ORDINALITY AS f \
                LEFT JOIN tied ON jsonb_build_array(made.key, f.value->'key') IN (tied.r->'from', tied.r->'to')), \
        fielded AS (INSERT INTO fields (pipeline_id, key, slot, kind, label, help, settings, position, is_required, is_unique, is_match, \
                is_searchable, relation_id, relation_side) \
            SELECT pipeline_id, f->>'key', f->>'key', f->>'kind', f->>'label', f->>'help', f->'settings', n, (f->'is_required')::boolean, \
                (f->'is_unique')::boolean, (f->'is_match')::boolean, (f->'is_searchable')::boolean, relation_id, side FROM typed \
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
    let relations = serde_json::to_value(&template.relations).map_err(|error| DbError::Decode(error.to_string()))?;
    diesel::sql_query(SQL).bind::<Jsonb, _>(pipelines).bind::<Jsonb, _>(relations).execute(conn).await?;
    Ok(())
}
