//! How long sessions live, and what is left of them.

use super::*;
use crate::harness::{Harness, WORD};
use axum::http::StatusCode;
use oneo::http::routes;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use test_support::{Browser, Sql};

/// Puts sessions back as if Redis had never ended them.
async fn restore(harness: &Harness, site: &str, sessions: &BTreeMap<String, String>) {
    let mut redis = harness.redis().await;
    let live = format!("{}{{{site}}}:sessions:live", harness.prefix());
    for (key, text) in sessions {
        let name = key.rsplit(':').next().unwrap_or_default();
        let _set: () = redis::cmd("SET").arg(key).arg(text).arg("EX").arg(1800).query_async(&mut redis).await.unwrap();
        let _added: i64 = redis::cmd("ZADD").arg(&live).arg(now()).arg(name).query_async(&mut redis).await.unwrap();
    }
}

/// Waits until somebody waits for a lock in this database.
async fn somebody_waits(sql: &Sql) {
    let waiting = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..80 {
        if sql.text(waiting).await != "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_ne!(sql.text(waiting).await, "0", "nobody waits for the lock");
}

/// Lets somebody sign out while another request with the same cookie waits for the audit log, which is the last thing it writes before
/// it gives the session a new id; and tells whether anybody is signed in after both.
async fn slow_rotation(function: &str, fields: &'static [(&'static str, &'static str)]) {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let owner = harness.owner(&acme).await;
    if !fields.is_empty() {
        harness.age(STALE).await;
    }
    let holder = harness.app.sql().await;
    holder.run(&format!("BEGIN; SELECT 1 FROM {}.audit_head FOR UPDATE", acme.schema)).await;
    let (mut slow, path) = (owner.clone(), format!("/api/tenant/{function}"));
    let slow = tokio::spawn(async move {
        let reply = slow.call(&path, fields).await;
        (reply, slow)
    });
    somebody_waits(&harness.sql).await;
    let mut leaving = owner.clone();
    let left = tokio::spawn(async move { leaving.post("/api/tenant/sign_out", "/", &[]).await });
    // The session is ended first, and noted then.
    for _ in 0..60 {
        if stored(&harness, &site(&acme)).await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert!(stored(&harness, &site(&acme)).await.is_empty(), "signing out waits for the log");
    holder.run("COMMIT").await;
    let left = left.await.unwrap();
    assert_eq!((left.status, left.location()), (StatusCode::SEE_OTHER, "/login"), "{}", left.body);
    let (reply, mut slow) = slow.await.unwrap();
    assert!(is_out(&mut owner.clone()).await, "the id of before is good again");
    assert!(is_out(&mut slow).await, "{function} gave a new session after the sign-out: {:?}", reply.set_cookies());
    assert!(stored(&harness, &site(&acme)).await.is_empty(), "{function} left a session behind");
}

/// Whether a page is there for the browser.
async fn is_in(browser: &mut Browser) -> bool {
    browser.get("/").await.status == StatusCode::OK
}

/// The sessions that a page can end, by the names it gives them.
fn listed(page: &str) -> Vec<String> {
    // One's own are ended by a button, those of others by a link that asks first.
    let values = ["name=\"id\" value=\"", "?confirm="].into_iter().flat_map(|mark| page.split(mark).skip(1));
    values.filter_map(|rest| rest.split('"').next()).filter(|value| value.len() == 64).map(str::to_owned).collect()
}

/// Everything that Redis holds of this installation, taken apart into words that could be a cookie or a token.
async fn held(harness: &Harness) -> BTreeSet<String> {
    let mut redis = harness.redis().await;
    let mut found = BTreeSet::new();
    for key in harness.keys().await {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(&mut redis).await.unwrap();
        let mut texts: Vec<String> = match kind.as_str() {
            "string" => {
                let text: Option<String> = redis::cmd("GET").arg(&key).query_async(&mut redis).await.unwrap();
                text.into_iter().collect()
            }
            "hash" => redis::cmd("HGETALL").arg(&key).query_async(&mut redis).await.unwrap(),
            "set" => redis::cmd("SMEMBERS").arg(&key).query_async(&mut redis).await.unwrap(),
            "zset" => redis::cmd("ZRANGE").arg(&key).arg(0).arg(-1).query_async(&mut redis).await.unwrap(),
            "list" => redis::cmd("LRANGE").arg(&key).arg(0).arg(-1).query_async(&mut redis).await.unwrap(),
            _ => Vec::new(),
        };
        texts.push(key);
        for text in texts {
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).filter(|word| word.len() >= 16);
            found.extend(words.map(str::to_owned));
            if text.len() >= 16 && text.len() < 3000 && text.chars().all(|c| c.is_ascii_graphic() && c != ';') {
                found.insert(text);
            }
        }
    }
    found
}

/// security.md 16: without a request a session is over after 30 minutes, on the platform after 15; each request begins that time anew and
/// nothing else, whatever the browser says.
#[tokio::test]
async fn r16_idle_sessions_end() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let (mut owner, mut admin) = (harness.owner(&acme).await, harness.admin().await);
    for (person, site, minutes) in [(&mut owner, site(&acme), 30), (&mut admin, "p".to_owned(), 15)] {
        for round in 0..3 {
            unseen(&harness, &site, minutes * 60 - 60).await;
            assert!(person.is_signed_in().await, "{site}, round {round}: a minute before its end");
        }
        let mut redis = harness.redis().await;
        for key in stored(&harness, &site).await.keys() {
            let left: i64 = redis::cmd("TTL").arg(key).query_async(&mut redis).await.unwrap();
            assert!((1..=minutes * 60).contains(&left), "{site}: Redis keeps it for {left} seconds");
        }
        let replay = person.clone();
        unseen(&harness, &site, minutes * 60 + 5).await;
        assert!(is_out(person).await, "{site}: past its end");
        assert!(is_out(&mut replay.clone()).await, "{site}: looking at it brought it back");
    }
    assert!(stored(&harness, &site(&acme)).await.is_empty(), "a session that is over is gone from Redis");
}

