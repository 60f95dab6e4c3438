//! What is counted of tries to sign in, and what an answer says.

use super::*;
use crate::harness::{Harness, WORD, hash_of, program};
use axum::http::StatusCode;
use domain::SiteKey;
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use test_support::{Reply, environment};

/// What tries to sign in to the account of that name are counted under; of a name that nobody has, the name itself.
async fn tries_key(harness: &Harness, site: SiteKey, login: &str) -> String {
    let schema = |id: &str| format!("SELECT schema_name FROM platform.tenants WHERE id = {id}");
    let found = match site {
        SiteKey::Platform => {
            let sql = format!("SELECT id::text FROM platform.platform_admins WHERE email_key = lower('{login}')");
            harness.sql.texts(&sql).await
        }
        SiteKey::Tenant(id) => {
            let schema = harness.sql.text(&schema(&id.to_string())).await;
            let sql = format!("SELECT id::text FROM {schema}.users WHERE lower('{login}') IN (email_key, username_key)");
            harness.sql.texts(&sql).await
        }
    };
    match found.first() {
        Some(id) => throttle_key(harness, site, "login-account", id),
        None => throttle_key(harness, site, "login", login),
    }
}

/// Locks an account by a name to sign in with, for ten minutes.
async fn lock(harness: &Harness, site: SiteKey, login: &str) {
    throttle_set(harness, &tries_key(harness, site, login).await, 15, now_ms() + 600_000).await;
}

/// Forgets counters of one kind: `throttle` are those of accounts, `window` those of addresses and sites.
async fn forget(harness: &Harness, kind: &str) {
    let mut redis = harness.redis().await;
    for key in harness.keys().await.into_iter().filter(|key| key.contains(&format!("}}:{kind}:"))) {
        let _gone: i64 = redis::cmd("DEL").arg(&key).query_async(&mut redis).await.unwrap();
    }
}

/// A Redis of one test, on a socket of its own.
struct OwnRedis {
    child: Child,
    folder: tempfile::TempDir,
    keeps: bool,
}

impl OwnRedis {
    fn run(folder: &Path, keeps: bool) -> Child {
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", if keeps { "yes" } else { "no" }]);
        command.arg("--unixsocket").arg(folder.join("redis.sock")).arg("--dir").arg(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Starts one that writes down what it is told, or does not.
    async fn start(keeps: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let redis = Self { child: Self::run(folder.path(), keeps), folder, keeps };
        redis.answers().await;
        redis
    }

    fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("redis.sock").display())
    }

    /// A connection, if it answers.
    async fn connection(&self) -> Option<redis::aio::MultiplexedConnection> {
        let client = redis::Client::open(self.url()).ok()?;
        let mut connection = client.get_multiplexed_async_connection().await.ok()?;
        let pong: Result<String, _> = redis::cmd("PING").query_async(&mut connection).await;
        pong.is_ok().then_some(connection)
    }

