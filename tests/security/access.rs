//! Who may do what: requirements 42 to 48, asked of the built program by people of every role.

mod isolation;
mod rights;

use crate::harness::{Harness, WORD};
use axum::http::StatusCode;
use oneo::http::routes;
use std::collections::BTreeSet;
use test_support::{Browser, Reply, Tenant};

/// What strangers may ask for on both sites.
const PUBLIC: [&str; 18] = [
    "/login",
    "/logout",
    "/forgot",
    "/invite/{token}",
    "/reset/{token}",
    "login",
    "forgot",
    "forgot_send",
    "invite",
    "invite_accept",
    "reset",
    "reset_accept",
    "sign_in",
    "sign_in_code",
    "shortcuts_set",
    "sidebar_fold",
    "sign_out",
    "theme_set",
];

/// What strangers may ask for on the platform besides.
const PUBLIC_PLATFORM: [&str; 5] = ["/signup", "/signup/done", "/signup/availability", "signup", "signup_create"];

/// What strangers may ask for on the site of a company besides.
const PUBLIC_TENANT: [&str; 6] = ["/enter/{token}", "/branding/logo", "/settings.json", "enter", "entrance", "invite_ask"];

/// The bare name of a function.
fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Everything that answers on a site.
fn everything(site: &str) -> BTreeSet<String> {
    let functions = routes::functions(site).into_iter().chain(routes::exports(site)).map(str::to_owned);
    routes::pages(site).into_iter().chain(functions).collect()
}

/// Whether everybody may ask for it.
fn is_public(site: &str, path: &str) -> bool {
    let more: &[&str] = if site == "platform" { &PUBLIC_PLATFORM } else { &PUBLIC_TENANT };
    let name = if path.starts_with("/api/") { name_of(path) } else { path };
    PUBLIC.contains(&name) || more.contains(&name)
}

/// A body that every function can read: with all fields that any of them has, well formed. It names `id` and `key`.
fn fields(path: &str, id: &str, key: &str) -> Vec<(&'static str, String)> {
    let function = name_of(path);
    let act = match function {
        "domain_change" => "vouch",
        "record_bulk" | "record_bulk_ask" => "delete",
        _ => "deactivate",
    };
    let key = match function {
        "ai_set" | "tenant_ai_set" => "sk-of-nobody-at-all",
        "setting_reset" => "sign_in.message",
        _ => key,
    };
    let mut fields = Vec::new();
    for (name, value) in [
        ("id", id),
        ("user", id),
        ("slug", "alpha"),
        ("list", "users"),
        ("pipeline", "contacts"),
        ("stage", "lead"),
        ("field", "nothing"),
        ("note", id),
        ("body", "A note"),
        ("done", "yes"),
        ("other", id),
        ("inverse_label", "Inverse"),
        ("has", "one"),
        ("inverse_has", "one"),
        ("name_one", "One"),
        ("share", id),
        ("with", "nobody@alpha.example"),
        ("member", "nobody@alpha.example"),
        ("key", key),
        ("token", "nothing"),
        ("name", "Anybody"),
        ("domain", "free-name"),
        ("first_name", "Some"),
        ("last_name", "Body"),
        ("owner_first_name", "Some"),
        ("owner_last_name", "Body"),
        ("owner_email", "new@alpha.example"),
        ("email", "new@alpha.example"),
        ("username", "newcomer"),
        ("user_type", "user"),
        ("login", "nobody@alpha.example"),
        ("password", WORD),
        ("password_old", WORD),
        ("password_repeated", WORD),
        ("version", "1"),
        ("expected", "1"),
        ("act", act),
        ("change", "deactivate"),
        ("role", "admin"),
        ("provider", "openai"),
        ("model", "small-1"),
        ("ai_usage_limit", "10"),
        ("json", "{\"x\": 1}"),
        ("max_users", "10"),
        ("code", "123456"),
        ("theme", "dark"),
        ("group", "company"),
        ("values[branding.name]", "Other"),
        ("setting_key", "own.key"),
        ("setting_value", "1"),
        ("fallback", "user"),
        ("permissions[records.view]", "own"),
        ("columns[email]", "0"),
        ("columns[first_name]", "1"),
        ("columns[last_name]", "2"),
        ("mode", "create"),
        ("match_by", "email"),
        ("label", "Office"),
        ("kind", "text"),
        ("to", "up"),
        ("columns[field.last_name]", "2"),
        ("decimals", "point"),
        ("days", "year_first"),
    ] {
        fields.push((name, value.to_owned()));
    }
    if matches!(function, "user_bulk" | "record_bulk") {
        fields.push(("query", format!("who=ticked&id={id}")));
    }
    fields
}

