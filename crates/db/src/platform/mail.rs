//! Letters that wait to be sent.

use crate::{DbResult, PlatformConn, error::one_row, schema_platform::mail_outbox};
use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Timestamptz},
};
use diesel_async::RunQueryDsl;
use domain::TenantId;

/// A letter to be put into the outbox.
#[derive(Clone, Debug)]
pub struct MailInsert<'a> {
    /// Whose it is; the platform's own without.
    pub tenant: Option<TenantId>,
    /// The one-time link it brings.
    pub token: Option<i64>,
    /// The letter, sealed.
    pub sealed: &'a str,
    /// When it is of no use any more.
    pub expires_at: DateTime<Utc>,
    /// When it was written.
    pub now: DateTime<Utc>,
}

/// Puts a letter into the outbox.
///
/// # Errors
/// Those of the statement.
pub async fn mail_insert(conn: &mut PlatformConn, mail: &MailInsert<'_>) -> DbResult<()> {
    let values = (
        mail_outbox::tenant_id.eq(mail.tenant.map(|id| id.0)),
        mail_outbox::token_id.eq(mail.token),
        mail_outbox::sealed.eq(mail.sealed),
        mail_outbox::created_at.eq(mail.now),
        mail_outbox::next_at.eq(mail.now),
        mail_outbox::expires_at.eq(mail.expires_at),
    );
    one_row(diesel::insert_into(mail_outbox::table).values(values).execute(conn.raw()).await?)
}

/// A letter that is to be sent now.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(table_name = mail_outbox, check_for_backend(diesel::pg::Pg))]
pub struct MailRecord {
    /// The letter.
    pub id: i64,
    /// Whose it is.
    pub tenant_id: Option<i64>,
    /// The one-time link it brings.
    pub token_id: Option<i64>,
    /// The letter, sealed.
    pub sealed: String,
    /// When it is of no use any more.
    pub expires_at: DateTime<Utc>,
    /// How often it was tried, this time included.
    pub attempts: i32,
}

/// Takes the letter that has waited longest; until `lease` no other worker takes it.
///
/// # Errors
/// Those of the statement.
pub async fn mail_claim(conn: &mut PlatformConn, now: DateTime<Utc>, lease: DateTime<Utc>) -> DbResult<Option<MailRecord>> {
    const SQL: &str = "UPDATE platform.mail_outbox SET attempts = attempts + 1, next_at = $2 WHERE id = (\
          SELECT id FROM platform.mail_outbox WHERE next_at <= $1 ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) \
        RETURNING id, tenant_id, token_id, sealed, expires_at, attempts";
    let claimed = diesel::sql_query(SQL).bind::<Timestamptz, _>(now).bind::<Timestamptz, _>(lease);
    Ok(claimed.get_result(conn.raw()).await.optional()?)
}

/// Takes a letter out of the outbox: it was sent, or never can be.
///
/// # Errors
/// Those of the statement.
pub async fn mail_delete(conn: &mut PlatformConn, id: i64) -> DbResult<()> {
    diesel::sql_query("DELETE FROM platform.mail_outbox WHERE id = $1").bind::<BigInt, _>(id).execute(conn.raw()).await?;
    Ok(())
}

/// Says when a letter is to be tried again.
///
/// # Errors
/// Those of the statement.
pub async fn mail_wait(conn: &mut PlatformConn, id: i64, until: DateTime<Utc>) -> DbResult<()> {
    diesel::update(mail_outbox::table.find(id)).set(mail_outbox::next_at.eq(until)).execute(conn.raw()).await?;
    Ok(())
}
