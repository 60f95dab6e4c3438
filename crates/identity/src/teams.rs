//! Teams: a role that reaches a team reaches the records of everyone in the same teams.

use db::{
    DbError,
    tenant::{
        teams::{self, TeamRecord},
        users::{self, UserRecord},
    },
};
use domain::{
    AppError, Code, Email, FieldErrors, Login, TeamId, UserId,
    dto::tenant::{TeamListPage, TeamMember, TeamPage, TeamRow},
    operation,
    person::name_parse,
};
use kernel::{
    RequestCx, Result,
    audit::{Object, diff, entry},
    cx::TenantTx,
    error::retry,
};
use serde_json::{Value, json};

/// The longest name of a team, as `teams.name` holds it.
const NAME_MAX: usize = 60;

fn may_change(tx: &TenantTx) -> bool {
    // A team says whose records are seen.
    tx.user.given.can_view_all_data()
}

fn require_change(tx: &TenantTx) -> Result<()> {
    if may_change(tx) { Ok(()) } else { Err(AppError::Forbidden.into()) }
}

/// All teams.
///
/// # Errors
/// [`AppError::Forbidden`] without `users.manage`.
pub async fn team_list(cx: &RequestCx) -> Result<TeamListPage> {
    let tx = cx.tenant_begin(&operation::tenant::TEAM_LIST).await?;
    let page = async {
        let row = |(team, members): (TeamRecord, i64)| TeamRow { id: TeamId(team.id), name: team.name, members };
        let rows = teams::team_list(&tx.conn).await?.into_iter().map(row).collect();
        Ok(TeamListPage { rows, may_change: may_change(&tx) })
    }
    .await;
    tx.finish(page).await
}

/// A team with its members.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Forbidden`] without `users.manage`.
pub async fn team_get(cx: &RequestCx, id: TeamId) -> Result<TeamPage> {
    let mut tx = cx.tenant_begin(&operation::tenant::TEAM_GET).await?;
    let page = async {
        let team = teams::team_get(&tx.conn, id).await?.ok_or(AppError::NotFound)?;
        let ids: Vec<i64> = teams::team_member_list(&tx.conn, id).await?.into_iter().map(|user| user.0).collect();
        let mut members: Vec<TeamMember> = users::user_get_many(&mut tx.conn, &ids).await?.iter().map(member).collect();
        members.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        Ok(TeamPage { id, name: team.name, members, may_change: may_change(&tx) })
    }
    .await;
    tx.finish(page).await
}

fn member(user: &UserRecord) -> TeamMember {
    TeamMember { id: UserId(user.id), name: user.shown_name(), email: user.email.clone(), is_active: user.is_active }
}

fn name_check(name: &str) -> Result<String> {
    let mut errors = FieldErrors::default();
    let name = errors.check("name", name_parse(name, NAME_MAX));
    errors.into_result()?;
    Ok(name.unwrap_or_default())
}

fn taken(error: DbError) -> kernel::Error {
    match error {
        DbError::Unique { constraint } if constraint == "teams_name_key" => {
            AppError::conflict(Code::TeamNameTaken, "name", "Another team has this name").into()
        }
        other => other.into(),
    }
}

fn note(cx: &RequestCx, tx: &mut TenantTx, action: &'static str, id: TeamId, name: &str, changed: Value) {
    let line = entry(cx, &tx.actor, action, Object::new("team", id, name), changed);
    tx.conn.audit(line);
}

/// Creates a team.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside `name`; [`AppError::Forbidden`] for an actor who does not see all records of
/// every pipeline.
pub async fn team_create(cx: &RequestCx, name: &str) -> Result<TeamId> {
    retry(|| create_once(cx, name)).await
}

async fn create_once(cx: &RequestCx, name: &str) -> Result<TeamId> {
    let mut tx = cx.tenant_begin(&operation::tenant::TEAM_CREATE).await?;
    let done = async {
        require_change(&tx)?;
        let name = name_check(name)?;
        let id = teams::team_insert(&mut tx.conn, &name, cx.services.now()).await.map_err(taken)?;
        note(cx, &mut tx, "team.create", id, &name, json!({ "name": [null, name] }));
        Ok(id)
    }
    .await;
    tx.finish(done).await
}

