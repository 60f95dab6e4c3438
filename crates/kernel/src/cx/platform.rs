//! Transactions of the platform: who acts in them, and whether the operation permits it.

use super::{Agent, Caller, RequestCx};
use crate::{Result, actor::Actor};
use db::{
    PlatformConn,
    platform::admins::{AdminRecord, admin_get},
};
use domain::{AdminId, AdminRole, AppError, Operation, PermissionSet, dto::Viewer, operation::Rule};

/// An open transaction of a platform admin, or of the operator at a terminal.
pub struct PlatformTx {
    /// The transaction.
    pub conn: PlatformConn,
    /// Who acts.
    pub actor: Actor,
}

impl RequestCx {
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

/// The signed-in user on the platform, if the rule permits.
async fn platform_admin(cx: &RequestCx, conn: &mut PlatformConn, rule: Rule) -> Result<Actor> {
    let auth = cx.auth.as_ref().ok_or(AppError::Unauthenticated)?;
    let good = |admin: &AdminRecord| admin.is_active && admin.session_epoch == auth.epoch;
    let admin = admin_get(conn, AdminId(auth.subject)).await?.filter(good).ok_or(AppError::Unauthenticated)?;
    // A role that nobody knows any more permits as little as the least.
    let role = AdminRole::parse(&admin.role).unwrap_or(AdminRole::Support);
    let name = format!("{} {}", admin.first_name, admin.last_name).trim().to_owned();
    cx.caller_set(Caller {
        id: admin.id,
        first_name: admin.first_name.clone(),
        viewer: Viewer { name, email: admin.email.clone(), photo: None },
        permissions: PermissionSet::default(),
        pipelines: Vec::new(),
        admin_role: Some(role),
        seeing_as: None,
        factor_by: None,
        look: None,
    });
    // Checked after the caller is noted, because the error page shows the caller's frame.
    if !rule.permits_admin(role) {
        return Err(AppError::Forbidden.into());
    }
    Ok(Actor::PlatformAdmin { id: AdminId(admin.id), email: admin.email })
}

impl PlatformTx {
    /// The admin who acts; none for an operator or the clock.
    #[must_use]
    pub const fn admin(&self) -> Option<AdminId> {
        match self.actor {
            Actor::PlatformAdmin { id, .. } => Some(id),
            _ => None,
        }
    }

    /// Commits, or undoes everything when `result` is an error.
    ///
    /// # Errors
    /// The error given, or that of the commit.
    pub async fn finish<T>(self, result: Result<T>) -> Result<T> {
        self.conn.finish(result).await
    }
}
