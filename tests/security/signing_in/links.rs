//! One-time links.

use super::*;
use crate::harness::{Harness, hash_of};
use axum::http::StatusCode;
use std::collections::BTreeMap;
use test_support::Browser;

/// Asks for a link as an admin does, and gives its secret and its address.
async fn asked_link(owner: &mut Browser, path: &str, purpose: &str) -> (String, String) {
    let page = owner.get(path).await.body;
    let secret = between(&page, &format!("/{purpose}/"), "\"").to_owned();
    assert!(page.contains(&format!("http://{}:8000/{purpose}/{secret}", owner.host)), "{page}");
    (secret.clone(), format!("/{purpose}/{secret}"))
}

/// 38: of twenty who open a link at once one is let in, and nobody after; invitations and resets, in a company and on the platform.
#[tokio::test]
async fn r38_a_link_is_taken_once() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let fresh = harness.app.user(&acme, "user", "fresh").await.to_string();
    harness.sql.run(&format!("UPDATE {}.users SET password_hash = NULL WHERE id = {fresh}", acme.schema)).await;
    let (invite, reset) = (token(&harness, &acme, &fresh, "invite", 30).await, {
        let mara = harness.app.user(&acme, "user", "mara").await.to_string();
        token(&harness, &acme, &mara, "reset", 30).await
    });
    let mut platform = BTreeMap::new();
    for (purpose, hash) in [("invite", "NULL".to_owned()), ("reset", format!("'{}'", harness.app.hash))] {
        let token = kernel::tokens::token_new(&*harness.app.services.entropy);
        let sql = format!(
            "INSERT INTO platform.platform_admins (email, email_key, first_name, last_name, password_hash) \
             VALUES ('{purpose}@oneo.example', '{purpose}@oneo.example', 'I', 'J', {hash}); \
             INSERT INTO platform.admin_tokens (admin_id, purpose, token_hash, expires_at) \
             SELECT max(id), '{purpose}', '\\x{}', now() + interval '30 minutes' FROM platform.platform_admins",
            hash_of(&token)
        );
        harness.sql.run(&sql).await;
        platform.insert(purpose, token);
    }
    for (site, host, purpose, secret, login) in [
        ("tenant", acme.host.as_str(), "invite", &invite, "fresh"),
        ("tenant", acme.host.as_str(), "reset", &reset, "mara"),
        ("platform", "localhost", "invite", &platform["invite"], "invite@oneo.example"),
        ("platform", "localhost", "reset", &platform["reset"], "reset@oneo.example"),
    ] {
        let path = format!("/api/{site}/{purpose}_accept");
        let tasks: Vec<_> = (0..20)
            .map(|number| {
                let (mut browser, path, secret) = (harness.browser(host), path.clone(), secret.clone());
                let password = format!("{OTHER} {number}");
                tokio::spawn(async move {
                    let fields = [("token", secret.as_str()), ("password", &password), ("password_repeated", &password)];
                    (browser.call(&path, &fields).await, password)
                })
            })
            .collect();
        let (mut taken, mut statuses) = (Vec::new(), Vec::new());
        for task in tasks {
            let (reply, password) = task.await.unwrap();
            statuses.push(reply.status.as_u16());
            if reply.status == StatusCode::OK {
                taken.push(password);
            }
        }
        assert_eq!(taken.len(), 1, "{site} {purpose}: {statuses:?}");
        assert!(statuses.iter().all(|status| [200, 404, 409, 503].contains(status)), "{site} {purpose}: {statuses:?}");
        let fields = [("token", secret.as_str()), ("password", OTHER), ("password_repeated", OTHER)];
        assert_eq!(harness.browser(host).call(&path, &fields).await.status, StatusCode::NOT_FOUND, "{site} {purpose} again");
        assert_eq!(harness.browser(host).get(&format!("/{purpose}/{secret}")).await.status, StatusCode::NOT_FOUND, "{site} {purpose}");
        let reply = harness.browser(host).call(&format!("/api/{site}/sign_in"), &[("login", login), ("password", &taken[0])]).await;
        assert_eq!(reply.status, StatusCode::OK, "{site} {purpose}: the one who was let in: {}", reply.body);
        harness.forget_tries().await;
    }
}

