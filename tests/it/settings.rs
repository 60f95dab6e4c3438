//! Settings of a company: what they change, who may change them, and that every process knows.

use crate::account::enrolled;
use axum::http::StatusCode;
use chrono::TimeDelta;
use futures_util::StreamExt;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use test_support::{Actor, Browser, PASSWORD, Process, Tenant, TestApp};

const SET: &str = "/api/tenant/setting_set";
const RESET: &str = "/api/tenant/setting_reset";

async fn company(app: &TestApp) -> (Tenant, Actor) {
    let tenant = app.tenant("acme").await;
    let owner = app.owner(&tenant).await;
    (tenant, owner)
}

/// Sets some settings of a group and gives the status.
async fn set(actor: &mut Actor, group: &str, values: &[(&str, &str)]) -> StatusCode {
    let named: Vec<(String, &str)> = values.iter().map(|(key, value)| (format!("values[{key}]"), *value)).collect();
    let mut fields = vec![("group", group), ("password", PASSWORD)];
    fields.extend(named.iter().map(|(name, value)| (name.as_str(), *value)));
    actor.call(SET, &fields).await.status
}

/// What is set is seen at once: on the sign-in page, in the frame, in how times and numbers are written.
#[tokio::test]
async fn a_company_looks_and_writes_as_it_likes() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let mut stranger = app.anonymous(&tenant.host);
    assert!(stranger.get("/login").await.body.contains("Company acme"));
    let values = [
        ("branding.name", "Acme & Söhne"),
        ("branding.color", "#FFCC00"),
        ("sign_in.message", "<b>Moved</b> to the third floor"),
        ("time_zone", "Asia/Tokyo"),
        ("date_format", "iso"),
        ("locale", "de-DE"),
    ];
    assert_eq!(set(&mut owner, "company", &values).await, StatusCode::OK);
    let page = stranger.get("/login").await;
    assert!(page.body.contains("Acme &amp; Söhne") && page.body.contains("&lt;b&gt;Moved&lt;/b&gt; to the third floor"), "{}", page.body);
    assert!(page.body.contains(":root{--own:#ffcc00;--own-text:#000}"), "{}", page.body);
    let list = owner.get("/users").await.body;
    assert!(list.contains(" JST\"") && list.contains("Acme &amp; Söhne"), "{list}");
    let public = stranger.get("/settings.json").await;
    let read: serde_json::Value = serde_json::from_str(&public.body).unwrap();
    assert_eq!(read["branding.name"], "Acme & Söhne");
    assert!(read.get("time_zone").is_none() && read.get("onboarding.dismissed").is_none(), "{read}");
    // Wrong ones are told beside the field, and nothing of the form is saved.
    for (key, wrong) in [("branding.color", "red"), ("time_zone", "Mars/Olympus"), ("locale", "xx"), ("branding.name", &*"x".repeat(81))] {
        let values = [(key, wrong), ("sign_in.message", "changed")];
        assert_eq!(set(&mut owner, "company", &values).await, StatusCode::UNPROCESSABLE_ENTITY, "{key}");
    }
    assert!(!stranger.get("/login").await.body.contains("changed"));
    // Back to the default, by the button or by emptying the field.
    assert_eq!(owner.call(RESET, &[("key", "branding.name")]).await.status, StatusCode::OK);
    assert_eq!(set(&mut owner, "company", &[("branding.color", "")]).await, StatusCode::OK);
    let page = stranger.get("/login").await.body;
    assert!(page.contains("Company acme") && !page.contains("--own:"), "{page}");
    assert_eq!(owner.call(RESET, &[("key", "nobody.knows")]).await.status, StatusCode::NOT_FOUND);
    // Each value it had stands in its history.
    let history = owner.get("/settings/history/branding.name").await.body;
    assert!(history.contains("Acme &amp; Söhne") && history.contains("setting.reset"), "{history}");
    assert!(!history.contains("third floor"), "another setting has a history of its own");
}

/// Two admins at once: what only one touched is theirs, what both touched is shown and not lost.
#[tokio::test]
async fn two_admins_do_not_overwrite_each_other() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let mut admin = app.signed_in(&tenant, "admin").await;
    let form = |name: &'static str, message: &'static str| {
        [
            ("group", "company"),
            ("values[branding.name]", name),
            ("seen[branding.name]", ""),
            ("values[sign_in.message]", message),
            ("seen[sign_in.message]", ""),
        ]
    };
    assert_eq!(owner.call(SET, &form("Acme", "")).await.status, StatusCode::OK);
    assert_eq!(admin.call(SET, &form("", "Hello")).await.status, StatusCode::OK);
    let page = app.anonymous(&tenant.host).get("/login").await.body;
    assert!(page.contains("Hello") && page.contains("Acme</span>"), "{page}");
    let refused = admin.post(SET, "/settings", &form("Ours", "Hello")).await;
    assert_eq!(refused.location(), "/settings");
    let page = admin.get("/settings").await.body;
    assert!(page.contains("Now “Acme”, before that the default") && page.contains("value=\"Ours\""), "{page}");
    // Looked at, and saved again: the form stands on the newest value.
    assert!(page.contains("name=\"seen[branding.name]\" value=\"Acme\""), "{page}");
    let again = [("group", "company"), ("values[branding.name]", "Ours"), ("seen[branding.name]", "Acme")];
    assert_eq!(admin.call(SET, &again).await.status, StatusCode::OK);
    assert!(app.anonymous(&tenant.host).get("/login").await.body.contains("Ours</span>"));
}

