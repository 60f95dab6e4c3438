//! E-mail that waits to be sent.

use crate::{DbResult, PlatformConn, schema_platform::mail_outbox};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Timestamptz},
};
use diesel_async::RunQueryDsl;

/// An e-mail that is to be sent now.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(table_name = mail_outbox, check_for_backend(diesel::pg::Pg))]
pub struct MailRecord {
    /// Its id in the queue.
    pub id: i64,
    /// Whose it is.
    pub tenant_id: Option<i64>,
    /// The one-time link it brings.
    pub token_id: Option<i64>,
    /// The e-mail, sealed.
    pub sealed: String,
    /// Its Message-ID, without brackets.
    pub message_id: String,
    /// When it is of no use any more.
    pub expires_at: DateTime<Utc>,
    /// Attempts, this one included.
    pub attempts: i32,
}

/// Takes the e-mail that has waited longest; until `lease` no other worker takes it.
///
/// # Errors
/// Those of the statement.
pub async fn mail_claim(conn: &mut PlatformConn, now: DateTime<Utc>, lease: DateTime<Utc>) -> DbResult<Option<MailRecord>> {
    const SQL: &str = "UPDATE platform.mail_outbox SET attempts = attempts + 1, next_at = $2 WHERE id = (\
          SELECT id FROM platform.mail_outbox WHERE next_at <= $1 ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) \
        RETURNING id, tenant_id, token_id, sealed, message_id, expires_at, attempts";
    let claimed = diesel::sql_query(SQL).bind::<Timestamptz, _>(now).bind::<Timestamptz, _>(lease);
    Ok(claimed.get_result(conn.raw()).await.optional()?)
}

/// Takes an e-mail out of the outbox: it was sent, or never can be.
///
/// # Errors
/// Those of the statement.
pub async fn mail_delete(conn: &mut PlatformConn, id: i64) -> DbResult<()> {
    diesel::sql_query("DELETE FROM platform.mail_outbox WHERE id = $1").bind::<BigInt, _>(id).execute(conn.raw()).await?;
    Ok(())
}

/// Says when an e-mail is to be tried again.
///
/// # Errors
/// Those of the statement.
pub async fn mail_wait(conn: &mut PlatformConn, id: i64, until: DateTime<Utc>) -> DbResult<()> {
    diesel::update(mail_outbox::table.find(id)).set(mail_outbox::next_at.eq(until)).execute(conn.raw()).await?;
    Ok(())
}
