//! Who may do what: requirements 42 to 48, asked of the built program by people of every role.

use crate::house::{House, WORD};
use axum::http::StatusCode;
use futures_util::future::join_all;
use oneo::http::routes;
use std::collections::{BTreeMap, BTreeSet};
use test_support::{Browser, Reply, Tenant};

/// Tables that the program writes to by itself while it runs. They are left out when two moments are compared.
const WRITTEN_BY_ITSELF: &str = "usage_hours', 'usage_days', 'usage_people', 'usage_sizes', 'usage_fleet', 'settings";

/// Who asks, in the order of docs/AUTHORIZATION.md.
const ROLES: [&str; 9] =
    ["anonymous", "user", "salesperson", "manager", "admin", "owner", "other owner", "platform support", "platform admin"];

/// What strangers may ask for on both sites.
const PUBLIC: [&str; 16] = [
    "/login",
    "/logout",
    "/forgot",
    "/invite/{token}",
    "/reset/{token}",
    "login",
    "forgot",
    "forgot_send",
    "invite",
    "invite_accept",
    "reset",
    "reset_accept",
    "sign_in",
    "sign_in_code",
    "sign_out",
    "theme_set",
];

/// What strangers may ask for on the platform besides.
const PUBLIC_PLATFORM: [&str; 5] = ["/signup", "/signup/done", "/signup/availability", "signup", "signup_create"];

/// What strangers may ask for on the site of a company besides.
const PUBLIC_TENANT: [&str; 6] = ["/enter/{token}", "/branding/logo", "/settings.json", "enter", "entrance", "invite_ask"];

/// An id that nothing has.
const NOBODY: &str = "999999999999";

/// What the database holds, besides logs and what the program writes by itself.
async fn kept(house: &House) -> String {
    house.sql.fingerprint_but(WRITTEN_BY_ITSELF).await
}

/// The bare name of a function.
fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Everything that answers on a site.
fn everything(site: &str) -> BTreeSet<String> {
    let functions = routes::functions(site).into_iter().chain(routes::exports(site)).map(str::to_owned);
    routes::pages(site).into_iter().chain(functions).collect()
}

/// Whether everybody may ask for it.
fn is_public(site: &str, path: &str) -> bool {
    let more: &[&str] = if site == "platform" { &PUBLIC_PLATFORM } else { &PUBLIC_TENANT };
    let name = if path.starts_with("/api/") { name_of(path) } else { path };
    PUBLIC.contains(&name) || more.contains(&name)
}

/// A body that every function can read: with all fields that any of them has, well formed. It names `id` and `key`.
fn fields(path: &str, id: &str, key: &str) -> Vec<(&'static str, String)> {
    let function = name_of(path);
    let act = if function == "domain_change" { "vouch" } else { "deactivate" };
    let key = match function {
        "ai_set" | "tenant_ai_set" => "sk-of-nobody-at-all",
        "setting_reset" => "sign_in.message",
        _ => key,
    };
    let mut fields = Vec::new();
    for (name, value) in [
        ("id", id),
        ("user", id),
        ("slug", "alpha"),
        ("key", key),
        ("token", "nothing"),
        ("name", "Anybody"),
        ("domain", "free-name"),
        ("first_name", "Some"),
        ("last_name", "Body"),
        ("owner_first_name", "Some"),
        ("owner_last_name", "Body"),
        ("owner_email", "new@alpha.example"),
        ("email", "new@alpha.example"),
        ("username", "newcomer"),
        ("user_type", "user"),
        ("login", "nobody@alpha.example"),
        ("password", WORD),
        ("password_old", WORD),
        ("password_repeated", WORD),
        ("version", "1"),
        ("expected", "1"),
        ("act", act),
        ("change", "deactivate"),
        ("role", "admin"),
        ("provider", "openai"),
        ("model", "small-1"),
        ("ai_usage_limit", "10"),
        ("json", "{\"x\": 1}"),
        ("max_users", "10"),
        ("code", "123456"),
        ("theme", "dark"),
        ("group", "company"),
        ("values[branding.name]", "Other"),
        ("setting_key", "own.key"),
        ("setting_value", "1"),
        ("fallback", "user"),
        ("permissions[records.view]", "own"),
        ("columns[email]", "0"),
        ("columns[first_name]", "1"),
        ("columns[last_name]", "2"),
        ("mode", "create"),
        ("match_by", "email"),
    ] {
        fields.push((name, value.to_owned()));
    }
    if function == "user_bulk" {
        fields.push(("query", format!("who=ticked&id={id}")));
    }
    fields
}

/// The address of a page or a download.
fn address(path: &str, id: &str, key: &str) -> String {
    let filled = path.replace("{token}", "nothing").replace("{slug}", "alpha").replace("{id}", id).replace("{key}", key);
    filled.replace("/availability", "/availability?name=free-name")
}

