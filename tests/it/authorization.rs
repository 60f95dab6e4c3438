//! The authorization matrix (security.md 42): everything that answers, asked by everybody. What each gets is made from the
//! rules of the registry of operations; it fails for a page, a server function or a download whose operation is not known.

mod fixture;

use axum::http::{Method, StatusCode, header};
use domain::{
    AdminRole, Operation,
    operation::{OperationSite, Reauthentication, Rule, operation_find, operation_list},
    role::SystemRole,
};
use fixture::Fixture;
use oneo::http::routes;
use std::collections::BTreeSet;
use test_support::{Actor, PASSWORD};

/// Who asks.
pub(crate) const ACTORS: [&str; 9] =
    ["anonymous", "user", "salesperson", "manager", "admin", "owner", "other owner", "platform support", "platform admin"];

/// The operation that each page and each download asks for. A server function is named after its own.
pub(crate) const PAGES: &[(&str, &str, &str)] = &[
    ("platform", "/", "dashboard"),
    ("platform", "/login", "login"),
    ("platform", "/logout", "login"),
    ("platform", "/search", "search"),
    ("platform", "/signup", "signup"),
    ("platform", "/signup/done", "signup"),
    ("platform", "/signup/availability", "signup_check"),
    ("platform", "/account", "account"),
    ("platform", "/account/password", "account"),
    ("platform", "/account/mfa", "mfa"),
    ("platform", "/account/sessions", "account_sessions"),
    ("platform", "/forgot", "forgot"),
    ("platform", "/invite/{token}", "invite"),
    ("platform", "/reset/{token}", "reset"),
    ("platform", "/tenants", "tenant_list"),
    ("platform", "/tenants/new", "tenant_new"),
    ("platform", "/tenants/import", "tenant_import_new"),
    ("platform", "/tenants/{slug}", "tenant_get"),
    ("platform", "/tenants/{slug}/provision", "tenant_get"),
    ("platform", "/tenants/{slug}/general", "tenant_general"),
    ("platform", "/tenants/{slug}/quota", "tenant_quota"),
    ("platform", "/tenants/{slug}/features", "tenant_features"),
    ("platform", "/tenants/{slug}/billing", "tenant_billing"),
    ("platform", "/tenants/{slug}/ai", "tenant_ai"),
    ("platform", "/tenants/{slug}/usage", "tenant_usage"),
    ("platform", "/usage", "usage_list"),
    ("platform", "/users", "user_find"),
    ("platform", "/usage.csv", "usage_export"),
    ("platform", "/tenants/{slug}/users", "tenant_users"),
    ("platform", "/tenants/{slug}/audit", "tenant_audit_list"),
    ("platform", "/tenants/{slug}/danger", "tenant_danger"),
    ("platform", "/tenants/{slug}/copies", "tenant_copies"),
    ("platform", "/tenants/{slug}/domains", "tenant_domains"),
    ("platform", "/domains", "domain_list"),
    ("platform", "/domains.csv", "domain_export"),
    ("platform", "/jobs", "job_list"),
    ("platform", "/jobs/{id}", "job_get"),
    ("platform", "/jobs/{id}/events", "job_get"),
    ("platform", "/jobs/{id}/file", "job_file"),
    ("platform", "/audit", "audit_list"),
    ("platform", "/admins", "admin_list"),
    ("platform", "/admins/new", "admin_new"),
    ("platform", "/tenants.csv", "tenant_list_export"),
    ("platform", "/audit.csv", "audit_export"),
    ("platform", "/audit.jsonl", "audit_export"),
    ("platform", "/reauthenticate", "reauthenticate_page"),
    ("tenant", "/", "dashboard"),
    ("tenant", "/login", "login"),
    ("tenant", "/logout", "login"),
    ("tenant", "/search", "search"),
    ("tenant", "/enter/{token}", "entrance"),
    ("tenant", "/account", "account"),
    ("tenant", "/account/password", "account"),
    ("tenant", "/account/mfa", "mfa"),
    ("tenant", "/account/sessions", "account_sessions"),
    ("tenant", "/account/sign-ins", "account_sign_ins"),
    ("tenant", "/photos/{id}", "photo_get"),
    ("tenant", "/settings/ai", "ai"),
    ("tenant", "/reauthenticate", "reauthenticate_page"),
    ("tenant", "/forgot", "forgot"),
    ("tenant", "/invite/{token}", "invite"),
    ("tenant", "/reset/{token}", "reset"),
    ("tenant", "/users", "user_list"),
    ("tenant", "/users/new", "user_new"),
    ("tenant", "/users/{id}", "user_get"),
    ("tenant", "/users.csv", "user_export"),
    ("tenant", "/users/{id}/permissions", "user_access"),
    ("tenant", "/users/{id}/sessions", "user_sessions"),
    ("tenant", "/users/{id}/sign-ins", "user_sign_ins"),
    ("tenant", "/users/{id}/audit", "user_audit"),
    ("tenant", "/tasks", "task_list"),
    ("tenant", "/p/{pipeline}", "record_list"),
    ("tenant", "/p/{pipeline}/export.csv", "record_export"),
    ("tenant", "/p/{pipeline}/board", "record_board"),
    ("tenant", "/p/{pipeline}/bulk", "record_bulk_ask"),
    ("tenant", "/p/{pipeline}/new", "record_new"),
    ("tenant", "/p/{pipeline}/trash", "record_trash"),
    ("tenant", "/p/{pipeline}/import", "record_import_new"),
    ("tenant", "/p/{pipeline}/import/{id}", "record_import_get"),
    ("tenant", "/p/{pipeline}/{id}", "record_get"),
    ("tenant", "/p/{pipeline}/{id}/edit", "record_edit"),
    ("tenant", "/p/{pipeline}/{id}/link/{field}", "record_link_list"),
    ("tenant", "/p/{pipeline}/{id}/related", "record_hops"),
    ("tenant", "/p/{pipeline}/{id}/share", "record_share_list"),
    ("tenant", "/sessions", "session_list"),
    ("tenant", "/audit", "audit_list"),
    ("tenant", "/audit.csv", "audit_export"),
    ("tenant", "/audit.jsonl", "audit_export"),
    ("tenant", "/users/bulk", "user_bulk_ask"),
    ("tenant", "/users/import", "user_import_new"),
    ("tenant", "/users/import/{id}", "user_import_get"),
    ("tenant", "/jobs", "job_list"),
    ("tenant", "/jobs/{id}", "job_get"),
    ("tenant", "/jobs/{id}/events", "job_get"),
    ("tenant", "/jobs/{id}/file", "job_file"),
    ("tenant", "/branding/logo", "logo_get"),
    ("tenant", "/settings.json", "setting_public"),
    ("tenant", "/settings", "setting_list"),
    ("tenant", "/settings/security", "setting_list"),
    ("tenant", "/settings/custom", "setting_free_list"),
    ("tenant", "/settings/fields", "user_field_list"),
    ("tenant", "/settings/history/{key}", "setting_history"),
    ("tenant", "/roles", "role_list"),
    ("tenant", "/roles/new", "role_new"),
    ("tenant", "/roles/{key}", "role_get"),
    ("tenant", "/roles/{key}/records", "role_reach_get"),
    ("tenant", "/roles/{key}/records/{pipeline}", "role_fields_get"),
    ("tenant", "/settings/pipelines", "pipeline_list"),
    ("tenant", "/settings/pipelines/{pipeline}", "pipeline_get"),
    ("tenant", "/settings/pipelines/{pipeline}/fields", "pipeline_get"),
    ("tenant", "/settings/pipelines/{pipeline}/fields/{field}/type", "field_type_get"),
    ("tenant", "/settings/pipelines/{pipeline}/relations", "pipeline_get"),
    ("tenant", "/settings/pipelines/{pipeline}/stages", "pipeline_get"),
    ("tenant", "/teams", "team_list"),
    ("tenant", "/teams/{id}", "team_get"),
];

