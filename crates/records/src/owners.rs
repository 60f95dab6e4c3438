//! Who records belong to, and what an undo gives back of it.

use db::{
    DbResult, TenantConn,
    tenant::users::{self, UserFilter, UserRecord, UserStatus},
};
use domain::{
    AppError, Code, Email, Login, UserId,
    dto::tenant::{OwnerChoices, RecordOwner},
    list::ListQuery,
    record::{Lens, OWNER, Owners},
};
use kernel::{Result, cx::TenantTx};
use std::collections::HashMap;

/// Up to how many users a form lists.
const LISTED_MAX: u16 = 200;

fn owner(record: &UserRecord) -> RecordOwner {
    RecordOwner { id: UserId(record.id), name: record.shown_name(), email: record.email.clone() }
}

/// Users by their ids, deactivated ones too.
pub(crate) async fn owners_by_id(conn: &mut TenantConn, mut ids: Vec<i64>) -> DbResult<HashMap<i64, RecordOwner>> {
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = users::user_get_many(conn, &ids).await?;
    Ok(found.iter().map(|record| (record.id, owner(record))).collect())
}

/// The users that the caller can give a record of that owner to.
pub(crate) async fn owner_choices(conn: &mut TenantConn, lens: &Lens, held: Option<UserId>) -> DbResult<OwnerChoices> {
    if !lens.may_assign(held) {
        return Ok(OwnerChoices::Own);
    }
    if let Owners::Of(team) = lens.assignees()
        && team.len() <= usize::from(LISTED_MAX)
    {
        let ids: Vec<i64> = team.iter().map(|user| user.0).collect();
        let found = users::user_get_many(conn, &ids).await?;
        let mut found: Vec<RecordOwner> = found.iter().filter(|user| user.is_active).map(owner).collect();
        found.sort_by(|one, other| one.name.cmp(&other.name));
        return Ok(OwnerChoices::List { users: found, may_be_none: false });
    }
    Ok(active_users(conn).await?.map_or(OwnerChoices::Typed, |users| OwnerChoices::List { users, may_be_none: true }))
}

/// All active users; `None` where there are more than a form lists.
pub(crate) async fn active_users(conn: &mut TenantConn) -> DbResult<Option<Vec<RecordOwner>>> {
    let filter = UserFilter { status: UserStatus::Any, ..UserFilter::default() };
    let query = ListQuery { size: LISTED_MAX, ..ListQuery::default() };
    let found = users::user_list(conn, &filter, &query, Some(0)).await?;
    let all = found.after.is_none();
    Ok(all.then(|| found.rows.iter().filter(|user| user.is_active).map(owner).collect()))
}

/// An owner as a form holds it.
pub(crate) fn owner_typed(choices: &OwnerChoices, owner: Option<&RecordOwner>) -> String {
    match (choices, owner) {
        (_, None) => String::new(),
        (OwnerChoices::Typed, Some(owner)) => owner.email.clone(),
        (_, Some(owner)) => owner.id.to_string(),
    }
}

/// Reads who a record is to belong to: the id or the e-mail address of an active user, or nothing for no one.
///
/// # Errors
/// [`AppError::Validation`] beside `owner`.
pub(crate) async fn owner_parse(tx: &mut TenantTx, lens: &Lens, typed: &str) -> Result<Option<UserId>> {
    let unknown = || AppError::field(Code::FieldUnknownChoice, OWNER, "Choose an active user");
    let typed = typed.trim();
    if typed.is_empty() && *lens.assignees() == Owners::All {
        return Ok(None);
    }
    let found = match (typed.parse::<i64>(), Email::parse(typed)) {
        (Ok(id), _) => users::user_get(&tx.conn, UserId(id)).await?,
        (Err(_), Ok(email)) => users::user_find(&mut tx.conn, &Login::Email(email.key())).await?.map(|(record, _)| record),
        (Err(_), Err(_)) => None,
    };
    // Nobody gives a record to whose records they do not reach: it would be out of sight.
    let is_reached = |user: &UserRecord| user.is_active && lens.assignees().contain(Some(UserId(user.id)));
    let found = found.filter(is_reached).ok_or_else(unknown)?;
    Ok(Some(UserId(found.id)))
}

/// The owner that a record gets back when an act is undone.
///
/// # Errors
/// [`AppError::Conflict`] for one who is no longer active, [`AppError::Forbidden`] for a record that the caller does not assign.
pub(crate) async fn owner_back(tx: &mut TenantTx, lens: &Lens, held: Option<UserId>, before: Option<UserId>) -> Result<Option<UserId>> {
    if held == before {
        return Ok(before);
    }
    let known = users::user_get_many(&mut tx.conn, &before.iter().map(|owner| owner.0).collect::<Vec<_>>()).await?;
    if before.is_some() && !known.iter().any(|user| user.is_active) {
        return Err(AppError::conflict(Code::FieldUnknownChoice, "", "The previous owner is no longer active").into());
    }
    if lens.may_assign(held) { Ok(before) } else { Err(AppError::Forbidden.into()) }
}

/// The stage that a record gets back when an act is undone.
///
/// # Errors
/// [`AppError::Conflict`] for one that was archived.
pub(crate) fn stage_back(lens: &Lens, held: Option<i64>, before: Option<i64>) -> Result<Option<i64>> {
    if held != before && before.is_some() && lens.stage_of(before).is_none_or(|stage| stage.is_archived) {
        return Err(AppError::conflict(Code::FieldUnknownChoice, "", "The previous stage was archived").into());
    }
    Ok(before)
}