async fn call(browser: &mut Browser, path: &str, fields: &[(&'static str, String)]) -> Reply {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.call(path, &fields).await
}

/// Asks for one thing: opens a page or a download, calls a function.
async fn ask(browser: &mut Browser, path: &str, id: &str) -> Reply {
    if path.starts_with("/api/") {
        call(browser, path, &fields(path, id, "manager")).await
    } else {
        browser.get(&address(path, id, "manager")).await
    }
}

/// Whether somebody was told to sign in.
fn is_sent_to_sign_in(reply: &Reply) -> bool {
    reply.status == StatusCode::UNAUTHORIZED || (reply.status == StatusCode::FOUND && reply.location().starts_with("/login"))
}

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

/// Somebody of each role, signed in where they belong.
async fn people(house: &House, alpha: &Tenant, beta: &Tenant) -> Vec<Browser> {
    let mut people = vec![house.browser(&alpha.host)];
    for role in ["user", "salesperson", "manager", "admin"] {
        people.push(house.person(alpha, role, role).await);
    }
    people.push(house.owner(alpha).await);
    people.push(house.owner(beta).await);
    let _made = house.app.platform_person("support").await;
    let mut support = house.browser("localhost");
    support.sign_in("support@oneo.example").await;
    people.push(support);
    people.push(house.admin().await);
    people
}

/// Asks for everything of a site as somebody of each role, and compares with what is written.
async fn asked_by_everybody(site: &str) {
    let house = House::start_with(&[("SIGNUP", "open")]).await;
    let (alpha, beta) = (house.tenant("alpha").await, house.tenant("beta").await);
    let written = written(site);
    assert_eq!(written.keys().cloned().collect::<BTreeSet<_>>(), everything(site), "docs/AUTHORIZATION.md has all of {site}");
    let people = people(&house, &alpha, &beta).await;
    let id = house.app.user(&alpha, "user", "target").await.to_string();
    let host = if site == "platform" { "localhost" } else { alpha.host.as_str() };
    let before = kept(&house).await;
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
    assert_eq!(kept(&house).await, before, "something of {site} was changed by whoever may not, or by a GET");
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
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let before = kept(&house).await;
    for (site, host) in [("platform", "localhost"), ("tenant", alpha.host.as_str())] {
        let all = everything(site);
        assert!(all.len() > 60, "{site} has {} things that answer", all.len());
        let public = all.iter().filter(|path| is_public(site, path)).count();
        let listed = PUBLIC.len() + if site == "platform" { PUBLIC_PLATFORM.len() } else { PUBLIC_TENANT.len() };
        assert_eq!(public, listed, "each thing in the list of {site} is there");
        for path in all.iter().filter(|path| !is_public(site, path)) {
            let reply = ask(&mut house.browser(host), path, "1").await;
            assert!(is_sent_to_sign_in(&reply), "{path} of {site}: {} {}", reply.status, reply.body);
        }
        for path in ["/login", "/logout", "/forgot"] {
            assert_eq!(house.browser(host).get(path).await.status, StatusCode::OK, "{path} of {site} is for everybody");
        }
    }
    assert_eq!(kept(&house).await, before, "strangers changed nothing");
}

/// A role of a company's own with one permission opens what that permission is for, and nothing beside it.
#[tokio::test]
async fn r42_one_permission_opens_one_thing() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
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
        let sql = format!("INSERT INTO {schema}.roles (key, name, permissions) VALUES ('{key}', '{key}', '{{\"{permission}\": \"all\"}}')");
        house.sql.run(&sql).await;
        let mut person = house.person(&alpha, &key, &name).await;
        for (door, _) in doors {
            // Some are of no use without seeing people.
            let sees = door == "/users" && matches!(permission, "users.create" | "users.manage" | "sessions.manage");
            let expected = if door == own || sees { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(person.get(door).await.status, expected, "{door} by somebody with {permission}");
        }
        house.forget_tries().await;
    }
}

/// Whoever is not active any more, or whose session is over, gets nothing by the next request.
#[tokio::test]
async fn r42_who_is_gone_gets_nothing() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let mut gone = house.person(&alpha, "admin", "gone").await;
    let mut late = house.person(&alpha, "admin", "late").await;
    for person in [&mut gone, &mut late] {
        assert_eq!(person.get("/users").await.status, StatusCode::OK, "an admin sees people");
    }
    house.sql.run(&format!("UPDATE {}.users SET is_active = false WHERE username = 'gone'", alpha.schema)).await;
    assert!(is_sent_to_sign_in(&gone.clone().get("/users").await), "somebody who is not active");
    assert_eq!(gone.call("/api/tenant/user_list", &[]).await.status, StatusCode::UNAUTHORIZED, "somebody who is not active");
    house.age(13 * 3600).await;
    assert!(is_sent_to_sign_in(&late.clone().get("/users").await), "a session of 13 hours");
    assert_eq!(late.call("/api/tenant/user_list", &[]).await.status, StatusCode::UNAUTHORIZED, "a session of 13 hours");
}

/// Asks for something that whoever asks may not: it is refused, nothing changes, and it is noted.
async fn is_refused(house: &House, browser: &mut Browser, function: &str, fields: &[(&str, &str)]) {
    let before = kept(house).await;
    let reply = browser.call(&format!("/api/tenant/{function}"), fields).await;
    let what = format!("{function} with {fields:?}: {}", reply.body);
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{what}");
    assert!(reply.body.contains("Forbidden"), "not for want of a proof: {what}");
    assert_eq!(kept(house).await, before, "it changed something: {what}");
    let noted = format!(
        "SELECT count(*)::text FROM platform.security_events WHERE kind = 'access.refused' AND ip = '127.0.0.1' AND request_id = '{}'",
        reply.header("x-request-id")
    );
    assert_eq!(house.sql.text(&noted).await, "1", "it was not noted: {what}");
}

/// The version of a row of a company, as its form would send it.
async fn version(house: &House, tenant: &Tenant, table: &str, which: &str) -> String {
    let sql = format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM {}.{table} WHERE {which}", tenant.schema);
    house.sql.text(&sql).await
}

/// Every function that is for admins is refused to a salesperson who calls it, and each refusal stands in the log with its
/// request and where it came from.
#[tokio::test]
async fn r43_functions_of_admins_are_refused_to_salespeople() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let mut sales = house.person(&alpha, "salesperson", "sam").await;
    let id = house.app.user(&alpha, "user", "target").await.to_string();
    let column = ROLES.iter().position(|role| *role == "salesperson").unwrap();
    let before = kept(&house).await;
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
            house.forget_tries().await;
        }
    }
    assert!(requests.len() > 50, "{} functions are for admins", requests.len());
    assert_eq!(kept(&house).await, before, "none of them did anything");
    let noted = format!(
        "SELECT count(DISTINCT request_id)::text FROM platform.security_events WHERE kind = 'access.refused' AND ip = '127.0.0.1' \
         AND tenant_id = {} AND request_id IN ({})",
        alpha.id,
        requests.join(", ")
    );
    assert_eq!(house.sql.text(&noted).await, requests.len().to_string(), "each was noted");
    assert_eq!(sales.get("/account").await.status, StatusCode::OK, "and sam is still signed in");
}