/// Session times count at once, for sessions that are open too, shorter ones and longer ones.
#[tokio::test]
async fn r11_session_times_count_at_once() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let (mut quiet, mut old) = (app.signed_in(&tenant, "user").await, app.signed_in(&tenant, "manager").await);
    app.clock.advance(TimeDelta::minutes(8));
    assert!(old.is_signed_in().await);
    assert_eq!(set(&mut owner, "security", &[("session.idle_minutes", "5")]).await, StatusCode::OK);
    assert!(!quiet.is_signed_in().await, "eight minutes are more than five");
    assert!(old.is_signed_in().await && owner.is_signed_in().await);
    app.clock.advance(TimeDelta::minutes(4));
    assert!(old.is_signed_in().await, "seen four minutes ago");
    assert!(owner.get("/sessions").await.body.contains("Open sessions: 2."));
    // Longer again: a session that had ended stays so.
    assert_eq!(set(&mut owner, "security", &[("session.idle_minutes", "60"), ("session.absolute_hours", "1")]).await, StatusCode::OK);
    assert!(!quiet.is_signed_in().await);
    app.clock.advance(TimeDelta::minutes(47));
    assert!(old.is_signed_in().await, "47 minutes without a request, 59 in all");
    app.clock.advance(TimeDelta::minutes(2));
    assert!(!old.is_signed_in().await && !owner.is_signed_in().await, "an hour in all");
    let mut owner = app.owner(&tenant).await;
    for (key, wrong) in
        [("session.idle_minutes", "61"), ("session.idle_minutes", "4"), ("session.absolute_hours", "25"), ("session.absolute_hours", "x")]
    {
        assert_eq!(set(&mut owner, "security", &[(key, wrong)]).await, StatusCode::UNPROCESSABLE_ENTITY, "{key} {wrong}");
    }
}

