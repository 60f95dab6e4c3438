//! What the database, its roles, the keys and the logs hold: requirements 49 to 54.

use crate::house::{House, WORD, program};
use axum::http::StatusCode;
use oneo::http::routes;
use secrecy::ExposeSecret;
use std::{net::SocketAddr, process::Stdio, time::Duration};
use test_support::{Browser, Process, Reply, Sql, Tenant, TestApp, environment};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use totp_rs::{Builder, Secret};

/// The secret key of the program in tests.
const SECRET_KEY: &str = "a-secret-key-of-tests-which-is-long-enough";
/// The key that comes after it.
const NEXT_KEY: &str = "the-next-secret-key-which-is-long-enough";
/// The password of the database's roles in tests.
const DATABASE_PASSWORD: &str = "a-password-of-throwaway-services";

/// Runs a command of the program to its end: whether it succeeded, and what it said.
async fn said(app: &TestApp, args: &[&str], more: &[(&str, &str)]) -> (bool, String) {
    let mut command = std::process::Command::new(program());
    environment(app, &mut command);
    command.args(args).envs(more.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true);
    match tokio::time::timeout(Duration::from_secs(30), command.output()).await {
        Ok(Ok(output)) => {
            let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            (output.status.success(), text)
        }
        Ok(Err(error)) => (false, error.to_string()),
        Err(_) => (true, "it goes on and on".to_owned()),
    }
}

/// The lines of PostgreSQL's log that are about the database of this test: `time [process] database SQLSTATE text`.
async fn postgres_log(sql: &Sql) -> Vec<String> {
    let lines = "SELECT line FROM regexp_split_to_table(convert_from(pg_read_binary_file(current_setting('data_directory') || \
                 '/../postgres.log'), 'LATIN1'), E'\\n') AS line WHERE line LIKE '%] ' || current_database() || ' %'";
    sql.texts(lines).await
}

/// What stands between two texts, for the first time.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).and_then(|rest| rest.split(after).next()).unwrap_or_default()
}

/// Sends a form and gives the status, if an answer came.
async fn tell(address: SocketAddr, host: &str, session: &str, path: &str, body: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}:8000\r\nOrigin: http://{host}:8000\r\nCookie: __Host-sid={session}\r\nAccept: application/json\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut read = Vec::new();
    stream.read_to_end(&mut read).await.ok()?;
    String::from_utf8_lossy(&read).split(' ').nth(1)?.parse().ok()
}

/// Signs in where the one connection of the program may be busy for a moment.
async fn sign_in_patiently(browser: &mut Browser, login: &str) {
    for _ in 0..20 {
        if browser.try_sign_in(login, WORD).await.location() == "/" {
            break;
        }
    }
    assert!(browser.cookies.contains_key("__Host-sid"), "{login} signs in on {}", browser.host);
}

/// With one connection for all, two companies take turns 1000 times while requests break off in between, and neither is ever
/// shown anything of the other; the browser looks for that in each answer.
#[tokio::test]
async fn r49_one_connection_serves_one_company_at_a_time() {
    let house = House::start_with(&[("DATABASE_CONNECTIONS", "1")]).await;
    let (alpha, beta) = (house.tenant("alpha").await, house.tenant("beta").await);
    let mut turns = Vec::new();
    for tenant in [&alpha, &beta] {
        let mut browser = house.browser(&tenant.host);
        sign_in_patiently(&mut browser, &tenant.owner).await;
        turns.push((browser, tenant));
    }
    let mut well = 0;
    for round in 0..500_u64 {
        let index = usize::try_from(round % 2).unwrap();
        for ((browser, tenant), other) in [(&turns[index], &turns[1 - index].1), (&turns[1 - index], &turns[index].1)] {
            let reply = browser.clone().call("/api/tenant/user_list", &[]).await;
            if reply.status == StatusCode::OK {
                well += 1;
                assert!(reply.body.contains(&tenant.owner), "round {round}: {} lacks its owner", tenant.host);
                assert!(!reply.body.contains(&other.owner), "round {round}: {} shows {}", tenant.host, other.owner);
            } else {
                assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "round {round}: {}", reply.body);
            }
        }
        // A page of which nobody waits for the end: what it has begun is dropped in the middle.
        let (browser, tenant) = &turns[index];
        let mut stream = TcpStream::connect(house.process.address).await.unwrap();
        let session = &browser.cookies["__Host-sid"];
        let request = format!("GET /users HTTP/1.1\r\nHost: {}:8000\r\nCookie: __Host-sid={session}\r\n\r\n", tenant.host);
        stream.write_all(request.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_micros(round * 37 % 6000)).await;
        drop(stream);
    }
    assert!(well > 800, "{well} of 1000 were answered");
}

