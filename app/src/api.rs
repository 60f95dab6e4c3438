//! What every server function shares: the caller, the errors, and the way on after a success.

use axum::{
    Extension,
    http::{HeaderMap, header},
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    AdminRole, AppError, Flash, JobId, PermissionSet, UserId,
    dto::{
        Viewer,
        tenant::{CompanyJobPage, UserHead},
    },
    flash::Toast,
    format::Format,
    job::JobStatus,
    record::PipelineHead,
};
use kernel::{RequestCx, cx::Caller};
use leptos::{
    prelude::*,
    server_fn::{codec::JsonEncoding, error::FromServerFnError},
};
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};

/// Where the server functions of the platform console lie.
pub const PLATFORM_API: &str = "/api/platform";

/// Where the server functions of a tenant's site lie.
pub const TENANT_API: &str = "/api/tenant";

/// An error as a server function answers with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiError(pub AppError);

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        Self(error)
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_)
            | ServerFnErrorErr::Request(_) => Self(AppError::Malformed),
            other => {
                tracing::error!(error = %other, "a server function failed");
                Self(AppError::Internal { request_id: String::new() })
            }
        }
    }

    fn status_code(&self) -> axum::http::StatusCode {
        axum::http::StatusCode::from_u16(self.0.status()).unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// The result of a server function.
pub type ApiResult<T> = Result<T, ApiError>;

/// The frame around a page, and the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Framed<T> {
    /// The frame.
    pub frame: Frame,
    /// What the page shows.
    pub data: T,
}

/// What the frame around every page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The user or admin who looks.
    pub id: i64,
    /// First name.
    pub first_name: String,
    /// Who is signed in.
    pub viewer: Viewer,
    /// What the viewer may do; empty on the platform.
    pub permissions: PermissionSet,
    /// The role of a platform admin.
    pub admin_role: Option<AdminRole>,
    /// Whether the viewer must give the password again before acts that cannot be taken back.
    pub must_reauthenticate: bool,
    /// The company's name, or Oneo.
    pub brand: String,
    /// Whether this is a development installation, which every page says.
    pub development: bool,
    /// The time at which the page was made.
    pub now: DateTime<Utc>,
    /// Whether e-mail is sent from here.
    pub mail_is_on: bool,
    /// The name of the role as which the viewer sees the site.
    pub seeing_as: Option<String>,
    /// The day by which the viewer has to set up a second factor.
    pub factor_by: Option<NaiveDate>,
    /// How the viewer writes numbers and days, where that is not how the site does.
    pub format: Option<Format>,
    /// The kinds of records that the viewer sees.
    pub pipelines: Vec<PipelineHead>,
    /// The theme that the viewer chose, empty for that of the system; none where browsers alone keep it.
    pub theme: Option<String>,
}

impl Frame {
    /// The frame around a page for the caller, as the transaction that loaded the page read it.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when nothing was loaded for anybody.
    pub fn of(cx: &RequestCx) -> ApiResult<Self> {
        let Caller { id, first_name, viewer, permissions, pipelines, admin_role, seeing_as, factor_by, look } =
            cx.caller().ok_or(AppError::Unauthenticated)?;
        let own_locale = look.as_ref().map(|look| look.locale.as_str()).filter(|locale| !locale.is_empty());
        Ok(Self {
            id,
            first_name,
            viewer,
            permissions,
            admin_role,
            must_reauthenticate: cx.reauthentication_is_needed(),
            brand: cx.brand().to_owned(),
            // Plain http is allowed on localhost alone.
            development: cx.services.config.public_url.scheme() == "http",
            now: cx.services.now(),
            mail_is_on: cx.services.mail.is_on(),
            seeing_as,
            factor_by,
            pipelines,
            format: own_locale.map(|locale| cx.settings.format.in_locale(locale)),
            theme: look.map(|look| look.theme),
        })
    }

    /// Whether the viewer may change anything on the platform; support only looks.
    #[must_use]
    pub fn may_change(&self) -> bool {
        self.admin_role == Some(AdminRole::Admin)
    }

    /// Whether the viewer may change this user of the company.
    #[must_use]
    pub fn may_manage(&self, user: &UserHead) -> bool {
        self.permissions.can_manage_users() && self.permissions.covers(&user.permissions)
    }

    /// Whether this user of the company is the viewer.
    #[must_use]
    pub fn is_viewer(&self, user: UserId) -> bool {
        self.id == user.0
    }
}

/// Puts the frame around what was loaded for a page.
///
/// # Errors
/// What loading it ended in.
pub async fn framed<T>(cx: &RequestCx, found: kernel::Result<T>) -> ApiResult<Framed<T>> {
    let data = cx.answer(found).await?;
    Ok(Framed { frame: Frame::of(cx)?, data })
}

/// Who asks, where and how.
///
/// # Errors
/// [`AppError::Internal`] outside of a request.
pub async fn request_cx() -> ApiResult<RequestCx> {
    match leptos_axum::extract::<Extension<RequestCx>>().await {
        Ok(Extension(cx)) => Ok(cx),
        Err(error) => {
            tracing::error!(%error, "a server function ran outside of a request");
            Err(ApiError(AppError::Internal { request_id: String::new() }))
        }
    }
}

/// The number of a job or of a draft, as an address or a form names it; what is none is not found.
pub(crate) fn job_id(text: &str) -> ApiResult<JobId> {
    text.parse().map_err(|_| ApiError(AppError::NotFound))
}