/// What each actor gets for each thing, in the order of [`ACTORS`].
pub(crate) type Statuses = [u16; 9];

/// One thing that answers, the operation behind it, and what each actor gets by the rule of that operation.
pub(crate) struct Entry {
    pub site: &'static str,
    pub path: String,
    pub operation: &'static Operation,
    pub statuses: Statuses,
}

/// The matrix: everything that answers, by the rules of the registry. Pages answer 302 to the sign-in page where this says 401.
pub(crate) fn matrix() -> Vec<Entry> {
    let sites = routes::SITES.into_iter();
    sites.flat_map(|site| registered(site).into_iter().map(move |path| entry(site, path))).collect()
}

fn entry(site: &'static str, path: String) -> Entry {
    let function = path.strip_prefix(&format!("/api/{site}/"));
    let page = PAGES.iter().find(|(of, known, _)| *of == site && *known == path).map(|(.., operation)| *operation);
    let name = function.or(page).unwrap_or_default();
    assert!(!name.is_empty(), "{site} {path} is not in PAGES: which operation does it ask for?");
    let of = if site == "platform" { OperationSite::Platform } else { OperationSite::Tenant };
    let operation = operation_find(of, name);
    assert!(operation.is_some(), "{site} {path} asks for {name}, which is no operation");
    let operation = operation.unwrap();
    Entry { site, statuses: statuses(site, operation), path, operation }
}

