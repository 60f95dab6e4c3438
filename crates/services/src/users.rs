//! Users of a company.

use crate::{
    Error, RequestCx, Result, TenantSite,
    audit::{Object, diff, entry},
    cx::{TenantTx, TenantUser},
    error::retry,
    tokens::{INVITE_OPEN, token_hash, token_new},
};
use db::{
    DbError,
    tenant::{
        audit,
        roles::{self, RoleRecord},
        tokens,
        users::{self, UserChange, UserFilter, UserInsert, UserRecord},
    },
};
use domain::{
    AppError, Email, FieldErrors, Permission, PersonName, UserId, Username,
    dto::tenant::{RoleChoice, UserListPage, UserNewPage, UserPage, UserRow},
    flash::OneTimeLink,
    list::{ListPage, ListQuery},
    role::SystemRole,
};
use serde_json::json;

/// The filters the list knows.
pub const FILTERS: &[&str] = &["role", "status"];

/// What is typed into the form of a user.
#[derive(Clone, Debug, Default)]
pub struct UserForm {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The e-mail address.
    pub email: String,
    /// The user name; empty means one made of the address.
    pub username: String,
    /// The key of the primary role.
    pub user_type: String,
}

/// The form once every field was read.
struct Parsed {
    first_name: PersonName,
    last_name: PersonName,
    email: Email,
    username: Option<Username>,
}

impl UserForm {
    fn parse(&self) -> Result<Parsed> {
        let mut errors = FieldErrors::default();
        let first_name = errors.check("first_name", PersonName::parse(&self.first_name));
        let last_name = errors.check("last_name", PersonName::parse(&self.last_name));
        let email = errors.check("email", Email::parse(&self.email));
        let username = if self.username.trim().is_empty() { None } else { errors.check("username", Username::parse(&self.username)) };
        if self.user_type.is_empty() {
            errors.0.push(("user_type".to_owned(), "Choose a role".to_owned()));
        }
        errors.into_result()?;
        match (first_name, last_name, email) {
            (Some(first_name), Some(last_name), Some(email)) => Ok(Parsed { first_name, last_name, email, username }),
            _ => Err(AppError::Malformed.into()),
        }
    }
}

fn row(record: &UserRecord, roles: &[RoleRecord]) -> UserRow {
    UserRow {
        id: UserId(record.id),
        name: record.full_name(),
        email: record.email.clone(),
        username: record.username.clone(),
        role: record.user_type.clone(),
        role_name: roles
            .iter()
            .find(|role| role.key == record.user_type)
            .map_or_else(|| record.user_type.clone(), |role| role.name.clone()),
        is_active: record.is_active,
        last_login: record.last_login,
        created_at: record.created_at,
    }
}

fn choices(roles: &[RoleRecord], viewer: &TenantUser) -> Vec<RoleChoice> {
    roles
        .iter()
        .map(|role| RoleChoice {
            key: role.key.clone(),
            name: role.name.clone(),
            sentence: SystemRole::find(&role.key).map_or_else(String::new, |system| system.sentence.to_owned()),
            grantable: viewer.permissions.covers(&role.permissions),
        })
        .collect()
}

/// One page of the list of users.
///
/// # Errors
/// [`AppError::Forbidden`] without `users.view`.
pub async fn user_list(cx: &RequestCx, query: &ListQuery) -> Result<(TenantUser, UserListPage)> {
    let mut tx = cx.tenant_begin().await?;
    let page = async {
        tx.require(Permission::UsersView)?;
        let roles = roles::role_list(&mut tx.conn).await?;
        let active = match query.filter("status").collect::<Vec<_>>().as_slice() {
            ["active"] => Some(true),
            ["inactive"] => Some(false),
            _ => None,
        };
        let filter = UserFilter { search: query.q.clone(), roles: query.filter("role").map(str::to_owned).collect(), active };
        let found = users::user_list(&mut tx.conn, &filter, query).await?;
        let quota = users::quota_get(&mut tx.conn).await?;
        let ListPage { rows, total, offset, before, after, cursor_ignored } = found;
        let rows = rows.iter().map(|record| row(record, &roles)).collect();
        let page = ListPage { rows, total, offset, before, after, cursor_ignored };
        let can_create = tx.user.permissions.can_create_users();
        Ok((tx.user.clone(), UserListPage { page, roles: choices(&roles, &tx.user), quota, can_create }))
    }
    .await;
    tx.finish(page).await
}

