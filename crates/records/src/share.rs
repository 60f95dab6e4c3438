//! Sharing a record with users and teams who do not reach it otherwise.

use crate::{
    lens::{lens_of, lens_to_write},
    owners::{active_users, owners_by_id},
    row::row,
    value::Reader,
    write::{deleted, noted},
};
use db::tenant::{
    records::{RecordRecord, ShareRow, Sharee, record_get, record_lock, share_delete, share_list, share_set},
    teams::{self, TeamRecord},
    users,
};
use domain::{
    AppError, Code, Email, Login, Permission, RecordId, TeamId, UserId,
    dto::tenant::{RecordOwner, RecordShare, RecordSharePage},
    operation,
    record::{Lens, SHARED},
};
use kernel::{RequestCx, Result, cx::TenantTx, error::retry};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The field of the form.
const WITH: &str = "with";

/// Goes on for a record that the caller may share.
fn require_share(lens: &Lens, record: &RecordRecord) -> Result<()> {
    if lens.may_share(record.owner_id.map(UserId)) { Ok(()) } else { Err(AppError::Forbidden.into()) }
}

/// The teams that the caller may share with: all of them for those who see users, and else the caller's own.
async fn teams_of(tx: &TenantTx) -> Result<Vec<TeamRecord>> {
    let all: Vec<TeamRecord> = teams::team_list(&tx.conn).await?.into_iter().map(|(team, _)| team).collect();
    if tx.user.permissions.has(Permission::UsersView) {
        return Ok(all);
    }
    let own = teams::teams_of_user(&tx.conn, tx.user.id).await?;
    Ok(all.into_iter().filter(|team| own.contains(&TeamId(team.id))).collect())
}

/// Who a record is shared with.
///
/// # Errors
/// [`AppError::NotFound`] for a record that the caller does not see, [`AppError::Forbidden`] for one that the caller may not share.
pub async fn record_share_list(cx: &RequestCx, pipeline: &str, id: RecordId) -> Result<RecordSharePage> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_SHARE_LIST).await?;
    let page = async {
        let lens = lens_of(&tx, pipeline).await?;
        let record = record_get(&tx.conn, &lens, id).await?.ok_or(AppError::NotFound)?;
        require_share(&lens, &record)?;
        let shares = share_list(&tx.conn, &lens, id).await?;
        let teams: Vec<TeamRecord> = teams::team_list(&tx.conn).await?.into_iter().map(|(team, _)| team).collect();
        let users = shares.iter().filter_map(|share| if let Sharee::User(user) = share.with { Some(user.0) } else { None });
        let users = owners_by_id(&mut tx.conn, users.chain(record.owner_id).collect()).await?;
        let listed = if tx.user.permissions.has(Permission::UsersView) { active_users(&mut tx.conn).await? } else { None };
        let choices = match listed {
            None => None,
            Some(active) => {
                let users = active.iter().filter(|user| Some(user.id.0) != record.owner_id);
                let users = users.map(|user| (user.email.clone(), user.name.clone()));
                Some(teams.iter().map(|team| (team.name.clone(), format!("Team {}", team.name))).chain(users).collect())
            }
        };
        Ok(RecordSharePage {
            pipeline: lens.pipeline().head.clone(),
            row: row(&Reader::of(cx), &lens, &record, &users),
            shares: shares.iter().map(|share| shown(share, &users, &teams)).collect(),
            choices,
        })
    }
    .await;
    tx.finish(page).await
}

fn shown(share: &ShareRow, users: &HashMap<i64, RecordOwner>, teams: &[TeamRecord]) -> RecordShare {
    let name = match share.with {
        Sharee::User(user) => users.get(&user.0).map_or_else(|| format!("User {user}"), |user| user.name.clone()),
        Sharee::Team(team) => {
            let found = teams.iter().find(|known| known.id == team.0);
            format!("Team {}", found.map_or_else(|| team.to_string(), |team| team.name.clone()))
        }
    };
    RecordShare { id: share.id, name, can_edit: share.can_edit }
}

/// Shares a record, or changes how it is shared; `typed` is the e-mail address of a user or the name of a team. Gives who sees it now.
///
/// # Errors
/// [`AppError::Validation`] beside `with`; [`AppError::Conflict`] for a record in the trash; [`AppError::NotFound`],
/// [`AppError::Forbidden`] for a record that the caller may not share.
pub async fn record_share(cx: &RequestCx, pipeline: &str, id: RecordId, typed: &str, can_edit: bool) -> Result<String> {
    retry(|| share_once(cx, pipeline, id, typed, can_edit)).await
}