/// What a rule means for each actor.
fn statuses(site: &str, operation: &Operation) -> Statuses {
    let rule = operation.rule;
    let decided = |permitted: bool| if permitted { 200 } else { 403 };
    ACTORS.map(|actor| match (site, actor) {
        _ if rule == Rule::Anyone => 200,
        ("tenant", "user" | "salesperson" | "manager" | "admin" | "owner") => {
            decided(rule.permits_user(&SystemRole::find(actor).unwrap().permission_set()))
        }
        ("platform", "platform support") => decided(rule.permits_admin(AdminRole::Support)),
        ("platform", "platform admin") => decided(rule.permits_admin(AdminRole::Admin)),
        _ => 401,
    })
}

/// Everything that answers on a site.
fn registered(site: &str) -> Vec<String> {
    let functions = routes::functions(site).into_iter().map(str::to_owned);
    let mut all: Vec<String> =
        routes::pages(site).into_iter().chain(functions).chain(routes::exports(site).into_iter().map(str::to_owned)).collect();
    all.sort();
    all
}

/// Every page has its operation, nothing is listed that does not answer, and what no page and no function asks for is for the
/// command line.
#[test]
fn r42_everything_that_answers_is_in_the_matrix() {
    let matrix = matrix();
    for (site, path, _) in PAGES {
        assert!(matrix.iter().any(|entry| entry.site == *site && entry.path == *path), "{site} {path} does not answer");
    }
    let asked: BTreeSet<*const Operation> = matrix.iter().map(|entry| std::ptr::from_ref(entry.operation)).collect();
    let unasked: BTreeSet<&str> =
        operation_list().filter(|operation| !asked.contains(&std::ptr::from_ref(*operation))).map(|operation| operation.name).collect();
    assert_eq!(unasked, BTreeSet::from(COMMAND_LINE), "operations that only the command line asks for");
}

/// The operations that only the command line asks for.
const COMMAND_LINE: [&str; 10] = [
    "admin_count",
    "admin_find",
    "audit_verify",
    "secrets_rotate",
    "tenant_ai_charge",
    "tenant_delete",
    "tenant_list_all",
    "tenant_operate",
    "tenant_verify",
    "user_find_in",
];

