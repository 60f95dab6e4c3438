//! Who asks, where and how: made once per request, or for the operator at a terminal, or for a job.

use crate::{Result, Services, Site, TenantSite, actor::Actor, settings::session_limits, sites::SiteState};
use cache::session::{SessionAuth, SessionLimits, SiteSessions};
use chrono::{NaiveDate, TimeDelta};
use db::{
    PlatformConn, TenantConn,
    factor::{FactorConn, factor_is_on},
    platform::admins::{AdminRecord, admin_get},
    tenant::users::{self, UserRecord},
};
use domain::{
    AdminId, AdminRole, AppError, JobId, Operation, Permission, PermissionSet, UserId,
    dto::{Viewer, account::AccountLook, photo_path},
    operation::{Reauthentication, Rule},
    permission::Scope,
    setting::TenantSettings,
};
use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tower_sessions_core::Session;

/// How long a reauthentication is good (OWASP ASVS 5.0, 7.5.1; kanidm: 600 s).
const REAUTHENTICATION_GOOD: TimeDelta = TimeDelta::minutes(10);

/// What is known of a request besides its content.
#[derive(Clone, Debug, Default)]
pub struct RequestInfo {
    /// Finds the request in the log.
    pub id: String,
    /// Where it came from.
    pub ip: Option<IpAddr>,
    /// With which browser, cut to 200 characters.
    pub user_agent: Option<String>,
    /// The ticket of a user between the two steps of signing in.
    pub second: Option<String>,
    /// What a browser keeps in which the user signed in before.
    pub device: Option<String>,
}

/// Everything a use case may ask about its caller.
#[derive(Clone)]
pub struct RequestCx {
    /// What it works with.
    pub services: Arc<Services>,
    /// The site that was asked.
    pub site: Site,
    /// The request itself.
    pub request: RequestInfo,
    /// The settings of that site.
    pub settings: Arc<TenantSettings>,
    /// Users who could not sign in when the request came, after too many wrong passwords.
    pub locked: Arc<[i64]>,
    /// Who is signed in on that site.
    pub auth: Option<SessionAuth>,
    /// The session, for signing in and out.
    pub session: Option<Session>,
    /// Who works here without a session.
    agent: Option<Agent>,
    /// What the transactions of this request learned.
    learned: Arc<Learned>,
}

/// Who works without a session.
#[derive(Clone)]
enum Agent {
    /// The operator at a terminal.
    Operator(String),
    /// Oneo itself, for what it does by the clock.
    System,
    /// A job, with the rights that a user of the tenant has while it runs.
    Job(JobId, UserId),
}

/// What the transactions of a request learned of the caller.
#[derive(Default)]
struct Learned {
    /// Whether the password was given in this very request.
    reauthenticated: AtomicBool,
    caller: Mutex<Option<Caller>>,
}

/// Who asks, as the last transaction of this request read it: for the frame around a page. It decides nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// The user or admin; 0 for an operator at a terminal.
    pub id: i64,
    /// First name.
    pub first_name: String,
    /// Name, address and picture.
    pub viewer: Viewer,
    /// What a user of a tenant may do; empty on the platform.
    pub permissions: PermissionSet,
    /// The role of a platform admin.
    pub admin_role: Option<AdminRole>,
    /// The day by which a second factor has to be set up that is asked for and not there.
    pub factor_by: Option<NaiveDate>,
    /// How pages look to a user of a tenant.
    pub look: Option<AccountLook>,
}

/// An open transaction of a tenant's signed-in user.
pub struct TenantTx {
    /// The transaction.
    pub conn: TenantConn,
    /// Who acts.
    pub user: TenantUser,
    /// The same, as the log names it.
    pub actor: Actor,
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
}

/// What an operator at a terminal is among the users of a company: none of them.
const OPERATOR: UserId = UserId(0);

/// An open transaction of a platform admin, or of the operator at a terminal.
pub struct PlatformTx {
    /// The transaction.
    pub conn: PlatformConn,
    /// Who acts.
    pub actor: Actor,
}

impl RequestCx {
    /// A request on a site.
    #[must_use]
    pub fn new(
        services: Arc<Services>,
        site: Site,
        SiteState { settings, locked }: SiteState,
        request: RequestInfo,
        (session, auth): (Session, Option<SessionAuth>),
    ) -> Self {
        let learned = Arc::default();
        Self { services, site, settings, locked, request, auth, session: Some(session), agent: None, learned }
    }

