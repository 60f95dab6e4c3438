//! Who may do what.

use super::*;
use crate::harness::Harness;
use axum::http::StatusCode;
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use test_support::{Browser, Tenant};

/// Who asks, in the order of docs/AUTHORIZATION.md.
const ROLES: [&str; 9] =
    ["anonymous", "user", "salesperson", "manager", "admin", "owner", "other owner", "platform support", "platform admin"];

/// What each role gets for each path of a site, as docs/AUTHORIZATION.md says.
fn written(site: &str) -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/AUTHORIZATION.md")).unwrap();
    let heading = if site == "platform" { "## The platform site" } else { "## A tenant's site" };
    let section = text.split(heading).nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap_or_default();
    let cells =
        |line: &str| line.trim().trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect::<Vec<String>>();
    let mut rows = section.lines().filter(|line| line.starts_with('|')).map(cells);
    let head = rows.next().unwrap_or_default();
    assert_eq!(head.get(2..).unwrap_or_default().join(", "), ROLES.join(", "), "the roles of {site} in docs/AUTHORIZATION.md");
    rows.skip(1).map(|row| (row[0].clone(), row.iter().skip(2).cloned().collect())).collect()
}

/// Asks for everything of a site as somebody of each role, and compares with what is written.
async fn asked_by_everybody(site: &str) {
    let harness = Harness::start_with(&[("SIGNUP", "open")]).await;
    let (alpha, beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    let written = written(site);
    assert_eq!(written.keys().cloned().collect::<BTreeSet<_>>(), everything(site), "docs/AUTHORIZATION.md has all of {site}");
    let people = people(&harness, &alpha, &beta).await;
    let id = harness.app.user(&alpha, "user", "target").await.to_string();
    let host = if site == "platform" { "localhost" } else { alpha.host.as_str() };
    let before = harness.fingerprint().await;
    let rounds = people.iter().zip(ROLES).enumerate().map(|(index, (person, role))| {
        let (written, id) = (&written, &id);
        async move {
            let mut refused = 0;
            for (path, cells) in written {
                let expected = cells[index].as_str();
                if expected == "yes" && path.starts_with("/api/") {
                    // It might do what it is for; tests/it asks that with bodies made for each.
                    continue;
                }
                // A clone: a foreign cookie is taken away by the first answer.
                let reply = ask(&mut person.on(host), path, id).await;
                let what = format!("{path} of {site} by {role}: {} {}", reply.status, reply.body);
                match expected {
                    "yes" => {
                        assert!(!is_sent_to_sign_in(&reply) && reply.status != StatusCode::FORBIDDEN, "{what}");
                        assert!(!reply.status.is_server_error(), "{what}");
                    }
                    "401" => assert!(is_sent_to_sign_in(&reply), "{what}"),
                    other => assert_eq!(reply.status.as_str(), other, "{what}"),
                }
                refused += u32::from(expected != "yes");
            }
            refused
        }
    });
    let refused: Vec<u32> = join_all(rounds).await;
    assert!(refused.iter().sum::<u32>() > 300, "{refused:?} were refused on {site}");
    assert_eq!(harness.fingerprint().await, before, "something of {site} was changed by whoever may not, or by a GET");
}

/// Asks for something that whoever asks may not: it is refused, nothing changes, and it is noted.
async fn is_refused(harness: &Harness, browser: &mut Browser, function: &str, fields: &[(&str, &str)]) {
    let before = harness.fingerprint().await;
    let reply = browser.call(&format!("/api/tenant/{function}"), fields).await;
    let what = format!("{function} with {fields:?}: {}", reply.body);
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{what}");
    assert!(reply.body.contains("\"forbidden\""), "not for want of a reauthentication: {what}");
    assert_eq!(harness.fingerprint().await, before, "it changed something: {what}");
    let noted = format!(
        "SELECT count(*)::text FROM platform.security_events WHERE kind = 'access.refused' AND ip = '127.0.0.1' AND request_id = '{}'",
        reply.header("x-request-id")
    );
    assert_eq!(harness.sql.text(&noted).await, "1", "it was not noted: {what}");
}

/// Id, version, address and user name of somebody.
async fn of_row(harness: &Harness, tenant: &Tenant, id: &str) -> Vec<String> {
    let at = version(harness, tenant, "users", &format!("id = {id}")).await;
    let names = harness.sql.text(&format!("SELECT email || ' ' || username FROM {}.users WHERE id = {id}", tenant.schema)).await;
    [id.to_owned(), at].into_iter().chain(names.split(' ').map(str::to_owned)).collect()
}

async fn unmake(browser: &mut Browser, function: &str, row: &[String]) -> StatusCode {
    let fields = [
        ("id", row[0].as_str()),
        ("version", &row[1]),
        ("first_name", "An"),
        ("last_name", "Owner"),
        ("email", &row[2]),
        ("username", &row[3]),
        ("user_type", "user"),
    ];
    browser.call(&format!("/api/tenant/{function}"), &fields).await.status
}

/// Everything of the platform's site answers each role as the matrix in docs/AUTHORIZATION.md says, and the matrix has it all.
#[tokio::test]
async fn r42_the_platform_answers_as_is_written() {
    asked_by_everybody("platform").await;
}

/// Everything of a company's site answers each role as the matrix in docs/AUTHORIZATION.md says, and the matrix has it all.
#[tokio::test]
async fn r42_a_company_answers_as_is_written() {
    asked_by_everybody("tenant").await;
}

/// A stranger gets nothing of either site but what is in a short list, also where the matrix forgot something.
#[tokio::test]
async fn r42_strangers_get_what_is_public_and_nothing_else() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let before = harness.fingerprint().await;
    for (site, host) in [("platform", "localhost"), ("tenant", alpha.host.as_str())] {
        let all = everything(site);
        assert!(all.len() > 60, "{site} has {} things that answer", all.len());
        let public = all.iter().filter(|path| is_public(site, path)).count();
        let listed = PUBLIC.len() + if site == "platform" { PUBLIC_PLATFORM.len() } else { PUBLIC_TENANT.len() };
        assert_eq!(public, listed, "each thing in the list of {site} is there");
        for path in all.iter().filter(|path| !is_public(site, path)) {
            let reply = ask(&mut harness.browser(host), path, "1").await;
            assert!(is_sent_to_sign_in(&reply), "{path} of {site}: {} {}", reply.status, reply.body);
        }
        for path in ["/login", "/logout", "/forgot"] {
            assert_eq!(harness.browser(host).get(path).await.status, StatusCode::OK, "{path} of {site} is for everybody");
        }
    }
    assert_eq!(harness.fingerprint().await, before, "strangers changed nothing");
}

