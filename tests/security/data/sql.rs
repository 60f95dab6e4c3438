//! Roles of the database, and what is typed.

use super::*;
use crate::harness::{Harness, WORD, encoded, program};
use axum::http::StatusCode;
use oneo::http::routes;
use secrecy::ExposeSecret;
use std::time::Duration;
use test_support::{Browser, Process, TestApp};
use tokio::{io::AsyncWriteExt, net::TcpStream};

/// Signs in where the one connection of the program may be busy for a moment.
async fn sign_in_patiently(browser: &mut Browser, login: &str) {
    for _ in 0..20 {
        if browser.try_sign_in(login, WORD).await.location() == "/" {
            break;
        }
    }
    assert!(browser.cookies.contains_key("__Host-sid"), "{login} signs in on {}", browser.host);
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

/// With one connection for all, two companies take turns 1000 times while requests break off in between, and neither is ever
/// shown anything of the other; the browser looks for that in each answer.
#[tokio::test]
async fn r49_one_connection_serves_one_company_at_a_time() {
    let harness = Harness::start_with(&[("DATABASE_CONNECTIONS", "1")]).await;
    let (alpha, beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    let mut turns = Vec::new();
    for tenant in [&alpha, &beta] {
        let mut browser = harness.browser(&tenant.host);
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
        let mut stream = TcpStream::connect(harness.process.address).await.unwrap();
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
    let harness = Harness::start().await;
    let (alpha, beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
    let raw = harness.app.database.as_app().await;
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
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    harness.owner(&alpha).await;
    let sql = &harness.sql;
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
    let raw = harness.app.database.as_app().await;
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
    let mut ready = process.browser("localhost").get("/readyz").await.status;
    for _ in 0..20 {
        if ready == StatusCode::OK {
            break;
        }
        // A busy machine may need a moment for the first connection.
        tokio::time::sleep(Duration::from_millis(250)).await;
        ready = process.browser("localhost").get("/readyz").await.status;
    }
    assert_eq!(ready, StatusCode::OK, "as oneo_app it serves");
}

/// Forty payloads in every parameter of every list, in every part of a path and in every field of every function make no fault,
/// and PostgreSQL was never given anything that it could not read.
#[tokio::test]
async fn r51_what_is_typed_is_never_sql() {
    const CODES: [&str; 6] = ["42601", "42P01", "22P02", "42703", "42883", "42P02"];
    /// What acts whatever is typed.
    const ACTS: [&str; 8] =
        ["sign_out", "mfa_begin", "mfa_codes", "mfa_remove", "photo_remove", "logo_remove", "onboarding_dismiss", "account_session_end"];
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let mut owner = harness.owner(&alpha).await;
    let mut admin = harness.admin().await;
    let id = harness.sql.text(&format!("SELECT min(id)::text FROM {}.users", alpha.schema)).await;
    let before = harness.sql.text("SELECT count(*)::text FROM pg_namespace").await;
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
            harness.forget_tries().await;
        }
    }
    assert_eq!(owner.get("/users").await.status, StatusCode::OK, "the tables are still there");
    assert_eq!(harness.sql.text("SELECT count(*)::text FROM pg_namespace").await, before, "and no schema came or went");
    // One statement that PostgreSQL cannot read shows what the log would show.
    assert_eq!(harness.sql.refused("SELEC canary_of_the_log").await, "42601", "a broken statement");
    let log = postgres_log(&harness.sql).await;
    let database = harness.sql.text("SELECT current_database()::text").await;
    let is_broken = |line: &&String| CODES.iter().any(|code| line.contains(&format!("] {database} {code} ")));
    let broken: Vec<&String> = log.iter().filter(|line| line.contains("ERROR:")).filter(is_broken).collect();
    assert_eq!(broken.len(), 1, "{broken:?}");
}
