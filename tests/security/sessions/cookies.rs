//! The cookie and the id in it.

use super::*;
use crate::harness::{Harness, WORD};
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{collections::BTreeSet, time::Duration};
use test_support::{Browser, Reply, Tenant};

/// The id of somebody of a company.
async fn id_of(harness: &Harness, tenant: &Tenant, username: &str) -> String {
    harness.sql.text(&format!("SELECT id::text FROM {}.users WHERE username = '{username}'", tenant.schema)).await
}

/// Looks at each cookie that an answer sets, and that the session's id stands in its own cookie alone. Gives their names.
fn narrow(reply: &Reply, what: &str) -> Vec<String> {
    let cookies = reply.set_cookies();
    let mut names = Vec::new();
    for cookie in cookies.iter().copied() {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let attributes: Vec<&str> = attributes.split(';').map(str::trim).collect();
        assert!(COOKIES.contains(&name), "{what} sets an unknown cookie: {cookie}");
        for part in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert_eq!(attributes.iter().filter(|attribute| **attribute == part).count(), 1, "{what}, {part}: {cookie}");
        }
        assert!(!attributes.iter().any(|attribute| attribute.to_ascii_lowercase().starts_with("domain")), "{what}: {cookie}");
        assert!(cookie.len() <= 4096, "{what}: {} bytes", cookie.len());
        assert!(!names.contains(&name.to_owned()), "{what} sets {name} twice: {cookies:?}");
        names.push(name.to_owned());
        if name == SID && !value.is_empty() {
            assert_eq!(URL_SAFE_NO_PAD.decode(value).unwrap().len(), 16, "{what}: the id is not 128 bits: {value}");
            assert!(!attributes.iter().any(|attribute| attribute.starts_with("Max-Age") || attribute.starts_with("Expires")), "{cookie}");
            let elsewhere = cookies.iter().filter(|other| !other.starts_with(SID)).any(|other| other.contains(value));
            assert!(!elsewhere && !reply.body.contains(value) && !reply.location().contains(value), "{what}: the id stands elsewhere too");
        }
    }
    names
}

/// The id of before is another one and dead, that of after is good.
async fn rotated(before: &Browser, after: &mut Browser, what: &str) {
    assert_ne!(sid(before), sid(after), "{what} kept the id");
    assert!(!sid(after).is_empty(), "{what} left no session");
    assert!(is_out(&mut before.clone()).await, "{what} left the old id alive");
    assert!(after.is_signed_in().await, "{what} ended the session");
}

/// The status of a page that is asked for with these lines of cookies, as bytes.
async fn with_cookies(harness: &Harness, host: &str, request: &str, lines: &[String]) -> String {
    let mut text =
        format!("{request} HTTP/1.0\r\nHost: {host}:8000\r\nAccept: text/html\r\nContent-Type: {FORM}\r\nOrigin: http://{host}:8000\r\n");
    for line in lines {
        text.push_str(&format!("Cookie: {line}\r\n"));
    }
    let (reply, _) = harness.process.raw(format!("{text}\r\n").as_bytes(), Duration::from_secs(10)).await;
    reply.split(' ').nth(1).unwrap_or_default().to_owned()
}