/// security.md 16: however busy it is, a session is over after 12 hours, on the platform after 8. No request, reauthentication or setting moves that.
#[tokio::test]
async fn r16_busy_sessions_end() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let (mut owner, mut admin) = (harness.owner(&acme).await, harness.admin().await);
    let begun = async || -> Vec<i64> {
        let texts = stored(&harness, &site(&acme)).await;
        let read = |text: &String| serde_json::from_str::<serde_json::Value>(text).unwrap()["data"]["auth"]["began_at"].as_i64().unwrap();
        texts.values().map(read).collect()
    };
    let before = begun().await;
    harness.age(STALE).await;
    for path in ["/", "/users", "/account"] {
        assert_eq!(owner.get(path).await.status, StatusCode::OK, "{path}");
    }
    let reply = owner.call("/api/tenant/reauthenticate", &[("password", WORD)]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let reply = owner.call("/api/tenant/account_session_end", &[]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(begun().await, [before[0] - STALE], "neither requests nor a reauthentication nor a new id move the beginning");
    // No setting makes it longer than may be.
    for (key, value, expected) in [
        ("session.idle_minutes", "61", 422),
        ("session.absolute_hours", "25", 422),
        ("session.idle_minutes", "0", 422),
        ("session.absolute_hours", "-1", 422),
        ("session.idle_minutes", "30", 200),
        ("session.absolute_hours", "12", 200),
    ] {
        let name = format!("values[{key}]");
        let reply = owner.call("/api/tenant/setting_set", &[("group", "security"), (name.as_str(), value)]).await;
        assert_eq!(reply.status.as_u16(), expected, "{key} of {value}: {}", reply.body);
    }
    harness.age(8 * 3600 - STALE - 60).await;
    assert!(admin.is_signed_in().await && owner.is_signed_in().await, "a minute before the platform's end");
    harness.age(120).await;
    assert!(is_out(&mut admin).await, "the platform's sessions end after 8 hours");
    assert!(owner.is_signed_in().await, "a company's go on");
    harness.age(4 * 3600 - 120).await;
    assert!(owner.is_signed_in().await, "a minute before its end");
    harness.age(120).await;
    assert!(is_out(&mut owner).await, "a company's sessions end after 12 hours");
}

/// security.md 17: signing out ends the session on the server, for every copy of its cookie, and Redis holds nothing of it.
#[tokio::test]
async fn r17_signing_out_is_final() {
    let harness = Harness::start().await;
    let (acme, people) = both(&harness).await;
    for (mut person, login, api) in people {
        let site = if api == "/api/tenant" { site(&acme) } else { "p".to_owned() };
        let stolen = person.clone();
        assert!(stolen.clone().is_signed_in().await, "{api}: the copy is good before");
        let before = stored(&harness, &site).await;
        let reply = person.post(&format!("{api}/sign_out"), "/", &[]).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/login"), "{api}: {}", reply.body);
        let after = stored(&harness, &site).await;
        assert_eq!(after.len() + 1, before.len(), "{api}: exactly its key is gone");
        assert!(is_out(&mut stolen.clone()).await, "{api}: the copy is good after");
        let refused = stolen.clone().call(&format!("{api}/account_set"), &[("first_name", "Evil"), ("last_name", "Evil")]).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{api}: {}", refused.body);
        assert_eq!(stored(&harness, &site).await, after, "{api}: the copy brought something back");
        person.sign_in(&login).await;
        assert!(is_out(&mut stolen.clone()).await, "{api}: the copy is good after the next sign-in");
    }
}

/// security.md 17: a request that was under way while somebody signed out is done, and brings no session back.
#[tokio::test]
async fn r17_a_slow_request_brings_no_session_back() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let owner = harness.owner(&acme).await;
    let holder = harness.app.sql().await;
    holder.run(&format!("BEGIN; SELECT 1 FROM {}.users FOR UPDATE", acme.schema)).await;
    let mut slow = owner.clone();
    let slow = tokio::spawn(async move {
        let reply = slow.call("/api/tenant/account_set", &[("first_name", "Slow"), ("last_name", "Request")]).await;
        (reply, slow)
    });
    somebody_waits(&harness.sql).await;
    let mut leaving = owner.clone();
    let reply = leaving.post("/api/tenant/sign_out", "/", &[]).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/login"), "{}", reply.body);
    assert!(stored(&harness, &site(&acme)).await.is_empty(), "the session is gone while the request still runs");
    holder.run("COMMIT").await;
    let (reply, mut slow) = slow.await.unwrap();
    assert_eq!(reply.status, StatusCode::OK, "what was begun is done: {}", reply.body);
    let done = harness.sql.text(&format!("SELECT count(*)::text FROM {}.users WHERE first_name = 'Slow'", acme.schema)).await;
    assert_eq!(done, "1", "the slow request did what it was for");
    assert!(stored(&harness, &site(&acme)).await.is_empty(), "the slow request brought the session back");
    for mut browser in [owner, leaving] {
        assert!(is_out(&mut browser).await, "somebody is signed in again");
    }
    assert!(is_out(&mut slow).await, "the slow request's browser is signed in");
}

