//! Invitations, resets and forgotten passwords by mail.

use axum::http::StatusCode;
use chrono::TimeDelta;
use test_support::{Actor, PASSWORD, SentEmail, Tenant, TestApp};

const OTHER: &str = "nine orange badgers whistle";

async fn invite(actor: &mut Actor, name: &str, how: &str) -> String {
    let email = format!("{name}@acme.example");
    let fields = [
        ("first_name", "Ines"),
        ("last_name", "Novak"),
        ("email", email.as_str()),
        ("username", name),
        ("user_type", "user"),
        ("invite", how),
    ];
    let answer = actor.post("/api/tenant/user_create", "/users/new", &fields).await;
    answer.location().strip_prefix("/users/").unwrap_or_default().to_owned()
}

async fn email(app: &TestApp) -> SentEmail {
    app.emails(1).await.into_iter().next_back().unwrap()
}

async fn accept(actor: &mut Actor, link: &str, password: &str) -> String {
    let (purpose, token) = link.trim_start_matches('/').split_once('/').unwrap();
    let fields = [("token", token), ("password", password), ("password_repeated", password)];
    actor.post(&format!("/api/tenant/{purpose}_accept"), link, &fields).await.location().to_owned()
}

/// Somebody is invited by mail, chooses a password by the e-mail's link and is in; the admin sees each state.
#[tokio::test]
async fn an_invitation_comes_by_mail_and_is_accepted() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let id = invite(&mut owner, "ines", "mail").await;
    let page = owner.get(&format!("/users/{id}")).await.body;
    assert!(page.contains("an e-mail is on its way to ines@acme.example") && page.contains("the e-mail is on its way"), "{page}");
    let email = email(&app).await;
    assert_eq!((email.to.as_str(), email.subject.as_str()), ("ines@acme.example", "Your invitation to Company acme"));
    assert!(
        email.text.contains("Olga Owner has invited you") && email.text.contains("http://acme.localhost:8000/invite/"),
        "{}",
        email.text
    );
    assert!(owner.get(&format!("/users/{id}")).await.body.contains("sent by e-mail"));
    let mut ines = app.anonymous(&tenant.host);
    assert!(ines.get(&email.link()).await.body.contains("Welcome, Ines"));
    assert_eq!(accept(&mut ines, &email.link(), PASSWORD).await, "/");
    assert_eq!(ines.get("/account").await.status, StatusCode::OK);
    assert!(owner.get(&format!("/users/{id}")).await.body.contains("accepted"));
    // Once.
    let again = app.anonymous(&tenant.host).get(&email.link()).await;
    assert!(again.status == StatusCode::NOT_FOUND && again.body.contains("This link was used"), "{}", again.body);
    // The secret is kept nowhere in clear, neither in the outbox nor beside the user.
    let secret = email.link().rsplit('/').next().unwrap().to_owned();
    assert!(!app.database.dump().await.contains(&secret));
}

/// Lists, pages and filters of both sites distinguish invited users from active ones.
#[tokio::test]
async fn the_state_of_a_user_says_how_far_it_is() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (mut owner, mut admin) = (app.owner(&tenant).await, app.platform_admin().await);
    let id = invite(&mut owner, "ines", "mail").await;
    drop(email(&app).await);
    app.user(&tenant, "user", "nora").await;
    app.sql().await.run(&format!("UPDATE {}.users SET password_hash = NULL WHERE username = 'nora'", tenant.schema)).await;
    let state = async |owner: &mut Actor, word: &str, filter: &str| {
        let row = |page: &str, name: &str| page.split("<tr>").find(|row| row.contains(name)).unwrap_or_default().to_owned();
        for page in [owner.get("/users").await.body, owner.get(&format!("/users?status={filter}")).await.body] {
            assert!(row(&page, "ines@acme.example").contains(&format!(">{word}<")), "{word}: {page}");
        }
        assert!(owner.get(&format!("/users/{id}")).await.body.contains(&format!(">{word}<")), "{word}");
        let others = ["active", "invited", "invitation_expired", "not_invited", "locked", "deactivated", "deleted"];
        for other in others.into_iter().filter(|other| *other != filter) {
            let page = owner.get(&format!("/users?status={other}")).await.body;
            assert!(!page.contains("ines@acme.example"), "{word} among {other}");
        }
    };
    state(&mut owner, "Invited", "invited").await;
    assert!(owner.get("/users?status=not_invited").await.body.contains("nora@acme.example"));
    let console = admin.get("/tenants/acme/users").await.body;
    assert!(console.contains(">Invited<") && console.contains(">Not invited<"), "{console}");
    app.clock.advance(TimeDelta::hours(73));
    let mut owner = app.owner(&tenant).await;
    state(&mut owner, "Invitation expired", "invitation_expired").await;
    assert_eq!(owner.call("/api/tenant/user_mail_send", &[("id", &id)]).await.status, StatusCode::OK);
    let link = email(&app).await.link();
    state(&mut owner, "Invited", "invited").await;
    assert_eq!(accept(&mut app.anonymous(&tenant.host), &link, PASSWORD).await, "/");
    state(&mut owner, "Active", "active").await;
    assert_eq!(owner.call("/api/tenant/user_deactivate", &[("id", &id)]).await.status, StatusCode::OK);
    state(&mut owner, "Deactivated", "deactivated").await;
    assert_eq!(owner.call("/api/tenant/user_delete", &[("id", &id)]).await.status, StatusCode::OK);
    assert!(owner.get("/users?status=deleted").await.body.contains(">Deleted<"));
}

