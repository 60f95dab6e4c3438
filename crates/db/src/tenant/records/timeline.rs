//! What happened to a record.

use crate::{DbResult, TenantConn, schema_tenant::events};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use domain::{JobId, RecordId, record::Lens};
use serde_json::Value;

/// An event of a record.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = events, check_for_backend(Pg))]
pub struct TimelineRow {
    /// Its number among the events of the tenant.
    pub seq: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What, such as `record.update`.
    pub kind: String,
    /// Who did it, such as `user:7`.
    pub actor: String,
    /// What each field held before and held then, as `{"field": [before, after]}`.
    pub changes: Option<Value>,
}

/// The newest events of a record, those before that number alone where one is given. The caller has read the record through the same
/// lens, and shows of the changes what the lens shows.
///
/// # Errors
/// Those of the statement.
pub async fn timeline_list(conn: &TenantConn, lens: &Lens, id: RecordId, before: Option<i64>, most: i64) -> DbResult<Vec<TimelineRow>> {
    let mut query = events::table.filter(events::object.eq("record")).filter(events::record_id.eq(id.0)).into_boxed();
    query = query.filter(events::pipeline_id.eq(lens.pipeline().id));
    if let Some(before) = before {
        query = query.filter(events::seq.lt(before));
    }
    let query = query.order_by((events::seq.desc(), events::n.desc())).limit(most).select(TimelineRow::as_select());
    Ok(query.load(&mut conn.shared()).await?)
}

/// Whether a record was changed after that version by anything but these jobs.
///
/// # Errors
/// Those of the statement.
pub async fn record_is_changed(conn: &mut TenantConn, lens: &Lens, id: RecordId, version: i32, jobs: [JobId; 2]) -> DbResult<bool> {
    let own = jobs.map(|job| format!("job:{job}"));
    let query = events::table.filter(events::object.eq("record")).filter(events::record_id.eq(id.0));
    let query = query.filter(events::pipeline_id.eq(lens.pipeline().id)).filter(events::version.gt(i64::from(version)));
    let query = query.filter(events::origin.ne_all(own));
    Ok(diesel::select(diesel::dsl::exists(query)).get_result(conn.raw()).await?)
}
