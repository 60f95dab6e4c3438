//! Keys, logs, and the log of acts.

use super::*;
use crate::harness::{Harness, WORD, encoded, program};
use axum::http::StatusCode;
use std::time::Duration;
use test_support::{Browser, Process, Tenant};
use totp_rs::{Builder, Secret};

/// The secret key of the program in tests.
const SECRET_KEY: &str = "a-secret-key-of-tests-which-is-long-enough";
/// The key that comes after it.
const NEXT_KEY: &str = "the-next-secret-key-which-is-long-enough";
/// The password of the database's roles in tests.
const DATABASE_PASSWORD: &str = "a-password-of-throwaway-services";

/// Gives a company a key for AI.
async fn key_set(harness: &Harness, admin: &mut Browser, slug: &str, key: &str) {
    let at = version(&harness.sql, slug).await;
    let fields = [
        ("slug", slug),
        ("version", at.as_str()),
        ("provider", "openai"),
        ("model", "small-1"),
        ("key", key),
        ("ai_enabled", "true"),
        ("ai_usage_limit", "10"),
    ];
    let reply = admin.call("/api/platform/tenant_ai_set", &fields).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
}

/// The same text with one character of its end changed.
fn flipped(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = letters.len() - 6;
    letters[at] = if letters[at] == 'A' { 'B' } else { 'A' };
    letters.into_iter().collect()
}

/// All that Redis holds of this installation, names and values.
async fn in_redis(harness: &Harness) -> String {
    let mut redis = harness.redis().await;
    let mut text = String::new();
    for key in harness.keys().await {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(&mut redis).await.unwrap();
        let mut command = match kind.as_str() {
            "string" => redis::cmd("MGET"),
            "hash" => redis::cmd("HGETALL"),
            "set" => redis::cmd("SMEMBERS"),
            "zset" => redis::cmd("ZRANGE"),
            _ => continue,
        };
        command.arg(&key);
        if kind == "zset" {
            command.arg(0).arg(-1);
        }
        let values: Vec<Option<Vec<u8>>> = command.query_async(&mut redis).await.unwrap();
        text.push_str(&key);
        for value in values.into_iter().flatten() {
            text.push(' ');
            text.push_str(&String::from_utf8_lossy(&value));
        }
        text.push('\n');
    }
    text
}

/// What must be nowhere, gathered while people work.
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, text: &str) {
        assert!(text.len() >= 12, "{what} is too short to be looked for: {text}");
        self.0.push((what, text.to_owned()));
    }

    /// None of them is there, neither as text nor as the list of bytes that Rust shows.
    fn are_not_in(&self, place: &str, text: &str) {
        for (what, secret) in &self.0 {
            assert!(!text.contains(secret.as_str()), "{what} is in {place}");
            let bytes: Vec<String> = secret.bytes().take(16).map(|byte| byte.to_string()).collect();
            assert!(!text.contains(&bytes.join(", ")), "{what} is in {place}, as bytes");
        }
    }
}