/// Nobody gives a permission that they lack, by any of the ways to give one, nor changes somebody who holds one.
#[tokio::test]
async fn r43_nobody_gives_what_they_lack() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let schema = &alpha.schema;
    house
        .sql
        .run(&format!(
            "INSERT INTO {schema}.roles (key, name, permissions) VALUES \
             ('keeper', 'Keeper', '{{\"users.view\": \"all\", \"users.create\": \"all\", \"users.manage\": \"all\", \"roles.manage\": \"all\"}}'), \
             ('plain', 'Plain', '{{\"users.view\": \"all\"}}')"
        ))
        .await;
    let mut keeper = house.person(&alpha, "keeper", "kim").await;
    let tom = house.app.user(&alpha, "user", "tom").await.to_string();
    let ada = house.app.user(&alpha, "admin", "ada").await.to_string();
    let of_tom = version(&house, &alpha, "users", &format!("id = {tom}")).await;
    let of_ada = version(&house, &alpha, "users", &format!("id = {ada}")).await;
    let of_plain = version(&house, &alpha, "roles", "key = 'plain'").await;
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
        is_refused(&house, &mut keeper, function, fields).await;
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
        is_refused(&house, &mut keeper, function, &[("id", ada)]).await;
    }
    let rename = [("id", ada), ("version", &of_ada), ("first_name", "A"), ("last_name", "B"), ("email", "ada@alpha.example")];
    is_refused(&house, &mut keeper, "user_update", &[&rename[..], &[("username", "renamed"), ("user_type", "admin")]].concat()).await;
    is_refused(&house, &mut keeper, "user_set_access", &[("id", ada), ("version", &of_ada)]).await;
    // Among many, those above are left as they are.
    let both = format!("who=ticked&id={ada}");
    let reply = keeper.call("/api/tenant/user_bulk", &[("act", "deactivate"), ("query", &both), ("expected", "1")]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let active = format!("SELECT is_active::text FROM {schema}.users WHERE id = {ada}");
    assert_eq!(house.sql.text(&active).await, "true", "an admin stays active");
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
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let mut admin = house.person(&alpha, "admin", "ada").await;
    let mut owner = house.owner(&alpha).await;
    house.app.user(&alpha, "owner", "olaf").await;
    let olaf = house.sql.text(&format!("SELECT id::text FROM {}.users WHERE username = 'olaf'", alpha.schema)).await;
    for function in ["user_deactivate", "user_delete", "user_link_create", "user_mfa_reset", "user_password_expire", "user_sign_out"] {
        is_refused(&house, &mut admin, function, &[("id", &olaf)]).await;
    }
    let at = version(&house, &alpha, "users", &format!("id = {olaf}")).await;
    let demoted = [
        ("id", olaf.as_str()),
        ("version", &at),
        ("first_name", "O"),
        ("last_name", "L"),
        ("email", "olaf@alpha.example"),
        ("username", "olaf"),
        ("user_type", "user"),
    ];
    is_refused(&house, &mut admin, "user_update", &demoted).await;
    let new = [("first_name", "N"), ("last_name", "M"), ("email", "n@alpha.example"), ("username", "nn")];
    is_refused(&house, &mut admin, "user_create", &[&new[..], &[("user_type", "owner")]].concat()).await;
    let reply = admin.call("/api/tenant/user_create", &[&new[..], &[("user_type", "admin")]].concat()).await;
    assert_eq!(reply.status, StatusCode::OK, "an admin makes an admin: {}", reply.body);
    let reply = owner.call("/api/tenant/user_update", &demoted).await;
    assert_eq!(reply.status, StatusCode::OK, "an owner unmakes an owner: {}", reply.body);
    let role = format!("SELECT user_type FROM {}.users WHERE id = {olaf}", alpha.schema);
    assert_eq!(house.sql.text(&role).await, "user", "and so it is");
}

/// The last owner can be neither demoted, deactivated nor deleted, and says why.
#[tokio::test]
async fn r44_the_last_owner_stays() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let mut owner = house.owner(&alpha).await;
    let schema = &alpha.schema;
    let id = house.sql.text(&format!("SELECT id::text FROM {schema}.users WHERE user_type = 'owner'")).await;
    let at = version(&house, &alpha, "users", &format!("id = {id}")).await;
    let before = kept(&house).await;
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
    assert_eq!(kept(&house).await, before, "nothing changed");
    assert_eq!(owner.get("/users").await.status, StatusCode::OK, "the owner is still one");
    // The database keeps the count: with a second owner it lets one go, and not the other.
    house.app.user(&alpha, "owner", "second").await;
    let reply = owner.call("/api/tenant/user_update", &demoted).await;
    assert_eq!(reply.status, StatusCode::OK, "one of two may go: {}", reply.body);
    let owners = format!("SELECT count(*)::text FROM {schema}.users WHERE is_active AND user_type = 'owner'");
    assert_eq!(house.sql.text(&owners).await, "1", "one is left");
}