/// security.md 17: nor does a reauthentication that was under way, which gives the session a new id.
#[tokio::test]
async fn r17_a_slow_proof_brings_no_session_back() {
    slow_rotation("reauthenticate", &[("password", WORD)]).await;
}

/// security.md 17: nor does the end of all other sessions, after which one's own goes on under a new id.
#[tokio::test]
async fn r17_a_slow_end_of_others_brings_no_session_back() {
    slow_rotation("account_session_end", &[]).await;
}

/// security.md 18: whatever an admin does to somebody that takes a right, a way in or a trust away ends every session of that person by
/// the next request, even where Redis still holds the sessions.
#[tokio::test]
async fn r18_what_admins_do_ends_sessions() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let (mut owner, mut admin) = (harness.owner(&acme).await, harness.admin().await);
    let mut stranger = harness.browser(&acme.host);
    for event in ["deactivated", "deleted", "promoted", "permitted", "denied", "ended", "bulk", "reset", "platform", "unfactored"] {
        let (id, mut one, mut two) = twice(&harness, &acme, event).await;
        if event == "unfactored" {
            let totp = phone(&mut one, "/api/tenant").await;
            let reply = one.call("/api/tenant/mfa_confirm", &[("code", &code(&totp, 0))]).await;
            assert_eq!(reply.status, StatusCode::OK, "{event}: {}", reply.body);
            two = one.clone();
        }
        assert!(one.is_signed_in().await && two.is_signed_in().await, "{event}: before");
        let open = stored(&harness, &site(&acme)).await;
        let version = version_of(&harness, &acme, &id).await;
        let email = format!("{event}@acme.example");
        let query = format!("who=ticked&id={id}");
        let mut fields = vec![("id", id.as_str()), ("version", version.as_str())];
        let reply = match event {
            "deactivated" => owner.call("/api/tenant/user_deactivate", &fields).await,
            "deleted" => owner.call("/api/tenant/user_delete", &fields).await,
            "promoted" => {
                fields.extend([
                    ("first_name", "S"),
                    ("last_name", "T"),
                    ("email", email.as_str()),
                    ("username", event),
                    ("user_type", "manager"),
                ]);
                owner.call("/api/tenant/user_update", &fields).await
            }
            "permitted" => {
                fields.push(("permissions[users.view]", "all"));
                owner.call("/api/tenant/user_set_access", &fields).await
            }
            "denied" => {
                fields.push(("permissions[records.view]", "deny"));
                owner.call("/api/tenant/user_set_access", &fields).await
            }
            "ended" => owner.call("/api/tenant/user_sign_out", &fields).await,
            "bulk" => owner.call("/api/tenant/user_bulk", &[("act", "deactivate"), ("query", &query), ("expected", "1")]).await,
            "reset" => {
                owner.post("/api/tenant/user_link_create", &format!("/users/{id}"), &fields).await;
                let secret = token(&owner.get(&format!("/users/{id}")).await.body, "reset");
                assert!(is_in(&mut one).await, "a link alone ends nothing");
                let fields = [("token", secret.as_str()), ("password", OTHER), ("password_repeated", OTHER)];
                stranger.call("/api/tenant/reset_accept", &fields).await
            }
            "platform" => admin.call("/api/platform/tenant_user_sign_out", &[("slug", "acme"), ("id", &id)]).await,
            _ => owner.call("/api/tenant/user_mfa_reset", &fields).await,
        };
        assert_eq!(reply.status, StatusCode::OK, "{event}: {}", reply.body);
        restore(&harness, &site(&acme), &open).await;
        assert!(is_out(&mut one).await && is_out(&mut two).await, "{event}: a session is good after it");
        assert!(owner.is_signed_in().await, "{event}: the session of whoever did it");
    }
}