/// Used, expired, replaced, taken back and unknown links each say so; an expired one can be renewed by whoever has it,
/// to the same address alone.
#[tokio::test]
async fn each_end_of_a_link_has_its_own_words() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let id = invite(&mut owner, "ines", "mail").await;
    let first = email(&app).await.link();
    assert_eq!(owner.call("/api/tenant/user_mail_send", &[("id", &id)]).await.status, StatusCode::OK);
    let second = email(&app).await.link();
    let mut ines = app.anonymous(&tenant.host);
    assert!(ines.get(&first).await.body.contains("This link was replaced"));
    assert_eq!(owner.call("/api/tenant/user_link_revoke", &[("id", &id)]).await.status, StatusCode::OK);
    assert_eq!(owner.call("/api/tenant/user_link_revoke", &[("id", &id)]).await.status, StatusCode::CONFLICT);
    assert!(ines.get(&second).await.body.contains("This link was revoked"));
    assert!(accept(&mut ines, &second, PASSWORD).await.is_empty(), "a link that was taken back sets no password");
    assert!(ines.get("/invite/never-there").await.body.contains("This link is not valid"));

    assert_eq!(owner.call("/api/tenant/user_mail_send", &[("id", &id)]).await.status, StatusCode::OK);
    let third = email(&app).await.link();
    app.clock.advance(TimeDelta::hours(73));
    let page = ines.get(&third).await.body;
    assert!(page.contains("This link has expired") && page.contains("Send me a new link"), "{page}");
    // An expired one brings nothing once an admin took back what followed it.
    let mut owner = app.owner(&tenant).await;
    assert_eq!(owner.call("/api/tenant/user_mail_send", &[("id", &id)]).await.status, StatusCode::OK);
    drop(email(&app).await);
    assert_eq!(owner.call("/api/tenant/user_link_revoke", &[("id", &id)]).await.status, StatusCode::OK);
    let token = third.rsplit('/').next().unwrap();
    assert_eq!(ines.post("/api/tenant/invite_ask", &third, &[("token", token)]).await.location(), "/login");
    assert_eq!(owner.call("/api/tenant/user_mail_send", &[("id", &id)]).await.status, StatusCode::OK);
    let fourth = app.emails(1).await;
    assert_eq!(fourth.len(), 1, "the only e-mail is the admin's");
    let fourth = fourth[0].link();
    app.clock.advance(TimeDelta::hours(73));
    // Neither a replaced nor an unknown one brings another e-mail; the expired one does, once more.
    for link in [&second, &fourth] {
        let token = link.rsplit('/').next().unwrap();
        assert_eq!(ines.post("/api/tenant/invite_ask", link, &[("token", token)]).await.location(), "/login");
    }
    let renewed = app.emails(1).await;
    assert_eq!((renewed.len(), renewed[0].to.as_str()), (1, "ines@acme.example"));
    assert_eq!(accept(&mut ines, &renewed[0].link(), PASSWORD).await, "/");
    // Deactivating closes what is open.
    let other = invite(&mut app.owner(&tenant).await, "igor", "mail").await;
    let link = email(&app).await.link();
    let mut owner = app.owner(&tenant).await;
    assert_eq!(owner.call("/api/tenant/user_deactivate", &[("id", &other)]).await.status, StatusCode::OK);
    assert!(ines.on(&tenant.host).get(&link).await.body.contains("This link was revoked"));
}