/// Two owners who demote, deactivate or delete each other at the same moment: one of them stays, in each of 18 rounds.
#[tokio::test]
async fn r44_two_owners_at_once_leave_one() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    house.app.user(&alpha, "owner", "second").await;
    let (sql, schema) = (&house.sql, &alpha.schema);
    let restore = format!(
        "UPDATE {schema}.users SET user_type = 'owner', is_staff = true, is_active = true, deleted_at = NULL; \
         DELETE FROM {schema}.user_roles; INSERT INTO {schema}.user_roles (user_id, role_key) SELECT id, 'owner' FROM {schema}.users; \
         UPDATE {schema}.quota SET active_owners = 2, active_users = 2"
    );
    let ids = sql.texts(&format!("SELECT id::text FROM {schema}.users ORDER BY id")).await;
    assert_eq!(ids.len(), 2, "there are two owners");
    for round in 0..18 {
        let function = ["user_update", "user_deactivate", "user_delete"][round % 3];
        let (mut one, mut two) = (house.owner(&alpha).await, house.signed_in(&alpha, "second").await);
        let (first, second) = (of_row(&house, &alpha, &ids[0]).await, of_row(&house, &alpha, &ids[1]).await);
        let (at_one, at_two) = tokio::join!(unmake(&mut one, function, &second), unmake(&mut two, function, &first));
        let owners = sql.text(&format!("SELECT count(*)::text FROM {schema}.users WHERE is_active AND user_type = 'owner'")).await;
        assert_eq!(owners, "1", "round {round} of {function}: {at_one} {at_two}");
        assert_eq!(u8::from(at_one == StatusCode::OK) + u8::from(at_two == StatusCode::OK), 1, "round {round}: {at_one} {at_two}");
        sql.run(&restore).await;
    }
}

