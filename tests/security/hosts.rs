//! Which site a host leads to, whose address counts, and what names a company may have (security.md 1 to 9).

use crate::house::{House, WORD, program};
use axum::http::StatusCode;
use futures_util::future::join_all;
use oneo::http::routes;
use std::{collections::BTreeSet, path::Path, time::Duration};
use test_support::{Browser, Reply, Sql, TestDns, environment};

/// How long an answer may take to come and its connection to end.
const WAIT: Duration = Duration::from_secs(10);
/// What a form without a file is sent as.
const FORM: &str = "application/x-www-form-urlencoded";

const DOMAIN_ADD: &str = "/api/platform/domain_add";
const DOMAIN_CHANGE: &str = "/api/platform/domain_change";
const DOMAIN_CHECK: &str = "/api/platform/domain_check";
const FORGOT: &str = "/api/tenant/forgot_send";

/// Every name that security.md 7 keeps for the platform, some that its patterns `ns*`, `mx*` and `_*` mean, and two more.
const RESERVED: &[&str] = &[
    "www",
    "api",
    "app",
    "admin",
    "auth",
    "login",
    "sso",
    "static",
    "assets",
    "cdn",
    "mail",
    "smtp",
    "imap",
    "pop",
    "ftp",
    "ns",
    "ns1",
    "ns22",
    "mx",
    "mx1",
    "status",
    "support",
    "help",
    "docs",
    "blog",
    "dev",
    "staging",
    "root",
    "new",
    "localhost",
    "autodiscover",
    "autoconfig",
    "wpad",
    "isatap",
    "mta-sts",
    "abuse",
    "postmaster",
    "hostmaster",
    "webmaster",
    "security",
    "_dmarc",
    "_domainkey",
    "platform",
    "signup",
];

/// The headers by which proxies, and attackers, say which host was meant.
const FORWARDED: &[&str] =
    &["x-forwarded-host", "x-host", "x-original-host", "x-http-host-override", "x-forwarded-server", "x-original-url", "x-rewrite-url"];

/// The status of an answer that came as bytes.
fn status(text: &str) -> &str {
    text.split(' ').nth(1).unwrap_or_default()
}

/// Sends a request line and header lines as they are; gives what came and whether the connection was ended.
async fn raw(house: &House, line: &str, headers: &[&[u8]]) -> (String, bool) {
    let mut bytes = format!("{line}\r\n").into_bytes();
    for header in headers {
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    house.process.raw(&bytes, WAIT).await
}

/// Fields as a browser sends them.
fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| {
        let part = |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        text.bytes().map(part).collect::<String>()
    };
    fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&")
}