/// security.md 29 and 38: the same answer for everybody, an e-mail for those who exist, one use, all sessions over, the
/// second factor kept.
#[tokio::test]
async fn r38_a_forgotten_password_is_replaced_by_mail() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut mara = app.signed_in(&tenant, "manager").await;
    let idle = app.user(&tenant, "user", "idle").await;
    let mut owner = app.owner(&tenant).await;
    assert_eq!(owner.call("/api/tenant/user_deactivate", &[("id", &idle.to_string())]).await.status, StatusCode::OK);
    let mut stranger = app.anonymous(&tenant.host);
    let mut answers = Vec::new();
    for login in ["nobody@acme.example", "idle@acme.example", "manager@acme.example"] {
        let answer = stranger.post("/api/tenant/forgot_send", "/forgot", &[("login", login)]).await;
        let page = stranger.get("/forgot").await;
        answers.push((answer.status, answer.location().to_owned(), page.body.replace(|c: char| c.is_ascii_hexdigit(), "")));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let emails = app.emails(1).await;
    assert_eq!((emails.len(), emails[0].to.as_str()), (1, "manager@acme.example"));
    let link = emails[0].link();
    assert!(stranger.on(&tenant.host).get(&link).await.body.contains("Choose a new password"));
    // On another company's site it opens nothing.
    let beta = app.tenant("beta").await;
    assert_eq!(app.anonymous(&beta.host).get(&link).await.status, StatusCode::NOT_FOUND);
    assert_eq!(accept(&mut stranger, &link, OTHER).await, "/login");
    assert!(mara.get("/account").await.location().starts_with("/login"), "the old sessions are over");
    mara.sign_in("manager", OTHER).await;
    assert_eq!(mara.get("/account").await.status, StatusCode::OK);
    let audit = format!("SELECT string_agg(action, ' ' ORDER BY id) FROM {}.audit_log WHERE action LIKE 'password%'", tenant.schema);
    assert_eq!(app.sql().await.text(&audit).await, "password.forgot password.reset");
}

/// Nobody fills another one's mailbox, from one address or from many.
#[tokio::test]
async fn letters_that_are_asked_for_are_counted() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    app.user(&tenant, "user", "mara").await;
    let mut stranger = app.anonymous(&tenant.host);
    let ask = [("login", "mara@acme.example")];
    for _ in 0..3 {
        assert_eq!(stranger.call("/api/tenant/forgot_send", &ask).await.status, StatusCode::OK);
        assert_eq!(app.emails(1).await.len(), 1);
    }
    for expected in [200, 200, 429] {
        assert_eq!(stranger.call("/api/tenant/forgot_send", &ask).await.status.as_u16(), expected);
    }
    stranger.peer = std::net::SocketAddr::from(([127, 0, 0, 9], 1));
    assert_eq!(stranger.call("/api/tenant/forgot_send", &ask).await.status, StatusCode::OK);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(app.emails(0).await.is_empty(), "three an hour, whoever asks");
}

/// A mail server that is away delays e-mails; one that refuses is told to the admin. Nothing is sent twice by two
/// workers.
#[tokio::test]
async fn letters_wait_and_are_sent_once() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let id = invite(&mut owner, "ines", "mail").await;
    let folder = app.mail.path().to_owned();
    std::fs::remove_dir(&folder).unwrap();
    assert_eq!(kernel::mail::deliver_due(&app.services).await.unwrap(), 0);
    assert!(owner.get(&format!("/users/{id}")).await.body.contains("the e-mail will be sent again"));
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(kernel::mail::deliver_due(&app.services).await.unwrap(), 0, "not at once");
    app.clock.advance(TimeDelta::seconds(11));
    let (one, two) = tokio::join!(kernel::mail::deliver_due(&app.services), kernel::mail::deliver_due(&app.services));
    assert_eq!(one.unwrap() + two.unwrap(), 1);
    assert_eq!(app.emails(1).await.len(), 1);
    // One that comes too late is not sent at all.
    let late = invite(&mut app.owner(&tenant).await, "late", "mail").await;
    app.clock.advance(TimeDelta::hours(73));
    assert_eq!(kernel::mail::deliver_due(&app.services).await.unwrap(), 0);
    assert!(app.owner(&tenant).await.get(&format!("/users/{late}")).await.body.contains("could not be sent"));
    assert_eq!(app.sql().await.text("SELECT count(*)::text FROM platform.mail_outbox").await, "0");
}

