//! The security suite, 29 to 41: signing in, its limits, passwords, one-time links, second factors and fresh proofs.

use crate::house::{House, WORD, program};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use axum::http::StatusCode;
use domain::SiteKey;
use services::{Clock, SystemClock};
use std::{
    collections::BTreeMap,
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use test_support::{Browser, Reply, Tenant, environment};
use totp_rs::{Builder, Secret, Totp};

/// The one answer to whatever is wrong about a sign-in.
const WRONG: &str = "E-mail or password is not right";
/// A password that nobody has.
const NOBODYS: &str = "wrong password here";
/// Another good password.
const OTHER: &str = "nine yellow herons whisper";
/// This machine stands before the server, so that a test can come from many addresses.
const PROXY: &[(&str, &str)] = &[("TRUSTED_PROXIES", "127.0.0.1")];
/// Longer than a proof is good, in seconds.
const ELEVEN_MINUTES: i64 = 660;

/// Something that takes a fresh proof: the name of a function and its fields.
type Act = (&'static str, Vec<(&'static str, String)>);

fn part(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn encoded(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{}={}", part(name), part(value))).collect::<Vec<_>>().join("&")
}

/// What the database holds besides logs and what a running server counts and measures by itself.
async fn held(house: &House) -> Vec<String> {
    let all = house.fingerprint().await;
    all.lines().filter(|line| !line.starts_with("platform.usage_") && !line.starts_with("platform.settings ")).map(str::to_owned).collect()
}

/// Waits until the number of people of a company is reported, which a server does by itself shortly after it has changed.
async fn counted() {
    tokio::time::sleep(Duration::from_secs(4)).await;
}

fn now_ms() -> i64 {
    SystemClock.now().timestamp_millis()
}

fn site_of(tenant: &Tenant) -> SiteKey {
    SiteKey::Tenant(tenant.id)
}

/// Calls a function from an address that the trusted proxy names.
async fn call_from(browser: &mut Browser, address: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
    let origin = format!("http://{}:8000", browser.host);
    let headers = [
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", origin.as_str()),
        ("x-forwarded-for", address),
    ];
    browser.send("POST", path, &headers, encoded(fields).as_bytes()).await
}

/// Tries to sign in from an address that the trusted proxy names.
async fn try_from(browser: &mut Browser, address: &str, login: &str, password: &str) -> Reply {
    let site = if browser.host == "localhost" { "platform" } else { "tenant" };
    call_from(browser, address, &format!("/api/{site}/sign_in"), &[("login", login), ("password", password)]).await
}

/// Tries to sign in many times at once: with which browser, from which address, as whom.
async fn at_once(tries: impl IntoIterator<Item = (Browser, String, String)>, password: &str) -> Vec<Reply> {
    let begin = |(mut browser, address, login): (Browser, String, String)| {
        let password = password.to_owned();
        tokio::spawn(async move { try_from(&mut browser, &address, &login, &password).await })
    };
    let tasks: Vec<_> = tries.into_iter().map(begin).collect();
    let mut replies = Vec::new();
    for task in tasks {
        replies.push(task.await.unwrap());
    }
    replies
}

/// How often wrong passwords of people of a company were compared with a hash: each of these is noted, shortly after the answer.
async fn compared(house: &House, tenant: &Tenant) -> u32 {
    let sql = format!("SELECT count(*)::text FROM {}.login_events WHERE reason = 'wrong'", tenant.schema);
    let mut last = house.sql.text(&sql).await;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let now = house.sql.text(&sql).await;
        if now == last {
            break;
        }
        last = now;
    }
    last.parse().unwrap()
}

/// The name under which tries on an account are counted.
fn throttle_key(house: &House, site: SiteKey, kind: &str, name: &str) -> String {
    let services = &house.app.services;
    services.redis.keys.key(site, "throttle", &services.keyring.account_name(kind, name)).as_str().to_owned()
}

/// Sets how many tries were counted on an account, and until when it waits.
async fn throttle_set(house: &House, key: &str, tries: i64, until_ms: i64) {
    let mut redis = house.redis().await;
    let _new: i64 = redis::cmd("HSET").arg(key).arg("tries").arg(tries).arg("until").arg(until_ms).query_async(&mut redis).await.unwrap();
    let _set: i64 = redis::cmd("EXPIRE").arg(key).arg(86_400).query_async(&mut redis).await.unwrap();
}

/// A number of a hash in Redis; 0 when it is not there.
async fn throttle_get(house: &House, key: &str, field: &str) -> i64 {
    let mut redis = house.redis().await;
    let found: Option<i64> = redis::cmd("HGET").arg(key).arg(field).query_async(&mut redis).await.unwrap();
    found.unwrap_or_default()
}

/// Locks an account by a name to sign in with, for ten minutes.
async fn lock(house: &House, site: SiteKey, login: &str) {
    throttle_set(house, &throttle_key(house, site, "login", login), 15, now_ms() + 600_000).await;
}

/// Forgets counters of one kind: `throttle` are those of accounts, `window` those of addresses and sites.
async fn forget(house: &House, kind: &str) {
    let mut redis = house.redis().await;
    for key in house.keys().await.into_iter().filter(|key| key.contains(&format!("}}:{kind}:"))) {
        let _gone: i64 = redis::cmd("DEL").arg(&key).query_async(&mut redis).await.unwrap();
    }
}

