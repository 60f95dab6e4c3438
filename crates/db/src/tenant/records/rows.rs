//! What is read of records, and which of them.

use super::related::linked;
use crate::{fragment::Fragment, schema_tenant::records};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*, sql_types::Jsonb};
use domain::record::{Lens, Owners, Rows};
use serde_json::Value;

/// A record as its user sees it.
#[derive(Clone, Debug, Queryable)]
pub struct RecordRecord {
    /// Its id.
    pub id: i64,
    /// The user it belongs to.
    pub owner_id: Option<i64>,
    /// Its stage.
    pub stage_id: Option<i64>,
    /// What it is called.
    pub title: String,
    /// Its version, which each change raises.
    pub version: i32,
    /// Who created it.
    pub created_by: Option<i64>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was moved to the trash.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Since when it is in its stage.
    pub stage_since: Option<DateTime<Utc>>,
    /// Its values under the slots of their fields.
    pub data: Value,
}

type Columns = (
    records::id,
    records::owner_id,
    records::stage_id,
    records::title,
    records::version,
    records::created_by,
    records::created_at,
    records::updated_at,
    records::deleted_at,
    records::stage_since,
    Fragment<Jsonb>,
);

/// The values without those of hidden fields, which never leave the database, and what relations to one record lead to as
/// `[{"id": 7, "title": ".."}]`, as far as the user of the lens sees it.
fn data(lens: &Lens) -> Fragment<Jsonb> {
    let mut data = Fragment::new("(records.data - ").bind(lens.hidden()).sql(")");
    for field in lens.fields().filter(|field| field.is_value()) {
        let Some(related) = lens.related(field) else { continue };
        data = data.sql(" || coalesce((SELECT jsonb_build_object(").bind(field.slot.clone()).sql("::text");
        data = data.sql(", jsonb_build_array(jsonb_build_object('id', t.id, 'title', t.title))) ");
        data = data.and(linked(&related)).sql(" LIMIT 1), '{}')");
    }
    data
}

/// The columns of a record that the user of a lens sees.
pub(super) fn columns(lens: &Lens) -> Columns {
    (
        records::id,
        records::owner_id,
        records::stage_id,
        records::title,
        records::version,
        records::created_by,
        records::created_at,
        records::updated_at,
        records::deleted_at,
        records::stage_since,
        data(lens),
    )
}

pub(super) type Boxed<'a> = diesel::helper_types::IntoBoxed<'a, records::table, Pg>;

/// The records of a pipeline that the user of a lens sees, in the trash or not.
pub(super) fn visible(lens: &Lens) -> Boxed<'static> {
    seen(lens.pipeline().id, lens.rows())
}

/// These records of a pipeline, in the trash or not.
pub(super) fn seen(pipeline: i64, Rows { owners, shared }: &Rows) -> Boxed<'static> {
    let query = records::table.into_boxed().filter(records::pipeline_id.eq(pipeline));
    let Owners::Of(users) = owners else { return query };
    let is_owned = records::owner_id.eq_any(users.iter().map(|user| user.0).collect::<Vec<_>>());
    if shared.is_empty() {
        return query.filter(is_owned);
    }
    let is_shared = records::id.eq_any(shared.iter().map(|id| id.0).collect::<Vec<_>>());
    // Without an owner the first half is NULL, which counts as false.
    query.filter(is_owned.or(is_shared.nullable()))
}

/// Orders records by due date. If the lens hides the due date, the order would reveal it, so they are ordered by id.
pub(super) fn in_due_order<'a>(lens: &Lens, query: Boxed<'a>) -> Boxed<'a> {
    match lens.is_late() || lens.hides(lens.pipeline().settings.due.as_ref()) {
        true => query.order_by(records::id),
        false => query.order_by((records::due.asc().nulls_last(), records::id)),
    }
}