/// Waits until a host answers like that; what changed is heard of within moments.
async fn becomes(house: &House, host: &str, expected: StatusCode) {
    for _ in 0..100 {
        if house.browser(host).get("/login").await.status == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(house.browser(host).get("/login").await.status, expected, "{host} did not become so");
}

/// What is kept, without logs and without what the program counts and measures by itself, and every schema and role.
async fn kept(house: &House) -> String {
    let tables = house
        .sql
        .texts(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') \
             AND tablename NOT IN ('audit_log', 'audit_head', 'security_events', 'login_events', 'job_log', 'settings') \
             AND left(tablename, 6) <> 'usage_' ORDER BY 1",
        )
        .await;
    let hash = |table: &String| {
        format!("SELECT '{table} ' || md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS hash FROM {table} t")
    };
    let all: Vec<String> = tables.iter().map(hash).collect();
    let rows = house.sql.text(&format!("SELECT string_agg(hash, E'\\n' ORDER BY hash) FROM ({}) AS hashes", all.join(" UNION ALL "))).await;
    format!("{rows}\n{:?}\n{:?}", schemas(&house.sql).await, roles(house).await)
}

/// The names of all schemas that are no PostgreSQL session's own.
async fn schemas(sql: &Sql) -> BTreeSet<String> {
    sql.texts("SELECT nspname::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'").await.into_iter().collect()
}

/// The roles of this installation; other tests make theirs on the same server.
async fn roles(house: &House) -> BTreeSet<String> {
    let installation = house.app.services.db.installation();
    house
        .sql
        .texts(&format!("SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'oneo\\_{installation}\\_%'"))
        .await
        .into_iter()
        .collect()
}

/// security.md 1: what hyper lets pass and no company may be looked up for is 400, and nothing more is read on that connection.
#[tokio::test]
async fn r01_malformed_hosts_are_400() {
    let house = House::start().await;
    house.app.tenant("acme").await;
    let (good, _) = raw(&house, "GET /login HTTP/1.0", &[b"Host: acme.localhost:8000"]).await;
    assert_eq!(status(&good), "200", "the host itself leads to its company: {good}");
    let bad: &[&[u8]] = &[
        b"acme:x@evil",
        b"acme/..",
        b"a b",
        b"acme'--",
        b"acme:99999",
        b"acme.localhost:99999",
        b"acme.localhost:0",
        b"acme.localhost:",
        b"acme.localhost:+80",
        b"acme.localhost:80:80",
        b"acme..localhost",
        b".acme.localhost",
        b"-acme.localhost",
        b"acme-.localhost",
        b"acme_x.localhost",
        b"[::1",
        b"[zz]",
        b".",
        b"",
        b"user@acme.localhost",
        b"acme.localhost@evil",
        b"http://acme.localhost",
        b"acme.localhost/login",
        b"%61cme.localhost",
        b"acme,beta",
        b"acme.localhost, beta.localhost",
        b"acme.localhost\\evil",
        // Text that is no ASCII belongs into punycode first.
        b"b\xc3\xbccher.localhost",
        b"acme\x00.localhost",
    ];
    for host in bad.iter().copied() {
        let name = String::from_utf8_lossy(host).into_owned();
        let line = [b"Host: ".as_slice(), host].concat();
        for request in ["GET /login HTTP/1.1", "POST /api/tenant/sign_in HTTP/1.1"] {
            let (text, ended) = raw(&house, request, &[&line]).await;
            assert_eq!(status(&text), "400", "{request} for {name:?}: {text}");
            assert!(ended, "the connection goes on after {request} for {name:?}");
            assert!(!text.contains("Company acme") && !text.to_lowercase().contains("set-cookie"), "{name:?}: {text}");
        }
    }
    let long = format!("Host: {}.localhost", "a".repeat(64));
    assert_eq!(status(&raw(&house, "GET /login HTTP/1.1", &[long.as_bytes()]).await.0), "400", "a label of 64 characters");
}

/// security.md 1: a request names exactly one host, and names the same one wherever it does.
#[tokio::test]
async fn r01_one_host_and_the_same_everywhere() {
    let house = House::start().await;
    house.app.tenant("acme").await;
    house.app.tenant("beta").await;
    let cases: &[(&str, &[&[u8]])] = &[
        ("GET /login HTTP/1.1", &[]),
        ("GET /login HTTP/1.0", &[]),
        ("GET /login HTTP/1.1", &[b"Host: acme.localhost", b"Host: beta.localhost"]),
        ("GET /login HTTP/1.1", &[b"Host: acme.localhost", b"Host: acme.localhost"]),
        ("GET http://evil/ HTTP/1.1", &[b"Host: localhost"]),
        ("GET http://beta.localhost/login HTTP/1.1", &[b"Host: acme.localhost"]),
        ("GET http://acme.localhost@evil/login HTTP/1.1", &[b"Host: acme.localhost"]),
        ("GET http://user@acme.localhost/login HTTP/1.1", &[b"Host: acme.localhost"]),
        ("GET http://acme.localhost:99999/login HTTP/1.1", &[b"Host: acme.localhost"]),
    ];
    for (line, headers) in cases.iter().copied() {
        let (text, ended) = raw(&house, line, headers).await;
        assert_eq!(status(&text), "400", "{line}: {text}");
        assert!(ended, "the connection goes on after {line}");
        assert!(!text.contains("Company "), "{line}: {text}");
    }
    let (text, _) =
        raw(&house, "GET http://acme.localhost/login HTTP/1.1", &[b"Host: acme.localhost", b"Accept: text/html", b"Connection: close"])
            .await;
    assert_eq!(status(&text), "200", "an absolute target of the same host: {text}");
}

/// security.md 1: capitals, the dot of the root and a port lead to the same company, and to the same session there.
#[tokio::test]
async fn r01_one_company_whatever_the_spelling() {
    let house = House::start().await;
    let acme = house.app.tenant("acme").await;
    let owner = house.owner(&acme).await;
    let cookie = format!("Cookie: __Host-sid={}", owner.cookies["__Host-sid"]);
    for host in [
        "acme.localhost",
        "ACME.LOCALHOST",
        "Acme.LocalHost.",
        "acme.localhost:443",
        "acme.localhost:8080",
        "acme.localhost.:65535",
        "ACME.localhost.:8000",
    ] {
        let line = format!("Host: {host}");
        let (page, _) = raw(&house, "GET /login HTTP/1.0", &[line.as_bytes(), b"Accept: text/html"]).await;
        assert!(status(&page) == "200" && page.contains("Company acme"), "{host}: {page}");
        let (inside, _) = raw(&house, "GET /users HTTP/1.0", &[line.as_bytes(), b"Accept: text/html", cookie.as_bytes()]).await;
        assert!(status(&inside) == "200" && inside.contains(&acme.owner), "{host} is another site for the session");
    }
}

/// What can differ between two answers only by what is new in each: their headers and body without time, number and nonce.
fn shape(reply: &Reply) -> (StatusCode, Vec<String>, String) {
    let varies = ["date", "x-request-id", "content-security-policy"];
    let mut headers: Vec<String> = reply
        .headers
        .iter()
        .filter(|(name, _)| !varies.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    headers.sort();
    let body = reply.body.split("nonce=\"").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest)).collect();
    (reply.status, headers, body)
}

/// security.md 2: hosts that are unknown, reserved, deleted, archived or not yet proved answer with the same headers and bytes,
/// whatever is asked of them and by whom, and set no cookie.
#[tokio::test]
async fn r02_unknown_hosts_are_one_404() {
    let house = House::start().await;
    let mut admin = house.admin().await;
    for slug in ["gone", "old", "claims"] {
        house.app.tenant(slug).await;
        becomes(&house, &format!("{slug}.localhost"), StatusCode::OK).await;
    }
    services::tenants::tenant_delete(&house.app.operator(), "gone", "Company gone", false).await.unwrap();
    assert_eq!(admin.call("/api/platform/tenant_archive", &[("slug", "old")]).await.status, StatusCode::OK, "archiving");
    let claim = [("slug", "claims"), ("domain", "claims.firm.example")];
    assert_eq!(admin.call(DOMAIN_ADD, &claim).await.status, StatusCode::OK, "claiming");
    becomes(&house, "gone.localhost", StatusCode::NOT_FOUND).await;
    becomes(&house, "old.localhost", StatusCode::NOT_FOUND).await;
    let hosts = [
        "unknown.localhost",
        "admin.localhost",
        "www.localhost",
        "gone.localhost",
        "old.localhost",
        "claims.firm.example",
        "example.com",
        "10.0.0.1",
        "x.claims.localhost",
    ];
    let html: &[(&str, &str)] = &[("accept", "text/html")];
    let none: &[(&str, &str)] = &[];
    for (method, path, headers) in [
        ("GET", "/", html),
        ("GET", "/", none),
        ("GET", "/users", html),
        ("GET", "/pkg/oneo.js", none),
        ("POST", "/api/tenant/sign_in", none),
    ] {
        let mut shapes = Vec::new();
        for host in hosts {
            // Also for somebody who brings cookies along.
            for mut browser in [house.browser(host), admin.on(host)] {
                let reply = browser.send(method, path, headers, b"").await;
                assert_eq!(reply.status, StatusCode::NOT_FOUND, "{method} {path} on {host}");
                assert!(reply.set_cookies().is_empty(), "{method} {path} on {host} sets a cookie");
                assert!(!reply.body.contains("Company") && !reply.body.contains("localhost"), "{method} {path} on {host}: {}", reply.body);
                shapes.push(shape(&reply));
            }
        }
        let first = shapes[0].clone();
        for (shape, host) in shapes.iter().zip(hosts.iter().flat_map(|host| [host, host])) {
            assert_eq!(*shape, first, "{method} {path} tells {host} apart");
        }
    }
    // The ones that are there still answer as themselves.
    assert_eq!(house.browser("claims.localhost").get("/login").await.status, StatusCode::OK, "the company that claims");
}

