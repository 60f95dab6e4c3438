//! Making and changing users.

use super::fields::{both, metadata_with, metadata_without, unique_check, unique_set, values_changed, values_read};
use super::rank::{manageable, ranked};
use super::{
    Delivery, Handed, UserCreate, UserUpdate,
    links::{link_new, require_mail},
};
use crate::auth::reauthenticate;
use chrono::{DateTime, Utc};
use db::{
    DbError,
    tenant::{
        roles::{self, RoleRecord},
        tokens,
        user_fields::field_list,
        users::{self, AccessChange, UserChange, UserInsert, UserRecord},
    },
};
use domain::{
    AppError, Code, Email, FieldErrors, Login, Operation, PersonName, UserId, Username,
    access::{Access, HeldRole},
    operation,
    role::{OWNER, RoleKey},
    user_field::{FieldValues, FieldsTyped, UserField},
};
use kernel::{
    Error, Parsed, RequestCx, Result,
    audit::{Object, diff, entry},
    cx::TenantTx,
    error::retry,
    mail::{NewMail, address_changed, mail_entry},
    tokens::LinkPurpose,
};
use secrecy::SecretString;
use serde_json::{Value, json};

/// The role of that key, if the actor may give it.
async fn grantable(tx: &mut TenantTx, wanted: &RoleKey) -> Result<HeldRole> {
    let all = roles::role_list(&tx.conn).await?;
    let role = all.into_iter().find(|role| role.key == wanted.as_str());
    let RoleRecord { key, name, permissions, .. } =
        role.ok_or_else(|| AppError::field(Code::RoleUnknown, "user_type", "This role does not exist"))?;
    if tx.user.holds(&permissions) { Ok(HeldRole { key, name, permissions }) } else { Err(AppError::Forbidden.into()) }
}

fn taken(error: DbError) -> Error {
    match error {
        DbError::Unique { constraint } if constraint == "users_email_key" => {
            AppError::conflict(Code::UserEmailTaken, "email", "Already used in this company").into()
        }
        DbError::Unique { constraint } if constraint == "users_username_key" => {
            AppError::conflict(Code::UserUsernameTaken, "username", "Already used in this company").into()
        }
        other => other.into(),
    }
}

/// Goes on only with an address that nobody has; of a deleted user it says whose it is, and leads there.
async fn email_free(tx: &mut TenantTx, email: &Email) -> Result<()> {
    match users::user_find(&mut tx.conn, &Login::Email(email.key())).await? {
        None => Ok(()),
        Some((holder, _)) if holder.deleted_at.is_some() => {
            let message = format!("Belongs to {}, a deleted user. Restore that user instead.", holder.full_name());
            let errors = FieldErrors::one(Code::UserEmailDeleted, "email", message).leading_to(format!("/users/{}", holder.id));
            Err(AppError::Conflict(errors).into())
        }
        Some(_) => Err(AppError::conflict(Code::UserEmailTaken, "email", "Already used in this company").into()),
    }
}

/// Whether the company takes addresses of that domain.
fn domain_taken(cx: &RequestCx, email: &Email) -> Result<()> {
    cx.settings.mail_domain_check(email).map_err(|message| AppError::field(Code::UserEmailDomainRefused, "email", message).into())
}

/// A user name made of the address, with a number where that is taken.
async fn username_free(tx: &mut TenantTx, email: &Email) -> Result<Username> {
    let wish = Username::suggest(email.local_part()).unwrap_or(Username::parse("user").map_err(|error| Error::Fault(error.to_string()))?);
    for number in 1..1000 {
        let candidate = if number == 1 { wish.as_str().to_owned() } else { format!("{wish}{number}") };
        let candidate =
            Username::parse(&candidate).map_err(|error| AppError::field(Code::UsernameInvalid, "username", error.to_string()))?;
        if !users::username_is_taken(&mut tx.conn, &candidate).await? {
            return Ok(candidate);
        }
    }
    Err(AppError::field(Code::FieldRequired, "username", "Choose a username").into())
}