/// Id, version, address and user name of somebody.
async fn of_row(house: &House, tenant: &Tenant, id: &str) -> Vec<String> {
    let at = version(house, tenant, "users", &format!("id = {id}")).await;
    let names = house.sql.text(&format!("SELECT email || ' ' || username FROM {}.users WHERE id = {id}", tenant.schema)).await;
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

/// The functions of a company's site that are about one thing, which they name by an id, a key or a secret.
const ABOUT_ONE: [&str; 40] = [
    "account_session_end",
    "enter",
    "invite",
    "invite_accept",
    "invite_ask",
    "job_cancel",
    "job_get",
    "job_retry",
    "reset",
    "reset_accept",
    "role_delete",
    "role_get",
    "role_update",
    "session_end",
    "setting_free_delete",
    "setting_history",
    "user_access",
    "user_activate",
    "user_audit",
    "user_bulk",
    "user_bulk_ask",
    "user_deactivate",
    "user_delete",
    "user_get",
    "user_import_check",
    "user_import_get",
    "user_import_run",
    "user_import_undo",
    "user_link_create",
    "user_link_revoke",
    "user_mail_send",
    "user_mfa_reset",
    "user_password_expire",
    "user_restore",
    "user_sessions",
    "user_set_access",
    "user_sign_ins",
    "user_sign_out",
    "user_unlock",
    "user_update",
];

/// The others, which name nothing of another company's that could be tried.
const ABOUT_ALL: [&str; 47] = [
    "account",
    "account_sessions",
    "account_set",
    "account_sign_ins",
    "ai",
    "ai_forget",
    "ai_set",
    "ai_test",
    "audit_list",
    "dashboard",
    "entrance",
    "forgot",
    "forgot_send",
    "job_list",
    "login",
    "logo_remove",
    "logo_set",
    "mfa",
    "mfa_begin",
    "mfa_codes",
    "mfa_confirm",
    "mfa_remove",
    "onboarding_dismiss",
    "password_set",
    "photo_remove",
    "photo_set",
    "prove",
    "prove_ask",
    "role_create",
    "role_list",
    "role_new",
    "session_end_matching",
    "session_list",
    "setting_free_list",
    "setting_free_set",
    "setting_list",
    "setting_reset",
    "setting_set",
    "sign_in",
    "sign_in_code",
    "sign_out",
    "theme_set",
    "user_create",
    "user_import_new",
    "user_import_upload",
    "user_list",
    "user_new",
];

/// What another company has, and the same of what nobody has.
struct Things {
    id: String,
    job: String,
    session: String,
    key: &'static str,
    token: String,
}

impl Things {
    fn nobodys() -> Self {
        Self { id: NOBODY.to_owned(), job: NOBODY.to_owned(), session: "0".repeat(64), key: "nobodys", token: "n".repeat(43) }
    }

    /// The body of a function that is about them.
    fn fields(&self, path: &str) -> Vec<(&'static str, String)> {
        let function = name_of(path);
        let id = match function {
            "session_end" | "account_session_end" => &self.session,
            name if name.starts_with("job_") || name.starts_with("user_import_") => &self.job,
            _ => &self.id,
        };
        let mut fields = fields(path, id, self.key);
        for (name, value) in &mut fields {
            match *name {
                "token" => self.token.clone_into(value),
                "user" => self.id.clone_into(value),
                _ => {}
            }
        }
        if function == "user_bulk_ask" {
            fields.extend([("query[0][0]", "id".to_owned()), ("query[0][1]", self.id.clone())]);
        }
        fields
    }

    /// A page without what is another one at each request, and without the ids that were asked for.
    fn stripped(&self, reply: &Reply) -> String {
        let nonce = reply.header("content-security-policy").split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
        let body = nonce.map_or_else(|| reply.body.clone(), |nonce| reply.body.replace(nonce, ""));
        let body = body.replace(&format!("/jobs/{}", self.job), "/jobs/").replace(&format!("#{}", self.job), "#");
        body.replace(&self.id, "").replace(self.key, "")
    }
}

/// Every function and page of a company that names one thing answers the ids, keys and secrets of another company with the very
/// bytes of what does not exist, and does nothing.
#[tokio::test]
async fn r45_what_another_company_has_does_not_exist() {
    let house = House::start().await;
    let (alpha, beta) = (house.tenant("alpha").await, house.tenant("beta").await);
    let mut unlisted: BTreeSet<&str> = routes::functions("tenant").into_iter().map(name_of).collect();
    for name in ABOUT_ONE {
        assert!(unlisted.remove(name), "{name} is no function of a company");
    }
    unlisted.retain(|name| !ABOUT_ALL.contains(name));
    assert!(unlisted.is_empty(), "is {unlisted:?} about one thing?");
    let mut owner = house.owner(&alpha).await;
    let mut theirs = house.owner(&beta).await;
    let id = house.app.user(&beta, "user", "secret").await.to_string();
    let created = [("name", "Secretive"), ("permissions[users.view]", "all")];
    assert_eq!(theirs.call("/api/tenant/role_create", &created).await.status, StatusCode::OK, "a role of beta");
    house.sql.run(&format!("INSERT INTO {}.tenant_settings (setting_key, setting_value) VALUES ('secretive', '1')", beta.schema)).await;
    let job = format!(
        "INSERT INTO platform.jobs (kind, status, tenant_id, params, total) \
         SELECT 'users_bulk', 'failed', {}, jsonb_build_object('user', min(id)), 1 FROM {}.users RETURNING id::text",
        beta.id, beta.schema
    );
    let job = house.sql.text(&job).await;
    // The page of sessions shows by which name another one is ended.
    let page = theirs.call("/api/tenant/account_sessions", &[]).await;
    let session = page.body.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
    assert_eq!(session.len(), 64, "a session of beta: {}", page.body);
    let made = theirs.post("/api/tenant/user_link_create", &format!("/users/{id}"), &[("id", &id)]).await;
    let page = theirs.get(made.location()).await;
    let token = page.body.split("/reset/").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
    assert!(token.len() > 20, "a link of beta: {}", page.body);
    let foreign = Things { id, job, session, key: "secretive", token };
    let absent = Things::nobodys();
    let before = kept(&house).await;
    for path in routes::functions("tenant").into_iter().filter(|path| ABOUT_ONE.contains(&name_of(path))) {
        let one = call(&mut owner, path, &foreign.fields(path)).await;
        let other = call(&mut owner, path, &absent.fields(path)).await;
        assert_eq!(one.status, other.status, "{path}: {} {}", one.body, other.body);
        // Two of them show an empty list, and the time.
        let shows = matches!(name_of(path), "setting_history" | "user_bulk_ask");
        assert!(shows || foreign.stripped(&one) == absent.stripped(&other), "{path}: {} {}", one.body, other.body);
        let may_be_well = shows || matches!(name_of(path), "invite" | "reset" | "invite_ask");
        assert!(may_be_well || one.status.is_client_error(), "{path}: {} {}", one.status, one.body);
    }
    let pages = routes::pages("tenant").into_iter().chain(routes::exports("tenant").into_iter().map(str::to_owned));
    let mut asked = 0;
    for path in pages.filter(|path| path.contains("{id}") || path.contains("/roles/{key}")) {
        let of = |things: &Things| address(&path, if path.starts_with("/jobs") { &things.job } else { &things.id }, things.key);
        let one = owner.get(&of(&foreign)).await;
        let other = owner.get(&of(&absent)).await;
        assert_eq!((one.status, other.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{path}");
        assert_eq!(foreign.stripped(&one), absent.stripped(&other), "{path}");
        asked += 1;
    }
    assert!(asked >= 9, "{asked} pages are about one thing");
    assert_eq!(kept(&house).await, before, "nothing of either company changed");
    // All of it is there for those whose it is.
    let (id, job) = (&foreign.id, &foreign.job);
    for path in [format!("/users/{id}"), format!("/jobs/{job}"), "/roles/secretive".to_owned()] {
        assert_eq!(theirs.get(&path).await.status, StatusCode::OK, "{path} of beta");
    }
}

/// Nothing that a company lists, searches or downloads holds anything of another one, whose every text is a canary.
#[tokio::test]
async fn r45_lists_and_downloads_hold_ones_own() {
    let house = House::start().await;
    let (alpha, _beta) = (house.tenant("alpha").await, house.tenant("beta").await);
    let mut owner = house.owner(&alpha).await;
    // The browser looks for canaries of others in each answer.
    let lists = ["/", "/users", "/users?q=beta", "/users?q=_first&status=active", "/users.csv", "/audit", "/audit.csv", "/audit.jsonl"];
    let more = ["/roles", "/sessions", "/settings", "/settings/custom", "/settings/ai", "/jobs", "/settings.json", "/account"];
    let mut own = 0;
    for path in lists.into_iter().chain(more) {
        let reply = owner.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        own += reply.body.matches("CANARY_alpha_").count();
    }
    assert!(own >= 8, "one's own texts are there, {own} times");
    let file = owner.get("/users.csv").await.body;
    assert!(file.contains("CANARY_alpha_first") && !file.contains("beta.example"), "{file}");
    let mut stranger = house.browser(&alpha.host);
    assert!(stranger.get("/login").await.body.contains("CANARY_alpha_message"), "nor does the page for strangers");
}

/// What somebody might add to any form.
const MORE: [(&str, &str); 16] = [
    ("role", "owner"),
    ("roles[owner]", "true"),
    ("further[owner]", "true"),
    ("tenant_id", "2"),
    ("is_platform_admin", "true"),
    ("is_staff", "true"),
    ("is_active", "false"),
    ("created_at", "2001-01-01T00:00:00Z"),
    ("max_user", "1"),
    ("email_verified", "true"),
    ("password_hash", "x"),
    ("session_epoch", "7"),
    ("must_change_password", "true"),
    ("tenant_permissions[settings.manage]", "all"),
    ("status", "archived"),
    ("schema_name", "platform"),
];

/// Every field that a row has and a form has not is ignored: what somebody adds to a form is not taken.
#[tokio::test]
async fn r46_fields_that_a_form_lacks_are_not_taken() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let (schema, sql) = (&alpha.schema, &house.sql);
    let mut owner = house.owner(&alpha).await;
    let mut tom = house.person(&alpha, "user", "tom").await;
    // What is left of a row without the columns that the form may change.
    let row = |without: &str| format!("SELECT (to_jsonb(u) - '{{{without}}}'::text[])::text FROM {schema}.users u WHERE username = 'tom'");
    let roles =
        format!("SELECT string_agg(role_key, ' ') FROM {schema}.user_roles JOIN {schema}.users u ON u.id = user_id WHERE username = 'tom'");

    // A new user.
    let new =
        [("first_name", "N"), ("last_name", "M"), ("email", "n@alpha.example"), ("username", "nn"), ("user_type", "user"), ("id", "1")];
    let reply = owner.call("/api/tenant/user_create", &[&new[..], &MORE].concat()).await;
    assert_eq!(reply.status, StatusCode::OK, "user_create: {}", reply.body);
    let made = sql
        .text(&format!(
            "SELECT concat_ws(' ', user_type, is_staff, is_active, password_hash IS NULL, session_epoch, tenant_permissions, \
             must_change_password, created_at > '2020-01-01', id <> 1, (SELECT string_agg(role_key, ' ') FROM {schema}.user_roles WHERE user_id = u.id)) \
             FROM {schema}.users u WHERE username = 'nn'"
        ))
        .await;
    assert_eq!(made, "user f t t 0 {} f t t user", "a new user has what the form has");

    // One's own account.
    let (before, held) = (sql.text(&row("first_name,last_name,locale,theme,updated_at")).await, sql.text(&roles).await);
    let own =
        [("first_name", "Tomas"), ("last_name", "T"), ("user_type", "owner"), ("email", "x@y.example"), ("username", "root"), ("id", "1")];
    let reply = tom.call("/api/tenant/account_set", &[&own[..], &MORE].concat()).await;
    assert_eq!(reply.status, StatusCode::OK, "account_set: {}", reply.body);
    assert_eq!(sql.text(&row("first_name,last_name,locale,theme,updated_at")).await, before, "account_set");
    assert_eq!(
        sql.text(&format!("SELECT first_name FROM {schema}.users WHERE username = 'tom'")).await,
        "Tomas",
        "account_set does its own"
    );

    // Somebody else, with the role as it is.
    let id = sql.text(&format!("SELECT id::text FROM {schema}.users WHERE username = 'tom'")).await;
    let at = version(&house, &alpha, "users", "username = 'tom'").await;
    let before = sql.text(&row("first_name,last_name,email,username,metadata,updated_at")).await;
    let edit = [
        ("id", id.as_str()),
        ("version", &at),
        ("first_name", "Thomas"),
        ("last_name", "T"),
        ("email", "tom@alpha.example"),
        ("username", "tom"),
        ("user_type", "user"),
    ];
    let reply = owner.call("/api/tenant/user_update", &[&edit[..], &MORE].concat()).await;
    assert_eq!(reply.status, StatusCode::OK, "user_update: {}", reply.body);
    assert_eq!(sql.text(&row("first_name,last_name,email,username,metadata,updated_at")).await, before, "user_update");
    assert_eq!(sql.text(&roles).await, held, "nor did a role come");

    // A role, and a setting that is none.
    let reply =
        owner.call("/api/tenant/role_create", &[&[("name", "Plain"), ("key", "owner"), ("is_system", "true")][..], &MORE].concat()).await;
    assert_eq!(reply.status, StatusCode::OK, "role_create: {}", reply.body);
    let made = format!("SELECT concat_ws(' ', key, is_system, permissions) FROM {schema}.roles WHERE name = 'Plain'");
    assert_eq!(sql.text(&made).await, "plain f {}", "role_create");
    let before = sql.text(&format!("SELECT count(*)::text FROM {schema}.tenant_settings")).await;
    owner
        .call(
            "/api/tenant/setting_set",
            &[&[("group", "company"), ("values[no.such]", "1"), ("values[security.x]", "1")][..], &MORE].concat(),
        )
        .await;
    assert_eq!(sql.text(&format!("SELECT count(*)::text FROM {schema}.tenant_settings")).await, before, "setting_set");
}

/// Nor does the platform's form of a company take what it has no field for.
#[tokio::test]
async fn r46_fields_that_a_form_of_the_platform_lacks_are_not_taken() {
    let house = House::start().await;
    house.tenant("alpha").await;
    let (mut admin, sql) = (house.admin().await, &house.sql);
    let rest =
        "SELECT (to_jsonb(t) - '{max_users,auto_drop_schema,updated_at}'::text[])::text FROM platform.tenants t WHERE slug = 'alpha'";
    let before = sql.text(rest).await;
    let at = "SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM platform.tenants WHERE slug = 'alpha'";
    let at = sql.text(at).await;
    let quota = [
        ("slug", "alpha"),
        ("version", at.as_str()),
        ("name", "CANARY_alpha_name"),
        ("max_users", "77"),
        ("id", "9"),
        ("ai_usage_limit", "9"),
        ("features_enabled", "{}"),
    ];
    let reply = admin.call("/api/platform/tenant_quota_set", &[&quota[..], &MORE].concat()).await;
    assert_eq!(reply.status, StatusCode::OK, "tenant_quota_set: {}", reply.body);
    assert_eq!(sql.text(rest).await, before, "tenant_quota_set");
    assert_eq!(sql.text("SELECT max_users::text FROM platform.tenants WHERE slug = 'alpha'").await, "77", "tenant_quota_set does its own");
}

/// Fields that come twice, as lists, as objects, or in another kind of body make nobody an owner and break nothing.
#[tokio::test]
async fn r46_bodies_in_other_shapes_give_nothing() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let mut admin = house.person(&alpha, "admin", "ada").await;
    let form = "application/x-www-form-urlencoded";
    let typed = "first_name=N&last_name=M&email=n%40alpha.example&username=nn";
    let part = |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let parts: String = [("first_name", "N"), ("last_name", "M"), ("email", "n@alpha.example"), ("username", "nn"), ("user_type", "owner")]
        .into_iter()
        .map(|(name, value)| part(name, value))
        .collect();
    let bodies = [
        (form, format!("{typed}&user_type=user&user_type=owner")),
        (form, format!("{typed}&user_type=owner&user_type=user")),
        (form, format!("{typed}&user_type[]=owner")),
        (form, format!("{typed}&user_type[0]=owner&user_type[1]=user")),
        (form, format!("{typed}&user_type[key]=owner")),
        (form, format!("{typed}&user_type%5Bkey%5D=owner")),
        (form, format!("{typed}&user_type=user&user[user_type]=owner&__proto__[user_type]=owner")),
        (
            "application/json",
            "{\"first_name\":\"N\",\"last_name\":\"M\",\"email\":\"n@alpha.example\",\"username\":\"nn\",\"user_type\":\"owner\"}"
                .to_owned(),
        ),
        ("multipart/form-data; boundary=b", format!("{parts}--b--\r\n")),
        ("text/plain", format!("{typed}&user_type=owner")),
    ];
    let origin = format!("http://{}:8000", alpha.host);
    for (kind, body) in bodies {
        let headers = [("accept", "application/json"), ("content-type", kind), ("origin", origin.as_str())];
        let reply = admin.send("POST", "/api/tenant/user_create", &headers, body.as_bytes()).await;
        assert!(reply.status == StatusCode::OK || reply.status.is_client_error(), "{kind} {body}: {} {}", reply.status, reply.body);
        let more = format!("SELECT count(*)::text FROM {}.users WHERE user_type <> 'user' AND username = 'nn'", alpha.schema);
        assert_eq!(house.sql.text(&more).await, "0", "{kind} {body} made more than a user");
        house
            .sql
            .run(&format!("UPDATE {0}.users SET username = 'n' || id, email = id || '@x.example' WHERE username = 'nn'", alpha.schema))
            .await;
    }
    let plain = [("first_name", "N"), ("last_name", "M"), ("email", "n@alpha.example"), ("username", "nn"), ("user_type", "user")];
    assert_eq!(admin.call("/api/tenant/user_create", &plain).await.status, StatusCode::OK, "the form as it is");
}

/// Functions that only tell, of a company.
const TELLING_TENANT: [&str; 26] = [
    "account",
    "account_sessions",
    "account_sign_ins",
    "ai",
    "audit_list",
    "dashboard",
    "forgot",
    "job_list",
    "login",
    "mfa",
    "prove_ask",
    "role_get",
    "role_list",
    "role_new",
    "session_list",
    "setting_free_list",
    "setting_history",
    "setting_list",
    "user_access",
    "user_audit",
    "user_get",
    "user_import_new",
    "user_list",
    "user_new",
    "user_sessions",
    "user_sign_ins",
];

/// Functions that only tell, of the platform.
const TELLING_PLATFORM: [&str; 23] = [
    "account",
    "account_sessions",
    "admin_list",
    "admin_new",
    "audit_list",
    "dashboard",
    "domain_list",
    "job_list",
    "login",
    "mfa",
    "tenant_ai",
    "tenant_audit_list",
    "tenant_billing",
    "tenant_danger",
    "tenant_domains",
    "tenant_features",
    "tenant_get",
    "tenant_list",
    "tenant_quota",
    "tenant_usage",
    "tenant_users",
    "usage_list",
    "user_find",
];

/// Everything that tells, as one person is told it.
async fn told(person: &Browser, site: &str, id: &str) -> Vec<(String, Reply)> {
    let telling: &[&str] = if site == "platform" { &TELLING_PLATFORM } else { &TELLING_TENANT };
    let functions = telling.iter().map(|name| format!("/api/{site}/{name}"));
    let pages = routes::pages(site).into_iter().chain(routes::exports(site).into_iter().map(str::to_owned));
    let mut told = Vec::new();
    for path in pages.chain(functions) {
        if !path.contains("/signup") {
            told.push((path.clone(), ask(&mut person.clone(), &path, id).await));
        }
    }
    told
}

/// No answer to anybody holds a hash, a sealed secret, a token or a session's id; and whoever may not see people is told
/// nobody's address.
#[tokio::test]
async fn r47_answers_hold_no_secrets() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let schema = &alpha.schema;
    let id = house.app.user(&alpha, "user", "hidden").await.to_string();
    // Canaries where secrets stand; the browser itself looks for hashes of passwords.
    house
        .sql
        .run(&format!(
            "INSERT INTO {schema}.user_totp (user_id, secret_encrypted, confirmed_at) VALUES ({id}, 'v1.sealedcanary.totp', now()); \
             INSERT INTO {schema}.recovery_codes (user_id, code_hash) VALUES ({id}, '\\xca9a51ca9a51ca9a51ca9a51ca9a51'); \
             INSERT INTO {schema}.user_tokens (user_id, purpose, token_hash, expires_at) VALUES ({id}, 'reset', '\\xfeedca9a51feedca9a51feed', now() + interval '1 day'); \
             UPDATE platform.tenants SET ai_config_encrypted = 'openai:v1.sealedcanary.ai' WHERE slug = 'alpha'"
        ))
        .await;
    let hash = house.sql.text(&format!("SELECT split_part(password_hash, '$', 6) FROM {schema}.users WHERE id = {id}")).await;
    assert!(hash.len() > 20, "a hash: {hash}");
    let mut people = vec![("user", "tenant", house.person(&alpha, "user", "uma").await)];
    people.push(("salesperson", "tenant", house.person(&alpha, "salesperson", "sam").await));
    people.push(("admin", "tenant", house.person(&alpha, "admin", "ada").await));
    people.push(("owner", "tenant", house.owner(&alpha).await));
    let _made = house.app.platform_person("support").await;
    let mut support = house.browser("localhost");
    support.sign_in("support@oneo.example").await;
    people.push(("support", "platform", support));
    people.push(("platform admin", "platform", house.admin().await));
    let sessions: Vec<String> = people.iter().map(|(_, _, browser)| browser.cookies["__Host-sid"].clone()).collect();
    let never = [
        "sealedcanary",
        "ca9a51ca9a51",
        "yppRyppR",
        "feedca9a51feed",
        "password_hash",
        "secret_encrypted",
        "token_hash",
        "code_hash",
        "ai_config_encrypted",
    ];
    for (role, site, person) in &people {
        let told = told(person, site, &id).await;
        let well = told.iter().filter(|(_, reply)| reply.status == StatusCode::OK).count();
        assert!(well >= 10, "{role} was told {well} things");
        for (path, reply) in &told {
            assert!(!reply.status.is_server_error(), "{path} to {role}: {}", reply.status);
            for word in never.iter().copied().chain([hash.as_str()]).chain(sessions.iter().map(String::as_str)) {
                assert!(!reply.body.contains(word), "{path} tells {role} {word}: {}", reply.body);
            }
            if matches!(*role, "user" | "salesperson") {
                for other in [alpha.owner.as_str(), "hidden@alpha.example", "ada@alpha.example"] {
                    assert!(!reply.body.contains(other), "{path} tells {role} of {other}: {}", reply.body);
                }
            }
        }
        let people = told.iter().any(|(path, reply)| path == "/users" && reply.body.contains("hidden@alpha.example"));
        assert_eq!(people, matches!(*role, "admin" | "owner"), "whether {role} sees who is there");
    }
}