/// security.md 2: ten thousand made-up hosts do not mean ten thousand queries.
#[tokio::test]
async fn r02_made_up_hosts_cost_no_queries() {
    const BATCHES: usize = 100;
    const IN_A_BATCH: usize = 100;
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut owner = house.owner(&acme).await;
    let commits = async || -> u64 {
        house.sql.text("SELECT xact_commit::text FROM pg_stat_database WHERE datname = current_database()").await.parse().unwrap()
    };
    let before = commits().await;
    for round in 0..BATCHES / 10 {
        let batches = (0..10).map(|batch| {
            let house = &house;
            async move {
                let one = |number: usize| {
                    let end = if number + 1 == IN_A_BATCH { "Connection: close\r\n" } else { "" };
                    format!("GET / HTTP/1.1\r\nHost: made-up-{round}-{batch}-{number}.localhost\r\n{end}\r\n")
                };
                let requests: String = (0..IN_A_BATCH).map(one).collect();
                house.process.raw(requests.as_bytes(), Duration::from_secs(60)).await.0.matches("HTTP/1.1 404").count()
            }
        });
        for answered in join_all(batches).await {
            assert_eq!(answered, IN_A_BATCH, "round {round}: each of them is 404");
        }
    }
    // What costs queries is counted by the same measure.
    for _ in 0..60 {
        assert_eq!(owner.get("/users").await.status, StatusCode::OK, "a page that is there");
    }
    // PostgreSQL writes its counters down ten seconds late at most.
    tokio::time::sleep(Duration::from_secs(12)).await;
    let made = commits().await - before;
    assert!(made >= 60, "the measure counts nothing: {made}");
    assert!(made < 2000, "10,000 made-up hosts cost {made} transactions");
}

/// security.md 2: a suspended company's site is one fixed page without anything of the company, for everybody and everything.
#[tokio::test]
async fn r02_a_suspended_company_says_nothing_of_itself() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let (mut owner, mut admin) = (house.owner(&acme).await, house.admin().await);
    assert!(owner.get("/login").await.status == StatusCode::FOUND && owner.get("/users").await.body.contains("CANARY_acme_"), "before");
    assert_eq!(admin.call("/api/platform/tenant_suspend", &[("slug", "acme")]).await.status, StatusCode::OK, "suspending");
    becomes(&house, &acme.host, StatusCode::FORBIDDEN).await;
    let mut shapes = Vec::new();
    for path in ["/", "/login", "/users", "/users.csv", "/settings.json", "/branding/logo", "/nothing/like/this"] {
        for mut browser in [owner.clone(), house.browser(&acme.host)] {
            let reply = browser.get(path).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
            assert!(reply.body.contains("paused"), "{path}: {}", reply.body);
            assert!(!reply.body.contains("CANARY") && !reply.body.contains("acme"), "{path}: {}", reply.body);
            assert!(reply.set_cookies().is_empty(), "{path} sets a cookie");
            shapes.push(shape(&reply));
        }
    }
    shapes.dedup();
    assert_eq!(shapes.len(), 1, "one page for everything");
    let reply = house.browser(&acme.host).try_sign_in(&acme.owner, WORD).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "signing in: {}", reply.body);
    // Nothing is lost.
    assert_eq!(admin.call("/api/platform/tenant_resume", &[("slug", "acme")]).await.status, StatusCode::OK, "resuming");
    becomes(&house, &acme.host, StatusCode::OK).await;
    assert!(house.owner(&acme).await.get("/users").await.body.contains("CANARY_acme_"), "after");
}

/// security.md 3: only `Host` says which site is meant. No header of a proxy does, and not even a trusted proxy's is read: a proxy
/// passes `Host` on as it came.
#[tokio::test]
async fn r03_forwarded_hosts_are_ignored() {
    let trusted: &[&[(&str, &str)]] = &[&[], &[("TRUSTED_PROXIES", "127.0.0.1")]];
    for more in trusted.iter().copied() {
        let house = House::start_with(more).await;
        let (alpha, beta) = (house.tenant("alpha").await, house.tenant("beta").await);
        let every: Vec<(&str, &str)> = FORWARDED.iter().map(|name| (*name, "beta.localhost")).collect();
        let mut all = vec![vec![("forwarded", "host=beta.localhost;proto=https")], every.clone()];
        all.extend(every.iter().map(|header| vec![*header]));
        for lying in all {
            let mut headers = vec![("accept", "text/html")];
            headers.extend(lying.iter().copied());
            let reply = house.browser(&alpha.host).send("GET", "/login", &headers, b"").await;
            assert!(
                reply.body.contains("CANARY_alpha_name") && reply.body.contains("alpha.localhost"),
                "{more:?} {lying:?}: {}",
                reply.body
            );
            assert!(!reply.body.contains("beta.localhost"), "{more:?} {lying:?}: {}", reply.body);
            let unknown = house.browser("nobody.localhost").send("GET", "/login", &headers, b"").await;
            assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{more:?} {lying:?} gives an unknown host a site");
        }
        // A sign-in counts where `Host` says, and its session is good there alone.
        let mut headers = every;
        headers.extend([
            ("accept", "text/html"),
            ("content-type", FORM),
            ("origin", "http://alpha.localhost:8000"),
            ("forwarded", "host=beta.localhost"),
        ]);
        let mut owner = house.browser(&alpha.host);
        let body = form(&[("login", &alpha.owner), ("password", WORD)]);
        let reply = owner.send("POST", "/api/tenant/sign_in", &headers, body.as_bytes()).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/"), "{more:?}: {}", reply.body);
        assert!(owner.is_signed_in().await, "{more:?}: the owner of alpha on alpha");
        assert!(!owner.on(&beta.host).is_signed_in().await, "{more:?}: the owner of alpha on beta");
    }
}

