//! Fresh reauthentications, and who is there at first.

use super::*;
use crate::harness::{Harness, WORD, program};
use axum::http::StatusCode;
use std::{collections::BTreeMap, process::Command};
use test_support::{Browser, Reply, Tenant, environment};

/// Something that takes a fresh reauthentication: the name of a function and its fields.
type Act = (&'static str, Vec<(&'static str, String)>);

/// Does something that takes a reauthentication, with a password or without one.
async fn act(browser: &mut Browser, api: &str, (function, fields): &Act, password: Option<&str>) -> Reply {
    let mut all: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.extend(password.map(|password| ("password", password)));
    browser.call(&format!("{api}/{function}"), &all).await
}

/// One's own acts that take a reauthentication, the same on both sites.
fn own_acts() -> Vec<Act> {
    ["mfa_codes", "mfa_remove", "mfa_begin", "account_session_end"].map(|function| (function, Vec::new())).to_vec()
}

/// What takes a fresh reauthentication in a company, with fields that would do it now.
async fn company_acts(harness: &Harness, tenant: &Tenant, ids: &BTreeMap<&'static str, String>) -> Vec<Act> {
    let owned = |pairs: &[(&'static str, &str)]| pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<Vec<_>>();
    let users = format!("{}.users", tenant.schema);
    let mut acts = Vec::new();
    for (who, email, role) in [("mara", "elsewhere@alpha.example", "user"), ("nils", "nils@alpha.example", "owner")] {
        let seen = version(harness, &users, &format!("id = {}", ids[who])).await;
        let fields = [
            ("id", ids[who].as_str()),
            ("version", &seen),
            ("first_name", "N"),
            ("last_name", "M"),
            ("email", email),
            ("username", who),
            ("user_type", role),
        ];
        acts.push(("user_update", owned(&fields)));
    }
    let second =
        [("first_name", "S"), ("last_name", "O"), ("email", "second@alpha.example"), ("username", "second"), ("user_type", "owner")];
    acts.push(("user_create", owned(&second)));
    acts.push(("user_delete", owned(&[("id", &ids["omar"])])));
    acts.push(("user_link_create", owned(&[("id", &ids["pia"])])));
    acts.push(("user_mfa_reset", owned(&[("id", &ids["quin"])])));
    let query = format!("who=ticked&id={}", ids["rosa"]);
    acts.push(("user_bulk", owned(&[("act", "deactivate"), ("query", &query), ("expected", "1")])));
    acts.push(("setting_set", owned(&[("group", "security"), ("values[session.idle_minutes]", "60")])));
    acts.push(("setting_reset", owned(&[("key", "session.idle_minutes")])));
    let seen = version(harness, "platform.tenants", "slug = 'alpha'").await;
    let ai = [("version", seen.as_str()), ("provider", "openai"), ("model", "small-1"), ("key", "sk-of-a-test-0123456789")];
    acts.push(("ai_set", owned(&ai)));
    acts.push(("ai_forget", owned(&[("version", &seen)])));
    acts.extend(own_acts());
    acts
}

/// What takes a fresh reauthentication on the platform, with fields that would do it now.
async fn platform_acts(harness: &Harness, ids: &BTreeMap<&'static str, String>) -> Vec<Act> {
    let owned = |pairs: &[(&'static str, &str)]| pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<Vec<_>>();
    let mut acts = vec![
        ("admin_create", owned(&[("first_name", "N"), ("last_name", "M"), ("email", "new@oneo.example"), ("role", "admin")])),
        ("domain_add", owned(&[("slug", "alpha"), ("domain", "alpha-too")])),
        ("domain_change", owned(&[("slug", "alpha"), ("id", &ids["claim"]), ("act", "vouch")])),
        ("domain_change", owned(&[("slug", "alpha"), ("id", &ids["claim"]), ("act", "primary")])),
    ];
    for change in ["link", "mfa_reset", "support", "admin", "deactivate"] {
        acts.push(("admin_change", owned(&[("id", &ids["other"]), ("change", change)])));
    }
    let seen = version(harness, "platform.tenants", "slug = 'alpha'").await;
    let ai = [
        ("slug", "alpha"),
        ("version", seen.as_str()),
        ("provider", "openai"),
        ("model", "small-1"),
        ("key", "sk-of-a-test-0123456789"),
        ("ai_usage_limit", "100"),
    ];
    acts.push(("tenant_ai_set", owned(&ai)));
    acts.push(("tenant_ai_forget", owned(&[("slug", "alpha"), ("version", &seen)])));
    acts.push(("tenant_sign_out", owned(&[("slug", "alpha")])));
    acts.push(("tenant_export", owned(&[("slug", "alpha")])));
    acts.push(("tenant_clone", owned(&[("slug", "alpha"), ("domain", "alpha-copy")])));
    acts.push(("tenant_purge", owned(&[("slug", "life"), ("name", "Company life"), ("at_once", "true")])));
    acts.extend(own_acts());
    acts
}

/// 40: in a company, what gives an account or data away, or changes who gets in, takes a reauthentication of the last ten minutes: an older session
/// is asked for the password, and nothing changes until it is given; a wrong one does nothing either.
#[tokio::test]
async fn r40_a_company_asks_for_a_fresh_reauthentication() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let mut ids = BTreeMap::new();
    for name in ["mara", "nils", "omar", "pia", "quin", "rosa"] {
        ids.insert(name, harness.app.user(&alpha, "user", name).await.to_string());
    }
    ids.insert("owner", owner_id(&harness, &alpha).await);
    // Before a code would be asked for.
    let mut owner = harness.owner(&alpha).await;
    for guarded in ["quin", "owner"] {
        let sql = format!(
            "INSERT INTO {}.user_totp (user_id, secret_encrypted, confirmed_at) VALUES ({}, 'x', now())",
            alpha.schema, ids[guarded]
        );
        harness.sql.run(&sql).await;
    }
    harness.age(ELEVEN_MINUTES).await;
    assert_eq!(owner.get("/users").await.status, StatusCode::OK, "looking takes no reauthentication");
    let before = harness.fingerprint().await;
    let acts = company_acts(&harness, &alpha, &ids).await;
    for (index, one) in acts.iter().enumerate() {
        let reply = act(&mut owner, "/api/tenant", one, None).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}: {}", one.0, reply.body);
        assert!(reply.body.contains("\"reauthentication.required\""), "{}: {}", one.0, reply.body);
        harness.forget_tries().await;
        let reply = act(&mut owner, "/api/tenant", one, Some(NOBODYS)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{} with a wrong password: {}", one.0, reply.body);
        assert_eq!(harness.fingerprint().await, before, "{} ({index}) changed something", one.0);
    }
    harness.forget_tries().await;
    for index in 0..acts.len() {
        harness.age(ELEVEN_MINUTES).await;
        // Others have changed what forms stand on.
        let acts = company_acts(&harness, &alpha, &ids).await;
        let (one, old) = (&acts[index], owner.clone());
        let reply = act(&mut owner, "/api/tenant", one, Some(WORD)).await;
        assert_eq!(reply.status, StatusCode::OK, "{} with the password: {}", one.0, reply.body);
        assert_ne!(owner.cookies["__Host-sid"], old.cookies["__Host-sid"], "{}: a reauthentication gives the session another id", one.0);
        assert!(!old.clone().is_signed_in().await, "{}: the old id is over", one.0);
    }
    assert_ne!(harness.fingerprint().await, before);
    let roles = format!("SELECT count(*)::text FROM {}.users WHERE user_type = 'owner'", alpha.schema);
    assert_eq!(harness.sql.text(&roles).await, "3");
}

/// 40: a reauthentication lasts ten minutes: within them nothing is asked for, and what was done meanwhile renews nothing.
#[tokio::test]
async fn r40_a_reauthentication_lasts_ten_minutes() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let mut owner = harness.owner(&alpha).await;
    let user = |name: &'static str| {
        let (harness, alpha) = (&harness, &alpha);
        async move { harness.app.user(alpha, "user", name).await.to_string() }
    };
    harness.age(540).await;
    assert_eq!(owner.call("/api/tenant/user_delete", &[("id", &user("one").await)]).await.status, StatusCode::OK, "nine minutes");
    harness.age(120).await;
    let two = user("two").await;
    counted().await;
    let before = harness.fingerprint().await;
    assert_eq!(owner.call("/api/tenant/user_delete", &[("id", &two)]).await.status, StatusCode::FORBIDDEN, "eleven minutes");
    assert_eq!(harness.fingerprint().await, before);
    assert_eq!(owner.call("/api/tenant/reauthenticate", &[("password", WORD)]).await.status, StatusCode::OK);
    assert_eq!(owner.call("/api/tenant/user_delete", &[("id", &two)]).await.status, StatusCode::OK, "with the reauthentication of now");
    // The password itself takes the old one, however fresh the session is.
    for old in ["", NOBODYS] {
        let fields = [("password_old", old), ("password", OTHER), ("password_repeated", OTHER)];
        assert_eq!(owner.call("/api/tenant/password_set", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{old:?}");
    }
    let fields = [("password_old", WORD), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(owner.call("/api/tenant/password_set", &fields).await.status, StatusCode::OK);
}

/// 40: on the platform the same: admins, domains, keys, copies, exports and ends of companies, links and second factors of their people.
#[tokio::test]
async fn r40_the_platform_asks_for_a_fresh_reauthentication() {
    let harness = Harness::start().await;
    let alpha = harness.app.tenant("alpha").await;
    harness.app.tenant("life").await;
    let quin = harness.app.user(&alpha, "user", "quin").await.to_string();
    let mut admin = harness.admin().await;
    harness
        .sql
        .run(&format!(
            "UPDATE platform.tenants SET status = 'archived' WHERE slug = 'life'; \
             INSERT INTO {schema}.user_totp (user_id, secret_encrypted, confirmed_at) VALUES ({quin}, 'x', now()); \
             INSERT INTO platform.platform_admins (email, email_key, first_name, last_name, role, password_hash) \
             VALUES ('other@oneo.example', 'other@oneo.example', 'O', 'P', 'admin', '{hash}'); \
             INSERT INTO platform.admin_totp (admin_id, secret_encrypted, confirmed_at) \
             SELECT id, 'x', now() FROM platform.platform_admins; \
             INSERT INTO platform.domains (domain, tenant_id, token, token_expires_at) \
             VALUES ('crm.alpha.example', {tenant}, 'x', now() + interval '1 day')",
            schema = alpha.schema,
            hash = harness.app.hash,
            tenant = alpha.id
        ))
        .await;
    let ids = BTreeMap::from([
        ("other", harness.sql.text("SELECT id::text FROM platform.platform_admins WHERE email = 'other@oneo.example'").await),
        ("claim", harness.sql.text("SELECT id::text FROM platform.domains WHERE domain = 'crm.alpha.example'").await),
    ]);
    harness.age(ELEVEN_MINUTES).await;
    assert_eq!(admin.get("/tenants").await.status, StatusCode::OK, "looking takes no reauthentication");
    let before = harness.fingerprint().await;
    let acts = platform_acts(&harness, &ids).await;
    for one in &acts {
        let reply = act(&mut admin, "/api/platform", one, None).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{one:?}: {}", reply.body);
        assert!(reply.body.contains("\"reauthentication.required\""), "{one:?}: {}", reply.body);
        harness.forget_tries().await;
        let reply = act(&mut admin, "/api/platform", one, Some(NOBODYS)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{one:?} with a wrong password: {}", reply.body);
    }
    // These have no field for it: they lead to the page that asks.
    let helped = [("slug", "alpha"), ("id", quin.as_str())];
    for function in ["tenant_user_link", "tenant_user_mfa_reset"] {
        let reply = admin.call(&format!("/api/platform/{function}"), &helped).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{function}: {}", reply.body);
        assert!(reply.body.contains("\"reauthentication.required\""), "{function}: {}", reply.body);
    }
    assert_eq!(harness.fingerprint().await, before, "something was changed");
    harness.forget_tries().await;
    for function in ["tenant_user_mfa_reset", "tenant_user_link"] {
        harness.age(ELEVEN_MINUTES).await;
        assert_eq!(admin.call("/api/platform/reauthenticate", &[("password", WORD)]).await.status, StatusCode::OK);
        let reply = admin.call(&format!("/api/platform/{function}"), &helped).await;
        assert_eq!(reply.status, StatusCode::OK, "{function} with a reauthentication: {}", reply.body);
    }
    for index in 0..acts.len() {
        harness.age(ELEVEN_MINUTES).await;
        let acts = platform_acts(&harness, &ids).await;
        let (one, old) = (&acts[index], admin.clone());
        let reply = act(&mut admin, "/api/platform", one, Some(WORD)).await;
        assert_eq!(reply.status, StatusCode::OK, "{one:?} with the password: {}", reply.body);
        assert_ne!(admin.cookies["__Host-sid"], old.cookies["__Host-sid"], "{one:?}: a reauthentication gives the session another id");
        assert!(!old.clone().is_signed_in().await, "{one:?}: the old id is over");
    }
}

/// 40: lists and files that are taken along as a whole take a fresh reauthentication: a browser is led to the page that asks and back, a script is
/// refused; what was asked for comes once the password was given.
#[tokio::test]
async fn r40_exports_take_a_fresh_reauthentication() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let (mut owner, mut admin) = (harness.owner(&alpha).await, harness.admin().await);
    let me = owner_id(&harness, &alpha).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    harness.app.services.files.keep("t1/exports/export.tar", file.path()).await.unwrap();
    let left = harness
        .sql
        .text(&format!(
            "INSERT INTO platform.jobs (kind, status, tenant_id, params, total) \
             VALUES ('users_bulk', 'done', {}, '{{\"user\": {me}}}', 1) RETURNING id::text",
            alpha.id
        ))
        .await;
    let archive = harness
        .sql
        .text(&format!(
            "INSERT INTO platform.jobs (kind, status, tenant_id, result, total) \
             VALUES ('tenant_export', 'done', {}, '{{\"file\": \"t1/exports/export.tar\"}}', 1) RETURNING id::text",
            alpha.id
        ))
        .await;
    let (left, archive) = (format!("/jobs/{left}/file"), format!("/jobs/{archive}/file"));
    let company = ["/users.csv", "/users.csv?q=canary", "/audit.csv", "/audit.jsonl", left.as_str()];
    let platform = ["/tenants.csv", "/domains.csv", "/usage.csv", "/audit.csv", "/audit.jsonl", archive.as_str()];
    for (api, browser, paths) in [("/api/tenant", &mut owner, company.as_slice()), ("/api/platform", &mut admin, platform.as_slice())] {
        for path in paths {
            let proved = browser.call(&format!("{api}/reauthenticate"), &[("password", WORD)]).await;
            assert_eq!(proved.status, StatusCode::OK, "{path}: {}", proved.body);
            let fresh = browser.get(path).await;
            assert_eq!(fresh.status, StatusCode::OK, "{path} with a reauthentication: {}", fresh.body);
            assert!(fresh.header("content-disposition").starts_with("attachment"), "{path}");
            harness.age(ELEVEN_MINUTES).await;
            let led = browser.get(path).await;
            assert_eq!(led.status, StatusCode::SEE_OTHER, "{path}: {}", led.body);
            assert!(led.body.is_empty() && led.location().starts_with("/reauthenticate?next=%2F"), "{path} leads to {}", led.location());
            assert!(browser.get(led.location()).await.body.contains("Confirm your password"), "{path}");
            let bare = browser.send("GET", path, &[("accept", "application/json")], b"").await;
            assert_eq!(bare.status, StatusCode::FORBIDDEN, "{path} for a script: {}", bare.body);
            for secret in ["CANARY", "@alpha.example", "alpha.localhost"] {
                assert!(!bare.body.contains(secret) && !led.body.contains(secret), "{path} gave {secret}");
            }
            let wrong = browser.call(&format!("{api}/reauthenticate"), &[("password", NOBODYS)]).await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", wrong.body);
            assert_eq!(browser.get(path).await.status, StatusCode::SEE_OTHER, "{path} after a wrong password");
            let proved = browser.post(&format!("{api}/reauthenticate"), "/reauthenticate", &[("password", WORD), ("next", path)]).await;
            assert!(proved.location().starts_with("/reauthenticate?next=%2F"), "{path} leads to {}", proved.location());
            assert!(browser.get(proved.location()).await.body.contains("Download"), "{path}");
            assert_eq!(browser.get(path).await.status, StatusCode::OK, "{path} with the reauthentication of now");
        }
    }
    // The same list, asked for by its form.
    let csv = [("accept", "text/csv")];
    assert_eq!(owner.call("/api/tenant/reauthenticate", &[("password", WORD)]).await.status, StatusCode::OK);
    assert_eq!(owner.send("GET", "/users", &csv, b"").await.status, StatusCode::OK);
    harness.age(ELEVEN_MINUTES).await;
    let reply = owner.send("GET", "/users", &csv, b"").await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.body);
}

/// 41: a fresh installation that serves has nobody in it, and none of the usual pairs opens it; without a secret of its own it does not
/// even start.
#[tokio::test]
async fn r41_a_fresh_installation_has_nobody() {
    let harness = Harness::start().await;
    assert_eq!(harness.browser("localhost").get("/login").await.status, StatusCode::OK, "it serves");
    let everybody = "SELECT (SELECT count(*) FROM platform.platform_admins)::text || ' ' || (SELECT count(*) FROM platform.tenants)::text \
                     || ' ' || (SELECT count(*) FROM platform.admin_tokens)::text";
    assert_eq!(harness.sql.text(everybody).await, "0 0 0");
    let logins = ["admin", "root", "administrator", "oneo", "demo", "test", "admin@oneo.example", "admin@localhost", "owner@demo.example"];
    let passwords = ["admin", "password", "root", "oneo", "demo", "test", "changeme", "123456", "admin123", WORD];
    for login in logins {
        for password in passwords {
            harness.forget_tries().await;
            let mut browser = harness.browser("localhost");
            let reply = browser.call("/api/platform/sign_in", &[("login", login), ("password", password)]).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{login} {password}: {}", reply.body);
            assert!(!browser.is_signed_in().await, "{login} {password}");
        }
    }
    for host in ["demo.localhost", "acme.localhost", "oneo.localhost"] {
        assert_eq!(harness.browser(host).get("/login").await.status, StatusCode::NOT_FOUND, "{host}");
    }
    assert_eq!(harness.sql.text(everybody).await, "0 0 0");
    let mut command = Command::new(program());
    environment(&harness.app, &mut command);
    command.env_remove("SECRET_KEYS");
    let text = refused_start(command).await;
    assert!(text.contains("SECRET_KEYS"), "{text}");
}

/// 41: the first admin and the first owner come in by a link that the terminal gives, which works once.
#[tokio::test]
async fn r41_the_first_people_come_by_a_link() {
    let harness = Harness::start().await;
    let (done, told) = said(&harness, &["admin", "create", "--email", "ada@oneo.example", "--first-name", "Ada", "--last-name", "Lund"]);
    assert!(done, "{told}");
    let (made, company) = said(
        &harness,
        &[
            "tenant",
            "create",
            "Acme",
            "acme",
            "--owner-email",
            "olga@acme.example",
            "--owner-first-name",
            "Olga",
            "--owner-last-name",
            "Berg",
        ],
    );
    assert!(made, "{company}");
    assert_eq!(harness.sql.text("SELECT count(*)::text FROM platform.platform_admins WHERE password_hash IS NOT NULL").await, "0");
    assert_eq!(harness.sql.text("SELECT count(*)::text FROM tenant_acme.users WHERE password_hash IS NOT NULL").await, "0");
    let dump = harness.app.database.dump().await;
    for (site, host, text, login, page) in [
        ("platform", "localhost", &told, "ada@oneo.example", "/tenants"),
        ("tenant", "acme.localhost", &company, "olga@acme.example", "/users"),
    ] {
        let secret = text.split(&format!("http://{host}:8000/invite/")).nth(1).and_then(|rest| rest.split_whitespace().next());
        let secret = secret.unwrap_or_default().to_owned();
        assert!(secret.len() == 43 && !dump.contains(&secret), "{text}");
        // Until it is taken nobody gets in with whatever password.
        for password in [WORD, OTHER] {
            let reply = harness.browser(host).call(&format!("/api/{site}/sign_in"), &[("login", login), ("password", password)]).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{login}: {}", reply.body);
        }
        let mut first = harness.browser(host);
        assert_eq!(first.get(&format!("/invite/{secret}")).await.status, StatusCode::OK, "{site}");
        let accept = format!("/api/{site}/invite_accept");
        let fields = [("token", secret.as_str()), ("password", OTHER), ("password_repeated", OTHER)];
        assert_eq!(first.call(&accept, &fields).await.status, StatusCode::OK, "{site}");
        assert_eq!(first.get(page).await.status, StatusCode::OK, "{site}: the first one is in");
        let mut second = harness.browser(host);
        assert_eq!(second.call(&accept, &fields).await.status, StatusCode::NOT_FOUND, "{site}: once");
        assert_eq!(second.get(&format!("/invite/{secret}")).await.status, StatusCode::NOT_FOUND, "{site}: once");
        assert!(!second.is_signed_in().await, "{site}");
        let reply = second.call(&format!("/api/{site}/sign_in"), &[("login", login), ("password", OTHER)]).await;
        assert_eq!(reply.status, StatusCode::OK, "{site}: {}", reply.body);
    }
}