/// Nothing that somebody of the platform holds opens anything of a company: no session, ticket, known browser, password or link.
#[tokio::test]
async fn r48_the_platform_has_no_key_to_a_company() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let mut admin = house.admin().await;
    assert!(admin.cookies.contains_key("__Host-sid") && admin.cookies.contains_key("__Host-device"), "{:?}", admin.cookies.keys());
    let id = house.app.user(&alpha, "user", "target").await.to_string();
    let before = kept(&house).await;
    for path in everything("tenant").iter().filter(|path| !is_public("tenant", path)) {
        let reply = ask(&mut admin.on(&alpha.host), path, &id).await;
        assert!(is_sent_to_sign_in(&reply), "{path} by the platform's admin: {} {}", reply.status, reply.body);
    }
    // The session under the name of each other cookie.
    let session = admin.cookies["__Host-sid"].clone();
    for name in ["__Host-second", "__Host-device", "__Host-flash"] {
        let mut browser = house.browser(&alpha.host);
        browser.cookies.insert(name.to_owned(), session.clone());
        assert!(is_sent_to_sign_in(&browser.get("/users").await), "the session as {name}");
        let reply = browser.call("/api/tenant/sign_in_code", &[("code", "123456")]).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "the session as {name}: {}", reply.body);
    }
    // The password, where the company asks for one.
    let tried = house.browser(&alpha.host).call("/api/tenant/sign_in", &[("login", "admin@oneo.example"), ("password", WORD)]).await;
    assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", tried.body);
    assert_eq!(kept(&house).await, before, "none of it changed anything");
    // A link by which somebody of the platform sets a first password.
    let fields = [("first_name", "N"), ("last_name", "M"), ("email", "new@oneo.example"), ("role", "admin")];
    let made = admin.post("/api/platform/admin_create", "/admins/new", &fields).await;
    let page = admin.get(made.location()).await;
    let token = page.body.split("/invite/").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
    assert!(token.len() > 20, "a link of the platform on {}: {}", made.location(), page.body);
    let link = format!("/invite/{token}");
    assert_eq!(house.browser("localhost").get(&link).await.status, StatusCode::OK, "it is good on the platform");
    assert_eq!(house.browser(&alpha.host).get(&link).await.status, StatusCode::NOT_FOUND, "and nothing on a company's site");
    let fields = [("token", token.as_str()), ("password", WORD), ("password_repeated", WORD)];
    for function in ["invite_accept", "reset_accept"] {
        let reply = house.browser(&alpha.host).call(&format!("/api/tenant/{function}"), &fields).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{function}: {}", reply.body);
    }
    let reply = house.browser("localhost").call("/api/platform/invite_accept", &fields).await;
    assert_eq!(reply.status, StatusCode::OK, "it was still good where it is from: {}", reply.body);
}