    fn without_session(services: Arc<Services>, site: Site, settings: Arc<TenantSettings>, agent: Agent, id: String) -> Self {
        let request = RequestInfo { id, ..RequestInfo::default() };
        let (locked, learned) = (Arc::default(), Arc::default());
        Self { services, site, settings, locked, request, auth: None, session: None, agent: Some(agent), learned }
    }

    /// The operator at a terminal, who may do on the platform what an admin may.
    #[must_use]
    pub fn operator(services: Arc<Services>, name: &str) -> Self {
        Self::operator_in(services, Site::Platform, Arc::default(), name)
    }

    /// The operator at a terminal, who may do in a company what its owners may.
    #[must_use]
    pub fn operator_in(services: Arc<Services>, site: Site, settings: Arc<TenantSettings>, name: &str) -> Self {
        Self::without_session(services, site, settings, Agent::Operator(name.to_owned()), "cli".to_owned())
    }

    /// Oneo itself, which does by the clock on the platform what an admin may; `id` is what its lines of the log are found by.
    pub fn system(services: Arc<Services>, id: &str) -> Self {
        Self::without_session(services, Site::Platform, Arc::default(), Agent::System, id.to_owned())
    }

    /// A job of a tenant that works for one of its users, with the rights that user has while it runs.
    pub fn job(services: Arc<Services>, site: Site, settings: Arc<TenantSettings>, user: UserId, job: JobId) -> Self {
        Self::without_session(services, site, settings, Agent::Job(job, user), format!("job {job}"))
    }

    /// The sessions of the site that was asked.
    #[must_use]
    pub fn sessions(&self) -> SiteSessions {
        self.services.sessions(self.site.key(), limits_of(&self.site, &self.settings))
    }

    /// What the site calls itself: the company's own name for itself, the one it is registered by, or Oneo.
    #[must_use]
    pub fn brand(&self) -> &str {
        let registered = || self.site.tenant().map_or("Oneo", |site| site.name.as_str());
        self.settings.brand_name.as_deref().unwrap_or_else(registered)
    }