/// A role of a company's own with one permission opens what that permission is for, and nothing beside it.
#[tokio::test]
async fn r42_one_permission_opens_one_thing() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let doors = [
        ("/users", "users.view"),
        ("/users/new", "users.create"),
        ("/jobs", "users.manage"),
        ("/roles/new", "roles.manage"),
        ("/settings", "settings.manage"),
        ("/sessions", "sessions.manage"),
        ("/audit", "audit.view"),
    ];
    for (index, (own, permission)) in doors.into_iter().enumerate() {
        let (key, name) = (format!("only{index}"), format!("holder{index}"));
        let schema = &alpha.schema;
        let sql = format!(
            "INSERT INTO {schema}.roles (key, name, name_key, permissions) VALUES ('{key}', '{key}', '{key}', '{{\"{permission}\": \"all\"}}')"
        );
        harness.sql.run(&sql).await;
        let mut person = harness.person(&alpha, &key, &name).await;
        for (door, _) in doors {
            // Some are of no use without seeing people.
            let sees = door == "/users" && matches!(permission, "users.create" | "users.manage" | "sessions.manage");
            let expected = if door == own || sees { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(person.get(door).await.status, expected, "{door} by somebody with {permission}");
        }
        harness.forget_tries().await;
    }
}

/// Whoever is not active any more, or whose session is over, gets nothing by the next request.
#[tokio::test]
async fn r42_who_is_gone_gets_nothing() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let mut gone = harness.person(&alpha, "admin", "gone").await;
    let mut late = harness.person(&alpha, "admin", "late").await;
    for person in [&mut gone, &mut late] {
        assert_eq!(person.get("/users").await.status, StatusCode::OK, "an admin sees people");
    }
    harness.sql.run(&format!("UPDATE {}.users SET is_active = false WHERE username = 'gone'", alpha.schema)).await;
    assert!(is_sent_to_sign_in(&gone.clone().get("/users").await), "somebody who is not active");
    assert_eq!(gone.call("/api/tenant/user_list", &[]).await.status, StatusCode::UNAUTHORIZED, "somebody who is not active");
    harness.age(13 * 3600).await;
    assert!(is_sent_to_sign_in(&late.clone().get("/users").await), "a session of 13 hours");
    assert_eq!(late.call("/api/tenant/user_list", &[]).await.status, StatusCode::UNAUTHORIZED, "a session of 13 hours");
}

