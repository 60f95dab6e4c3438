//! What people set for themselves, and passwords that are asked for anew.

use crate::{
    command::{oneo, said},
    settings::png,
};
use axum::http::StatusCode;
use test_support::{Actor, PASSWORD, TestApp};

const OTHER: &str = "another password that nobody has";

async fn look(person: &mut Actor, locale: &str, theme: &str) -> StatusCode {
    let fields = [("first_name", "Mara"), ("last_name", "Lind"), ("locale", locale), ("theme", theme)];
    person.call("/api/tenant/account_set", &fields).await.status
}

/// Numbers, days and the theme follow a person into every browser, and nobody else.
#[tokio::test]
async fn the_own_look_is_there_in_every_browser() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut mara = app.signed_in(&tenant, "admin").await;
    let mut owner = app.owner(&tenant).await;
    assert_eq!(look(&mut mara, "xx-XX", "").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(look(&mut mara, "", "pink").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(look(&mut mara, "de-CH", "dark").await, StatusCode::OK);
    let mut elsewhere = app.anonymous(&tenant.host);
    elsewhere.sign_in("admin", PASSWORD).await;
    let page = elsewhere.get("/users").await.body;
    assert_eq!(page.matches("data-theme=\"dark\"").count(), 1, "{page}");
    let today = app.services.now().date_naive();
    let (swiss, plain) = (today.format("%d.%m.%Y").to_string(), today.format("%-d %B %Y").to_string());
    assert!(page.contains(&swiss) && !page.contains(&plain), "{page}");
    let page = owner.get("/users").await.body;
    assert!(page.contains(&plain) && !page.contains(&swiss) && !page.contains("data-theme="), "{page}");
    // The menu above every page sets the same.
    assert_eq!(elsewhere.call("/api/tenant/theme_set", &[("theme", "light")]).await.status, StatusCode::OK);
    assert!(mara.get("/").await.body.contains("data-theme=\"light\""));
    assert_eq!(elsewhere.call("/api/tenant/theme_set", &[("theme", "system")]).await.status, StatusCode::OK);
    assert!(!mara.get("/").await.body.contains("data-theme="));
    let sql = app.sql().await;
    let lines = format!("SELECT diff->'theme' FROM {}.audit_log WHERE action = 'account.update' ORDER BY id", tenant.schema);
    assert_eq!(sql.texts(&format!("SELECT ({lines} OFFSET 1 LIMIT 1)::text")).await, [r#"["dark", "light"]"#]);
}

/// A picture is pixels alone, seen by those who see users, and gone when it is taken away.
#[tokio::test]
async fn pictures_are_seen_by_colleagues_alone() {
    let app = TestApp::start().await;
    let (tenant, beta) = (app.tenant("acme").await, app.tenant("beta").await);
    let mut mara = app.signed_in(&tenant, "user").await;
    let (mut manager, mut nils) = (app.signed_in(&tenant, "manager").await, app.signed_in(&tenant, "salesperson").await);
    let mut stranger = app.owner(&beta).await;
    for bad in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"", &vec![0; 9 * 1024 * 1024]] {
        let answer = mara.upload("/api/tenant/photo_set", "/account", &[], bad).await;
        assert_eq!(answer.location(), "/account");
        assert!(mara.get("/account").await.body.contains("field-error"));
    }
    assert_eq!(mara.upload("/api/tenant/photo_set", "/account", &[], &png()).await.location(), "/account");
    let page = mara.get("/account").await.body;
    let address = page.split("src=\"/photos/").nth(1).unwrap().split('"').next().unwrap();
    let address = format!("/photos/{address}");
    let answer = mara.get(&address).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "image/png"));
    assert!(answer.header("cache-control").starts_with("private"));
    assert!(manager.get("/users").await.body.contains(&address));
    assert_eq!(manager.get(&address).await.status, StatusCode::OK);
    assert_eq!(nils.get(&address).await.status, StatusCode::FORBIDDEN);
    assert_eq!(stranger.get(&address).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.anonymous(&tenant.host).get(&address).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(mara.call("/api/tenant/photo_remove", &[]).await.status, StatusCode::OK);
    assert_eq!(manager.get(&address).await.status, StatusCode::NOT_FOUND);
}

/// Who else tried to sign in is seen by whoever it was tried as, and by nobody else.
#[tokio::test]
async fn own_sign_ins_are_listed() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (mut mara, mut nils) = (app.signed_in(&tenant, "user").await, app.signed_in(&tenant, "salesperson").await);
    let mut thief = app.anonymous(&tenant.host);
    thief.peer = std::net::SocketAddr::from(([127, 9, 9, 9], 4000));
    thief.try_sign_in("user", "not the password at all").await;
    for _ in 0..50 {
        if mara.get("/account/sign-ins").await.body.contains("127.9.9.9") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let page = mara.get("/account/sign-ins").await.body;
    assert!(page.contains("127.9.9.9") && page.contains("Failed") && page.contains("Signed in"), "{page}");
    assert!(!nils.get("/account/sign-ins").await.body.contains("127.9.9.9"));
    assert_eq!(app.platform_admin().await.get("/account/sign-ins").await.status, StatusCode::NOT_FOUND);
}

/// Whoever is asked for a new password can do nothing else first, in any session; setting one ends that.
#[tokio::test]
async fn a_new_password_can_be_asked_for() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let id = app.user(&tenant, "admin", "mara").await.to_string();
    let mut mara = app.anonymous(&tenant.host);
    mara.sign_in("mara", PASSWORD).await;
    let ask = "/api/tenant/user_password_expire";
    assert_eq!(mara.call(ask, &[("id", &id)]).await.status, StatusCode::CONFLICT, "not for oneself");
    assert_eq!(owner.call(ask, &[("id", &id)]).await.status, StatusCode::OK);
    assert!(owner.get(&format!("/users/{id}")).await.body.contains("must be changed before anything else"));
    for path in ["/", "/users", "/settings"] {
        assert_eq!(mara.get(path).await.location(), "/account/password", "{path}");
    }
    assert_eq!(mara.call("/api/tenant/user_list", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(mara.get("/users.csv").await.status, StatusCode::FORBIDDEN);
    let page = mara.get("/account/password").await;
    assert!(page.status == StatusCode::OK && page.body.contains("Set a new password to continue"), "{}", page.body);
    let fields = [("password_old", PASSWORD), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(mara.post("/api/tenant/password_set", "/account/password", &fields).await.location(), "/");
    assert!(mara.is_signed_in().await);
}

/// A password that the rules of today would refuse is asked for anew when it is next typed.
#[tokio::test]
async fn passwords_that_are_too_weak_by_now_are_asked_for_anew() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    app.user(&tenant, "user", "mara").await;
    let weak = app.services.passwords.hash(&secrecy::SecretString::from("acme-acme-acme-1")).await.unwrap();
    app.sql().await.run(&format!("UPDATE {}.users SET password_hash = '{weak}' WHERE username = 'mara'", tenant.schema)).await;
    let mut mara = app.anonymous(&tenant.host);
    mara.sign_in("mara", "acme-acme-acme-1").await;
    assert_eq!(mara.get("/").await.location(), "/account/password");
    let fields = [("password_old", "acme-acme-acme-1"), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(mara.post("/api/tenant/password_set", "/account/password", &fields).await.location(), "/");
    let mut again = app.anonymous(&tenant.host);
    again.sign_in("mara", OTHER).await;
    assert!(again.is_signed_in().await);
}

/// Whoever is locked out is found in the list, until unlocked or until the time is over.
#[tokio::test]
async fn locked_users_are_listed() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let id = app.user(&tenant, "user", "mara").await.to_string();
    app.user(&tenant, "user", "nils").await;
    let list = "/users?status=locked";
    assert!(owner.get(list).await.body.contains("No users match"));
    let mut thief = app.anonymous(&tenant.host);
    for _ in 0..6 {
        thief.try_sign_in("mara", "not the password at all").await;
    }
    for _ in 0..50 {
        if !owner.get(list).await.body.contains("No users match") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let page = owner.get(list).await.body;
    assert!(page.contains("mara@acme.example") && page.contains("Locked") && !page.contains("nils@acme.example"), "{page}");
    assert_eq!(owner.call("/api/tenant/user_unlock", &[("id", &id)]).await.status, StatusCode::OK);
    assert!(owner.get(list).await.body.contains("No users match"));
}

/// What an admin of a company does for people, an operator does at a terminal; it stands in the company's log.
#[tokio::test]
async fn people_are_managed_at_the_terminal_too() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let run = |args: &[&str]| said(&app, &[&["user"], args].concat());
    let (done, text) = run(&["create", "acme", "mara@acme.example", "--first-name", "Mara", "--last-name", "Lind", "--role", "admin"]);
    assert!(done && text.contains("http://acme.localhost:8000/invite/"), "{text}");
    let (done, text) = run(&["create", "acme", "mara@acme.example", "--first-name", "Mara", "--last-name", "Lind"]);
    assert!(!done && text.contains("Already used in this company"), "{text}");
    for (step, told) in [
        (&["show"][..], "role             admin"),
        (&["deactivate"], "was deactivated"),
        (&["show"], "active           no"),
        (&["activate"], "is active"),
        (&["delete"], "was deleted"),
        (&["restore"], "was restored"),
        (&["link"], "/invite/"),
        (&["sign-out"], "is signed out everywhere"),
    ] {
        let (done, text) = run(&[step, &["acme", "mara@acme.example"]].concat());
        assert!(done && text.contains(told), "{step:?}: {text}");
    }
    let (done, text) = run(&["role", "acme", "mara@acme.example", "manager"]);
    assert!(done, "{text}");
    assert!(run(&["list", "acme", "--search", "mara"]).1.contains("manager"));
    // Neither without a reason nor past the rules.
    for refused in [
        &["role", "acme", "mara@acme.example", "owner"][..],
        &["role", "acme", "mara@acme.example", "nothing"],
        &["unlock", "acme", "mara@acme.example"],
        &["expire-password", "acme", "mara@acme.example"],
        &["deactivate", "acme", "owner@acme.example"],
        &["show", "acme", "nobody@acme.example"],
        &["show", "nothing", "mara@acme.example"],
    ] {
        let (done, text) = run(refused);
        assert!(!done && !text.contains("panicked"), "{refused:?}: {text}");
    }
    let _owner = app.owner(&tenant).await;
    let (done, text) = run(&["sessions", "acme"]);
    assert!(done && text.contains("owner@acme.example") && text.contains("1 of 1 open sessions"), "{text}");
    let who = "SELECT DISTINCT actor_kind FROM {}.audit_log WHERE action LIKE 'user.%'".replace("{}", &tenant.schema);
    assert_eq!(app.sql().await.texts(&who).await, ["operator"]);
    assert!(oneo(&app, &["verify", "audit"]).status().unwrap().success());
}
