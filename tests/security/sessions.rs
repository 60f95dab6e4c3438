//! Sessions and their cookie: one browser, one site, one person, and no longer than may be (security.md 10 to 21).

mod cookies;
mod lifetimes;

use crate::harness::Harness;
use axum::http::StatusCode;
use kernel::{Clock as _, SystemClock};
use std::{collections::BTreeMap, time::Duration};
use test_support::{Browser, Tenant};
use totp_rs::{Builder, Secret, Totp};

/// The session's cookie.
const SID: &str = "__Host-sid";
/// The cookies this program sets, and no other.
const COOKIES: [&str; 5] = [SID, "__Host-device", "__Host-second", "__Host-flash", "__Host-theme"];
/// What removes the session's cookie: the same attributes as set it, or a browser keeps it.
const REMOVAL: &str = "__Host-sid=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";
/// A value of the right form that nobody was given.
const PLANTED: &str = "AAAAAAAAAAAAAAAAAAAAAA";
/// What a form without a file is sent as.
const FORM: &str = "application/x-www-form-urlencoded";
/// A password besides [`WORD`].
const OTHER: &str = "nine yellow herons whisper";
/// A little more than a reauthentication is good for, in seconds.
const STALE: i64 = 11 * 60;

fn sid(browser: &Browser) -> String {
    browser.cookies.get(SID).cloned().unwrap_or_default()
}

/// The same browser with another session cookie.
fn with_sid(browser: &Browser, value: &str) -> Browser {
    let mut other = browser.clone();
    other.cookies.insert(SID.to_owned(), value.to_owned());
    other
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).and_then(|rest| rest.split(after).next()).unwrap_or_default()
}

/// The secret of a one-time link that a page or letter shows.
fn token(text: &str, kind: &str) -> String {
    let rest = text.split(&format!("/{kind}/")).nth(1).unwrap_or_default();
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_').collect()
}

/// The seconds since 1970, by which codes are made.
fn now() -> i64 {
    SystemClock.now().timestamp()
}

/// The code that a phone shows so many seconds from now.
fn code(totp: &Totp, ahead: i64) -> String {
    totp.generate(u64::try_from(now() + ahead).unwrap()).to_string()
}

/// Begins a second factor and gives the app on the phone.
async fn phone(person: &mut Browser, api: &str) -> Totp {
    let begun = person.call(&format!("{api}/mfa_begin"), &[]).await;
    assert_eq!(begun.status, StatusCode::OK, "beginning a second factor on {api}: {}", begun.body);
    let page = person.get("/account/mfa").await.body;
    let shown = between(&page, "data-totp-secret", "</code>");
    let secret: String = shown.rsplit('>').next().unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
    Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).with_account_name("x").build().unwrap()
}

/// Somebody on each site, with the login and the prefix of the functions there.
async fn both(harness: &Harness) -> (Tenant, [(Browser, String, &'static str); 2]) {
    let acme = harness.tenant("acme").await;
    let (owner, admin) = (harness.owner(&acme).await, harness.admin().await);
    let login = acme.owner.clone();
    (acme, [(owner, login, "/api/tenant"), (admin, "admin@oneo.example".to_owned(), "/api/platform")])
}

/// The name of a company's site in the keys of Redis; that of the platform is `p`.
fn site(tenant: &Tenant) -> String {
    format!("t{}", tenant.id)
}

/// The sessions that Redis holds for a site: their keys and what is stored.
async fn stored(harness: &Harness, site: &str) -> BTreeMap<String, String> {
    let mut redis = harness.redis().await;
    let mut found = BTreeMap::new();
    for key in harness.keys().await.into_iter().filter(|key| key.contains(&format!("{{{site}}}:session:"))) {
        let text: Option<String> = redis::cmd("GET").arg(&key).query_async(&mut redis).await.unwrap();
        if let Some(text) = text {
            found.insert(key, text);
        }
    }
    found
}

/// Makes every session of a site one that was last seen so many seconds ago.
async fn unseen(harness: &Harness, site: &str, seconds: i64) {
    let mut redis = harness.redis().await;
    let live = format!("{}{{{site}}}:sessions:live", harness.prefix());
    let names: Vec<String> = redis::cmd("ZRANGE").arg(&live).arg(0).arg(-1).query_async(&mut redis).await.unwrap();
    assert!(!names.is_empty(), "{site} has no session");
    for name in names {
        let _moved: i64 = redis::cmd("ZADD").arg(&live).arg("XX").arg(now() - seconds).arg(name).query_async(&mut redis).await.unwrap();
    }
}

/// How many refusals of a kind were noted on a company's site, or on the platform's.
async fn noted(harness: &Harness, kind: &str, tenant: Option<&Tenant>) -> u64 {
    let whose = tenant.map_or_else(|| "IS NULL".to_owned(), |tenant| format!("= {}", tenant.id));
    let sql = format!("SELECT count(*)::text FROM platform.security_events WHERE kind = '{kind}' AND tenant_id {whose}");
    harness.sql.text(&sql).await.parse().unwrap()
}

/// The version of somebody of a company, which a form of an edit brings.
async fn version_of(harness: &Harness, tenant: &Tenant, id: &str) -> String {
    let sql = format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM {}.users WHERE id = {id}", tenant.schema);
    harness.sql.text(&sql).await
}

/// Waits until a host answers like that; what changed is heard of within moments.
async fn becomes(harness: &Harness, host: &str, expected: StatusCode) {
    for _ in 0..100 {
        if harness.browser(host).get("/login").await.status == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(harness.browser(host).get("/login").await.status, expected, "{host} did not become so");
}

/// Whether the browser is led to the sign-in page, where it would have got a page with a good session.
async fn is_out(browser: &mut Browser) -> bool {
    let reply = browser.get("/").await;
    reply.status == StatusCode::FOUND && reply.location().starts_with("/login")
}

/// Somebody new with two browsers that are signed in, and the id.
async fn twice(harness: &Harness, tenant: &Tenant, name: &str) -> (String, Browser, Browser) {
    let id = harness.app.user(tenant, "user", name).await.to_string();
    (id, harness.signed_in(tenant, name).await, harness.signed_in(tenant, name).await)
}

/// The address of a page, with something for each of its parameters.
fn address(path: &str, id: &str) -> String {
    path.replace("{token}", "x").replace("{slug}", "acme").replace("{id}", id).replace("{key}", "manager").replace("{pipeline}", "contacts")
}
