//! Signing in, and one-time links (security.md 29 to 38, 41).

use axum::http::StatusCode;
use chrono::TimeDelta;
use kernel::passwords::HashCost;
use std::net::SocketAddr;
use test_support::{PASSWORD, TestApp, TestOptions};

/// security.md 29: one answer for everything that is wrong.
#[tokio::test]
async fn r29_one_answer_for_unknown_wrong_inactive_and_foreign() {
    let app = TestApp::start().await;
    let (a, b) = (app.tenant("alpha").await, app.tenant("beta").await);
    app.user(&a, "salesperson", "idle").await;
    app.sql().await.run(&format!("UPDATE {}.users SET is_active = false WHERE username = 'idle'", a.schema)).await;
    let mut answers = Vec::new();
    for (login, password) in [
        ("nobody@alpha.example", PASSWORD),
        (a.owner.as_str(), "wrong password here"),
        ("idle", PASSWORD),
        (b.owner.as_str(), PASSWORD),
        ("admin@oneo.example", PASSWORD),
    ] {
        let mut actor = app.anonymous(&a.host);
        let answer = actor.try_sign_in(login, password).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/login"), "{login}");
        assert!(!actor.cookies.contains_key("__Host-sid"));
        let page = actor.get("/login").await.body;
        assert!(page.contains("E-mail or password is not right"), "{login}");
        assert!(page.contains(login), "what was typed is kept");
        assert!(!page.contains(password), "but never a password");
        let hashed = app.services.passwords.hashed();
        let bare = app.anonymous(&a.host).call("/api/tenant/sign_in", &[("login", login), ("password", password)]).await;
        assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(app.services.passwords.hashed() - hashed, 1, "{login} takes one hash");
        answers.push(bare.body);
    }
    // Locked by now, right or wrong: the same, and one hash as well.
    app.user(&a, "salesperson", "locked").await;
    for number in 0..8_u64 {
        let hashed = app.services.passwords.hashed();
        let mut actor = app.anonymous(&a.host);
        actor.peer = SocketAddr::from(([10, 0, 0, 77], 1));
        let password = if number == 7 { PASSWORD } else { "wrong password here" };
        let bare = actor.call("/api/tenant/sign_in", &[("login", "locked"), ("password", password)]).await;
        assert_eq!(app.services.passwords.hashed() - hashed, 1, "try {number} takes one hash");
        answers.push(bare.body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}

/// security.md 30: counted before hashing, so parallel tries gain nothing.
#[tokio::test]
async fn r30_tries_on_an_account_are_slowed_down() {
    let app = std::sync::Arc::new(TestApp::start().await);
    let tenant = app.tenant("acme").await;
    let before = app.services.passwords.compared();
    let tries = (0..30_u8).map(|number| {
        let (app, tenant) = (std::sync::Arc::clone(&app), tenant.clone());
        tokio::spawn(async move {
            let mut actor = app.anonymous(&tenant.host);
            actor.peer = SocketAddr::from(([10, 0, 0, number], 1));
            actor.call("/api/tenant/sign_in", &[("login", &tenant.owner), ("password", "wrong password here")]).await.status
        })
    });
    for task in tries.collect::<Vec<_>>() {
        assert!(matches!(task.await.unwrap().as_u16(), 422 | 503));
    }
    let compared = app.services.passwords.compared() - before;
    assert!(compared <= 5, "{compared} tries were compared");
    let right = app.anonymous(&tenant.host).call("/api/tenant/sign_in", &[("login", &tenant.owner), ("password", PASSWORD)]).await;
    assert_eq!(right.status, StatusCode::UNPROCESSABLE_ENTITY, "the right password waits too");
    app.clock.advance(TimeDelta::minutes(16));
    app.owner(&tenant).await;
}

/// security.md 31: one address that tries many accounts must wait; others need not.
#[tokio::test]
async fn r31_tries_from_an_address_are_limited() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut last = StatusCode::OK;
    for number in 0..21 {
        let mut actor = app.anonymous(&tenant.host);
        actor.peer = SocketAddr::from(([10, 0, 0, 9], 1));
        let answer = actor.call("/api/tenant/sign_in", &[("login", &format!("u{number}")), ("password", "wrong password here")]).await;
        last = answer.status;
        if number == 20 {
            assert!(!answer.header("retry-after").is_empty());
        }
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    app.owner(&tenant).await;
}

/// security.md 34: a hash of weaker parameters is replaced at sign-in.
#[tokio::test]
async fn r34_old_hashes_are_replaced() {
    use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
    let app = TestApp::start_with(TestOptions { cost: HashCost::STANDARD, ..TestOptions::default() }).await;
    let tenant = app.tenant("acme").await;
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8192, 1, 1, None).unwrap());
    let weak = weak.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]).unwrap();
    app.sql().await.run(&format!("UPDATE {}.users SET password_hash = '{weak}'", tenant.schema)).await;
    app.owner(&tenant).await;
    let stored = app.sql().await.text(&format!("SELECT password_hash FROM {}.users", tenant.schema)).await;
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    app.owner(&tenant).await;
}

