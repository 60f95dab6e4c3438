//! One-time links of users: invitations and resets. They stay for a while after their end, so that their page can say
//! how they ended.

use crate::{
    DbResult, TenantConn,
    schema_tenant::{user_roles, user_tokens, users},
    tenant::users::UserRecord,
};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use domain::UserId;

/// How long a link is kept that is over.
const KEPT: TimeDelta = TimeDelta::days(30);

/// A link to be made.
#[derive(Clone, Copy, Debug)]
pub struct TokenInsert<'a> {
    /// Whose it is.
    pub user: UserId,
    /// `invite` or `reset`.
    pub purpose: &'a str,
    /// The hash of its secret.
    pub hash: &'a [u8],
    /// When it was made.
    pub now: DateTime<Utc>,
    /// Until when it is open.
    pub expires_at: DateTime<Utc>,
    /// Whether an e-mail brings it.
    pub by_mail: bool,
    /// The user who made it, for a user or for oneself.
    pub made_by: Option<UserId>,
    /// Whether links that were handed over stay: nobody of the company asked for this one.
    pub keeps_handed: bool,
}

/// Keeps the hash of a new link; older open ones of the same user are replaced, but an e-mail that nobody of the company
/// sent replaces e-mails alone: a link that was handed over is not taken away by a stranger. Gives its id.
///
/// # Errors
/// Those of the statements.
pub async fn token_insert(conn: &mut TenantConn, token: &TokenInsert<'_>) -> DbResult<i64> {
    let mut replaced = open_of(token.user, token.now);
    if token.keeps_handed {
        replaced = replaced.filter(user_tokens::mail_state.is_not_null());
    }
    end(conn, replaced, "replaced", token.now).await?;
    let old = user_tokens::table.filter(user_tokens::user_id.eq(token.user.0)).filter(user_tokens::expires_at.lt(token.now - KEPT));
    diesel::delete(old).execute(conn.raw()).await?;
    let values = (
        user_tokens::user_id.eq(token.user.0),
        user_tokens::purpose.eq(token.purpose),
        user_tokens::token_hash.eq(token.hash),
        user_tokens::created_at.eq(token.now),
        user_tokens::expires_at.eq(token.expires_at),
        user_tokens::mail_state.eq(token.by_mail.then_some("waiting")),
        user_tokens::made_by.eq(token.made_by.map(|id| id.0)),
    );
    Ok(diesel::insert_into(user_tokens::table).values(values).returning(user_tokens::id).get_result(conn.raw()).await?)
}

/// Of these users those who were ever invited, each with whether an invitation is open. One that was revoked counts for nothing.
///
/// # Errors
/// Those of the statement.
pub async fn invitation_list(conn: &TenantConn, users: &[i64], now: DateTime<Utc>) -> DbResult<Vec<(i64, bool)>> {
    let open = user_tokens::used_at.is_null().and(user_tokens::ended_at.is_null()).and(user_tokens::expires_at.gt(now));
    let all = user_tokens::table.filter(user_tokens::purpose.eq("invite")).filter(user_tokens::user_id.eq_any(users));
    let all = all.filter(user_tokens::ended_by.is_distinct_from("revoked"));
    let mut conn = conn.shared();
    Ok(all.select((user_tokens::user_id, open)).order_by((user_tokens::user_id, open)).load(&mut conn).await?)
}

type Boxed<'a> = diesel::helper_types::IntoBoxed<'a, user_tokens::table, Pg>;

fn open_of<'a>(user: UserId, now: DateTime<Utc>) -> Boxed<'a> {
    user_tokens::table
        .filter(user_tokens::user_id.eq(user.0))
        .filter(user_tokens::used_at.is_null())
        .filter(user_tokens::ended_at.is_null())
        .filter(user_tokens::expires_at.gt(now))
        .into_boxed()
}

/// Ends links that are neither used nor ended. Gives how many there were.
async fn end(conn: &mut TenantConn, which: Boxed<'_>, by: &str, now: DateTime<Utc>) -> DbResult<usize> {
    let ended = (user_tokens::ended_at.eq(now), user_tokens::ended_by.eq(by));
    let which = user_tokens::table.filter(user_tokens::id.eq_any(which.select(user_tokens::id)));
    Ok(diesel::update(which).set(ended).execute(conn.raw()).await?)
}

/// Ends all open links of a user, as `revoked` or `replaced`. Gives how many there were.
///
/// # Errors
/// Those of the statement.
pub async fn token_end_open(conn: &mut TenantConn, user: UserId, by: &str, now: DateTime<Utc>) -> DbResult<usize> {
    end(conn, open_of(user, now), by, now).await
}

/// Links handed over by another user than `keeper`, neither used nor ended.
fn handed<'a>(keeper: UserId) -> Boxed<'a> {
    user_tokens::table
        .filter(user_tokens::mail_state.is_null())
        .filter(user_tokens::made_by.is_distinct_from(keeper.0))
        .filter(user_tokens::used_at.is_null())
        .filter(user_tokens::ended_at.is_null())
        .into_boxed()
}

