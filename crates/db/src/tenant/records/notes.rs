//! What users write about records.

use crate::{DbResult, TenantConn, error::one_row, schema_tenant::notes};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use domain::{NoteId, RecordId, UserId, record::Lens};

/// A note.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = notes, check_for_backend(Pg))]
pub struct NoteRow {
    /// Its id.
    pub id: i64,
    /// Who wrote it; none for a user who is gone.
    pub author_id: Option<i64>,
    /// What it says.
    pub body: String,
    /// Its version, which each change raises.
    pub version: i32,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// The newest notes of a record, those before that one alone where one is given. The caller has read the record through the same lens.
///
/// # Errors
/// Those of the statement.
pub async fn note_list(conn: &TenantConn, _lens: &Lens, record: RecordId, before: Option<i64>, most: i64) -> DbResult<Vec<NoteRow>> {
    let query = notes::table.filter(notes::record_id.eq(record.0)).filter(notes::deleted_at.is_null());
    let query = query.filter(notes::id.lt(before.unwrap_or(i64::MAX))).order_by(notes::id.desc()).limit(most);
    Ok(query.select(NoteRow::as_select()).load(&mut conn.shared()).await?)
}

/// A note of a record, deleted or not, locked until the transaction ends. The caller has read the record through the same lens.
///
/// # Errors
/// Those of the statement.
pub async fn note_lock(conn: &mut TenantConn, _lens: &Lens, record: RecordId, id: NoteId) -> DbResult<Option<NoteRow>> {
    let query = notes::table.filter(notes::record_id.eq(record.0)).filter(notes::id.eq(id.0)).select(NoteRow::as_select());
    Ok(query.for_update().first(conn.raw()).await.optional()?)
}

/// Adds a note.
///
/// # Errors
/// Those of the statement.
pub async fn note_insert(conn: &mut TenantConn, record: RecordId, by: Option<UserId>, body: &str, now: DateTime<Utc>) -> DbResult<()> {
    let values = (
        notes::record_id.eq(record.0),
        notes::author_id.eq(by.map(|by| by.0)),
        notes::body.eq(body),
        notes::created_at.eq(now),
        notes::updated_at.eq(now),
    );
    one_row(diesel::insert_into(notes::table).values(values).execute(conn.raw()).await?)
}

/// Changes what a locked note says.
///
/// # Errors
/// Those of the statement.
pub async fn note_update(conn: &mut TenantConn, id: NoteId, body: &str, now: DateTime<Utc>) -> DbResult<()> {
    let values = (notes::body.eq(body), notes::version.eq(notes::version + 1), notes::updated_at.eq(now));
    one_row(diesel::update(notes::table.find(id.0)).set(values).execute(conn.raw()).await?)
}

/// Deletes a locked note, or brings it back.
///
/// # Errors
/// Those of the statement.
pub async fn note_set_deleted(conn: &mut TenantConn, id: NoteId, at: Option<DateTime<Utc>>) -> DbResult<()> {
    one_row(diesel::update(notes::table.find(id.0)).set(notes::deleted_at.eq(at)).execute(conn.raw()).await?)
}