/// An admin hands a reset over only with a fresh reauthentication, and neither for nor of somebody above.
#[tokio::test]
async fn r40_a_reset_link_takes_a_fresh_reauthentication() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let id = app.user(&tenant, "user", "mara").await.to_string();
    let owner_id = app.sql().await.text(&format!("SELECT min(id)::text FROM {}.users", tenant.schema)).await;
    let mut admin = app.signed_in(&tenant, "admin").await;
    for function in ["user_link_create", "user_mail_send", "user_link_revoke", "user_sign_out", "user_mfa_reset"] {
        let before = app.sql().await.fingerprint().await;
        assert_eq!(admin.call(&format!("/api/tenant/{function}"), &[("id", &owner_id)]).await.status, StatusCode::FORBIDDEN, "{function}");
        assert_eq!(app.sql().await.fingerprint().await, before, "{function}");
    }
    app.clock.advance(TimeDelta::minutes(11));
    let path = format!("/users/{id}");
    assert!(admin.get(&path).await.body.contains("id=\"act-password\""));
    let before = app.sql().await.fingerprint().await;
    assert_eq!(admin.post("/api/tenant/user_link_create", &path, &[("id", &id)]).await.location(), path);
    assert!(admin.get(&path).await.body.contains("Enter your password again"));
    assert_eq!(app.sql().await.fingerprint().await, before);
    admin.post("/api/tenant/user_link_create", &path, &[("id", &id), ("password", PASSWORD)]).await;
    let page = admin.get(&path).await.body;
    assert!(page.contains("/reset/"), "{page}");
    assert_eq!(admin.call("/api/tenant/user_sign_out", &[("id", &id)]).await.status, StatusCode::OK);
    assert_eq!(admin.call("/api/tenant/user_mfa_reset", &[("id", &id)]).await.status, StatusCode::CONFLICT, "there is no second factor");
}

async fn company(app: &TestApp) -> (Tenant, Actor) {
    let tenant = app.tenant("acme").await;
    let owner = app.owner(&tenant).await;
    (tenant, owner)
}

