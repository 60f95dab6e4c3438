//! What happens when a service goes away (faults F1, F2, F5 of security.md): 503 and a way back, never a 500, nobody
//! signed out, and no restart needed.

use axum::http::StatusCode;
use std::time::{Duration, Instant};
use test_support::{Actor, PASSWORD, TestApp};

/// Asks until the page is there again, for at most two seconds.
async fn comes_back(actor: &mut Actor, path: &str) {
    let begun = Instant::now();
    loop {
        let answer = actor.get(path).await;
        if answer.status == StatusCode::OK {
            return;
        }
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(begun.elapsed() < Duration::from_secs(2), "it did not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn is_unavailable(actor: &mut Actor, path: &str) {
    let begun = Instant::now();
    let answer = actor.get(path).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    assert!(!answer.header("retry-after").is_empty(), "{path}");
    assert!(answer.set_cookies().is_empty(), "{path}: nobody is signed out by an outage");
    assert!(begun.elapsed() < Duration::from_secs(3), "{path} took {:?}", begun.elapsed());
}

#[tokio::test]
async fn f2_without_postgresql() {
    let (app, mut wires) = TestApp::start_on_wires().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    for _ in 0..3 {
        wires.postgres.cut();
        is_unavailable(&mut owner, "/users").await;
        assert_eq!(owner.get("/livez").await.status, StatusCode::OK);
        assert_eq!(owner.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(owner.call("/api/tenant/user_deactivate", &[("id", "1")]).await.status, StatusCode::SERVICE_UNAVAILABLE);
        wires.postgres.mend();
        comes_back(&mut owner, "/users").await;
    }
}

/// F1: a restart of the database costs no restart of the app: stale connections are replaced unseen.
#[tokio::test]
async fn f1_postgresql_is_back_before_anybody_asks() {
    let (app, mut wires) = TestApp::start_on_wires().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    for _ in 0..4 {
        assert_eq!(owner.get("/users").await.status, StatusCode::OK);
        wires.postgres.cut();
        wires.postgres.mend();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(owner.get("/users").await.status, StatusCode::OK, "a connection that died while idle is not the person's trouble");
    }
}

#[tokio::test]
async fn f5_without_redis() {
    let (app, mut wires) = TestApp::start_on_wires().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    wires.redis.cut();
    is_unavailable(&mut owner, "/users").await;
    let hashed = app.services.passwords.hashed();
    // security.md 33: without a counter nobody may try.
    for _ in 0..5 {
        let status =
            app.anonymous(&tenant.host).call("/api/tenant/sign_in", &[("login", &tenant.owner), ("password", PASSWORD)]).await.status;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(app.services.passwords.hashed(), hashed);
    assert_eq!(owner.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    wires.redis.mend();
    comes_back(&mut owner, "/users").await;
}

/// A Redis that hangs keeps nobody waiting for long: not once for each question that a request has.
#[tokio::test]
async fn a_redis_that_hangs_is_answered_for_in_time() {
    let (app, mut wires) = TestApp::start_on_wires().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    wires.redis.silence();
    for path in ["/users", "/", "/audit"] {
        let begun = Instant::now();
        let answer = owner.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(begun.elapsed() < Duration::from_millis(1500), "{path} took {:?}", begun.elapsed());
        // Longer than nothing is asked, so that the next one waits again.
        tokio::time::sleep(Duration::from_millis(350)).await;
    }
    wires.redis.mend();
    comes_back(&mut owner, "/users").await;
}

/// A full disk is called that, changes nothing, and is no fault.
#[tokio::test]
async fn no_space_is_said() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (mut owner, sql) = (app.owner(&tenant).await, app.sql().await);
    for (number, message) in
        ["could not extend file \"base/1/2\": No space left on device", "could not write to file \"x\": Disk quota exceeded"]
            .iter()
            .enumerate()
    {
        sql.run(&format!(
            "CREATE OR REPLACE FUNCTION {0}.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = '53100'; END $$; \
             CREATE OR REPLACE TRIGGER full_disk BEFORE INSERT ON {0}.roles FOR EACH ROW EXECUTE FUNCTION {0}.full_disk()",
            tenant.schema
        ))
        .await;
        let before = sql.fingerprint().await;
        let answer = owner.call("/api/tenant/role_create", &[("name", &format!("Sales {number}"))]).await;
        assert_eq!(answer.status, StatusCode::INSUFFICIENT_STORAGE, "{}", answer.body);
        assert!(answer.body.contains("space.none"), "{}", answer.body);
        assert_eq!(sql.fingerprint().await, before);
    }
    let page = owner.post("/api/tenant/role_create", "/roles/new", &[("name", "Sales")]).await;
    assert!(page.status == StatusCode::INSUFFICIENT_STORAGE && page.body.contains("No space left"), "{} {}", page.status, page.body);
}