/// What the program signs in as sees nothing of any company as it is: a query that forgot its company is an error of the
/// database's, and a company's role reaches its own schema alone.
#[tokio::test]
async fn r49_a_query_without_its_company_finds_nothing() {
    let house = House::start().await;
    let (alpha, beta) = (house.tenant("alpha").await, house.tenant("beta").await);
    let raw = house.app.database.as_app().await;
    assert_eq!(raw.text("SELECT current_user::text").await, "oneo_app", "what the program signs in as");
    assert_eq!(raw.text("SELECT current_setting('search_path')").await, "\"\"", "it has no path of its own");
    for (sql, code) in [
        ("SELECT * FROM users".to_owned(), "42P01"),
        (format!("SELECT * FROM {}.users", alpha.schema), "42501"),
        (format!("SELECT count(*) FROM {}.audit_log", beta.schema), "42501"),
        (format!("UPDATE {}.users SET is_active = false", beta.schema), "42501"),
    ] {
        assert_eq!(raw.refused(&sql).await, code, "{sql}");
    }
    let begun = format!("BEGIN; SET LOCAL ROLE \"{}\"; SET LOCAL search_path TO \"{}\"", alpha.tenant.role(), alpha.schema);
    for sql in [
        format!("SELECT * FROM {}.users", beta.schema),
        format!("SELECT * FROM {}.tenant_settings", beta.schema),
        "SELECT * FROM platform.tenants".to_owned(),
        "SELECT * FROM platform.platform_admins".to_owned(),
        "UPDATE quota SET max_users = 1000000".to_owned(),
    ] {
        raw.run(&begun).await;
        assert_eq!(raw.text("SELECT count(*)::text FROM users").await, "1", "its own table is there");
        assert_eq!(raw.refused(&sql).await, "42501", "{sql}");
        raw.run("ROLLBACK").await;
        assert_eq!(raw.refused("SELECT * FROM users").await, "42P01", "and nothing of it is left after {sql}");
    }
}

/// The roles that the running program uses may do what they need and no more, cannot become anything mightier, and nobody
/// makes anything in `public`.
#[tokio::test]
async fn r50_the_programs_roles_may_do_little() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    house.owner(&alpha).await;
    let sql = &house.sql;
    let used =
        "SELECT DISTINCT usename::text FROM pg_stat_activity WHERE application_name = 'oneo' AND datname = current_database() ORDER BY 1";
    let used = sql.texts(used).await;
    assert!(used.contains(&"oneo_app".to_owned()), "{used:?}");
    assert!(used.iter().all(|role| role == "oneo_app" || role == "oneo_owner"), "{used:?}");
    for role in ["oneo_app", "oneo_owner", alpha.tenant.role()] {
        let mighty = format!(
            "SELECT concat_ws(' ', rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication, rolinherit) FROM pg_roles WHERE rolname = '{role}'"
        );
        assert_eq!(sql.text(&mighty).await, "f f f f f f", "{role}");
        let member = format!(
            "SELECT count(*)::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles r ON r.oid = m.member \
             WHERE r.rolname = '{role}' AND (g.rolname LIKE 'pg\\_%' OR g.rolsuper OR g.rolcreaterole OR m.admin_option)"
        );
        assert_eq!(sql.text(&member).await, "0", "{role} can become something mightier, or make others so");
        let public = format!("SELECT has_schema_privilege('{role}', 'public', 'CREATE')::text");
        assert_eq!(sql.text(&public).await, "false", "{role} makes something in public");
    }
    let sign_in = format!("SELECT rolcanlogin::text FROM pg_roles WHERE rolname = '{}'", alpha.tenant.role());
    assert_eq!(sql.text(&sign_in).await, "false", "nobody signs in as a company's role");
    let raw = house.app.database.as_app().await;
    for ddl in [
        "CREATE SCHEMA mine",
        "CREATE TABLE public.mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE ROLE mine",
        "ALTER ROLE oneo_app SUPERUSER",
        "ALTER TABLE platform.tenants ADD COLUMN mine int",
        "DROP TABLE platform.audit_log",
        "TRUNCATE platform.audit_log",
        "DELETE FROM platform.tenants",
        "UPDATE platform.tenants SET status = 'active'",
        "SELECT oneo_roles.tenant_role_create(999)",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY platform.tenants TO PROGRAM 'true'",
    ] {
        assert_eq!(raw.refused(ddl).await, "42501", "{ddl}");
    }
    assert_eq!(raw.text("SELECT count(*)::text FROM platform.tenants").await, "1", "what it needs it has");
}

