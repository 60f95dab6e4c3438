//! The open sessions of a company, for its admins. What is filtered is what is ended.

use crate::{account::session_row, users::user_head};
use cache::session::OpenSession;
use db::tenant::{
    roles::{self, RoleRecord},
    users::{self, UserRecord},
};
use domain::{
    AppError, Code, Operation, UserId,
    dto::tenant::{CompanySession, SessionListPage, UserSessionsPage},
    list::ListQuery,
    operation,
    text::{fold, words},
};
use kernel::{
    RequestCx, Result,
    audit::{Object, entry},
    cx::TenantTx,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The filters the list knows.
pub const FILTERS: &[&str] = &["role", "ip"];

/// Sessions shown on the page; the filter narrows what is more.
const SHOWN: usize = 100;
/// Sessions looked through; a company has far fewer open at once.
const LOOKED: usize = 50_000;

struct Found {
    rows: Vec<CompanySession>,
    open: usize,
    roles: Vec<RoleRecord>,
}

/// The sessions that match, newest first, with whose they are.
async fn find(cx: &RequestCx, tx: &mut TenantTx, query: &ListQuery, all: Vec<(i64, i32, OpenSession)>) -> Result<Found> {
    let roles = roles::role_list(&tx.conn).await?;
    let ids: BTreeSet<i64> = all.iter().map(|(subject, ..)| *subject).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let people: BTreeMap<i64, UserRecord> =
        users::user_get_many(&mut tx.conn, &ids).await?.into_iter().map(|user| (user.id, user)).collect();
    let many: Vec<&UserRecord> = people.values().collect();
    let access = users::user_access_many(&mut tx.conn, &many).await?;
    let held = &tx.user.given;
    let above: BTreeSet<i64> =
        many.iter().zip(access).filter(|(_, access)| !held.covers(&access.effective())).map(|(user, _)| user.id).collect();
    let store = cx.sessions();
    let this = cx.session.as_ref().and_then(tower_sessions_core::Session::id);
    // Sessions of an older epoch are over, though Redis still holds them.
    let good = |(subject, epoch, session): (i64, i32, OpenSession)| {
        let user = people.get(&subject).filter(|user| user.is_active && user.session_epoch == epoch)?;
        let role_name =
            roles.iter().find(|role| role.key == user.user_type).map_or_else(|| user.user_type.clone(), |role| role.name.clone());
        let is_this = this.is_some_and(|id| store.is_named(&id, &session.name));
        let (session, outranks) = (session_row(session, is_this), above.contains(&subject));
        let row = CompanySession { user: UserId(subject), name: user.full_name(), email: user.email.clone(), role_name, session, outranks };
        Some((user.user_type.clone(), row))
    };
    let open: Vec<(String, CompanySession)> = all.into_iter().filter_map(good).collect();
    let count = open.len();
    let searched = words(&query.q);
    let role = query.filter("role").next().unwrap_or_default();
    let ip = query.filter("ip").next().unwrap_or_default();
    let matches = |(key, row): &(String, CompanySession)| {
        let text = fold(&format!("{} {}", row.name, row.email));
        searched.iter().all(|word| text.contains(word.as_str()))
            && (role.is_empty() || key == role)
            && (ip.is_empty() || row.session.ip.starts_with(ip))
    };
    let mut rows: Vec<CompanySession> = open.into_iter().filter(matches).map(|(_, row)| row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.session.seen_at));
    Ok(Found { rows, open: count, roles })
}

/// Whether the actor may end a session here. One's own are ended in one's account, by reauthentication (ASVS 5.0, 7.5.2).
fn may_end(tx: &TenantTx, row: &CompanySession) -> bool {
    row.user != tx.user.id && !row.outranks
}

/// The open sessions of the company, as far as they match.
///
/// # Errors
/// [`AppError::Forbidden`] without `sessions.manage`.
pub async fn session_list(cx: &RequestCx, query: &ListQuery) -> Result<SessionListPage> {
    let all = allowed(cx, &operation::tenant::SESSION_LIST).await?;
    let mut tx = cx.tenant_begin(&operation::tenant::SESSION_LIST).await?;
    let found = async {
        let Found { mut rows, open, roles } = find(cx, &mut tx, query, all).await?;
        let (matching, endable) = (rows.len(), rows.iter().filter(|row| may_end(&tx, row)).count());
        rows.truncate(SHOWN);
        let roles = roles.into_iter().map(|role| (role.key, role.name)).collect();
        Ok(SessionListPage { rows, matching, endable, open, roles })
    }
    .await;
    tx.finish(found).await
}