/// An operation that always takes a reauthentication is refused without a fresh one, whoever asks, and changes nothing.
#[tokio::test]
async fn r40_a_stale_session_is_refused_where_the_registry_says_so() {
    let mut fixture = Fixture::new().await;
    let sql = fixture.app.sql().await;
    let mut asked = 0;
    // A secret that waits for its first code is gone as soon as the reauthentication is stale.
    let always = |entry: &Entry| entry.operation.reauthentication == Reauthentication::Always && entry.operation.name != "mfa_confirm";
    for entry in matrix().into_iter().filter(always) {
        fixture.mend().await;
        for who in ["owner", "platform admin"] {
            fixture.people.get_mut(who).unwrap().sign_in(login_of(who), PASSWORD).await;
        }
        let index = (0..ACTORS.len()).rev().find(|index| entry.statuses[*index] == 200).unwrap();
        let cell = Cell::new(&mut fixture, entry.site, &entry.path, index).await;
        fixture.app.clock.advance(chrono::TimeDelta::minutes(11));
        let before = sql.fingerprint().await;
        cell.ask(&mut fixture, 403).await;
        assert_eq!(sql.fingerprint().await, before, "{} changed something without a reauthentication", cell.what());
        asked += 1;
    }
    assert!(asked > 25, "{asked}");
}