/// What somebody types into names cannot become a header of an e-mail.
#[tokio::test]
async fn names_do_not_become_headers() {
    let app = TestApp::start().await;
    let (_, mut owner) = company(&app).await;
    let fields = [
        ("first_name", "Eve\r\nBcc: all@acme.example"),
        ("last_name", "X"),
        ("email", "eve@acme.example"),
        ("username", "eve"),
        ("user_type", "user"),
        ("invite", "mail"),
    ];
    let answer = owner.call("/api/tenant/user_create", &fields).await;
    if answer.status == StatusCode::OK {
        let emails = app.emails(1).await;
        assert!(emails.iter().all(|email| email.to == "eve@acme.example"));
    } else {
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

/// Whoever made a link may still hold it: it ends when others give its person more.
#[tokio::test]
async fn r43_a_kept_link_does_not_grow_with_its_person() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let fields = [("name", "Clerk"), ("permissions[users.create]", "all"), ("permissions[users.manage]", "all")];
    assert_eq!(owner.call("/api/tenant/role_create", &fields).await.status, StatusCode::OK);
    app.user(&tenant, "clerk", "clerk").await;
    let mut clerk = app.anonymous(&tenant.host);
    clerk.sign_in("clerk", PASSWORD).await;
    let version = |id: String| {
        let sql = format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM {}.users WHERE id = {id}", tenant.schema);
        let app = &app;
        async move { app.sql().await.text(&sql).await }
    };
    for how in ["role", "grant", "own"] {
        let id = invite(&mut clerk, how, "link").await;
        let page = clerk.get(&format!("/users/{id}")).await.body;
        let token = page.split("/invite/").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
        let link = format!("/invite/{token}");
        assert_eq!(app.anonymous(&tenant.host).get(&link).await.status, StatusCode::OK);
        let seen = version(id.clone()).await;
        let email = format!("{how}@acme.example");
        let answer = match how {
            "role" => {
                let fields = [
                    ("id", id.as_str()),
                    ("version", &seen),
                    ("first_name", "Ines"),
                    ("last_name", "Novak"),
                    ("email", &email),
                    ("username", how),
                    ("user_type", "admin"),
                ];
                owner.call("/api/tenant/user_update", &fields).await
            }
            "grant" => {
                let fields = [("id", id.as_str()), ("version", &seen), ("permissions[settings.manage]", "all")];
                owner.call("/api/tenant/user_set_access", &fields).await
            }
            // What the maker gives, the maker holds: the link stays.
            _ => {
                let fields = [("id", id.as_str()), ("version", &seen), ("permissions[users.view]", "all")];
                clerk.call("/api/tenant/user_set_access", &fields).await
            }
        };
        assert_eq!(answer.status, StatusCode::OK, "{how}: {}", answer.body);
        let expected = if how == "own" { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(app.anonymous(&tenant.host).get(&link).await.status, expected, "{how}");
    }
}

/// security.md 40: another address takes a fresh reauthentication, ends the links of the old one, and tells it.
#[tokio::test]
async fn r40_another_address_takes_a_reauthentication_and_is_told() {
    let app = TestApp::start().await;
    let (tenant, _) = company(&app).await;
    let id = app.user(&tenant, "user", "mara").await.to_string();
    let mut admin = app.signed_in(&tenant, "admin").await;
    let own = app.sql().await.text(&format!("SELECT id::text FROM {}.users WHERE username = 'admin'", tenant.schema)).await;
    assert_eq!(admin.call("/api/tenant/user_link_create", &[("id", &own)]).await.status, StatusCode::CONFLICT, "not for oneself");
    assert_eq!(admin.call("/api/tenant/user_mail_send", &[("id", &id)]).await.status, StatusCode::OK);
    let link = email(&app).await.link();
    app.clock.advance(TimeDelta::minutes(11));
    let seen = format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM {}.users WHERE id = {id}", tenant.schema);
    let seen = app.sql().await.text(&seen).await;
    let mut fields = vec![
        ("id", id.as_str()),
        ("version", seen.as_str()),
        ("first_name", "Mara"),
        ("last_name", "T"),
        ("email", "evil@elsewhere.example"),
        ("username", "mara"),
        ("user_type", "user"),
    ];
    let before = app.sql().await.fingerprint().await;
    assert_eq!(admin.call("/api/tenant/user_update", &fields).await.status, StatusCode::FORBIDDEN, "a reauthentication is asked for");
    assert_eq!(app.sql().await.fingerprint().await, before);
    fields.push(("password", PASSWORD));
    assert_eq!(admin.call("/api/tenant/user_update", &fields).await.status, StatusCode::OK);
    assert_eq!(app.anonymous(&tenant.host).get(&link).await.status, StatusCode::NOT_FOUND);
    let told = email(&app).await;
    assert_eq!(told.to, "mara@acme.example");
    assert!(told.text.contains("changed the e-mail address") && !told.text.contains("evil"), "{}", told.text);
}

/// Somebody who forgot nothing brings nothing about: a link that was taken back stays so, one that was handed over stays
/// open, and an e-mail whose link is over does not go out.
#[tokio::test]
async fn strangers_do_not_undo_what_admins_did() {
    let app = TestApp::start().await;
    let (tenant, mut owner) = company(&app).await;
    let ines = invite(&mut owner, "ines", "mail").await;
    assert_eq!(owner.call("/api/tenant/user_link_revoke", &[("id", &ines)]).await.status, StatusCode::OK);
    // The e-mail still waited, and does not go out any more.
    assert_eq!(kernel::mail::deliver_due(&app.services).await.unwrap(), 0);
    let handed = invite(&mut owner, "igor", "link").await;
    let page = owner.get(&format!("/users/{handed}")).await.body;
    let token = page.split("/invite/").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let mut stranger = app.anonymous(&tenant.host);
    for login in ["ines@acme.example", "igor@acme.example"] {
        assert_eq!(stranger.call("/api/tenant/forgot_send", &[("login", login)]).await.status, StatusCode::OK);
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(app.emails(0).await.is_empty());
    assert_eq!(stranger.get(&format!("/invite/{token}")).await.status, StatusCode::OK);
}

/// Nobody writes to one address again and again.
#[tokio::test]
async fn letters_to_one_address_are_counted() {
    let app = TestApp::start().await;
    let (_, mut owner) = company(&app).await;
    let id = invite(&mut owner, "ines", "mail").await;
    for _ in 0..4 {
        assert_eq!(owner.call("/api/tenant/user_mail_send", &[("id", &id)]).await.status, StatusCode::OK);
    }
    assert_eq!(owner.call("/api/tenant/user_mail_send", &[("id", &id)]).await.status, StatusCode::CONFLICT);
    // From another company as well.
    let other = app.tenant("beta").await;
    let mut stranger = app.owner(&other).await;
    assert!(invite(&mut stranger, "ines", "mail").await.is_empty() || stranger.get("/users/new").await.body.contains("Too many e-mails"));
}
