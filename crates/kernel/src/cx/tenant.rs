//! Transactions of a tenant: who acts in them, and whether the operation permits it.

use super::{Agent, Caller, RequestCx};
use crate::{Result, actor::Actor};
use db::{
    DbResult, TenantConn,
    factor::{FactorConn, factor_is_on},
    tenant::{
        roles,
        users::{self, UserRecord},
    },
};
use domain::{
    AppError, Operation, Permission, PermissionSet, UserId,
    access::{Access, HeldRole, Overrides},
    dto::{Viewer, account::AccountLook, photo_path},
    operation::{OperationKind, Rule},
    permission::Scope,
    record::{PipelineHead, RecordAccess},
};

/// An open transaction of a tenant's signed-in user.
pub struct TenantTx {
    /// The transaction.
    pub conn: TenantConn,
    /// Who acts.
    pub user: TenantUser,
    /// The same, as the log names it.
    pub actor: Actor,
    /// Whether its operation only reads.
    reads: bool,
}

/// The user who acts.
#[derive(Clone, Debug)]
pub struct TenantUser {
    /// The user.
    pub id: UserId,
    /// First and last name, and the address.
    pub viewer: Viewer,
    /// Everything the user may do.
    pub permissions: PermissionSet,
    /// Where that comes from; nothing for an operator.
    pub access: Access,
    /// What of it the user may give to others.
    pub given: PermissionSet,
}

/// What an operator at a terminal is among the users of a company: none of them.
const OPERATOR: UserId = UserId(0);

impl RequestCx {
    /// Begins the transaction of an operation of the tenant. The caller is read in it: whether still active, of which epoch,
    /// with which permissions.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when nobody is signed in, or no longer; [`AppError::PasswordRequired`] and
    /// [`AppError::FactorRequired`] for a user who has to set a new password or a second factor before anything else;
    /// [`AppError::Forbidden`] by the rule of the operation, [`AppError::ReauthRequired`] where it takes one.
    pub async fn tenant_begin(&self, operation: &Operation) -> Result<TenantTx> {
        let tx = self.tenant_open(operation).await?;
        match self.require_fresh(operation) {
            Ok(()) => Ok(tx),
            Err(error) => tx.finish(Err(error)).await,
        }
    }

    /// Whether the caller may ask for an operation of the tenant, before anything is said about what was typed. Gives who
    /// asks.
    ///
    /// # Errors
    /// As [`tenant_begin`](Self::tenant_begin), but for the reauthentication.
    pub async fn tenant_permit(&self, operation: &Operation) -> Result<Actor> {
        let tx = self.tenant_open(operation).await?;
        let actor = tx.actor.clone();
        tx.finish(Ok(actor)).await
    }

    /// Begins a transaction for what comes before an operation: its rule counts, its reauthentication not yet.
    ///
    /// # Errors
    /// As [`tenant_permit`](Self::tenant_permit).
    pub async fn tenant_begin_before(&self, operation: &Operation) -> Result<TenantTx> {
        self.tenant_open(operation).await
    }

    async fn tenant_open(&self, operation: &Operation) -> Result<TenantTx> {
        let reads = operation.kind == OperationKind::Read;
        let site = self.tenant_site()?;
        // Anyone who signed in is of an epoch; a job goes on when its user signs out.
        let (user, epoch) = match (&self.agent, &self.auth) {
            (Some(Agent::Operator(name)), _) => {
                let conn = self.services.db.tenant(&site.tenant).await?;
                let user = TenantUser::operator(name);
                return Ok(TenantTx { conn, user, actor: Actor::Operator { name: name.clone() }, reads });
            }
            (Some(Agent::Job(_, user)), _) => (*user, None),
            (None, Some(auth)) => (UserId(auth.subject), Some(auth.epoch)),
            (Some(Agent::System), _) | (None, None) => return Err(AppError::Unauthenticated.into()),
        };
        let opening = self.services.db.tenant_with(&site.tenant, |conn| Box::pin(account_read(conn, user)));
        let (mut conn, found) = Box::pin(opening).await?;
        let judged = match found {
            Ok(account) => account_judge(self, &mut conn, account, epoch, operation.rule).await,
            Err(error) => Err(error.into()),
        };
        match judged {
            Ok(user) => {
                let actor = self.tenant_actor(&user);
                Ok(TenantTx { conn, user, actor, reads })
            }
            Err(error) => conn.finish(Err(error)).await,
        }
    }

    /// The pipelines of which a user with that access sees anything, for the navigation.
    #[must_use]
    pub fn pipelines_seen(&self, access: &Access) -> Vec<PipelineHead> {
        let links = self.settings.pipelines.as_deref().unwrap_or_default();
        links.iter().filter(|link| link.is_seen(access)).map(|link| link.head.clone()).collect()
    }

    fn tenant_actor(&self, user: &TenantUser) -> Actor {
        let (id, email) = (user.id, user.viewer.email.clone());
        match self.agent {
            Some(Agent::Job(job, _)) => Actor::Job { id: job, user: Some(id), asked_by: email },
            _ => Actor::User { id, email },
        }
    }
}