/// Somebody is invited, sets passwords and a second factor, signs in with both; a key for AI is set. Everything secret that was
/// sent or shown is gathered.
async fn worked(harness: &Harness, alpha: &Tenant) -> Secrets {
    const WRONG: &str = "canary of a wrong password 4711";
    const FIRST: &str = "violet lanterns hum at dusk";
    const NEXT: &str = "eleven painters row a harbour";
    let mut secrets = Secrets(Vec::new());
    for (what, text) in [("a wrong password", WRONG), ("a first password", FIRST), ("a next password", NEXT), ("a password", WORD)] {
        secrets.add(what, text);
    }
    secrets.add("the secret key", SECRET_KEY);
    secrets.add("the database's password", DATABASE_PASSWORD);
    let redis = std::env::var("ONEO_TEST_REDIS_URL").unwrap();
    secrets.add("the password of Redis", redis.split("pass=").nth(1).unwrap_or_default());
    let mut owner = harness.owner(alpha).await;
    secrets.add("a session", &owner.cookies["__Host-sid"]);
    secrets.add("a known browser", &owner.cookies["__Host-device"]);
    let tried = harness.browser(&alpha.host).try_sign_in(&alpha.owner, WRONG).await;
    assert_eq!(tried.location(), "/login", "a wrong password leads back");
    // An invitation.
    let fields = [("first_name", "Ines"), ("last_name", "N"), ("email", "ines@alpha.example"), ("username", "ines"), ("user_type", "user")];
    let made = owner.post("/api/tenant/user_create", "/users/new", &fields).await;
    let page = owner.get(made.location()).await.body;
    let token = between(&page, "/invite/", "\"").to_owned();
    secrets.add("an invitation", &token);
    let mut ines = harness.browser(&alpha.host);
    assert_eq!(ines.get(&format!("/invite/{token}")).await.status, StatusCode::OK, "the link opens");
    let fields = [("token", token.as_str()), ("password", FIRST), ("password_repeated", FIRST)];
    assert_eq!(ines.post("/api/tenant/invite_accept", &format!("/invite/{token}"), &fields).await.location(), "/", "it is accepted");
    secrets.add("a session of somebody invited", &ines.cookies["__Host-sid"]);
    let fields = [("password_old", FIRST), ("password", NEXT), ("password_repeated", NEXT)];
    assert_eq!(ines.call("/api/tenant/password_set", &fields).await.status, StatusCode::OK, "another password");
    secrets.add("a session after it", &ines.cookies["__Host-sid"]);
    // A second factor.
    assert_eq!(ines.call("/api/tenant/mfa_begin", &[]).await.status, StatusCode::OK, "a second factor begins");
    let page = ines.get("/account/mfa").await.body;
    let shown = between(&page, "data-totp-secret", "</code>").rsplit('>').next().unwrap_or_default();
    let seed: String = shown.chars().filter(|email| !email.is_whitespace()).collect();
    secrets.add("a seed", &seed);
    let totp = Builder::new().with_secret(Secret::try_from_base32(&seed).unwrap()).with_account_name("x").build().unwrap();
    let now: u64 = harness.sql.text("SELECT extract(epoch FROM clock_timestamp())::bigint::text").await.parse().unwrap();
    let code = totp.generate(now).to_string();
    assert_eq!(ines.post("/api/tenant/mfa_confirm", "/account/mfa", &[("code", &code)]).await.status, StatusCode::SEE_OTHER, "it is on");
    let page = ines.get("/account/mfa").await.body;
    let recovery = between(between(&page, "data-recovery-codes", "</ul>"), "<code>", "</code>").to_owned();
    secrets.add("a recovery code", &recovery);
    secrets.add("a recovery code as it is compared", &recovery.replace('-', ""));
    secrets.add("a session with a second factor", &ines.cookies["__Host-sid"]);
    let mut again = harness.browser(&alpha.host);
    assert!(again.try_sign_in("ines", NEXT).await.location().starts_with("/login"), "a code is asked for");
    secrets.add("a ticket", &again.cookies["__Host-second"]);
    assert_eq!(again.call("/api/tenant/sign_in_code", &[("code", &recovery)]).await.status, StatusCode::OK, "and taken");
    secrets.add("a session by a recovery code", &again.cookies["__Host-sid"]);
    // A key for AI, by the platform; a reset that nobody uses.
    let mut admin = harness.admin().await;
    key_set(harness, &mut admin, "alpha", "sk-canary-of-alpha-0123456789-aAaA").await;
    secrets.add("a key for AI", "sk-canary-of-alpha-0123456789");
    assert!(admin.get("/tenants/alpha/ai").await.body.contains("aAaA"), "it can be opened");
    secrets
}