/// Every function that is for admins is refused to a salesperson who calls it, and each refusal stands in the log with its
/// request and where it came from.
#[tokio::test]
async fn r43_functions_of_admins_are_refused_to_salespeople() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let mut sales = harness.person(&alpha, "salesperson", "sam").await;
    let id = harness.app.user(&alpha, "user", "target").await.to_string();
    let column = ROLES.iter().position(|role| *role == "salesperson").unwrap();
    let before = harness.fingerprint().await;
    let mut requests = Vec::new();
    for (path, cells) in written("tenant") {
        if !path.starts_with("/api/") || cells[column] != "403" {
            continue;
        }
        let reply = ask(&mut sales, &path, &id).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}: {}", reply.body);
        requests.push(format!("'{}'", reply.header("x-request-id")));
        if requests.len() % 40 == 0 {
            // One address has room for 60 a minute.
            harness.forget_tries().await;
        }
    }
    assert!(requests.len() > 50, "{} functions are for admins", requests.len());
    assert_eq!(harness.fingerprint().await, before, "none of them did anything");
    let noted = format!(
        "SELECT count(DISTINCT request_id)::text FROM platform.security_events WHERE kind = 'access.refused' AND ip = '127.0.0.1' \
         AND tenant_id = {} AND request_id IN ({})",
        alpha.id,
        requests.join(", ")
    );
    assert_eq!(harness.sql.text(&noted).await, requests.len().to_string(), "each was noted");
    assert_eq!(sales.get("/account").await.status, StatusCode::OK, "and sam is still signed in");
}

