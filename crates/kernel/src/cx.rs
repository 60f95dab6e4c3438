//! Who asks, where and how: made once per request, or for the operator at a terminal, or for a job.

mod platform;
mod standing;
mod tenant;

pub use platform::PlatformTx;
pub use tenant::{TenantTx, TenantUser, seen_as, tenant_user_now};

use crate::{
    Error, Result, Services, Site, TenantSite, passwords::PasswordHasher, settings::session_limits, shares::Permit, sites::SiteState,
};
use cache::session::{SessionAuth, SessionLimits, SiteSessions};
use chrono::{NaiveDate, TimeDelta};
use domain::{
    AdminRole, AppError, JobId, Operation, PermissionSet, UserId,
    dto::{Viewer, account::AccountLook},
    operation::Reauthentication,
    record::PipelineHead,
    setting::TenantSettings,
};
use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
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
    /// The share of the cores that this request works with.
    turn: Arc<Mutex<Turn>>,
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

/// The share of the cores that a request works with, and what is remembered of it.
#[derive(Default)]
struct Turn {
    permit: Option<Permit>,
    is_crowded: bool,
}

/// What the transactions of a request learned of the caller.
#[derive(Default)]
struct Learned {
    /// Whether the password was given in this very request.
    reauthenticated: AtomicBool,
    caller: Mutex<Option<Caller>>,
    /// What a fault said, for the error pages of developers.
    fault: Mutex<Option<String>>,
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
    /// The pipelines of which a user of a tenant sees anything.
    pub pipelines: Vec<PipelineHead>,
    /// The role of a platform admin.
    pub admin_role: Option<AdminRole>,
    /// The name of the role as which a user of a tenant sees the site.
    pub seeing_as: Option<String>,
    /// The day by which a second factor has to be set up that is asked for and not there.
    pub factor_by: Option<NaiveDate>,
    /// How pages look to a user of a tenant.
    pub look: Option<AccountLook>,
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
        let (learned, turn) = (Arc::default(), Arc::default());
        Self { services, site, settings, locked, request, auth, session: Some(session), agent: None, learned, turn }
    }

    fn without_session(services: Arc<Services>, site: Site, settings: Arc<TenantSettings>, agent: Agent, id: String) -> Self {
        let request = RequestInfo { id, ..RequestInfo::default() };
        let (locked, learned, turn) = (Arc::default(), Arc::default(), Arc::default());
        Self { services, site, settings, locked, request, auth: None, session: None, agent: Some(agent), learned, turn }
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

    /// Holds the share of the cores that this request works with, until the turn ends or the permit is dropped with the context.
    pub fn turn_begin(&self, permit: Permit) {
        *self.turn() = Turn { is_crowded: permit.is_crowded(), permit: Some(permit) };
    }

    /// Gives the share of the cores back. A request that goes on to wait for another service or a large file calls this, so that the
    /// other requests of its site need not wait as long.
    pub fn turn_end(&self) {
        let _permit = self.turn().permit.take();
    }

    /// Lends the share of the cores to other requests of the site, because this one takes long: it waits for something else.
    pub fn turn_lend(&self) {
        if let Some(permit) = &mut self.turn().permit {
            permit.lend();
        }
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the password hasher of this site. Hashing has its own queue, so this ends the turn.
    #[must_use]
    pub fn passwords(&self) -> PasswordHasher {
        self.turn_end();
        let is_crowded = self.turn().is_crowded;
        self.services.passwords.of(self.site.key(), is_crowded)
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

    /// What the last fault of this request said; only where the installation shows that.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        self.learned.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what a fault says, where the installation shows that.
    pub(crate) fn fault_note(&self, error: &Error) {
        if self.services.config.debug {
            *self.learned.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{error}\n\n{error:#?}"));
        }
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
}

/// How long sessions of a site last.
#[must_use]
pub fn limits_of(site: &Site, settings: &TenantSettings) -> SessionLimits {
    if site.tenant().is_some() { session_limits(settings) } else { SessionLimits::PLATFORM }
}
