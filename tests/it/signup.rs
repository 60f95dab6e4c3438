//! Companies that sign up by themselves, and the way in that they get.

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use domain::slug::skeleton;
use test_support::{Actor, Answer, PASSWORD, TestApp, TestOptions};

const CREATE: &str = "/api/platform/signup_create";

fn fields(domain: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("name", "Acme & Sons"),
        ("domain", domain),
        ("first_name", "Olga"),
        ("last_name", "Owner"),
        ("email", "olga@acme.example"),
        ("password", PASSWORD),
        ("password_repeated", PASSWORD),
    ]
}

async fn sign_up(visitor: &mut Actor, domain: &str) -> Answer {
    visitor.post(CREATE, "/signup", &fields(domain)).await
}

/// The way in that the page after a sign-up shows: host and path.
fn way_in(page: &str) -> (String, String) {
    let url = page.split("data-entrance").next().unwrap().rsplit("href=\"").next().unwrap().split('"').next().unwrap();
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once(":8000").unwrap();
    (host.to_owned(), path.to_owned())
}

/// From the form to the company's own site, with every step of it noted.
#[tokio::test]
async fn a_company_signs_up_and_its_owner_walks_in() {
    let app = TestApp::start().await;
    let mut visitor = app.anonymous("localhost");
    assert!(visitor.get("/login").await.body.contains("href=\"/signup\""));
    assert_eq!(visitor.get("/signup").await.status, StatusCode::OK);
    let answer = sign_up(&mut visitor, "acme").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/signup/done"));
    let page = visitor.get("/signup/done").await.body;
    assert!(page.contains("Acme &amp; Sons") && page.contains("acme.localhost"), "{page}");
    // Shown once.
    assert!(!visitor.get("/signup/done").await.body.contains("data-entrance"));
    let (host, path) = way_in(&page);
    assert_eq!(host, "acme.localhost");
    let mut owner = app.anonymous(&host);
    // Opening it takes nothing, however often; only its button does.
    for _ in 0..2 {
        assert!(owner.get(&path).await.body.contains("Continue"));
    }
    assert!(!owner.is_signed_in().await);
    let token = path.trim_start_matches("/enter/");
    let answer = owner.post("/api/tenant/enter", &path, &[("token", token)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
    assert!(owner.is_signed_in().await);
    assert_eq!(owner.get("/users").await.status, StatusCode::OK);
    // A second time it leads nowhere, and says what to do.
    let mut second = app.anonymous(&host);
    second.post("/api/tenant/enter", &path, &[("token", token)]).await;
    for closed in [path.as_str(), "/enter/never-there"] {
        let page = second.get(closed).await;
        assert!(page.status == StatusCode::NOT_FOUND && page.body.contains("This link is not valid"), "{closed}: {}", page.body);
        assert!(!page.body.contains("Continue") && page.body.contains("href=\"/login\""), "{closed}: {}", page.body);
    }
    assert!(!second.is_signed_in().await);
    second.sign_in("olga@acme.example", PASSWORD).await;
    let sql = app.sql().await;
    let line = "SELECT string_agg(actor_kind || ' ' || actor_label || ' ' || action, '|') FROM platform.audit_log";
    assert_eq!(sql.text(line).await, "anonymous olga@acme.example tenant.create");
    assert_eq!(
        sql.text("SELECT string_agg(diff->>'by', '|' ORDER BY id) FROM tenant_acme.audit_log WHERE action = 'session.create'").await,
        "sign-up|password"
    );
}

/// The way in is open for a minute, on the company's own site alone, for one browser.
#[tokio::test]
async fn the_way_in_closes() {
    let app = TestApp::start().await;
    let beta = app.tenant("beta").await;
    let mut visitor = app.anonymous("localhost");
    sign_up(&mut visitor, "acme").await;
    let (host, path) = way_in(&visitor.get("/signup/done").await.body);
    let token = path.trim_start_matches("/enter/").to_owned();
    // Another company's site knows nothing of it, and the platform has no such function.
    let mut elsewhere = app.anonymous(&beta.host);
    assert_eq!(elsewhere.call("/api/tenant/enter", &[("token", &token)]).await.status, StatusCode::CONFLICT);
    assert_eq!(visitor.call("/api/tenant/enter", &[("token", &token)]).await.status, StatusCode::NOT_FOUND);
    // Of many at once one comes in.
    let tries = (0..20).map(|_| {
        let mut browser = app.anonymous(&host);
        let token = token.clone();
        tokio::spawn(async move { browser.call("/api/tenant/enter", &[("token", &token)]).await.status })
    });
    let mut inside = 0;
    for answer in tries.collect::<Vec<_>>() {
        inside += u32::from(answer.await.unwrap() == StatusCode::OK);
    }
    assert_eq!(inside, 1);
    let mut another = app.anonymous("localhost");
    sign_up(&mut another, "gamma").await;
    let (host, path) = way_in(&another.get("/signup/done").await.body);
    let key = "SELECT id::text FROM platform.tenants WHERE slug = 'gamma'";
    let id: i64 = app.sql().await.text(key).await.parse().unwrap();
    let name = hex::encode(kernel::tokens::token_hash(path.trim_start_matches("/enter/")));
    let key = app.services.redis.keys.key(domain::SiteKey::Tenant(domain::TenantId(id)), "enter", &name);
    let mut redis =
        redis::Client::open(std::env::var("ONEO_TEST_REDIS_URL").unwrap()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let left: i64 = redis::cmd("TTL").arg(key.as_str()).query_async(&mut redis).await.unwrap();
    assert!((1..=60).contains(&left), "{left}");
    let _gone: i64 = redis::cmd("DEL").arg(key.as_str()).query_async(&mut redis).await.unwrap();
    let token = path.trim_start_matches("/enter/").to_owned();
    assert_eq!(app.anonymous(&host).call("/api/tenant/enter", &[("token", &token)]).await.status, StatusCode::CONFLICT);
}

/// Fifty at once for one subdomain: one company, whole; nobody meets a fault.
#[tokio::test]
async fn fifty_want_one_name() {
    let app = TestApp::start_with(TestOptions { connections: 16, ..TestOptions::default() }).await;
    let wishes = (0..50_u8).map(|number| {
        let mut visitor = app.anonymous("localhost");
        visitor.peer.set_ip(std::net::IpAddr::from([10, 0, 0, number]));
        tokio::spawn(async move { visitor.call(CREATE, &fields("acme")).await.status })
    });
    let mut made = 0;
    for wish in wishes.collect::<Vec<_>>() {
        match wish.await.unwrap() {
            StatusCode::OK => made += 1,
            StatusCode::CONFLICT | StatusCode::SERVICE_UNAVAILABLE => {}
            other => panic!("{other}"),
        }
    }
    let sql = app.sql().await;
    assert_eq!(made, 1);
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.tenants").await, "1");
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.domains").await, "1");
    assert_eq!(sql.text("SELECT count(*)::text FROM pg_namespace WHERE nspname LIKE 'tenant\\_%'").await, "1");
    app.anonymous("acme.localhost").sign_in("olga@acme.example", PASSWORD).await;
}

/// What is refused is refused beside its field, with what was typed kept, but for the password.
#[tokio::test]
async fn reserved_and_look_alike_names_are_refused() {
    let app = TestApp::start().await;
    app.tenant("acme-corp").await;
    let mut visitor = app.anonymous("localhost");
    for (name, sentence) in [
        ("www", "This name is reserved"),
        ("adm1n", "too similar to another one"),
        ("0neo", "lower-case letters"),
        ("my-oneo", "too similar to another one"),
        ("acme-corp", "Another company has this name"),
        ("acrne-c0rp", "Another company has this name or a similar one"),
        ("crm.acme.example", "lower-case letters"),
        ("a", "lower-case letters"),
    ] {
        let answer = sign_up(&mut visitor, name).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/signup"), "{name}");
        let page = visitor.get("/signup").await.body;
        assert!(page.contains(sentence) && page.contains("olga@acme.example") && !page.contains(PASSWORD), "{name}: {page}");
        let looked = visitor.get(&format!("/signup/availability?name={name}")).await;
        assert!(!looked.status.is_success() && looked.body.contains(sentence), "{name}: {}", looked.body);
    }
    let looked = visitor.get("/signup/availability?name=north-wind").await;
    assert_eq!((looked.status, looked.body.as_str()), (StatusCode::OK, "north-wind.localhost is free"));
    for (field, value, sentence) in [
        ("password", "short", "characters"),
        ("password_repeated", "another sentence of words", "do not match"),
        ("email", "nonsense", "e-mail"),
        ("name", "", "required"),
    ] {
        let mut wrong = fields("north-wind");
        wrong.retain(|(name, _)| *name != field);
        wrong.push((field, value));
        let answer = visitor.call(CREATE, &wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(answer.body.contains(&format!("\"field\":\"{field}\"")) && answer.body.contains(sentence), "{field}: {}", answer.body);
    }
    assert_eq!(app.sql().await.text("SELECT count(*)::text FROM platform.tenants").await, "1");
}

/// Nobody makes companies by the hundred.
#[tokio::test]
async fn sign_ups_are_limited() {
    let app = TestApp::start().await;
    let mut visitor = app.anonymous("localhost");
    for number in 0..5 {
        assert_eq!(visitor.call(CREATE, &fields(&format!("firm-{number}a"))).await.status, StatusCode::OK);
    }
    let answer = visitor.call(CREATE, &fields("firm-last")).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    // However often it is tried, somebody at another address may.
    for _ in 0..70 {
        assert_eq!(visitor.call(CREATE, &fields("firm-last")).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
    visitor.peer.set_ip(std::net::IpAddr::from([10, 9, 8, 7]));
    assert_eq!(visitor.call(CREATE, &fields("firm-last")).await.status, StatusCode::OK);
    assert_eq!(app.sql().await.text("SELECT count(*)::text FROM platform.security_events WHERE kind = 'signup.limited'").await, "60");
}

/// A closed installation says so, and makes nothing.
#[tokio::test]
async fn closed_is_closed() {
    let app = TestApp::start_with(TestOptions { signup_open: false, ..TestOptions::default() }).await;
    let mut visitor = app.anonymous("localhost");
    let page = visitor.get("/signup").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.body.contains("Sign-up is closed"));
    assert!(!visitor.get("/login").await.body.contains("href=\"/signup\""));
    assert_eq!(visitor.call(CREATE, &fields("acme")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(visitor.get("/signup/availability?name=acme").await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.sql().await.text("SELECT count(*)::text FROM platform.tenants").await, "0");
}

/// The rule of what looks alike is the same in the code and in the index.
#[tokio::test]
async fn skeletons_are_the_same_in_sql() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    for name in ["acme", "0123456789", "a-b--c", "mrnclvvcl1c", "rrnn", "vvvclc1ci", "north-wind-2000"] {
        let expr = "replace(replace(replace(translate($n$NAME$n$, '01i5843792-', 'ollsbaetgz'), 'rn', 'm'), 'vv', 'w'), 'cl', 'd')";
        assert_eq!(sql.text(&format!("SELECT {}", expr.replace("NAME", name))).await, skeleton(name), "{name}");
    }
    let uses = "EXPLAIN SELECT 1 FROM platform.tenants WHERE \
                replace(replace(replace(translate(slug, '01i5843792-', 'ollsbaetgz'), 'rn', 'm'), 'vv', 'w'), 'cl', 'd') = 'x'";
    sql.run("SET enable_seqscan = off").await;
    assert!(sql.texts(uses).await.join(" ").contains("tenants_skeleton_idx"));
}

/// A stranger's page cannot make somebody sign up or walk in.
#[tokio::test]
async fn other_sites_cannot_sign_anybody_up() {
    let app = TestApp::start().await;
    let mut visitor = app.anonymous("localhost");
    let request = visitor
        .request(Method::POST, CREATE)
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(serde_urlencoded::to_string(fields("acme")).unwrap()))
        .unwrap();
    assert_eq!(visitor.send(request).await.status, StatusCode::FORBIDDEN);
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(app.sql().await.text("SELECT count(*)::text FROM platform.tenants").await, "0");
}