    async fn answers(&self) {
        let mut up = false;
        for _ in 0..400 {
            up = self.connection().await.is_some();
            if up {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert!(up, "redis-server did not start");
    }

    /// Kills it, once what it was told is written down.
    async fn cut(&mut self) {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        self.child.kill().unwrap();
        let _ended = self.child.wait().unwrap();
    }

    /// Starts it anew on what it has written down.
    async fn mend(&mut self) {
        self.child = Self::run(self.folder.path(), self.keeps);
        self.answers().await;
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Everything of an answer but what is new each time.
fn shape(reply: &Reply) -> Vec<String> {
    let fresh = ["date", "x-request-id", "content-security-policy"];
    let headers = reply.headers.iter().filter(|(name, _)| !fresh.contains(&name.as_str()));
    let mut lines: Vec<String> = headers
        .map(|(name, value)| {
            let value = value.to_str().unwrap();
            let cookie = value.split('=').next().unwrap_or_default();
            let attributes = value.split_once(';').map_or("", |(_, attributes)| attributes);
            if name.as_str() == "set-cookie" { format!("{name}: {cookie}; {attributes}") } else { format!("{name}: {value}") }
        })
        .collect();
    lines.sort();
    lines.push(reply.status.to_string());
    lines
}

/// The text of a page without its nonce and without what was typed.
fn text_of(reply: &Reply, typed: &str) -> String {
    let nonce = between(reply.header("content-security-policy"), "'nonce-", "'");
    assert!(!nonce.is_empty() && !typed.is_empty());
    reply.body.replace(nonce, "").replace(typed, "TYPED")
}

/// How a try to sign in was answered, in a browser and for a script.
#[derive(Debug, PartialEq)]
struct Answered {
    form: Vec<String>,
    page: String,
    bare: Vec<String>,
    body: String,
}

async fn answered(harness: &Harness, host: &str, login: &str, password: &str) -> Answered {
    let mut browser = harness.browser(host);
    let form = browser.try_sign_in(login, password).await;
    assert_eq!((form.status, form.location()), (StatusCode::SEE_OTHER, "/login"), "{login}");
    assert!(!browser.cookies.contains_key("__Host-sid") && !browser.cookies.contains_key("__Host-second"), "{login}");
    assert!(!browser.cookies.contains_key("__Host-device"), "{login}");
    let page = browser.get("/login").await;
    assert!(page.body.contains(WRONG) && !page.body.contains(password), "{login}: {}", page.body);
    let site = if host == "localhost" { "platform" } else { "tenant" };
    let bare = harness.browser(host).call(&format!("/api/{site}/sign_in"), &[("login", login), ("password", password)]).await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY, "{login}: {}", bare.body);
    assert!(bare.body.contains(WRONG), "{login}: {}", bare.body);
    let page = text_of(&page, login);
    Answered { form: shape(&form), page, bare: shape(&bare), body: bare.body }
}

/// Waits until an e-mail to somebody has come.
async fn letter_comes(folder: &Path, to: &str) {
    let mut came = false;
    for _ in 0..100 {
        came = emails(folder).iter().any(|email| email.contains(to));
        if came {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(came, "no e-mail to {to} came");
}

/// 29: unknown, wrong, not active, deleted, not yet accepted, locked, of another company, of the platform, with a second factor:
/// one answer, in status, headers and body, and on the page that follows. (That the time tells nothing either is measured apart.)
#[tokio::test]
async fn r29_one_answer_for_whatever_is_wrong() {
    let harness = Harness::start().await;
    let (alpha, beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    let _admin = harness.admin().await;
    for name in ["idle", "gone", "fresh", "guarded", "locked"] {
        harness.app.user(&alpha, "user", name).await;
    }
    let schema = &alpha.schema;
    harness
        .sql
        .run(&format!(
            "UPDATE {schema}.users SET is_active = false WHERE username = 'idle'; \
             UPDATE {schema}.users SET is_active = false, deleted_at = now() WHERE username = 'gone'; \
             UPDATE {schema}.users SET password_hash = NULL WHERE username = 'fresh'; \
             INSERT INTO {schema}.user_totp (user_id, secret_encrypted, confirmed_at) \
             SELECT id, 'x', now() FROM {schema}.users WHERE username = 'guarded'"
        ))
        .await;
    let long = format!("{}@alpha.example", "x".repeat(300));
    let mut answers = Vec::new();
    for (what, login, password) in [
        ("unknown", "nobody@alpha.example", WORD),
        ("wrong", alpha.owner.as_str(), NOBODYS),
        ("not active", "idle@alpha.example", WORD),
        ("deleted", "gone@alpha.example", WORD),
        ("not accepted", "fresh@alpha.example", WORD),
        ("of another company", beta.owner.as_str(), WORD),
        ("of the platform", "admin@oneo.example", WORD),
        ("with a second factor", "guarded@alpha.example", NOBODYS),
        ("locked", "locked@alpha.example", WORD),
        ("absurd", long.as_str(), WORD),
    ] {
        harness.forget_tries().await;
        if what == "locked" {
            lock(&harness, site_of(&alpha), login).await;
        }
        answers.push((what, answered(&harness, &alpha.host, login, password).await));
    }
    for (what, answer) in &answers {
        assert_eq!(*answer, answers[0].1, "{what}");
    }
    harness.forget_tries().await;
    // Those who are right do get in.
    harness.signed_in(&alpha, &alpha.owner).await;
    harness.signed_in(&alpha, "locked@alpha.example").await;
}

/// 29: the same on the platform.
#[tokio::test]
async fn r29_one_answer_on_the_platform() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let _admin = harness.admin().await;
    let hash = &harness.app.hash;
    harness
        .sql
        .run(&format!(
            "INSERT INTO platform.platform_admins (email, email_key, first_name, last_name, password_hash, is_active) \
             VALUES ('idle@oneo.example', 'idle@oneo.example', 'I', 'J', '{hash}', false), \
             ('fresh@oneo.example', 'fresh@oneo.example', 'F', 'G', NULL, true), \
             ('locked@oneo.example', 'locked@oneo.example', 'L', 'M', '{hash}', true)"
        ))
        .await;
    let mut answers = Vec::new();
    for (what, login, password) in [
        ("unknown", "nobody@oneo.example", WORD),
        ("wrong", "admin@oneo.example", NOBODYS),
        ("not active", "idle@oneo.example", WORD),
        ("not accepted", "fresh@oneo.example", WORD),
        ("of a company", alpha.owner.as_str(), WORD),
        ("locked", "locked@oneo.example", WORD),
    ] {
        harness.forget_tries().await;
        if what == "locked" {
            lock(&harness, SiteKey::Platform, login).await;
        }
        answers.push((what, answered(&harness, "localhost", login, password).await));
    }
    for (what, answer) in &answers {
        assert_eq!(*answer, answers[0].1, "{what}");
    }
    harness.forget_tries().await;
    harness.browser("localhost").sign_in("locked@oneo.example").await;
}

/// 29: whoever asks for a new password, or for an invitation anew, learns nothing of who exists; only those who do get an e-mail.
#[tokio::test]
async fn r29_one_answer_for_forgotten_passwords_and_old_invitations() {
    let folder = tempfile::tempdir().unwrap();
    let mail = format!("file:{}", folder.path().display());
    let harness = Harness::start_with(&[("MAIL", &mail)]).await;
    let (alpha, beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    for name in ["idle", "gone", "fresh"] {
        harness.app.user(&alpha, "user", name).await;
    }
    let schema = &alpha.schema;
    harness
        .sql
        .run(&format!(
            "UPDATE {schema}.users SET is_active = false WHERE username = 'idle'; \
             UPDATE {schema}.users SET is_active = false, deleted_at = now() WHERE username = 'gone'; \
             UPDATE {schema}.users SET password_hash = NULL WHERE username = 'fresh'"
        ))
        .await;
    let mut answers = Vec::new();
    for login in [
        "nobody@alpha.example",
        alpha.owner.as_str(),
        "idle@alpha.example",
        "gone@alpha.example",
        "fresh@alpha.example",
        beta.owner.as_str(),
    ] {
        harness.forget_tries().await;
        let mut browser = harness.browser(&alpha.host);
        let form = browser.post("/api/tenant/forgot_send", "/forgot", &[("login", login)]).await;
        assert_eq!((form.status, form.location()), (StatusCode::SEE_OTHER, "/forgot"), "{login}: {}", form.body);
        let page = browser.get("/forgot").await;
        assert!(page.body.contains("If this account exists"), "{login}: {}", page.body);
        let bare = harness.browser(&alpha.host).call("/api/tenant/forgot_send", &[("login", login)]).await;
        assert_eq!(bare.status, StatusCode::OK, "{login}: {}", bare.body);
        let page = text_of(&page, login);
        answers.push((login, Answered { form: shape(&form), page, bare: shape(&bare), body: bare.body }));
    }
    for (login, answer) in &answers {
        assert_eq!(*answer, answers[0].1, "{login}");
    }
    letter_comes(folder.path(), &alpha.owner).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    for email in emails(folder.path()) {
        assert!(email.contains(&alpha.owner), "an e-mail to somebody else: {email}");
    }
    // An invitation whose time is over, one that was used, and one that never was.
    let fresh = harness.sql.text(&format!("SELECT id::text FROM {schema}.users WHERE username = 'fresh'")).await;
    let used = token(&harness, &alpha, &fresh, "invite", 30).await;
    harness.sql.run(&format!("UPDATE {schema}.user_tokens SET used_at = now() WHERE token_hash = '\\x{}'", hash_of(&used))).await;
    let expired = token(&harness, &alpha, &fresh, "invite", -30).await;
    let mut answers = Vec::new();
    for asked in ["a-token-that-never-was-there-at-all-in-truth", used.as_str(), expired.as_str()] {
        harness.forget_tries().await;
        let mut browser = harness.browser(&alpha.host);
        let form = browser.post("/api/tenant/invite_ask", "/invite/x", &[("token", asked)]).await;
        assert_eq!((form.status, form.location()), (StatusCode::SEE_OTHER, "/login"), "{}", form.body);
        let page = browser.get("/login").await;
        answers.push((shape(&form), text_of(&page, asked)));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    letter_comes(folder.path(), "fresh@alpha.example").await;
}

/// 30: of two hundred wrong tries at once a handful is compared with the hash, from however many addresses; during the lock the
/// right password is refused with the same words; after it, it is taken and everything is forgotten.
#[tokio::test]
async fn r30_tries_at_once_gain_nothing() {
    let harness = Harness::start_with(PROXY).await;
    let acme = harness.tenant("acme").await;
    let key = tries_key(&harness, site_of(&acme), &acme.owner).await;
    let tries = (0..200).map(|number| {
        let address = format!("10.1.{}.{}", number / 100, number % 100 + 1);
        (harness.browser(&acme.host), address, acme.owner.clone())
    });
    let replies = at_once(tries, NOBODYS).await;
    assert_eq!(replies.len(), 200);
    for reply in &replies {
        assert!(matches!(reply.status.as_u16(), 422 | 429 | 503), "{}: {}", reply.status, reply.body);
        assert!(reply.set_cookies().is_empty());
    }
    // Five are free; a second later there may be one more, and so on.
    let hashed = compared(&harness, &acme).await;
    assert!((1..=8).contains(&hashed), "{hashed} tries were compared");
    assert!(throttle_get(&harness, &key, "tries").await >= 5);
    assert!(throttle_get(&harness, &key, "until").await > 0);
    forget(&harness, "window").await;
    lock(&harness, site_of(&acme), &acme.owner).await;
    let mut browser = harness.browser(&acme.host);
    let reply = try_from(&mut browser, "10.2.0.1", &acme.owner, WORD).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "the right password waits too");
    assert!(reply.body.contains(WRONG), "{}", reply.body);
    assert_eq!(compared(&harness, &acme).await, hashed, "nothing is compared during the lock");
    let locked = "SELECT count(*)::text FROM platform.security_events WHERE kind = 'login.locked'";
    assert_ne!(harness.sql.text(locked).await, "0", "the lock is noted");
    // Its time is over.
    throttle_set(&harness, &key, 15, now_ms() - 1).await;
    assert_eq!(try_from(&mut browser, "10.2.0.1", &acme.owner, WORD).await.status, StatusCode::OK);
    assert!(browser.is_signed_in().await);
    assert_eq!(throttle_get(&harness, &key, "tries").await, 0, "a success forgets what was counted");
    for _ in 0..4 {
        let reply = try_from(&mut harness.browser(&acme.host), "10.2.0.2", &acme.owner, NOBODYS).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(try_from(&mut harness.browser(&acme.host), "10.2.0.2", &acme.owner, WORD).await.status, StatusCode::OK);
}

/// 30: five tries are free, then each one makes the next wait twice as long, at most a quarter of an hour; after a hundred in a day
/// nothing but a day helps.
#[tokio::test]
async fn r30_waits_double_up_to_a_quarter_of_an_hour() {
    let harness = Harness::start_with(PROXY).await;
    let acme = harness.tenant("acme").await;
    let key = tries_key(&harness, site_of(&acme), &acme.owner).await;
    for (number, (tries, seconds)) in
        [(0, 0), (3, 0), (4, 1), (5, 2), (6, 4), (7, 8), (8, 16), (12, 256), (14, 900), (60, 900), (98, 900), (99, 86_400)]
            .into_iter()
            .enumerate()
    {
        throttle_set(&harness, &key, tries, 0).await;
        let before = now_ms();
        let address = format!("10.3.0.{}", number + 1);
        let reply = try_from(&mut harness.browser(&acme.host), &address, &acme.owner, NOBODYS).await;
        let after = now_ms();
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "after {tries}: {}", reply.body);
        assert_eq!(throttle_get(&harness, &key, "tries").await, tries + 1, "after {tries}");
        let until = throttle_get(&harness, &key, "until").await;
        if seconds == 0 {
            assert_eq!(until, 0, "after {tries}");
        } else {
            let expected = before + seconds * 1000..=after + seconds * 1000;
            assert!(expected.contains(&until), "after {tries}: {until} and not {expected:?}");
        }
    }
    // A try during the wait makes it no longer.
    let until = throttle_get(&harness, &key, "until").await;
    let reply = try_from(&mut harness.browser(&acme.host), "10.3.1.1", &acme.owner, WORD).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!((throttle_get(&harness, &key, "tries").await, throttle_get(&harness, &key, "until").await), (100, until));
}

/// 30: a lock is of one account of one company: neither the same name elsewhere nor anybody else there waits; and a name that
/// nobody has is counted like any other.
#[tokio::test]
async fn r30_a_lock_is_of_one_account() {
    let harness = Harness::start_with(PROXY).await;
    let (alpha, beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    for tenant in [&alpha, &beta] {
        harness.app.user(tenant, "user", "mara").await;
    }
    harness.app.user(&alpha, "user", "nils").await;
    for login in ["mara", "nobody-at-all"] {
        for number in 1..=5 {
            let reply = try_from(&mut harness.browser(&alpha.host), &format!("10.4.0.{number}"), login, NOBODYS).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{login}");
        }
        let key = tries_key(&harness, site_of(&alpha), login).await;
        assert_eq!(throttle_get(&harness, &key, "tries").await, 5, "{login}");
        assert!(throttle_get(&harness, &key, "until").await > 0, "{login}");
    }
    lock(&harness, site_of(&alpha), "mara").await;
    for (login, host, status) in
        [("mara", &alpha.host, 422), ("MARA", &alpha.host, 422), ("mara", &beta.host, 200), ("nils", &alpha.host, 200)]
    {
        let reply = try_from(&mut harness.browser(host), "10.4.1.1", login, WORD).await;
        assert_eq!(reply.status.as_u16(), status, "{login} on {host}: {}", reply.body);
    }
}

/// 31: twenty failures a minute from one address, over however many accounts, one after the other or all at once; other addresses
/// need not wait; of IPv6 a whole /64 counts as one.
#[tokio::test]
async fn r31_an_address_has_twenty_failures() {
    let harness = Harness::start_with(PROXY).await;
    let acme = harness.tenant("acme").await;
    let mut stranger = harness.browser(&acme.host);
    for number in 0..20 {
        let reply = try_from(&mut stranger, "10.5.0.1", &format!("nobody{number}"), NOBODYS).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}: {}", reply.body);
    }
    for (login, password) in [("nobody", NOBODYS), (acme.owner.as_str(), WORD)] {
        let reply = try_from(&mut stranger, "10.5.0.1", login, password).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS, "{login}: {}", reply.body);
        let seconds: u32 = reply.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
    }
    assert_eq!(try_from(&mut harness.browser(&acme.host), "10.5.0.2", &acme.owner, WORD).await.status, StatusCode::OK);
    // What was right does not count.
    for round in 0..22 {
        let reply = try_from(&mut harness.browser(&acme.host), "10.5.0.3", &acme.owner, WORD).await;
        assert_eq!(reply.status, StatusCode::OK, "{round}: {}", reply.body);
    }
    harness.forget_tries().await;
    let tries = (0..60).map(|number| (harness.browser(&acme.host), "10.5.0.4".to_owned(), format!("nobody{number}")));
    let replies = at_once(tries, NOBODYS).await;
    let limited = replies.iter().filter(|reply| reply.status == StatusCode::TOO_MANY_REQUESTS).count();
    assert_eq!(limited, 40, "{:?}", replies.iter().map(|reply| reply.status.as_u16()).collect::<Vec<_>>());
    harness.forget_tries().await;
    for number in 0..20 {
        let reply = try_from(&mut stranger, &format!("2001:db8:1:2::{number:x}"), &format!("nobody{number}"), NOBODYS).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}: {}", reply.body);
    }
    let reply = try_from(&mut stranger, "2001:db8:1:2:ffff:ffff:ffff:ffff", &acme.owner, WORD).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS, "the same /64");
    assert_eq!(try_from(&mut stranger, "2001:db8:1:3::1", &acme.owner, WORD).await.status, StatusCode::OK, "another /64");
}

/// 31: a hundred failures a minute on one company's site stop strangers before anything is compared; browsers in which somebody of
/// that company signed in before, and other companies, do not notice. Nobody makes oneself such a browser.
#[tokio::test]
async fn r31_a_site_has_a_hundred_failures() {
    let harness = Harness::start_with(PROXY).await;
    let (acme, beta) = (harness.tenant("acme").await, harness.tenant("beta").await);
    let (mut known, mut foreign) = (harness.owner(&acme).await, harness.owner(&beta).await);
    let mut colleague = harness.person(&acme, "user", "mara").await;
    for browser in [&mut known, &mut foreign, &mut colleague] {
        browser.cookies.remove("__Host-sid");
        assert!(browser.cookies.contains_key("__Host-device"), "{}", browser.host);
    }
    for batch in 0..10 {
        let tries = (0..10).map(|number| {
            let who = batch * 10 + number;
            (harness.browser(&acme.host), format!("10.6.0.{}", who + 1), format!("nobody{who}"))
        });
        for reply in at_once(tries, NOBODYS).await {
            assert!(matches!(reply.status.as_u16(), 422 | 503), "{batch}: {} {}", reply.status, reply.body);
        }
    }
    let mut stranger = harness.browser(&acme.host);
    for password in [NOBODYS, WORD] {
        let reply = try_from(&mut stranger, "10.6.1.1", &acme.owner, password).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS, "{}", reply.body);
        let seconds: u32 = reply.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
    }
    assert_eq!(compared(&harness, &acme).await, 0, "nothing is compared");
    // Neither another company's, nor somebody else's, nor one that somebody made up.
    let device = known.cookies["__Host-device"].clone();
    let (of_beta, of_mara) = (foreign.cookies["__Host-device"].clone(), colleague.cookies["__Host-device"].clone());
    for forged in [of_beta, of_mara, device.chars().rev().collect(), "x".to_owned(), String::new()] {
        stranger.cookies.insert("__Host-device".to_owned(), forged.clone());
        let reply = try_from(&mut stranger, "10.6.1.2", &acme.owner, WORD).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS, "{forged}: {}", reply.body);
    }
    let reply = try_from(&mut known.clone(), "10.6.1.3", &acme.owner, WORD).await;
    assert_eq!(reply.status, StatusCode::OK, "a known browser gets in: {}", reply.body);
    assert_eq!(try_from(&mut harness.browser(&beta.host), "10.6.1.4", &beta.owner, NOBODYS).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(try_from(&mut harness.browser(&beta.host), "10.6.1.4", &beta.owner, WORD).await.status, StatusCode::OK);
    // As anybody else it is no more than a stranger's.
    assert_eq!(try_from(&mut known, "10.6.1.3", "mara", WORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    // The limit of addresses holds for known browsers too.
    for number in 0..20 {
        let reply = try_from(&mut known, "10.6.1.5", &acme.owner, NOBODYS).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}: {}", reply.body);
    }
    assert_eq!(try_from(&mut known, "10.6.1.5", &acme.owner, WORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

/// 31: codes of the second factor count for the address like passwords do.
#[tokio::test]
async fn r31_codes_count_for_the_address() {
    let harness = Harness::start_with(PROXY).await;
    let acme = harness.tenant("acme").await;
    let guarded = harness.app.user(&acme, "user", "guarded").await.to_string();
    let sql = format!(
        "INSERT INTO {schema}.user_totp (user_id, secret_encrypted, confirmed_at) VALUES ({guarded}, 'x', now()); \
         INSERT INTO {schema}.recovery_codes (user_id, code_hash) VALUES ({guarded}, '\\x{}')",
        hash_of("RECOVERYCODE"),
        schema = acme.schema
    );
    harness.sql.run(&sql).await;
    let mut browser = halfway(&harness, &acme, "guarded").await;
    let enter = "/api/tenant/sign_in_code";
    for number in 0..20 {
        // Not what the account itself counts.
        forget(&harness, "throttle").await;
        let reply = call_from(&mut browser, "10.7.0.1", enter, &[("code", &format!("WRONGCODE{number}"))]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}: {}", reply.body);
    }
    forget(&harness, "throttle").await;
    let reply = call_from(&mut browser, "10.7.0.1", enter, &[("code", "RECOVERYCODE")]).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS, "{}", reply.body);
    assert!(!reply.header("retry-after").is_empty());
    let reply = call_from(&mut browser, "10.7.0.2", enter, &[("code", "RECOVERYCODE")]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
}

/// 32: whoever keeps guessing keeps nobody out: a browser in which the person signed in before gets in while everybody else must
/// wait, for this account alone; its own guesses are counted apart.
#[tokio::test]
async fn r32_a_known_browser_gets_in_during_a_lock() {
    let harness = Harness::start_with(PROXY).await;
    let (acme, beta) = (harness.tenant("acme").await, harness.tenant("beta").await);
    harness.app.user(&acme, "user", "mara").await;
    let (mut known, mut other) = (harness.owner(&acme).await, harness.signed_in(&acme, "mara").await);
    let mut elsewhere = harness.owner(&beta).await.on(&acme.host);
    for browser in [&mut known, &mut other, &mut elsewhere] {
        browser.cookies.remove("__Host-sid");
        assert!(browser.cookies.contains_key("__Host-device"));
    }
    for login in [acme.owner.as_str(), "owner"] {
        lock(&harness, site_of(&acme), login).await;
        for (what, browser, status) in [
            ("a stranger's browser", &mut harness.browser(&acme.host), 422),
            ("somebody else's browser", &mut other.clone(), 422),
            ("a browser of another company", &mut elsewhere.clone(), 422),
            ("the known browser", &mut known.clone(), 200),
        ] {
            let reply = try_from(browser, "10.8.0.1", login, WORD).await;
            assert_eq!(reply.status.as_u16(), status, "{what} as {login}: {}", reply.body);
        }
        let key = tries_key(&harness, site_of(&acme), login).await;
        assert!(throttle_get(&harness, &key, "until").await > now_ms(), "the others wait on");
    }
    // Whoever stole the cookie guesses no further than anybody.
    for _ in 0..5 {
        let reply = try_from(&mut known, "10.8.0.2", &acme.owner, NOBODYS).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let own = throttle_key(&harness, site_of(&acme), "login-device", &owner_id(&harness, &acme).await);
    assert_eq!(throttle_get(&harness, &own, "tries").await, 5);
    throttle_set(&harness, &own, 15, now_ms() + 600_000).await;
    let reply = try_from(&mut known, "10.8.0.2", &acme.owner, WORD).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "the cookie's own lock holds");
    // And by that locks nobody else out.
    forget(&harness, "throttle").await;
    throttle_set(&harness, &own, 15, now_ms() + 600_000).await;
    assert_eq!(try_from(&mut harness.browser(&acme.host), "10.8.0.3", &acme.owner, WORD).await.status, StatusCode::OK);
}

/// 32: what makes a browser known is kept for this host alone, says nothing readable, and ends with the password it was given for.
#[tokio::test]
async fn r32_a_browser_is_known_by_the_password_of_now() {
    let harness = Harness::start_with(PROXY).await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.browser(&acme.host);
    let reply = owner.try_sign_in(&acme.owner, WORD).await;
    let cookies = reply.set_cookies();
    let cookie = cookies.iter().find(|cookie| cookie.starts_with("__Host-device=")).unwrap();
    for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Max-Age=7776000"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain=") && !cookie.contains(&acme.owner) && !cookie.contains(&owner.cookies["__Host-sid"]), "{cookie}");
    let mut known = owner.clone();
    // A sign-in ends the session it comes with.
    known.cookies.remove("__Host-sid");
    lock(&harness, site_of(&acme), &acme.owner).await;
    assert_eq!(try_from(&mut known.clone(), "10.8.1.1", &acme.owner, WORD).await.status, StatusCode::OK, "it is known");
    let fields = [("password_old", WORD), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(owner.call("/api/tenant/password_set", &fields).await.status, StatusCode::OK);
    // Another password ends the lock, so it is locked again.
    lock(&harness, site_of(&acme), &acme.owner).await;
    let reply = try_from(&mut known.clone(), "10.8.1.1", &acme.owner, OTHER).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "it is known no more: {}", reply.body);
    forget(&harness, "throttle").await;
    assert_eq!(try_from(&mut harness.browser(&acme.host), "10.8.1.2", &acme.owner, OTHER).await.status, StatusCode::OK);
}

/// 32: whoever has reset the password by a link gets in at once, from any browser, by address and by user name.
#[tokio::test]
async fn r32_a_reset_ends_the_lock() {
    let harness = Harness::start_with(PROXY).await;
    let acme = harness.tenant("acme").await;
    let owner = owner_id(&harness, &acme).await;
    let logins = [acme.owner.as_str(), "owner"];
    for login in logins {
        lock(&harness, site_of(&acme), login).await;
        let reply = try_from(&mut harness.browser(&acme.host), "10.8.2.1", login, WORD).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{login} is locked");
    }
    assert_eq!(reset(&harness, &acme, &owner, OTHER).await.status, StatusCode::OK);
    for login in logins {
        let reply = try_from(&mut harness.browser(&acme.host), "10.8.2.2", login, OTHER).await;
        assert_eq!(reply.status, StatusCode::OK, "{login}: {}", reply.body);
    }
}

/// 33: while tries cannot be counted nobody signs in, with whatever password, and nothing is compared; then everybody can again.
#[tokio::test]
async fn r33_nobody_signs_in_uncounted() {
    let mut redis = OwnRedis::start(true).await;
    let harness = Harness::start_with(&[("REDIS_URL", &redis.url()), PROXY[0]]).await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let events = format!("SELECT count(*)::text FROM {}.login_events", acme.schema);
    let before = harness.sql.text(&events).await;
    redis.cut().await;
    for password in [NOBODYS, WORD] {
        let tries = (0..25).map(|number| (harness.browser(&acme.host), format!("10.9.0.{}", number + 1), acme.owner.clone()));
        for reply in at_once(tries, password).await {
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.body);
            assert!(!reply.header("retry-after").is_empty() && reply.set_cookies().is_empty());
        }
    }
    assert_eq!(owner.get("/users").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(compared(&harness, &acme).await, 0);
    assert_eq!(harness.sql.text(&events).await, before, "nobody got in and nothing was compared");
    redis.mend().await;
    let mut status = StatusCode::SERVICE_UNAVAILABLE;
    for _ in 0..100 {
        status = try_from(&mut harness.browser(&acme.host), "10.9.1.1", &acme.owner, WORD).await.status;
        if status != StatusCode::SERVICE_UNAVAILABLE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(status, StatusCode::OK);
    assert_eq!(owner.get("/users").await.status, StatusCode::OK, "and nobody was signed out");
}

/// 33: what was counted is there again after Redis was killed and started anew: the address waits on, and the account's tries stand.
#[tokio::test]
async fn r33_what_was_counted_outlives_redis() {
    let mut redis = OwnRedis::start(true).await;
    let harness = Harness::start_with(&[("REDIS_URL", &redis.url()), PROXY[0]]).await;
    let acme = harness.tenant("acme").await;
    let key = tries_key(&harness, site_of(&acme), &acme.owner).await;
    for number in 0..4 {
        let reply = try_from(&mut harness.browser(&acme.host), &format!("10.9.2.{}", number + 1), &acme.owner, NOBODYS).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    for number in 0..20 {
        let reply = try_from(&mut harness.browser(&acme.host), "10.9.3.1", &format!("nobody{number}"), NOBODYS).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
    }
    redis.cut().await;
    redis.mend().await;
    let mut connection = redis.connection().await.unwrap();
    let tries: Option<i64> = redis::cmd("HGET").arg(&key).arg("tries").query_async(&mut connection).await.unwrap();
    assert_eq!(tries, Some(4), "the tries on the account");
    let mut status = StatusCode::SERVICE_UNAVAILABLE;
    for _ in 0..100 {
        status = try_from(&mut harness.browser(&acme.host), "10.9.3.1", &acme.owner, WORD).await.status;
        if status != StatusCode::SERVICE_UNAVAILABLE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "the address waits on");
    // One more wrong try locks the account, as if nothing had been between.
    let reply = try_from(&mut harness.browser(&acme.host), "10.9.4.1", &acme.owner, NOBODYS).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let until: Option<i64> = redis::cmd("HGET").arg(&key).arg("until").query_async(&mut connection).await.unwrap();
    assert!(until.unwrap_or_default() > 0);
}

/// 33: a public installation does not serve on a Redis that would forget what was counted; with one that keeps it, it does.
#[tokio::test]
async fn r33_a_forgetful_redis_is_refused() {
    let (forgets, keeps) = (OwnRedis::start(false).await, OwnRedis::start(true).await);
    let public = ("ONEO_PUBLIC_URL", "https://localhost:8000");
    let harness = Harness::start_with(&[("REDIS_URL", &keeps.url()), public]).await;
    assert_eq!(harness.browser("localhost").get("/login").await.status, StatusCode::OK);
    let mut command = Command::new(program());
    environment(&harness.app, &mut command);
    command.env("REDIS_URL", forgets.url()).env(public.0, public.1);
    let text = refused_start(command).await;
    assert!(text.contains("appendonly"), "{text}");
}