/// Locks a team for a change.
async fn changeable(tx: &mut TenantTx, id: TeamId) -> Result<TeamRecord> {
    require_change(tx)?;
    Ok(teams::team_lock(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?)
}

/// Renames a team.
///
/// # Errors
/// As [`team_create`]; [`AppError::NotFound`].
pub async fn team_update(cx: &RequestCx, id: TeamId, name: &str) -> Result<()> {
    retry(|| update_once(cx, id, name)).await
}

async fn update_once(cx: &RequestCx, id: TeamId, name: &str) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::TEAM_UPDATE).await?;
    let done = async {
        let before = changeable(&mut tx, id).await?;
        let name = name_check(name)?;
        if name != before.name {
            teams::team_rename(&mut tx.conn, id, &name, cx.services.now()).await.map_err(taken)?;
            note(cx, &mut tx, "team.update", id, &name, diff(&[("name", json!(before.name), json!(name))]));
        }
        Ok(())
    }
    .await;
    tx.finish(done).await
}

/// Adds a user to a team, by e-mail address. Gives the user's name.
///
/// # Errors
/// [`AppError::Validation`] beside `member`; [`AppError::Forbidden`] as for [`team_create`]; [`AppError::NotFound`].
pub async fn team_member_add(cx: &RequestCx, id: TeamId, typed: &str) -> Result<String> {
    retry(|| add_once(cx, id, typed)).await
}

async fn add_once(cx: &RequestCx, id: TeamId, typed: &str) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::TEAM_MEMBER_ADD).await?;
    let done = async {
        let team = changeable(&mut tx, id).await?;
        let unknown = || AppError::field(Code::FieldInvalid, "member", "Enter the e-mail address of an active user");
        let email = Email::parse(typed.trim()).map_err(|_| unknown())?;
        let found = users::user_find(&mut tx.conn, &Login::Email(email.key())).await?.map(|(user, _)| user);
        let user = found.filter(|user| user.is_active).ok_or_else(unknown)?;
        if teams::team_member_add(&mut tx.conn, id, UserId(user.id)).await? {
            note(cx, &mut tx, "team.member_add", id, &team.name, json!({ "member": [null, user.email] }));
        }
        Ok(user.shown_name())
    }
    .await;
    tx.finish(done).await
}

/// Removes a user from a team. Gives the user's name.
///
/// # Errors
/// [`AppError::Forbidden`] as for [`team_create`]; [`AppError::NotFound`] for a user who is no member.
pub async fn team_member_remove(cx: &RequestCx, id: TeamId, user: UserId) -> Result<UserRecord> {
    retry(|| remove_once(cx, id, user)).await
}

async fn remove_once(cx: &RequestCx, id: TeamId, user: UserId) -> Result<UserRecord> {
    let mut tx = cx.tenant_begin(&operation::tenant::TEAM_MEMBER_REMOVE).await?;
    let done = async {
        let team = changeable(&mut tx, id).await?;
        if !teams::team_member_remove(&mut tx.conn, id, user).await? {
            return Err(AppError::NotFound.into());
        }
        let user = users::user_get(&tx.conn, user).await?.ok_or(AppError::NotFound)?;
        note(cx, &mut tx, "team.member_remove", id, &team.name, json!({ "member": [user.email, null] }));
        Ok(user)
    }
    .await;
    tx.finish(done).await
}

/// Deletes a team. Gives what it was called.
///
/// # Errors
/// [`AppError::Forbidden`] as for [`team_create`]; [`AppError::NotFound`].
pub async fn team_delete(cx: &RequestCx, id: TeamId) -> Result<String> {
    retry(|| delete_once(cx, id)).await
}

async fn delete_once(cx: &RequestCx, id: TeamId) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::TEAM_DELETE).await?;
    let done = async {
        let team = changeable(&mut tx, id).await?;
        teams::team_delete(&mut tx.conn, id).await?;
        note(cx, &mut tx, "team.delete", id, &team.name, json!({ "name": [team.name, null] }));
        Ok(team.name)
    }
    .await;
    tx.finish(done).await
}