/// What the page for a new user shows.
///
/// # Errors
/// [`AppError::Forbidden`] without `users.create`.
pub async fn user_new(cx: &RequestCx) -> Result<(TenantUser, UserNewPage)> {
    let mut tx = cx.tenant_begin().await?;
    let page = async {
        tx.require(Permission::UsersCreate)?;
        let roles = roles::role_list(&mut tx.conn).await?;
        let quota = users::quota_get(&mut tx.conn).await?;
        Ok((tx.user.clone(), UserNewPage { roles: choices(&roles, &tx.user), quota }))
    }
    .await;
    tx.finish(page).await
}

/// What the page of a user shows.
///
/// # Errors
/// [`AppError::NotFound`] for an id that is not of this company, [`AppError::Forbidden`] without `users.view`.
pub async fn user_get(cx: &RequestCx, id: UserId) -> Result<(TenantUser, UserPage)> {
    let mut tx = cx.tenant_begin().await?;
    let page = async {
        tx.require(Permission::UsersView)?;
        let record = users::user_get(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
        let roles = roles::role_list(&mut tx.conn).await?;
        let outranked = users::user_permissions(&mut tx.conn, id).await?;
        let invite_open_until = tokens::token_open_until(&mut tx.conn, id, cx.services.now()).await?;
        let reads_audit = tx.user.permissions.has(Permission::AuditView);
        let audit = if reads_audit { audit::audit_newest(&mut tx.conn, Some(("user", &id.to_string())), 10).await? } else { Vec::new() };
        let can_manage = tx.user.permissions.can_manage_users() && tx.user.permissions.covers(&outranked);
        let page = UserPage {
            user: row(&record, &roles),
            first_name: record.first_name.clone(),
            last_name: record.last_name.clone(),
            version: record.updated_at.timestamp_micros(),
            has_password: record.password_hash.is_some(),
            invite_open_until,
            roles: choices(&roles, &tx.user),
            can_manage,
            is_self: tx.user.id == id,
            sessions: 0,
            audit,
        };
        Ok((tx.user.clone(), page))
    }
    .await;
    let (user, mut page) = tx.finish(page).await?;
    page.sessions = cx.services.sessions(cx.site.key()).count_of(id.0).await?;
    Ok((user, page))
}

/// Refuses a role the actor could not hold himself, and one that is not there.
async fn require_grantable(tx: &mut TenantTx, role: &str) -> Result<()> {
    let roles = roles::role_list(&mut tx.conn).await?;
    let Some(found) = roles.iter().find(|known| known.key == role) else {
        return Err(AppError::field("user_type", "There is no such role").into());
    };
    if tx.user.permissions.covers(&found.permissions) { Ok(()) } else { Err(AppError::Forbidden.into()) }
}

fn taken(error: DbError) -> Error {
    match error {
        DbError::Unique { constraint } if constraint == "users_email_key" => {
            AppError::conflict("email", "Already used in this company").into()
        }
        DbError::Unique { constraint } if constraint == "users_username_key" => {
            AppError::conflict("username", "Already used in this company").into()
        }
        other => other.into(),
    }
}

/// A user name made of the address, with a number where that is taken.
async fn username_free(tx: &mut TenantTx, email: &Email) -> Result<Username> {
    let wish = Username::suggest(email.local_part()).unwrap_or(Username::parse("user").map_err(|error| Error::Fault(error.to_string()))?);
    for number in 1..1000 {
        let candidate = if number == 1 { wish.as_str().to_owned() } else { format!("{wish}{number}") };
        if !users::username_is_taken(&mut tx.conn, &candidate).await? {
            return Username::parse(&candidate).map_err(|error| AppError::field("username", error.to_string()).into());
        }
    }
    Err(AppError::field("username", "Choose a user name").into())
}

fn link(cx: &RequestCx, site: &TenantSite, email: &str, token: &str) -> OneTimeLink {
    let url = cx.services.url_on(&site.primary_domain, &format!("/invite/{token}"));
    OneTimeLink { label: email.to_owned(), url, hours: 72 }
}

/// Creates a user, who signs in first by the one-time link that is given back.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields, also when the quota is full;
/// [`AppError::Forbidden`] without `users.create` or for a role above the actor's own.
pub async fn user_create(cx: &RequestCx, form: &UserForm) -> Result<(UserId, OneTimeLink)> {
    retry(|| user_create_once(cx, form)).await
}

async fn user_create_once(cx: &RequestCx, form: &UserForm) -> Result<(UserId, OneTimeLink)> {
    let site = cx.tenant_site()?;
    let token = token_new(&*cx.services.entropy);
    let now = cx.services.now();
    let mut tx = cx.tenant_begin().await?;
    let done = async {
        tx.require(Permission::UsersCreate)?;
        let parsed = form.parse()?;
        require_grantable(&mut tx, &form.user_type).await?;
        let username = match parsed.username {
            Some(username) => username,
            None => username_free(&mut tx, &parsed.email).await?,
        };
        let insert = UserInsert {
            username: &username,
            email: &parsed.email,
            first_name: &parsed.first_name,
            last_name: &parsed.last_name,
            role: &form.user_type,
            is_staff: is_staff(&form.user_type),
            password_hash: None,
            now,
        };
        let ids = users::user_insert_many(&mut tx.conn, &[insert]).await.map_err(taken)?;
        let id = ids.first().copied().ok_or_else(|| Error::Fault("an insert gave no id".to_owned()))?;
        tokens::token_insert(&mut tx.conn, id, "invite", &token_hash(&token), now, now + INVITE_OPEN).await?;
        let values = json!({
            "email": [null, parsed.email.as_str()], "username": [null, username.as_str()],
            "first_name": [null, parsed.first_name.as_str()], "last_name": [null, parsed.last_name.as_str()],
            "user_type": [null, form.user_type],
        });
        let line = entry(cx, &tx.actor(), "user.create", Object::new("user", id, parsed.email.as_str()), values);
        db::audit_append_tenant(&mut tx.conn, &line).await?;
        Ok((id, link(cx, site, parsed.email.as_str(), &token)))
    }
    .await;
    let created = tx.finish(done).await?;
    cx.services.counters.users_changed(site);
    Ok(created)
}

/// System roles that open the company's administration pages.
pub(crate) fn is_staff(role: &str) -> bool {
    SystemRole::find(role).is_some_and(|role| role.permission_set().is_admin_or_owner())
}

/// Locks the user to be changed, whom the actor must be allowed to change.
async fn manageable(tx: &mut TenantTx, id: UserId) -> Result<UserRecord> {
    tx.require(Permission::UsersManage)?;
    let record = users::user_lock(&mut tx.conn, id).await?.ok_or(AppError::NotFound)?;
    let theirs = users::user_permissions(&mut tx.conn, id).await?;
    if tx.user.permissions.covers(&theirs) { Ok(record) } else { Err(AppError::Forbidden.into()) }
}

/// Changes a user. `version` is the one the form was filled from.
///
/// # Errors
/// [`AppError::Validation`] and [`AppError::Conflict`] beside the fields, also when somebody else changed the user
/// meanwhile; [`AppError::Forbidden`] for somebody above the actor; [`AppError::NotFound`].
pub async fn user_update(cx: &RequestCx, id: UserId, version: i64, form: &UserForm) -> Result<()> {
    retry(|| user_update_once(cx, id, version, form)).await
}

async fn user_update_once(cx: &RequestCx, id: UserId, version: i64, form: &UserForm) -> Result<()> {
    let mut tx = cx.tenant_begin().await?;
    let done = async {
        let before = manageable(&mut tx, id).await?;
        let parsed = form.parse()?;
        let username = parsed.username.ok_or_else(|| AppError::field("username", "This field is required"))?;
        if before.updated_at.timestamp_micros() != version {
            return Err(DbError::Stale.into());
        }
        if before.user_type != form.user_type {
            require_grantable(&mut tx, &form.user_type).await?;
        }
        let change = UserChange {
            email: &parsed.email,
            username: &username,
            first_name: &parsed.first_name,
            last_name: &parsed.last_name,
            role: &form.user_type,
            is_staff: is_staff(&form.user_type),
            now: cx.services.now(),
        };
        users::user_update(&mut tx.conn, &before, &change).await.map_err(taken)?;
        let changed = diff(&[
            ("email", json!(before.email), json!(parsed.email)),
            ("username", json!(before.username), json!(username)),
            ("first_name", json!(before.first_name), json!(parsed.first_name)),
            ("last_name", json!(before.last_name), json!(parsed.last_name)),
            ("user_type", json!(before.user_type), json!(form.user_type)),
        ]);
        let line = entry(cx, &tx.actor(), "user.update", Object::new("user", id, parsed.email.as_str()), changed);
        Ok(db::audit_append_tenant(&mut tx.conn, &line).await?)
    }
    .await;
    tx.finish(done).await
}

/// Activates or deactivates a user; deactivating ends the user's sessions. Gives the user's name.
///
/// # Errors
/// [`AppError::Conflict`] for oneself, for the last owner and when the quota is full; [`AppError::Forbidden`] for
/// somebody above the actor; [`AppError::NotFound`].
pub async fn user_set_active(cx: &RequestCx, id: UserId, active: bool) -> Result<String> {
    let name = retry(|| user_set_active_once(cx, id, active)).await?;
    if !active {
        // The epoch has ended them already; this frees their room.
        let _ended = cx.services.sessions(cx.site.key()).end_all_of(id.0).await;
    }
    cx.services.counters.users_changed(cx.tenant_site()?);
    Ok(name)
}

async fn user_set_active_once(cx: &RequestCx, id: UserId, active: bool) -> Result<String> {
    let mut tx = cx.tenant_begin().await?;
    let done = async {
        let before = manageable(&mut tx, id).await?;
        if tx.user.id == id && !active {
            return Err(AppError::conflict("", "You cannot deactivate yourself. Ask another admin.").into());
        }
        if before.is_active != active {
            users::user_set_active(&mut tx.conn, &before, active, cx.services.now()).await?;
            if !active {
                tokens::token_delete_open(&mut tx.conn, id).await?;
            }
            let action = if active { "user.activate" } else { "user.deactivate" };
            let values = json!({ "is_active": [before.is_active, active] });
            let line = entry(cx, &tx.actor(), action, Object::new("user", id, before.email.as_str()), values);
            db::audit_append_tenant(&mut tx.conn, &line).await?;
        }
        Ok(before.full_name())
    }
    .await;
    tx.finish(done).await
}

/// Makes a new one-time link for a user who has no password yet; older links end.
///
/// # Errors
/// [`AppError::Conflict`] for somebody who is inactive or has a password; [`AppError::Forbidden`] for somebody above
/// the actor; [`AppError::NotFound`].
pub async fn user_link_create(cx: &RequestCx, id: UserId) -> Result<OneTimeLink> {
    retry(|| user_link_create_once(cx, id)).await
}

async fn user_link_create_once(cx: &RequestCx, id: UserId) -> Result<OneTimeLink> {
    let site = cx.tenant_site()?;
    let token = token_new(&*cx.services.entropy);
    let now = cx.services.now();
    let mut tx = cx.tenant_begin().await?;
    let done = async {
        let record = manageable(&mut tx, id).await?;
        if !record.is_active || record.password_hash.is_some() {
            return Err(AppError::conflict("", "This user signs in with a password already, or is not active.").into());
        }
        tokens::token_insert(&mut tx.conn, id, "invite", &token_hash(&token), now, now + INVITE_OPEN).await?;
        let line = entry(cx, &tx.actor(), "user.link_create", Object::new("user", id, record.email.as_str()), json!({}));
        db::audit_append_tenant(&mut tx.conn, &line).await?;
        Ok(link(cx, site, &record.email, &token))
    }
    .await;
    tx.finish(done).await
}
