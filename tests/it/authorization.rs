//! The authorization matrix (security.md 42): everything that answers, asked by everybody. It fails when a page, a
//! server function or a download is missing in it.

mod fixture;

use axum::http::{Method, StatusCode, header};
use fixture::Fixture;
use oneo::http::routes;
use test_support::{Actor, PASSWORD, Sql};

/// Who asks.
pub(crate) const ACTORS: [&str; 9] =
    ["anonymous", "user", "salesperson", "manager", "admin", "owner", "other owner", "platform support", "platform admin"];

/// What each actor gets for each thing, in the order of [`ACTORS`].
type Statuses = [u16; 9];

const ANYBODY: Statuses = [200; 9];
const TENANT_USERS: Statuses = [401, 200, 200, 200, 200, 200, 401, 401, 401];
const VIEW_USERS: Statuses = [401, 403, 403, 200, 200, 200, 401, 401, 401];
const MANAGE_USERS: Statuses = [401, 403, 403, 403, 200, 200, 401, 401, 401];
const OWNERS: Statuses = [401, 403, 403, 403, 403, 200, 401, 401, 401];
const PLATFORM: Statuses = [401, 401, 401, 401, 401, 401, 401, 200, 200];
const PLATFORM_ADMINS: Statuses = [401, 401, 401, 401, 401, 401, 401, 403, 200];