/// A sign-in that fails, with such lines of `X-Forwarded-For`.
async fn fails(house: &House, host: &str, login: &str, lines: &[&str]) -> Reply {
    let origin = format!("http://{host}:8000");
    let mut headers = vec![("accept", "application/json"), ("content-type", FORM), ("origin", origin.as_str())];
    headers.extend(lines.iter().map(|line| ("x-forwarded-for", *line)));
    let body = form(&[("login", login), ("password", "not the password of anybody")]);
    house.browser(host).send("POST", "/api/tenant/sign_in", &headers, body.as_bytes()).await
}

/// security.md 4: whoever makes addresses up is counted and noted by the address of the socket.
#[tokio::test]
async fn r04_made_up_addresses_count_for_nothing() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let mut statuses = Vec::new();
    for number in 0..50 {
        let spoofed = [format!("203.0.113.{number}"), format!("2001:db8::{number:x}, 198.51.100.{number}")];
        let lines: Vec<&str> = spoofed.iter().map(String::as_str).collect();
        let reply = fails(&house, &acme.host, &format!("nobody{number}"), &lines).await;
        let again: u32 = reply.header("retry-after").parse().unwrap_or(0);
        assert_eq!(reply.status == StatusCode::TOO_MANY_REQUESTS, again > 0, "try {number}: {}", reply.body);
        statuses.push(reply.status);
    }
    assert!(statuses[..20].iter().all(|status| *status == StatusCode::UNPROCESSABLE_ENTITY), "twenty may be wrong: {statuses:?}");
    assert!(statuses[20..].iter().all(|status| *status == StatusCode::TOO_MANY_REQUESTS), "and no more: {statuses:?}");
    house.forget_tries().await;
    // Every log holds the address of the socket.
    let schema = &acme.schema;
    fails(&house, &acme.host, &acme.owner, &["203.0.113.99"]).await;
    let headers = [
        ("accept", "text/html"),
        ("content-type", FORM),
        ("origin", "http://acme.localhost:8000"),
        ("x-forwarded-for", "203.0.113.99"),
        ("x-real-ip", "203.0.113.99"),
        ("forwarded", "for=203.0.113.99"),
        ("cf-connecting-ip", "203.0.113.99"),
        ("true-client-ip", "203.0.113.99"),
    ];
    let body = form(&[("login", &acme.owner), ("password", WORD)]);
    let mut owner = house.browser(&acme.host);
    let reply = owner.send("POST", "/api/tenant/sign_in", &headers, body.as_bytes()).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/"), "{}", reply.body);
    let count = format!("SELECT count(*)::text FROM {schema}.login_events");
    for _ in 0..100 {
        if house.sql.text(&count).await == "2" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(house.sql.text(&count).await, "2", "a failed and a good sign-in");
    for (what, table) in [
        ("sign-ins", format!("{schema}.login_events")),
        ("the audit log", format!("{schema}.audit_log WHERE action = 'session.create'")),
        ("refusals", "platform.security_events".to_owned()),
    ] {
        assert_eq!(house.sql.texts(&format!("SELECT DISTINCT ip FROM {table}")).await, ["127.0.0.1"], "{what}");
    }
    assert!(owner.get("/account/sessions").await.body.contains("127.0.0.1"), "the list of sessions");
}

/// security.md 4: behind a trusted proxy the rightmost hop counts that is none, over all lines; what nobody can read is the proxy's own.
#[tokio::test]
async fn r04_a_trusted_proxy_names_the_last_hop() {
    let house = House::start_with(&[("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.2")]).await;
    let acme = house.tenant("acme").await;
    let newest = "SELECT ip FROM platform.security_events WHERE kind = 'login.failed' ORDER BY id DESC LIMIT 1";
    let cases: &[(&[&str], &str)] = &[
        (&["198.51.100.9"], "198.51.100.9"),
        (&["203.0.113.7, 198.51.100.9"], "198.51.100.9"),
        (&["203.0.113.7", "198.51.100.9"], "198.51.100.9"),
        (&["198.51.100.9", "203.0.113.7, 10.0.0.2"], "203.0.113.7"),
        (&["198.51.100.9, 127.0.0.1, 10.0.0.2"], "198.51.100.9"),
        (&["198.51.100.9:5123"], "198.51.100.9"),
        (&["2001:db8::7"], "2001:db8::7"),
        (&["[2001:db8::7]:99"], "2001:db8::7"),
        (&["unknown"], "127.0.0.1"),
        (&["198.51.100.9, unknown"], "127.0.0.1"),
        (&[], "127.0.0.1"),
    ];
    for (lines, expected) in cases.iter().copied() {
        let reply = fails(&house, &acme.host, "nobody", lines).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{lines:?}: {}", reply.body);
        assert_eq!(house.sql.text(newest).await, expected, "{lines:?}");
        house.forget_tries().await;
    }
    // The limit follows the hop, whatever its owner writes before it.
    for number in 0..22 {
        let reply = fails(&house, &acme.host, &format!("nobody{number}"), &[&format!("203.0.113.{number}, 198.51.100.20")]).await;
        let expected = if number < 20 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(reply.status, expected, "try {number} from one hop");
    }
    let other = fails(&house, &acme.host, "nobody", &["203.0.113.1, 198.51.100.21"]).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "another hop is not held up");
}

