//! Platform admins: who runs the platform, and who only looks.

use db::{
    DbError,
    factor::{FactorConn, factor_delete, factor_owners},
    platform::admins::{self, AdminInsert, AdminRecord},
};
use domain::{
    AdminId, AdminRole, AppError, Code, Email, FieldErrors, Login, PersonName,
    dto::platform::{AdminListPage, AdminRow},
    flash::OneTimeLink,
    operation,
    password::LENGTH_MIN,
};
use identity::auth::reauthenticate;
use kernel::{
    Parsed, RequestCx, Result,
    audit::{Object, diff, entry},
    cx::PlatformTx,
    error::retry,
    passwords::judge,
    tokens::{INVITE_OPEN, LinkPurpose, RESET_OPEN, token_hash, token_new},
};
use secrecy::SecretString;
use serde_json::json;

/// A platform admin to be created, as typed.
#[derive(Clone, Debug)]
pub struct AdminForm {
    /// The address to sign in with.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// What the admin may do, as typed.
    pub role: String,
    /// A password, or none for a one-time link.
    pub password: Option<SecretString>,
}

fn row(record: &AdminRecord, has_factor: bool) -> AdminRow {
    AdminRow {
        id: AdminId(record.id),
        name: format!("{} {}", record.first_name, record.last_name).trim().to_owned(),
        email: record.email.clone(),
        role: AdminRole::parse(&record.role).unwrap_or(AdminRole::Support),
        is_active: record.is_active,
        has_password: record.has_password,
        has_factor,
        last_login: record.last_login,
    }
}

/// Everybody who runs the platform.
///
/// # Errors
/// [`AppError::Unauthenticated`] without a platform admin.
pub async fn admin_list(cx: &RequestCx) -> Result<AdminListPage> {
    let mut tx = cx.platform_begin(&operation::platform::ADMIN_LIST).await?;
    let found = async {
        let records = admins::admin_list(&mut tx.conn).await?;
        let ids: Vec<i64> = records.iter().map(|record| record.id).collect();
        let guarded = factor_owners(&mut FactorConn::Platform(&mut tx.conn), &ids).await?;
        let rows = records.iter().map(|record| row(record, guarded.contains(&record.id))).collect();
        Ok(AdminListPage { rows })
    }
    .await;
    tx.finish(found).await
}

/// Whether the page for a new admin is shown.
///
/// # Errors
/// [`AppError::Forbidden`] for support, [`AppError::Unauthenticated`] without a platform admin.
pub async fn admin_new(cx: &RequestCx) -> Result<()> {
    cx.platform_permit(&operation::platform::ADMIN_NEW).await
}

/// A platform admin to be created, once every field was read.
#[derive(Clone, Debug)]
pub struct AdminCreate {
    email: Email,
    first_name: PersonName,
    last_name: PersonName,
    role: AdminRole,
    password: Option<SecretString>,
}

impl AdminForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`AppError::Validation`] beside the fields.
    pub fn parse(&self) -> Parsed<AdminCreate> {
        let mut errors = FieldErrors::default();
        let email = errors.check("email", Email::parse(&self.email));
        let first_name = errors.check("first_name", PersonName::parse(&self.first_name));
        let last_name = errors.check("last_name", PersonName::parse(&self.last_name));
        let role = errors.check_as(Code::FieldUnknownChoice, "role", AdminRole::parse(&self.role).ok_or("Choose a role"));
        if let Some(password) = &self.password {
            let context = [self.email.as_str(), &self.first_name, &self.last_name];
            errors.check_as(Code::PasswordWeak, "password", judge(password, LENGTH_MIN, &context));
        }
        errors.into_result()?;
        match (email, first_name, last_name, role) {
            (Some(email), Some(first_name), Some(last_name), Some(role)) => {
                Ok(AdminCreate { email, first_name, last_name, role, password: self.password.clone() })
            }
            _ => Err(AppError::Malformed),
        }
    }
}