/// The matrix. Pages answer 302 to the sign-in page where this says 401.
pub(crate) const MATRIX: &[(&str, &str, Statuses)] = &[
    ("platform", "/", PLATFORM),
    ("platform", "/login", ANYBODY),
    ("platform", "/logout", ANYBODY),
    ("platform", "/signup", ANYBODY),
    ("platform", "/signup/done", ANYBODY),
    ("platform", "/signup/availability", ANYBODY),
    ("platform", "/account", PLATFORM),
    ("platform", "/account/password", PLATFORM),
    ("platform", "/account/mfa", PLATFORM),
    ("platform", "/account/sessions", PLATFORM),
    ("platform", "/forgot", ANYBODY),
    ("platform", "/api/platform/forgot", ANYBODY),
    ("platform", "/api/platform/forgot_send", ANYBODY),
    ("platform", "/invite/{token}", ANYBODY),
    ("platform", "/reset/{token}", ANYBODY),
    ("platform", "/tenants", PLATFORM),
    ("platform", "/tenants/new", PLATFORM_ADMINS),
    ("platform", "/tenants/import", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_import", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_import_new", PLATFORM_ADMINS),
    ("platform", "/tenants/{slug}", PLATFORM),
    ("platform", "/tenants/{slug}/quota", PLATFORM),
    ("platform", "/tenants/{slug}/features", PLATFORM),
    ("platform", "/tenants/{slug}/billing", PLATFORM),
    ("platform", "/tenants/{slug}/ai", PLATFORM),
    ("platform", "/tenants/{slug}/usage", PLATFORM),
    ("platform", "/usage", PLATFORM),
    ("platform", "/users", PLATFORM),
    ("platform", "/api/platform/user_find", PLATFORM),
    ("platform", "/usage.csv", PLATFORM),
    ("platform", "/api/platform/usage_list", PLATFORM),
    ("platform", "/api/platform/tenant_usage", PLATFORM),
    ("platform", "/tenants/{slug}/users", PLATFORM),
    ("platform", "/tenants/{slug}/audit", PLATFORM),
    ("platform", "/tenants/{slug}/danger", PLATFORM),
    ("platform", "/tenants/{slug}/copies", PLATFORM),
    ("platform", "/tenants/{slug}/domains", PLATFORM),
    ("platform", "/domains", PLATFORM),
    ("platform", "/domains.csv", PLATFORM),
    ("platform", "/jobs", PLATFORM),
    ("platform", "/jobs/{id}", PLATFORM),
    ("platform", "/jobs/{id}/events", PLATFORM),
    ("platform", "/jobs/{id}/file", PLATFORM_ADMINS),
    ("platform", "/audit", PLATFORM),
    ("platform", "/admins", PLATFORM),
    ("platform", "/admins/new", PLATFORM_ADMINS),
    ("platform", "/tenants.csv", PLATFORM),
    ("platform", "/audit.csv", PLATFORM),
    ("platform", "/audit.jsonl", PLATFORM),
    ("platform", "/api/platform/admin_change", PLATFORM_ADMINS),
    ("platform", "/api/platform/admin_create", PLATFORM_ADMINS),
    ("platform", "/api/platform/admin_list", PLATFORM),
    ("platform", "/api/platform/admin_new", PLATFORM_ADMINS),
    ("platform", "/api/platform/audit_list", PLATFORM),
    ("platform", "/api/platform/dashboard", PLATFORM),
    ("platform", "/api/platform/invite", ANYBODY),
    ("platform", "/api/platform/invite_accept", ANYBODY),
    ("platform", "/api/platform/login", ANYBODY),
    ("platform", "/api/platform/reset", ANYBODY),
    ("platform", "/api/platform/reset_accept", ANYBODY),
    ("platform", "/api/platform/sign_in", ANYBODY),
    ("platform", "/api/platform/sign_out", ANYBODY),
    ("platform", "/api/platform/tenant_ai", PLATFORM),
    ("platform", "/api/platform/tenant_ai_forget", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_ai_reset", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_ai_set", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_ai_test", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_archive", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_audit_list", PLATFORM),
    ("platform", "/api/platform/tenant_billing", PLATFORM),
    ("platform", "/api/platform/tenant_billing_replace", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_billing_set", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_create", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_danger", PLATFORM),
    ("platform", "/api/platform/tenant_features", PLATFORM),
    ("platform", "/api/platform/tenant_features_replace", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_features_set", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_get", PLATFORM),
    ("platform", "/api/platform/tenant_list", PLATFORM),
    ("platform", "/api/platform/tenant_new", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_quota", PLATFORM),
    ("platform", "/api/platform/tenant_quota_set", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_restore", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_resume", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_suspend", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_user_link", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_user_mfa_reset", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_user_sign_out", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_users", PLATFORM),
    ("platform", "/api/platform/job_cancel", PLATFORM_ADMINS),
    ("platform", "/api/platform/job_get", PLATFORM),
    ("platform", "/api/platform/job_list", PLATFORM),
    ("platform", "/api/platform/job_retry", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_clone", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_copies", PLATFORM),
    ("platform", "/api/platform/tenant_export", PLATFORM_ADMINS),
    ("platform", "/api/platform/tenant_purge", PLATFORM_ADMINS),
    ("platform", "/api/platform/domain_add", PLATFORM_ADMINS),
    ("platform", "/api/platform/domain_change", PLATFORM_ADMINS),
    ("platform", "/api/platform/domain_check", PLATFORM_ADMINS),
    ("platform", "/api/platform/domain_list", PLATFORM),
    ("platform", "/api/platform/tenant_domains", PLATFORM),
    ("platform", "/api/platform/reauthenticate", PLATFORM),
    ("platform", "/api/platform/reauthenticate_page", PLATFORM),
    ("platform", "/reauthenticate", PLATFORM),
    ("platform", "/api/platform/tenant_sign_out", PLATFORM_ADMINS),
    ("platform", "/api/platform/theme_set", ANYBODY),
    ("platform", "/api/platform/account", PLATFORM),
    ("platform", "/api/platform/account_set", PLATFORM),
    ("platform", "/api/platform/password_set", PLATFORM),
    ("platform", "/api/platform/mfa", PLATFORM),
    ("platform", "/api/platform/mfa_begin", PLATFORM),
    ("platform", "/api/platform/mfa_confirm", PLATFORM),
    ("platform", "/api/platform/mfa_codes", PLATFORM),
    ("platform", "/api/platform/mfa_remove", PLATFORM),
    ("platform", "/api/platform/account_sessions", PLATFORM),
    ("platform", "/api/platform/account_session_end", PLATFORM),
    ("platform", "/api/platform/sign_in_code", ANYBODY),
    ("platform", "/api/platform/signup", ANYBODY),
    ("platform", "/api/platform/signup_create", ANYBODY),
    ("tenant", "/", TENANT_USERS),
    ("tenant", "/login", ANYBODY),
    ("tenant", "/logout", ANYBODY),
    ("tenant", "/enter/{token}", ANYBODY),
    ("tenant", "/account", TENANT_USERS),
    ("tenant", "/account/password", TENANT_USERS),
    ("tenant", "/account/mfa", TENANT_USERS),
    ("tenant", "/account/sessions", TENANT_USERS),
    ("tenant", "/account/sign-ins", TENANT_USERS),
    ("tenant", "/api/tenant/account_sign_ins", TENANT_USERS),
    ("tenant", "/api/tenant/photo_set", TENANT_USERS),
    ("tenant", "/api/tenant/photo_remove", TENANT_USERS),
    ("tenant", "/photos/{id}", VIEW_USERS),
    ("tenant", "/settings/ai", MANAGE_USERS),
    ("tenant", "/reauthenticate", TENANT_USERS),
    ("tenant", "/api/tenant/reauthenticate", TENANT_USERS),
    ("tenant", "/api/tenant/reauthenticate_page", TENANT_USERS),
    ("tenant", "/api/tenant/ai", MANAGE_USERS),
    ("tenant", "/api/tenant/ai_set", MANAGE_USERS),
    ("tenant", "/api/tenant/ai_forget", MANAGE_USERS),
    ("tenant", "/api/tenant/ai_test", MANAGE_USERS),
    ("tenant", "/api/tenant/user_password_expire", MANAGE_USERS),
    ("tenant", "/forgot", ANYBODY),
    ("tenant", "/api/tenant/forgot", ANYBODY),
    ("tenant", "/api/tenant/forgot_send", ANYBODY),
    ("tenant", "/api/tenant/invite_ask", ANYBODY),
    ("tenant", "/api/tenant/user_link_revoke", MANAGE_USERS),
    ("tenant", "/api/tenant/user_mail_send", MANAGE_USERS),
    ("tenant", "/api/tenant/user_mfa_reset", MANAGE_USERS),
    ("tenant", "/api/tenant/user_sign_out", MANAGE_USERS),
    ("tenant", "/invite/{token}", ANYBODY),
    ("tenant", "/reset/{token}", ANYBODY),
    ("tenant", "/users", VIEW_USERS),
    ("tenant", "/users/new", MANAGE_USERS),
    ("tenant", "/users/{id}", VIEW_USERS),
    ("tenant", "/users.csv", VIEW_USERS),
    ("tenant", "/users/{id}/permissions", VIEW_USERS),
    ("tenant", "/users/{id}/sessions", MANAGE_USERS),
    ("tenant", "/users/{id}/sign-ins", MANAGE_USERS),
    ("tenant", "/users/{id}/audit", MANAGE_USERS),
    ("tenant", "/sessions", MANAGE_USERS),
    ("tenant", "/audit", MANAGE_USERS),
    ("tenant", "/audit.csv", MANAGE_USERS),
    ("tenant", "/audit.jsonl", MANAGE_USERS),
    ("tenant", "/api/tenant/audit_list", MANAGE_USERS),
    ("tenant", "/users/bulk", MANAGE_USERS),
    ("tenant", "/users/import", MANAGE_USERS),
    ("tenant", "/users/import/{id}", MANAGE_USERS),
    ("tenant", "/jobs", MANAGE_USERS),
    ("tenant", "/jobs/{id}", MANAGE_USERS),
    ("tenant", "/jobs/{id}/events", MANAGE_USERS),
    ("tenant", "/jobs/{id}/file", MANAGE_USERS),
    ("tenant", "/api/tenant/job_list", MANAGE_USERS),
    ("tenant", "/api/tenant/job_get", MANAGE_USERS),
    ("tenant", "/api/tenant/job_cancel", MANAGE_USERS),
    ("tenant", "/api/tenant/job_retry", MANAGE_USERS),
    ("tenant", "/api/tenant/user_bulk", MANAGE_USERS),
    ("tenant", "/api/tenant/user_bulk_ask", MANAGE_USERS),
    ("tenant", "/api/tenant/user_import_new", MANAGE_USERS),
    ("tenant", "/api/tenant/user_import_upload", MANAGE_USERS),
    ("tenant", "/api/tenant/user_import_get", MANAGE_USERS),
    ("tenant", "/api/tenant/user_import_check", MANAGE_USERS),
    ("tenant", "/api/tenant/user_import_run", MANAGE_USERS),
    ("tenant", "/api/tenant/user_import_undo", MANAGE_USERS),
    ("tenant", "/branding/logo", ANYBODY),
    ("tenant", "/settings.json", ANYBODY),
    ("tenant", "/settings", MANAGE_USERS),
    ("tenant", "/settings/security", MANAGE_USERS),
    ("tenant", "/settings/custom", MANAGE_USERS),
    ("tenant", "/settings/history/{key}", MANAGE_USERS),
    ("tenant", "/api/tenant/setting_list", MANAGE_USERS),
    ("tenant", "/api/tenant/setting_set", MANAGE_USERS),
    ("tenant", "/api/tenant/setting_reset", MANAGE_USERS),
    ("tenant", "/api/tenant/setting_history", MANAGE_USERS),
    ("tenant", "/api/tenant/setting_free_list", MANAGE_USERS),
    ("tenant", "/api/tenant/setting_free_set", MANAGE_USERS),
    ("tenant", "/api/tenant/setting_free_delete", MANAGE_USERS),
    ("tenant", "/api/tenant/logo_set", MANAGE_USERS),
    ("tenant", "/api/tenant/logo_remove", MANAGE_USERS),
    ("tenant", "/api/tenant/session_end", MANAGE_USERS),
    ("tenant", "/api/tenant/session_end_matching", MANAGE_USERS),
    ("tenant", "/api/tenant/session_list", MANAGE_USERS),
    ("tenant", "/api/tenant/user_audit", MANAGE_USERS),
    ("tenant", "/api/tenant/user_sessions", MANAGE_USERS),
    ("tenant", "/api/tenant/user_sign_ins", MANAGE_USERS),
    ("tenant", "/roles", VIEW_USERS),
    ("tenant", "/roles/new", MANAGE_USERS),
    ("tenant", "/roles/{key}", VIEW_USERS),
    ("tenant", "/api/tenant/role_create", MANAGE_USERS),
    ("tenant", "/api/tenant/role_delete", MANAGE_USERS),
    ("tenant", "/api/tenant/role_get", VIEW_USERS),
    ("tenant", "/api/tenant/role_list", VIEW_USERS),
    ("tenant", "/api/tenant/role_new", MANAGE_USERS),
    ("tenant", "/api/tenant/role_update", MANAGE_USERS),
    ("tenant", "/api/tenant/user_access", VIEW_USERS),
    ("tenant", "/api/tenant/user_set_access", MANAGE_USERS),
    ("tenant", "/api/tenant/dashboard", TENANT_USERS),
    ("tenant", "/api/tenant/invite", ANYBODY),
    ("tenant", "/api/tenant/invite_accept", ANYBODY),
    ("tenant", "/api/tenant/login", ANYBODY),
    ("tenant", "/api/tenant/reset", ANYBODY),
    ("tenant", "/api/tenant/reset_accept", ANYBODY),
    ("tenant", "/api/tenant/sign_in", ANYBODY),
    ("tenant", "/api/tenant/sign_out", ANYBODY),
    ("tenant", "/api/tenant/theme_set", ANYBODY),
    ("tenant", "/api/tenant/account", TENANT_USERS),
    ("tenant", "/api/tenant/account_set", TENANT_USERS),
    ("tenant", "/api/tenant/password_set", TENANT_USERS),
    ("tenant", "/api/tenant/mfa", TENANT_USERS),
    ("tenant", "/api/tenant/mfa_begin", TENANT_USERS),
    ("tenant", "/api/tenant/mfa_confirm", TENANT_USERS),
    ("tenant", "/api/tenant/mfa_codes", TENANT_USERS),
    ("tenant", "/api/tenant/mfa_remove", TENANT_USERS),
    ("tenant", "/api/tenant/account_sessions", TENANT_USERS),
    ("tenant", "/api/tenant/account_session_end", TENANT_USERS),
    ("tenant", "/api/tenant/enter", ANYBODY),
    ("tenant", "/api/tenant/entrance", ANYBODY),
    ("tenant", "/api/tenant/onboarding_dismiss", OWNERS),
    ("tenant", "/api/tenant/sign_in_code", ANYBODY),
    ("tenant", "/api/tenant/user_activate", MANAGE_USERS),
    ("tenant", "/api/tenant/user_create", MANAGE_USERS),
    ("tenant", "/api/tenant/user_deactivate", MANAGE_USERS),
    ("tenant", "/api/tenant/user_delete", MANAGE_USERS),
    ("tenant", "/api/tenant/user_restore", MANAGE_USERS),
    ("tenant", "/api/tenant/user_unlock", MANAGE_USERS),
    ("tenant", "/api/tenant/user_get", VIEW_USERS),
    ("tenant", "/api/tenant/user_link_create", MANAGE_USERS),
    ("tenant", "/api/tenant/user_list", VIEW_USERS),
    ("tenant", "/api/tenant/user_new", MANAGE_USERS),
    ("tenant", "/api/tenant/user_update", MANAGE_USERS),
];

/// Everything that answers on a site.
fn registered(site: &str) -> Vec<String> {
    let functions = routes::functions(site).into_iter().map(str::to_owned);
    let mut all: Vec<String> =
        routes::pages(site).into_iter().chain(functions).chain(routes::exports(site).into_iter().map(str::to_owned)).collect();
    all.sort();
    all
}

#[test]
fn r42_everything_that_answers_is_in_the_matrix() {
    for site in routes::SITES {
        let mut listed: Vec<String> = MATRIX.iter().filter(|(of, ..)| *of == site).map(|(_, path, _)| (*path).to_owned()).collect();
        listed.sort();
        assert_eq!(registered(site), listed, "{site}");
    }
}

/// Each thing, asked by each actor, answers exactly as the matrix says; where it refuses, nothing changed, and what
/// was refused for want of a right is noted. In parts, so that they run side by side.
macro_rules! parts {
    ($($name:ident $site:literal $part:literal;)*) => {
        $(#[tokio::test]
        async fn $name() {
            ask_part($site, $part).await;
        })*
    };
}

parts! {
    r42_everybody_gets_what_the_matrix_says_on_the_platform_1 "platform" 0;
    r42_everybody_gets_what_the_matrix_says_on_the_platform_2 "platform" 1;
    r42_everybody_gets_what_the_matrix_says_on_the_platform_3 "platform" 2;
    r42_everybody_gets_what_the_matrix_says_on_the_platform_4 "platform" 3;
    r42_everybody_gets_what_the_matrix_says_of_a_company_1 "tenant" 0;
    r42_everybody_gets_what_the_matrix_says_of_a_company_2 "tenant" 1;
    r42_everybody_gets_what_the_matrix_says_of_a_company_3 "tenant" 2;
    r42_everybody_gets_what_the_matrix_says_of_a_company_4 "tenant" 3;
}

/// Into how many parts the entries of a site are dealt.
const PARTS: usize = 4;

async fn ask_part(asked: &str, part: usize) {
    let mut fixture = Fixture::new().await;
    let sql = fixture.app.sql().await;
    let entries = MATRIX.iter().filter(|(site, ..)| *site == asked).skip(part).step_by(PARTS);
    for (site, path, expected) in entries {
        // The mightiest first, so that a refusal is never only a body that could not succeed.
        let (allowed, refused): (Vec<usize>, Vec<usize>) = (0..ACTORS.len()).rev().partition(|index| expected[*index] == 200);
        for index in allowed {
            let cell = Cell::new(&mut fixture, site, path, index).await;
            cell.ask(&mut fixture, &sql, expected[index]).await;
        }
        // What is asked for is made before it is looked at how everything is; then whoever is refused changes nothing.
        let mut cells = Vec::new();
        for index in refused {
            cells.push((index, Cell::new(&mut fixture, site, path, index).await));
        }
        let before = if cells.is_empty() { String::new() } else { sql.fingerprint().await };
        for (index, cell) in &cells {
            let refusals = sql.text(REFUSALS).await;
            cell.ask(&mut fixture, &sql, expected[*index]).await;
            if expected[*index] == 403 {
                assert_ne!(sql.text(REFUSALS).await, refusals, "{} was not noted", cell.what());
            }
        }
        if !cells.is_empty() {
            assert_eq!(sql.fingerprint().await, before, "{site} {path}: one of those who were refused changed something");
        }
    }
}

/// How many refusals were noted.
const REFUSALS: &str = "SELECT count(*)::text FROM platform.security_events";

/// One thing asked by one actor, with all that it takes to succeed.
struct Cell {
    site: &'static str,
    path: &'static str,
    who: &'static str,
    index: usize,
    /// Of a function its form, of anything else its address.
    asked: Asked,
}

enum Asked {
    Function { fields: Vec<(String, String)>, ticket: Option<String> },
    Page(String),
}

impl Cell {
    async fn new(fixture: &mut Fixture, site: &'static str, path: &'static str, index: usize) -> Self {
        let who = ACTORS[index];
        let asked = if path.starts_with("/api/") {
            let fields = fixture.fields(site, path, who).await;
            let ticket = if path.ends_with("/sign_in_code") { Some(fixture.ticket(site).await) } else { None };
            Asked::Function { fields, ticket }
        } else {
            Asked::Page(address(fixture, site, path, who).await)
        };
        Self { site, path, who, index, asked }
    }

    fn what(&self) -> String {
        format!("{} {} by {}", self.site, self.path, self.who)
    }

    async fn ask(&self, fixture: &mut Fixture, sql: &Sql, expected: u16) {
        let host = if self.site == "platform" { "localhost".to_owned() } else { fixture.tenant.host.clone() };
        let mut actor = fixture.people[self.who].on(&host);
        // Each from an address of its own, so that nobody uses up what another one may do.
        actor.peer = std::net::SocketAddr::from(([127, 0, 1, u8::try_from(self.index).unwrap()], 40_000));
        match &self.asked {
            Asked::Function { fields, ticket } => {
                if let Some(ticket) = ticket {
                    actor.cookies.insert("__Host-second".to_owned(), ticket.clone());
                }
                let status = self.call(&mut actor, fields, expected).await;
                self.go_on(fixture, actor, fields, status).await;
            }
            Asked::Page(address) => {
                let before = if expected == 200 { sql.fingerprint().await } else { String::new() };
                assert_eq!(self.open(&mut actor, address).await, expected, "{}", self.what());
                if expected == 200 {
                    assert_eq!(sql.fingerprint().await, before, "{}: a GET changed something", self.what());
                }
            }
        }
    }

    async fn call(&self, actor: &mut Actor, fields: &[(String, String)], expected: u16) -> StatusCode {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let file: Option<(&str, Vec<u8>)> = match self.path.rsplit('/').next().unwrap() {
            "tenant_import" => Some(("/tenants/import", b"an archive".to_vec())),
            "user_import_upload" => Some(("/users/import", b"email\na@acme.example\n".to_vec())),
            "photo_set" => Some(("/account", crate::settings::png())),
            "logo_set" => Some(("/settings", crate::settings::png())),
            _ => None,
        };
        let (status, body) = if let Some((page, file)) = file {
            let answer = actor.upload(self.path, page, &fields, &file).await;
            // As a browser: a success leads on, a stranger is led to the sign-in page.
            let status = match answer.location() {
                "/login" => StatusCode::UNAUTHORIZED,
                "/settings" | "/account" => StatusCode::OK,
                on if on.starts_with("/jobs/") || on.starts_with("/users/import/") => StatusCode::OK,
                _ => answer.status,
            };
            (status, answer.body)
        } else {
            let answer = actor.call(self.path, &fields).await;
            (answer.status, answer.body)
        };
        assert_eq!(status.as_u16(), expected, "{}: {body}", self.what());
        status
    }

    /// Sets right what an answer changed for those who ask after it.
    async fn go_on(&self, fixture: &mut Fixture, actor: Actor, fields: &[(String, String)], status: StatusCode) {
        let ends = |name: &str| self.path.ends_with(name);
        if self.who != "anonymous" && fixture.people[self.who].host == actor.host && status == StatusCode::OK {
            // Some of these rotate the session; the browser goes on with the new one.
            fixture.people.get_mut(self.who).unwrap().cookies = actor.cookies;
        }
        if status == StatusCode::OK && (self.path.contains("password_set") || self.path.contains("mfa_")) {
            fixture.mend().await;
        }
        if let (true, Some((_, name))) = (ends("/tenant_create") || ends("/signup_create"), fields.first()) {
            // Many companies would only make every later look at the whole database slow.
            let gone = services::tenants::tenant_delete(&fixture.app.operator(), name, name, true).await;
            assert_eq!(gone.is_ok(), status == StatusCode::OK, "{}", self.what());
        }
        if self.who != "anonymous" && ["/sign_out", "/enter", "/sign_in_code", "/sign_in"].into_iter().any(ends) {
            // The session that was used is over; the person signs in again.
            let login = match self.who {
                "owner" => "owner@acme.example",
                "other owner" => "owner@beta.example",
                "platform admin" => "admin@oneo.example",
                "platform support" => "support@oneo.example",
                role => role,
            };
            fixture.people.get_mut(self.who).unwrap().sign_in(login, PASSWORD).await;
        }
    }

    async fn open(&self, actor: &mut Actor, address: &str) -> u16 {
        let request = actor.request(Method::GET, address).header(header::ACCEPT, "text/html").body(axum::body::Body::empty()).unwrap();
        let answer = actor.send(request).await;
        match (answer.status, answer.location().starts_with("/login")) {
            (StatusCode::FOUND, true) => 401,
            // Somebody who is signed in needs no sign-in page, and who just gave the password none that asks for it.
            (StatusCode::FOUND, false) if matches!(self.path, "/login" | "/reauthenticate") => 200,
            (status, _) => status.as_u16(),
        }
    }
}

/// The address of a page or a download that is there.
async fn address(fixture: &mut Fixture, site: &str, path: &str, who: &str) -> String {
    let purpose = if path.starts_with("/reset") { "reset" } else { "invite" };
    let id = match path {
        path if path.starts_with("/users/import") => fixture.draft().await,
        path if path.starts_with("/jobs") && site == "tenant" => fixture.company_job(who, "users_bulk", "done").await,
        path if path.starts_with("/jobs") => fixture.job("done").await,
        "/photos/{id}" => fixture.pictured().await,
        _ => fixture.target().await,
    };
    path.replace("{token}", &fixture.token(site, purpose).await)
        .replace("{slug}", "acme")
        .replace("{id}", &id)
        .replace("{key}", "manager")
        .replace("/availability", "/availability?name=free-name")
}