/// The account of a user with its roles, in one round trip.
async fn account_read(conn: &TenantConn, id: UserId) -> DbResult<(Option<UserRecord>, Vec<HeldRole>)> {
    futures_util::try_join!(users::user_get(conn, id), users::user_roles_held(conn, id))
}

/// Whether an account may act now, and how.
async fn account_judge(
    cx: &RequestCx,
    conn: &mut TenantConn,
    (record, held): (Option<UserRecord>, Vec<HeldRole>),
    epoch: Option<i32>,
    rule: Rule,
) -> Result<TenantUser> {
    let is_good = |user: &UserRecord| user.is_active && epoch.is_none_or(|epoch| user.session_epoch == epoch);
    let record = record.filter(is_good).ok_or(AppError::Unauthenticated)?;
    if record.must_change_password && epoch.is_some() {
        return Err(AppError::PasswordRequired.into());
    }
    let access = users::access_of(&record, held)?;
    let id = UserId(record.id);
    let due = cx.settings.factor_is_due(access.roles.iter().map(|role| role.key.as_str()));
    let missing = due && !factor_is_on(&mut FactorConn::Tenant(conn), record.id).await?;
    if missing && cx.settings.factor_is_enforced(cx.today()) {
        return Err(AppError::FactorRequired.into());
    }
    let (access, seeing_as) = seen_as(cx, conn, access).await?;
    let permissions = access.effective();
    let photo = photo_path(id, record.photo_hash.as_deref());
    let viewer = Viewer { name: record.full_name(), email: record.email, photo: photo.clone() };
    let UserRecord { first_name, locale, theme, .. } = record;
    cx.caller_set(Caller {
        id: id.0,
        first_name,
        viewer: viewer.clone(),
        permissions: permissions.clone(),
        pipelines: cx.pipelines_seen(&access),
        admin_role: None,
        seeing_as,
        factor_by: if missing { cx.settings.mfa_from } else { None },
        look: Some(AccountLook { locale, theme, photo }),
    });
    // Checked after the caller is noted, because the error page shows the caller's frame.
    if !rule.permits_user(&permissions) {
        return Err(AppError::Forbidden.into());
    }
    let given = given(cx, &access);
    Ok(TenantUser { id, viewer, permissions, access, given })
}

/// What a user may give to others: what is held in every pipeline.
fn given(cx: &RequestCx, access: &Access) -> PermissionSet {
    let links = cx.settings.pipelines.as_deref().unwrap_or_default();
    let reached: Vec<RecordAccess> = links.iter().map(|link| link.reached_whole(access)).collect();
    RecordAccess::given(&access.effective(), reached.iter())
}

/// The rights of the role as which the caller sees the site, with its name, as long as the caller still holds all of them; else the caller's
/// own.
///
/// # Errors
/// Those of the statement.
pub async fn seen_as(cx: &RequestCx, conn: &TenantConn, access: Access) -> Result<(Access, Option<String>)> {
    let Some(key) = cx.auth.as_ref().and_then(|auth| auth.seeing_as.as_deref()) else { return Ok((access, None)) };
    let role = roles::role_list(conn).await?.into_iter().find(|role| role.key == key);
    let Some(role) = role.filter(|role| given(cx, &access).covers(&role.permissions)) else { return Ok((access, None)) };
    let held = HeldRole { key: role.key, name: role.name.clone(), permissions: role.permissions };
    Ok((Access { roles: vec![held], overrides: Overrides::default() }, Some(role.name)))
}

/// The signed-in user on a company's site, read anew in a transaction that began elsewhere.
pub async fn tenant_user_now(cx: &RequestCx, conn: &mut TenantConn, operation: &Operation) -> Result<TenantUser> {
    let auth = cx.auth.as_ref().ok_or(AppError::Unauthenticated)?;
    cx.require_fresh(operation)?;
    let account = account_read(conn, UserId(auth.subject)).await?;
    account_judge(cx, conn, account, Some(auth.epoch), operation.rule).await
}

impl TenantUser {
    /// Whether the user may give all of this to others: nobody gives what they do not hold.
    #[must_use]
    pub fn holds(&self, permissions: &PermissionSet) -> bool {
        self.given.covers(permissions)
    }

    fn operator(name: &str) -> Self {
        let permissions = PermissionSet::new(Permission::ALL.into_iter().map(|permission| (permission, Scope::All)));
        Self {
            id: OPERATOR,
            viewer: Viewer { name: format!("operator {name}"), email: String::new(), photo: None },
            given: permissions.clone(),
            permissions,
            access: Access::default(),
        }
    }
}

impl TenantTx {
    /// Goes on only with that permission, where the rule of the operation leaves it to what is asked for.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] without it.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.user.permissions.has(permission) { Ok(()) } else { Err(AppError::Forbidden.into()) }
    }

    /// The user who acts, for a row that names its maker; none for an operator.
    #[must_use]
    pub fn maker(&self) -> Option<UserId> {
        self.actor.user()
    }

    /// Commits, or undoes everything when `result` is an error.
    ///
    /// # Errors
    /// The error given, or that of the commit.
    pub async fn finish<T>(self, result: Result<T>) -> Result<T> {
        if self.reads { self.conn.finish_read(result).await } else { self.conn.finish(result).await }
    }
}