/// Nobody gives a permission that they lack, by any of the ways to give one, nor changes somebody who holds one.
#[tokio::test]
async fn r43_nobody_gives_what_they_lack() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let schema = &alpha.schema;
    harness
        .sql
        .run(&format!(
            "INSERT INTO {schema}.roles (key, name, name_key, permissions) VALUES \
             ('keeper', 'Keeper', 'keeper', '{{\"users.view\": \"all\", \"users.create\": \"all\", \"users.manage\": \"all\", \"roles.manage\": \"all\"}}'), \
             ('plain', 'Plain', 'plain', '{{\"users.view\": \"all\"}}')"
        ))
        .await;
    let mut keeper = harness.person(&alpha, "keeper", "kim").await;
    let tom = harness.app.user(&alpha, "user", "tom").await.to_string();
    let ada = harness.app.user(&alpha, "admin", "ada").await.to_string();
    let of_tom = version(&harness, &alpha, "users", &format!("id = {tom}")).await;
    let of_ada = version(&harness, &alpha, "users", &format!("id = {ada}")).await;
    let of_plain = version(&harness, &alpha, "roles", "key = 'plain'").await;
    let (tom, ada, of_tom, of_plain) = (tom.as_str(), ada.as_str(), of_tom.as_str(), of_plain.as_str());
    let new = [("first_name", "N"), ("last_name", "M"), ("email", "n@alpha.example"), ("username", "nn")];
    let tom_as_is = [("id", tom), ("version", of_tom), ("first_name", "T"), ("last_name", "M"), ("email", "tom@alpha.example")];
    let bulk = format!("who=ticked&id={tom}");
    let ways: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("user_create", [&new[..], &[("user_type", "admin")]].concat()),
        ("user_create", [&new[..], &[("user_type", "owner")]].concat()),
        ("user_update", [&tom_as_is[..], &[("username", "tom"), ("user_type", "admin")]].concat()),
        ("user_update", [&tom_as_is[..], &[("username", "tom"), ("user_type", "owner")]].concat()),
        ("user_set_access", vec![("id", tom), ("version", of_tom), ("further[admin]", "true")]),
        ("user_set_access", vec![("id", tom), ("version", of_tom), ("permissions[settings.manage]", "all")]),
        ("role_create", vec![("name", "Mighty"), ("permissions[settings.manage]", "all")]),
        ("role_update", vec![("key", "plain"), ("version", of_plain), ("name", "Plain"), ("permissions[audit.view]", "all")]),
        ("role_delete", vec![("key", "plain"), ("fallback", "admin")]),
        ("user_bulk", vec![("act", "role"), ("query", bulk.as_str()), ("expected", "1"), ("user_type", "admin")]),
    ];
    for (function, fields) in &ways {
        is_refused(&harness, &mut keeper, function, fields).await;
    }
    let above = [
        "user_deactivate",
        "user_activate",
        "user_delete",
        "user_restore",
        "user_link_create",
        "user_link_revoke",
        "user_mail_send",
        "user_mfa_reset",
        "user_password_expire",
        "user_unlock",
        "user_sign_out",
    ];
    for function in above {
        is_refused(&harness, &mut keeper, function, &[("id", ada)]).await;
    }
    let rename = [("id", ada), ("version", &of_ada), ("first_name", "A"), ("last_name", "B"), ("email", "ada@alpha.example")];
    is_refused(&harness, &mut keeper, "user_update", &[&rename[..], &[("username", "renamed"), ("user_type", "admin")]].concat()).await;
    is_refused(&harness, &mut keeper, "user_set_access", &[("id", ada), ("version", &of_ada)]).await;
    // Among many, those above are left as they are.
    let both = format!("who=ticked&id={ada}");
    let reply = keeper.call("/api/tenant/user_bulk", &[("act", "deactivate"), ("query", &both), ("expected", "1")]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let active = format!("SELECT is_active::text FROM {schema}.users WHERE id = {ada}");
    assert_eq!(harness.sql.text(&active).await, "true", "an admin stays active");
    // What is held may be given, and whoever holds no more may be changed.
    let given = [&new[..], &[("user_type", "plain")]].concat();
    assert_eq!(keeper.call("/api/tenant/user_create", &given).await.status, StatusCode::OK, "a role below one's own");
    let made = [("name", "Viewer"), ("permissions[users.view]", "all")];
    assert_eq!(keeper.call("/api/tenant/role_create", &made).await.status, StatusCode::OK, "a permission that is held");
    assert_eq!(keeper.call("/api/tenant/user_deactivate", &[("id", tom)]).await.status, StatusCode::OK, "somebody below");
}

/// Only owners make, change and unmake owners; an admin may make admins.
#[tokio::test]
async fn r43_only_owners_touch_owners() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let mut admin = harness.person(&alpha, "admin", "ada").await;
    let mut owner = harness.owner(&alpha).await;
    harness.app.user(&alpha, "owner", "olaf").await;
    let olaf = harness.sql.text(&format!("SELECT id::text FROM {}.users WHERE username = 'olaf'", alpha.schema)).await;
    for function in ["user_deactivate", "user_delete", "user_link_create", "user_mfa_reset", "user_password_expire", "user_sign_out"] {
        is_refused(&harness, &mut admin, function, &[("id", &olaf)]).await;
    }
    let at = version(&harness, &alpha, "users", &format!("id = {olaf}")).await;
    let demoted = [
        ("id", olaf.as_str()),
        ("version", &at),
        ("first_name", "O"),
        ("last_name", "L"),
        ("email", "olaf@alpha.example"),
        ("username", "olaf"),
        ("user_type", "user"),
    ];
    is_refused(&harness, &mut admin, "user_update", &demoted).await;
    let new = [("first_name", "N"), ("last_name", "M"), ("email", "n@alpha.example"), ("username", "nn")];
    is_refused(&harness, &mut admin, "user_create", &[&new[..], &[("user_type", "owner")]].concat()).await;
    let reply = admin.call("/api/tenant/user_create", &[&new[..], &[("user_type", "admin")]].concat()).await;
    assert_eq!(reply.status, StatusCode::OK, "an admin makes an admin: {}", reply.body);
    let reply = owner.call("/api/tenant/user_update", &demoted).await;
    assert_eq!(reply.status, StatusCode::OK, "an owner unmakes an owner: {}", reply.body);
    let role = format!("SELECT user_type FROM {}.users WHERE id = {olaf}", alpha.schema);
    assert_eq!(harness.sql.text(&role).await, "user", "and so it is");
}