/// Creates a user, who signs in first by a one-time link.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields, also when the quota is full;
/// [`AppError::Forbidden`] without `users.create` or for a role above the actor's own; [`AppError::ReauthRequired`] for an
/// owner.
pub async fn user_create(
    cx: &RequestCx,
    command: Parsed<UserCreate>,
    fields: &FieldsTyped,
    reauthentication: &SecretString,
) -> Result<(UserId, Handed)> {
    let site = cx.tenant_site()?;
    let tx = cx.tenant_begin_before(&operation::tenant::USER_CREATE).await?;
    let defined = field_list(&tx.conn).await.map_err(Error::from);
    let defined = tx.finish(defined).await?;
    let command = both(command, fields.parse(&defined, true))?;
    domain_taken(cx, &command.email)?;
    if command.role.is_owner() {
        reauthenticate(cx, reauthentication).await?;
    }
    if command.delivery == Delivery::Mail {
        require_mail(cx, command.email.as_str()).await?;
    }
    let created = retry(|| user_create_once(cx, &command, fields)).await?;
    cx.services.counters.users_changed(site);
    Ok(created)
}

async fn user_create_once(cx: &RequestCx, command: &UserCreate, typed: &FieldsTyped) -> Result<(UserId, Handed)> {
    let now = cx.services.now();
    let UserCreate { first_name, last_name, email, role, .. } = command;
    let mut tx = cx.tenant_begin(&operation::tenant::USER_CREATE).await?;
    let done = async {
        let held = grantable(&mut tx, role).await?;
        let (fields, values) = values_read(&mut tx, typed, true).await?;
        let metadata = metadata_with(&json!({}), (None, None), &fields, &values)?;
        unique_check(&mut tx, None, &fields, &values).await?;
        email_free(&mut tx, email).await?;
        let username = match &command.username {
            Some(username) => username.clone(),
            None => username_free(&mut tx, email).await?,
        };
        let insert = UserInsert {
            username: &username,
            email,
            first_name,
            last_name,
            role: role.as_str(),
            is_staff: held.permissions.is_admin_or_owner(),
            password_hash: None,
            metadata: metadata.clone(),
            now,
        };
        let ids = users::user_insert_many(&mut tx.conn, &[insert]).await.map_err(taken)?;
        let id = ids.first().copied().ok_or_else(|| Error::Fault("an insert gave no id".to_owned()))?;
        unique_set(&mut tx, id, &fields, &values).await?;
        let name = format!("{} {}", first_name.as_str(), last_name.as_str());
        let handed = link_new(cx, &mut tx, (id, name.trim(), email.as_str()), LinkPurpose::Invite, command.delivery).await?;
        let mut values = user_new_values(email, &username, (first_name, last_name), role.as_str());
        values_changed(&mut values, &json!({}), &metadata, &fields);
        let line = entry(cx, &tx.actor, "user.create", Object::new("user", id, email.as_str()), values);
        tx.conn.audit(line);
        Ok((id, handed))
    }
    .await;
    tx.finish(done).await
}

/// What the log says of a user who was made.
pub(super) fn user_new_values(email: &Email, username: &Username, (first, last): (&PersonName, &PersonName), role: &str) -> Value {
    json!({
        "email": [null, email.as_str()], "username": [null, username.as_str()],
        "first_name": [null, first.as_str()], "last_name": [null, last.as_str()], "user_type": [null, role],
    })
}