/// 38: a link is a secret of 256 bits of which only a hash is kept, good for one person of one company and for one purpose, for 72
/// hours or one.
#[tokio::test]
async fn r38_a_link_is_bound_and_short() {
    let harness = Harness::start().await;
    let (alpha, beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    let mut owner = harness.owner(&alpha).await;
    let fields = [("first_name", "Mara"), ("last_name", "L"), ("email", "mara@alpha.example"), ("username", "mara"), ("user_type", "user")];
    let created = owner.post("/api/tenant/user_create", "/users/new", &fields).await;
    let path = created.location().to_owned();
    assert!(path.starts_with("/users/"), "{}", created.body);
    let (invite, invite_page) = asked_link(&mut owner, &path, "invite").await;
    assert!(!owner.get(&path).await.body.contains(&invite), "it is shown once");
    let nils = harness.app.user(&alpha, "user", "nils").await.to_string();
    let nils_page = format!("/users/{nils}");
    owner.post("/api/tenant/user_link_create", &nils_page, &[("id", &nils)]).await;
    let (reset, reset_page) = asked_link(&mut owner, &nils_page, "reset").await;
    let dump = harness.app.database.dump().await;
    for secret in [&invite, &reset] {
        assert_eq!(secret.len(), 43, "256 bits: {secret}");
        assert!(!dump.contains(secret.as_str()) && dump.contains(&hash_of(secret)), "only a hash of {secret} is kept");
    }
    for (purpose, most) in [("invite", 72 * 3600), ("reset", 3600)] {
        let sql = format!(
            "SELECT extract(epoch FROM expires_at - now())::bigint::text FROM {}.user_tokens WHERE purpose = '{purpose}'",
            alpha.schema
        );
        let seconds: i64 = harness.sql.text(&sql).await.parse().unwrap();
        assert!((1..=most).contains(&seconds), "{purpose}: {seconds}");
    }
    counted().await;
    let before = harness.fingerprint().await;
    for (function, secret) in [("invite_accept", &invite), ("reset_accept", &reset)] {
        let fields = [("token", secret.as_str()), ("password", OTHER), ("password_repeated", OTHER)];
        let swapped = if function == "invite_accept" { "reset_accept" } else { "invite_accept" };
        for (host, path) in [
            (beta.host.as_str(), format!("/api/tenant/{function}")),
            ("localhost", format!("/api/platform/{function}")),
            (alpha.host.as_str(), format!("/api/tenant/{swapped}")),
        ] {
            let reply = harness.browser(host).call(&path, &fields).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path} on {host}: {}", reply.body);
            assert!(reply.set_cookies().is_empty(), "{path} on {host}");
        }
    }
    for host in [beta.host.as_str(), "localhost"] {
        for page in [&invite_page, &reset_page] {
            assert_eq!(harness.browser(host).get(page).await.status, StatusCode::NOT_FOUND, "{page} on {host}");
        }
    }
    assert_eq!(harness.fingerprint().await, before, "something was used up");
    for page in [&invite_page, &reset_page] {
        assert_eq!(harness.browser(&alpha.host).get(page).await.status, StatusCode::OK, "{page} is still open");
    }
    // Its time is over.
    harness.sql.run(&format!("UPDATE {}.user_tokens SET expires_at = now() - interval '1 second'", alpha.schema)).await;
    let before = harness.fingerprint().await;
    for (function, secret) in [("invite_accept", &invite), ("reset_accept", &reset)] {
        let fields = [("token", secret.as_str()), ("password", OTHER), ("password_repeated", OTHER)];
        let reply = harness.browser(&alpha.host).call(&format!("/api/tenant/{function}"), &fields).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{function} afterwards: {}", reply.body);
    }
    assert_eq!(harness.fingerprint().await, before);
    // A newer one replaces those of before.
    owner.post("/api/tenant/user_link_create", &path, &[("id", path.rsplit('/').next().unwrap_or_default())]).await;
    let (first, first_page) = asked_link(&mut owner, &path, "invite").await;
    owner.post("/api/tenant/user_link_create", &path, &[("id", path.rsplit('/').next().unwrap_or_default())]).await;
    let (second, second_page) = asked_link(&mut owner, &path, "invite").await;
    assert_ne!(first, second);
    assert_eq!(harness.browser(&alpha.host).get(&first_page).await.status, StatusCode::NOT_FOUND);
    assert_eq!(harness.browser(&alpha.host).get(&second_page).await.status, StatusCode::OK);
}