/// security.md 18: what people do to their own account ends all their other sessions by the next request, on both sites, even where Redis
/// still holds them.
#[tokio::test]
async fn r18_what_people_do_to_their_account_ends_their_other_sessions() {
    let harness = Harness::start().await;
    let (acme, people) = both(&harness).await;
    for (mut person, login, api) in people {
        let site = if api == "/api/tenant" { site(&acme) } else { "p".to_owned() };
        let mut word = WORD;
        let mut totp = None;
        for event in ["password", "factor on", "factor off", "end of others"] {
            let mut other = harness.browser(&person.host);
            let reply = other.try_sign_in(&login, word).await;
            if let Some(totp) = &totp {
                assert!(reply.location().starts_with("/login?next="), "{api}, {event}: {}", reply.location());
                let reply = other.call(&format!("{api}/sign_in_code"), &[("code", &code(totp, 30))]).await;
                assert_eq!(reply.status, StatusCode::OK, "{api}, {event}: {}", reply.body);
            }
            if event == "factor on" {
                totp = Some(phone(&mut person, api).await);
            }
            assert!(is_in(&mut other).await && is_in(&mut person).await, "{api}, {event}: before");
            let open = stored(&harness, &site).await;
            let old = person.clone();
            let shown = totp.as_ref().map(|totp| code(totp, 0)).unwrap_or_default();
            let (function, fields) = match event {
                "password" => ("password_set", vec![("password_old", WORD), ("password", OTHER), ("password_repeated", OTHER)]),
                "factor on" => ("mfa_confirm", vec![("code", shown.as_str())]),
                "factor off" => ("mfa_remove", Vec::new()),
                _ => ("account_session_end", Vec::new()),
            };
            let reply = person.call(&format!("{api}/{function}"), &fields).await;
            assert_eq!(reply.status, StatusCode::OK, "{api}, {event}: {}", reply.body);
            restore(&harness, &site, &open).await;
            assert!(is_out(&mut other).await, "{api}, {event}: another session is good after it");
            assert!(is_out(&mut old.clone()).await, "{api}, {event}: the id of before is good after it");
            assert!(is_in(&mut person).await, "{api}, {event}: the own session goes on");
            word = OTHER;
            if event == "factor off" {
                totp = None;
            }
        }
    }
}

/// security.md 18: the sessions of an admin of the platform end with the role and with the account.
#[tokio::test]
async fn r18_admins_of_the_platform_are_out_too() {
    let harness = Harness::start().await;
    let mut admin = harness.admin().await;
    let _made = harness.app.platform_person("support").await;
    let id = harness.sql.text("SELECT id::text FROM platform.platform_admins WHERE role = 'support'").await;
    for change in ["admin", "support", "deactivate"] {
        let mut other = harness.browser("localhost");
        other.sign_in("support@oneo.example").await;
        assert!(is_in(&mut other).await, "{change}: before");
        let open = stored(&harness, "p").await;
        let reply = admin.call("/api/platform/admin_change", &[("id", &id), ("change", change)]).await;
        assert_eq!(reply.status, StatusCode::OK, "{change}: {}", reply.body);
        restore(&harness, "p", &open).await;
        assert!(is_out(&mut other).await, "{change}: the session is good after it");
        assert!(is_in(&mut admin).await, "{change}: the session of whoever did it");
    }
    let reply = harness.browser("localhost").try_sign_in("support@oneo.example", WORD).await;
    assert_eq!(reply.location(), "/login", "somebody who was deactivated signs in");
}