/// Gives a user other names, another primary role and other values of custom fields, if nobody changed the user since it was read.
pub(super) async fn names_and_role_set(
    cx: &RequestCx,
    tx: &mut TenantTx,
    seen: &UserRecord,
    (first, last): (&PersonName, &PersonName),
    role: &RoleKey,
    (fields, values): (&[UserField], &FieldValues),
    now: DateTime<Utc>,
) -> Result<()> {
    let id = UserId(seen.id);
    let (before, access) = manageable(tx, id).await?;
    if before.updated_at != seen.updated_at {
        return Err(DbError::Stale.into());
    }
    let stored = |text: &str| Error::Fault(format!("a stored user cannot be read: {text}"));
    let email = Email::parse(&before.email).map_err(|_| stored(&before.email))?;
    let username = Username::parse(&before.username).map_err(|_| stored(&before.username))?;
    let (mut metadata, mut other) = (Value::Null, Value::Null);
    if !values.is_empty() {
        metadata = users::user_metadata(&mut tx.conn, id).await?;
        other = metadata_with(&metadata, (None, None), fields, values)?;
        unique_check(tx, Some(id), fields, values).await?;
    }
    let kept = Some(&other).filter(|other| **other != metadata);
    let change = UserChange { email: &email, username: &username, first_name: first, last_name: last, metadata: kept, now };
    // What may be refused comes first, before anything is written: of many users one may be left out.
    let held = role_keys(&access);
    let after =
        if before.user_type == role.as_str() { held.clone() } else { role_keys(&primary_role_set(tx, &before, access, role, now).await?) };
    users::user_update(&mut tx.conn, id, &change).await.map_err(taken)?;
    unique_set(tx, id, fields, values).await?;
    let mut changed = diff(&[
        ("first_name", json!(before.first_name), json!(first)),
        ("last_name", json!(before.last_name), json!(last)),
        ("user_type", json!(before.user_type), json!(role)),
        ("roles", json!(held), json!(after)),
    ]);
    values_changed(&mut changed, &metadata, &other, fields);
    let line = entry(cx, &tx.actor, "user.update", Object::new("user", id, before.email.as_str()), changed);
    tx.conn.audit(line);
    Ok(())
}

/// Changes a user. A new address ends the open links of the old one, which gets a notice.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields, also when another user changed the user
/// meanwhile; [`AppError::ReauthRequired`] for another address and for a new owner; [`AppError::Forbidden`] for a user
/// above the actor; [`AppError::NotFound`].
pub async fn user_update(
    cx: &RequestCx,
    id: UserId,
    command: Parsed<UserUpdate>,
    fields: &FieldsTyped,
    reauthentication: &SecretString,
) -> Result<()> {
    let mut tx = cx.tenant_begin_before(&operation::tenant::USER_UPDATE).await?;
    let found = async { Ok((manageable(&mut tx, id).await?.0, field_list(&tx.conn).await?)) }.await;
    let (record, defined) = tx.finish(found).await?;
    let command = both(command, fields.parse(&defined, false))?;
    // Anyone who has the address has the account, and an owner has the company (security.md 40).
    let moves = record.email != command.email.as_str();
    if moves {
        domain_taken(cx, &command.email)?;
    }
    if moves || (command.role.is_owner() && record.user_type != OWNER) {
        reauthenticate(cx, reauthentication).await?;
    }
    retry(|| user_update_once(cx, id, &command, fields)).await
}

