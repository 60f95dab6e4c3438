//! One's own account: password, second factor, sessions; the same on both sites.

use crate::command::{oneo, said};
use axum::http::StatusCode;
use chrono::TimeDelta;
use test_support::{Actor, PASSWORD, Tenant, TestApp};
use totp_rs::{Builder, Secret, Totp};

const OTHER: &str = "nine yellow herons whisper";

/// Somebody on each site, with the login and the prefix of the functions there.
async fn both(app: &TestApp) -> (Tenant, [(Actor, String, &'static str); 2]) {
    let acme = app.tenant("acme").await;
    let (owner, admin) = (app.owner(&acme).await, app.platform_admin().await);
    let login = acme.owner.clone();
    (acme, [(owner, login, "/api/tenant"), (admin, "admin@oneo.example".to_owned(), "/api/platform")])
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).and_then(|rest| rest.split(after).next()).unwrap_or_default()
}

/// The app on somebody's phone, by the key that the page shows.
async fn phone(person: &mut Actor, api: &str) -> Totp {
    assert_eq!(person.call(&format!("{api}/mfa_begin"), &[]).await.status, StatusCode::OK);
    let page = person.get("/account/mfa").await.body;
    assert!(page.contains("<path"), "{page}");
    let secret: String = between(between(&page, "data-totp-secret", "/code>"), ">", "<").chars().filter(|c| !c.is_whitespace()).collect();
    Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).with_account_name("x").build().unwrap()
}

fn code(app: &TestApp, totp: &Totp) -> String {
    totp.generate(u64::try_from(app.services.now().timestamp()).unwrap()).to_string()
}