/// Of a key for AI nothing but its end is ever shown; its ciphertext opens for its company and its service alone, with every
/// bit as it was, and each refusal is noted.
#[tokio::test]
async fn r52_keys_open_in_their_place_alone() {
    let harness = Harness::start().await;
    let (alpha, _beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    let mut admin = harness.admin().await;
    key_set(&harness, &mut admin, "alpha", "sk-canary-of-alpha-0123456789-aAaA").await;
    key_set(&harness, &mut admin, "beta", "sk-canary-of-beta-0123456789-bBbB").await;
    let mut owner = harness.owner(&alpha).await;
    for (browser, path) in [(&mut admin, "/tenants/alpha/ai"), (&mut owner, "/settings/ai")] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.body.contains("aAaA") && !page.body.contains("canary-of"), "{path}: {}", page.body);
    }
    for path in ["/audit", "/audit.jsonl", "/tenants/alpha/audit", "/api/platform/tenant_ai"] {
        let reply = if path.starts_with("/api") { admin.call(path, &[("slug", "alpha")]).await } else { admin.get(path).await };
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
        assert!(!reply.body.contains("canary-of"), "{path}: {}", reply.body);
    }
    let sql = &harness.sql;
    let stored = sql.text("SELECT ai_config_encrypted FROM platform.tenants WHERE slug = 'alpha'").await;
    assert!(stored.starts_with("openai:v1.") && stored.len() > 80, "{stored}");
    let refused = "SELECT count(*)::text FROM platform.security_events WHERE kind = 'secret.refused'";
    let cases = [
        ("beta", stored.clone(), "what is alpha's, at beta"),
        ("alpha", flipped(&stored), "one bit changed"),
        ("alpha", stored.replacen("openai:", "anthropic:", 1), "for another service"),
        ("alpha", "openai:v1.nonsense".to_owned(), "nonsense"),
    ];
    for (index, (slug, text, what)) in cases.into_iter().enumerate() {
        sql.run(&format!("UPDATE platform.tenants SET ai_config_encrypted = '{text}' WHERE slug = '{slug}'")).await;
        let page = admin.get(&format!("/tenants/{slug}/ai")).await;
        assert!(page.body.contains("cannot be decrypted"), "{what}: {}", page.body);
        assert!(!page.body.contains("aAaA") && !page.body.contains("canary-of"), "{what}: {}", page.body);
        let tested = admin.call("/api/platform/tenant_ai_test", &[("slug", slug)]).await;
        assert_eq!(tested.status, StatusCode::CONFLICT, "{what}: {}", tested.body);
        assert_eq!(sql.text(refused).await, ((index + 1) * 2).to_string(), "{what} was noted each time");
    }
    sql.run(&format!("UPDATE platform.tenants SET ai_config_encrypted = '{stored}' WHERE slug = 'alpha'")).await;
    assert!(admin.get("/tenants/alpha/ai").await.body.contains("aAaA"), "as it was, it opens again");
    let dump = harness.app.database.dump().await;
    assert!(dump.contains(&stored) && !dump.contains("canary-of"), "a dump holds ciphertext alone");
}

/// Keys change without a pause: sealed anew with the next one, a program that has only that one reads them, and one without
/// either reads nothing.
#[tokio::test]
async fn r52_secret_keys_can_be_changed() {
    let harness = Harness::start().await;
    harness.tenant("alpha").await;
    let mut admin = harness.admin().await;
    key_set(&harness, &mut admin, "alpha", "sk-canary-of-alpha-0123456789-aAaA").await;
    let opens = async |keys: &str| {
        let process = Process::start(&harness.app, &program(), &[("SECRET_KEYS", keys)]).await;
        let mut browser = process.browser("localhost");
        browser.sign_in("admin@oneo.example").await;
        let page = browser.get("/tenants/alpha/ai").await;
        assert_eq!(page.status, StatusCode::OK, "with {keys}");
        assert!(page.body.contains("aAaA") != page.body.contains("cannot be decrypted"), "with {keys}: {}", page.body);
        page.body.contains("aAaA")
    };
    let both = format!("{NEXT_KEY},{SECRET_KEY}");
    assert!(opens(&both).await, "with both keys");
    assert!(!opens(NEXT_KEY).await, "with the next key alone, before");
    let (done, text) = said(&harness.app, &["secrets", "rotate"], &[("SECRET_KEYS", &both)]).await;
    assert!(done && text.contains("1 sealed anew, 0 were already"), "{text}");
    assert!(opens(NEXT_KEY).await, "with the next key alone, afterwards");
    assert!(!opens(SECRET_KEY).await, "the old one is worth nothing any more");
    assert!(!harness.app.database.dump().await.contains("canary-of"), "a dump holds none of it");
}