/// What another user changed since the form was filled, field by field: theirs now, and what it was before. What was
/// typed is kept by the form, which now stands on the newest version.
fn changed_meanwhile(now: &UserRecord, metadata: &Value, command: &UserUpdate, (defined, values): (&[UserField], &FieldValues)) -> Error {
    let typed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let fields = [
        ("first_name", now.first_name.as_str(), command.first_name.as_str()),
        ("last_name", &now.last_name, command.last_name.as_str()),
        ("email", &now.email, command.email.as_str()),
        ("username", &now.username, command.username.as_str()),
        ("user_type", &now.user_type, command.role.as_str()),
    ];
    let mut errors = FieldErrors::one(
        Code::RecordChanged,
        "",
        "Another user changed this in the meantime. Your input is kept below. Check the differences, then save again to keep yours.",
    );
    for (name, theirs, yours) in fields {
        if let Some(before) = command.seen.get(name)
            && before != theirs
            && theirs != yours
        {
            errors.push(Code::RecordChanged, name, format!("Now “{theirs}”, before that “{before}”"));
        }
    }
    for field in defined {
        let theirs = field.value_text(metadata.get(&field.key));
        let yours = values.iter().find(|(key, _)| *key == field.key).map(|(_, value)| field.value_text(value.as_ref()));
        if let (Some(before), Some(yours)) = (command.seen.get(&field.column()), yours)
            && *before != theirs
            && theirs != yours
        {
            errors.push(Code::RecordChanged, &field.input(), format!("Now “{theirs}”, before that “{before}”"));
        }
    }
    let rest = Value::Object(metadata_without(metadata, defined));
    if let (Some(before), Some(yours)) = (command.seen.get("metadata"), &command.metadata)
        && typed(before) != rest
        && *yours != rest
    {
        errors.push(Code::RecordChanged, "metadata", format!("Now {rest}, before that {}", typed(before)));
    }
    AppError::Conflict(errors).into()
}

async fn user_update_once(cx: &RequestCx, id: UserId, command: &UserUpdate, typed: &FieldsTyped) -> Result<()> {
    let UserUpdate { first_name, last_name, email, username, role, .. } = command;
    let mut tx = cx.tenant_begin(&operation::tenant::USER_UPDATE).await?;
    let done = async {
        // Before the user is locked: who changes definitions waits for users in that order.
        let (fields, values) = values_read(&mut tx, typed, false).await?;
        let (before, access) = manageable(&mut tx, id).await?;
        let metadata = users::user_metadata(&mut tx.conn, id).await?;
        if before.updated_at.timestamp_micros() != command.version {
            return Err(changed_meanwhile(&before, &metadata, command, (&fields, &values)));
        }
        if Email::parse(&before.email).is_ok_and(|before| before.key() != email.key()) {
            email_free(&mut tx, email).await?;
        }
        let now = cx.services.now();
        let shown = command.seen.get("metadata").and_then(|text| serde_json::from_str::<Value>(text).ok());
        let other = metadata_with(&metadata, (command.metadata.as_ref(), shown.as_ref()), &fields, &values)?;
        unique_check(&mut tx, Some(id), &fields, &values).await?;
        let kept = Some(&other).filter(|other| **other != metadata);
        let change = UserChange { email, username, first_name, last_name, metadata: kept, now };
        users::user_update(&mut tx.conn, id, &change).await.map_err(taken)?;
        unique_set(&mut tx, id, &fields, &values).await?;
        if before.email != email.as_str() {
            tokens::token_end_open(&mut tx.conn, id, "revoked", now).await?;
            if cx.services.mail.is_on() && before.has_password {
                let message = address_changed(&before.full_name(), &before.email, cx.brand());
                let mail = NewMail { token: None, expires_at: now + LinkPurpose::Invite.open(), message };
                tx.conn.mail(mail_entry(&cx.services, cx.site.key(), &mail)?);
            }
        }
        let held = (role_keys(&access), access.overrides.clone());
        let after = if before.user_type == role.as_str() {
            held.clone()
        } else {
            let access = primary_role_set(&mut tx, &before, access, role, now).await?;
            (role_keys(&access), access.overrides)
        };
        let mut changed = diff(&[
            ("email", json!(before.email), json!(email)),
            ("username", json!(before.username), json!(username)),
            ("first_name", json!(before.first_name), json!(first_name)),
            ("last_name", json!(before.last_name), json!(last_name)),
            ("user_type", json!(before.user_type), json!(role)),
            ("roles", json!(held.0), json!(after.0)),
            ("tenant_permissions", json!(held.1), json!(after.1)),
        ]);
        values_changed(&mut changed, &metadata, &other, &fields);
        let line = entry(cx, &tx.actor, "user.update", Object::new("user", id, email.as_str()), changed);
        tx.conn.audit(line);
        Ok(())
    }
    .await;
    tx.finish(done).await
}