/// security.md 18: a company that is suspended or archived has no session from the next request on, and none of before when it is back;
/// another company notices nothing.
#[tokio::test]
async fn r18_suspended_companies_have_no_sessions() {
    let harness = Harness::start().await;
    let (acme, beta) = (harness.tenant("acme").await, harness.tenant("beta").await);
    let (mut admin, mut other) = (harness.admin().await, harness.owner(&beta).await);
    for (away, back, status) in
        [("tenant_suspend", "tenant_resume", StatusCode::FORBIDDEN), ("tenant_archive", "tenant_restore", StatusCode::NOT_FOUND)]
    {
        let (mut owner, mut second) = (harness.owner(&acme).await, harness.owner(&acme).await);
        assert!(is_in(&mut owner).await && is_in(&mut second).await, "before {away}");
        assert_eq!(admin.call(&format!("/api/platform/{away}"), &[("slug", "acme")]).await.status, StatusCode::OK, "{away}");
        let next = owner.clone().get("/users").await;
        assert!(next.status != StatusCode::OK && !next.body.contains("CANARY"), "{away}: the next request: {}", next.body);
        assert!(stored(&harness, &site(&acme)).await.is_empty(), "{away}: Redis holds sessions");
        becomes(&harness, &acme.host, status).await;
        for browser in [&mut owner.clone(), &mut second.clone()] {
            assert_eq!(browser.get("/users").await.status, status, "{away}: a page");
            assert_eq!(browser.call("/api/tenant/user_list", &[]).await.status, status, "{away}: a function");
        }
        assert_eq!(admin.call(&format!("/api/platform/{back}"), &[("slug", "acme")]).await.status, StatusCode::OK, "{back}");
        becomes(&harness, &acme.host, StatusCode::OK).await;
        assert!(is_out(&mut owner).await && is_out(&mut second).await, "{back}: a session of before is good again");
        assert!(is_in(&mut other).await, "{away}: another company's session");
        owner.sign_in(&acme.owner).await;
        assert!(is_in(&mut owner).await, "{back}: signing in");
    }
}

/// security.md 19: people see their own sessions and end one or all others, with a fresh reauthentication; what the page names them by is no cookie.
#[tokio::test]
async fn r19_people_see_and_end_their_own_sessions() {
    let harness = Harness::start().await;
    let (acme, people) = both(&harness).await;
    for (mut person, login, api) in people {
        let mut others = Vec::new();
        for _ in 0..3 {
            let mut other = harness.browser(&person.host);
            other.sign_in(&login).await;
            others.push(other);
        }
        let page = person.get("/account/sessions").await.body;
        let names = listed(&page);
        // An admin's account was signed in to while it was made.
        let expected = if api == "/api/tenant" { 3 } else { 4 };
        assert_eq!((names.len(), page.matches("this session").count()), (expected, 1), "{api}: {page}");
        for name in &names {
            assert!(is_out(&mut with_sid(&person, name)).await, "{api}: a name on the page is a cookie");
        }
        for browser in others.iter().chain([&person]) {
            assert!(!page.contains(&sid(browser)), "{api}: the page shows an id");
        }
        harness.age(STALE).await;
        let end = format!("{api}/account_session_end");
        for fields in [vec![], vec![("id", names[0].as_str())]] {
            let reply = person.call(&end, &fields).await;
            assert!(
                reply.status == StatusCode::FORBIDDEN && reply.body.contains("\"reauthentication.required\""),
                "{api} {fields:?}: {}",
                reply.body
            );
        }
        let reply = person.call(&end, &[("id", &names[0]), ("password", "not the right one at all")]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{api}: a wrong password: {}", reply.body);
        for other in &mut others {
            assert!(is_in(other).await, "{api}: a refused request ended a session");
        }
        let reply = person.call(&end, &[("id", &names[0]), ("password", WORD)]).await;
        assert_eq!(reply.status, StatusCode::OK, "{api}: ending one: {}", reply.body);
        let left = listed(&person.get("/account/sessions").await.body);
        assert!(left.len() + 1 == names.len() && !left.contains(&names[0]), "{api}: exactly that one is ended");
        assert_eq!(person.call(&end, &[("id", &names[0])]).await.status, StatusCode::NOT_FOUND, "{api}: ending it twice");
        if api == "/api/tenant" {
            let mut out = 0;
            for other in &mut others {
                out += u32::from(is_out(other).await);
            }
            assert_eq!(out, 1, "exactly one browser is out");
            // Somebody else's session is not there for anybody.
            let mut seller = harness.person(&acme, "salesperson", "seller").await;
            let reply = seller.call(&end, &[("id", &left[0])]).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "somebody else's session: {}", reply.body);
        }
        assert_eq!(person.call(&end, &[]).await.status, StatusCode::OK, "{api}: ending all others");
        for other in &mut others {
            assert!(is_out(other).await, "{api}: another session is good");
        }
        assert!(is_in(&mut person).await && listed(&person.get("/account/sessions").await.body).is_empty(), "{api}: one's own goes on");
    }
}