/// With everything logged that can be, nothing secret is in the program's log, in PostgreSQL's, in a dump or in Redis.
#[tokio::test]
async fn r53_secrets_are_in_no_log() {
    let harness = Harness::start_with(&[("LOG_FILTER", "trace"), ("LOG_FORMAT", "json")]).await;
    let alpha = harness.tenant("alpha").await;
    let secrets = worked(&harness, &alpha).await;
    let last = harness.browser(&alpha.host).get("/login").await;
    // What is written beside an answer comes a moment after it.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let log = harness.process.log();
    let id = last.header("x-request-id");
    assert!(id.len() >= 8 && log.contains(id), "the log is that of the program that was asked");
    assert!(log.contains("\"level\":\"TRACE\"") || log.contains("\"level\":\"DEBUG\""), "more than usual is logged");
    secrets.are_not_in("the log", &log);
    assert_eq!(harness.sql.refused("SELEC canary_of_the_log").await, "42601", "a broken statement");
    let lines = postgres_log(&harness.sql).await.join("\n");
    assert!(lines.contains("canary_of_the_log"), "PostgreSQL's log is that of this database");
    secrets.are_not_in("PostgreSQL's log", &lines);
    let dump = harness.app.database.dump().await;
    assert!(dump.contains("ines@alpha.example") && dump.contains("audit_log"), "the dump is whole");
    secrets.are_not_in("a dump", &dump);
    let kept = in_redis(&harness).await;
    assert!(kept.contains(":session:") && kept.contains(":sessions:"), "sessions are in Redis: {kept}");
    secrets.are_not_in("Redis", &kept);
}