/// security.md 10: each cookie that is ever set is of this host alone, secure, unseen by scripts and sent from here alone; the session's
/// id is 128 bits and stands in no other cookie, no address and no page.
#[tokio::test]
async fn r10_every_cookie_is_as_narrow_as_can_be() {
    let harness = Harness::start().await;
    let (_acme, people) = both(&harness).await;
    for (mut person, login, api) in people {
        person.sign_in(&login).await;
        let mut seen = BTreeSet::new();
        let mut look = |reply: &Reply, what: &str, expected: &[&str]| {
            let names = narrow(reply, &format!("{api}, {what}"));
            for name in expected {
                assert!(names.iter().any(|known| known == name), "{api}, {what} sets no {name}: {:?}", reply.set_cookies());
            }
            seen.extend(names);
        };
        let mut stranger = harness.browser(&person.host);
        look(&stranger.try_sign_in(&login, "not the right one at all").await, "a refused sign-in", &["__Host-flash"]);
        look(&stranger.get("/login").await, "the page after it", &["__Host-flash"]);
        look(&stranger.try_sign_in(&login, WORD).await, "a sign-in", &[SID, "__Host-device"]);
        look(&stranger.call(&format!("{api}/theme_set"), &[("theme", "dark")]).await, "a theme", &["__Host-theme"]);
        let named = [("first_name", "New"), ("last_name", "Name"), ("theme", "dark")];
        look(&person.call(&format!("{api}/account_set"), &named).await, "a change of the account", &["__Host-flash"]);
        look(&person.get("/account").await, "the page after it", &["__Host-flash"]);
        let totp = phone(&mut person, api).await;
        let confirm = [("code", &*code(&totp, 0))];
        look(&person.call(&format!("{api}/mfa_confirm"), &confirm).await, "a second factor", &[SID, "__Host-flash"]);
        let mut second = harness.browser(&person.host);
        look(&second.try_sign_in(&login, WORD).await, "the first step", &["__Host-second"]);
        assert!(!second.cookies.contains_key(SID), "{api}: a session before the second step");
        let typed = [("code", &*code(&totp, 30))];
        look(&second.call(&format!("{api}/sign_in_code"), &typed).await, "the second step", &[SID, "__Host-device", "__Host-second"]);
        harness.age(STALE).await;
        look(&person.call(&format!("{api}/reauthenticate"), &[("password", WORD)]).await, "a reauthentication", &[SID]);
        look(&with_sid(&person, PLANTED).get("/").await, "an unknown session", &[SID]);
        look(&person.post(&format!("{api}/sign_out"), "/", &[]).await, "signing out", &[SID]);
        let all: BTreeSet<String> = COOKIES.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(seen, all, "{api}: all of them were looked at");
    }
}

/// security.md 10: ids come from a generator of random numbers: none comes twice, and each of the 128 bits goes both ways. Ten thousand
/// of them would say no more of it than these.
#[tokio::test]
async fn r10_ids_are_random() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let mut ids = BTreeSet::from([sid(&owner)]);
    for round in 0..256 {
        // Ending the others gives a new id to one's own.
        let reply = owner.call("/api/tenant/account_session_end", &[]).await;
        assert_eq!(reply.status, StatusCode::OK, "round {round}: {}", reply.body);
        assert!(ids.insert(sid(&owner)), "round {round}: an id came twice");
    }
    let decoded: Vec<Vec<u8>> = ids.iter().map(|id| URL_SAFE_NO_PAD.decode(id).unwrap()).collect();
    for bit in 0..128 {
        let set = decoded.iter().filter(|id| (id[bit / 8] >> (bit % 8)) & 1 == 1).count();
        // Eight standard deviations to either side.
        assert!((64..=193).contains(&set), "bit {bit} is set in {set} of 257");
    }
}

/// security.md 11: what removes the cookie is what a browser takes for a `__Host-` cookie, so that it goes; also one the server does not
/// know. That a real browser then sends none is seen to in Chromium.
#[tokio::test]
async fn r11_the_cookie_is_removed() {
    let harness = Harness::start().await;
    let (_acme, people) = both(&harness).await;
    for (mut person, login, api) in people {
        let removals = |reply: &Reply| {
            let cookies = reply.set_cookies().into_iter().filter(|cookie| cookie.starts_with(SID));
            cookies.map(str::to_owned).collect::<Vec<_>>()
        };
        let set = removals(&person.try_sign_in(&login, WORD).await);
        let shape = format!("{SID}=; {}; Max-Age=0", set[0].split_once("; ").unwrap().1);
        assert_eq!(shape, REMOVAL, "{api}: it is set with the attributes with which it is removed");
        let reply = person.post(&format!("{api}/sign_out"), "/", &[]).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/login"), "{api}: {}", reply.body);
        assert_eq!(removals(&reply), [REMOVAL], "{api}: signing out");
        assert!(!person.cookies.contains_key(SID) && is_out(&mut person).await, "{api}: signed out");
        for stale in [PLANTED, "nonsense", ""] {
            let mut browser = with_sid(&person, stale);
            assert_eq!(removals(&browser.get("/login").await), [REMOVAL], "{api}: {stale:?} is removed");
            assert!(removals(&browser.get("/login").await).is_empty(), "{api}: nothing is removed that was not there");
        }
    }
}

