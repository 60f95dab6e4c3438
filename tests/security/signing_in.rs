//! The security suite, 29 to 41: signing in, its limits, passwords, one-time links, second factors and fresh reauthentications.

mod factors;
mod links;
mod passwords;
mod reauthentication;
mod throttle;

use crate::harness::{Harness, WORD, form, hash_of, program};
use axum::http::StatusCode;
use domain::SiteKey;
use kernel::{Clock, SystemClock};
use std::{path::Path, process::Command, time::Duration};
use test_support::{Browser, Reply, Tenant, environment};
use totp_rs::{Builder, Secret, Totp};

/// The one answer to whatever is wrong about a sign-in.
const WRONG: &str = "E-mail or password is not right";
/// A password that nobody has.
const NOBODYS: &str = "wrong password here";
/// Another good password.
const OTHER: &str = "nine yellow herons whisper";
/// This machine stands before the server, so that a test can come from many addresses.
const PROXY: &[(&str, &str)] = &[("TRUSTED_PROXIES", "127.0.0.1")];
/// Longer than a reauthentication is good, in seconds.
const ELEVEN_MINUTES: i64 = 660;

/// Waits until the number of people of a company is reported, which a server does by itself shortly after it has changed.
async fn counted() {
    tokio::time::sleep(Duration::from_secs(4)).await;
}

fn now_ms() -> i64 {
    SystemClock.now().timestamp_millis()
}

fn site_of(tenant: &Tenant) -> SiteKey {
    SiteKey::Tenant(tenant.id)
}

/// Calls a function from an address that the trusted proxy names.
async fn call_from(browser: &mut Browser, address: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
    let origin = format!("http://{}:8000", browser.host);
    let headers = [
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", origin.as_str()),
        ("x-forwarded-for", address),
    ];
    browser.send("POST", path, &headers, form(fields).as_bytes()).await
}

/// Tries to sign in from an address that the trusted proxy names.
async fn try_from(browser: &mut Browser, address: &str, login: &str, password: &str) -> Reply {
    let site = if browser.host == "localhost" { "platform" } else { "tenant" };
    call_from(browser, address, &format!("/api/{site}/sign_in"), &[("login", login), ("password", password)]).await
}

/// Tries to sign in many times at once: with which browser, from which address, as whom.
async fn at_once(tries: impl IntoIterator<Item = (Browser, String, String)>, password: &str) -> Vec<Reply> {
    let begin = |(mut browser, address, login): (Browser, String, String)| {
        let password = password.to_owned();
        tokio::spawn(async move { try_from(&mut browser, &address, &login, &password).await })
    };
    let tasks: Vec<_> = tries.into_iter().map(begin).collect();
    let mut replies = Vec::new();
    for task in tasks {
        replies.push(task.await.unwrap());
    }
    replies
}

/// How often wrong passwords of people of a company were compared with a hash: each of these is noted, shortly after the answer.
async fn compared(harness: &Harness, tenant: &Tenant) -> u32 {
    let sql = format!("SELECT count(*)::text FROM {}.login_events WHERE reason = 'wrong'", tenant.schema);
    let mut last = harness.sql.text(&sql).await;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let now = harness.sql.text(&sql).await;
        if now == last {
            break;
        }
        last = now;
    }
    last.parse().unwrap()
}

/// The name under which tries on an account are counted.
fn throttle_key(harness: &Harness, site: SiteKey, kind: &str, name: &str) -> String {
    let services = &harness.app.services;
    services.redis.keys.key(site, "throttle", &services.keyring.account_name(kind, name)).as_str().to_owned()
}

/// Sets how many tries were counted on an account, and until when it waits.
async fn throttle_set(harness: &Harness, key: &str, tries: i64, until_ms: i64) {
    let mut redis = harness.redis().await;
    let _new: i64 = redis::cmd("HSET").arg(key).arg("tries").arg(tries).arg("until").arg(until_ms).query_async(&mut redis).await.unwrap();
    let _set: i64 = redis::cmd("EXPIRE").arg(key).arg(86_400).query_async(&mut redis).await.unwrap();
}

/// A number of a hash in Redis; 0 when it is not there.
async fn throttle_get(harness: &Harness, key: &str, field: &str) -> i64 {
    let mut redis = harness.redis().await;
    let found: Option<i64> = redis::cmd("HGET").arg(key).arg(field).query_async(&mut redis).await.unwrap();
    found.unwrap_or_default()
}