/// 38: a reset ends every session and signs nobody in, and the second factor is asked for as before.
#[tokio::test]
async fn r38_a_reset_keeps_the_second_factor() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut mara = harness.person(&acme, "user", "mara").await;
    let (totp, _) = enrolled(&mut mara, "/api/tenant").await;
    let id = harness.sql.text(&format!("SELECT id::text FROM {}.users WHERE username = 'mara'", acme.schema)).await;
    assert!(mara.is_signed_in().await);
    let secret = token(&harness, &acme, &id, "reset", 30).await;
    let mut browser = harness.browser(&acme.host);
    let page = format!("/reset/{secret}");
    let fields = [("token", secret.as_str()), ("password", OTHER), ("password_repeated", OTHER)];
    let reply = browser.post("/api/tenant/reset_accept", &page, &fields).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/login"), "{}", reply.body);
    assert!(!browser.cookies.contains_key("__Host-sid") && !mara.is_signed_in().await);
    let reply = browser.try_sign_in("mara", OTHER).await;
    assert!(reply.location().starts_with("/login?next="), "a code is asked for: {}", reply.location());
    assert!(!browser.cookies.contains_key("__Host-sid") && !browser.is_signed_in().await);
    let reply = browser.call("/api/tenant/sign_in_code", &[("code", &code(&totp, 30))]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert!(browser.is_signed_in().await);
}

/// 38: whoever makes or changes somebody never chooses the password: what is sent under such names sets none.
#[tokio::test]
async fn r38_nobody_chooses_for_another() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let chosen = [
        ("password", OTHER),
        ("password_repeated", OTHER),
        ("password_new", OTHER),
        ("new_password", OTHER),
        ("password_hash", &harness.app.hash),
    ];
    let person = [("first_name", "M"), ("last_name", "L"), ("email", "mara@acme.example"), ("username", "mara"), ("user_type", "user")];
    let fields: Vec<(&str, &str)> = person.into_iter().chain(chosen).collect();
    assert_eq!(owner.call("/api/tenant/user_create", &fields).await.status, StatusCode::OK);
    assert_eq!(stored(&harness, &acme, "mara").await, "", "no password is set");
    let nils = harness.app.user(&acme, "user", "nils").await.to_string();
    let (hash, seen) =
        (stored(&harness, &acme, "nils").await, version(&harness, &format!("{}.users", acme.schema), &format!("id = {nils}")).await);
    let person = [
        ("id", nils.as_str()),
        ("version", seen.as_str()),
        ("first_name", "N"),
        ("last_name", "M"),
        ("email", "nils@acme.example"),
        ("username", "nils"),
        ("user_type", "user"),
    ];
    let fields: Vec<(&str, &str)> = person.into_iter().chain(chosen).collect();
    assert_eq!(owner.call("/api/tenant/user_update", &fields).await.status, StatusCode::OK);
    assert_eq!(stored(&harness, &acme, "nils").await, hash);
    for login in ["mara", "nils"] {
        let reply = harness.browser(&acme.host).call("/api/tenant/sign_in", &[("login", login), ("password", OTHER)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{login}");
    }
    harness.signed_in(&acme, "nils").await;
}
