//! The second factor of an account: a secret for codes by time, and recovery codes. Users and platform admins
//! have tables of the same columns, so one query serves both.

use crate::{DbError, DbResult, PlatformConn, TenantConn};
use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// A transaction that reaches the second factors of its site.
pub enum FactorConn<'a> {
    /// Of a company's users.
    Tenant(&'a mut TenantConn),
    /// Of platform admins.
    Platform(&'a mut PlatformConn),
}

/// Where the second factors of one site are kept.
struct Tables {
    totp: &'static str,
    codes: &'static str,
    owner: &'static str,
}

impl FactorConn<'_> {
    fn parts(&mut self) -> (&mut AsyncPgConnection, Tables) {
        match self {
            Self::Tenant(conn) => (conn.raw(), Tables { totp: "user_totp", codes: "recovery_codes", owner: "user_id" }),
            Self::Platform(conn) => {
                (conn.raw(), Tables { totp: "platform.admin_totp", codes: "platform.admin_recovery_codes", owner: "admin_id" })
            }
        }
    }
}

/// A user's secret for codes by time.
#[derive(Clone, Debug, diesel::QueryableByName)]
pub struct Totp {
    /// Whose.
    #[diesel(sql_type = BigInt)]
    pub owner: i64,
    /// The secret, sealed.
    #[diesel(sql_type = Text)]
    pub secret_encrypted: String,
    /// The newest step whose code was taken; none older is taken again (RFC 6238, 5.2).
    #[diesel(sql_type = BigInt)]
    pub last_step: i64,
    /// Since when it is asked for; none while it is only being set up.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When it was made.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

#[derive(diesel::QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

const COLUMNS: &str = "secret_encrypted, last_step, confirmed_at, created_at";

/// A user's secret, if there is one.
///
/// # Errors
/// Those of the statement.
pub async fn totp_get(conn: &mut FactorConn<'_>, owner: i64) -> DbResult<Option<Totp>> {
    let (conn, Tables { totp, owner: column, .. }) = conn.parts();
    let sql = format!("SELECT {column} AS owner, {COLUMNS} FROM {totp} WHERE {column} = $1");
    let rows: Vec<Totp> = diesel::sql_query(sql).bind::<BigInt, _>(owner).load(conn).await?;
    Ok(rows.into_iter().next())
}

/// Whether a user has a second factor that was confirmed.
///
/// # Errors
/// Those of the statement.
pub async fn factor_is_on(conn: &mut FactorConn<'_>, owner: i64) -> DbResult<bool> {
    Ok(totp_get(conn, owner).await?.is_some_and(|totp| totp.confirmed_at.is_some()))
}

/// Who of these is asked for a second factor.
///
/// # Errors
/// Those of the statement.
pub async fn factor_owners(conn: &mut FactorConn<'_>, owners: &[i64]) -> DbResult<Vec<i64>> {
    let (conn, Tables { totp, owner: column, .. }) = conn.parts();
    let sql = format!("SELECT {column} AS owner, {COLUMNS} FROM {totp} WHERE {column} = ANY($1) AND confirmed_at IS NOT NULL");
    let rows: Vec<Totp> = diesel::sql_query(sql).bind::<Array<BigInt>, _>(owners).load(conn).await?;
    Ok(rows.into_iter().map(|row| row.owner).collect())
}

/// Every secret of the site, by whose it is.
///
/// # Errors
/// Those of the statement.
pub async fn totp_list(conn: &mut FactorConn<'_>) -> DbResult<Vec<Totp>> {
    let (conn, Tables { totp, owner: column, .. }) = conn.parts();
    Ok(diesel::sql_query(format!("SELECT {column} AS owner, {COLUMNS} FROM {totp} ORDER BY 1")).load(conn).await?)
}

/// Keeps a secret that is being set up, in the place of one that never was confirmed.
///
/// # Errors
/// [`DbError::Stale`] when there is a confirmed one.
pub async fn totp_begin(conn: &mut FactorConn<'_>, owner: i64, secret: &str, now: DateTime<Utc>) -> DbResult<()> {
    let (conn, Tables { totp, owner: column, .. }) = conn.parts();
    let sql = format!(
        "INSERT INTO {totp} AS t ({column}, secret_encrypted, created_at) VALUES ($1, $2, $3) \
         ON CONFLICT ({column}) DO UPDATE SET secret_encrypted = excluded.secret_encrypted, created_at = excluded.created_at \
         WHERE t.confirmed_at IS NULL"
    );
    let touched = diesel::sql_query(sql).bind::<BigInt, _>(owner).bind::<Text, _>(secret).bind::<Timestamptz, _>(now).execute(conn).await?;
    if touched == 1 { Ok(()) } else { Err(DbError::Stale) }
}

/// Confirms a secret that is being set up by the code of `step`; `false` when it is confirmed already, or another one by now.
///
/// # Errors
/// Those of the statement.
pub async fn totp_confirm(conn: &mut FactorConn<'_>, owner: i64, secret: &str, step: i64, now: DateTime<Utc>) -> DbResult<bool> {
    let (conn, Tables { totp, owner: column, .. }) = conn.parts();
    let sql = format!(
        "UPDATE {totp} SET last_step = $3, confirmed_at = $4 WHERE {column} = $1 AND secret_encrypted = $2 AND confirmed_at IS NULL"
    );
    let confirmed = diesel::sql_query(sql).bind::<BigInt, _>(owner).bind::<Text, _>(secret).bind::<BigInt, _>(step);
    Ok(confirmed.bind::<Timestamptz, _>(now).execute(conn).await? == 1)
}

/// Takes the code of `step`; `false` when this or a later one was taken: of many at once exactly one gets `true`.
///
/// # Errors
/// Those of the statement.
pub async fn totp_step_use(conn: &mut FactorConn<'_>, owner: i64, step: i64) -> DbResult<bool> {
    let (conn, Tables { totp, owner: column, .. }) = conn.parts();
    let sql = format!("UPDATE {totp} SET last_step = $2 WHERE {column} = $1 AND last_step < $2 AND confirmed_at IS NOT NULL");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(owner).bind::<BigInt, _>(step).execute(conn).await? == 1)
}