/// The address of a page or a download.
fn address(path: &str, id: &str, key: &str) -> String {
    let filled = path
        .replace("{token}", "nothing")
        .replace("{slug}", "alpha")
        .replace("{id}", id)
        .replace("{key}", key)
        .replace("{pipeline}", "contacts")
        .replace("contacts/bulk", "contacts/bulk?act=delete");
    filled.replace("/availability", "/availability?name=free-name")
}

async fn call(browser: &mut Browser, path: &str, fields: &[(&'static str, String)]) -> Reply {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.call(path, &fields).await
}

/// Asks for one thing: opens a page or a download, calls a function.
async fn ask(browser: &mut Browser, path: &str, id: &str) -> Reply {
    if path.starts_with("/api/") {
        call(browser, path, &fields(path, id, "manager")).await
    } else {
        browser.get(&address(path, id, "manager")).await
    }
}

/// Whether somebody was told to sign in.
fn is_sent_to_sign_in(reply: &Reply) -> bool {
    reply.status == StatusCode::UNAUTHORIZED || (reply.status == StatusCode::FOUND && reply.location().starts_with("/login"))
}

/// Somebody of each role, signed in where they belong.
async fn people(harness: &Harness, alpha: &Tenant, beta: &Tenant) -> Vec<Browser> {
    let mut people = vec![harness.browser(&alpha.host)];
    for role in ["user", "salesperson", "manager", "admin"] {
        people.push(harness.person(alpha, role, role).await);
    }
    people.push(harness.owner(alpha).await);
    people.push(harness.owner(beta).await);
    let _made = harness.app.platform_person("support").await;
    let mut support = harness.browser("localhost");
    support.sign_in("support@oneo.example").await;
    people.push(support);
    people.push(harness.admin().await);
    people
}

/// The version of a row of a company, as its form would send it.
async fn version(harness: &Harness, tenant: &Tenant, table: &str, which: &str) -> String {
    let sql = format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM {}.{table} WHERE {which}", tenant.schema);
    harness.sql.text(&sql).await
}

/// Functions that only tell, of a company.
const TELLING_TENANT: [&str; 28] = [
    "account",
    "account_sessions",
    "account_sign_ins",
    "ai",
    "audit_list",
    "dashboard",
    "forgot",
    "job_list",
    "login",
    "mfa",
    "reauthenticate_page",
    "role_get",
    "role_list",
    "role_new",
    "search",
    "session_list",
    "setting_free_list",
    "setting_history",
    "setting_list",
    "user_access",
    "user_audit",
    "user_field_list",
    "user_get",
    "user_import_new",
    "user_list",
    "user_new",
    "user_sessions",
    "user_sign_ins",
];

/// Functions that only tell, of the platform.
const TELLING_PLATFORM: [&str; 25] = [
    "account",
    "account_sessions",
    "admin_list",
    "admin_new",
    "audit_list",
    "dashboard",
    "domain_list",
    "job_list",
    "login",
    "mfa",
    "search",
    "tenant_ai",
    "tenant_audit_list",
    "tenant_billing",
    "tenant_danger",
    "tenant_domains",
    "tenant_features",
    "tenant_general",
    "tenant_get",
    "tenant_list",
    "tenant_quota",
    "tenant_usage",
    "tenant_users",
    "usage_list",
    "user_find",
];

/// Everything that tells, as one person is told it.
async fn told(person: &Browser, site: &str, id: &str) -> Vec<(String, Reply)> {
    let telling: &[&str] = if site == "platform" { &TELLING_PLATFORM } else { &TELLING_TENANT };
    let functions = telling.iter().map(|name| format!("/api/{site}/{name}"));
    let pages = routes::pages(site).into_iter().chain(routes::exports(site).into_iter().map(str::to_owned));
    let mut told = Vec::new();
    for path in pages.chain(functions) {
        if !path.contains("/signup") {
            told.push((path.clone(), ask(&mut person.clone(), &path, id).await));
        }
    }
    told
}