/// Ends every open link of these users that was handed over by another user than `keeper`, who may still hold it:
/// anyone who holds one must not come to more rights by what others give to its person.
///
/// # Errors
/// Those of the statement.
pub async fn token_end_handed(conn: &mut TenantConn, users: &[UserId], keeper: UserId, now: DateTime<Utc>) -> DbResult<usize> {
    let ids: Vec<i64> = users.iter().map(|user| user.0).collect();
    end(conn, handed(keeper).filter(user_tokens::user_id.eq_any(ids)), "revoked", now).await
}

/// The same for everybody who holds a role.
///
/// # Errors
/// Those of the statement.
pub async fn token_end_handed_role(conn: &mut TenantConn, role: &str, keeper: UserId, now: DateTime<Utc>) -> DbResult<usize> {
    let holders = user_roles::table.filter(user_roles::role_key.eq(role)).select(user_roles::user_id);
    end(conn, handed(keeper).filter(user_tokens::user_id.eq_any(holders)), "revoked", now).await
}

/// Whose open link of that purpose this is; only active users have any.
///
/// # Errors
/// Those of the statement.
pub async fn token_find(conn: &mut TenantConn, purpose: &str, hash: &[u8], now: DateTime<Utc>) -> DbResult<Option<UserRecord>> {
    Ok(user_tokens::table
        .inner_join(users::table)
        .filter(user_tokens::token_hash.eq(hash))
        .filter(user_tokens::purpose.eq(purpose))
        .filter(user_tokens::used_at.is_null())
        .filter(user_tokens::ended_at.is_null())
        .filter(user_tokens::expires_at.gt(now))
        .filter(users::is_active)
        .select(UserRecord::as_select())
        .first(conn.raw())
        .await
        .optional()?)
}

/// A link as stored, without its secret.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = user_tokens, check_for_backend(Pg))]
pub struct TokenRecord {
    /// The link.
    pub id: i64,
    /// Whose it is.
    pub user_id: i64,
    /// `invite` or `reset`.
    pub purpose: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is open.
    pub expires_at: DateTime<Utc>,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
    /// `revoked` or `replaced`.
    pub ended_by: Option<String>,
    /// `waiting`, `sent` or `failed`; none for a link to be handed over.
    pub mail_state: Option<String>,
    /// Why the e-mail could not be sent.
    pub mail_error: Option<String>,
}

/// The link of that hash and purpose, whatever became of it; one that is long over is as good as gone.
///
/// # Errors
/// Those of the statement.
pub async fn token_by_hash(conn: &mut TenantConn, purpose: &str, hash: &[u8], now: DateTime<Utc>) -> DbResult<Option<TokenRecord>> {
    let found = user_tokens::table
        .filter(user_tokens::token_hash.eq(hash))
        .filter(user_tokens::purpose.eq(purpose))
        .filter(user_tokens::expires_at.gt(now - KEPT));
    Ok(found.select(TokenRecord::as_select()).first(conn.raw()).await.optional()?)
}

/// The link of that id.
///
/// # Errors
/// Those of the statement.
pub async fn token_get(conn: &mut TenantConn, id: i64) -> DbResult<Option<TokenRecord>> {
    Ok(user_tokens::table.find(id).select(TokenRecord::as_select()).first(conn.raw()).await.optional()?)
}

/// The newest link of a user.
///
/// # Errors
/// Those of the statement.
pub async fn token_newest(conn: &mut TenantConn, user: UserId) -> DbResult<Option<TokenRecord>> {
    let of_user = user_tokens::table.filter(user_tokens::user_id.eq(user.0)).order_by(user_tokens::id.desc());
    Ok(of_user.select(TokenRecord::as_select()).first(conn.raw()).await.optional()?)
}

/// Uses a link up; of many at once exactly one gets `true`.
///
/// # Errors
/// Those of the statement.
pub async fn token_use(conn: &mut TenantConn, hash: &[u8], now: DateTime<Utc>) -> DbResult<bool> {
    let open = user_tokens::table
        .filter(user_tokens::token_hash.eq(hash))
        .filter(user_tokens::used_at.is_null())
        .filter(user_tokens::ended_at.is_null())
        .filter(user_tokens::expires_at.gt(now));
    Ok(diesel::update(open).set(user_tokens::used_at.eq(now)).execute(conn.raw()).await? == 1)
}

/// Notes how the e-mail of a link fares.
///
/// # Errors
/// Those of the statement.
pub async fn token_set_mail(conn: &mut TenantConn, id: i64, state: &str, error: Option<&str>, now: DateTime<Utc>) -> DbResult<()> {
    let values = (user_tokens::mail_state.eq(state), user_tokens::mail_at.eq(now), user_tokens::mail_error.eq(error));
    diesel::update(user_tokens::table.find(id)).set(values).execute(conn.raw()).await?;
    Ok(())
}