    /// The user who asks, or for whom a job works.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        self.site.tenant()?;
        match (&self.auth, &self.agent) {
            (Some(auth), _) => Some(UserId(auth.subject)),
            (None, Some(Agent::Job(_, user))) => Some(*user),
            _ => None,
        }
    }

    /// Who asks, as the last transaction of this request read it; none before the first one and for visitors who are not signed in.
    #[must_use]
    pub fn caller(&self) -> Option<Caller> {
        self.learned.caller.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes who asks, as it was just read.
    pub fn caller_set(&self, caller: Caller) {
        *self.learned.caller.lock().unwrap_or_else(PoisonError::into_inner) = Some(caller);
    }

    /// Whether the caller must give the password again before acts that cannot be taken back. Operators and jobs never must.
    #[must_use]
    pub fn reauthentication_is_needed(&self) -> bool {
        let stale = |auth: &SessionAuth| auth.reauthenticated_at < (self.services.now() - REAUTHENTICATION_GOOD).timestamp();
        self.auth.as_ref().is_some_and(stale) && !self.learned.reauthenticated.load(Ordering::Relaxed)
    }

    /// Notes that the right password was given in this request.
    pub fn reauthenticated(&self) {
        self.learned.reauthenticated.store(true, Ordering::Relaxed);
    }

    /// Goes on only where the operation takes no reauthentication, or there is a fresh one.
    ///
    /// # Errors
    /// [`AppError::ReauthRequired`].
    pub fn require_fresh(&self, operation: &Operation) -> Result<()> {
        if operation.reauthentication != Reauthentication::Always {
            return Ok(());
        }
        if self.reauthentication_is_needed() {
            return Err(AppError::ReauthRequired.into());
        }
        // What is begun in time may be finished: a long download asks once.
        self.reauthenticated();
        Ok(())
    }

    /// The day it is where the company is.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.services.now().with_timezone(&self.settings.format.zone).date_naive()
    }

    /// The tenant's site that was asked.
    ///
    /// # Errors
    /// [`AppError::NotFound`] on the platform.
    pub fn tenant_site(&self) -> Result<&Arc<TenantSite>> {
        self.site.tenant().ok_or_else(|| AppError::NotFound.into())
    }

    /// Begins the transaction of an operation of the tenant. The caller is read in it: whether still active, of which epoch,
    /// with which permissions.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when nobody is signed in, or no longer; [`AppError::PasswordRequired`] and
    /// [`AppError::FactorRequired`] for a user who has to set a new password or a second factor before anything else;
    /// [`AppError::Forbidden`] by the rule of the operation, [`AppError::ReauthRequired`] where it takes one.
    pub async fn tenant_begin(&self, operation: &Operation) -> Result<TenantTx> {
        let tx = self.tenant_open(operation.rule).await?;
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
        let tx = self.tenant_open(operation.rule).await?;
        let actor = tx.actor.clone();
        tx.finish(Ok(actor)).await
    }

    /// Begins a transaction for what comes before an operation: its rule counts, its reauthentication not yet.
    ///
    /// # Errors
    /// As [`tenant_permit`](Self::tenant_permit).
    pub async fn tenant_begin_before(&self, operation: &Operation) -> Result<TenantTx> {
        self.tenant_open(operation.rule).await
    }

    async fn tenant_open(&self, rule: Rule) -> Result<TenantTx> {
        let site = self.tenant_site()?;
        // Anyone who signed in is of an epoch; a job goes on when its user signs out.
        let (user, epoch) = match (&self.agent, &self.auth) {
            (Some(Agent::Operator(name)), _) => {
                let conn = self.services.db.tenant(&site.tenant).await?;
                let user = TenantUser::operator(name);
                return Ok(TenantTx { conn, user, actor: Actor::Operator { name: name.clone() } });
            }
            (Some(Agent::Job(_, user)), _) => (*user, None),
            (None, Some(auth)) => (UserId(auth.subject), Some(auth.epoch)),
            (Some(Agent::System), _) | (None, None) => return Err(AppError::Unauthenticated.into()),
        };
        let mut conn = self.services.db.tenant(&site.tenant).await?;
        match tenant_user(self, &mut conn, user, epoch, rule).await {
            Ok(user) => {
                let actor = self.tenant_actor(&user);
                Ok(TenantTx { conn, user, actor })
            }
            Err(error) => conn.finish(Err(error)).await,
        }
    }

    fn tenant_actor(&self, user: &TenantUser) -> Actor {
        let (id, email) = (user.id, user.viewer.email.clone());
        match self.agent {
            Some(Agent::Job(job, _)) => Actor::Job { id: job, user: Some(id), asked_by: email },
            _ => Actor::User { id, email },
        }
    }

    /// Begins the transaction of an operation of the platform, for the signed-in platform admin or the operator.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when nobody is signed in, [`AppError::NotFound`] on a tenant's site,
    /// [`AppError::Forbidden`] by the rule of the operation, [`AppError::ReauthRequired`] where it takes one.
    pub async fn platform_begin(&self, operation: &Operation) -> Result<PlatformTx> {
        self.platform_known()?;
        let tx = self.platform_tx(self.services.db.platform().await?, operation.rule).await?;
        match self.require_fresh(operation) {
            Ok(()) => Ok(tx),
            Err(error) => tx.finish(Err(error)).await,
        }
    }

    /// Whether the caller may ask for an operation of the platform, before anything is said about what was typed.
    ///
    /// # Errors
    /// As [`platform_begin`](Self::platform_begin), but for the reauthentication.
    pub async fn platform_permit(&self, operation: &Operation) -> Result<()> {
        self.platform_begin_before(operation).await?.finish(Ok(())).await
    }

    /// Begins a transaction for what comes before an operation: its rule counts, its reauthentication not yet.
    ///
    /// # Errors
    /// As [`platform_permit`](Self::platform_permit).
    pub async fn platform_begin_before(&self, operation: &Operation) -> Result<PlatformTx> {
        self.platform_known()?;
        self.platform_tx(self.services.db.platform().await?, operation.rule).await
    }

    /// Like [`platform_begin`](Self::platform_begin), as the role that may create schemas.
    ///
    /// # Errors
    /// As there.
    pub async fn platform_begin_owner(&self, operation: &Operation) -> Result<PlatformTx> {
        self.platform_known()?;
        let tx = self.platform_tx(self.services.db.owner().await?, operation.rule).await?;
        match self.require_fresh(operation) {
            Ok(()) => Ok(tx),
            Err(error) => tx.finish(Err(error)).await,
        }
    }

    fn platform_known(&self) -> Result<()> {
        if self.site.tenant().is_some() {
            return Err(AppError::NotFound.into());
        }
        if self.agent.is_none() && self.auth.is_none() { Err(AppError::Unauthenticated.into()) } else { Ok(()) }
    }

    async fn platform_tx(&self, mut conn: PlatformConn, rule: Rule) -> Result<PlatformTx> {
        match &self.agent {
            Some(Agent::Operator(name)) => return Ok(PlatformTx { conn, actor: Actor::Operator { name: name.clone() } }),
            Some(Agent::System) => return Ok(PlatformTx { conn, actor: Actor::System { rule: "by the clock" } }),
            Some(Agent::Job(..)) | None => {}
        }
        match platform_admin(self, &mut conn, rule).await {
            Ok(actor) => Ok(PlatformTx { conn, actor }),
            Err(error) => conn.finish(Err(error)).await,
        }
    }
}