/// Puts a secret that was sealed anew in the place of `old`; `false` when it changed meanwhile.
///
/// # Errors
/// Those of the statement.
pub async fn totp_secret_replace(conn: &mut FactorConn<'_>, owner: i64, old: &str, new: &str) -> DbResult<bool> {
    let (conn, Tables { totp, owner: column, .. }) = conn.parts();
    let sql = format!("UPDATE {totp} SET secret_encrypted = $3 WHERE {column} = $1 AND secret_encrypted = $2");
    let replaced = diesel::sql_query(sql).bind::<BigInt, _>(owner).bind::<Text, _>(old).bind::<Text, _>(new);
    Ok(replaced.execute(conn).await? == 1)
}

/// Removes a user's secret and recovery codes; `false` when none was asked for.
///
/// # Errors
/// Those of the statements.
pub async fn factor_delete(conn: &mut FactorConn<'_>, owner: i64) -> DbResult<bool> {
    let was_on = factor_is_on(conn, owner).await?;
    let (conn, Tables { totp, codes, owner: column }) = conn.parts();
    for table in [codes, totp] {
        diesel::sql_query(format!("DELETE FROM {table} WHERE {column} = $1")).bind::<BigInt, _>(owner).execute(&mut *conn).await?;
    }
    Ok(was_on)
}

/// Gives a user other recovery codes; those of before end.
///
/// # Errors
/// Those of the statements.
pub async fn codes_replace(conn: &mut FactorConn<'_>, owner: i64, hashes: &[Vec<u8>]) -> DbResult<()> {
    let (conn, Tables { codes, owner: column, .. }) = conn.parts();
    diesel::sql_query(format!("DELETE FROM {codes} WHERE {column} = $1")).bind::<BigInt, _>(owner).execute(&mut *conn).await?;
    let sql = format!("INSERT INTO {codes} ({column}, code_hash) SELECT $1, unnest($2)");
    diesel::sql_query(sql).bind::<BigInt, _>(owner).bind::<Array<Binary>, _>(hashes).execute(conn).await?;
    Ok(())
}

/// Uses a recovery code up; of many at once exactly one gets `true`.
///
/// # Errors
/// Those of the statement.
pub async fn code_use(conn: &mut FactorConn<'_>, owner: i64, hash: &[u8], now: DateTime<Utc>) -> DbResult<bool> {
    let (conn, Tables { codes, owner: column, .. }) = conn.parts();
    let sql = format!("UPDATE {codes} SET used_at = $3 WHERE {column} = $1 AND code_hash = $2 AND used_at IS NULL");
    let used = diesel::sql_query(sql).bind::<BigInt, _>(owner).bind::<Binary, _>(hash).bind::<Timestamptz, _>(now);
    Ok(used.execute(conn).await? == 1)
}

/// How many recovery codes a user has left.
///
/// # Errors
/// Those of the statement.
pub async fn codes_left(conn: &mut FactorConn<'_>, owner: i64) -> DbResult<i64> {
    let (conn, Tables { codes, owner: column, .. }) = conn.parts();
    let sql = format!("SELECT count(*) FROM {codes} WHERE {column} = $1 AND used_at IS NULL");
    let counted: Counted = diesel::sql_query(sql).bind::<BigInt, _>(owner).get_result(conn).await?;
    Ok(counted.count)
}