fn hash_of(token: &str) -> String {
    services::tokens::token_hash(token).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A one-time link of somebody of a company, open for so many minutes; below 0 it was.
async fn token(house: &House, tenant: &Tenant, user: &str, purpose: &str, minutes: i32) -> String {
    let token = services::tokens::token_new(&*house.app.services.entropy);
    let sql = format!(
        "INSERT INTO {}.user_tokens (user_id, purpose, token_hash, expires_at) \
         VALUES ({user}, '{purpose}', '\\x{}', now() + {minutes} * interval '1 minute')",
        tenant.schema,
        hash_of(&token)
    );
    house.sql.run(&sql).await;
    token
}

/// Sets somebody's password by a reset link.
async fn reset(house: &House, tenant: &Tenant, user: &str, password: &str) -> Reply {
    let token = token(house, tenant, user, "reset", 30).await;
    let fields = [("token", token.as_str()), ("password", password), ("password_repeated", password)];
    house.browser(&tenant.host).call("/api/tenant/reset_accept", &fields).await
}

async fn owner_id(house: &House, tenant: &Tenant) -> String {
    house.sql.text(&format!("SELECT min(id)::text FROM {}.users WHERE user_type = 'owner'", tenant.schema)).await
}

/// The version of a row, as forms send it.
async fn version(house: &House, table: &str, which: &str) -> String {
    house.sql.text(&format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM {table} WHERE {which}")).await
}

/// Runs the program to its end: whether it succeeded, and what it said.
fn said(house: &House, args: &[&str]) -> (bool, String) {
    let mut command = Command::new(program());
    environment(&house.app, &mut command);
    let output = command.args(args).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

/// Starts the server where it must refuse, and gives what it said.
async fn refused_start(mut command: Command) -> String {
    command.arg("serve").env("LISTEN", "127.0.0.1:0");
    let mut command = tokio::process::Command::from(command);
    let ended = tokio::time::timeout(Duration::from_secs(15), command.kill_on_drop(true).output()).await;
    assert!(ended.is_ok(), "it serves");
    let output = ended.unwrap().unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).and_then(|rest| rest.split(after).next()).unwrap_or_default()
}

/// The code of a phone so many seconds from now.
fn code(totp: &Totp, seconds: i64) -> String {
    totp.generate(u64::try_from(SystemClock.now().timestamp() + seconds).unwrap()).to_string()
}

/// Waits until a step has just begun, so that none ends in the middle of what follows.
async fn early() {
    let into = SystemClock.now().timestamp() % 30;
    if into > 23 {
        tokio::time::sleep(Duration::from_secs(u64::try_from(31 - into).unwrap())).await;
    }
}

/// The app on somebody's phone, by the key that the page shows.
async fn phone(person: &mut Browser, api: &str) -> Totp {
    assert_eq!(person.call(&format!("{api}/mfa_begin"), &[]).await.status, StatusCode::OK);
    let page = person.get("/account/mfa").await.body;
    let shown = between(&page, "data-totp-secret", "</code>").rsplit('>').next().unwrap_or_default();
    let secret: String = shown.chars().filter(|c| !c.is_whitespace()).collect();
    assert!(secret.len() >= 26, "a key of at least 128 bits: {page}");
    Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).with_account_name("x").build().unwrap()
}

/// Switches the second factor on and gives the phone and the recovery codes.
async fn enrolled(person: &mut Browser, api: &str) -> (Totp, Vec<String>) {
    let totp = phone(person, api).await;
    let reply = person.post(&format!("{api}/mfa_confirm"), "/account/mfa", &[("code", &code(&totp, 0))]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    let page = person.get("/account/mfa").await.body;
    let list = between(&page, "data-recovery-codes", "</ul>");
    let codes: Vec<String> = list.split("<code>").skip(1).map(|rest| rest.split('<').next().unwrap_or_default().to_owned()).collect();
    (totp, codes)
}

/// A browser in which the password was given and a code is owed.
async fn halfway(house: &House, tenant: &Tenant, login: &str) -> Browser {
    let mut browser = house.browser(&tenant.host);
    let reply = browser.try_sign_in(login, WORD).await;
    assert!(reply.location().starts_with("/login?next="), "{login}: {} {}", reply.status, reply.location());
    assert!(!browser.cookies.contains_key("__Host-sid"), "the password alone opens nothing");
    browser
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

async fn answered(house: &House, host: &str, login: &str, password: &str) -> Answered {
    let mut browser = house.browser(host);
    let form = browser.try_sign_in(login, password).await;
    assert_eq!((form.status, form.location()), (StatusCode::SEE_OTHER, "/login"), "{login}");
    assert!(!browser.cookies.contains_key("__Host-sid") && !browser.cookies.contains_key("__Host-second"), "{login}");
    assert!(!browser.cookies.contains_key("__Host-device"), "{login}");
    let page = browser.get("/login").await;
    assert!(page.body.contains(WRONG) && !page.body.contains(password), "{login}: {}", page.body);
    let site = if host == "localhost" { "platform" } else { "tenant" };
    let bare = house.browser(host).call(&format!("/api/{site}/sign_in"), &[("login", login), ("password", password)]).await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY, "{login}: {}", bare.body);
    assert!(bare.body.contains(WRONG), "{login}: {}", bare.body);
    let page = text_of(&page, login);
    Answered { form: shape(&form), page, bare: shape(&bare), body: bare.body }
}

/// 29: unknown, wrong, not active, deleted, not yet accepted, locked, of another company, of the platform, with a second factor:
/// one answer, in status, headers and body, and on the page that follows. (That the time tells nothing either is measured apart.)
#[tokio::test]
async fn r29_one_answer_for_whatever_is_wrong() {
    let house = House::start().await;
    let (alpha, beta) = (house.tenant("alpha").await, house.tenant("beta").await);
    let _admin = house.admin().await;
    for name in ["idle", "gone", "fresh", "guarded", "locked"] {
        house.app.user(&alpha, "user", name).await;
    }
    let schema = &alpha.schema;
    house
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
        house.forget_tries().await;
        if what == "locked" {
            lock(&house, site_of(&alpha), login).await;
        }
        answers.push((what, answered(&house, &alpha.host, login, password).await));
    }
    for (what, answer) in &answers {
        assert_eq!(*answer, answers[0].1, "{what}");
    }
    house.forget_tries().await;
    // Those who are right do get in.
    house.signed_in(&alpha, &alpha.owner).await;
    house.signed_in(&alpha, "locked@alpha.example").await;
}

/// 29: the same on the platform.
#[tokio::test]
async fn r29_one_answer_on_the_platform() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let _admin = house.admin().await;
    let hash = &house.app.hash;
    house
        .sql
        .run(&format!(
            "INSERT INTO platform.platform_admins (email, first_name, last_name, password_hash, is_active) \
             VALUES ('idle@oneo.example', 'I', 'J', '{hash}', false), ('fresh@oneo.example', 'F', 'G', NULL, true), \
             ('locked@oneo.example', 'L', 'M', '{hash}', true)"
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
        house.forget_tries().await;
        if what == "locked" {
            lock(&house, SiteKey::Platform, login).await;
        }
        answers.push((what, answered(&house, "localhost", login, password).await));
    }
    for (what, answer) in &answers {
        assert_eq!(*answer, answers[0].1, "{what}");
    }
    house.forget_tries().await;
    house.browser("localhost").sign_in("locked@oneo.example").await;
}

/// The letters that lie in a folder.
fn letters(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let letters = files.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
    letters.filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

/// Waits until a letter to somebody has come.
async fn letter_comes(folder: &Path, to: &str) {
    let mut came = false;
    for _ in 0..100 {
        came = letters(folder).iter().any(|letter| letter.contains(to));
        if came {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(came, "no letter to {to} came");
}

/// 29: whoever asks for a new password, or for an invitation anew, learns nothing of who exists; only those who do get a letter.
#[tokio::test]
async fn r29_one_answer_for_forgotten_passwords_and_old_invitations() {
    let folder = tempfile::tempdir().unwrap();
    let mail = format!("file:{}", folder.path().display());
    let house = House::start_with(&[("MAIL", &mail)]).await;
    let (alpha, beta) = (house.tenant("alpha").await, house.tenant("beta").await);
    for name in ["idle", "gone", "fresh"] {
        house.app.user(&alpha, "user", name).await;
    }
    let schema = &alpha.schema;
    house
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
        house.forget_tries().await;
        let mut browser = house.browser(&alpha.host);
        let form = browser.post("/api/tenant/forgot_send", "/forgot", &[("login", login)]).await;
        assert_eq!((form.status, form.location()), (StatusCode::SEE_OTHER, "/forgot"), "{login}: {}", form.body);
        let page = browser.get("/forgot").await;
        assert!(page.body.contains("If there is such an account"), "{login}: {}", page.body);
        let bare = house.browser(&alpha.host).call("/api/tenant/forgot_send", &[("login", login)]).await;
        assert_eq!(bare.status, StatusCode::OK, "{login}: {}", bare.body);
        let page = text_of(&page, login);
        answers.push((login, Answered { form: shape(&form), page, bare: shape(&bare), body: bare.body }));
    }
    for (login, answer) in &answers {
        assert_eq!(*answer, answers[0].1, "{login}");
    }
    letter_comes(folder.path(), &alpha.owner).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    for letter in letters(folder.path()) {
        assert!(letter.contains(&alpha.owner), "a letter to somebody else: {letter}");
    }
    // An invitation whose time is over, one that was used, and one that never was.
    let fresh = house.sql.text(&format!("SELECT id::text FROM {schema}.users WHERE username = 'fresh'")).await;
    let used = token(&house, &alpha, &fresh, "invite", 30).await;
    house.sql.run(&format!("UPDATE {schema}.user_tokens SET used_at = now() WHERE token_hash = '\\x{}'", hash_of(&used))).await;
    let expired = token(&house, &alpha, &fresh, "invite", -30).await;
    let mut answers = Vec::new();
    for asked in ["a-token-that-never-was-there-at-all-in-truth", used.as_str(), expired.as_str()] {
        house.forget_tries().await;
        let mut browser = house.browser(&alpha.host);
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
    let house = House::start_with(PROXY).await;
    let acme = house.tenant("acme").await;
    let key = throttle_key(&house, site_of(&acme), "login", &acme.owner);
    let tries = (0..200).map(|number| {
        let address = format!("10.1.{}.{}", number / 100, number % 100 + 1);
        (house.browser(&acme.host), address, acme.owner.clone())
    });
    let replies = at_once(tries, NOBODYS).await;
    assert_eq!(replies.len(), 200);
    for reply in &replies {
        assert!(matches!(reply.status.as_u16(), 422 | 429 | 503), "{}: {}", reply.status, reply.body);
        assert!(reply.set_cookies().is_empty());
    }
    // Five are free; a second later there may be one more, and so on.
    let hashed = compared(&house, &acme).await;
    assert!((1..=8).contains(&hashed), "{hashed} tries were compared");
    assert!(throttle_get(&house, &key, "tries").await >= 5);
    assert!(throttle_get(&house, &key, "until").await > 0);
    forget(&house, "window").await;
    lock(&house, site_of(&acme), &acme.owner).await;
    let mut browser = house.browser(&acme.host);
    let reply = try_from(&mut browser, "10.2.0.1", &acme.owner, WORD).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "the right password waits too");
    assert!(reply.body.contains(WRONG), "{}", reply.body);
    assert_eq!(compared(&house, &acme).await, hashed, "nothing is compared during the lock");
    let locked = "SELECT count(*)::text FROM platform.security_events WHERE kind = 'login.locked'";
    assert_ne!(house.sql.text(locked).await, "0", "the lock is noted");
    // Its time is over.
    throttle_set(&house, &key, 15, now_ms() - 1).await;
    assert_eq!(try_from(&mut browser, "10.2.0.1", &acme.owner, WORD).await.status, StatusCode::OK);
    assert!(browser.is_signed_in().await);
    assert_eq!(throttle_get(&house, &key, "tries").await, 0, "a success forgets what was counted");
    for _ in 0..4 {
        let reply = try_from(&mut house.browser(&acme.host), "10.2.0.2", &acme.owner, NOBODYS).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(try_from(&mut house.browser(&acme.host), "10.2.0.2", &acme.owner, WORD).await.status, StatusCode::OK);
}

/// 30: five tries are free, then each one makes the next wait twice as long, at most a quarter of an hour; after a hundred in a day
/// nothing but a day helps.
#[tokio::test]
async fn r30_waits_double_up_to_a_quarter_of_an_hour() {
    let house = House::start_with(PROXY).await;
    let acme = house.tenant("acme").await;
    let key = throttle_key(&house, site_of(&acme), "login", &acme.owner);
    for (number, (tries, seconds)) in
        [(0, 0), (3, 0), (4, 1), (5, 2), (6, 4), (7, 8), (8, 16), (12, 256), (14, 900), (60, 900), (98, 900), (99, 86_400)]
            .into_iter()
            .enumerate()
    {
        throttle_set(&house, &key, tries, 0).await;
        let before = now_ms();
        let address = format!("10.3.0.{}", number + 1);
        let reply = try_from(&mut house.browser(&acme.host), &address, &acme.owner, NOBODYS).await;
        let after = now_ms();
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "after {tries}: {}", reply.body);
        assert_eq!(throttle_get(&house, &key, "tries").await, tries + 1, "after {tries}");
        let until = throttle_get(&house, &key, "until").await;
        if seconds == 0 {
            assert_eq!(until, 0, "after {tries}");
        } else {
            let expected = before + seconds * 1000..=after + seconds * 1000;
            assert!(expected.contains(&until), "after {tries}: {until} and not {expected:?}");
        }
    }
    // A try during the wait makes it no longer.
    let until = throttle_get(&house, &key, "until").await;
    let reply = try_from(&mut house.browser(&acme.host), "10.3.1.1", &acme.owner, WORD).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!((throttle_get(&house, &key, "tries").await, throttle_get(&house, &key, "until").await), (100, until));
}

/// 30: a lock is of one account of one company: neither the same name elsewhere nor anybody else there waits; and a name that
/// nobody has is counted like any other.
#[tokio::test]
async fn r30_a_lock_is_of_one_account() {
    let house = House::start_with(PROXY).await;
    let (alpha, beta) = (house.tenant("alpha").await, house.tenant("beta").await);
    for tenant in [&alpha, &beta] {
        house.app.user(tenant, "user", "mara").await;
    }
    house.app.user(&alpha, "user", "nils").await;
    for login in ["mara", "nobody-at-all"] {
        for number in 1..=5 {
            let reply = try_from(&mut house.browser(&alpha.host), &format!("10.4.0.{number}"), login, NOBODYS).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{login}");
        }
        let key = throttle_key(&house, site_of(&alpha), "login", login);
        assert_eq!(throttle_get(&house, &key, "tries").await, 5, "{login}");
        assert!(throttle_get(&house, &key, "until").await > 0, "{login}");
    }
    lock(&house, site_of(&alpha), "mara").await;
    for (login, host, status) in
        [("mara", &alpha.host, 422), ("MARA", &alpha.host, 422), ("mara", &beta.host, 200), ("nils", &alpha.host, 200)]
    {
        let reply = try_from(&mut house.browser(host), "10.4.1.1", login, WORD).await;
        assert_eq!(reply.status.as_u16(), status, "{login} on {host}: {}", reply.body);
    }
}

/// 31: twenty failures a minute from one address, over however many accounts, one after the other or all at once; other addresses
/// need not wait; of IPv6 a whole /64 counts as one.
#[tokio::test]
async fn r31_an_address_has_twenty_failures() {
    let house = House::start_with(PROXY).await;
    let acme = house.tenant("acme").await;
    let mut stranger = house.browser(&acme.host);
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
    assert_eq!(try_from(&mut house.browser(&acme.host), "10.5.0.2", &acme.owner, WORD).await.status, StatusCode::OK);
    // What was right does not count.
    for round in 0..22 {
        let reply = try_from(&mut house.browser(&acme.host), "10.5.0.3", &acme.owner, WORD).await;
        assert_eq!(reply.status, StatusCode::OK, "{round}: {}", reply.body);
    }
    house.forget_tries().await;
    let tries = (0..60).map(|number| (house.browser(&acme.host), "10.5.0.4".to_owned(), format!("nobody{number}")));
    let replies = at_once(tries, NOBODYS).await;
    let limited = replies.iter().filter(|reply| reply.status == StatusCode::TOO_MANY_REQUESTS).count();
    assert_eq!(limited, 40, "{:?}", replies.iter().map(|reply| reply.status.as_u16()).collect::<Vec<_>>());
    house.forget_tries().await;
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
    let house = House::start_with(PROXY).await;
    let (acme, beta) = (house.tenant("acme").await, house.tenant("beta").await);
    let (mut known, mut foreign) = (house.owner(&acme).await, house.owner(&beta).await);
    let mut colleague = house.person(&acme, "user", "mara").await;
    for browser in [&mut known, &mut foreign, &mut colleague] {
        browser.cookies.remove("__Host-sid");
        assert!(browser.cookies.contains_key("__Host-device"), "{}", browser.host);
    }
    for batch in 0..10 {
        let tries = (0..10).map(|number| {
            let who = batch * 10 + number;
            (house.browser(&acme.host), format!("10.6.0.{}", who + 1), format!("nobody{who}"))
        });
        for reply in at_once(tries, NOBODYS).await {
            assert!(matches!(reply.status.as_u16(), 422 | 503), "{batch}: {} {}", reply.status, reply.body);
        }
    }
    let mut stranger = house.browser(&acme.host);
    for password in [NOBODYS, WORD] {
        let reply = try_from(&mut stranger, "10.6.1.1", &acme.owner, password).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS, "{}", reply.body);
        let seconds: u32 = reply.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
    }
    assert_eq!(compared(&house, &acme).await, 0, "nothing is compared");
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
    assert_eq!(try_from(&mut house.browser(&beta.host), "10.6.1.4", &beta.owner, NOBODYS).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(try_from(&mut house.browser(&beta.host), "10.6.1.4", &beta.owner, WORD).await.status, StatusCode::OK);
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
    let house = House::start_with(PROXY).await;
    let acme = house.tenant("acme").await;
    let guarded = house.app.user(&acme, "user", "guarded").await.to_string();
    let sql = format!(
        "INSERT INTO {schema}.user_totp (user_id, secret_encrypted, confirmed_at) VALUES ({guarded}, 'x', now()); \
         INSERT INTO {schema}.recovery_codes (user_id, code_hash) VALUES ({guarded}, '\\x{}')",
        hash_of("RECOVERYCODE"),
        schema = acme.schema
    );
    house.sql.run(&sql).await;
    let mut browser = halfway(&house, &acme, "guarded").await;
    let enter = "/api/tenant/sign_in_code";
    for number in 0..20 {
        // Not what the account itself counts.
        forget(&house, "throttle").await;
        let reply = call_from(&mut browser, "10.7.0.1", enter, &[("code", &format!("WRONGCODE{number}"))]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}: {}", reply.body);
    }
    forget(&house, "throttle").await;
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
    let house = House::start_with(PROXY).await;
    let (acme, beta) = (house.tenant("acme").await, house.tenant("beta").await);
    house.app.user(&acme, "user", "mara").await;
    let (mut known, mut other) = (house.owner(&acme).await, house.signed_in(&acme, "mara").await);
    let mut elsewhere = house.owner(&beta).await.on(&acme.host);
    for browser in [&mut known, &mut other, &mut elsewhere] {
        browser.cookies.remove("__Host-sid");
        assert!(browser.cookies.contains_key("__Host-device"));
    }
    for login in [acme.owner.as_str(), "owner"] {
        lock(&house, site_of(&acme), login).await;
        for (what, browser, status) in [
            ("a stranger's browser", &mut house.browser(&acme.host), 422),
            ("somebody else's browser", &mut other.clone(), 422),
            ("a browser of another company", &mut elsewhere.clone(), 422),
            ("the known browser", &mut known.clone(), 200),
        ] {
            let reply = try_from(browser, "10.8.0.1", login, WORD).await;
            assert_eq!(reply.status.as_u16(), status, "{what} as {login}: {}", reply.body);
        }
        let key = throttle_key(&house, site_of(&acme), "login", login);
        assert!(throttle_get(&house, &key, "until").await > now_ms(), "the others wait on");
    }
    // Whoever stole the cookie guesses no further than anybody.
    for _ in 0..5 {
        let reply = try_from(&mut known, "10.8.0.2", &acme.owner, NOBODYS).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let own = throttle_key(&house, site_of(&acme), "login-device", &owner_id(&house, &acme).await);
    assert_eq!(throttle_get(&house, &own, "tries").await, 5);
    throttle_set(&house, &own, 15, now_ms() + 600_000).await;
    let reply = try_from(&mut known, "10.8.0.2", &acme.owner, WORD).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "the cookie's own lock holds");
    // And by that locks nobody else out.
    forget(&house, "throttle").await;
    throttle_set(&house, &own, 15, now_ms() + 600_000).await;
    assert_eq!(try_from(&mut house.browser(&acme.host), "10.8.0.3", &acme.owner, WORD).await.status, StatusCode::OK);
}

/// 32: what makes a browser known is kept for this host alone, says nothing readable, and ends with the password it was given for.
#[tokio::test]
async fn r32_a_browser_is_known_by_the_password_of_now() {
    let house = House::start_with(PROXY).await;
    let acme = house.tenant("acme").await;
    let mut owner = house.browser(&acme.host);
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
    lock(&house, site_of(&acme), &acme.owner).await;
    assert_eq!(try_from(&mut known.clone(), "10.8.1.1", &acme.owner, WORD).await.status, StatusCode::OK, "it is known");
    let fields = [("password_old", WORD), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(owner.call("/api/tenant/password_set", &fields).await.status, StatusCode::OK);
    let reply = try_from(&mut known.clone(), "10.8.1.1", &acme.owner, OTHER).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "it is known no more: {}", reply.body);
    forget(&house, "throttle").await;
    assert_eq!(try_from(&mut house.browser(&acme.host), "10.8.1.2", &acme.owner, OTHER).await.status, StatusCode::OK);
}

/// 32: whoever has reset the password by a link gets in at once, from any browser, by address and by user name.
#[tokio::test]
async fn r32_a_reset_ends_the_lock() {
    let house = House::start_with(PROXY).await;
    let acme = house.tenant("acme").await;
    let owner = owner_id(&house, &acme).await;
    let logins = [acme.owner.as_str(), "owner"];
    for login in logins {
        lock(&house, site_of(&acme), login).await;
        let reply = try_from(&mut house.browser(&acme.host), "10.8.2.1", login, WORD).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{login} is locked");
    }
    assert_eq!(reset(&house, &acme, &owner, OTHER).await.status, StatusCode::OK);
    for login in logins {
        let reply = try_from(&mut house.browser(&acme.host), "10.8.2.2", login, OTHER).await;
        assert_eq!(reply.status, StatusCode::OK, "{login}: {}", reply.body);
    }
}

/// 33: while tries cannot be counted nobody signs in, with whatever password, and nothing is compared; then everybody can again.
#[tokio::test]
async fn r33_nobody_signs_in_uncounted() {
    let mut redis = OwnRedis::start(true).await;
    let house = House::start_with(&[("REDIS_URL", &redis.url()), PROXY[0]]).await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
    let events = format!("SELECT count(*)::text FROM {}.login_events", acme.schema);
    let before = house.sql.text(&events).await;
    redis.cut().await;
    for password in [NOBODYS, WORD] {
        let tries = (0..25).map(|number| (house.browser(&acme.host), format!("10.9.0.{}", number + 1), acme.owner.clone()));
        for reply in at_once(tries, password).await {
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.body);
            assert!(!reply.header("retry-after").is_empty() && reply.set_cookies().is_empty());
        }
    }
    assert_eq!(owner.get("/users").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(compared(&house, &acme).await, 0);
    assert_eq!(house.sql.text(&events).await, before, "nobody got in and nothing was compared");
    redis.mend().await;
    let mut status = StatusCode::SERVICE_UNAVAILABLE;
    for _ in 0..100 {
        status = try_from(&mut house.browser(&acme.host), "10.9.1.1", &acme.owner, WORD).await.status;
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
    let house = House::start_with(&[("REDIS_URL", &redis.url()), PROXY[0]]).await;
    let acme = house.tenant("acme").await;
    let key = throttle_key(&house, site_of(&acme), "login", &acme.owner);
    for number in 0..4 {
        let reply = try_from(&mut house.browser(&acme.host), &format!("10.9.2.{}", number + 1), &acme.owner, NOBODYS).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    for number in 0..20 {
        let reply = try_from(&mut house.browser(&acme.host), "10.9.3.1", &format!("nobody{number}"), NOBODYS).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
    }
    redis.cut().await;
    redis.mend().await;
    let mut connection = redis.connection().await.unwrap();
    let tries: Option<i64> = redis::cmd("HGET").arg(&key).arg("tries").query_async(&mut connection).await.unwrap();
    assert_eq!(tries, Some(4), "the tries on the account");
    let mut status = StatusCode::SERVICE_UNAVAILABLE;
    for _ in 0..100 {
        status = try_from(&mut house.browser(&acme.host), "10.9.3.1", &acme.owner, WORD).await.status;
        if status != StatusCode::SERVICE_UNAVAILABLE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "the address waits on");
    // One more wrong try locks the account, as if nothing had been between.
    let reply = try_from(&mut house.browser(&acme.host), "10.9.4.1", &acme.owner, NOBODYS).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let until: Option<i64> = redis::cmd("HGET").arg(&key).arg("until").query_async(&mut connection).await.unwrap();
    assert!(until.unwrap_or_default() > 0);
}

/// 33: a public installation does not serve on a Redis that would forget what was counted; with one that keeps it, it does.
#[tokio::test]
async fn r33_a_forgetful_redis_is_refused() {
    let (forgets, keeps) = (OwnRedis::start(false).await, OwnRedis::start(true).await);
    let public = ("ONEO_PUBLIC_URL", "https://localhost:8000");
    let house = House::start_with(&[("REDIS_URL", &keeps.url()), public]).await;
    assert_eq!(house.browser("localhost").get("/login").await.status, StatusCode::OK);
    let mut command = Command::new(program());
    environment(&house.app, &mut command);
    command.env("REDIS_URL", forgets.url()).env(public.0, public.1);
    let text = refused_start(command).await;
    assert!(text.contains("appendonly"), "{text}");
}

/// What is stored of somebody's password.
async fn stored(house: &House, tenant: &Tenant, username: &str) -> String {
    house.sql.text(&format!("SELECT password_hash FROM {}.users WHERE username = '{username}'", tenant.schema)).await
}

/// 34: a password is stored as argon2id with 19 MiB, two passes and one lane, with a salt of its own of 16 bytes, by each way to set
/// one; of the password nothing stands anywhere.
#[tokio::test]
async fn r34_passwords_are_stored_as_argon2id() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let (mara, nils) = (house.app.user(&acme, "user", "mara").await.to_string(), house.app.user(&acme, "user", "nils").await.to_string());
    assert_eq!(reset(&house, &acme, &mara, OTHER).await.status, StatusCode::OK);
    house.sql.run(&format!("UPDATE {}.users SET password_hash = NULL WHERE id = {nils}", acme.schema)).await;
    let link = token(&house, &acme, &nils, "invite", 30).await;
    let fields = [("token", link.as_str()), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(house.browser(&acme.host).call("/api/tenant/invite_accept", &fields).await.status, StatusCode::OK);
    let mut owner = house.owner(&acme).await;
    let fields = [("password_old", WORD), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(owner.call("/api/tenant/password_set", &fields).await.status, StatusCode::OK);
    let mut salts = Vec::new();
    for name in ["mara", "nils", "owner"] {
        let hash = stored(&house, &acme, name).await;
        let parts: Vec<&str> = hash.split('$').collect();
        assert_eq!(parts[1..4], ["argon2id", "v=19", "m=19456,t=2,p=1"], "{name}: {hash}");
        // 16 bytes are 22 letters of base64 without padding, 32 are 43.
        assert_eq!((parts[4].len(), parts[5].len()), (22, 43), "{name}: {hash}");
        assert!(!salts.contains(&parts[4].to_owned()), "{name}: a salt came twice");
        salts.push(parts[4].to_owned());
    }
    assert!(!house.app.database.dump().await.contains(OTHER));
}

/// 34: a hash of weaker parameters, or of another kind, is replaced by one of today's when its owner signs in.
#[tokio::test]
async fn r34_weak_hashes_are_replaced() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    for (number, (what, kind, memory, passes)) in [
        ("less memory", Algorithm::Argon2id, 8192, 2),
        ("fewer passes", Algorithm::Argon2id, 19_456, 1),
        ("argon2i", Algorithm::Argon2i, 19_456, 2),
        ("argon2d", Algorithm::Argon2d, 19_456, 2),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("weak{number}");
        house.app.user(&acme, "user", &name).await;
        let weak = Argon2::new(kind, Version::V0x13, Params::new(memory, passes, 1, None).unwrap());
        let weak = weak.hash_password_with_salt(WORD.as_bytes(), &[7; 16]).unwrap().to_string();
        house.sql.run(&format!("UPDATE {}.users SET password_hash = '{weak}' WHERE username = '{name}'", acme.schema)).await;
        let reply = house.browser(&acme.host).try_sign_in(&name, NOBODYS).await;
        assert_eq!(reply.location(), "/login", "{what}");
        assert_eq!(stored(&house, &acme, &name).await, weak, "{what}: a wrong password changes nothing");
        house.signed_in(&acme, &name).await;
        let hash = stored(&house, &acme, &name).await;
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{what}: {hash}");
        house.signed_in(&acme, &name).await;
        assert_eq!(stored(&house, &acme, &name).await, hash, "{what}: once is enough");
    }
}

/// 34: a stored hash that asks for an absurd effort, or is none, is not computed: its owner gets the one answer, the server neither
/// a fault nor gigabytes to find, and everybody else is served.
#[tokio::test]
async fn r34_absurd_hashes_are_not_computed() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    house.app.user(&acme, "user", "victim").await;
    let hash = house.app.hash.clone();
    house.signed_in(&acme, "victim").await;
    let before = house.process.memory();
    assert!(before > 0);
    for absurd in [
        hash.replace("m=19456", "m=4194304"),
        hash.replace("m=19456", "m=1048576"),
        hash.replace("t=2", "t=4000000"),
        hash.replace("p=1$", "p=200$"),
        hash.replace("m=19456", "m=0"),
        hash.replace("argon2id", "argon2x"),
        hash.replace("v=19", "v=99"),
        hash.split('$').take(5).collect::<Vec<_>>().join("$"),
        "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234".to_owned(),
        "nonsense".to_owned(),
        "$".to_owned(),
        String::new(),
    ] {
        house.forget_tries().await;
        house.sql.run(&format!("UPDATE {}.users SET password_hash = '{absurd}' WHERE username = 'victim'", acme.schema)).await;
        let (mut browser, fields) = (house.browser(&acme.host), [("login", "victim"), ("password", WORD)]);
        let reply = tokio::time::timeout(Duration::from_secs(20), browser.call("/api/tenant/sign_in", &fields)).await;
        assert!(reply.is_ok(), "{absurd} is computed");
        let reply = reply.unwrap();
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{absurd}: {}", reply.body);
        assert!(reply.body.contains(WRONG), "{absurd}: {}", reply.body);
        let grown = house.process.memory().saturating_sub(before);
        assert!(grown < 256 * 1024, "{absurd}: {grown} KiB more");
        assert_eq!(stored(&house, &acme, "victim").await, absurd, "nothing was replaced");
        house.signed_in(&acme, &acme.owner).await;
    }
    house.forget_tries().await;
    house.sql.run(&format!("UPDATE {}.users SET password_hash = '{hash}' WHERE username = 'victim'", acme.schema)).await;
    house.signed_in(&acme, "victim").await;
}

/// 35: hundreds of passwords to be compared at once take no more memory than as many hashes as there are cores; those whose turn does
/// not come are told to come again; meanwhile the server answers, other companies too. (How fast, the benchmark says.)
#[tokio::test]
async fn r35_hashes_wait_for_their_turn() {
    let house = House::start_with(PROXY).await;
    let (acme, beta) = (house.tenant("acme").await, house.tenant("beta").await);
    let mut colleague = house.owner(&beta).await;
    // The limit of strangers on a site would end the flood too early: these come from a browser that is known to the account.
    // Those who are locked out by then cost a hash like everybody.
    let mut known = house.owner(&acme).await;
    known.cookies.remove("__Host-sid");
    let (before, cores) = (house.process.memory(), std::thread::available_parallelism().map_or(1, usize::from));
    let tasks: Vec<_> = (0..250)
        .map(|number| {
            let mut browser = known.clone();
            let (address, login) = (format!("10.10.{}.{}", number / 100, number % 100 + 1), acme.owner.clone());
            tokio::spawn(async move { try_from(&mut browser, &address, &login, NOBODYS).await })
        })
        .collect();
    let mut most = 0;
    for _ in 0..1000 {
        most = most.max(house.process.memory());
        assert_eq!(house.browser(&beta.host).get("/livez").await.status, StatusCode::OK, "alive during the flood");
        if tasks.iter().all(tokio::task::JoinHandle::is_finished) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut compared = 0;
    for task in tasks {
        let reply = task.await.unwrap();
        assert!(matches!(reply.status.as_u16(), 422 | 503), "{}: {}", reply.status, reply.body);
        assert!(reply.status != StatusCode::SERVICE_UNAVAILABLE || !reply.header("retry-after").is_empty());
        compared += u32::from(reply.status == StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert!(compared > 0, "nobody's turn came");
    let (grown, allowed) = (most.saturating_sub(before), u64::try_from(cores).unwrap() * 19_456 + 64 * 1024);
    assert!(grown <= allowed, "{grown} KiB more, and {allowed} are allowed");
    assert_eq!(colleague.get("/users").await.status, StatusCode::OK);
    house.forget_tries().await;
    assert_eq!(try_from(&mut house.browser(&acme.host), "10.10.9.9", &acme.owner, WORD).await.status, StatusCode::OK);
}

/// Why the newest sign-in was refused.
async fn newest_reason(house: &House) -> String {
    house.sql.text("SELECT detail->>'reason' FROM platform.security_events WHERE kind = 'login.failed' ORDER BY id DESC LIMIT 1").await
}

/// 36: what is too long for a password is refused by its length, before anything is compared, wherever one is typed.
#[tokio::test]
async fn r36_length_is_looked_at_first() {
    let house = House::start_with(&[("SIGNUP", "open")]).await;
    let acme = house.tenant("acme").await;
    let mara = house.app.user(&acme, "user", "mara").await.to_string();
    let mut owner = house.owner(&acme).await;
    // A megabyte is no form at all, and is refused before it comes.
    let request = format!(
        "POST /api/tenant/sign_in HTTP/1.1\r\nHost: {host}:8000\r\nOrigin: http://{host}:8000\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1048576\r\nConnection: close\r\n\r\nlogin=owner&password=x",
        host = acme.host
    );
    let (text, _) = house.process.raw(request.as_bytes(), Duration::from_secs(5)).await;
    assert!(text.starts_with("HTTP/1.1 413"), "{text}");
    // What still fits into a form is refused by its length.
    for length in [257, 10_000, 200_000] {
        let reply =
            house.browser(&acme.host).call("/api/tenant/sign_in", &[("login", &acme.owner), ("password", &"x".repeat(length))]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{length}: {}", reply.body);
        assert!(reply.body.contains(WRONG), "{length}: {}", reply.body);
        assert_eq!(newest_reason(&house).await, "malformed", "{length}");
    }
    // One that may be a password is compared.
    let reply = house.browser(&acme.host).call("/api/tenant/sign_in", &[("login", &acme.owner), ("password", &"x".repeat(256))]).await;
    assert_eq!((reply.status, newest_reason(&house).await.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "wrong"));
    assert_eq!(compared(&house, &acme).await, 1);
    // Where a new one is chosen it is told.
    let long = "x".repeat(257);
    let new = [("password", long.as_str()), ("password_repeated", long.as_str())];
    let (reset, invite) = (token(&house, &acme, &mara, "reset", 30).await, token(&house, &acme, &mara, "invite", 30).await);
    let company = [("name", "Firm"), ("domain", "firm"), ("first_name", "O"), ("last_name", "P"), ("email", "o@firm.example")];
    let before = held(&house).await;
    let mut visitor = house.browser("localhost");
    for (path, fields) in [
        ("/api/tenant/reset_accept", vec![("token", reset.as_str())]),
        ("/api/tenant/invite_accept", vec![("token", invite.as_str())]),
        ("/api/tenant/password_set", vec![("password_old", WORD)]),
        ("/api/platform/signup_create", company.to_vec()),
    ] {
        let fields: Vec<(&str, &str)> = fields.into_iter().chain(new).collect();
        let browser = if path.starts_with("/api/platform") { &mut visitor } else { &mut owner };
        let reply = browser.call(path, &fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", reply.body);
        assert!(reply.body.contains("at most 256 characters"), "{path}: {}", reply.body);
    }
    // Where the own one is given again it is wrong, and nothing was compared: no failed proof is noted.
    let failed = "SELECT count(*)::text FROM platform.security_events WHERE kind = 'proof.failed'";
    let fields = [("password_old", long.as_str()), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(owner.call("/api/tenant/password_set", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    house.age(ELEVEN_MINUTES).await;
    assert_eq!(owner.call("/api/tenant/prove", &[("password", &long)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(house.sql.text(failed).await, "0");
    assert_eq!(held(&house).await, before);
    assert_eq!(owner.call("/api/tenant/prove", &[("password", NOBODYS)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(house.sql.text(failed).await, "1", "one that may be a password is compared");
}

/// 36: up to 256 characters count, every one of them, spaces at both ends too, however the keyboard composed them.
#[tokio::test]
async fn r36_every_character_counts() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mara = house.app.user(&acme, "user", "mara").await.to_string();
    let (two_hundred, most) = {
        let entropy = &*house.app.services.entropy;
        (services::entropy::random_name::<100>(entropy), services::entropy::random_name::<128>(entropy))
    };
    let (sixty_four, cut) = (two_hundred.chars().take(64).collect::<String>(), two_hundred.chars().take(199).collect::<String>());
    let other_end = format!("{cut}{}", if two_hundred.ends_with('0') { '1' } else { '0' });
    for (what, password, right, wrong) in [
        ("64 characters", sixty_four.clone(), vec![sixty_four.clone()], vec![sixty_four.to_uppercase()]),
        ("200 characters", two_hundred.clone(), vec![two_hundred.clone()], vec![other_end, cut, format!("{two_hundred}0")]),
        ("256 characters", most.clone(), vec![most.clone()], vec![most.chars().take(255).collect(), most.chars().skip(1).collect()]),
        (
            "spaces at both ends",
            format!("  {OTHER} "),
            vec![format!("  {OTHER} ")],
            vec![OTHER.to_owned(), format!("  {OTHER}"), format!("{OTHER} "), format!(" {OTHER} ")],
        ),
        (
            "composed letters",
            "ﬁne Ångström zebras whistle ５ times".to_owned(),
            vec!["fine A\u{30a}ngstro\u{308}m zebras whistle 5 times".to_owned(), "ﬁne Ångström zebras whistle ５ times".to_owned()],
            vec!["fine Angstrom zebras whistle 5 times".to_owned()],
        ),
    ] {
        house.forget_tries().await;
        let reply = reset(&house, &acme, &mara, &password).await;
        assert_eq!(reply.status, StatusCode::OK, "{what}: {}", reply.body);
        for password in wrong {
            let reply = house.browser(&acme.host).call("/api/tenant/sign_in", &[("login", "mara"), ("password", &password)]).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}: {password:?} is another one");
        }
        for password in right {
            let reply = house.browser(&acme.host).call("/api/tenant/sign_in", &[("login", "mara"), ("password", &password)]).await;
            assert_eq!(reply.status, StatusCode::OK, "{what}: {password:?} is the one: {}", reply.body);
        }
    }
}

/// 37: what is short, known, made of names or keys in a row is refused, with a sentence, by each way to choose a password; long ones
/// are taken, whatever they are composed of.
#[tokio::test]
async fn r37_passwords_are_judged() {
    let house = House::start_with(&[("SIGNUP", "open")]).await;
    let alpha = house.app.tenant("alpha").await;
    let mara = house.app.user(&alpha, "user", "mara").await.to_string();
    let nils = house.app.user(&alpha, "user", "nils").await.to_string();
    let bad = [
        "short",
        // 14 characters, as random as they are.
        "gull7*Zqk4v#tP",
        "passwordpassword",
        "qwertyuiopasdfgh",
        "111111111111111",
        "123456789012345",
        "iloveyouiloveyou",
        "abcdefghijklmnop",
        "letmeinletmeinletmein",
        "mara.tester.alpha",
        "maramaramaramara1",
        "alphaalphaalphaalpha",
        "company alpha 2026",
        "oneooneooneooneo",
    ];
    for password in bad {
        let reply = reset(&house, &alpha, &mara, password).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}: {}", reply.body);
        assert!(reply.body.contains("[\"password\","), "{password}: {}", reply.body);
    }
    house.sql.run(&format!("DELETE FROM {}.user_tokens", alpha.schema)).await;
    let mut owner = house.owner(&alpha).await;
    house.sql.run(&format!("UPDATE {}.users SET password_hash = NULL WHERE id = {nils}", alpha.schema)).await;
    let invite = token(&house, &alpha, &nils, "invite", 30).await;
    let company = [("name", "Firm"), ("domain", "firm"), ("first_name", "Olga"), ("last_name", "P"), ("email", "o@firm.example")];
    let mut visitor = house.browser("localhost");
    for password in ["short", "passwordpassword", "firmfirmfirmfirm", "qwertyuiopasdfgh", "alphaalphaalphaalpha"] {
        let new = [("password", password), ("password_repeated", password)];
        for (path, fields) in [
            ("/api/tenant/invite_accept", vec![("token", invite.as_str())]),
            ("/api/tenant/password_set", vec![("password_old", WORD)]),
            ("/api/platform/signup_create", company.to_vec()),
        ] {
            let names = if path.starts_with("/api/platform") { "firm" } else { "alpha" };
            if (password.starts_with("firm") || password.starts_with("alpha")) && !password.starts_with(names) {
                continue;
            }
            let fields: Vec<(&str, &str)> = fields.into_iter().chain(new).collect();
            let browser = if names == "firm" { &mut visitor } else { &mut owner };
            let reply = browser.call(path, &fields).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {password}: {}", reply.body);
            assert!(reply.body.contains("[\"password\","), "{path} {password}: {}", reply.body);
        }
        let mut command = Command::new(program());
        environment(&house.app, &mut command);
        command.args(["admin", "create", "--email", "ada@oneo.example", "--first-name", "Ada", "--last-name", "B", "--password-stdin"]);
        if !password.starts_with("firm") && !password.starts_with("alpha") {
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && text.contains("password"), "{password}: {text}");
        }
    }
    assert_eq!(house.sql.text("SELECT count(*)::text FROM platform.platform_admins").await, "0");
    assert_eq!(house.sql.text("SELECT count(*)::text FROM platform.tenants").await, "1");
    // No rules of composition.
    for password in [
        "nine yellow herons whisper",
        "correct staple gull 7",
        "кот читает длинную книгу ночью",
        "übermütige Füchse schnarchen laut",
        "ALL WORDS HERE ARE SHOUTED LOUDLY",
        "384710298347561928374",
    ] {
        house.forget_tries().await;
        let reply = reset(&house, &alpha, &mara, password).await;
        assert_eq!(reply.status, StatusCode::OK, "{password}: {}", reply.body);
        let reply = house.browser(&alpha.host).call("/api/tenant/sign_in", &[("login", "mara"), ("password", password)]).await;
        assert_eq!(reply.status, StatusCode::OK, "{password}: {}", reply.body);
    }
    // Nobody has to choose another one for its age alone.
    let old = format!("UPDATE {}.users SET created_at = now() - interval '5 years', updated_at = now() - interval '5 years'", alpha.schema);
    house.sql.run(&old).await;
    assert_eq!(house.signed_in(&alpha, &alpha.owner).await.get("/users").await.status, StatusCode::OK);
}

/// 37: fewer than fifteen characters are enough only while a second factor is asked of everybody; fewer than eight never are.
#[tokio::test]
async fn r37_short_passwords_take_a_second_factor_of_all() {
    const SHORT: &str = "gull7*Zqk4v";
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
    let mut user = house.person(&acme, "user", "mara").await;
    let least = [("group", "security"), ("values[password.length_min]", "8")];
    let change = [("password_old", WORD), ("password", SHORT), ("password_repeated", SHORT)];
    assert_eq!(user.call("/api/tenant/password_set", &change).await.status, StatusCode::UNPROCESSABLE_ENTITY, "eleven are too few");
    let before = held(&house).await;
    assert_eq!(owner.call("/api/tenant/setting_set", &least).await.status, StatusCode::CONFLICT, "without a second factor of all");
    assert_eq!(held(&house).await, before);
    enrolled(&mut owner, "/api/tenant").await;
    let both = [("group", "security"), ("values[password.length_min]", "8"), ("values[mfa.required]", "true")];
    assert_eq!(owner.call("/api/tenant/setting_set", &both).await.status, StatusCode::OK);
    let seven = [("group", "security"), ("values[password.length_min]", "7")];
    assert_eq!(owner.call("/api/tenant/setting_set", &seven).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(user.call("/api/tenant/password_set", &change).await.status, StatusCode::OK, "now eleven are enough");
    let six = [("password_old", SHORT), ("password", "g7*Zqk"), ("password_repeated", "g7*Zqk")];
    assert_eq!(user.call("/api/tenant/password_set", &six).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let before = held(&house).await;
    let off = [("group", "security"), ("values[mfa.required]", "")];
    assert_eq!(owner.call("/api/tenant/setting_set", &off).await.status, StatusCode::CONFLICT, "the one needs the other");
    assert_eq!(owner.call("/api/tenant/setting_reset", &[("key", "mfa.required")]).await.status, StatusCode::CONFLICT);
    assert_eq!(held(&house).await, before);
}

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
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let fresh = house.app.user(&acme, "user", "fresh").await.to_string();
    house.sql.run(&format!("UPDATE {}.users SET password_hash = NULL WHERE id = {fresh}", acme.schema)).await;
    let (invite, reset) = (token(&house, &acme, &fresh, "invite", 30).await, {
        let mara = house.app.user(&acme, "user", "mara").await.to_string();
        token(&house, &acme, &mara, "reset", 30).await
    });
    let mut platform = BTreeMap::new();
    for (purpose, hash) in [("invite", "NULL".to_owned()), ("reset", format!("'{}'", house.app.hash))] {
        let token = services::tokens::token_new(&*house.app.services.entropy);
        let sql = format!(
            "INSERT INTO platform.platform_admins (email, first_name, last_name, password_hash) \
             VALUES ('{purpose}@oneo.example', 'I', 'J', {hash}); \
             INSERT INTO platform.admin_tokens (admin_id, purpose, token_hash, expires_at) \
             SELECT max(id), '{purpose}', '\\x{}', now() + interval '30 minutes' FROM platform.platform_admins",
            hash_of(&token)
        );
        house.sql.run(&sql).await;
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
                let (mut browser, path, secret) = (house.browser(host), path.clone(), secret.clone());
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
        assert_eq!(house.browser(host).call(&path, &fields).await.status, StatusCode::NOT_FOUND, "{site} {purpose} again");
        assert_eq!(house.browser(host).get(&format!("/{purpose}/{secret}")).await.status, StatusCode::NOT_FOUND, "{site} {purpose}");
        let reply = house.browser(host).call(&format!("/api/{site}/sign_in"), &[("login", login), ("password", &taken[0])]).await;
        assert_eq!(reply.status, StatusCode::OK, "{site} {purpose}: the one who was let in: {}", reply.body);
        house.forget_tries().await;
    }
}

/// 38: a link is a secret of 256 bits of which only a hash is kept, good for one person of one company and for one purpose, for 72
/// hours or one.
#[tokio::test]
async fn r38_a_link_is_bound_and_short() {
    let house = House::start().await;
    let (alpha, beta) = (house.tenant("alpha").await, house.tenant("beta").await);
    let mut owner = house.owner(&alpha).await;
    let fields = [("first_name", "Mara"), ("last_name", "L"), ("email", "mara@alpha.example"), ("username", "mara"), ("user_type", "user")];
    let created = owner.post("/api/tenant/user_create", "/users/new", &fields).await;
    let path = created.location().to_owned();
    assert!(path.starts_with("/users/"), "{}", created.body);
    let (invite, invite_page) = asked_link(&mut owner, &path, "invite").await;
    assert!(!owner.get(&path).await.body.contains(&invite), "it is shown once");
    let nils = house.app.user(&alpha, "user", "nils").await.to_string();
    let nils_page = format!("/users/{nils}");
    owner.post("/api/tenant/user_link_create", &nils_page, &[("id", &nils)]).await;
    let (reset, reset_page) = asked_link(&mut owner, &nils_page, "reset").await;
    let dump = house.app.database.dump().await;
    for secret in [&invite, &reset] {
        assert_eq!(secret.len(), 43, "256 bits: {secret}");
        assert!(!dump.contains(secret.as_str()) && dump.contains(&hash_of(secret)), "only a hash of {secret} is kept");
    }
    for (purpose, most) in [("invite", 72 * 3600), ("reset", 3600)] {
        let sql = format!(
            "SELECT extract(epoch FROM expires_at - now())::bigint::text FROM {}.user_tokens WHERE purpose = '{purpose}'",
            alpha.schema
        );
        let seconds: i64 = house.sql.text(&sql).await.parse().unwrap();
        assert!((1..=most).contains(&seconds), "{purpose}: {seconds}");
    }
    counted().await;
    let before = held(&house).await;
    for (function, secret) in [("invite_accept", &invite), ("reset_accept", &reset)] {
        let fields = [("token", secret.as_str()), ("password", OTHER), ("password_repeated", OTHER)];
        let swapped = if function == "invite_accept" { "reset_accept" } else { "invite_accept" };
        for (host, path) in [
            (beta.host.as_str(), format!("/api/tenant/{function}")),
            ("localhost", format!("/api/platform/{function}")),
            (alpha.host.as_str(), format!("/api/tenant/{swapped}")),
        ] {
            let reply = house.browser(host).call(&path, &fields).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path} on {host}: {}", reply.body);
            assert!(reply.set_cookies().is_empty(), "{path} on {host}");
        }
    }
    for host in [beta.host.as_str(), "localhost"] {
        for page in [&invite_page, &reset_page] {
            assert_eq!(house.browser(host).get(page).await.status, StatusCode::NOT_FOUND, "{page} on {host}");
        }
    }
    assert_eq!(held(&house).await, before, "something was used up");
    for page in [&invite_page, &reset_page] {
        assert_eq!(house.browser(&alpha.host).get(page).await.status, StatusCode::OK, "{page} is still open");
    }
    // Its time is over.
    house.sql.run(&format!("UPDATE {}.user_tokens SET expires_at = now() - interval '1 second'", alpha.schema)).await;
    let before = held(&house).await;
    for (function, secret) in [("invite_accept", &invite), ("reset_accept", &reset)] {
        let fields = [("token", secret.as_str()), ("password", OTHER), ("password_repeated", OTHER)];
        let reply = house.browser(&alpha.host).call(&format!("/api/tenant/{function}"), &fields).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{function} afterwards: {}", reply.body);
    }
    assert_eq!(held(&house).await, before);
    // A newer one replaces those of before.
    owner.post("/api/tenant/user_link_create", &path, &[("id", path.rsplit('/').next().unwrap_or_default())]).await;
    let (first, first_page) = asked_link(&mut owner, &path, "invite").await;
    owner.post("/api/tenant/user_link_create", &path, &[("id", path.rsplit('/').next().unwrap_or_default())]).await;
    let (second, second_page) = asked_link(&mut owner, &path, "invite").await;
    assert_ne!(first, second);
    assert_eq!(house.browser(&alpha.host).get(&first_page).await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.browser(&alpha.host).get(&second_page).await.status, StatusCode::OK);
}

/// 38: a reset ends every session and signs nobody in, and the second factor is asked for as before.
#[tokio::test]
async fn r38_a_reset_keeps_the_second_factor() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut mara = house.person(&acme, "user", "mara").await;
    let (totp, _) = enrolled(&mut mara, "/api/tenant").await;
    let id = house.sql.text(&format!("SELECT id::text FROM {}.users WHERE username = 'mara'", acme.schema)).await;
    assert!(mara.is_signed_in().await);
    let secret = token(&house, &acme, &id, "reset", 30).await;
    let mut browser = house.browser(&acme.host);
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
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
    let chosen = [
        ("password", OTHER),
        ("password_repeated", OTHER),
        ("password_new", OTHER),
        ("new_password", OTHER),
        ("password_hash", &house.app.hash),
    ];
    let person = [("first_name", "M"), ("last_name", "L"), ("email", "mara@acme.example"), ("username", "mara"), ("user_type", "user")];
    let fields: Vec<(&str, &str)> = person.into_iter().chain(chosen).collect();
    assert_eq!(owner.call("/api/tenant/user_create", &fields).await.status, StatusCode::OK);
    assert_eq!(stored(&house, &acme, "mara").await, "", "no password is set");
    let nils = house.app.user(&acme, "user", "nils").await.to_string();
    let (hash, seen) =
        (stored(&house, &acme, "nils").await, version(&house, &format!("{}.users", acme.schema), &format!("id = {nils}")).await);
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
    assert_eq!(stored(&house, &acme, "nils").await, hash);
    for login in ["mara", "nils"] {
        let reply = house.browser(&acme.host).call("/api/tenant/sign_in", &[("login", login), ("password", OTHER)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{login}");
    }
    house.signed_in(&acme, "nils").await;
}

/// 39: codes of the step before, of now and of the next one are taken, none further away; each once, and none older than the last.
#[tokio::test]
async fn r39_codes_of_three_steps_and_each_once() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
    early().await;
    let (totp, _) = enrolled(&mut owner, "/api/tenant").await;
    let enter = "/api/tenant/sign_in_code";
    let again = format!("UPDATE {}.user_totp SET last_step = 0", acme.schema);
    // The code that switched it on is used up.
    let mut browser = halfway(&house, &acme, &acme.owner).await;
    assert_eq!(browser.call(enter, &[("code", &code(&totp, 0))]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (seconds, status) in [(-90, 422), (-60, 422), (-30, 200), (0, 200), (30, 200), (60, 422), (90, 422)] {
        house.forget_tries().await;
        early().await;
        house.sql.run(&again).await;
        let mut browser = halfway(&house, &acme, &acme.owner).await;
        let reply = browser.call(enter, &[("code", &code(&totp, seconds))]).await;
        assert_eq!(reply.status.as_u16(), status, "{seconds} seconds away: {}", reply.body);
        assert_eq!(browser.is_signed_in().await, status == 200, "{seconds} seconds away");
    }
    // Once, and only forwards.
    house.forget_tries().await;
    early().await;
    house.sql.run(&again).await;
    for (what, seconds, status) in
        [("now", 0, 200), ("now again", 0, 422), ("one before it", -30, 422), ("the next", 30, 200), ("now again", 0, 422)]
    {
        let mut browser = halfway(&house, &acme, &acme.owner).await;
        let reply = browser.call(enter, &[("code", &code(&totp, seconds))]).await;
        assert_eq!(reply.status.as_u16(), status, "{what}: {}", reply.body);
    }
    // Of twenty at once one.
    house.forget_tries().await;
    early().await;
    house.sql.run(&again).await;
    let (ticket, now) = (halfway(&house, &acme, &acme.owner).await, code(&totp, 0));
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
    let house = House::start_with(PROXY).await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
    let (_, codes) = enrolled(&mut owner, "/api/tenant").await;
    let mut browser = halfway(&house, &acme, &acme.owner).await;
    let enter = "/api/tenant/sign_in_code";
    for (number, wrong) in ["AAAAAA", "00000", "1234567", "NOT-ONE-OF-THEM", "０００００００"].into_iter().enumerate() {
        let reply = call_from(&mut browser, &format!("10.11.0.{}", number + 1), enter, &[("code", wrong)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {}", reply.body);
    }
    let key = throttle_key(&house, site_of(&acme), "factor", &owner_id(&house, &acme).await);
    assert_eq!(throttle_get(&house, &key, "tries").await, 5);
    throttle_set(&house, &key, 5, now_ms() + 600_000).await;
    let reply = call_from(&mut browser, "10.11.1.1", enter, &[("code", &codes[0])]).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS, "{}", reply.body);
    assert!(!reply.header("retry-after").is_empty() && !browser.is_signed_in().await);
    assert_eq!(house.sql.text("SELECT count(*)::text FROM platform.security_events WHERE kind = 'mfa.failed'").await, "5");
    throttle_set(&house, &key, 5, now_ms() - 1).await;
    assert_eq!(call_from(&mut browser, "10.11.1.1", enter, &[("code", &codes[0])]).await.status, StatusCode::OK);
    assert_eq!(throttle_get(&house, &key, "tries").await, 0);
}

/// 39: ten recovery codes, of which hashes are kept, each good once, at once too; the seed is kept sealed, and the codes of one
/// person are nobody else's.
#[tokio::test]
async fn r39_seeds_are_sealed_and_recovery_codes_single() {
    let house = House::start().await;
    let (alpha, beta) = (house.tenant("alpha").await, house.tenant("beta").await);
    let (mut owner, mut foreign) = (house.owner(&alpha).await, house.owner(&beta).await);
    let (totp, codes) = enrolled(&mut owner, "/api/tenant").await;
    let (_, foreign_codes) = enrolled(&mut foreign, "/api/tenant").await;
    let mut mara = house.person(&alpha, "user", "mara").await;
    let (_, codes_of_mara) = enrolled(&mut mara, "/api/tenant").await;
    assert_eq!(codes.len(), 10);
    assert!(!owner.get("/account/mfa").await.body.contains(&codes[0]), "they are shown once");
    let dump = house.app.database.dump().await;
    assert!(!dump.contains(&totp.secret().to_base32()), "the seed stands there in clear");
    for code in &codes {
        let plain = code.replace('-', "");
        // 112 bits are 23 letters of base32.
        assert!(plain.len() >= 23, "{code} is short");
        assert!(!dump.contains(&plain) && !dump.contains(code.as_str()) && dump.contains(&hash_of(&plain)), "only a hash is kept");
    }
    let enter = "/api/tenant/sign_in_code";
    for other in [&foreign_codes[0], &codes_of_mara[0]] {
        let mut browser = halfway(&house, &alpha, &alpha.owner).await;
        assert_eq!(browser.call(enter, &[("code", other)]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "somebody else's code");
    }
    // The phone of one is nobody else's either, nor is the ticket good on another site.
    let mut browser = halfway(&house, &alpha, "mara").await;
    assert_eq!(browser.call(enter, &[("code", &code(&totp, 30))]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let ticket = halfway(&house, &alpha, &alpha.owner).await;
    for host in [beta.host.as_str(), "localhost"] {
        let site = if host == "localhost" { "platform" } else { "tenant" };
        let reply = ticket.on(host).call(&format!("/api/{site}/sign_in_code"), &[("code", &codes[9])]).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{host}: {}", reply.body);
    }
    house.forget_tries().await;
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
    house.forget_tries().await;
    for (what, code, status) in
        [("used", &codes[0], 422), ("another", &codes[1], 200), ("used too", &codes[1], 422), ("the last", &codes[9], 200)]
    {
        let mut browser = halfway(&house, &alpha, &alpha.owner).await;
        let reply = browser.call(enter, &[("code", code)]).await;
        assert_eq!(reply.status.as_u16(), status, "{what}: {}", reply.body);
    }
    assert!(owner.get("/account/mfa").await.body.contains("7 recovery codes are left"));
}

/// 39: a second factor is on once its first code was given, and not before; a wrong one switches nothing on.
#[tokio::test]
async fn r39_enrolment_needs_a_code() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
    let totp = phone(&mut owner, "/api/tenant").await;
    let confirmed = format!("SELECT count(*)::text FROM {}.user_totp WHERE confirmed_at IS NOT NULL", acme.schema);
    for wrong in [code(&totp, 3600), code(&totp, -3600), "AAAAAA".to_owned(), String::new()] {
        let reply = owner.call("/api/tenant/mfa_confirm", &[("code", &wrong)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}: {}", reply.body);
        assert_eq!(house.sql.text(&confirmed).await, "0", "{wrong}");
    }
    house.signed_in(&acme, &acme.owner).await;
    let reply = owner.call("/api/tenant/mfa_confirm", &[("code", &code(&totp, 0))]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(house.sql.text(&confirmed).await, "1");
    halfway(&house, &acme, &acme.owner).await;
}

/// Does something that takes a proof, with a password or without one.
async fn act(browser: &mut Browser, api: &str, (function, fields): &Act, password: Option<&str>) -> Reply {
    let mut all: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.extend(password.map(|password| ("password", password)));
    browser.call(&format!("{api}/{function}"), &all).await
}

/// One's own acts that take a proof, the same on both sites.
fn own_acts() -> Vec<Act> {
    ["mfa_codes", "mfa_remove", "mfa_begin", "account_session_end"].map(|function| (function, Vec::new())).to_vec()
}

/// What takes a fresh proof in a company, with fields that would do it now.
async fn company_acts(house: &House, tenant: &Tenant, ids: &BTreeMap<&'static str, String>) -> Vec<Act> {
    let owned = |pairs: &[(&'static str, &str)]| pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<Vec<_>>();
    let users = format!("{}.users", tenant.schema);
    let mut acts = Vec::new();
    for (who, email, role) in [("mara", "elsewhere@alpha.example", "user"), ("nils", "nils@alpha.example", "owner")] {
        let seen = version(house, &users, &format!("id = {}", ids[who])).await;
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
    let seen = version(house, "platform.tenants", "slug = 'alpha'").await;
    let ai = [("version", seen.as_str()), ("provider", "openai"), ("model", "small-1"), ("key", "sk-of-a-test-0123456789")];
    acts.push(("ai_set", owned(&ai)));
    acts.push(("ai_forget", owned(&[("version", &seen)])));
    acts.extend(own_acts());
    acts
}

/// 40: in a company, what gives an account or data away, or changes who gets in, takes a proof of the last ten minutes: an older session
/// is asked for the password, and nothing changes until it is given; a wrong one does nothing either.
#[tokio::test]
async fn r40_a_company_asks_for_a_fresh_proof() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let mut ids = BTreeMap::new();
    for name in ["mara", "nils", "omar", "pia", "quin", "rosa"] {
        ids.insert(name, house.app.user(&alpha, "user", name).await.to_string());
    }
    ids.insert("owner", owner_id(&house, &alpha).await);
    // Before a code would be asked for.
    let mut owner = house.owner(&alpha).await;
    for guarded in ["quin", "owner"] {
        let sql = format!(
            "INSERT INTO {}.user_totp (user_id, secret_encrypted, confirmed_at) VALUES ({}, 'x', now())",
            alpha.schema, ids[guarded]
        );
        house.sql.run(&sql).await;
    }
    house.age(ELEVEN_MINUTES).await;
    assert_eq!(owner.get("/users").await.status, StatusCode::OK, "looking takes no proof");
    let before = held(&house).await;
    let acts = company_acts(&house, &alpha, &ids).await;
    for (index, one) in acts.iter().enumerate() {
        let reply = act(&mut owner, "/api/tenant", one, None).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}: {}", one.0, reply.body);
        assert!(reply.body.contains("ReauthRequired"), "{}: {}", one.0, reply.body);
        house.forget_tries().await;
        let reply = act(&mut owner, "/api/tenant", one, Some(NOBODYS)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{} with a wrong password: {}", one.0, reply.body);
        assert_eq!(held(&house).await, before, "{} ({index}) changed something", one.0);
    }
    house.forget_tries().await;
    for index in 0..acts.len() {
        house.age(ELEVEN_MINUTES).await;
        // Others have changed what forms stand on.
        let acts = company_acts(&house, &alpha, &ids).await;
        let (one, old) = (&acts[index], owner.clone());
        let reply = act(&mut owner, "/api/tenant", one, Some(WORD)).await;
        assert_eq!(reply.status, StatusCode::OK, "{} with the password: {}", one.0, reply.body);
        assert_ne!(owner.cookies["__Host-sid"], old.cookies["__Host-sid"], "{}: a proof gives the session another id", one.0);
        assert!(!old.clone().is_signed_in().await, "{}: the old id is over", one.0);
    }
    assert_ne!(held(&house).await, before);
    let roles = format!("SELECT count(*)::text FROM {}.users WHERE user_type = 'owner'", alpha.schema);
    assert_eq!(house.sql.text(&roles).await, "3");
}

/// 40: a proof lasts ten minutes: within them nothing is asked for, and what was done meanwhile renews nothing.
#[tokio::test]
async fn r40_a_proof_lasts_ten_minutes() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let mut owner = house.owner(&alpha).await;
    let user = |name: &'static str| {
        let (house, alpha) = (&house, &alpha);
        async move { house.app.user(alpha, "user", name).await.to_string() }
    };
    house.age(540).await;
    assert_eq!(owner.call("/api/tenant/user_delete", &[("id", &user("one").await)]).await.status, StatusCode::OK, "nine minutes");
    house.age(120).await;
    let two = user("two").await;
    counted().await;
    let before = held(&house).await;
    assert_eq!(owner.call("/api/tenant/user_delete", &[("id", &two)]).await.status, StatusCode::FORBIDDEN, "eleven minutes");
    assert_eq!(held(&house).await, before);
    assert_eq!(owner.call("/api/tenant/prove", &[("password", WORD)]).await.status, StatusCode::OK);
    assert_eq!(owner.call("/api/tenant/user_delete", &[("id", &two)]).await.status, StatusCode::OK, "with the proof of now");
    // The password itself takes the old one, however fresh the session is.
    for old in ["", NOBODYS] {
        let fields = [("password_old", old), ("password", OTHER), ("password_repeated", OTHER)];
        assert_eq!(owner.call("/api/tenant/password_set", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{old:?}");
    }
    let fields = [("password_old", WORD), ("password", OTHER), ("password_repeated", OTHER)];
    assert_eq!(owner.call("/api/tenant/password_set", &fields).await.status, StatusCode::OK);
}

/// What takes a fresh proof on the platform, with fields that would do it now.
async fn platform_acts(house: &House, ids: &BTreeMap<&'static str, String>) -> Vec<Act> {
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
    let seen = version(house, "platform.tenants", "slug = 'alpha'").await;
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

/// 40: on the platform the same: admins, domains, keys, copies, exports and ends of companies, links and second factors of their people.
#[tokio::test]
async fn r40_the_platform_asks_for_a_fresh_proof() {
    let house = House::start().await;
    let alpha = house.app.tenant("alpha").await;
    house.app.tenant("life").await;
    let quin = house.app.user(&alpha, "user", "quin").await.to_string();
    let mut admin = house.admin().await;
    house
        .sql
        .run(&format!(
            "UPDATE platform.tenants SET status = 'archived' WHERE slug = 'life'; \
             INSERT INTO {schema}.user_totp (user_id, secret_encrypted, confirmed_at) VALUES ({quin}, 'x', now()); \
             INSERT INTO platform.platform_admins (email, first_name, last_name, role, password_hash) \
             VALUES ('other@oneo.example', 'O', 'P', 'admin', '{hash}'); \
             INSERT INTO platform.admin_totp (admin_id, secret_encrypted, confirmed_at) \
             SELECT id, 'x', now() FROM platform.platform_admins; \
             INSERT INTO platform.domains (domain, tenant_id, token, token_expires_at) \
             VALUES ('crm.alpha.example', {tenant}, 'x', now() + interval '1 day')",
            schema = alpha.schema,
            hash = house.app.hash,
            tenant = alpha.id
        ))
        .await;
    let ids = BTreeMap::from([
        ("other", house.sql.text("SELECT id::text FROM platform.platform_admins WHERE email = 'other@oneo.example'").await),
        ("claim", house.sql.text("SELECT id::text FROM platform.domains WHERE domain = 'crm.alpha.example'").await),
    ]);
    house.age(ELEVEN_MINUTES).await;
    assert_eq!(admin.get("/tenants").await.status, StatusCode::OK, "looking takes no proof");
    let before = held(&house).await;
    let acts = platform_acts(&house, &ids).await;
    for one in &acts {
        let reply = act(&mut admin, "/api/platform", one, None).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{one:?}: {}", reply.body);
        assert!(reply.body.contains("ReauthRequired"), "{one:?}: {}", reply.body);
        house.forget_tries().await;
        let reply = act(&mut admin, "/api/platform", one, Some(NOBODYS)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{one:?} with a wrong password: {}", reply.body);
    }
    // These have no field for it: they lead to the page that asks.
    let helped = [("slug", "alpha"), ("id", quin.as_str())];
    for function in ["tenant_user_link", "tenant_user_mfa_reset"] {
        let reply = admin.call(&format!("/api/platform/{function}"), &helped).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{function}: {}", reply.body);
        assert!(reply.body.contains("ReauthRequired"), "{function}: {}", reply.body);
    }
    assert_eq!(held(&house).await, before, "something was changed");
    house.forget_tries().await;
    for function in ["tenant_user_mfa_reset", "tenant_user_link"] {
        house.age(ELEVEN_MINUTES).await;
        assert_eq!(admin.call("/api/platform/prove", &[("password", WORD)]).await.status, StatusCode::OK);
        let reply = admin.call(&format!("/api/platform/{function}"), &helped).await;
        assert_eq!(reply.status, StatusCode::OK, "{function} with a proof: {}", reply.body);
    }
    for index in 0..acts.len() {
        house.age(ELEVEN_MINUTES).await;
        let acts = platform_acts(&house, &ids).await;
        let (one, old) = (&acts[index], admin.clone());
        let reply = act(&mut admin, "/api/platform", one, Some(WORD)).await;
        assert_eq!(reply.status, StatusCode::OK, "{one:?} with the password: {}", reply.body);
        assert_ne!(admin.cookies["__Host-sid"], old.cookies["__Host-sid"], "{one:?}: a proof gives the session another id");
        assert!(!old.clone().is_signed_in().await, "{one:?}: the old id is over");
    }
}

/// 40: lists and files that are taken along as a whole take a fresh proof: a browser is led to the page that asks and back, a script is
/// refused; what was asked for comes once the password was given.
#[tokio::test]
async fn r40_exports_take_a_fresh_proof() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let (mut owner, mut admin) = (house.owner(&alpha).await, house.admin().await);
    let me = owner_id(&house, &alpha).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    house.app.services.files.keep("t1/exports/export.tar", file.path()).await.unwrap();
    let left = house
        .sql
        .text(&format!(
            "INSERT INTO platform.jobs (kind, status, tenant_id, params, total) \
             VALUES ('users_bulk', 'done', {}, '{{\"user\": {me}}}', 1) RETURNING id::text",
            alpha.id
        ))
        .await;
    let archive = house
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
            let proved = browser.call(&format!("{api}/prove"), &[("password", WORD)]).await;
            assert_eq!(proved.status, StatusCode::OK, "{path}: {}", proved.body);
            let fresh = browser.get(path).await;
            assert_eq!(fresh.status, StatusCode::OK, "{path} with a proof: {}", fresh.body);
            assert!(fresh.header("content-disposition").starts_with("attachment"), "{path}");
            house.age(ELEVEN_MINUTES).await;
            let led = browser.get(path).await;
            assert_eq!(led.status, StatusCode::SEE_OTHER, "{path}: {}", led.body);
            assert!(led.body.is_empty() && led.location().starts_with("/prove?next=%2F"), "{path} leads to {}", led.location());
            assert!(browser.get(led.location()).await.body.contains("Is it you?"), "{path}");
            let bare = browser.send("GET", path, &[("accept", "application/json")], b"").await;
            assert_eq!(bare.status, StatusCode::FORBIDDEN, "{path} for a script: {}", bare.body);
            for secret in ["CANARY", "@alpha.example", "alpha.localhost"] {
                assert!(!bare.body.contains(secret) && !led.body.contains(secret), "{path} gave {secret}");
            }
            let wrong = browser.call(&format!("{api}/prove"), &[("password", NOBODYS)]).await;
            assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {}", wrong.body);
            assert_eq!(browser.get(path).await.status, StatusCode::SEE_OTHER, "{path} after a wrong password");
            let proved = browser.post(&format!("{api}/prove"), "/prove", &[("password", WORD), ("next", path)]).await;
            assert!(proved.location().starts_with("/prove?next=%2F"), "{path} leads to {}", proved.location());
            assert!(browser.get(proved.location()).await.body.contains("Download"), "{path}");
            assert_eq!(browser.get(path).await.status, StatusCode::OK, "{path} with the proof of now");
        }
    }
    // The same list, asked for by its form.
    let csv = [("accept", "text/csv")];
    assert_eq!(owner.call("/api/tenant/prove", &[("password", WORD)]).await.status, StatusCode::OK);
    assert_eq!(owner.send("GET", "/users", &csv, b"").await.status, StatusCode::OK);
    house.age(ELEVEN_MINUTES).await;
    let reply = owner.send("GET", "/users", &csv, b"").await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.body);
}

/// 41: a fresh installation that serves has nobody in it, and none of the usual pairs opens it; without a secret of its own it does not
/// even start.
#[tokio::test]
async fn r41_a_fresh_installation_has_nobody() {
    let house = House::start().await;
    assert_eq!(house.browser("localhost").get("/login").await.status, StatusCode::OK, "it serves");
    let everybody = "SELECT (SELECT count(*) FROM platform.platform_admins)::text || ' ' || (SELECT count(*) FROM platform.tenants)::text \
                     || ' ' || (SELECT count(*) FROM platform.admin_tokens)::text";
    assert_eq!(house.sql.text(everybody).await, "0 0 0");
    let logins = ["admin", "root", "administrator", "oneo", "demo", "test", "admin@oneo.example", "admin@localhost", "owner@demo.example"];
    let passwords = ["admin", "password", "root", "oneo", "demo", "test", "changeme", "123456", "admin123", WORD];
    for login in logins {
        for password in passwords {
            house.forget_tries().await;
            let mut browser = house.browser("localhost");
            let reply = browser.call("/api/platform/sign_in", &[("login", login), ("password", password)]).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{login} {password}: {}", reply.body);
            assert!(!browser.is_signed_in().await, "{login} {password}");
        }
    }
    for host in ["demo.localhost", "acme.localhost", "oneo.localhost"] {
        assert_eq!(house.browser(host).get("/login").await.status, StatusCode::NOT_FOUND, "{host}");
    }
    assert_eq!(house.sql.text(everybody).await, "0 0 0");
    let mut command = Command::new(program());
    environment(&house.app, &mut command);
    command.env_remove("SECRET_KEYS");
    let text = refused_start(command).await;
    assert!(text.contains("SECRET_KEYS"), "{text}");
}

/// 41: the first admin and the first owner come in by a link that the terminal gives, which works once.
#[tokio::test]
async fn r41_the_first_people_come_by_a_link() {
    let house = House::start().await;
    let (done, told) = said(&house, &["admin", "create", "--email", "ada@oneo.example", "--first-name", "Ada", "--last-name", "Lund"]);
    assert!(done, "{told}");
    let (made, company) = said(
        &house,
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
    assert_eq!(house.sql.text("SELECT count(*)::text FROM platform.platform_admins WHERE password_hash IS NOT NULL").await, "0");
    assert_eq!(house.sql.text("SELECT count(*)::text FROM tenant_acme.users WHERE password_hash IS NOT NULL").await, "0");
    let dump = house.app.database.dump().await;
    for (site, host, text, login, page) in [
        ("platform", "localhost", &told, "ada@oneo.example", "/tenants"),
        ("tenant", "acme.localhost", &company, "olga@acme.example", "/users"),
    ] {
        let secret = text.split(&format!("http://{host}:8000/invite/")).nth(1).and_then(|rest| rest.split_whitespace().next());
        let secret = secret.unwrap_or_default().to_owned();
        assert!(secret.len() == 43 && !dump.contains(&secret), "{text}");
        // Until it is taken nobody gets in with whatever password.
        for password in [WORD, OTHER] {
            let reply = house.browser(host).call(&format!("/api/{site}/sign_in"), &[("login", login), ("password", password)]).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{login}: {}", reply.body);
        }
        let mut first = house.browser(host);
        assert_eq!(first.get(&format!("/invite/{secret}")).await.status, StatusCode::OK, "{site}");
        let accept = format!("/api/{site}/invite_accept");
        let fields = [("token", secret.as_str()), ("password", OTHER), ("password_repeated", OTHER)];
        assert_eq!(first.call(&accept, &fields).await.status, StatusCode::OK, "{site}");
        assert_eq!(first.get(page).await.status, StatusCode::OK, "{site}: the first one is in");
        let mut second = house.browser(host);
        assert_eq!(second.call(&accept, &fields).await.status, StatusCode::NOT_FOUND, "{site}: once");
        assert_eq!(second.get(&format!("/invite/{secret}")).await.status, StatusCode::NOT_FOUND, "{site}: once");
        assert!(!second.is_signed_in().await, "{site}");
        let reply = second.call(&format!("/api/{site}/sign_in"), &[("login", login), ("password", OTHER)]).await;
        assert_eq!(reply.status, StatusCode::OK, "{site}: {}", reply.body);
    }
}