/// security.md 19: an admin of a company sees and ends the sessions of each of its people; who may not is refused, which is noted.
#[tokio::test]
async fn r19_admins_end_the_sessions_of_their_people() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let (id, mut one, mut two) = twice(&harness, &acme, "mara").await;
    let mut seller = harness.person(&acme, "salesperson", "seller").await;
    let page = format!("/users/{id}/sessions");
    let names = listed(&owner.get(&page).await.body);
    assert_eq!(names.len(), 2, "both are listed");
    assert!(is_out(&mut with_sid(&owner, &names[0])).await, "a name on the page is a cookie");
    assert_eq!(seller.get(&page).await.status, StatusCode::FORBIDDEN, "who may not see them");
    for (function, fields) in [
        ("session_end", vec![("user", id.as_str()), ("id", names[0].as_str())]),
        ("user_sign_out", vec![("id", id.as_str())]),
        ("session_end_matching", vec![("expected", "99")]),
    ] {
        let before = noted(&harness, "access.refused", Some(&acme)).await;
        let reply = seller.call(&format!("/api/tenant/{function}"), &fields).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{function}: {}", reply.body);
        assert_eq!(noted(&harness, "access.refused", Some(&acme)).await, before + 1, "{function} is not noted");
        assert!(is_in(&mut one).await && is_in(&mut two).await, "{function}: a refused request ended a session");
    }
    let reply = owner.call("/api/tenant/session_end", &[("user", &id), ("id", &names[0])]).await;
    assert_eq!(reply.status, StatusCode::OK, "ending one: {}", reply.body);
    assert!(is_in(&mut one).await != is_in(&mut two).await, "exactly one is ended");
    let reply = owner.call("/api/tenant/user_sign_out", &[("id", &id)]).await;
    assert_eq!(reply.status, StatusCode::OK, "ending all: {}", reply.body);
    assert!(is_out(&mut one).await && is_out(&mut two).await, "all are ended");
    assert!(listed(&owner.get(&page).await.body).is_empty(), "none is listed");
    assert!(is_in(&mut seller).await && is_in(&mut owner).await, "nobody else's");
}

/// security.md 19: the platform ends all sessions of one company at once, which stands in both logs; support may not, and another company
/// notices nothing.
#[tokio::test]
async fn r19_the_platform_ends_all_sessions_of_a_company() {
    let harness = Harness::start().await;
    let (acme, beta) = (harness.tenant("acme").await, harness.tenant("beta").await);
    let mut admin = harness.admin().await;
    let _made = harness.app.platform_person("support").await;
    let mut support = harness.browser("localhost");
    support.sign_in("support@oneo.example").await;
    let (_, mut one, mut two) = twice(&harness, &acme, "mara").await;
    let (mut owner, mut other) = (harness.owner(&acme).await, harness.owner(&beta).await);
    let all = "/api/platform/tenant_sign_out";
    let before = noted(&harness, "access.refused", None).await;
    let reply = support.call(all, &[("slug", "acme")]).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "support: {}", reply.body);
    assert_eq!(noted(&harness, "access.refused", None).await, before + 1, "the refusal is not noted");
    assert_eq!(owner.on("localhost").call(all, &[("slug", "acme")]).await.status, StatusCode::UNAUTHORIZED, "a company's owner");
    assert!(is_in(&mut one).await && is_in(&mut owner).await, "a refused request ended a session");
    let reply = admin.call(all, &[("slug", "acme")]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    for (who, browser) in [("one", &mut one), ("two", &mut two), ("the owner", &mut owner)] {
        assert!(is_out(browser).await, "{who} is still in");
    }
    assert!(stored(&harness, &site(&acme)).await.is_empty(), "Redis holds sessions");
    assert!(is_in(&mut other).await && is_in(&mut admin).await, "another company or the platform is out");
    for log in ["platform".to_owned(), acme.schema.clone()] {
        let lines = harness.sql.text(&format!("SELECT count(*)::text FROM {log}.audit_log WHERE action = 'tenant.sign_out'")).await;
        assert_eq!(lines, "1", "the log of {log}");
    }
    assert_eq!(admin.call(all, &[("slug", "nobody")]).await.status, StatusCode::NOT_FOUND, "a company that is not there");
    owner.sign_in(&acme.owner).await;
    assert!(is_in(&mut owner).await, "signing in again");
}