async fn share_once(cx: &RequestCx, pipeline: &str, id: RecordId, typed: &str, can_edit: bool) -> Result<String> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_SHARE).await?;
    let done = async {
        let (lens, record) = shareable(&mut tx, pipeline, id).await?;
        let (with, name, value) = sharee(&mut tx, &record, typed).await?;
        let known = share_list(&tx.conn, &lens, id).await?;
        if known.iter().any(|share| share.with == with && share.can_edit == can_edit) {
            return Ok(name);
        }
        share_set(&mut tx.conn, id, with, can_edit).await?;
        note(cx, &mut tx, &lens, &record, [Value::Null, with_edit(value, can_edit)]);
        Ok(name)
    }
    .await;
    tx.finish(done).await
}

async fn shareable(tx: &mut TenantTx, pipeline: &str, id: RecordId) -> Result<(Lens, RecordRecord)> {
    let lens = lens_to_write(tx, pipeline).await?;
    let record = record_lock(&mut tx.conn, &lens, id).await?.ok_or(AppError::NotFound)?;
    require_share(&lens, &record)?;
    if record.deleted_at.is_some() { Err(deleted(&lens).into()) } else { Ok((lens, record)) }
}

/// Reads who a record is shared with, with the name and the value in the timeline.
async fn sharee(tx: &mut TenantTx, record: &RecordRecord, typed: &str) -> Result<(Sharee, String, Value)> {
    let unknown = || AppError::field(Code::FieldUnknownChoice, WITH, "Enter the e-mail address of an active user, or the name of a team");
    let typed = typed.trim();
    if let Ok(email) = Email::parse(typed) {
        let found = users::user_find(&mut tx.conn, &Login::Email(email.key())).await?.map(|(user, _)| user);
        let user = found.filter(|user| user.is_active).ok_or_else(unknown)?;
        // A user without `users.view` must not learn a name from an address.
        let name = if tx.user.permissions.has(Permission::UsersView) { user.shown_name() } else { user.email.clone() };
        if record.owner_id == Some(user.id) {
            return Err(AppError::field(Code::FieldInvalid, WITH, "This user owns the record").into());
        }
        return Ok((Sharee::User(UserId(user.id)), name, json!({ "user": user.id })));
    }
    let name = domain::text::fold(typed);
    let team = teams_of(tx).await?.into_iter().find(|team| domain::text::fold(&team.name) == name).ok_or_else(unknown)?;
    Ok((Sharee::Team(TeamId(team.id)), format!("Team {}", team.name), json!({ "team": team.name })))
}

fn with_edit(mut value: Value, can_edit: bool) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.insert("edit".to_owned(), json!(can_edit));
    }
    value
}

fn note(cx: &RequestCx, tx: &mut TenantTx, lens: &Lens, record: &RecordRecord, change: [Value; 2]) {
    let action = if change.last().is_some_and(Value::is_null) { "record.unshare" } else { "record.share" };
    let changes = Map::from_iter([(SHARED.to_owned(), json!(change))]);
    noted(cx, tx, lens, action, (RecordId(record.id), record.version, record.owner_id.map(UserId)), changes);
}

/// Ends a share of a record. Gives who saw it, as [`record_share`] takes it, and whether they could change it.
///
/// # Errors
/// As [`record_share`].
pub async fn record_unshare(cx: &RequestCx, pipeline: &str, id: RecordId, share: i64) -> Result<Unshared> {
    retry(|| unshare_once(cx, pipeline, id, share)).await
}

/// A share that was ended.
#[derive(Clone, Debug)]
pub struct Unshared {
    /// The name of the user or the team.
    pub name: String,
    /// The e-mail address of the user, or the name of the team.
    pub with: String,
    /// Whether they could change the record.
    pub can_edit: bool,
}

async fn unshare_once(cx: &RequestCx, pipeline: &str, id: RecordId, share: i64) -> Result<Unshared> {
    let mut tx = cx.tenant_begin(&operation::tenant::RECORD_UNSHARE).await?;
    let done = async {
        let (lens, record) = shareable(&mut tx, pipeline, id).await?;
        let gone = share_delete(&mut tx.conn, id, share).await?.ok_or(AppError::NotFound)?;
        let (name, with, value) = match gone.with {
            Sharee::User(user) => {
                let found = users::user_get(&tx.conn, user).await?.ok_or(AppError::NotFound)?;
                (found.shown_name(), found.email, json!({ "user": user }))
            }
            Sharee::Team(team) => {
                let found = teams::team_get(&tx.conn, team).await?.ok_or(AppError::NotFound)?;
                (format!("Team {}", found.name), found.name.clone(), json!({ "team": found.name }))
            }
        };
        note(cx, &mut tx, &lens, &record, [with_edit(value, gone.can_edit), Value::Null]);
        Ok(Unshared { name, with, can_edit: gone.can_edit })
    }
    .await;
    tx.finish(done).await
}