/// The program does not serve as a superuser of the database, and says why.
#[tokio::test]
async fn r50_a_superuser_is_refused_at_start() {
    let app = TestApp::start().await;
    let user = |url: &str| between(url, "://", "@").to_owned();
    let own = app.database.app_url().expose_secret().to_owned();
    let superuser = std::env::var("ONEO_TEST_DATABASE_URL").unwrap();
    let mighty = own.replacen(&user(&own), &user(&superuser), 1);
    assert_ne!(mighty, own, "another user of the same database");
    let (served, text) = said(&app, &["serve"], &[("DATABASE_URL", &mighty), ("LISTEN", "127.0.0.1:0")]).await;
    assert!(!served && text.contains("DATABASE_URL must not be a superuser's"), "{text}");
    assert!(!text.contains(&user(&superuser)), "nor does it tell the password: {text}");
    let process = Process::start(&app, &program(), &[]).await;
    assert_eq!(process.browser("localhost").get("/readyz").await.status, StatusCode::OK, "as oneo_app it serves");
}

/// Texts that would be SQL, if anything typed ever were.
const PAYLOADS: [&str; 40] = [
    "'",
    "''",
    "\"",
    "\\",
    "\\'",
    "`",
    ";",
    "--",
    "/*",
    "*/",
    "')",
    "'))--",
    "' OR '1'='1",
    "' OR 1=1--",
    "\" OR \"\"=\"",
    "1 OR 1=1",
    "1; DROP TABLE users",
    "'; DROP TABLE users; --",
    "'; SELECT pg_sleep(60); --",
    "1 AND (SELECT pg_sleep(60)) IS NULL",
    "' || pg_sleep(60) || '",
    "' UNION SELECT NULL--",
    "' UNION SELECT password_hash FROM users--",
    "1 UNION ALL SELECT 1,2,3",
    "(SELECT 1)",
    "CASE WHEN 1=1 THEN name ELSE email END",
    "name; SELECT 1",
    "name DESC, (SELECT 1)",
    "lower(email)",
    "1e309",
    "-1",
    "9223372036854775808",
    "NaN",
    "null",
    "$1",
    "$$;SELECT 1;$$",
    "%s",
    "{{1}}",
    "E'\\x27'",
    "\u{2019} OR 1=1",
];

/// Every name of a parameter that some list knows, and some that none does.
const PARAMETERS: [&str; 22] = [
    "q", "sort", "dir", "size", "after", "before", "role", "status", "mfa", "seen", "created", "from", "to", "ip", "actor", "action",
    "kind", "tenant", "id", "who", "limit", "offset",
];

/// A text as it stands in an address.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}

