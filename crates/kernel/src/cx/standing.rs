//! Whether a caller still stands where it stood when a long answer began.

use super::RequestCx;
use crate::{Result, Site, sites::site_find};
use domain::{AppError, HostName, TenantStatus};
use futures_util::{Stream, StreamExt, stream};
use std::time::{Duration, Instant};

/// How often an answer that takes long looks whether its caller still may have it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl RequestCx {
    /// Goes on only while the site serves and the session is open. Everything else of a caller is read in each transaction.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a tenant that no longer serves, [`AppError::Unauthenticated`] for a session that ended.
    pub async fn require_standing(&self) -> Result<()> {
        if let Some(site) = self.site.tenant() {
            let host = HostName::parse(&site.primary_domain).map_err(|_| AppError::NotFound)?;
            let Site::Tenant(now) = site_find(&self.services, &host).await? else { return Err(AppError::NotFound.into()) };
            if now.tenant.id != site.tenant.id || now.status != TenantStatus::Active || !now.is_current {
                return Err(AppError::NotFound.into());
            }
        }
        let id = self.auth.as_ref().and(self.session.as_ref()).and_then(tower_sessions_core::Session::id);
        match id {
            // A long answer is no sign of life: it must not keep an idle session open.
            Some(id) if !self.sessions().is_held(&id).await? => Err(AppError::Unauthenticated.into()),
            _ => Ok(()),
        }
    }

    /// The parts of a long answer, which breaks off within a second of its caller's end.
    pub fn while_standing<T: Send + 'static>(
        &self,
        parts: impl Stream<Item = std::io::Result<T>> + Send + 'static,
    ) -> impl Stream<Item = std::io::Result<T>> + Send + 'static {
        let state = (self.clone(), Box::pin(parts), Instant::now());
        stream::try_unfold(state, |(cx, mut parts, looked_at)| async move {
            let mut looked_at = looked_at;
            if looked_at.elapsed() >= LOOK_EVERY {
                cx.require_standing().await.map_err(|error| std::io::Error::other(error.to_string()))?;
                looked_at = Instant::now();
            }
            match parts.next().await {
                Some(part) => Ok(Some((part?, (cx, parts, looked_at)))),
                None => Ok(None),
            }
        })
    }
}