/// Sets the second factor up and gives the phone and the recovery codes.
pub(crate) async fn enrolled(app: &TestApp, person: &mut Actor, api: &str) -> (Totp, Vec<String>) {
    let totp = phone(person, api).await;
    let answer = person.post(&format!("{api}/mfa_confirm"), "/account/mfa", &[("code", &code(app, &totp))]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let page = person.get("/account/mfa").await.body;
    let list = between(&page, "data-recovery-codes", "</ul>");
    let codes: Vec<String> = list.split("<code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10, "{page}");
    // Shown once.
    assert!(!person.get("/account/mfa").await.body.contains("data-recovery-codes"));
    (totp, codes)
}

/// Another password ends every other session, and the own one goes on under a new id.
#[tokio::test]
async fn r12_another_password_ends_all_other_sessions() {
    let app = TestApp::start().await;
    let (_acme, people) = both(&app).await;
    for (mut person, login, api) in people {
        let mut other = app.anonymous(&person.host);
        other.sign_in(&login, PASSWORD).await;
        let old = person.clone();
        let set = format!("{api}/password_set");
        for (fields, field) in [
            ([("password_old", "wrong"), ("password", OTHER), ("password_repeated", OTHER)], "password_old"),
            ([("password_old", PASSWORD), ("password", "short"), ("password_repeated", "short")], "password"),
            ([("password_old", PASSWORD), ("password", OTHER), ("password_repeated", PASSWORD)], "password_repeated"),
            ([("password_old", PASSWORD), ("password", PASSWORD), ("password_repeated", PASSWORD)], "password"),
        ] {
            let answer = person.call(&set, &fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
            assert!(answer.body.contains(&format!("\"field\":\"{field}\"")), "{}", answer.body);
        }
        let answer =
            person.post(&set, "/account/password", &[("password_old", PASSWORD), ("password", OTHER), ("password_repeated", OTHER)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account/password"));
        assert_ne!(person.cookies["__Host-sid"], old.cookies["__Host-sid"]);
        assert!(person.get("/account/password").await.body.contains("Your password is changed"));
        assert!(!other.is_signed_in().await && !old.clone().is_signed_in().await);
        let mut again = app.anonymous(&person.host);
        assert_ne!(again.try_sign_in(&login, PASSWORD).await.location(), "/");
        again.sign_in(&login, OTHER).await;
    }
}

/// A stolen session is no place to guess the password.
#[tokio::test]
async fn guesses_at_the_own_password_are_counted() {
    let app = TestApp::start().await;
    let (_acme, people) = both(&app).await;
    for (mut person, _, api) in people {
        let guess = [("password_old", "wrong"), ("password", OTHER), ("password_repeated", OTHER)];
        for _ in 0..5 {
            assert_eq!(person.call(&format!("{api}/password_set"), &guess).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(person.call(&format!("{api}/password_set"), &guess).await.status, StatusCode::TOO_MANY_REQUESTS);
    }
}

/// security.md 39: set up with a code, asked for at sign-in, each code once; the password alone is worth nothing then.
#[tokio::test]
async fn r39_codes_are_asked_for_and_taken_once() {
    let app = TestApp::start().await;
    let (_acme, people) = both(&app).await;
    for (mut person, login, api) in people {
        // What happened on the other site took its time.
        person.sign_in(&login, PASSWORD).await;
        let mut other = app.anonymous(&person.host);
        other.sign_in(&login, PASSWORD).await;
        let totp = phone(&mut person, api).await;
        // A wrong code switches nothing on; and until it is on, none is asked for.
        let wrong = if code(&app, &totp) == "000000" { "111111" } else { "000000" };
        assert_eq!(person.call(&format!("{api}/mfa_confirm"), &[("code", wrong)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        app.anonymous(&person.host).sign_in(&login, PASSWORD).await;
        let old = person.clone();
        let first = code(&app, &totp);
        let answer = person.post(&format!("{api}/mfa_confirm"), "/account/mfa", &[("code", &first)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_ne!(person.cookies["__Host-sid"], old.cookies["__Host-sid"]);
        assert!(!other.is_signed_in().await && !old.clone().is_signed_in().await && person.is_signed_in().await);
        // The password leads to the second step, and no further.
        let mut browser = app.anonymous(&person.host);
        let answer = browser.try_sign_in(&login, PASSWORD).await;
        assert!(answer.location().starts_with("/login?next="), "{}", answer.location());
        assert!(browser.cookies.contains_key("__Host-second") && !browser.cookies.contains_key("__Host-sid"));
        assert!(browser.get("/login").await.body.contains("One more step"));
        assert!(!browser.is_signed_in().await);
        // The code that switched it on is used up; so is each one after it.
        let enter = format!("{api}/sign_in_code");
        assert_eq!(browser.call(&enter, &[("code", &first)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        app.clock.advance(TimeDelta::seconds(30));
        let second = code(&app, &totp);
        let tries = (0..10).map(|_| {
            let (mut browser, enter, second) = (browser.clone(), enter.clone(), second.clone());
            tokio::spawn(async move { browser.call(&enter, &[("code", &second)]).await.status })
        });
        let mut inside = 0;
        for answer in tries.collect::<Vec<_>>() {
            inside += u32::from(answer.await.unwrap() == StatusCode::OK);
        }
        assert_eq!(inside, 1, "{api}");
        app.clock.advance(TimeDelta::minutes(20));
        let mut browser = app.anonymous(&person.host);
        browser.try_sign_in(&login, PASSWORD).await;
        let answer = browser.post(&enter, "/login", &[("code", &code(&app, &totp)), ("next", "/account")]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account"));
        assert!(browser.is_signed_in().await && !browser.cookies.contains_key("__Host-second"));
    }
}

/// A ticket is good on its site, for its account as it is, for five minutes.
#[tokio::test]
async fn tickets_of_the_second_step_are_bound() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let beta = app.tenant("beta").await;
    let mut owner = app.owner(&acme).await;
    let (totp, codes) = enrolled(&app, &mut owner, "/api/tenant").await;
    app.clock.advance(TimeDelta::seconds(60));
    let mut browser = app.anonymous(&acme.host);
    browser.try_sign_in(&acme.owner, PASSWORD).await;
    // Not on another company's site, not touched, not without it.
    let enter = "/api/tenant/sign_in_code";
    assert_eq!(browser.on(&beta.host).call(enter, &[("code", &code(&app, &totp))]).await.status, StatusCode::CONFLICT);
    let mut touched = browser.clone();
    touched.cookies.get_mut("__Host-second").unwrap().replace_range(10..11, "~");
    assert_eq!(touched.call(enter, &[("code", &code(&app, &totp))]).await.status, StatusCode::CONFLICT);
    assert_eq!(app.anonymous(&acme.host).call(enter, &[("code", &code(&app, &totp))]).await.status, StatusCode::CONFLICT);
    // Not after another password was set, nor after five minutes.
    let mut late = browser.clone();
    app.clock.advance(TimeDelta::seconds(301));
    assert_eq!(late.call(enter, &[("code", &code(&app, &totp))]).await.status, StatusCode::CONFLICT);
    browser.try_sign_in(&acme.owner, PASSWORD).await;
    let changed = [("password_old", PASSWORD), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(owner.call("/api/tenant/password_set", &changed).await.status, StatusCode::OK);
    assert_eq!(browser.call(enter, &[("code", &code(&app, &totp))]).await.status, StatusCode::CONFLICT);
    // A recovery code works once, however it is typed.
    let typed = codes[0].to_lowercase().replace('-', " ");
    for (expected, code) in [(StatusCode::OK, &typed), (StatusCode::UNPROCESSABLE_ENTITY, &codes[0]), (StatusCode::OK, &codes[1])] {
        let mut browser = app.anonymous(&acme.host);
        browser.try_sign_in(&acme.owner, OTHER).await;
        assert_eq!(browser.call(enter, &[("code", code)]).await.status, expected, "{code}");
    }
    assert!(owner.get("/account/mfa").await.body.contains("8 recovery codes are left"));
}

/// Guesses at codes wait ever longer, whoever makes them.
#[tokio::test]
async fn r39_guesses_at_codes_are_counted() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut owner = app.owner(&acme).await;
    let (totp, _) = enrolled(&app, &mut owner, "/api/tenant").await;
    app.clock.advance(TimeDelta::seconds(60));
    let mut browser = app.anonymous(&acme.host);
    browser.try_sign_in(&acme.owner, PASSWORD).await;
    let wrong = if code(&app, &totp) == "000000" { "111111" } else { "000000" };
    for _ in 0..5 {
        assert_eq!(browser.call("/api/tenant/sign_in_code", &[("code", wrong)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    // Now even the right one waits.
    let answer = browser.call("/api/tenant/sign_in_code", &[("code", &code(&app, &totp))]).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    app.clock.advance(TimeDelta::seconds(2));
    assert_eq!(browser.call("/api/tenant/sign_in_code", &[("code", &code(&app, &totp))]).await.status, StatusCode::OK);
    assert_eq!(app.sql().await.text("SELECT count(*)::text FROM platform.security_events WHERE kind = 'mfa.failed'").await, "5");
}

/// Off again, with a fresh reauthentication; other codes make those of before worthless.
#[tokio::test]
async fn factors_are_renewed_and_removed_with_a_fresh_reauthentication() {
    let app = TestApp::start().await;
    let (_acme, people) = both(&app).await;
    for (mut person, login, api) in people {
        person.sign_in(&login, PASSWORD).await;
        let (_, codes) = enrolled(&app, &mut person, api).await;
        assert_eq!(person.call(&format!("{api}/mfa_begin"), &[]).await.status, StatusCode::CONFLICT);
        app.clock.advance(TimeDelta::minutes(11));
        for act in ["mfa_codes", "mfa_remove", "mfa_begin"] {
            assert_eq!(person.call(&format!("{api}/{act}"), &[]).await.status, StatusCode::FORBIDDEN, "{act}");
        }
        assert_eq!(person.call(&format!("{api}/mfa_codes"), &[("password", PASSWORD)]).await.status, StatusCode::OK);
        let mut browser = app.anonymous(&person.host);
        browser.try_sign_in(&login, PASSWORD).await;
        assert_eq!(browser.call(&format!("{api}/sign_in_code"), &[("code", &codes[0])]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(person.call(&format!("{api}/mfa_remove"), &[]).await.status, StatusCode::OK);
        app.anonymous(&person.host).sign_in(&login, PASSWORD).await;
    }
}

/// The sessions that a page can end, one by one.
fn ids(page: &str) -> Vec<String> {
    let values = page.split("name=\"id\" value=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    values.filter(|value| value.len() == 64).collect()
}

/// One's own sessions: this one is marked, others are ended one by one or all at once; nobody else's can be.
#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let app = TestApp::start().await;
    let (acme, people) = both(&app).await;
    for (mut person, login, api) in people {
        let mut others = [app.anonymous(&person.host), app.anonymous(&person.host), app.anonymous(&person.host)];
        for other in &mut others {
            other.sign_in(&login, PASSWORD).await;
        }
        let page = person.get("/account/sessions").await.body;
        assert_eq!((ids(&page).len(), page.matches("this session").count()), (3, 1), "{page}");
        let end = format!("{api}/account_session_end");
        let id = ids(&page)[0].clone();
        assert_eq!(person.call(&end, &[("id", &id)]).await.status, StatusCode::OK);
        assert_eq!(person.call(&end, &[("id", &id)]).await.status, StatusCode::NOT_FOUND);
        let mut left = 0;
        for other in &mut others {
            left += u32::from(other.is_signed_in().await);
        }
        assert_eq!(left, 2);
        assert_eq!(person.call(&end, &[]).await.status, StatusCode::OK);
        for other in &mut others {
            assert!(!other.is_signed_in().await);
        }
        assert!(person.is_signed_in().await);
        assert!(ids(&person.get("/account/sessions").await.body).is_empty());
    }
    // The id of somebody else's session ends nothing.
    let (mut owner, mut manager) = (app.owner(&acme).await, app.signed_in(&acme, "manager").await);
    let mut second = app.owner(&acme).await;
    let id = ids(&owner.get("/account/sessions").await.body)[0].clone();
    assert_eq!(manager.call("/api/tenant/account_session_end", &[("id", &id)]).await.status, StatusCode::NOT_FOUND);
    assert!(owner.is_signed_in().await && second.is_signed_in().await);
}

/// Seeds are sealed, rotate with the others, and go along with a copy.
#[tokio::test]
async fn r39_seeds_are_sealed_and_travel() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (mut owner, mut admin) = (app.owner(&acme).await, app.platform_admin().await);
    let (totp, _) = enrolled(&app, &mut owner, "/api/tenant").await;
    enrolled(&app, &mut admin, "/api/platform").await;
    let sql = app.sql().await;
    assert!(!app.database.dump().await.contains(&totp.secret().to_base32()));
    let sealed = sql.text("SELECT secret_encrypted FROM tenant_acme.user_totp").await;
    let output = oneo(&app, &["secrets", "rotate"])
        .env("SECRET_KEYS", "the-next-secret-key-which-is-long-enough,a-secret-key-of-tests-which-is-long-enough")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2 sealed anew, 0 were already\n", "{}", String::from_utf8_lossy(&output.stderr));
    assert_ne!(sql.text("SELECT secret_encrypted FROM tenant_acme.user_totp").await, sealed);
    sql.run(&format!("UPDATE tenant_acme.user_totp SET secret_encrypted = '{sealed}'")).await;
    let (done, text) = said(&app, &["tenant", "clone", "acme", "--as", "copy"]);
    assert!(done, "{text}");
    assert_ne!(sql.text("SELECT secret_encrypted FROM tenant_copy.user_totp").await, sealed);
    app.clock.advance(TimeDelta::seconds(60));
    let mut browser = app.anonymous("copy.localhost");
    browser.try_sign_in(&acme.owner, PASSWORD).await;
    assert_eq!(browser.call("/api/tenant/sign_in_code", &[("code", &code(&app, &totp))]).await.status, StatusCode::OK);
    // Sealed for one person, good for no other.
    app.user(&acme, "manager", "mallory").await;
    sql.run("INSERT INTO tenant_acme.user_totp SELECT (SELECT max(id) FROM tenant_acme.users), secret_encrypted, 0, now() FROM tenant_acme.user_totp").await;
    let mut mallory = app.anonymous(&acme.host);
    mallory.try_sign_in("mallory", PASSWORD).await;
    assert_eq!(mallory.call("/api/tenant/sign_in_code", &[("code", &code(&app, &totp))]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// Whoever lost the phone and the codes is helped: an admin by another one or at a terminal, a user by an operator.
#[tokio::test]
async fn lost_factors_are_reset() {
    let app = TestApp::start().await;
    let (acme, people) = both(&app).await;
    let mut helper = app.platform_person("support").await;
    for (mut person, login, api) in people {
        enrolled(&app, &mut person, api).await;
        let args = if api == "/api/platform" { vec!["admin", "reset-mfa", &login] } else { vec!["user", "reset-mfa", "acme", &login] };
        let (done, text) = said(&app, &args);
        assert!(done && text.contains("without a second factor"), "{text}");
        assert!(!said(&app, &args).0);
        assert!(!person.is_signed_in().await);
        app.anonymous(&person.host).sign_in(&login, PASSWORD).await;
    }
    let sql = app.sql().await;
    // In the console: with a fresh reauthentication, by admins alone.
    let mut owner = app.owner(&acme).await;
    enrolled(&app, &mut owner, "/api/tenant").await;
    let id = sql.text("SELECT user_id::text FROM tenant_acme.user_totp").await;
    let fields = [("slug", "acme"), ("id", id.as_str())];
    assert_eq!(helper.call("/api/platform/tenant_user_mfa_reset", &fields).await.status, StatusCode::FORBIDDEN);
    let mut admin = app.anonymous("localhost");
    admin.sign_in("admin@oneo.example", PASSWORD).await;
    assert!(admin.get("/tenants/acme/users").await.body.contains("Reset second factor"));
    assert_eq!(admin.call("/api/platform/tenant_user_mfa_reset", &fields).await.status, StatusCode::OK);
    assert!(!owner.is_signed_in().await);
    let noted = "SELECT string_agg(action, ' ' ORDER BY id) FROM platform.audit_log WHERE action LIKE '%mfa_reset'";
    assert_eq!(sql.text(noted).await, "user.mfa_reset platform_admin.mfa_reset user.mfa_reset");
}

/// security.md 19, 40: ending sessions takes a fresh reauthentication, and renews neither the reauthentication nor the end of one's own session.
#[tokio::test]
async fn r19_ending_sessions_takes_a_reauthentication_and_gives_none() {
    let app = TestApp::start().await;
    let (_acme, people) = both(&app).await;
    for (mut person, login, api) in people {
        person.sign_in(&login, PASSWORD).await;
        let end = format!("{api}/account_session_end");
        app.clock.advance(TimeDelta::minutes(6));
        assert_eq!(person.call(&end, &[]).await.status, StatusCode::OK);
        app.clock.advance(TimeDelta::minutes(5));
        // Eleven minutes after the password: nothing that was done meanwhile counts as another reauthentication.
        for act in [&end, &format!("{api}/mfa_begin")] {
            assert_eq!(person.call(act, &[]).await.status, StatusCode::FORBIDDEN, "{act}");
        }
        assert_eq!(person.call(&end, &[("password", "wrong")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(person.call(&end, &[("password", PASSWORD)]).await.status, StatusCode::OK);
        assert_eq!(person.call(&format!("{api}/mfa_begin"), &[]).await.status, StatusCode::OK);
    }
}

/// A key that was shown and never confirmed is nobody's after ten minutes, and takes a reauthentication to be confirmed.
#[tokio::test]
async fn keys_that_wait_do_not_wait_for_ever() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut owner = app.owner(&acme).await;
    let totp = phone(&mut owner, "/api/tenant").await;
    app.clock.advance(TimeDelta::minutes(11));
    assert!(!owner.get("/account/mfa").await.body.contains("data-totp-secret"));
    let fields = [("code", &*code(&app, &totp)), ("password", PASSWORD)];
    assert_eq!(owner.call("/api/tenant/mfa_confirm", &fields).await.status, StatusCode::CONFLICT);
    // Another key in its place takes no code of the first one.
    assert_eq!(owner.call("/api/tenant/mfa_begin", &[("password", PASSWORD)]).await.status, StatusCode::OK);
    assert_eq!(owner.call("/api/tenant/mfa_confirm", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    app.clock.advance(TimeDelta::minutes(9));
    assert!(owner.get("/account/mfa").await.body.contains("data-totp-secret"));
}

/// Whoever only knows how others are counted cannot lock them out.
#[tokio::test]
async fn made_up_logins_lock_nobody_out() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let mut owner = app.owner(&acme).await;
    let id = app.sql().await.text("SELECT min(id)::text FROM tenant_acme.users").await;
    let mut stranger = app.anonymous(&acme.host);
    for number in 0..12_u8 {
        stranger.peer.set_ip(std::net::IpAddr::from([10, 0, 1, number]));
        for login in [format!("factor {id}"), format!("reauthentication {id}"), id.clone()] {
            stranger.try_sign_in(&login, "wrong").await;
        }
    }
    app.clock.advance(TimeDelta::minutes(11));
    assert_eq!(owner.call("/api/tenant/mfa_begin", &[("password", PASSWORD)]).await.status, StatusCode::OK);
}

/// A link that leaked sets no other password after its owner has set one.
#[tokio::test]
async fn another_password_ends_open_links() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (mut owner, mut admin) = (app.owner(&acme).await, app.platform_admin().await);
    let id = app.sql().await.text("SELECT min(id)::text FROM tenant_acme.users").await;
    assert_eq!(admin.call("/api/platform/tenant_user_link", &[("slug", "acme"), ("id", &id)]).await.status, StatusCode::OK);
    let open = "SELECT count(*)::text FROM tenant_acme.user_tokens WHERE used_at IS NULL AND ended_at IS NULL";
    assert_eq!(app.sql().await.text(open).await, "1");
    let fields = [("password_old", PASSWORD), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(owner.call("/api/tenant/password_set", &fields).await.status, StatusCode::OK);
    assert_eq!(app.sql().await.text(open).await, "0");
}
