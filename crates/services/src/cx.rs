//! Who asks, where and how: made once per request, or for the operator at a terminal.

use crate::{
    Error, Result, Services, Site, TenantSite,
    account::{Account, AccountConn},
    audit::Actor,
    settings::session_limits,
    sites::SiteState,
};
use cache::session::{SessionAuth, SessionLimits, SiteSessions};
use chrono::NaiveDate;
use db::{
    PlatformConn, TenantConn,
    factor::{FactorConn, factor_is_on},
    tenant::users::{self, UserRecord},
};
use domain::{
    AdminId, AppError, Permission, PermissionSet, UserId,
    dto::{Viewer, photo_path},
    permission::Scope,
    setting::TenantSettings,
};
use std::{net::IpAddr, sync::Arc};
use tower_sessions_core::Session;

/// What is known of a request besides its content.
#[derive(Clone, Debug, Default)]
pub struct RequestInfo {
    /// Finds the request in the log.
    pub id: String,
    /// Where it came from.
    pub ip: Option<IpAddr>,
    /// With which browser, cut to 200 characters.
    pub user_agent: Option<String>,
    /// The ticket of somebody between the two steps of signing in.
    pub second: Option<String>,
    /// What a browser keeps in which somebody signed in before.
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
    pub(crate) locked: Arc<[i64]>,
    /// Who is signed in on that site.
    pub auth: Option<SessionAuth>,
    /// The session, for signing in and out.
    pub session: Option<Session>,
    /// The name of whoever runs the command line.
    operator: Option<String>,
    /// The user for whom a job of the company works.
    acting: Option<UserId>,
}

/// An open transaction of a tenant's signed-in user.
pub struct TenantTx {
    /// The transaction.
    pub conn: TenantConn,
    /// Who acts.
    pub user: TenantUser,
    actor: Actor,
}

/// The user who acts.
#[derive(Clone, Debug)]
pub struct TenantUser {
    /// The user.
    pub id: UserId,
    /// First name.
    pub first_name: String,
    /// First and last name, and the address.
    pub viewer: Viewer,
    /// Everything the user may do.
    pub permissions: PermissionSet,
    /// The day by which a second factor has to be set up that is asked for and not there.
    pub factor_by: Option<NaiveDate>,
    /// The user's own locale; empty means the company's.
    pub locale: String,
    /// `light` or `dark`; empty means what the system has.
    pub theme: String,
}

/// What an operator at a terminal is among the users of a company: none of them.
const OPERATOR: UserId = UserId(0);

