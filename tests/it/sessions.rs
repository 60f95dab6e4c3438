//! Sessions and their cookie (security.md 10 to 21).

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use chrono::TimeDelta;
use domain::SiteKey;
use test_support::{Actor, PASSWORD, TestApp};

fn sid(actor: &Actor) -> String {
    actor.cookies.get("__Host-sid").cloned().unwrap_or_default()
}

fn with_sid(actor: &Actor, value: &str) -> Actor {
    let mut other = actor.clone();
    other.cookies.insert("__Host-sid".to_owned(), value.to_owned());
    other
}

/// security.md 10.
#[tokio::test]
async fn r10_the_cookie_is_as_narrow_as_can_be() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let answer = app.anonymous(&tenant.host).try_sign_in(&tenant.owner, PASSWORD).await;
    let cookies = answer.set_cookies();
    let cookie = cookies.iter().find(|cookie| cookie.starts_with("__Host-sid=")).unwrap();
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert!(cookie.split(['=', ';']).nth(1).unwrap().len() >= 22, "128 bits");
}

/// security.md 11, 17, 21: signing out works on the server and in the browser, and nothing undoes it.
#[tokio::test]
async fn r17_signing_out_cannot_be_undone() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let stolen = owner.clone();
    // A request that began before the sign-out still holds the session it loaded.
    let store = app.services.sessions(SiteKey::Tenant(tenant.id), cache::session::SessionLimits::TENANT);
    let id: tower_sessions_core::session::Id = sid(&owner).parse().unwrap();
    let record = tower_sessions_core::SessionStore::load(&store, &id).await.unwrap().unwrap();
    let answer = owner.post("/api/tenant/sign_out", "/", &[]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/login"));
    let removal = answer.set_cookies().into_iter().find(|cookie| cookie.starts_with("__Host-sid=;")).unwrap();
    assert!(removal.contains("Secure") && removal.contains("Max-Age=0") && removal.contains("Path=/"), "{removal}");
    assert!(answer.header("clear-site-data").contains("cache"));
    tower_sessions_core::SessionStore::save(&store, &record).await.unwrap();
    assert!(!stolen.clone().is_signed_in().await, "the request in flight brought the session back");
    assert!(tower_sessions_core::SessionStore::load(&store, &id).await.unwrap().is_none());
}

/// security.md 12: a new id at each sign-in, the old one dead.
#[tokio::test]
async fn r12_the_id_rotates_at_sign_in() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let before = sid(&owner);
    owner.sign_in(&tenant.owner, PASSWORD).await;
    assert_ne!(sid(&owner), before);
    assert!(!with_sid(&owner, &before).is_signed_in().await);
    assert!(owner.is_signed_in().await);
}

/// security.md 13 and P20: planted ids are not adopted, two cookies are none.
#[tokio::test]
async fn r13_planted_ids_are_not_adopted() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let planted = "AAAAAAAAAAAAAAAAAAAAAA";
    let mut victim = with_sid(&app.anonymous(&tenant.host), planted);
    victim.sign_in(&tenant.owner, PASSWORD).await;
    assert_ne!(sid(&victim), planted);
    assert!(!with_sid(&victim, planted).is_signed_in().await);
    for value in ["", "x", "../../p", &"A".repeat(5000), "\u{e9}"] {
        assert!(!with_sid(&app.anonymous(&tenant.host), value).is_signed_in().await, "{value}");
    }
    let double = format!("__Host-sid={}; __Host-sid={planted}", sid(&victim));
    let mut twice = app.anonymous(&tenant.host);
    let request =
        twice.request(Method::GET, "/").header(header::COOKIE, double).header(header::ACCEPT, "text/html").body(Body::empty()).unwrap();
    assert_eq!(twice.send(request).await.status, StatusCode::FOUND, "two session cookies are nobody's");
    let noted = app.sql().await.text("SELECT count(*)::text FROM platform.security_events WHERE kind = 'session.duplicate_cookie'").await;
    assert_eq!(noted, "1");
}

/// security.md 14: a session is good on its own site alone, and goes on living there.
#[tokio::test]
async fn r14_a_session_is_worth_nothing_elsewhere() {
    let app = TestApp::start().await;
    let (a, b) = (app.tenant("alpha").await, app.tenant("beta").await);
    let mut people = vec![app.platform_admin().await, app.owner(&a).await, app.owner(&b).await];
    let hosts = ["localhost", "alpha.localhost", "beta.localhost"];
    for person in &people {
        for host in hosts.iter().filter(|host| **host != person.host) {
            assert!(!person.on(host).is_signed_in().await, "{} on {host}", person.host);
        }
    }
    for person in &mut people {
        assert!(person.is_signed_in().await, "{} was signed out by the replay", person.host);
    }
}

