//! The session of a request: one cookie, looked up once, good on one site.

use super::{client::cookies, state::AppState};
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};
use cache::session::{AUTH, SessionAuth, SessionLimits};
use domain::HostName;
use kernel::{Result, Site, cx::limits_of, sites::SiteState};
use std::{str::FromStr, sync::Arc};
use tower_sessions_core::{Session, session::Id};

/// The session's cookie. `__Host-`: this host alone, Secure, the whole site (RFC 6265bis 4.1.3.2).
pub(super) use app::api::SESSION_COOKIE;
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Lax";

/// Whether a host is the one on which its site has sessions (security.md 14).
pub(super) fn is_primary(site: &Site, host: &HostName) -> bool {
    site.tenant().is_none_or(|tenant| host.as_str() == tenant.primary_domain)
}

/// A session as it came in.
pub(super) struct Incoming {
    /// For signing in and out.
    pub session: Session,
    /// Who is signed in.
    pub auth: Option<SessionAuth>,
    /// The id under which it came.
    id: Option<Id>,
    /// Whether a session cookie came at all.
    presented: bool,
    /// Whether several cookies came, of which at most one can be real.
    pub duplicated: bool,
}

impl Incoming {
    /// Looks the session up, together with what else a request needs to know of its site from Redis: the settings, and who cannot
    /// sign in for now. An id that is unknown on this site is never adopted; on a domain that only leads to the primary one
    /// every id is.
    ///
    /// # Errors
    /// When Redis does not answer: nobody is signed out by that.
    pub async fn load(state: &AppState, site: &Site, headers: &HeaderMap, primary: bool) -> Result<(Self, SiteState)> {
        let services = &state.services;
        let given: Vec<&str> = cookies(headers, SESSION_COOKIE).collect();
        let parsed = match given.as_slice() {
            [one] if primary => Id::from_str(one).ok(),
            _ => None,
        };
        let found = async {
            match &parsed {
                // Which limits count, the settings say.
                Some(id) => Ok::<_, kernel::Error>(services.sessions(site.key(), SessionLimits::LONGEST).fetch(id).await?),
                None => Ok(None),
            }
        };
        // Asked at once, so that Redis is waited for once.
        let (site_state, found) = tokio::try_join!(SiteState::read(services, site, parsed.is_some()), found)?;
        let store = Arc::new(services.sessions(site.key(), limits_of(site, &site_state.settings)));
        let record = match &parsed {
            Some(id) => store.open(id, found).await.map_err(tower_sessions_core::session::Error::Store)?,
            None => None,
        };
        let auth = record.as_ref().and_then(|record| serde_json::from_value(record.data.get(AUTH)?.clone()).ok());
        let id = if auth.is_some() { parsed } else { None };
        let session = Session::new(id, store, None);
        Ok((Self { session, auth, id, presented: !given.is_empty(), duplicated: given.len() > 1 }, site_state))
    }

    /// Whether one came that is none of this site.
    pub const fn is_unknown(&self) -> bool {
        self.presented && self.auth.is_none()
    }

    /// Tells the browser of a session that began or ended while the request was answered.
    pub fn leave(&self, response: &mut Response) {
        let now = self.session.id();
        let cookie = match now {
            Some(id) if now != self.id => format!("{SESSION_COOKIE}={id}; {ATTRIBUTES}"),
            None if self.presented => {
                if self.id.is_some() {
                    response
                        .headers_mut()
                        .insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"storage\""));
                }
                format!("{SESSION_COOKIE}=; {ATTRIBUTES}; Max-Age=0")
            }
            _ => return,
        };
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}