/// All sessions that Redis holds, for those who may see them. Redis is asked while no connection is held.
async fn allowed(cx: &RequestCx, operation: &Operation) -> Result<Vec<(i64, i32, OpenSession)>> {
    cx.tenant_permit(operation).await?;
    Ok(cx.sessions().list_all(LOOKED).await?)
}

/// Ends every session that matches, but the actor's own and those of people above. `expected` is how many
/// the actor was shown. Gives how many were ended.
///
/// # Errors
/// [`AppError::Conflict`] when more match by now than were shown, [`AppError::Forbidden`] without `sessions.manage`.
pub async fn session_end_matching(cx: &RequestCx, query: &ListQuery, expected: usize) -> Result<usize> {
    let all = allowed(cx, &operation::tenant::SESSION_END_MATCHING).await?;
    let mut tx = cx.tenant_begin(&operation::tenant::SESSION_END_MATCHING).await?;
    let done = async {
        let found = find(cx, &mut tx, query, all).await?;
        let ended: Vec<(UserId, String)> =
            found.rows.into_iter().filter(|row| may_end(&tx, row)).map(|row| (row.user, row.session.id)).collect();
        if ended.len() > expected {
            return Err(AppError::conflict(
                Code::SelectionChanged,
                "",
                format!("{} sessions match now. Check the list again.", ended.len()),
            )
            .into());
        }
        let filter: BTreeMap<String, String> = query.pairs().into_iter().collect();
        let users: BTreeSet<i64> = ended.iter().map(|(user, _)| user.0).collect();
        let values = json!({ "sessions": ended.len(), "users": users.len(), "filter": filter });
        let line = entry(cx, &tx.actor, "session.delete_matching", Object::new("session", "matching", "sessions that match"), values);
        tx.conn.audit(line);
        Ok(ended)
    }
    .await;
    let ended = tx.finish(done).await?;
    let store = cx.sessions();
    let mut count = 0;
    for (user, name) in &ended {
        count += usize::from(store.end_one_of(user.0, name).await?);
    }
    Ok(count)
}

/// Ends one session of a user. Gives the name.
///
/// # Errors
/// [`AppError::NotFound`] for a session that is over, [`AppError::Conflict`] for one's own,
/// [`AppError::Forbidden`] without `sessions.manage` or for a user above the actor.
pub async fn session_end_of(cx: &RequestCx, user: UserId, name: &str) -> Result<String> {
    let store = cx.sessions();
    if cx.auth.as_ref().is_some_and(|auth| auth.subject == user.0) {
        return Err(AppError::conflict(Code::UserIsSelf, "", "These are your own sessions. Sign out of them on your account page.").into());
    }
    let names = store.names_of(user.0).await?;
    let mut tx = cx.tenant_begin(&operation::tenant::SESSION_END).await?;
    let done = async {
        let (record, _) = crate::users::ranked(&mut tx, user).await?;
        if !names.iter().any(|known| known == name) {
            return Err(AppError::NotFound.into());
        }
        let line = entry(cx, &tx.actor, "session.delete", Object::new("session", user, record.email.as_str()), json!({}));
        tx.conn.audit(line);
        Ok(record)
    }
    .await;
    let record = tx.finish(done).await?;
    if store.end_one_of(user.0, name).await? { Ok(record.full_name()) } else { Err(AppError::NotFound.into()) }
}

/// The open sessions of one user.
///
/// # Errors
/// [`AppError::Forbidden`] without `sessions.manage`, [`AppError::NotFound`].
pub async fn user_sessions(cx: &RequestCx, id: UserId) -> Result<UserSessionsPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_SESSIONS).await?;
    let found = async {
        let (record, _, head) = user_head(cx, &mut tx, id).await?;
        Ok((record.session_epoch, head))
    }
    .await;
    let (epoch, head) = tx.finish(found).await?;
    let store = cx.sessions();
    let this = cx.session.as_ref().and_then(tower_sessions_core::Session::id);
    let open = store.list_of(id.0, epoch).await?;
    let mut rows: Vec<_> = open
        .into_iter()
        .map(|session| {
            let is_this = this.is_some_and(|id| store.is_named(&id, &session.name));
            session_row(session, is_this)
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.seen_at));
    Ok(UserSessionsPage { head, rows })
}