/// A second factor that is asked for: reminded until the day, then nothing else opens before it is set up.
#[tokio::test]
async fn r36_a_second_factor_can_be_asked_for() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let mut user = app.signed_in(&tenant, "user").await;
    let soon = (app.services.now() + TimeDelta::days(2)).date_naive().to_string();
    // By role first: the admin's own is not asked for.
    let by_role = [("group", "security"), ("seen[mfa.roles]", ""), ("roles[user]", "true"), ("values[mfa.from]", &soon)];
    assert_eq!(owner.call(SET, &by_role).await.status, StatusCode::OK);
    assert!(user.get("/").await.body.contains("your company requires a second factor"));
    assert!(!owner.get("/").await.body.contains("your company requires a second factor"));
    app.clock.advance(TimeDelta::days(2));
    (user, owner) = (app.anonymous(&tenant.host), app.owner(&tenant).await);
    user.sign_in("user", PASSWORD).await;
    assert_eq!(owner.get("/users").await.status, StatusCode::OK);
    let page = user.get("/").await;
    assert_eq!((page.status, page.location()), (StatusCode::FOUND, "/account/mfa"));
    assert_eq!(user.call("/api/tenant/dashboard", &[]).await.status, StatusCode::FORBIDDEN);
    assert!(user.get("/account/mfa").await.body.contains("Your company requires a second factor"));
    enrolled(&app, &mut user, "/api/tenant").await;
    assert_eq!(user.get("/").await.status, StatusCode::OK);
    // It cannot be switched off while it is asked for.
    assert_eq!(user.call("/api/tenant/mfa_remove", &[]).await.status, StatusCode::CONFLICT);
    // Of everybody: whoever switched that on too.
    assert_eq!(set(&mut owner, "security", &[("mfa.required", "true")]).await, StatusCode::OK);
    assert_eq!(owner.get("/users").await.location(), "/account/mfa");
    assert_eq!(owner.get("/users.csv").await.status, StatusCode::FORBIDDEN);
    let refused = owner.call("/api/tenant/user_deactivate", &[("id", "1")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    enrolled(&app, &mut owner, "/api/tenant").await;
    assert_eq!(owner.get("/users").await.status, StatusCode::OK);
}

/// security.md 33: short passwords take a second factor of everybody, whichever is changed last.
#[tokio::test]
async fn r33_short_passwords_take_a_second_factor() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    assert_eq!(set(&mut owner, "security", &[("password.length_min", "8")]).await, StatusCode::CONFLICT);
    assert_eq!(set(&mut owner, "security", &[("password.length_min", "7")]).await, StatusCode::UNPROCESSABLE_ENTITY);
    enrolled(&app, &mut owner, "/api/tenant").await;
    assert_eq!(set(&mut owner, "security", &[("password.length_min", "8"), ("mfa.required", "true")]).await, StatusCode::OK);
    assert_eq!(set(&mut owner, "security", &[("mfa.required", "")]).await, StatusCode::CONFLICT);
    assert_eq!(owner.call(RESET, &[("key", "mfa.required")]).await.status, StatusCode::CONFLICT);
    let mut user = app.signed_in(&tenant, "user").await;
    let new = "gull7*Zqk4v";
    let fields = [("password_old", PASSWORD), ("password", new), ("password_repeated", new)];
    assert!(user.get("/account/password").await.body.contains("At least 8 characters"));
    assert_eq!(user.call("/api/tenant/password_set", &fields).await.status, StatusCode::OK);
    assert_eq!(set(&mut owner, "security", &[("password.length_min", "20")]).await, StatusCode::OK);
    let fields = [("password_old", new), ("password", "correct staple 7"), ("password_repeated", "correct staple 7")];
    assert_eq!(user.call("/api/tenant/password_set", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// Users have addresses of the company's domains; those who are here stay and can be changed.
#[tokio::test]
async fn addresses_are_of_the_domains_that_are_taken() {
    let app = TestApp::start().await;
    let (_tenant, mut owner) = company(&app).await;
    assert_eq!(set(&mut owner, "security", &[("mail_domains.allowed", "@Corp.example corp.org")]).await, StatusCode::OK);
    let create = |email: &'static str| [("first_name", "I"), ("last_name", "J"), ("email", email), ("user_type", "user")];
    let refused = owner.call("/api/tenant/user_create", &create("i@acme.example")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("@corp.example or @corp.org"), "{}", refused.body);
    assert_eq!(owner.call("/api/tenant/user_create", &create("i@corp.org")).await.status, StatusCode::OK);
    for wrong in ["localhost", "a b@c", "127.0.0.1", "exa mple"] {
        assert_eq!(set(&mut owner, "security", &[("mail_domains.allowed", wrong)]).await, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

/// What concerns security takes a fresh reauthentication; what does not, does not.
#[tokio::test]
async fn r19_security_takes_a_fresh_reauthentication() {
    let app = TestApp::start().await;
    let (_tenant, mut owner) = company(&app).await;
    app.clock.advance(TimeDelta::minutes(11));
    assert_eq!(set(&mut owner, "company", &[("branding.name", "Acme")]).await, StatusCode::OK);
    let stale = [("group", "security"), ("values[session.idle_minutes]", "60")];
    assert_eq!(owner.call(SET, &stale).await.status, StatusCode::FORBIDDEN);
    assert_eq!(owner.call(RESET, &[("key", "session.idle_minutes")]).await.status, StatusCode::FORBIDDEN);
    assert!(owner.get("/settings/security").await.body.contains("Your password"));
    let proved = [("group", "security"), ("values[session.idle_minutes]", "60"), ("password", PASSWORD)];
    assert_eq!(owner.call(SET, &proved).await.status, StatusCode::OK);
}

/// Keys of the company's own: checked, versioned, public only where that was said.
#[tokio::test]
async fn keys_of_ones_own_are_kept() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let (set, delete) = ("/api/tenant/setting_free_set", "/api/tenant/setting_free_delete");
    let key = |key: &'static str, value: &'static str, public: &'static str| {
        [("setting_key", key), ("setting_value", value), ("is_public", public)]
    };
    assert_eq!(owner.call(set, &key("office.floor", "3", "true")).await.status, StatusCode::OK);
    assert_eq!(owner.call(set, &key("office.code", "\"1234\"", "false")).await.status, StatusCode::OK);
    assert_eq!(owner.call(set, &key("office.floor", "4", "true")).await.status, StatusCode::CONFLICT);
    let public = app.anonymous(&tenant.host).get("/settings.json").await.body;
    assert_eq!(public, "{\"office.floor\":3}");
    for (name, value) in [("Office", "1"), ("mfa.required", "true"), ("branding.name", "\"x\""), ("a", "not json"), ("b", "\"\\u0000\"")] {
        assert_eq!(owner.call(set, &key(name, value, "true")).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
    let page = owner.get("/settings/custom").await.body;
    let version = page.split("value=\"office.floor\"").nth(1).and_then(|rest| rest.split("name=\"version\" value=\"").nth(1)).unwrap();
    let version = version.split('"').next().unwrap().to_owned();
    let change = [("setting_key", "office.floor"), ("setting_value", "{\"n\": 5}"), ("version", version.as_str())];
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(owner.call(set, &change).await.status, StatusCode::OK);
    assert_eq!(owner.call(set, &change).await.status, StatusCode::CONFLICT, "changed meanwhile");
    assert_eq!(app.anonymous(&tenant.host).get("/settings.json").await.body, "{}", "no longer public");
    assert_eq!(owner.call(delete, &[("key", "office.floor")]).await.status, StatusCode::OK);
    assert_eq!(owner.call(delete, &[("key", "office.floor")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(owner.call(delete, &[("key", "branding.name")]).await.status, StatusCode::NOT_FOUND, "a known key is none of these");
    assert!(owner.get("/settings/history/office.floor").await.body.contains("setting.delete"));
}

/// A logo is pixels and nothing else.
#[tokio::test]
async fn a_logo_is_only_pixels() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let mut stranger = app.anonymous(&tenant.host);
    assert_eq!(stranger.get("/branding/logo").await.status, StatusCode::NOT_FOUND);
    let picture = png();
    let answer = owner.upload("/api/tenant/logo_set", "/settings", &[], &picture).await;
    assert_eq!(answer.location(), "/settings");
    let page = stranger.get("/login").await.body;
    let hash = page.split("/branding/logo?v=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let logo = stranger.get(&format!("/branding/logo?v={hash}")).await;
    assert_eq!((logo.status, logo.header("content-type"), logo.header("x-content-type-options")), (StatusCode::OK, "image/png", "nosniff"));
    assert!(logo.header("cache-control").contains("immutable"));
    assert_eq!(stranger.get("/branding/logo?v=other").await.header("cache-control"), "no-cache");
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for bad in [&svg[..], b"", &vec![0; 3 * 1024 * 1024]] {
        owner.upload("/api/tenant/logo_set", "/settings", &[], bad).await;
        assert!(owner.get("/settings").await.body.contains("id=\"file-error\""));
    }
    assert!(stranger.get("/login").await.body.contains(&hash), "the old one is still there");
    assert_eq!(owner.call("/api/tenant/logo_remove", &[]).await.status, StatusCode::OK);
    assert_eq!(stranger.get("/branding/logo").await.status, StatusCode::NOT_FOUND);
    assert!(!stranger.get("/login").await.body.contains("/branding/logo"));
}

/// The smallest PNG: one pixel.
pub(crate) fn png() -> Vec<u8> {
    use base64::Engine as _;
    let text = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

/// Opens a page, and again as long as that is asked for: on a busy machine nobody waits longer than a second for a connection.
async fn get_in_turn(mut browser: Browser, path: &'static str) -> String {
    let mut reply = browser.get(path).await;
    for _ in 0..20 {
        if reply.status != StatusCode::SERVICE_UNAVAILABLE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
        reply = browser.get(path).await;
    }
    reply.body
}

/// Two server processes on one Redis: one of them computes, and what is written by either is seen by the other with its
/// next request. Messages between them play no part: both have lost theirs.
#[tokio::test]
async fn two_processes_know_the_same() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let program = env!("CARGO_BIN_EXE_oneo");
    let servers = [Process::start(&app, program, &[]).await, Process::start(&app, program, &[]).await];
    let client = redis::Client::open(std::env::var("ONEO_TEST_REDIS_URL").unwrap()).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    // What Redis is told: a computed value is kept by a script.
    let monitor = client.get_async_monitor().await.unwrap();
    let key = format!("{{t{}}}:cache:settings:all", tenant.id);
    let (kept, installation) = (Arc::new(AtomicU32::new(0)), app.services.db.installation().to_owned());
    let counter = Arc::clone(&kept);
    let watch = tokio::spawn(async move {
        let mut lines = monitor.into_on_message::<String>();
        while let Some(line) = lines.next().await {
            let is_kept = line.contains(" lua]") && line.contains("\"SET\"") && line.contains(&key) && line.contains(&installation);
            counter.fetch_add(u32::from(is_kept), Ordering::Relaxed);
        }
    });
    for round in 0..3 {
        let name = format!("Name {round}");
        // They listen again after half a second.
        let _ended: i64 = redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").query_async(&mut raw).await.unwrap();
        assert_eq!(set(&mut owner, "company", &[("branding.name", &name)]).await, StatusCode::OK);
        let before = kept.load(Ordering::Relaxed);
        let many = (0..24).map(|n| tokio::spawn(get_in_turn(servers[n % 2].browser(&tenant.host), "/login")));
        for page in many.collect::<Vec<_>>() {
            let page = page.await.unwrap();
            assert!(page.contains(&name), "round {round}: {page}");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(kept.load(Ordering::Relaxed) - before, 1, "one computation for 24 requests to two processes");
    }
    watch.abort();
}