/// security.md 36: lengths are checked before anything is hashed.
#[tokio::test]
async fn r36_absurd_passwords_are_not_hashed() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let before = app.services.passwords.hashed();
    let long = "x".repeat(100_000);
    let answer = app.anonymous(&tenant.host).call("/api/tenant/sign_in", &[("login", &tenant.owner), ("password", &long)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(app.services.passwords.hashed(), before);
}

/// security.md 38: of many at once exactly one is let in, on its own company's host alone.
#[tokio::test]
async fn r38_a_one_time_link_works_once() {
    let app = std::sync::Arc::new(TestApp::start().await);
    let (a, b) = (app.tenant("alpha").await, app.tenant("beta").await);
    let mut owner = app.owner(&a).await;
    let fields = [
        ("first_name", "Mara"),
        ("last_name", "Lindqvist"),
        ("email", "mara@alpha.example"),
        ("username", ""),
        ("user_type", "salesperson"),
    ];
    let created = owner.post("/api/tenant/user_create", "/users/new", &fields).await;
    let page = owner.get(created.location()).await.body;
    let link = page.split("/invite/").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    assert!(page.contains(&format!("http://alpha.localhost:8000/invite/{link}")), "the link leads to the primary domain");
    assert!(!owner.get(created.location()).await.body.contains(&link), "it is shown once");
    // Its secret is kept nowhere.
    assert_eq!(
        app.sql()
            .await
            .text(&format!("SELECT count(*)::text FROM {}.user_tokens WHERE token_hash = convert_to('{link}', 'UTF8')", a.schema))
            .await,
        "0"
    );
    let path = format!("/invite/{link}");
    assert_eq!(app.anonymous(&a.host).get(&path).await.status, StatusCode::OK);
    assert_eq!(app.anonymous(&b.host).get(&path).await.status, StatusCode::NOT_FOUND, "another company does not know it");
    let accept = |password: &str| {
        vec![
            ("token".to_owned(), link.clone()),
            ("password".to_owned(), password.to_owned()),
            ("password_repeated".to_owned(), password.to_owned()),
        ]
    };
    for weak in ["short", "aaaaaaaaaaaaaaaaaaaa", "mara.lindqvist.alpha", &"x".repeat(300)] {
        let fields = accept(weak);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut actor = app.anonymous(&a.host);
        let answer = actor.post("/api/tenant/invite_accept", &path, &fields).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, path.as_str()));
        assert!(actor.get(&path).await.body.contains("password-error"), "{weak}");
    }
    let tries = (0..8).map(|_| {
        let (app, a, fields) = (std::sync::Arc::clone(&app), a.clone(), accept(PASSWORD));
        tokio::spawn(async move {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            app.anonymous(&a.host).call("/api/tenant/invite_accept", &fields).await.status
        })
    });
    let mut statuses = Vec::new();
    for task in tries.collect::<Vec<_>>() {
        statuses.push(task.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
    let mut mara = app.anonymous(&a.host);
    mara.sign_in("mara@alpha.example", PASSWORD).await;
    mara.on(&a.host).sign_in("mara", PASSWORD).await;
}

#[tokio::test]
async fn r38_links_expire_and_are_replaced() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let fields = [("first_name", "Mara"), ("last_name", "L"), ("email", "mara@acme.example"), ("username", ""), ("user_type", "user")];
    let created = owner.post("/api/tenant/user_create", "/users/new", &fields).await;
    let path = created.location().to_owned();
    let link = |body: &str| body.split("/invite/").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
    let first = link(&owner.get(&path).await.body).unwrap();
    let id = path.rsplit('/').next().unwrap().to_owned();
    owner.post("/api/tenant/user_link_create", &path, &[("id", &id)]).await;
    let second = link(&owner.get(&path).await.body).unwrap();
    assert_eq!(app.anonymous(&tenant.host).get(&format!("/invite/{first}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.anonymous(&tenant.host).get(&format!("/invite/{second}")).await.status, StatusCode::OK);
    app.clock.advance(TimeDelta::hours(73));
    assert_eq!(app.anonymous(&tenant.host).get(&format!("/invite/{second}")).await.status, StatusCode::NOT_FOUND);
}

/// security.md 41: a fresh installation has nobody in it.
#[tokio::test]
async fn r41_no_default_accounts() {
    let app = TestApp::start().await;
    assert_eq!(app.sql().await.text("SELECT count(*)::text FROM platform.platform_admins").await, "0");
    for (login, password) in [("admin", "admin"), ("admin@oneo.example", "password"), ("root", "root")] {
        assert_eq!(app.anonymous("localhost").try_sign_in(login, password).await.location(), "/login");
    }
}