/// Nothing that a stranger sends can begin a line of the log or look like one.
#[tokio::test]
async fn r53_no_line_of_the_log_can_be_forged() {
    let harness = Harness::start_with(&[("LOG_FILTER", "trace"), ("LOG_FORMAT", "json")]).await;
    let alpha = harness.tenant("alpha").await;
    let mut owner = harness.owner(&alpha).await;
    let line = "\r\n{\"level\":\"ERROR\",\"forged\":true}\r\n";
    harness.browser(&alpha.host).try_sign_in(&format!("a{line}"), &format!("b{line}")).await;
    let agent = [("accept", "text/html"), ("user-agent", "x\"} {\"forged\":true}")];
    harness.browser(&alpha.host).send("GET", "/login", &agent, b"").await;
    harness.browser(&alpha.host).get(&format!("/nothing{}", encoded(line))).await;
    harness.browser(&alpha.host).get(&format!("/invite/{}", encoded(line))).await;
    let name = [("first_name", line), ("last_name", line)];
    owner.call("/api/tenant/account_set", &name).await;
    owner.call("/api/tenant/role_create", &[("name", line)]).await;
    let (text, _) = harness
        .process
        .raw(b"GET /%0d%0a{\"forged\":true} HTTP/1.1\r\nHost: a\r\nX: \"forged\":true\r\n\r\n", Duration::from_secs(2))
        .await;
    assert!(text.starts_with("HTTP/1.1 4"), "{text}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let log = harness.process.log();
    let (whole, _rest) = log.rsplit_once('\n').unwrap_or_default();
    let (mut read, mut marked) = (0, 0);
    for line in whole.lines() {
        // What a library writes by itself is no line of the log, and holds nothing that was sent.
        match serde_json::from_str::<serde_json::Value>(line) {
            Ok(value) => {
                assert!(value["level"].is_string() && value["timestamp"].is_string(), "a line of another kind: {line}");
                assert!(value.get("forged").is_none(), "a forged line: {line}");
                read += 1;
            }
            Err(_) => assert!(!line.contains("forged"), "a line that is broken off: {line}"),
        }
        marked += u32::from(line.contains("forged"));
    }
    assert!(read > 10, "{read} lines were read");
    assert!(marked > 0, "what was sent is in some line, as text");
}

/// What anybody does leaves one row that says who, when, where and what; what fails or is refused leaves one too, in its place.
#[tokio::test]
async fn r54_rows_say_who_when_where_and_what() {
    const AGENT: &str = "Canary/1.0 (rows)";
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let (sql, schema) = (&harness.sql, &alpha.schema);
    let mut owner = harness.owner(&alpha).await;
    let mut sales = harness.person(&alpha, "salesperson", "sam").await;
    let origin = format!("http://{}:8000", alpha.host);
    let headers = [
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", origin.as_str()),
        ("user-agent", AGENT),
    ];
    let body = b"first_name=N&last_name=M&email=n%40alpha.example&username=nn&user_type=user";
    let reply = owner.send("POST", "/api/tenant/user_create", &headers, body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let id = sql.text(&format!("SELECT id::text FROM {schema}.users WHERE username = 'nn'")).await;
    let rows = format!(
        "SELECT concat_ws('|', actor_kind, actor_label, action, object_kind, object_id, object_label, ip, user_agent, request_id, \
         abs(extract(epoch FROM at - now())) < 60) FROM {schema}.audit_log WHERE object_id = '{id}'"
    );
    let expected =
        format!("user|{}|user.create|user|{id}|n@alpha.example|127.0.0.1|{AGENT}|{}|t", alpha.owner, reply.header("x-request-id"));
    assert_eq!(sql.texts(&rows).await, [expected], "one act is one row");
    let begun =
        format!("SELECT count(*)::text FROM {schema}.audit_log WHERE action = 'session.create' AND actor_label = '{}'", alpha.owner);
    assert_eq!(sql.text(&begun).await, "1", "signing in is an act");
    // A refusal, a failed sign-in, and a form that was not taken.
    let reply = sales.send("POST", "/api/tenant/user_create", &headers, body).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.body);
    let noted = |kind: &str, id: &str| {
        format!(
            "SELECT concat_ws('|', tenant_id, ip, user_agent) FROM platform.security_events WHERE kind = '{kind}' AND request_id = '{id}'"
        )
    };
    let place = format!("{}|127.0.0.1|{AGENT}", alpha.id);
    assert_eq!(sql.texts(&noted("access.refused", reply.header("x-request-id"))).await, std::slice::from_ref(&place), "a refusal");
    let wrong = format!("login={}&password=wrong+password+here", alpha.owner.replace('@', "%40"));
    let reply = harness.browser(&alpha.host).send("POST", "/api/tenant/sign_in", &headers, wrong.as_bytes()).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reply.body);
    assert_eq!(sql.texts(&noted("login.failed", reply.header("x-request-id"))).await, [place], "a failed sign-in");
    let failed = format!(
        "SELECT concat_ws('|', succeeded, reason, ip, user_agent) FROM {schema}.login_events WHERE request_id = '{}'",
        reply.header("x-request-id")
    );
    let mut found = Vec::new();
    for _ in 0..100 {
        // It is written beside the answer.
        found = sql.texts(&failed).await;
        if !found.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(found, [format!("f|wrong|127.0.0.1|{AGENT}")], "and the account's own list has it");
    let count = format!("SELECT count(*)::text FROM {schema}.audit_log");
    let before = sql.text(&count).await;
    let reply = owner.send("POST", "/api/tenant/user_create", &headers, body).await;
    assert_eq!(reply.status, StatusCode::CONFLICT, "the address is taken: {}", reply.body);
    assert_eq!(sql.text(&count).await, before, "what was not done is not in the log");
}

/// Nobody that the program can be may change a log; an edit, a removal and an insertion by a superuser are found by
/// `oneo verify audit`, at the line where they are.
#[tokio::test]
async fn r54_logs_only_grow_and_show_every_edit() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let mut owner = harness.owner(&alpha).await;
    for index in 0..6 {
        let (email, name) = (format!("n{index}@alpha.example"), format!("n{index}"));
        let fields = [("first_name", "N"), ("last_name", "M"), ("email", &email), ("username", &name), ("user_type", "user")];
        assert_eq!(owner.call("/api/tenant/user_create", &fields).await.status, StatusCode::OK, "{name}");
    }
    let (sql, log) = (&harness.sql, format!("{}.audit_log", alpha.schema));
    let raw = harness.app.database.as_app().await;
    let begun = format!("BEGIN; SET LOCAL ROLE \"{}\"; SET LOCAL search_path TO \"{}\"", alpha.tenant.role(), alpha.schema);
    for act in ["UPDATE {} SET action = 'x'", "DELETE FROM {}", "TRUNCATE {}", "ALTER TABLE {} ADD COLUMN x int", "DROP TABLE {}"] {
        assert_eq!(raw.refused(&act.replace("{}", "platform.audit_log")).await, "42501", "{act} on the platform's");
        raw.run(&begun).await;
        assert_eq!(raw.refused(&act.replace("{}", "audit_log")).await, "42501", "{act} on a company's");
        raw.run("ROLLBACK").await;
    }
    let triggers = "SELECT count(*)::text FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE '%audit_log'";
    assert_eq!(sql.text(triggers).await, "0", "rights hold it, not triggers");
    let verify = ["verify", "audit"];
    let (whole, text) = said(&harness.app, &verify, &[]).await;
    assert!(whole && text.contains("alpha") && text.contains("unbroken") && !text.contains("BROKEN"), "{text}");
    sql.run(&format!("CREATE TABLE public.saved AS TABLE {log}")).await;
    let restore = format!("TRUNCATE {log}; INSERT INTO {log} OVERRIDING SYSTEM VALUE SELECT * FROM public.saved");
    let edits = [
        (format!("UPDATE {log} SET actor_label = 'somebody else' WHERE seq = 3"), 3),
        (format!("UPDATE {log} SET diff = '{{}}' WHERE seq = 4"), 4),
        (format!("UPDATE {log} SET at = at + interval '1 second' WHERE seq = 5"), 5),
        (format!("UPDATE {log} SET ip = NULL WHERE seq = 4"), 4),
        (format!("DELETE FROM {log} WHERE seq = 3"), 3),
        (format!("DELETE FROM {log} WHERE seq = 3; UPDATE {log} SET seq = seq - 1 WHERE seq > 3"), 3),
        (format!("DELETE FROM {log} WHERE seq = (SELECT max(seq) FROM {log})"), 0),
    ];
    for (edit, line) in edits {
        sql.run(&edit).await;
        let (whole, text) = said(&harness.app, &verify, &[]).await;
        sql.run(&restore).await;
        assert!(!whole && text.contains("BROKEN at line"), "{edit}: {text}");
        assert!(
            line == 0 || text.contains(&format!("BROKEN at line {line}")) || text.contains(&format!("BROKEN at line {}", line + 1)),
            "{edit}: {text}"
        );
    }
    let (whole, text) = said(&harness.app, &verify, &[]).await;
    assert!(whole, "put back as it was it is unbroken: {text}");
}