/// A one-time link of somebody of a company, open for so many minutes; below 0 it was.
async fn token(harness: &Harness, tenant: &Tenant, user: &str, purpose: &str, minutes: i32) -> String {
    let token = kernel::tokens::token_new(&*harness.app.services.entropy);
    let sql = format!(
        "INSERT INTO {}.user_tokens (user_id, purpose, token_hash, expires_at) \
         VALUES ({user}, '{purpose}', '\\x{}', now() + {minutes} * interval '1 minute')",
        tenant.schema,
        hash_of(&token)
    );
    harness.sql.run(&sql).await;
    token
}

/// Sets somebody's password by a reset link.
async fn reset(harness: &Harness, tenant: &Tenant, user: &str, password: &str) -> Reply {
    let token = token(harness, tenant, user, "reset", 30).await;
    let fields = [("token", token.as_str()), ("password", password), ("password_repeated", password)];
    harness.browser(&tenant.host).call("/api/tenant/reset_accept", &fields).await
}

async fn owner_id(harness: &Harness, tenant: &Tenant) -> String {
    harness.sql.text(&format!("SELECT min(id)::text FROM {}.users WHERE user_type = 'owner'", tenant.schema)).await
}

/// The version of a row, as forms send it.
async fn version(harness: &Harness, table: &str, which: &str) -> String {
    harness.sql.text(&format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM {table} WHERE {which}")).await
}

/// Runs the program to its end: whether it succeeded, and what it said.
fn said(harness: &Harness, args: &[&str]) -> (bool, String) {
    let mut command = Command::new(program());
    environment(&harness.app, &mut command);
    let output = command.args(args).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

/// Starts the server where it must refuse, and gives what it said.
async fn refused_start(mut command: Command) -> String {
    command.arg("serve").env("LISTEN", "127.0.0.1:0");
    let mut command = tokio::process::Command::from(command);
    let ended = tokio::time::timeout(Duration::from_secs(15), command.kill_on_drop(true).output()).await;
    assert!(ended.is_ok(), "it serves");
    let output = ended.unwrap().unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).and_then(|rest| rest.split(after).next()).unwrap_or_default()
}

/// The code of a phone so many seconds from now.
fn code(totp: &Totp, seconds: i64) -> String {
    totp.generate(u64::try_from(SystemClock.now().timestamp() + seconds).unwrap()).to_string()
}

/// Waits until a step has just begun, so that none ends in the middle of what follows.
async fn early() {
    let into = SystemClock.now().timestamp() % 30;
    if into > 23 {
        tokio::time::sleep(Duration::from_secs(u64::try_from(31 - into).unwrap())).await;
    }
}

/// The app on somebody's phone, by the key that the page shows.
async fn phone(person: &mut Browser, api: &str) -> Totp {
    assert_eq!(person.call(&format!("{api}/mfa_begin"), &[]).await.status, StatusCode::OK);
    let page = person.get("/account/mfa").await.body;
    let shown = between(between(&page, "data-totp-secret", "/code>"), ">", "<");
    let secret: String = shown.chars().filter(|c| !c.is_whitespace()).collect();
    assert!(secret.len() >= 26, "a key of at least 128 bits: {page}");
    Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).with_account_name("x").build().unwrap()
}

/// Switches the second factor on and gives the phone and the recovery codes.
async fn enrolled(person: &mut Browser, api: &str) -> (Totp, Vec<String>) {
    let totp = phone(person, api).await;
    let reply = person.post(&format!("{api}/mfa_confirm"), "/account/mfa", &[("code", &code(&totp, 0))]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    let page = person.get("/account/mfa").await.body;
    let list = between(&page, "data-recovery-codes", "</ul>");
    let codes: Vec<String> = list.split("<code>").skip(1).map(|rest| rest.split('<').next().unwrap_or_default().to_owned()).collect();
    (totp, codes)
}

/// A browser in which the password was given and a code is owed.
async fn halfway(harness: &Harness, tenant: &Tenant, login: &str) -> Browser {
    let mut browser = harness.browser(&tenant.host);
    let reply = browser.try_sign_in(login, WORD).await;
    assert!(reply.location().starts_with("/login?next="), "{login}: {} {}", reply.status, reply.location());
    assert!(!browser.cookies.contains_key("__Host-sid"), "the password alone opens nothing");
    browser
}

/// The e-mails that lie in a folder.
fn emails(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let emails = files.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
    emails.filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

/// What is stored of somebody's password.
async fn stored(harness: &Harness, tenant: &Tenant, username: &str) -> String {
    harness.sql.text(&format!("SELECT password_hash FROM {}.users WHERE username = '{username}'", tenant.schema)).await
}