/// The keys of all roles held, in order.
pub(super) fn role_keys(access: &Access) -> Vec<String> {
    let mut keys: Vec<String> = access.roles.iter().map(|role| role.key.clone()).collect();
    keys.sort();
    keys
}

/// Gives a user another primary role; further roles and what was decided beside them stay, but for an owner, who needs
/// neither. Gives what the user holds then.
async fn primary_role_set(tx: &mut TenantTx, before: &UserRecord, mut access: Access, key: &RoleKey, now: DateTime<Utc>) -> Result<Access> {
    let role = grantable(tx, key).await?;
    access.roles.retain(|held| held.key != before.user_type && held.key != key.as_str());
    if key.is_owner() {
        access = Access::default();
    }
    let further: Vec<String> = access.roles.iter().map(|held| held.key.clone()).collect();
    access.roles.push(role);
    let effective = access.effective();
    if !tx.user.holds(&effective) {
        return Err(AppError::Forbidden.into());
    }
    let change =
        AccessChange { role: key.as_str(), further: &further, overrides: &access.overrides, is_staff: effective.is_admin_or_owner(), now };
    users::user_set_access(&mut tx.conn, before, &change).await?;
    tokens::token_end_handed(&mut tx.conn, &[UserId(before.id)], tx.user.id, now).await?;
    Ok(access)
}

/// Gives a user another primary role; that user's sessions end. Owners are made and unmade by [`user_update`] alone.
///
/// # Errors
/// [`AppError::Conflict`] for oneself and for owners, [`AppError::Forbidden`] for a role above the actor and for a user
/// above the actor, [`AppError::NotFound`].
pub async fn user_role_set(cx: &RequestCx, id: UserId, key: &RoleKey) -> Result<()> {
    retry(|| user_set_role_once(cx, id, key)).await?;
    let _ended = cx.sessions().end_all_of(id.0).await;
    Ok(())
}

async fn user_set_role_once(cx: &RequestCx, id: UserId, key: &RoleKey) -> Result<()> {
    let mut tx = cx.tenant_begin(&operation::tenant::USER_UPDATE).await?;
    let done = user_role_set_in(cx, &mut tx, id, key).await;
    tx.finish(done).await
}

/// The same in the transaction of a bulk act, but for the end of the sessions.
pub(super) async fn user_role_set_in(cx: &RequestCx, tx: &mut TenantTx, id: UserId, key: &RoleKey) -> Result<()> {
    let (before, access) = manageable(tx, id).await?;
    if tx.user.id == id {
        return Err(AppError::conflict(Code::UserIsSelf, "", "This is you. Ask another admin.").into());
    }
    if before.user_type == OWNER || key.is_owner() {
        return Err(AppError::conflict(Code::RoleOwner, "", "Change owners one at a time, on their own pages.").into());
    }
    if before.user_type == key.as_str() {
        return Ok(());
    }
    let held = role_keys(&access);
    let after = primary_role_set(tx, &before, access, key, cx.services.now()).await?;
    let changed = diff(&[("user_type", json!(before.user_type), json!(key)), ("roles", json!(held), json!(role_keys(&after)))]);
    let line = entry(cx, &tx.actor, "user.update", Object::new("user", id, before.email.as_str()), changed);
    tx.conn.audit(line);
    Ok(())
}

/// Activates or deactivates a user; deactivating ends the user's sessions. Gives the user's name.
///
/// # Errors
/// [`AppError::Conflict`] for oneself, for the last owner and when the quota is full; [`AppError::Forbidden`] for
/// a user above the actor; [`AppError::NotFound`].
pub async fn user_set_active(cx: &RequestCx, id: UserId, active: bool) -> Result<String> {
    let name = retry(|| user_set_active_once(cx, id, active)).await?;
    if !active {
        // The epoch has ended them already; this frees their memory.
        let _ended = cx.sessions().end_all_of(id.0).await;
    }
    cx.services.counters.users_changed(cx.tenant_site()?);
    Ok(name)
}