/// security.md 12: the id is another one after a sign-in, a reauthentication, another password, a second factor set up or given, and the end of the
/// other sessions; the old one is dead at once. A gain of rights ends the session.
#[tokio::test]
async fn r12_the_id_rotates() {
    let harness = Harness::start().await;
    let (acme, people) = both(&harness).await;
    for (mut person, login, api) in people {
        let mut old = person.clone();
        person.sign_in(&login).await;
        rotated(&old, &mut person, &format!("{api}: a sign-in over a session")).await;

        harness.age(STALE).await;
        old = person.clone();
        let reply = person.call(&format!("{api}/reauthenticate"), &[("password", WORD)]).await;
        assert_eq!(reply.status, StatusCode::OK, "{api}: {}", reply.body);
        rotated(&old, &mut person, &format!("{api}: a reauthentication")).await;

        old = person.clone();
        let fields = [("password_old", WORD), ("password", OTHER), ("password_repeated", OTHER)];
        let reply = person.call(&format!("{api}/password_set"), &fields).await;
        assert_eq!(reply.status, StatusCode::OK, "{api}: {}", reply.body);
        rotated(&old, &mut person, &format!("{api}: another password")).await;

        let totp = phone(&mut person, api).await;
        old = person.clone();
        let reply = person.call(&format!("{api}/mfa_confirm"), &[("code", &code(&totp, 0))]).await;
        assert_eq!(reply.status, StatusCode::OK, "{api}: {}", reply.body);
        rotated(&old, &mut person, &format!("{api}: a second factor that is set up")).await;

        old = person.clone();
        let reply = person.try_sign_in(&login, OTHER).await;
        assert!(reply.location().starts_with("/login?next="), "{api}: a code is asked for: {}", reply.location());
        let reply = person.call(&format!("{api}/sign_in_code"), &[("code", &code(&totp, 30))]).await;
        assert_eq!(reply.status, StatusCode::OK, "{api}: {}", reply.body);
        rotated(&old, &mut person, &format!("{api}: a code")).await;

        old = person.clone();
        let reply = person.call(&format!("{api}/account_session_end"), &[]).await;
        assert_eq!(reply.status, StatusCode::OK, "{api}: {}", reply.body);
        rotated(&old, &mut person, &format!("{api}: the end of all others")).await;
        if api == "/api/tenant" {
            assert_eq!(stored(&harness, &site(&acme)).await.len(), 1, "the old ids are gone from Redis");
        }
    }
    let beta = harness.tenant("beta").await;
    let (mut owner, mut mara) = (harness.owner(&beta).await, harness.person(&beta, "user", "mara").await);
    let id = id_of(&harness, &beta, "mara").await;
    let old = mara.clone();
    let version = version_of(&harness, &beta, &id).await;
    let fields = [("id", id.as_str()), ("version", version.as_str()), ("further[manager]", "true")];
    let reply = owner.call("/api/tenant/user_set_access", &fields).await;
    assert_eq!(reply.status, StatusCode::OK, "a further role: {}", reply.body);
    assert!(is_out(&mut mara).await, "a gain of rights leaves the session");
    mara.sign_in("mara").await;
    rotated(&old, &mut mara, "a gain of rights").await;
    assert_eq!(mara.get("/users").await.status, StatusCode::OK, "what was gained");
}