/// A body in which every field of every function is the payload, but for numbers.
fn body_of(payload: &str) -> Vec<(String, String)> {
    let names = [
        "id",
        "user",
        "slug",
        "key",
        "token",
        "name",
        "domain",
        "first_name",
        "last_name",
        "owner_first_name",
        "owner_last_name",
        "owner_email",
        "email",
        "username",
        "user_type",
        "login",
        "password",
        "password_old",
        "password_repeated",
        "change",
        "role",
        "provider",
        "model",
        "base_url",
        "ai_usage_limit",
        "json",
        "max_users",
        "code",
        "theme",
        "group",
        "setting_key",
        "setting_value",
        "fallback",
        "metadata",
        "description",
        "q",
        "ip",
        "from",
        "with",
        "invite",
        "next",
        "mode",
        "match_by",
        "values[branding.name]",
        "permissions[records.view]",
        "columns[email]",
        "fields[plan]",
        "further[x]",
        "locale",
    ];
    let mut body: Vec<(String, String)> = names.iter().map(|name| ((*name).to_owned(), payload.to_owned())).collect();
    body.extend([("version", "1"), ("expected", "1")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    body
}

async fn call(browser: &mut Browser, path: &str, fields: &[(String, String)]) -> Reply {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.call(path, &fields).await
}

/// Forty payloads in every parameter of every list, in every part of a path and in every field of every function make no fault,
/// and PostgreSQL was never given anything that it could not read.
#[tokio::test]
async fn r51_what_is_typed_is_never_sql() {
    const CODES: [&str; 6] = ["42601", "42P01", "22P02", "42703", "42883", "42P02"];
    /// What acts whatever is typed.
    const ACTS: [&str; 8] =
        ["sign_out", "mfa_begin", "mfa_codes", "mfa_remove", "photo_remove", "logo_remove", "onboarding_dismiss", "account_session_end"];
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let mut owner = house.owner(&alpha).await;
    let mut admin = house.admin().await;
    let id = house.sql.text(&format!("SELECT min(id)::text FROM {}.users", alpha.schema)).await;
    let before = house.sql.text("SELECT count(*)::text FROM pg_namespace").await;
    let lists = [
        ("tenant", vec!["user_list", "session_list", "audit_list", "job_list", "user_audit", "user_sign_ins", "account_sign_ins"]),
        ("platform", vec!["tenant_list", "domain_list", "usage_list", "audit_list", "job_list", "tenant_users", "tenant_audit_list"]),
    ];
    for payload in PAYLOADS {
        for (site, functions) in &lists {
            let browser = if *site == "tenant" { &mut owner } else { &mut admin };
            let mut fields = vec![("id".to_owned(), id.clone()), ("slug".to_owned(), "alpha".to_owned())];
            for (index, name) in PARAMETERS.iter().enumerate() {
                fields.push((format!("query[{index}][0]"), (*name).to_owned()));
                fields.push((format!("query[{index}][1]"), payload.to_owned()));
            }
            for function in functions {
                let reply = call(browser, &format!("/api/{site}/{function}"), &fields).await;
                assert_eq!(reply.status, StatusCode::OK, "{function} with {payload}: {}", reply.body);
            }
        }
        let text = encoded(payload);
        for path in [format!("/users/{text}"), format!("/roles/{text}"), format!("/settings/history/{text}"), format!("/users?sort={text}")]
        {
            let reply = owner.get(&path).await;
            assert!(!reply.status.is_server_error(), "{path}: {}", reply.status);
        }
        for path in [format!("/tenants/{text}"), format!("/jobs/{text}"), format!("/users?q={text}"), format!("/tenants.csv?q={text}")] {
            let reply = admin.get(&path).await;
            assert!(!reply.status.is_server_error(), "{path}: {}", reply.status);
        }
    }
    for payload in ["' OR '1'='1", "'; SELECT pg_sleep(60); --", "\\'\"$1"] {
        for site in routes::SITES {
            let browser = if site == "tenant" { &mut owner } else { &mut admin };
            let body = body_of(payload);
            for path in routes::functions(site) {
                if ACTS.contains(&path.rsplit('/').next().unwrap_or_default()) {
                    continue;
                }
                let mut body = body.clone();
                if path.ends_with("/user_bulk") {
                    body.extend([("act".to_owned(), "deactivate".to_owned()), ("query".to_owned(), payload.to_owned())]);
                } else {
                    body.push(("act".to_owned(), payload.to_owned()));
                }
                let reply = call(browser, path, &body).await;
                assert!(!reply.status.is_server_error(), "{path} with {payload}: {} {}", reply.status, reply.body);
            }
            house.forget_tries().await;
        }
    }
    assert_eq!(owner.get("/users").await.status, StatusCode::OK, "the tables are still there");
    assert_eq!(house.sql.text("SELECT count(*)::text FROM pg_namespace").await, before, "and no schema came or went");
    // One statement that PostgreSQL cannot read shows what the log would show.
    assert_eq!(house.sql.refused("SELEC canary_of_the_log").await, "42601", "a broken statement");
    let log = postgres_log(&house.sql).await;
    let database = house.sql.text("SELECT current_database()::text").await;
    let is_broken = |line: &&String| CODES.iter().any(|code| line.contains(&format!("] {database} {code} ")));
    let broken: Vec<&String> = log.iter().filter(|line| line.contains("ERROR:")).filter(is_broken).collect();
    assert_eq!(broken.len(), 1, "{broken:?}");
}

/// The version of a company, as the forms about it send it.
async fn version(sql: &Sql, slug: &str) -> String {
    let at = "SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM platform.tenants";
    sql.text(&format!("{at} WHERE slug = '{slug}'")).await
}

/// Gives a company a key for AI.
async fn key_set(house: &House, admin: &mut Browser, slug: &str, key: &str) {
    let at = version(&house.sql, slug).await;
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

/// Of a key for AI nothing but its end is ever shown; its ciphertext opens for its company and its service alone, with every
/// bit as it was, and each refusal is noted.
#[tokio::test]
async fn r52_keys_open_in_their_place_alone() {
    let house = House::start().await;
    let (alpha, _beta) = (house.tenant("alpha").await, house.tenant("beta").await);
    let mut admin = house.admin().await;
    key_set(&house, &mut admin, "alpha", "sk-canary-of-alpha-0123456789-aAaA").await;
    key_set(&house, &mut admin, "beta", "sk-canary-of-beta-0123456789-bBbB").await;
    let mut owner = house.owner(&alpha).await;
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
    let sql = &house.sql;
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
        assert!(page.body.contains("cannot be opened"), "{what}: {}", page.body);
        assert!(!page.body.contains("aAaA") && !page.body.contains("canary-of"), "{what}: {}", page.body);
        let tested = admin.call("/api/platform/tenant_ai_test", &[("slug", slug)]).await;
        assert_eq!(tested.status, StatusCode::CONFLICT, "{what}: {}", tested.body);
        assert_eq!(sql.text(refused).await, ((index + 1) * 2).to_string(), "{what} was noted each time");
    }
    sql.run(&format!("UPDATE platform.tenants SET ai_config_encrypted = '{stored}' WHERE slug = 'alpha'")).await;
    assert!(admin.get("/tenants/alpha/ai").await.body.contains("aAaA"), "as it was, it opens again");
    let dump = house.app.database.dump().await;
    assert!(dump.contains(&stored) && !dump.contains("canary-of"), "a dump holds ciphertext alone");
}

/// Keys change without a pause: sealed anew with the next one, a program that has only that one reads them, and one without
/// either reads nothing.
#[tokio::test]
async fn r52_secret_keys_can_be_changed() {
    let house = House::start().await;
    house.tenant("alpha").await;
    let mut admin = house.admin().await;
    key_set(&house, &mut admin, "alpha", "sk-canary-of-alpha-0123456789-aAaA").await;
    let opens = async |keys: &str| {
        let process = Process::start(&house.app, &program(), &[("SECRET_KEYS", keys)]).await;
        let mut browser = process.browser("localhost");
        browser.sign_in("admin@oneo.example").await;
        let page = browser.get("/tenants/alpha/ai").await;
        assert_eq!(page.status, StatusCode::OK, "with {keys}");
        assert!(page.body.contains("aAaA") != page.body.contains("cannot be opened"), "with {keys}: {}", page.body);
        page.body.contains("aAaA")
    };
    let both = format!("{NEXT_KEY},{SECRET_KEY}");
    assert!(opens(&both).await, "with both keys");
    assert!(!opens(NEXT_KEY).await, "with the next key alone, before");
    let (done, text) = said(&house.app, &["secrets", "rotate"], &[("SECRET_KEYS", &both)]).await;
    assert!(done && text.contains("1 sealed anew, 0 were already"), "{text}");
    assert!(opens(NEXT_KEY).await, "with the next key alone, afterwards");
    assert!(!opens(SECRET_KEY).await, "the old one is worth nothing any more");
    assert!(!house.app.database.dump().await.contains("canary-of"), "a dump holds none of it");
}

/// All that Redis holds of this installation, names and values.
async fn in_redis(house: &House) -> String {
    let mut redis = house.redis().await;
    let mut text = String::new();
    for key in house.keys().await {
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
async fn worked(house: &House, alpha: &Tenant) -> Secrets {
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
    let mut owner = house.owner(alpha).await;
    secrets.add("a session", &owner.cookies["__Host-sid"]);
    secrets.add("a known browser", &owner.cookies["__Host-device"]);
    let tried = house.browser(&alpha.host).try_sign_in(&alpha.owner, WRONG).await;
    assert_eq!(tried.location(), "/login", "a wrong password leads back");
    // An invitation.
    let fields = [("first_name", "Ines"), ("last_name", "N"), ("email", "ines@alpha.example"), ("username", "ines"), ("user_type", "user")];
    let made = owner.post("/api/tenant/user_create", "/users/new", &fields).await;
    let page = owner.get(made.location()).await.body;
    let token = between(&page, "/invite/", "\"").to_owned();
    secrets.add("an invitation", &token);
    let mut ines = house.browser(&alpha.host);
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
    let seed: String = shown.chars().filter(|letter| !letter.is_whitespace()).collect();
    secrets.add("a seed", &seed);
    let totp = Builder::new().with_secret(Secret::try_from_base32(&seed).unwrap()).with_account_name("x").build().unwrap();
    let now: u64 = house.sql.text("SELECT extract(epoch FROM clock_timestamp())::bigint::text").await.parse().unwrap();
    let code = totp.generate(now).to_string();
    assert_eq!(ines.post("/api/tenant/mfa_confirm", "/account/mfa", &[("code", &code)]).await.status, StatusCode::SEE_OTHER, "it is on");
    let page = ines.get("/account/mfa").await.body;
    let recovery = between(between(&page, "data-recovery-codes", "</ul>"), "<code>", "</code>").to_owned();
    secrets.add("a recovery code", &recovery);
    secrets.add("a recovery code as it is compared", &recovery.replace('-', ""));
    secrets.add("a session with a second factor", &ines.cookies["__Host-sid"]);
    let mut again = house.browser(&alpha.host);
    assert!(again.try_sign_in("ines", NEXT).await.location().starts_with("/login"), "a code is asked for");
    secrets.add("a ticket", &again.cookies["__Host-second"]);
    assert_eq!(again.call("/api/tenant/sign_in_code", &[("code", &recovery)]).await.status, StatusCode::OK, "and taken");
    secrets.add("a session by a recovery code", &again.cookies["__Host-sid"]);
    // A key for AI, by the platform; a reset that nobody uses.
    let mut admin = house.admin().await;
    key_set(house, &mut admin, "alpha", "sk-canary-of-alpha-0123456789-aAaA").await;
    secrets.add("a key for AI", "sk-canary-of-alpha-0123456789");
    assert!(admin.get("/tenants/alpha/ai").await.body.contains("aAaA"), "it can be opened");
    secrets
}

/// With everything logged that can be, nothing secret is in the program's log, in PostgreSQL's, in a dump or in Redis.
#[tokio::test]
async fn r53_secrets_are_in_no_log() {
    let house = House::start_with(&[("LOG_FILTER", "trace"), ("LOG_FORMAT", "json")]).await;
    let alpha = house.tenant("alpha").await;
    let secrets = worked(&house, &alpha).await;
    let last = house.browser(&alpha.host).get("/login").await;
    // What is written beside an answer comes a moment after it.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let log = house.process.log();
    let id = last.header("x-request-id");
    assert!(id.len() >= 8 && log.contains(id), "the log is that of the program that was asked");
    assert!(log.contains("\"level\":\"TRACE\"") || log.contains("\"level\":\"DEBUG\""), "more than usual is logged");
    secrets.are_not_in("the log", &log);
    assert_eq!(house.sql.refused("SELEC canary_of_the_log").await, "42601", "a broken statement");
    let lines = postgres_log(&house.sql).await.join("\n");
    assert!(lines.contains("canary_of_the_log"), "PostgreSQL's log is that of this database");
    secrets.are_not_in("PostgreSQL's log", &lines);
    let dump = house.app.database.dump().await;
    assert!(dump.contains("ines@alpha.example") && dump.contains("audit_log"), "the dump is whole");
    secrets.are_not_in("a dump", &dump);
    let kept = in_redis(&house).await;
    assert!(kept.contains(":session:") && kept.contains(":sessions:"), "sessions are in Redis: {kept}");
    secrets.are_not_in("Redis", &kept);
}

/// Nothing that a stranger sends can begin a line of the log or look like one.
#[tokio::test]
async fn r53_no_line_of_the_log_can_be_forged() {
    let house = House::start_with(&[("LOG_FILTER", "trace"), ("LOG_FORMAT", "json")]).await;
    let alpha = house.tenant("alpha").await;
    let mut owner = house.owner(&alpha).await;
    let line = "\r\n{\"level\":\"ERROR\",\"forged\":true}\r\n";
    house.browser(&alpha.host).try_sign_in(&format!("a{line}"), &format!("b{line}")).await;
    let agent = [("accept", "text/html"), ("user-agent", "x\"} {\"forged\":true}")];
    house.browser(&alpha.host).send("GET", "/login", &agent, b"").await;
    house.browser(&alpha.host).get(&format!("/nothing{}", encoded(line))).await;
    house.browser(&alpha.host).get(&format!("/invite/{}", encoded(line))).await;
    let name = [("first_name", line), ("last_name", line)];
    owner.call("/api/tenant/account_set", &name).await;
    owner.call("/api/tenant/role_create", &[("name", line)]).await;
    let (text, _) =
        house.process.raw(b"GET /%0d%0a{\"forged\":true} HTTP/1.1\r\nHost: a\r\nX: \"forged\":true\r\n\r\n", Duration::from_secs(2)).await;
    assert!(text.starts_with("HTTP/1.1 4"), "{text}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let log = house.process.log();
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
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let (sql, schema) = (&house.sql, &alpha.schema);
    let mut owner = house.owner(&alpha).await;
    let mut sales = house.person(&alpha, "salesperson", "sam").await;
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
    let reply = house.browser(&alpha.host).send("POST", "/api/tenant/sign_in", &headers, wrong.as_bytes()).await;
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
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let mut owner = house.owner(&alpha).await;
    for index in 0..6 {
        let (email, name) = (format!("n{index}@alpha.example"), format!("n{index}"));
        let fields = [("first_name", "N"), ("last_name", "M"), ("email", &email), ("username", &name), ("user_type", "user")];
        assert_eq!(owner.call("/api/tenant/user_create", &fields).await.status, StatusCode::OK, "{name}");
    }
    let (sql, log) = (&house.sql, format!("{}.audit_log", alpha.schema));
    let raw = house.app.database.as_app().await;
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
    let (whole, text) = said(&house.app, &verify, &[]).await;
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
        let (whole, text) = said(&house.app, &verify, &[]).await;
        sql.run(&restore).await;
        assert!(!whole && text.contains("BROKEN at line"), "{edit}: {text}");
        assert!(
            line == 0 || text.contains(&format!("BROKEN at line {line}")) || text.contains(&format!("BROKEN at line {}", line + 1)),
            "{edit}: {text}"
        );
    }
    let (whole, text) = said(&house.app, &verify, &[]).await;
    assert!(whole, "put back as it was it is unbroken: {text}");
}

/// A program that is killed while many write: every act that was acknowledged is there once with its row, and no row is there
/// without its act.
#[tokio::test]
async fn r54_acts_and_rows_stand_or_fall_together() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let (sql, schema) = (&house.sql, &alpha.schema);
    sql.run(&format!("UPDATE {schema}.quota SET max_users = 100000")).await;
    let mut acknowledged = Vec::new();
    for round in 0..5_u64 {
        let mut process = Process::start(&house.app, &program(), &[]).await;
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
    let (whole, text) = said(&house.app, &["verify", "audit"], &[]).await;
    assert!(whole, "the chain is unbroken: {text}");
}