async fn user_set_active_once(cx: &RequestCx, id: UserId, active: bool) -> Result<String> {
    let operation = if active { &operation::tenant::USER_ACTIVATE } else { &operation::tenant::USER_DEACTIVATE };
    let mut tx = cx.tenant_begin(operation).await?;
    let done = user_set_active_in(cx, &mut tx, id, active).await;
    tx.finish(done).await
}

/// The same in the transaction of a bulk act, but for the end of the sessions.
pub(super) async fn user_set_active_in(cx: &RequestCx, tx: &mut TenantTx, id: UserId, active: bool) -> Result<String> {
    let (before, _) = manageable(tx, id).await?;
    if tx.user.id == id && !active {
        return Err(AppError::conflict(Code::UserIsSelf, "", "You cannot deactivate yourself. Ask another admin.").into());
    }
    if before.is_active != active {
        users::user_set_active(&mut tx.conn, &before, active, cx.services.now()).await?;
        if !active {
            tokens::token_end_open(&mut tx.conn, id, "revoked", cx.services.now()).await?;
        }
        let action = if active { "user.activate" } else { "user.deactivate" };
        let values = json!({ "is_active": [before.is_active, active] });
        let line = entry(cx, &tx.actor, action, Object::new("user", id, before.email.as_str()), values);
        tx.conn.audit(line);
    }
    Ok(before.full_name())
}

/// Deletes a user, who keeps neither place nor session and is hidden, or brings one back. Gives the name.
///
/// # Errors
/// [`AppError::Conflict`] for oneself, for the last owner and when the quota is full; [`AppError::Forbidden`] for
/// a user above the actor; [`AppError::NotFound`]; [`AppError::ReauthRequired`] to delete.
pub async fn user_set_deleted(cx: &RequestCx, id: UserId, deleted: bool, reauthentication: &SecretString) -> Result<String> {
    let operation = if deleted { &operation::tenant::USER_DELETE } else { &operation::tenant::USER_RESTORE };
    let mut tx = cx.tenant_begin_before(operation).await?;
    let may = ranked(&mut tx, id).await.map(|_| ());
    tx.finish(may).await?;
    if deleted {
        reauthenticate(cx, reauthentication).await?;
    }
    let name = retry(|| user_set_deleted_once(cx, operation, id, deleted)).await?;
    if deleted {
        // The epoch has ended them already; this frees their memory.
        let _ended = cx.sessions().end_all_of(id.0).await;
    }
    cx.services.counters.users_changed(cx.tenant_site()?);
    Ok(name)
}

async fn user_set_deleted_once(cx: &RequestCx, operation: &Operation, id: UserId, deleted: bool) -> Result<String> {
    let mut tx = cx.tenant_begin(operation).await?;
    let done = async {
        let (before, _) = ranked(&mut tx, id).await?;
        if tx.user.id == id {
            return Err(AppError::conflict(Code::UserIsSelf, "", "You cannot delete yourself. Ask another admin.").into());
        }
        if before.deleted_at.is_some() != deleted {
            let now = cx.services.now();
            users::user_set_deleted(&mut tx.conn, &before, deleted, now).await?;
            if deleted {
                tokens::token_end_open(&mut tx.conn, id, "revoked", now).await?;
            }
            let action = if deleted { "user.delete" } else { "user.restore" };
            let values = json!({ "is_active": [before.is_active, !deleted], "deleted_at": [before.deleted_at, deleted.then_some(now)] });
            let line = entry(cx, &tx.actor, action, Object::new("user", id, before.email.as_str()), values);
            tx.conn.audit(line);
        }
        Ok(before.full_name())
    }
    .await;
    tx.finish(done).await
}