/// How long sessions of a site last.
#[must_use]
pub fn limits_of(site: &Site, settings: &TenantSettings) -> SessionLimits {
    if site.tenant().is_some() { session_limits(settings) } else { SessionLimits::PLATFORM }
}

/// The signed-in user on the platform, if the rule permits.
async fn platform_admin(cx: &RequestCx, conn: &mut PlatformConn, rule: Rule) -> Result<Actor> {
    let auth = cx.auth.as_ref().ok_or(AppError::Unauthenticated)?;
    let good = |admin: &AdminRecord| admin.is_active && admin.session_epoch == auth.epoch;
    let admin = admin_get(conn, AdminId(auth.subject)).await?.filter(good).ok_or(AppError::Unauthenticated)?;
    // A role that nobody knows any more permits as little as the least.
    let role = AdminRole::parse(&admin.role).unwrap_or(AdminRole::Support);
    if !rule.permits_admin(role) {
        return Err(AppError::Forbidden.into());
    }
    let name = format!("{} {}", admin.first_name, admin.last_name).trim().to_owned();
    cx.caller_set(Caller {
        id: admin.id,
        first_name: admin.first_name.clone(),
        viewer: Viewer { name, email: admin.email.clone(), photo: None },
        permissions: PermissionSet::default(),
        admin_role: Some(role),
        factor_by: None,
        look: None,
    });
    Ok(Actor::PlatformAdmin { id: AdminId(admin.id), email: admin.email })
}

async fn tenant_user(cx: &RequestCx, conn: &mut TenantConn, id: UserId, epoch: Option<i32>, rule: Rule) -> Result<TenantUser> {
    let (record, held) = futures_util::try_join!(users::user_get(conn, id), users::user_roles_held(conn, id))?;
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
    let permissions = access.effective();
    if !rule.permits_user(&permissions) {
        return Err(AppError::Forbidden.into());
    }
    let photo = photo_path(id, record.photo_hash.as_deref());
    let viewer = Viewer { name: record.full_name(), email: record.email, photo: photo.clone() };
    let UserRecord { first_name, locale, theme, .. } = record;
    cx.caller_set(Caller {
        id: id.0,
        first_name,
        viewer: viewer.clone(),
        permissions: permissions.clone(),
        admin_role: None,
        factor_by: if missing { cx.settings.mfa_from } else { None },
        look: Some(AccountLook { locale, theme, photo }),
    });
    Ok(TenantUser { id, viewer, permissions })
}

/// The signed-in user on a company's site, read anew in a transaction that began elsewhere.
pub async fn tenant_user_now(cx: &RequestCx, conn: &mut TenantConn, operation: &Operation) -> Result<TenantUser> {
    let auth = cx.auth.as_ref().ok_or(AppError::Unauthenticated)?;
    cx.require_fresh(operation)?;
    tenant_user(cx, conn, UserId(auth.subject), Some(auth.epoch), operation.rule).await
}

impl TenantUser {
    fn operator(name: &str) -> Self {
        Self {
            id: OPERATOR,
            viewer: Viewer { name: format!("operator {name}"), email: String::new(), photo: None },
            permissions: PermissionSet::new(Permission::ALL.into_iter().map(|permission| (permission, Scope::All))),
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
        self.conn.finish(result).await
    }
}

impl PlatformTx {
    /// Commits, or undoes everything when `result` is an error.
    ///
    /// # Errors
    /// The error given, or that of the commit.
    pub async fn finish<T>(self, result: Result<T>) -> Result<T> {
        self.conn.finish(result).await
    }
}