/// security.md 20: nothing that Redis holds opens a session, a second step, a way in or a message, as it is or as a cookie would say it.
#[tokio::test]
async fn r20_redis_reveals_nothing_usable() {
    let harness = Harness::start_with(&[("SIGNUP", "open")]).await;
    let acme = harness.tenant("acme").await;
    let (mut owner, mut admin) = (harness.owner(&acme).await, harness.admin().await);
    let id = harness.app.user(&acme, "user", "mara").await.to_string();

    // A message with a one-time link in it waits for its page.
    let reply = admin.post("/api/platform/tenant_user_link", "/tenants/acme/users", &[("slug", "acme"), ("id", &id)]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    let flash = admin.cookies["__Host-flash"].clone();
    assert!(flash.starts_with("r."), "the message is in Redis: {flash}");
    let words = held(&harness).await;
    assert!(words.len() > 5, "there is something to try: {words:?}");
    for word in &words {
        assert!(!word.contains(flash.trim_start_matches("r.")), "the name of a message stands in Redis");
        for value in [word.clone(), format!("r.{word}"), format!("c.{word}")] {
            let mut thief = admin.clone();
            thief.cookies.insert("__Host-flash".to_owned(), value);
            assert!(!thief.get("/tenants/acme/users").await.body.contains("/reset/"), "{word} shows somebody's link");
        }
    }
    assert!(admin.get("/tenants/acme/users").await.body.contains("/reset/"), "the cookie itself shows it");

    // A way into a company that was just made.
    let mut visitor = harness.browser("localhost");
    let fields = [
        ("name", "New Company"),
        ("domain", "newco"),
        ("first_name", "Nora"),
        ("last_name", "New"),
        ("email", "nora@newco.example"),
        ("password", WORD),
        ("password_repeated", WORD),
    ];
    let reply = visitor.post("/api/platform/signup_create", "/signup", &fields).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/signup/done"), "{}", reply.body);
    let secret = token(&visitor.get("/signup/done").await.body, "enter");
    assert!(!secret.is_empty(), "there is a way in");
    becomes(&harness, "newco.localhost", StatusCode::OK).await;
    for word in held(&harness).await {
        assert!(!word.contains(&secret), "a way in stands in Redis");
        let reply = harness.browser("newco.localhost").call("/api/tenant/enter", &[("token", &word)]).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{word} is a way in");
    }
    let mut nora = harness.browser("newco.localhost");
    assert_eq!(nora.call("/api/tenant/enter", &[("token", &secret)]).await.status, StatusCode::OK, "the token itself is");
    assert!(nora.is_signed_in().await, "and signs in");

    // Sessions, and what stands between the two steps of signing in.
    let totp = phone(&mut owner, "/api/tenant").await;
    let reply = owner.call("/api/tenant/mfa_confirm", &[("code", &code(&totp, 0))]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let mut second = harness.browser(&acme.host);
    second.try_sign_in(&acme.owner, WORD).await;
    harness.browser(&acme.host).try_sign_in("mara", "not the right one at all").await;
    let words = held(&harness).await;
    for cookie in [&owner.cookies[SID], &admin.cookies[SID], &nora.cookies[SID], &second.cookies["__Host-second"]] {
        assert!(!words.iter().any(|word| word.contains(cookie.as_str())), "a cookie stands in Redis");
    }
    for word in &words {
        for host in ["localhost", "acme.localhost", "newco.localhost"] {
            assert!(is_out(&mut with_sid(&harness.browser(host), word)).await, "{word} is a session on {host}");
        }
        let mut thief = harness.browser(&acme.host);
        thief.cookies.insert("__Host-second".to_owned(), word.clone());
        let reply = thief.call("/api/tenant/sign_in_code", &[("code", "000000")]).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{word} is a first step: {}", reply.body);
    }
    assert!(owner.is_signed_in().await && admin.is_signed_in().await, "the cookies themselves are sessions");
}

/// security.md 21: no answer to somebody who is signed in is kept by a cache, be it a page, a download, a function, a refusal or an error.
/// The lists are the program's own; pictures of people alone are kept, by that browser.
#[tokio::test]
async fn r21_answers_are_not_kept() {
    let harness = Harness::start().await;
    let (acme, people) = both(&harness).await;
    let id = harness.app.user(&acme, "user", "mara").await.to_string();
    for (mut person, login, api) in people {
        person.sign_in(&login).await;
        let name = api.trim_start_matches("/api/");
        let mut shown = 0;
        for path in routes::pages(name).into_iter().chain(routes::exports(name).into_iter().map(str::to_owned)) {
            let reply = person.get(&address(&path, &id)).await;
            assert_eq!(reply.header("cache-control"), "no-store", "{api}, {path}: {}", reply.status);
            shown += u32::from(reply.status == StatusCode::OK);
        }
        assert!(shown > 20, "{api}: only {shown} of the pages were there");
        let mut done = 0;
        for function in routes::functions(name).into_iter().filter(|function| !function.ends_with("/sign_out")) {
            let reply = person.call(function, &[]).await;
            assert_eq!(reply.header("cache-control"), "no-store", "{function}: {}", reply.status);
            done += u32::from(reply.status == StatusCode::OK);
            // As a browser's form asks, it is led on or back, or told on a page.
            let reply = person.post(function, "/account", &[]).await;
            assert_eq!(reply.header("cache-control"), "no-store", "{function} by a form: {}", reply.status);
        }
        assert!(done > 10, "{api}: only {done} of the functions took an empty form");
        assert!(is_in(&mut person).await, "{api}: still signed in");
        for path in ["/nothing/like/this", "/users.csv", "/tenants.csv", "/login"] {
            for mut browser in [person.clone(), harness.browser(&person.host)] {
                assert_eq!(browser.get(path).await.header("cache-control"), "no-store", "{api}, {path}");
            }
        }
        harness.age(STALE).await;
        let reply = person.get("/audit.csv").await;
        assert_eq!(
            (reply.status, reply.header("cache-control")),
            (StatusCode::SEE_OTHER, "no-store"),
            "{api}: a reauthentication is asked for"
        );
    }
}

/// security.md 21: nor is the progress of a job, which is written as it goes.
#[tokio::test]
async fn r21_progress_is_not_kept() {
    let harness = Harness::start().await;
    let mut admin = harness.admin().await;
    let job = "INSERT INTO platform.jobs (kind, status, total, done) VALUES ('tenant_export', 'done', 1, 1) RETURNING id::text";
    let id = harness.sql.text(job).await;
    let reply = admin.get(&format!("/jobs/{id}/events")).await;
    assert!(reply.status == StatusCode::OK && reply.body.contains("over"), "{}: {}", reply.status, reply.body);
    assert_eq!(reply.header("cache-control"), "no-store", "what a cache may keep and ask about again is still kept");
}

/// security.md 21: a picture of somebody is kept by the browser of whoever may see it, and by nothing in between.
#[tokio::test]
async fn r21_pictures_of_people_are_private() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let id = harness.app.user(&acme, "user", "mara").await;
    harness.sql.run(&format!("UPDATE {}.users SET photo = '\\x00', photo_hash = 'x' WHERE id = {id}", acme.schema)).await;
    for path in [format!("/photos/{id}"), format!("/photos/{id}?v=x")] {
        let reply = owner.get(&path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert!(reply.header("cache-control").starts_with("private, "), "{path}: {}", reply.header("cache-control"));
        let reply = harness.browser(&acme.host).get(&path).await;
        assert_eq!((reply.status, reply.header("cache-control")), (StatusCode::UNAUTHORIZED, "no-store"), "{path} by a stranger");
    }
}

/// security.md 21: signing out tells the browser to forget what it keeps of this site.
#[tokio::test]
async fn r21_signing_out_clears_the_browser() {
    let harness = Harness::start().await;
    let (_acme, people) = both(&harness).await;
    for (mut person, login, api) in people {
        let reply = person.post(&format!("{api}/sign_out"), "/", &[]).await;
        assert_eq!(reply.location(), "/login", "{api}: {}", reply.body);
        assert_eq!(reply.header("clear-site-data"), "\"cache\", \"storage\"", "{api}: by a form");
        assert_eq!(reply.header("cache-control"), "no-store", "{api}: by a form");
        person.sign_in(&login).await;
        let reply = person.call(&format!("{api}/sign_out"), &[]).await;
        assert_eq!(reply.status, StatusCode::OK, "{api}: {}", reply.body);
        assert_eq!(reply.header("clear-site-data"), "\"cache\", \"storage\"", "{api}: by a script");
        // Whoever was not signed in loses nothing.
        let reply = person.post(&format!("{api}/sign_out"), "/", &[]).await;
        assert_eq!(reply.header("clear-site-data"), "", "{api}: without a session");
    }
}