/// What an actor signs in with.
fn login_of(who: &'static str) -> &'static str {
    match who {
        "owner" => "owner@acme.example",
        "other owner" => "owner@beta.example",
        "platform admin" => "admin@oneo.example",
        "platform support" => "support@oneo.example",
        role => role,
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
    let mut entries: Vec<Entry> = matrix().into_iter().filter(|entry| entry.site == asked).skip(part).step_by(PARTS).collect();
    // Pages first: a function may remove what one of them shows, whichever part they come into.
    entries.sort_by_key(|entry| entry.path.starts_with("/api/"));
    for Entry { site, path, statuses: expected, .. } in entries {
        // The mightiest first, so that a refusal is never only a body that could not succeed.
        let (allowed, refused): (Vec<usize>, Vec<usize>) = (0..ACTORS.len()).rev().partition(|index| expected[*index] == 200);
        if path.starts_with("/api/") {
            for index in allowed {
                let cell = Cell::new(&mut fixture, site, &path, index).await;
                cell.ask(&mut fixture, expected[index]).await;
            }
        } else {
            let mut cells = Vec::new();
            for index in allowed {
                cells.push((index, Cell::new(&mut fixture, site, &path, index).await));
            }
            let before = sql.fingerprint().await;
            for (index, cell) in &cells {
                cell.ask(&mut fixture, expected[*index]).await;
            }
            assert_eq!(sql.fingerprint().await, before, "{site} {path}: a GET changed something");
        }
        // What is asked for is made before it is looked at how everything is; then whoever is refused changes nothing.
        let mut cells = Vec::new();
        for index in refused {
            cells.push((index, Cell::new(&mut fixture, site, &path, index).await));
        }
        let before = if cells.is_empty() { String::new() } else { sql.fingerprint().await };
        for (index, cell) in &cells {
            let refusals = sql.text(REFUSALS).await;
            cell.ask(&mut fixture, expected[*index]).await;
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
    path: String,
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
    async fn new(fixture: &mut Fixture, site: &'static str, path: &str, index: usize) -> Self {
        let who = ACTORS[index];
        let asked = if path.starts_with("/api/") {
            let fields = fixture.fields(site, path, who).await;
            let ticket = if path.ends_with("/sign_in_code") { Some(fixture.ticket(site).await) } else { None };
            Asked::Function { fields, ticket }
        } else {
            Asked::Page(address(fixture, site, path, who).await)
        };
        Self { site, path: path.to_owned(), who, index, asked }
    }

    fn what(&self) -> String {
        format!("{} {} by {}", self.site, self.path, self.who)
    }

    async fn ask(&self, fixture: &mut Fixture, expected: u16) {
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
                assert_eq!(self.open(&mut actor, address).await, expected, "{}", self.what());
            }
        }
    }

    async fn call(&self, actor: &mut Actor, fields: &[(String, String)], expected: u16) -> StatusCode {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let file: Option<(&str, Vec<u8>)> = match self.path.rsplit('/').next().unwrap() {
            "tenant_import" => Some(("/tenants/import", b"an archive".to_vec())),
            "user_import_upload" => Some(("/users/import", b"email\na@acme.example\n".to_vec())),
            "record_import_upload" => Some(("/p/contacts/import", b"Last name\nLovelace\n".to_vec())),
            "photo_set" => Some(("/account", crate::settings::png())),
            "logo_set" => Some(("/settings", crate::settings::png())),
            _ => None,
        };
        let (status, body) = if let Some((page, file)) = file {
            let path = if page.starts_with("/p/") { format!("{}?pipeline=contacts", self.path) } else { self.path.clone() };
            let answer = actor.upload(&path, page, &fields, &file).await;
            // As a browser: a success leads on, a stranger is led to the sign-in page.
            let status = match answer.location() {
                path if path.starts_with("/login") => StatusCode::UNAUTHORIZED,
                "/settings" | "/account" => StatusCode::OK,
                on if on.starts_with("/jobs/") || on.starts_with("/users/import/") || on.starts_with("/p/contacts/import/") => {
                    StatusCode::OK
                }
                // A refusal leads back to the form.
                back if back == page => StatusCode::FORBIDDEN,
                _ => answer.status,
            };
            (status, answer.body)
        } else {
            let answer = actor.call(&self.path, &fields).await;
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
            let gone = control::tenants::tenant_delete(&fixture.app.operator(), name, name, true).await;
            assert_eq!(gone.is_ok(), status == StatusCode::OK, "{}", self.what());
        }
        if let (true, StatusCode::OK, Some((_, name))) = (ends("/tenant_provision"), status, fields.first()) {
            control::tenants::tenant_delete(&fixture.app.operator(), name, name, true).await.unwrap();
        }
        if ends("/role_see") && status == StatusCode::OK {
            fixture.people.get_mut(self.who).unwrap().call("/api/tenant/role_see_end", &[]).await;
        }
        if self.who != "anonymous" && ["/sign_out", "/enter", "/sign_in_code", "/sign_in", "/invite_accept"].into_iter().any(ends) {
            // The session that was used is over; the person signs in again.
            fixture.people.get_mut(self.who).unwrap().sign_in(login_of(self.who), PASSWORD).await;
        }
    }

    async fn open(&self, actor: &mut Actor, address: &str) -> u16 {
        let request = actor.request(Method::GET, address).header(header::ACCEPT, "text/html").body(axum::body::Body::empty()).unwrap();
        let answer = actor.send(request).await;
        match (answer.status, answer.location().starts_with("/login")) {
            (StatusCode::FOUND, true) => 401,
            // Somebody who is signed in needs no sign-in page, and who just gave the password none that asks for it.
            (StatusCode::FOUND, false) if matches!(self.path.as_str(), "/login" | "/reauthenticate") => 200,
            // A download leads a browser to where the password is given.
            (StatusCode::SEE_OTHER, false) if answer.location().starts_with("/reauthenticate") => 403,
            (status, _) => status.as_u16(),
        }
    }
}

/// The address of a page or a download that is there.
async fn address(fixture: &mut Fixture, site: &str, path: &str, who: &str) -> String {
    if path.starts_with("/enter") {
        return path.replace("{token}", &fixture.way_in().await);
    }
    let purpose = if path.starts_with("/reset") { "reset" } else { "invite" };
    // Nothing is made that the address does not name: each user more makes each look at the whole database slower.
    let id = match path {
        path if !path.contains("{id}") => String::new(),
        path if path.starts_with("/users/import") => fixture.draft().await,
        path if path.starts_with("/p/{pipeline}/import") => fixture.record_draft(who).await,
        path if path.starts_with("/jobs") && site == "tenant" => fixture.company_job(who, "users_bulk", "done").await,
        path if path.starts_with("/jobs") => fixture.job("done").await,
        "/photos/{id}" => fixture.pictured().await,
        path if path.starts_with("/teams") => fixture.team().await,
        path if path.starts_with("/p/") => fixture.record(who, false).await,
        _ => fixture.target().await,
    };
    let token = if path.contains("{token}") { fixture.token(site, purpose).await } else { String::new() };
    path.replace("{token}", &token)
        .replace("{slug}", "acme")
        .replace("{id}", &id)
        .replace("{key}", "manager")
        .replace("{pipeline}", "contacts")
        .replace("{field}", "deals")
        .replace("/availability", "/availability?name=free-name")
        .replace("contacts/bulk", "contacts/bulk?act=delete&who=all")
}