/// The one letter that lies in a folder, taken out of it; lines that were broken for the way are whole again.
async fn letter(folder: &Path) -> String {
    for _ in 0..200 {
        let files = std::fs::read_dir(folder).unwrap().filter_map(|entry| Some(entry.ok()?.path()));
        let letters: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "eml")).collect();
        assert!(letters.len() < 2, "more letters than were asked for");
        if let Some(path) = letters.first() {
            let text = std::fs::read_to_string(path).unwrap().replace("=\r\n", "").replace("=3D", "=");
            if text.contains("The link works once") {
                std::fs::remove_file(path).unwrap();
                return text;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    String::new()
}

/// The addresses a letter holds, up to their paths.
fn addresses(letter: &str) -> Vec<String> {
    let words = letter.split_whitespace().filter(|word| word.starts_with("http"));
    words.map(|word| word.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")).collect()
}

/// security.md 5: links in letters lead to the stored primary domain, whichever host was asked and whatever its request says.
#[tokio::test]
async fn r05_links_use_the_primary_domain() {
    let mail = tempfile::tempdir().unwrap();
    let house = House::start_with(&[("MAIL", &format!("file:{}", mail.path().display()))]).await;
    let acme = house.app.tenant("acme").await;
    house.app.user(&acme, "user", "mara").await;
    let mut admin = house.admin().await;
    let added = admin.call(DOMAIN_ADD, &[("slug", "acme"), ("domain", "acme-too")]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    becomes(&house, "acme-too.localhost", StatusCode::FOUND).await;
    let ask = [("login", "mara@acme.example")];

    let reply = house.browser("acme-too.localhost").call(FORGOT, &ask).await;
    assert_eq!(reply.status, StatusCode::OK, "asked on another domain: {}", reply.body);
    assert_eq!(addresses(&letter(mail.path()).await), ["http://acme.localhost:8000"], "asked on another domain");

    // Nobody gets a letter by a host that is not there.
    let mut evil = house.browser("evil.example");
    assert_eq!(evil.call(FORGOT, &ask).await.status, StatusCode::NOT_FOUND, "a forged host");

    let forged = [
        ("accept", "application/json"),
        ("content-type", FORM),
        ("sec-fetch-site", "same-origin"),
        ("referer", "http://evil.example/forgot"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "81"),
        ("forwarded", "host=evil.example;proto=https"),
    ];
    let reply = house.browser("ACME.LocalHost.").send("POST", FORGOT, &forged, form(&ask).as_bytes()).await;
    assert_eq!(reply.status, StatusCode::OK, "with forged headers: {}", reply.body);
    let text = letter(mail.path()).await;
    assert_eq!(addresses(&text), ["http://acme.localhost:8000"], "with forged headers");
    assert!(!text.contains("evil"), "{text}");

    // An invitation, whatever domains there are besides: nobody is signed in on those.
    let mut owner = house.browser(&acme.host);
    owner.sign_in(&acme.owner).await;
    let fields = [
        ("first_name", "Ines"),
        ("last_name", "Novak"),
        ("email", "ines@acme.example"),
        ("username", "ines"),
        ("user_type", "user"),
        ("invite", "mail"),
    ];
    let reply = owner.call("/api/tenant/user_create", &fields).await;
    assert_eq!(reply.status, StatusCode::OK, "an invitation: {}", reply.body);
    assert_eq!(addresses(&letter(mail.path()).await), ["http://acme.localhost:8000"], "an invitation");

    // It is the stored one: with another primary domain the same request brings another link.
    let id = house.sql.text("SELECT id::text FROM platform.domains WHERE domain = 'acme-too.localhost'").await;
    let changed = admin.call(DOMAIN_CHANGE, &[("slug", "acme"), ("id", &id), ("act", "primary")]).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    becomes(&house, "acme-too.localhost", StatusCode::OK).await;
    becomes(&house, "acme.localhost", StatusCode::FOUND).await;
    let reply = house.browser("acme.localhost").call(FORGOT, &ask).await;
    assert_eq!(reply.status, StatusCode::OK, "with another primary domain: {}", reply.body);
    assert_eq!(addresses(&letter(mail.path()).await), ["http://acme-too.localhost:8000"], "with another primary domain");
    let asked = format!("SELECT count(*)::text FROM {}.audit_log WHERE action = 'password.forgot'", acme.schema);
    assert_eq!(house.sql.text(&asked).await, "3", "a request for a forged host counted");

    // The platform's own, asked by its address.
    let reply = house.browser("127.0.0.1").call("/api/platform/forgot_send", &[("login", "admin@oneo.example")]).await;
    assert_eq!(reply.status, StatusCode::OK, "the platform: {}", reply.body);
    assert_eq!(addresses(&letter(mail.path()).await), ["http://localhost:8000"], "the platform");
}

/// A column of a domain.
async fn of_domain(house: &House, column: &str, domain: &str) -> String {
    house.sql.text(&format!("SELECT {column}::text FROM platform.domains WHERE domain = '{domain}'")).await
}

/// security.md 6: a domain of a company's own serves once its DNS holds the text it was given, under the name for that, and not before.
#[tokio::test]
async fn r06_a_custom_domain_needs_its_proof() {
    let dns = TestDns::start().await;
    let house = House::start_with(&[("DNS_RESOLVERS", &dns.address.to_string())]).await;
    house.app.tenant("acme").await;
    house.app.tenant("beta").await;
    let mut admin = house.admin().await;
    let added = admin.call(DOMAIN_ADD, &[("slug", "acme"), ("domain", "  CRM.B\u{fc}cher.example. ")]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    let domain = "crm.xn--bcher-kva.example";
    let (id, token) = (of_domain(&house, "id", domain).await, of_domain(&house, "token", domain).await);
    // 43 characters of base64 are 256 bits.
    assert!(token.len() >= 43, "the text is too short to be unguessable: {token}");
    let proof = format!("_oneo-verify.{domain}");
    let check = [("slug", "acme"), ("id", id.as_str())];
    let wrong: &[(&str, &[&str])] =
        &[("nothing", &[]), ("another text", &["oneo"]), ("the text with more behind it", &["TOKENx"]), ("half of it", &["HALF"])];
    for &(what, texts) in wrong {
        let half: String = token.chars().take(22).collect();
        let texts: Vec<String> = texts.iter().map(|text| text.replace("TOKEN", &token).replace("HALF", &half)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        if !texts.is_empty() {
            dns.say(&proof, &texts);
        }
        assert_eq!(admin.call(DOMAIN_CHECK, &check).await.status, StatusCode::OK, "looking at {what}");
        assert_eq!(of_domain(&house, "verified_at", domain).await, "", "{what} proves it");
        assert_eq!(house.browser(domain).get("/login").await.status, StatusCode::NOT_FOUND, "it serves with {what}");
    }
    // Where others may write, it proves nothing; and nobody proves it for another company.
    dns.say(domain, &[&token]);
    assert_eq!(admin.call(DOMAIN_CHECK, &check).await.status, StatusCode::OK, "looking elsewhere");
    assert_eq!(of_domain(&house, "verified_at", domain).await, "", "the text under the domain itself proves it");
    let primary = admin.call(DOMAIN_CHANGE, &[("slug", "acme"), ("id", &id), ("act", "primary")]).await;
    assert_eq!(primary.status, StatusCode::CONFLICT, "one that does not serve becomes the primary one");
    dns.say(&proof, &["something else", &token]);
    let foreign = admin.call(DOMAIN_CHECK, &[("slug", "beta"), ("id", &id)]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "proved for another company");
    assert_eq!(house.browser(domain).get("/login").await.status, StatusCode::NOT_FOUND, "before it was looked at");
    assert_eq!(admin.call(DOMAIN_CHECK, &check).await.status, StatusCode::OK, "proving it");
    becomes(&house, domain, StatusCode::FOUND).await;
    assert_eq!(house.browser(domain).get("/login").await.location(), "http://acme.localhost:8000/login", "it leads to its company");
    assert_eq!(of_domain(&house, "verified_by", domain).await, "dns", "how it was proved");
    let noted = "SELECT string_agg(action, ' ' ORDER BY id) FROM platform.audit_log WHERE action LIKE 'domain.%'";
    assert_eq!(house.sql.text(noted).await, "domain.create domain.verify", "what is noted of it");
}

/// security.md 6: what can be no company's domain is refused beside its field, changes nothing; a name of somebody else's is taken.
#[tokio::test]
async fn r06_names_that_are_nobodys_are_refused() {
    let house = House::start().await;
    house.app.tenant("acme").await;
    house.app.tenant("beta").await;
    let mut admin = house.admin().await;
    let before = kept(&house).await;
    for bad in [
        "localhost",
        "LOCALHOST.",
        "x.y.localhost",
        "crm.acme.localhost",
        "127.0.0.1",
        "2130706433",
        "[::1]",
        "::1",
        "10.0.0.1",
        "co.uk",
        "github.io",
        "localhost.localhost",
        "xn--bcher-kva.localhost",
        "a--b.localhost",
        "www.localhost",
        "ADMIN.LocalHost",
        "x y",
        "acme/..",
        "acme.example/login",
        "http://acme.example",
        "acme.example:443",
        "user@acme.example",
        "acme..example",
        "-acme.example",
        "acme_x.example",
        "acme\0.example",
        "",
    ] {
        let reply = admin.call(DOMAIN_ADD, &[("slug", "acme"), ("domain", bad)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}: {}", reply.body);
        assert!(reply.body.contains("[\"domain\","), "{bad:?} is not told beside its field: {}", reply.body);
    }
    for taken in ["acme.localhost", "ACME.localhost.", "acme"] {
        let reply = admin.call(DOMAIN_ADD, &[("slug", "beta"), ("domain", taken)]).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{taken} is somebody else's: {}", reply.body);
    }
    assert_eq!(kept(&house).await, before, "a refused domain left something");
    // One label below the base domain needs no proof.
    assert_eq!(admin.call(DOMAIN_ADD, &[("slug", "acme"), ("domain", "acme-too")]).await.status, StatusCode::OK, "a subdomain");
    becomes(&house, "acme-too.localhost", StatusCode::FOUND).await;
}

/// security.md 6: of many who claim one domain at once, however they spell it, exactly one gets it.
#[tokio::test]
async fn r06_one_domain_is_claimed_once() {
    let house = House::start().await;
    house.app.tenant("acme").await;
    house.app.tenant("beta").await;
    let admin = house.admin().await;
    let spellings = ["crm.b\u{fc}cher.example", "CRM.B\u{dc}CHER.example", "crm.xn--bcher-kva.example.", " Crm.XN--BCHER-KVA.Example"];
    for round in 0..3 {
        let tries = (0..16).map(|number: usize| {
            let mut admin = admin.clone();
            let slug = ["acme", "beta"][number % 2];
            let domain = spellings[number % spellings.len()];
            tokio::spawn(async move { admin.call(DOMAIN_ADD, &[("slug", slug), ("domain", domain)]).await.status })
        });
        let mut made = 0;
        for answer in join_all(tries.collect::<Vec<_>>()).await {
            match answer.unwrap() {
                StatusCode::OK => made += 1,
                StatusCode::CONFLICT | StatusCode::SERVICE_UNAVAILABLE => {}
                other => assert_eq!(other, StatusCode::CONFLICT, "round {round}"),
            }
        }
        assert_eq!(made, 1, "round {round}: so many have it");
        let rows = house.sql.texts("SELECT domain::text FROM platform.domains WHERE domain LIKE '%.example'").await;
        assert_eq!(rows, ["crm.xn--bcher-kva.example"], "round {round}");
        house.sql.run("DELETE FROM platform.domains WHERE domain LIKE '%.example'").await;
    }
}

/// Asks for a company with these changes to a form that could succeed.
async fn creates(admin: &mut Browser, changes: &[(&str, &str)]) -> Reply {
    let mut fields = vec![
        ("name", "Firm"),
        ("domain", "free-name"),
        ("owner_first_name", "Olga"),
        ("owner_last_name", "Owner"),
        ("owner_email", "olga@firm.example"),
    ];
    for (name, value) in changes {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => field.1 = value,
            None => fields.push((name, value)),
        }
    }
    admin.call("/api/platform/tenant_create", &fields).await
}

/// Asks for a company out of an archive that is none.
async fn imports(admin: &mut Browser, domain: &str) -> Reply {
    let field = |name: &str, value: &str| format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"a.tar\"\r\nContent-Type: application/x-tar\r\n\r\nnothing\r\n";
    let body = format!("{}{}--part\r\n{file}--part--\r\n", field("name", ""), field("domain", domain));
    let headers =
        [("accept", "application/json"), ("content-type", "multipart/form-data; boundary=part"), ("origin", "http://localhost:8000")];
    admin.send("POST", "/api/platform/tenant_import", &headers, body.as_bytes()).await
}

/// Signs a company up by itself.
async fn signs_up(visitor: &mut Browser, domain: &str) -> Reply {
    let fields = [
        ("name", "Firm"),
        ("domain", domain),
        ("first_name", "Olga"),
        ("last_name", "Owner"),
        ("email", "olga@firm.example"),
        ("password", WORD),
        ("password_repeated", WORD),
    ];
    visitor.call("/api/platform/signup_create", &fields).await
}

/// Runs the program to its end: whether it succeeded, and what it said.
fn said(house: &House, args: &[&str]) -> (bool, String) {
    let mut command = std::process::Command::new(program());
    environment(&house.app, &mut command);
    let output = command.args(args).output().unwrap();
    (output.status.success(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

/// security.md 7: a name of the platform, in small letters or capitals, is given to no company, by no way in; nothing is made.
#[tokio::test]
async fn r07_reserved_names_are_nobodys() {
    let house = House::start_with(&[("SIGNUP", "open")]).await;
    house.app.tenant("acme").await;
    let mut admin = house.admin().await;
    let mut visitor = house.browser("localhost");
    let before = kept(&house).await;
    for name in RESERVED.iter().flat_map(|name| [(*name).to_owned(), name.to_uppercase()]) {
        let name = name.as_str();
        let replies = [
            ("creating", "domain", creates(&mut admin, &[("domain", name)]).await),
            ("creating by the short name", "slug", creates(&mut admin, &[("slug", name)]).await),
            ("adding a domain", "domain", admin.call(DOMAIN_ADD, &[("slug", "acme"), ("domain", name)]).await),
            ("copying", "domain", admin.call("/api/platform/tenant_clone", &[("slug", "acme"), ("domain", name)]).await),
            ("signing up", "domain", signs_up(&mut visitor, name).await),
        ];
        for (what, field, reply) in replies {
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{what} as {name}: {}", reply.body);
            assert!(reply.body.contains(&format!("[\"{field}\",")), "{what} as {name} is not told beside its field: {}", reply.body);
        }
        let reply = imports(&mut admin, name).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "bringing in as {name}: {}", reply.body);
    }
    for name in ["admin", "WWW", "Ns1", "MTA-STS", "_dmarc"] {
        for args in [vec!["tenant", "create", "Firm", name], vec!["tenant", "create", "Firm", "free-name", "--slug", name]] {
            let owner = ["--owner-email", "olga@firm.example", "--owner-first-name", "Olga", "--owner-last-name", "Owner"];
            let (done, text) = said(&house, &[args.as_slice(), &owner].concat());
            assert!(!done && !text.is_empty() && !text.contains("panicked"), "{args:?}: {text}");
        }
    }
    assert_eq!(kept(&house).await, before, "a refused name left something");
    // The same ways take an ordinary name.
    assert_eq!(creates(&mut admin, &[("domain", "north-wind")]).await.status, StatusCode::OK, "creating");
    assert_eq!(signs_up(&mut visitor, "south-wind").await.status, StatusCode::OK, "signing up");
    assert_eq!(imports(&mut admin, "east-wind").await.status, StatusCode::OK, "bringing in");
    let copied = admin.call("/api/platform/tenant_clone", &[("slug", "acme"), ("domain", "west-wind")]).await;
    assert_eq!(copied.status, StatusCode::OK, "copying: {}", copied.body);
    for slug in ["north-wind", "south-wind"] {
        becomes(&house, &format!("{slug}.localhost"), StatusCode::OK).await;
    }
}

/// security.md 7: a short name has 3 to 40 small letters, digits and single hyphens, begins with a letter and ends with no hyphen.
#[tokio::test]
async fn r07_short_names_have_one_form() {
    let house = House::start_with(&[("SIGNUP", "open")]).await;
    let mut admin = house.admin().await;
    let mut visitor = house.browser("localhost");
    let before = kept(&house).await;
    let long = "a".repeat(41);
    for bad in [
        "a",
        "ab",
        "1ab",
        "-acme",
        "acme-",
        "a--b",
        "xn--bcher-kva",
        "a_b",
        "a b",
        "a.b",
        "Acme",
        "ACME",
        "acme'--",
        "\u{430}cme",
        "acme\0",
        "acme%00",
        "../acme",
        &long,
    ] {
        let reply = creates(&mut admin, &[("slug", bad)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "creating as {bad:?}: {}", reply.body);
        assert!(reply.body.contains("[\"slug\","), "{bad:?} is not told beside its field: {}", reply.body);
        let reply = signs_up(&mut visitor, bad).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "signing up as {bad:?}: {}", reply.body);
        assert!(reply.body.contains("[\"domain\","), "{bad:?} is not told beside its field: {}", reply.body);
    }
    assert_eq!(kept(&house).await, before, "a refused name left something");
    let longest = format!("a{}z", "b-".repeat(19));
    for good in ["abc", "a-1", longest.as_str()] {
        let reply = creates(&mut admin, &[("slug", good), ("domain", good)]).await;
        assert_eq!(reply.status, StatusCode::OK, "creating as {good}: {}", reply.body);
    }
}

/// security.md 8: a schema has the name it was given, which is a plain one, or there is none; statements in names stay text.
#[tokio::test]
async fn r08_schema_names_are_plain() {
    let house = House::start().await;
    house.app.tenant("acme").await;
    let mut admin = house.admin().await;
    let before = kept(&house).await;
    let (one, two) = (format!("{}1", "t".repeat(69)), format!("{}2", "t".repeat(69)));
    for bad in [
        "pg_x",
        "pg_catalog",
        "public",
        "platform",
        "extensions",
        "information_schema",
        "kept_7",
        "x\";DROP SCHEMA public CASCADE;--",
        "x'",
        "x;y",
        "x y",
        "x-y",
        "X",
        "1x",
        "_x",
        "\u{430}cme",
        "tenant_\u{130}",
        one.as_str(),
        two.as_str(),
        &"t".repeat(49),
    ] {
        let reply = creates(&mut admin, &[("schema", bad)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}: {}", reply.body);
        assert!(reply.body.contains("[\"schema\","), "{bad:?} is not told beside its field: {}", reply.body);
        let owner = ["--owner-email", "olga@firm.example", "--owner-first-name", "Olga", "--owner-last-name", "Owner"];
        let (done, text) = said(&house, &[["tenant", "create", "Firm", "free-name", "--schema", bad].as_slice(), &owner].concat());
        assert!(!done && text.contains("schema") && !text.contains("panicked"), "{bad:?} at the terminal: {text}");
    }
    // Neither a schema nor a short name holds a NUL; a terminal cannot even say one.
    for field in ["schema", "slug", "domain", "name"] {
        let reply = creates(&mut admin, &[(field, "acme\0x")]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "NUL in {field}: {}", reply.body);
    }
    // A name that another company has, and the name of nobody's schema that is there.
    assert_eq!(creates(&mut admin, &[("domain", "acme")]).await.status, StatusCode::CONFLICT, "another company's name");
    assert_eq!(kept(&house).await, before, "a refused name left something");

    let (schemas_before, roles_before) = (schemas(&house.sql).await, roles(&house).await);
    let (longest, forty) = ("t".repeat(48), format!("a{}z", "b-".repeat(19)));
    let statement = "x\";DROP SCHEMA public CASCADE;--'; DROP SCHEMA platform CASCADE;--";
    for changes in [
        vec![("domain", "firm-one"), ("schema", longest.as_str())],
        vec![("domain", "north-wind")],
        vec![("domain", forty.as_str())],
        vec![("domain", "harmless"), ("name", statement), ("owner_first_name", statement)],
    ] {
        let reply = creates(&mut admin, &changes).await;
        assert_eq!(reply.status, StatusCode::OK, "{changes:?}: {}", reply.body);
    }
    let expected: BTreeSet<String> =
        [longest, "tenant_north_wind".to_owned(), format!("tenant_{}", forty.replace('-', "_")), "tenant_harmless".to_owned()].into();
    let made: BTreeSet<String> = schemas(&house.sql).await.difference(&schemas_before).cloned().collect();
    assert_eq!(made, expected, "exactly the schemas of the companies that were made");
    assert!(schemas_before.is_subset(&schemas(&house.sql).await), "a schema is gone");
    assert_eq!(roles(&house).await.len(), roles_before.len() + expected.len(), "a role for each company and no other");
    assert_eq!(house.sql.text("SELECT name FROM platform.tenants WHERE slug = 'harmless'").await, statement, "the name is text");
    for slug in ["firm-one", "north-wind", "harmless", forty.as_str()] {
        becomes(&house, &format!("{slug}.localhost"), StatusCode::OK).await;
    }
}

/// The address of a page, with something for each of its parameters.
fn address(path: &str) -> String {
    path.replace("{token}", "x").replace("{slug}", "acme").replace("{id}", "1").replace("{key}", "manager")
}

/// The pages and downloads that one site has and the other has not.
fn only_on(site: &str, other: &str) -> Vec<String> {
    let all = |site: &str| -> BTreeSet<String> {
        routes::pages(site).into_iter().chain(routes::exports(site).into_iter().map(str::to_owned)).collect()
    };
    all(site).difference(&all(other)).map(|path| address(path)).collect()
}

/// security.md 9: pages, downloads and functions of one site do not exist on the other, not even for its own people and with the
/// sessions of both; nor on a company's further domains, nor on a host that is nobody's. The lists are the program's own.
#[tokio::test]
async fn r09_each_site_has_its_own_surface() {
    let house = House::start().await;
    let acme = house.tenant("acme").await;
    let (mut owner, mut admin) = (house.owner(&acme).await, house.admin().await);
    let added = admin.call(DOMAIN_ADD, &[("slug", "acme"), ("domain", "acme-too")]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    becomes(&house, "acme-too.localhost", StatusCode::FOUND).await;
    let hosts = [acme.host.as_str(), "acme-too.localhost"];
    // What no site has at all answers in the same words.
    let nothing = owner.call("/api/tenant/nothing_like_this", &[]).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND, "a function that nobody has");
    let functions = (routes::functions("platform"), routes::functions("tenant"));
    assert!(functions.0.len() > 60 && functions.1.len() > 60, "the lists are empty");

    for function in &functions.0 {
        for host in hosts.into_iter().chain(["nobody.localhost"]) {
            // The owner, the platform's admin, and nobody.
            for mut browser in [owner.on(host), admin.on(host), house.browser(host)] {
                let reply = browser.call(function, &[("slug", "acme")]).await;
                assert_eq!((reply.status, &reply.body), (StatusCode::NOT_FOUND, &nothing.body), "{function} on {host}");
            }
        }
    }
    for function in &functions.1 {
        for host in ["localhost", "127.0.0.1", "nobody.localhost"] {
            for mut browser in [admin.on(host), owner.on(host), house.browser(host)] {
                let reply = browser.call(function, &[("id", "1")]).await;
                assert_eq!((reply.status, &reply.body), (StatusCode::NOT_FOUND, &nothing.body), "{function} on {host}");
            }
        }
    }

    let (platform, tenant) = (only_on("platform", "tenant"), only_on("tenant", "platform"));
    assert!(platform.len() > 15 && tenant.len() > 15, "the lists are empty: {platform:?} {tenant:?}");
    for path in &platform {
        for mut browser in [owner.clone(), admin.on(&acme.host), house.browser(&acme.host)] {
            assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path} on a company's site");
        }
        // A further domain of a company leads to the same page of the primary one, where there is none.
        let reply = admin.on("acme-too.localhost").get(path).await;
        let target = format!("http://acme.localhost:8000{path}");
        assert_eq!((reply.status, reply.location()), (StatusCode::FOUND, target.as_str()), "{path} on a further domain");
        assert_eq!(admin.on("nobody.localhost").get(path).await.status, StatusCode::NOT_FOUND, "{path} on nobody's host");
    }
    for path in &tenant {
        for mut browser in [admin.clone(), owner.on("localhost"), house.browser("localhost")] {
            assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path} on the platform's site");
        }
        assert_eq!(owner.on("nobody.localhost").get(path).await.status, StatusCode::NOT_FOUND, "{path} on nobody's host");
    }
    // Each is where it belongs, for the same people with the same sessions.
    assert_eq!(admin.call("/api/platform/tenant_get", &[("slug", "acme")]).await.status, StatusCode::OK, "a function of the platform");
    assert_eq!(owner.call("/api/tenant/user_list", &[]).await.status, StatusCode::OK, "a function of the company");
    assert_eq!(admin.get("/tenants/acme").await.status, StatusCode::OK, "a page of the platform");
    assert_eq!(owner.get("/users/new").await.status, StatusCode::OK, "a page of the company");
}