/// A program that is killed while many write: every act that was acknowledged is there once with its row, and no row is there
/// without its act.
#[tokio::test]
async fn r54_acts_and_rows_stand_or_fall_together() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let (sql, schema) = (&harness.sql, &alpha.schema);
    sql.run(&format!("UPDATE {schema}.quota SET max_users = 100000")).await;
    let mut acknowledged = Vec::new();
    for round in 0..5_u64 {
        let mut process = Process::start(&harness.app, &program(), &[]).await;
        let mut owner = process.browser(&alpha.host);
        owner.sign_in(&alpha.owner).await;
        let (address, session) = (process.address, owner.cookies["__Host-sid"].clone());
        let writers = (0..8).map(|writer| {
            let (host, session) = (alpha.host.clone(), session.clone());
            tokio::spawn(async move {
                let mut done = Vec::new();
                for number in 0..200 {
                    let name = format!("u{round}x{writer}x{number}");
                    let body = format!("first_name=N&last_name=M&email={name}%40alpha.example&username={name}&user_type=user");
                    match tell(address, &host, &session, "/api/tenant/user_create", &body).await {
                        Some(200) => done.push(name),
                        Some(_) => {}
                        None => break,
                    }
                }
                done
            })
        });
        let writers: Vec<_> = writers.collect();
        tokio::time::sleep(Duration::from_millis(300 + round * 90)).await;
        process.child.kill().unwrap();
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
    }
    assert!(acknowledged.len() > 10, "{} were acknowledged", acknowledged.len());
    // What was sent to the database before the end may still be committed; one look sees one moment.
    let pairs = format!(
        "SELECT concat_ws(' ', (SELECT count(*) FROM {schema}.users), \
         (SELECT count(*) FROM {schema}.audit_log WHERE action = 'user.create'), \
         (SELECT count(*) FROM {schema}.users u JOIN {schema}.audit_log l ON l.action = 'user.create' AND l.object_id = u.id::text), \
         (SELECT active_users FROM {schema}.quota))"
    );
    let counted = sql.text(&pairs).await;
    let counts: Vec<&str> = counted.split(' ').collect();
    assert!(counts.iter().all(|count| *count == counts[0]), "users, rows, pairs and places: {counted}");
    let there = sql.texts(&format!("SELECT username FROM {schema}.users")).await;
    for name in &acknowledged {
        assert!(there.contains(name), "{name} was acknowledged and is not there");
    }
    let (whole, text) = said(&harness.app, &["verify", "audit"], &[]).await;
    assert!(whole, "the chain is unbroken: {text}");
}