/// The key alone does not make a session good: the record says whose it is, too.
#[tokio::test]
async fn r14_a_record_copied_to_another_company_is_refused() {
    let app = TestApp::start().await;
    let (a, b) = (app.tenant("alpha").await, app.tenant("beta").await);
    let owner = app.owner(&a).await;
    let id: tower_sessions_core::session::Id = sid(&owner).parse().unwrap();
    let theirs = app.services.sessions(SiteKey::Tenant(a.id), cache::session::SessionLimits::TENANT);
    let mut record = tower_sessions_core::SessionStore::load(&theirs, &id).await.unwrap().unwrap();
    let other = app.services.sessions(SiteKey::Tenant(b.id), cache::session::SessionLimits::TENANT);
    tower_sessions_core::SessionStore::create(&other, &mut record).await.unwrap();
    assert!(tower_sessions_core::SessionStore::load(&other, &record.id).await.unwrap().is_none());
    assert!(!owner.on(&b.host).is_signed_in().await);
}

/// security.md 16: the absolute limit holds however busy the session is.
#[tokio::test]
async fn r16_sessions_end() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let mut admin = app.platform_admin().await;
    let step = TimeDelta::minutes(14);
    for _ in 0..34 {
        app.clock.advance(step);
        assert!(owner.is_signed_in().await && admin.is_signed_in().await);
    }
    app.clock.advance(TimeDelta::minutes(4));
    assert!(!admin.is_signed_in().await, "the platform's sessions end after 8 hours");
    for _ in 0..17 {
        app.clock.advance(step);
        assert!(owner.is_signed_in().await);
    }
    app.clock.advance(TimeDelta::minutes(2));
    assert!(!owner.is_signed_in().await, "a company's sessions end after 12 hours");
    let (mut owner, mut admin) = (app.owner(&tenant).await, app.anonymous(&admin.host));
    admin.sign_in("admin@oneo.example", PASSWORD).await;
    app.clock.advance(TimeDelta::minutes(16));
    assert!(!admin.is_signed_in().await && owner.is_signed_in().await, "15 minutes without a request");
    app.clock.advance(TimeDelta::minutes(31));
    assert!(!owner.is_signed_in().await, "30 minutes without a request");
}

/// The idle limit is Redis' own: each request sets it anew, and never past the end of the session.
#[tokio::test]
async fn r16_the_idle_limit_stands_in_redis() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    assert!(owner.is_signed_in().await);
    let client = redis::Client::open(std::env::var("ONEO_TEST_REDIS_URL").unwrap()).unwrap();
    let mut conn = client.get_multiplexed_async_connection().await.unwrap();
    let pattern = format!("oneo:{}:{{t{}}}:session:*", app.services.db.installation(), tenant.id);
    let keys: Vec<String> = redis::cmd("KEYS").arg(&pattern).query_async(&mut conn).await.unwrap();
    assert_eq!(keys.len(), 1);
    let seconds: i64 = redis::cmd("TTL").arg(&keys[0]).query_async(&mut conn).await.unwrap();
    assert!((1790..=1800).contains(&seconds), "{seconds}");
    // security.md 20: nothing that Redis holds can be used as a cookie.
    let value: String = redis::cmd("GET").arg(&keys[0]).query_async(&mut conn).await.unwrap();
    assert!(!value.contains(&sid(&owner)) && !keys[0].contains(&sid(&owner)));
    let name = keys[0].rsplit(':').next().unwrap().to_owned();
    assert!(!with_sid(&owner, &name).is_signed_in().await);
    let _gone: i64 = redis::cmd("DEL").arg(&keys[0]).query_async(&mut conn).await.unwrap();
    assert!(!owner.is_signed_in().await);
}

/// security.md 18: by the next request.
#[tokio::test]
async fn r18_deactivation_and_a_new_role_end_sessions() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let mut seller = app.signed_in(&tenant, "salesperson").await;
    let id = app.sql().await.text(&format!("SELECT id::text FROM {}.users WHERE username = 'salesperson'", tenant.schema)).await;
    assert!(seller.is_signed_in().await);
    let page = owner.get(&format!("/users/{id}")).await.body;
    let version = page.split("name=\"version\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let fields = [
        ("id", id.as_str()),
        ("version", &version),
        ("first_name", "S"),
        ("last_name", "T"),
        ("email", "salesperson@acme.example"),
        ("username", "salesperson"),
        ("user_type", "manager"),
    ];
    assert_eq!(owner.call("/api/tenant/user_update", &fields).await.status, StatusCode::OK);
    assert!(!seller.is_signed_in().await, "a new role ends the session");
    seller.sign_in("salesperson", PASSWORD).await;
    assert_eq!(owner.call("/api/tenant/user_deactivate", &[("id", &id)]).await.status, StatusCode::OK);
    assert!(!seller.is_signed_in().await, "deactivation ends the session");
    let refused = app.anonymous(&tenant.host).try_sign_in("salesperson", PASSWORD).await;
    assert_eq!(refused.location(), "/login");
}

/// security.md 21.
#[tokio::test]
async fn r21_answers_are_not_kept() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    for path in ["/", "/users", "/users/new", "/login", "/users.csv"] {
        assert_eq!(owner.get(path).await.header("cache-control"), "no-store", "{path}");
    }
}
