//! The second factor.

use super::*;
use crate::harness::{Harness, hash_of};
use axum::http::StatusCode;

/// 39: codes of the step before, of now and of the next one are taken, none further away; each once, and none older than the last.
#[tokio::test]
async fn r39_codes_of_three_steps_and_each_once() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    early().await;
    let (totp, _) = enrolled(&mut owner, "/api/tenant").await;
    let enter = "/api/tenant/sign_in_code";
    let again = format!("UPDATE {}.user_totp SET last_step = 0", acme.schema);
    // The code that switched it on is used up.
    let mut browser = halfway(&harness, &acme, &acme.owner).await;
    assert_eq!(browser.call(enter, &[("code", &code(&totp, 0))]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (seconds, status) in [(-90, 422), (-60, 422), (-30, 200), (0, 200), (30, 200), (60, 422), (90, 422)] {
        harness.forget_tries().await;
        early().await;
        harness.sql.run(&again).await;
        let mut browser = halfway(&harness, &acme, &acme.owner).await;
        let reply = browser.call(enter, &[("code", &code(&totp, seconds))]).await;
        assert_eq!(reply.status.as_u16(), status, "{seconds} seconds away: {}", reply.body);
        assert_eq!(browser.is_signed_in().await, status == 200, "{seconds} seconds away");
    }
    // Once, and only forwards.
    harness.forget_tries().await;
    early().await;
    harness.sql.run(&again).await;
    for (what, seconds, status) in
        [("now", 0, 200), ("now again", 0, 422), ("one before it", -30, 422), ("the next", 30, 200), ("now again", 0, 422)]
    {
        let mut browser = halfway(&harness, &acme, &acme.owner).await;
        let reply = browser.call(enter, &[("code", &code(&totp, seconds))]).await;
        assert_eq!(reply.status.as_u16(), status, "{what}: {}", reply.body);
    }
    // Of twenty at once one.
    harness.forget_tries().await;
    early().await;
    harness.sql.run(&again).await;
    let (ticket, now) = (halfway(&harness, &acme, &acme.owner).await, code(&totp, 0));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (mut browser, now) = (ticket.clone(), now.clone());
            tokio::spawn(async move { browser.call(enter, &[("code", &now)]).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
}

/// 39: five wrong codes, and even the right one waits; each is noted.
#[tokio::test]
async fn r39_guesses_at_codes_wait() {
    let harness = Harness::start_with(PROXY).await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let (_, codes) = enrolled(&mut owner, "/api/tenant").await;
    let mut browser = halfway(&harness, &acme, &acme.owner).await;
    let enter = "/api/tenant/sign_in_code";
    for (number, wrong) in ["AAAAAA", "00000", "1234567", "NOT-ONE-OF-THEM", "０００００００"].into_iter().enumerate() {
        let reply = call_from(&mut browser, &format!("10.11.0.{}", number + 1), enter, &[("code", wrong)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {}", reply.body);
    }
    let key = throttle_key(&harness, site_of(&acme), "factor", &owner_id(&harness, &acme).await);
    assert_eq!(throttle_get(&harness, &key, "tries").await, 5);
    throttle_set(&harness, &key, 5, now_ms() + 600_000).await;
    let reply = call_from(&mut browser, "10.11.1.1", enter, &[("code", &codes[0])]).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS, "{}", reply.body);
    assert!(!reply.header("retry-after").is_empty() && !browser.is_signed_in().await);
    assert_eq!(harness.sql.text("SELECT count(*)::text FROM platform.security_events WHERE kind = 'mfa.failed'").await, "5");
    throttle_set(&harness, &key, 5, now_ms() - 1).await;
    assert_eq!(call_from(&mut browser, "10.11.1.1", enter, &[("code", &codes[0])]).await.status, StatusCode::OK);
    assert_eq!(throttle_get(&harness, &key, "tries").await, 0);
}

/// 39: ten recovery codes, of which hashes are kept, each good once, at once too; the seed is kept sealed, and the codes of one
/// person are nobody else's.
#[tokio::test]
async fn r39_seeds_are_sealed_and_recovery_codes_single() {
    let harness = Harness::start().await;
    let (alpha, beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    let (mut owner, mut foreign) = (harness.owner(&alpha).await, harness.owner(&beta).await);
    let (totp, codes) = enrolled(&mut owner, "/api/tenant").await;
    let (_, foreign_codes) = enrolled(&mut foreign, "/api/tenant").await;
    let mut mara = harness.person(&alpha, "user", "mara").await;
    let (_, codes_of_mara) = enrolled(&mut mara, "/api/tenant").await;
    assert_eq!(codes.len(), 10);
    assert!(!owner.get("/account/mfa").await.body.contains(&codes[0]), "they are shown once");
    let dump = harness.app.database.dump().await;
    assert!(!dump.contains(&totp.secret().to_base32()), "the seed stands there in clear");
    for code in &codes {
        let plain = code.replace('-', "");
        // 112 bits are 23 letters of base32.
        assert!(plain.len() >= 23, "{code} is short");
        assert!(!dump.contains(&plain) && !dump.contains(code.as_str()) && dump.contains(&hash_of(&plain)), "only a hash is kept");
    }
    let enter = "/api/tenant/sign_in_code";
    for other in [&foreign_codes[0], &codes_of_mara[0]] {
        let mut browser = halfway(&harness, &alpha, &alpha.owner).await;
        assert_eq!(browser.call(enter, &[("code", other)]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "somebody else's code");
    }
    // The phone of one is nobody else's either, nor is the ticket good on another site.
    let mut browser = halfway(&harness, &alpha, "mara").await;
    assert_eq!(browser.call(enter, &[("code", &code(&totp, 30))]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let ticket = halfway(&harness, &alpha, &alpha.owner).await;
    for host in [beta.host.as_str(), "localhost"] {
        let site = if host == "localhost" { "platform" } else { "tenant" };
        let reply = ticket.on(host).call(&format!("/api/{site}/sign_in_code"), &[("code", &codes[9])]).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{host}: {}", reply.body);
    }
    harness.forget_tries().await;
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (mut browser, code) = (ticket.clone(), codes[0].clone());
            tokio::spawn(async move { browser.call(enter, &[("code", &code)]).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{statuses:?}");
    harness.forget_tries().await;
    for (what, code, status) in
        [("used", &codes[0], 422), ("another", &codes[1], 200), ("used too", &codes[1], 422), ("the last", &codes[9], 200)]
    {
        let mut browser = halfway(&harness, &alpha, &alpha.owner).await;
        let reply = browser.call(enter, &[("code", code)]).await;
        assert_eq!(reply.status.as_u16(), status, "{what}: {}", reply.body);
    }
    assert!(owner.get("/account/mfa").await.body.contains("7 recovery codes are left"));
}

/// 39: a second factor is on once its first code was given, and not before; a wrong one switches nothing on.
#[tokio::test]
async fn r39_enrolment_needs_a_code() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let totp = phone(&mut owner, "/api/tenant").await;
    let confirmed = format!("SELECT count(*)::text FROM {}.user_totp WHERE confirmed_at IS NOT NULL", acme.schema);
    for wrong in [code(&totp, 3600), code(&totp, -3600), "AAAAAA".to_owned(), String::new()] {
        let reply = owner.call("/api/tenant/mfa_confirm", &[("code", &wrong)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {}", reply.body);
        assert_eq!(harness.sql.text(&confirmed).await, "0", "{wrong}");
    }
    harness.signed_in(&acme, &acme.owner).await;
    let reply = owner.call("/api/tenant/mfa_confirm", &[("code", &code(&totp, 0))]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(harness.sql.text(&confirmed).await, "1");
    halfway(&harness, &acme, &acme.owner).await;
}