/// Creates a platform admin. `reauthentication` is the actor's own password, where it is needed again.
///
/// # Errors
/// [`AppError::Validation`] beside the fields, [`AppError::Conflict`] when the address is taken,
/// [`AppError::Forbidden`] for support, [`AppError::ReauthRequired`].
pub async fn admin_create(cx: &RequestCx, command: Parsed<AdminCreate>, reauthentication: &SecretString) -> Result<Option<OneTimeLink>> {
    cx.platform_permit(&operation::platform::ADMIN_CREATE).await?;
    let AdminCreate { email, first_name, last_name, role, password } = command?;
    reauthenticate(cx, reauthentication).await?;
    let hash = match &password {
        Some(password) => Some(cx.passwords().hash(password).await?),
        None => None,
    };
    let token = token_new(&*cx.services.entropy);
    let now = cx.services.now();
    let mut tx = cx.platform_begin(&operation::platform::ADMIN_CREATE).await?;
    let done = async {
        let insert =
            AdminInsert { email: &email, first_name: &first_name, last_name: &last_name, role, password_hash: hash.as_deref(), now };
        let id = admins::admin_insert(&mut tx.conn, &insert).await.map_err(|error| match error {
            DbError::Unique { .. } => AppError::conflict(Code::AdminEmailTaken, "email", "Another admin has this e-mail address").into(),
            other => kernel::Error::from(other),
        })?;
        if hash.is_none() {
            admins::admin_token_insert(&mut tx.conn, id, LinkPurpose::Invite.as_str(), &token_hash(&token), now, now + INVITE_OPEN).await?;
        }
        let object = Object::new("platform_admin", id, email.as_str());
        let values = json!({ "email": [null, email.as_str()], "role": [null, role] });
        let line = entry(cx, &tx.actor, "platform_admin.create", object, values);
        tx.conn.audit(None, line);
        Ok(())
    }
    .await;
    tx.finish(done).await?;
    Ok(hash.is_none().then(|| link(cx, email.as_str(), LinkPurpose::Invite, &token)))
}

fn link(cx: &RequestCx, email: &str, purpose: LinkPurpose, token: &str) -> OneTimeLink {
    let host = cx.services.config.base_domain.as_str();
    let url = cx.services.url_on(host, &format!("/{}/{token}", purpose.as_str()));
    let open = if purpose == LinkPurpose::Invite { INVITE_OPEN } else { RESET_OPEN };
    OneTimeLink { label: email.to_owned(), url, hours: u32::try_from(open.num_hours()).unwrap_or(1) }
}

/// Locks everybody who runs the platform, in one order, and gives the one meant.
async fn lock(tx: &mut PlatformTx, id: AdminId) -> Result<(AdminRecord, Vec<AdminRecord>)> {
    let all = admins::admin_list_lock(&mut tx.conn).await?;
    let found = all.iter().find(|record| record.id == id.0).cloned().ok_or(AppError::NotFound)?;
    Ok((found, all))
}

/// Refuses what would leave nobody who may change anything.
fn require_another(all: &[AdminRecord], id: AdminId) -> Result<()> {
    let another = all.iter().any(|record| record.id != id.0 && record.is_active && record.role == AdminRole::Admin.as_str());
    if another {
        Ok(())
    } else {
        Err(AppError::conflict(Code::AdminLast, "", "There must always be an active admin. Make another user an admin first.").into())
    }
}

/// Activates or deactivates a platform admin; deactivating ends the sessions. Gives the address.
///
/// # Errors
/// [`AppError::Conflict`] for the last admin, [`AppError::Forbidden`] for support, [`AppError::NotFound`],
/// [`AppError::ReauthRequired`].
pub async fn admin_set_active(cx: &RequestCx, id: AdminId, active: bool, reauthentication: &SecretString) -> Result<String> {
    cx.platform_permit(&operation::platform::ADMIN_CHANGE).await?;
    reauthenticate(cx, reauthentication).await?;
    let email = retry(|| admin_change(cx, id, Change::Active(active))).await?;
    sessions_end(cx, id).await;
    Ok(email)
}

/// Gives a platform admin another role; the sessions end. Gives the address.
///
/// # Errors
/// As [`admin_set_active`]; [`AppError::Validation`] for a role that is not there.
pub async fn admin_set_role(cx: &RequestCx, id: AdminId, role: &str, reauthentication: &SecretString) -> Result<String> {
    cx.platform_permit(&operation::platform::ADMIN_CHANGE).await?;
    let role = AdminRole::parse(role).ok_or_else(|| AppError::field(Code::FieldUnknownChoice, "", "Choose what to do"))?;
    reauthenticate(cx, reauthentication).await?;
    let email = retry(|| admin_change(cx, id, Change::Role(role))).await?;
    sessions_end(cx, id).await;
    Ok(email)
}

#[derive(Clone, Copy)]
enum Change {
    Active(bool),
    Role(AdminRole),
}