/// Ends a successful POST: leaves `flash` for the next page and leads there.
///
/// # Errors
/// When the message cannot be put away.
pub async fn done(cx: &RequestCx, path: &str, flash: Flash) -> ApiResult<()> {
    told(cx, flash).await?;
    leptos_axum::redirect(path, false);
    Ok(())
}

/// Ends an act that leads back to the page it was asked for on, with what that page says.
///
/// # Errors
/// When the message cannot be kept.
pub async fn told(cx: &RequestCx, flash: Flash) -> ApiResult<()> {
    if flash != Flash::default() {
        let put = cx.flash_put(&flash).await;
        let cookie = cx.answer(put).await?;
        if let Some(value) = cookie {
            cookie_keep(FLASH_COOKIE, &value, 60);
        }
    }
    Ok(())
}

/// The cookie that holds a session.
pub const SESSION_COOKIE: &str = "__Host-sid";
/// The cookie that leads to the message for the next page.
pub const FLASH_COOKIE: &str = "__Host-flash";
/// The cookie that holds the theme a person chose.
pub const THEME_COOKIE: &str = "__Host-theme";
/// The cookie of a browser whose sidebar is folded.
pub const SIDEBAR_COOKIE: &str = "__Host-sidebar";
/// The cookie of a browser in which single keys are no shortcuts.
pub const SHORTCUTS_COOKIE: &str = "__Host-shortcuts";

/// The cookie of a user between the two steps of signing in.
pub const SECOND_COOKIE: &str = "__Host-second";
/// The cookie of a browser in which the user signed in before.
pub const DEVICE_COOKIE: &str = "__Host-device";

/// Keeps a cookie of this host alone for so many seconds; 0 removes it.
pub fn cookie_keep(name: &str, value: &str, seconds: i64) {
    let cookie = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), axum::http::HeaderValue::from_str(&cookie)) {
        response.append_header(header::SET_COOKIE, value);
    }
}

/// A message for the next page.
#[must_use]
pub fn toast(text: impl Into<String>) -> Flash {
    Toast::success(text).into()
}

/// A path on this site, whatever was asked for: `/` unless `next` is a plain path.
#[must_use]
pub fn local_path(next: &str) -> &str {
    let plain = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(|c| c.is_control() || c.is_whitespace())
        && !next.starts_with("/api/");
    if plain { next } else { "/" }
}

/// The sign-in page that leads on to `next`. It says that the session has ended when the browser sent a session cookie.
#[must_use]
pub fn login_path(next: &str, headers: &HeaderMap) -> String {
    let had_session = headers.get_all(header::COOKIE).iter().any(|value| value.to_str().is_ok_and(|text| text.contains(SESSION_COOKIE)));
    let next = Some(("next", next)).filter(|(_, next)| !matches!(*next, "" | "/"));
    let ended = had_session.then_some(("ended", "1"));
    match serde_urlencoded::to_string(next.into_iter().chain(ended).collect::<Vec<_>>()) {
        Ok(query) if !query.is_empty() => format!("/login?{query}"),
        _ => "/login".to_owned(),
    }
}

/// Keeps the theme a person chose in a cookie, for a year.
pub fn theme_keep(theme: &str) {
    match theme {
        "light" | "dark" => cookie_keep(THEME_COOKIE, theme, 31_536_000),
        _ => cookie_keep(THEME_COOKIE, "", 0),
    }
}

/// Keeps in a cookie for a year whether the sidebar is folded.
pub fn sidebar_keep(folded: bool) {
    if folded {
        cookie_keep(SIDEBAR_COOKIE, "folded", 31_536_000);
    } else {
        cookie_keep(SIDEBAR_COOKIE, "", 0);
    }
}

/// Keeps in a cookie for a year whether single keys are shortcuts; they are unless it says otherwise.
pub async fn shortcuts_keep(enabled: bool) -> ApiResult<()> {
    if enabled {
        cookie_keep(SHORTCUTS_COOKIE, "", 0);
    } else {
        cookie_keep(SHORTCUTS_COOKIE, "off", 31_536_000);
    }
    let cx = request_cx().await?;
    done(&cx, "/account", toast("Saved")).await
}

/// Does a job of a tenant that its user waits for, and gives what its page shows; nothing while it is not done.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn job_awaited(cx: &RequestCx, id: JobId, waits: bool) -> Result<Option<CompanyJobPage>, ApiError> {
    if !waits {
        return Ok(None);
    }
    let ran = control::jobs::run_awaited(&cx.services, id).await;
    if cx.answer(ran).await?.is_none_or(|record| record.status != JobStatus::Done.as_str()) {
        return Ok(None);
    }
    let found = identity::jobs::company_job_get(cx, id).await;
    Ok(Some(cx.answer(found).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// security.md 24.
    #[test]
    fn nothing_leads_to_another_site() {
        for evil in [
            "//evil",
            "/\\evil",
            "https:evil",
            "https://evil",
            "/%0d%0a\r\nX: y",
            "/\t/evil",
            "",
            "evil",
            "\\/evil",
            "/ /evil",
            "/api/tenant/sign_out",
        ] {
            assert_eq!(local_path(evil), "/", "{evil:?}");
        }
        assert_eq!(local_path("/users?q=a&sort=name"), "/users?q=a&sort=name");
    }
}