/// An open transaction of a platform admin, or of the operator at a terminal.
pub struct PlatformTx {
    /// The transaction.
    pub conn: PlatformConn,
    /// Who acts.
    pub actor: Actor,
    /// As the frame of a page shows it.
    pub viewer: Viewer,
    /// Whether the actor may change anything; support only looks.
    pub may_change: bool,
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
        Self { services, site, settings, locked, request, auth, session: Some(session), operator: None, acting: None }
    }

    /// The operator at a terminal, who may do on the platform what an admin may.
    #[must_use]
    pub fn operator(services: Arc<Services>, name: &str) -> Self {
        let request = RequestInfo { id: "cli".to_owned(), ..RequestInfo::default() };
        let settings = Arc::default();
        let (site, locked, operator) = (Site::Platform, Arc::default(), Some(name.to_owned()));
        Self { services, site, settings, locked, request, auth: None, session: None, operator, acting: None }
    }

    /// The operator at a terminal, who may do in a company what its owners may.
    #[must_use]
    pub fn operator_in(services: Arc<Services>, site: Site, settings: Arc<TenantSettings>, name: &str) -> Self {
        Self { site, settings, ..Self::operator(services, name) }
    }

    /// A job of a company that works for one of its users, with the rights that user has while it runs.
    pub(crate) fn acting(services: Arc<Services>, site: Site, settings: Arc<TenantSettings>, user: UserId, job: &str) -> Self {
        let request = RequestInfo { id: job.to_owned(), ..RequestInfo::default() };
        let locked = Arc::default();
        Self { services, site, settings, locked, request, auth: None, session: None, operator: None, acting: Some(user) }
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
        self.auth.as_ref().map(|auth| UserId(auth.subject)).or(self.acting)
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

    /// Opens a transaction for the signed-in user, who is read in it: whether still active, of which epoch, with
    /// which permissions.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when nobody is signed in, or no longer; [`AppError::PasswordRequired`] and
    /// [`AppError::FactorRequired`] for somebody who has to set a new password or a second factor before anything else.
    pub async fn tenant_begin(&self) -> Result<TenantTx> {
        let site = self.tenant_site()?;
        if let Some(name) = &self.operator {
            let conn = self.services.db.tenant(&site.tenant).await?;
            return Ok(TenantTx { conn, user: TenantUser::operator(name), actor: Actor::operator(name) });
        }
        // Whoever signed in is of an epoch; a job goes on when its user signs out.
        let (user, epoch) = match (&self.auth, self.acting) {
            (Some(auth), _) => (UserId(auth.subject), Some(auth.epoch)),
            (None, Some(user)) => (user, None),
            (None, None) => return Err(AppError::Unauthenticated.into()),
        };
        let mut conn = self.services.db.tenant(&site.tenant).await?;
        match tenant_user(self, &mut conn, user, epoch).await {
            Ok(user) => {
                let actor = Actor::user(user.id, &user.viewer.email);
                Ok(TenantTx { conn, user, actor })
            }
            Err(error) => conn.finish(Err(error)).await,
        }
    }

    /// Opens a transaction for the signed-in platform admin or the operator.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when nobody is signed in, [`AppError::NotFound`] on a tenant's site.
    pub async fn platform_begin(&self) -> Result<PlatformTx> {
        self.platform_known()?;
        self.platform_tx(self.services.db.platform().await?, false).await
    }

    /// Like [`platform_begin`](Self::platform_begin), to change something.
    ///
    /// # Errors
    /// As there; [`AppError::Forbidden`] for support, who only looks.
    pub async fn platform_begin_change(&self) -> Result<PlatformTx> {
        self.platform_known()?;
        self.platform_tx(self.services.db.platform().await?, true).await
    }

    /// Whether the person asking may change anything on the platform, before anything is said about what was typed.
    ///
    /// # Errors
    /// As [`platform_begin_change`](Self::platform_begin_change).
    pub async fn platform_may_change(&self) -> Result<()> {
        self.platform_begin_change().await?.finish(Ok(())).await
    }

    /// Like [`platform_begin_change`](Self::platform_begin_change), as the role that may create schemas.
    ///
    /// # Errors
    /// As there.
    pub async fn platform_begin_owner(&self) -> Result<PlatformTx> {
        self.platform_known()?;
        self.platform_tx(self.services.db.owner().await?, true).await
    }

    fn platform_known(&self) -> Result<()> {
        if self.site.tenant().is_some() {
            return Err(AppError::NotFound.into());
        }
        if self.operator.is_none() && self.auth.is_none() { Err(AppError::Unauthenticated.into()) } else { Ok(()) }
    }

    async fn platform_tx(&self, conn: PlatformConn, changes: bool) -> Result<PlatformTx> {
        if let Some(name) = &self.operator {
            let viewer = Viewer { name: name.clone(), email: String::new(), photo: None };
            return Ok(PlatformTx { conn, actor: Actor::operator(name), viewer, may_change: true });
        }
        let Some(auth) = &self.auth else { return conn.finish(Err(AppError::Unauthenticated.into())).await };
        let mut conn = AccountConn::Platform(conn);
        let found = conn.get(auth.subject).await;
        let AccountConn::Platform(conn) = conn else { return Err(Error::Fault("the connection changed its site".to_owned())) };
        let found = found.and_then(|account| signed_in(account, auth));
        match found.and_then(|account| if changes && !account.may_change { Err(AppError::Forbidden.into()) } else { Ok(account) }) {
            Ok(account) => {
                let viewer = Viewer { name: account.full_name(), email: account.email.clone(), photo: None };
                let actor = Actor::admin(AdminId(account.id), &account.email);
                Ok(PlatformTx { conn, actor, viewer, may_change: account.may_change })
            }
            Err(error) => conn.finish(Err(error)).await,
        }
    }

    /// What the person asking may know of a result; causes are logged here, refusals noted.
    ///
    /// # Errors
    /// The error to answer with.
    pub async fn answer<T>(&self, result: Result<T>) -> std::result::Result<T, AppError> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => {
                let error = error.into_app(&self.request.id);
                if error == AppError::Forbidden {
                    crate::audit::refused(self, "access.refused", serde_json::json!({})).await;
                }
                Err(error)
            }
        }
    }
}

/// The account of a session that is still good.
pub(crate) fn signed_in(account: Option<Account>, auth: &SessionAuth) -> Result<Account> {
    let good = |account: &Account| account.is_active && account.session_epoch == auth.epoch;
    account.filter(good).ok_or_else(|| AppError::Unauthenticated.into())
}

/// How long sessions of a site last.
#[must_use]
pub fn limits_of(site: &Site, settings: &TenantSettings) -> SessionLimits {
    if site.tenant().is_some() { session_limits(settings) } else { SessionLimits::PLATFORM }
}

async fn tenant_user(cx: &RequestCx, conn: &mut TenantConn, id: UserId, epoch: Option<i32>) -> Result<TenantUser> {
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
    let factor_by = if missing { cx.settings.mfa_from } else { None };
    let permissions = access.effective();
    let photo = photo_path(id, record.photo_hash.as_deref());
    let viewer = Viewer { name: record.full_name(), email: record.email, photo };
    let UserRecord { first_name, locale, theme, .. } = record;
    Ok(TenantUser { id, first_name, viewer, permissions, factor_by, locale, theme })
}

/// Whoever is signed in on a company's site, read anew in a transaction that began elsewhere.
pub(crate) async fn tenant_user_now(cx: &RequestCx, conn: &mut TenantConn) -> Result<TenantUser> {
    let auth = cx.auth.as_ref().ok_or(AppError::Unauthenticated)?;
    tenant_user(cx, conn, UserId(auth.subject), Some(auth.epoch)).await
}

impl TenantUser {
    fn operator(name: &str) -> Self {
        Self {
            id: OPERATOR,
            first_name: name.to_owned(),
            viewer: Viewer { name: format!("operator {name}"), email: String::new(), photo: None },
            permissions: PermissionSet::new(Permission::ALL.into_iter().map(|permission| (permission, Scope::All))),
            factor_by: None,
            locale: String::new(),
            theme: String::new(),
        }
    }
}

impl TenantTx {
    /// Goes on only with that permission.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] without it.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.user.permissions.has(permission) { Ok(()) } else { Err(AppError::Forbidden.into()) }
    }

    /// The actor, for the audit log.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.actor.clone()
    }

    /// The user who acts, for a row that names its maker; none for an operator.
    #[must_use]
    pub fn maker(&self) -> Option<UserId> {
        (self.user.id != OPERATOR).then_some(self.user.id)
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