async fn admin_change(cx: &RequestCx, id: AdminId, change: Change) -> Result<String> {
    let now = cx.services.now();
    let mut tx = cx.platform_begin(&operation::platform::ADMIN_CHANGE).await?;
    let done = async {
        let (before, all) = lock(&mut tx, id).await?;
        let (active, role, action) = match change {
            Change::Active(active) => {
                (active, before.role.as_str(), if active { "platform_admin.activate" } else { "platform_admin.deactivate" })
            }
            Change::Role(role) => (before.is_active, role.as_str(), "platform_admin.update"),
        };
        if !active || role != AdminRole::Admin.as_str() {
            require_another(&all, id)?;
        }
        if active != before.is_active || role != before.role {
            admins::admin_update(&mut tx.conn, id, active, role, now).await?;
            let changed = diff(&[("is_active", json!(before.is_active), json!(active)), ("role", json!(before.role), json!(role))]);
            let line = entry(cx, &tx.actor, action, Object::new("platform_admin", id, before.email.as_str()), changed);
            tx.conn.audit(None, line);
        }
        Ok(before.email)
    }
    .await;
    tx.finish(done).await
}

/// The epoch has ended them already; this frees their memory.
async fn sessions_end(cx: &RequestCx, id: AdminId) {
    let _ended = cx.sessions().end_all_of(id.0).await;
}

/// Makes a one-time link for a platform admin: an invitation while there is no password, else a reset. Older links end.
///
/// # Errors
/// [`AppError::Conflict`] for a user who is not active, [`AppError::Forbidden`] for support, [`AppError::NotFound`],
/// [`AppError::ReauthRequired`].
pub async fn admin_link(cx: &RequestCx, id: AdminId, reauthentication: &SecretString) -> Result<OneTimeLink> {
    cx.platform_permit(&operation::platform::ADMIN_CHANGE).await?;
    reauthenticate(cx, reauthentication).await?;
    let token = token_new(&*cx.services.entropy);
    let now = cx.services.now();
    let mut tx = cx.platform_begin(&operation::platform::ADMIN_CHANGE).await?;
    let done = async {
        let (record, _) = lock(&mut tx, id).await?;
        if !record.is_active {
            return Err(AppError::conflict(Code::AdminInactive, "", "This admin is not active.").into());
        }
        let (purpose, open) = if record.has_password { (LinkPurpose::Reset, RESET_OPEN) } else { (LinkPurpose::Invite, INVITE_OPEN) };
        admins::admin_token_insert(&mut tx.conn, id, purpose.as_str(), &token_hash(&token), now, now + open).await?;
        let object = Object::new("platform_admin", id, record.email.as_str());
        let line = entry(cx, &tx.actor, "platform_admin.link_create", object, json!({ "for": purpose.as_str() }));
        tx.conn.audit(None, line);
        Ok(link(cx, &record.email, purpose, &token))
    }
    .await;
    tx.finish(done).await
}

/// Takes the second factor of an admin away who has lost it; the sessions end. Gives the address.
///
/// # Errors
/// [`AppError::Conflict`] for a user without one, [`AppError::Forbidden`] for support, [`AppError::NotFound`],
/// [`AppError::ReauthRequired`].
pub async fn admin_mfa_reset(cx: &RequestCx, id: AdminId, reauthentication: &SecretString) -> Result<String> {
    cx.platform_permit(&operation::platform::ADMIN_CHANGE).await?;
    reauthenticate(cx, reauthentication).await?;
    let mut tx = cx.platform_begin(&operation::platform::ADMIN_CHANGE).await?;
    let done = async {
        let (record, _) = lock(&mut tx, id).await?;
        if !factor_delete(&mut FactorConn::Platform(&mut tx.conn), id.0).await? {
            return Err(AppError::conflict(Code::SecondFactorMissing, "", "This admin has no second factor").into());
        }
        admins::admin_epoch_next(&mut tx.conn, id).await?;
        let line = entry(cx, &tx.actor, "platform_admin.mfa_reset", Object::new("platform_admin", id, record.email.as_str()), json!({}));
        tx.conn.audit(None, line);
        Ok(record.email)
    }
    .await;
    let email = tx.finish(done).await?;
    sessions_end(cx, id).await;
    Ok(email)
}

/// The admin of that address, for the command line.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn admin_id(cx: &RequestCx, email: &str) -> Result<AdminId> {
    let login = Login::parse(email).ok_or(AppError::NotFound)?;
    let mut tx = cx.platform_begin(&operation::platform::ADMIN_FIND).await?;
    let found = admins::admin_find(&mut tx.conn, &login).await.map_err(kernel::Error::from);
    let found = tx.finish(found).await?;
    found.map(|(record, _)| AdminId(record.id)).ok_or_else(|| AppError::NotFound.into())
}

/// How many platform admins there are.
///
/// # Errors
/// When the database does not answer.
pub async fn admin_count(cx: &RequestCx) -> Result<i64> {
    let mut tx = cx.platform_begin(&operation::platform::ADMIN_COUNT).await?;
    let counted = admins::admin_count(&mut tx.conn).await.map_err(kernel::Error::from);
    tx.finish(counted).await
}