/// There is no way to act as somebody of a company: no function for it. What the platform does for somebody there is a link to a
/// new password, by a fresh proof, in both logs.
#[tokio::test]
async fn r48_nobody_of_the_platform_acts_as_somebody_else() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    for site in routes::SITES {
        for path in everything(site) {
            for word in ["impersonat", "act_as", "login_as", "sign_in_as", "become", "masquerade", "sudo", "switch_user"] {
                assert!(!path.contains(word), "{path}");
            }
        }
    }
    assert!(!everything("platform").iter().any(|path| name_of(path).starts_with("enter")), "the way in is a company's own");
    let mut admin = house.admin().await;
    let id = house.app.user(&alpha, "user", "target").await.to_string();
    let fields = [("slug", "alpha"), ("id", id.as_str())];
    let made = admin.post("/api/platform/tenant_user_link", "/tenants/alpha/users", &fields).await;
    let page = admin.get(made.location()).await;
    assert!(page.body.contains("http://alpha.localhost:8000/reset/"), "a link on {}: {}", made.location(), page.body);
    let line = "SELECT concat_ws(' ', actor_kind, actor_label, ip, count(*)) FROM";
    let which = "WHERE action = 'user.link_create' GROUP BY actor_kind, actor_label, ip";
    let expected = "platform_admin admin@oneo.example 127.0.0.1 1";
    for log in ["platform.audit_log".to_owned(), format!("{}.audit_log", alpha.schema)] {
        assert_eq!(house.sql.texts(&format!("{line} {log} {which}")).await, [expected], "{log}");
    }
    house.age(11 * 60).await;
    let before = kept(&house).await;
    for function in ["tenant_user_link", "tenant_user_mfa_reset"] {
        let reply = admin.call(&format!("/api/platform/{function}"), &fields).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{function}: {}", reply.body);
        assert!(reply.body.contains("ReauthRequired"), "{function}: {}", reply.body);
    }
    assert_eq!(kept(&house).await, before, "an old proof does nothing");
}