/// security.md 13: an id that was made up, is another company's or is over is nobody's, and is never taken over, not by a sign-in and
/// not by an invitation.
#[tokio::test]
async fn r13_planted_ids_are_not_adopted() {
    let harness = Harness::start().await;
    let (alpha, beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    let expired = sid(&harness.owner(&alpha).await);
    harness.age(13 * 3600).await;
    let mut foreign = harness.owner(&beta).await;
    let (of_beta, long) = (sid(&foreign), "A".repeat(5000));
    let values = [
        // First, since Redis forgets it when it is looked at.
        expired.as_str(),
        PLANTED,
        of_beta.as_str(),
        "",
        "x",
        "../../p",
        "AAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAA!",
        "AAAAAAAAAAAAAAAAAAAAAAA=",
        "123e4567-e89b-12d3-a456-426614174000",
        "session:*",
        long.as_str(),
    ];
    let stranger = harness.browser(&alpha.host);
    for value in values {
        let shown: String = value.chars().take(40).collect();
        let planted = with_sid(&stranger, value);
        let reply = planted.clone().get("/").await;
        assert!(reply.status == StatusCode::FOUND && reply.location() == "/login?ended=1", "{shown:?} is somebody: {}", reply.body);
        assert_eq!(reply.set_cookies(), [REMOVAL], "{shown:?} is not removed");
        assert!(stored(&harness, &site(&alpha)).await.is_empty(), "{shown:?} made a session");
        // Whoever signs in with it gets another one.
        let mut victim = planted.clone();
        victim.sign_in(&alpha.owner).await;
        assert_ne!(sid(&victim), value, "{shown:?} was taken over");
        assert!(victim.is_signed_in().await && is_out(&mut planted.clone()).await, "{shown:?} is good after the sign-in");
        assert_eq!(stored(&harness, &site(&alpha)).await.len(), 1, "{shown:?} stands beside the session");
        let keys = harness.keys().await.join(" ");
        assert!(value.len() < 20 || !keys.contains(value), "{shown:?} became a key");
        assert_eq!(victim.post("/api/tenant/sign_out", "/", &[]).await.location(), "/login", "{shown:?}: signing out");
    }
    assert!(foreign.is_signed_in().await, "the session that was planted elsewhere goes on");
    // An invitation signs in as well.
    let mut owner = harness.owner(&alpha).await;
    let fields = [
        ("first_name", "Ines"),
        ("last_name", "Novak"),
        ("email", "ines@alpha.example"),
        ("username", "ines"),
        ("user_type", "user"),
        ("invite", "link"),
    ];
    let page = owner.post("/api/tenant/user_create", "/users/new", &fields).await.location().to_owned();
    let secret = token(&owner.get(&page).await.body, "invite");
    assert!(!secret.is_empty(), "{page} shows no invitation");
    let mut ines = with_sid(&stranger, PLANTED);
    let fields = [("token", secret.as_str()), ("password", WORD), ("password_repeated", WORD)];
    let reply = ines.post("/api/tenant/invite_accept", &format!("/invite/{secret}"), &fields).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/"), "{}", reply.body);
    assert!(ines.is_signed_in().await && sid(&ines) != PLANTED, "an invitation took the planted id over");
    assert!(is_out(&mut with_sid(&stranger, PLANTED)).await, "the planted id is good after an invitation");
}

/// security.md 14: the cookies of one site are worth nothing on any other, for pages and for functions; each try is noted there, and ends
/// nothing where they belong.
#[tokio::test]
async fn r14_a_session_is_worth_nothing_elsewhere() {
    let harness = Harness::start().await;
    let (alpha, beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    let mut people = [harness.admin().await, harness.owner(&alpha).await, harness.owner(&beta).await];
    let hosts = [("localhost", None), ("alpha.localhost", Some(&alpha)), ("beta.localhost", Some(&beta))];
    for person in &people {
        for (host, tenant) in hosts.into_iter().filter(|(host, _)| *host != person.host) {
            let what = format!("the session of {} on {host}", person.host);
            let api = if tenant.is_some() { "/api/tenant" } else { "/api/platform" };
            let before = noted(&harness, "session.unknown", tenant).await;
            let reply = person.on(host).get("/").await;
            assert!(reply.status == StatusCode::FOUND && reply.location() == "/login?ended=1", "{what}: {}", reply.body);
            assert_eq!(reply.set_cookies(), [REMOVAL], "{what}: what is taken away is of that host alone");
            assert_eq!(noted(&harness, "session.unknown", tenant).await, before + 1, "{what} is not noted");
            let evil = [("first_name", "Evil"), ("last_name", "Evil")];
            for (function, fields) in [("dashboard", &evil[..0]), ("account_set", &evil[..]), ("account_session_end", &evil[..0])] {
                let reply = person.on(host).call(&format!("{api}/{function}"), fields).await;
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{what}, {function}: {}", reply.body);
            }
            assert_eq!(noted(&harness, "session.unknown", tenant).await, before + 4, "{what}: each try is noted");
        }
    }
    for table in [format!("{}.users", alpha.schema), format!("{}.users", beta.schema), "platform.platform_admins".to_owned()] {
        let changed = harness.sql.text(&format!("SELECT count(*)::text FROM {table} WHERE first_name = 'Evil'")).await;
        assert_eq!(changed, "0", "{table} was changed by a replay");
    }
    for person in &mut people {
        assert!(person.is_signed_in().await, "{} was signed out by the replays", person.host);
    }
}

/// security.md 14: a session that began on one domain of a company is worth nothing on another one of the same company.
#[tokio::test]
async fn r14_a_session_is_worth_nothing_on_another_domain_of_its_company() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let (mut owner, mut admin) = (harness.owner(&alpha).await, harness.admin().await);
    let added = admin.call("/api/platform/domain_add", &[("slug", "alpha"), ("domain", "alpha.firm.example")]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    let id = harness.sql.text("SELECT id::text FROM platform.domains WHERE domain = 'alpha.firm.example'").await;
    let vouched = admin.call("/api/platform/domain_change", &[("slug", "alpha"), ("id", &id), ("act", "vouch")]).await;
    assert_eq!(vouched.status, StatusCode::OK, "{}", vouched.body);
    becomes(&harness, "alpha.firm.example", StatusCode::FOUND).await;
    let mut elsewhere = owner.on("alpha.firm.example");
    assert!(!elsewhere.is_signed_in().await, "a page of the custom domain");
    let reply = owner.on("alpha.firm.example").call("/api/tenant/dashboard", &[]).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "a function of the custom domain takes the session of the subdomain");
    assert!(owner.is_signed_in().await, "the session where it began");
}

/// security.md 14: what stands between the two steps of signing in, and the message for the next page, are of one site too.
#[tokio::test]
async fn r14_other_cookies_are_worth_nothing_elsewhere() {
    let harness = Harness::start().await;
    let (alpha, beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    let mut owner = harness.owner(&alpha).await;
    let totp = phone(&mut owner, "/api/tenant").await;
    let reply = owner.call("/api/tenant/mfa_confirm", &[("code", &code(&totp, 0))]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let mut second = harness.browser(&alpha.host);
    second.try_sign_in(&alpha.owner, WORD).await;
    assert!(second.cookies.contains_key("__Host-second"), "a code is asked for");
    for (host, api) in [(beta.host.as_str(), "/api/tenant"), ("localhost", "/api/platform")] {
        let mut replayed = second.on(host);
        let reply = replayed.call(&format!("{api}/sign_in_code"), &[("code", &code(&totp, 30))]).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "the first step counts on {host}: {}", reply.body);
        assert!(!replayed.cookies.contains_key(SID), "{host} began a session");
    }
    let reply = second.call("/api/tenant/sign_in_code", &[("code", &code(&totp, 30))]).await;
    assert_eq!(reply.status, StatusCode::OK, "where it belongs: {}", reply.body);

    // The message of somebody who is not signed in, which is in the cookie itself.
    let mut stranger = harness.browser(&alpha.host);
    stranger.try_sign_in("typed-on-alpha", "not the right one at all").await;
    assert!(stranger.cookies["__Host-flash"].starts_with("c."), "{:?}", stranger.cookies);
    for host in [beta.host.as_str(), "localhost"] {
        assert!(!stranger.on(host).get("/login").await.body.contains("typed-on-alpha"), "the message shows on {host}");
    }
    assert!(stranger.get("/login").await.body.contains("typed-on-alpha"), "where it belongs");
    // And that of somebody who is, which is in Redis: asking for it elsewhere does not take it away either.
    owner.call("/api/tenant/account_set", &[("first_name", "Olga"), ("last_name", "Owner")]).await;
    assert!(owner.cookies["__Host-flash"].starts_with("r."), "{:?}", owner.cookies);
    for host in [beta.host.as_str(), "localhost"] {
        let mut replayed = owner.on(host);
        replayed.cookies.remove(SID);
        assert!(!replayed.get("/login").await.body.contains("Saved"), "the message shows on {host}");
    }
    assert!(owner.get("/account").await.body.contains("Saved"), "where it belongs");
}

/// security.md 15: two session cookies are nobody's, in whatever order and in however many lines, and that is noted; cookies of other
/// names, which a sibling of the host can set, change nothing. That no sibling can set one of this name is seen to in Chromium.
#[tokio::test]
async fn r15_two_session_cookies_are_nobodys() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let real = format!("{SID}={}", sid(&owner));
    let planted = format!("{SID}={PLANTED}");
    assert_eq!(with_cookies(&harness, &acme.host, "GET /", std::slice::from_ref(&real)).await, "200", "the cookie alone");
    let doubled = [
        vec![format!("{real}; {planted}")],
        vec![format!("{planted}; {real}")],
        vec![real.clone(), planted.clone()],
        vec![planted.clone(), real.clone()],
        vec![format!("{real};{planted}")],
        vec![format!("{real}; {SID}=")],
        vec![format!("a=b; {real}; c=d; {planted}; {planted}")],
        vec![format!("{real}; {real}")],
    ];
    for (number, lines) in doubled.iter().enumerate() {
        assert_eq!(with_cookies(&harness, &acme.host, "GET /", lines).await, "302", "{lines:?}");
        assert_eq!(with_cookies(&harness, &acme.host, "POST /api/tenant/dashboard", lines).await, "303", "{lines:?}: to the sign-in page");
        let count = noted(&harness, "session.duplicate_cookie", Some(&acme)).await;
        assert_eq!(count, 2 * (u64::try_from(number).unwrap() + 1), "{lines:?} is not noted");
    }
    for harmless in [
        format!("sid={PLANTED}; {real}"),
        format!("__Secure-sid={PLANTED}; {real}; sid=x"),
        format!("__host-sid={PLANTED}; {real}; __HOST-SID={PLANTED}"),
        format!("={SID}={PLANTED}; {real}"),
        format!("{real}; x{SID}={PLANTED}; {SID}x={PLANTED}"),
        format!("__Host-flash={PLANTED}; {real}; __Host-second={PLANTED}; __Host-device={PLANTED}; __Host-theme={PLANTED}"),
    ] {
        assert_eq!(with_cookies(&harness, &acme.host, "GET /", std::slice::from_ref(&harmless)).await, "200", "{harmless}");
    }
    assert!(owner.is_signed_in().await, "the session goes on");
}