/// The last owner can be neither demoted, deactivated nor deleted, and says why.
#[tokio::test]
async fn r44_the_last_owner_stays() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let mut owner = harness.owner(&alpha).await;
    let schema = &alpha.schema;
    let id = harness.sql.text(&format!("SELECT id::text FROM {schema}.users WHERE user_type = 'owner'")).await;
    let at = version(&harness, &alpha, "users", &format!("id = {id}")).await;
    let before = harness.fingerprint().await;
    let demoted = [
        ("id", id.as_str()),
        ("version", &at),
        ("first_name", "An"),
        ("last_name", "Owner"),
        ("email", &alpha.owner),
        ("username", "owner"),
        ("user_type", "user"),
    ];
    let acts =
        [("user_deactivate", vec![("id", id.as_str())]), ("user_delete", vec![("id", id.as_str())]), ("user_update", demoted.to_vec())];
    for (function, fields) in &acts {
        let reply = owner.call(&format!("/api/tenant/{function}"), fields).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{function}: {}", reply.body);
    }
    assert_eq!(harness.fingerprint().await, before, "nothing changed");
    assert_eq!(owner.get("/users").await.status, StatusCode::OK, "the owner is still one");
    // The database keeps the count: with a second owner it lets one go, and not the other.
    harness.app.user(&alpha, "owner", "second").await;
    let reply = owner.call("/api/tenant/user_update", &demoted).await;
    assert_eq!(reply.status, StatusCode::OK, "one of two may go: {}", reply.body);
    let owners = format!("SELECT count(*)::text FROM {schema}.users WHERE is_active AND user_type = 'owner'");
    assert_eq!(harness.sql.text(&owners).await, "1", "one is left");
}

/// Two owners who demote, deactivate or delete each other at the same moment: one of them stays, in each of 18 rounds.
#[tokio::test]
async fn r44_two_owners_at_once_leave_one() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    harness.app.user(&alpha, "owner", "second").await;
    let (sql, schema) = (&harness.sql, &alpha.schema);
    let restore = format!(
        "UPDATE {schema}.users SET user_type = 'owner', is_staff = true, is_active = true, deleted_at = NULL; \
         DELETE FROM {schema}.user_roles; INSERT INTO {schema}.user_roles (user_id, role_key) SELECT id, 'owner' FROM {schema}.users; \
         UPDATE {schema}.quota SET active_owners = 2, active_users = 2"
    );
    let ids = sql.texts(&format!("SELECT id::text FROM {schema}.users ORDER BY id")).await;
    assert_eq!(ids.len(), 2, "there are two owners");
    for round in 0..18 {
        let function = ["user_update", "user_deactivate", "user_delete"][round % 3];
        let (mut one, mut two) = (harness.owner(&alpha).await, harness.signed_in(&alpha, "second").await);
        let (first, second) = (of_row(&harness, &alpha, &ids[0]).await, of_row(&harness, &alpha, &ids[1]).await);
        let (at_one, at_two) = tokio::join!(unmake(&mut one, function, &second), unmake(&mut two, function, &first));
        let owners = sql.text(&format!("SELECT count(*)::text FROM {schema}.users WHERE is_active AND user_type = 'owner'")).await;
        assert_eq!(owners, "1", "round {round} of {function}: {at_one} {at_two}");
        assert_eq!(u8::from(at_one == StatusCode::OK) + u8::from(at_two == StatusCode::OK), 1, "round {round}: {at_one} {at_two}");
        sql.run(&restore).await;
    }
}
