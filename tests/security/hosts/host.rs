//! Which company a request is for, and where links lead.

use super::*;
use crate::harness::{Harness, WORD, form};
use axum::http::StatusCode;
use futures_util::future::join_all;
use std::time::Duration;
use test_support::Reply;

/// How long an answer may take to come and its connection to end.
const WAIT: Duration = Duration::from_secs(10);
/// What a form without a file is sent as.
const FORM: &str = "application/x-www-form-urlencoded";

/// The headers by which proxies, and attackers, say which host was meant.
const FORWARDED: &[&str] =
    &["x-forwarded-host", "x-host", "x-original-host", "x-http-host-override", "x-forwarded-server", "x-original-url", "x-rewrite-url"];

/// Sends a request line and header lines as they are; gives what came and whether the connection was ended.
async fn raw(harness: &Harness, line: &str, headers: &[&[u8]]) -> (String, bool) {
    let mut bytes = format!("{line}\r\n").into_bytes();
    for header in headers {
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    harness.process.raw(&bytes, WAIT).await
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

/// A sign-in that fails, with such lines of `X-Forwarded-For`.
async fn fails(harness: &Harness, host: &str, login: &str, lines: &[&str]) -> Reply {
    let origin = format!("http://{host}:8000");
    let mut headers = vec![("accept", "application/json"), ("content-type", FORM), ("origin", origin.as_str())];
    headers.extend(lines.iter().map(|line| ("x-forwarded-for", *line)));
    let body = form(&[("login", login), ("password", "not the password of anybody")]);
    harness.browser(host).send("POST", "/api/tenant/sign_in", &headers, body.as_bytes()).await
}

/// The addresses an e-mail holds, up to their paths.
fn addresses(email: &str) -> Vec<String> {
    let words = email.split_whitespace().filter(|word| word.starts_with("http"));
    words.map(|word| word.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")).collect()
}

/// security.md 1: what hyper lets pass and no company may be looked up for is 400, and nothing more is read on that connection.
#[tokio::test]
async fn r01_malformed_hosts_are_400() {
    let harness = Harness::start().await;
    harness.app.tenant("acme").await;
    let (good, _) = raw(&harness, "GET /login HTTP/1.0", &[b"Host: acme.localhost:8000"]).await;
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
            let (text, ended) = raw(&harness, request, &[&line]).await;
            assert_eq!(status(&text), "400", "{request} for {name:?}: {text}");
            assert!(ended, "the connection goes on after {request} for {name:?}");
            assert!(!text.contains("Company acme") && !text.to_lowercase().contains("set-cookie"), "{name:?}: {text}");
        }
    }
    let long = format!("Host: {}.localhost", "a".repeat(64));
    assert_eq!(status(&raw(&harness, "GET /login HTTP/1.1", &[long.as_bytes()]).await.0), "400", "a label of 64 characters");
}

/// security.md 1: a request names exactly one host, and names the same one wherever it does.
#[tokio::test]
async fn r01_one_host_and_the_same_everywhere() {
    let harness = Harness::start().await;
    harness.app.tenant("acme").await;
    harness.app.tenant("beta").await;
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
        let (text, ended) = raw(&harness, line, headers).await;
        assert_eq!(status(&text), "400", "{line}: {text}");
        assert!(ended, "the connection goes on after {line}");
        assert!(!text.contains("Company "), "{line}: {text}");
    }
    let (text, _) =
        raw(&harness, "GET http://acme.localhost/login HTTP/1.1", &[b"Host: acme.localhost", b"Accept: text/html", b"Connection: close"])
            .await;
    assert_eq!(status(&text), "200", "an absolute target of the same host: {text}");
}

/// security.md 1: capitals, the dot of the root and a port lead to the same company, and to the same session there.
#[tokio::test]
async fn r01_one_company_whatever_the_spelling() {
    let harness = Harness::start().await;
    let acme = harness.app.tenant("acme").await;
    let owner = harness.owner(&acme).await;
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
        let (page, _) = raw(&harness, "GET /login HTTP/1.0", &[line.as_bytes(), b"Accept: text/html"]).await;
        assert!(status(&page) == "200" && page.contains("Company acme"), "{host}: {page}");
        let (inside, _) = raw(&harness, "GET /users HTTP/1.0", &[line.as_bytes(), b"Accept: text/html", cookie.as_bytes()]).await;
        assert!(status(&inside) == "200" && inside.contains(&acme.owner), "{host} is another site for the session");
    }
}

/// security.md 2: hosts that are unknown, reserved, deleted, archived or not yet proved answer with the same headers and bytes,
/// whatever is asked of them and by whom, and set no cookie.
#[tokio::test]
async fn r02_unknown_hosts_are_one_404() {
    let harness = Harness::start().await;
    let mut admin = harness.admin().await;
    for slug in ["gone", "old", "claims"] {
        harness.app.tenant(slug).await;
        becomes(&harness, &format!("{slug}.localhost"), StatusCode::OK).await;
    }
    control::tenants::tenant_delete(&harness.app.operator(), "gone", "Company gone", false).await.unwrap();
    assert_eq!(admin.call("/api/platform/tenant_archive", &[("slug", "old")]).await.status, StatusCode::OK, "archiving");
    let claim = [("slug", "claims"), ("domain", "claims.firm.example")];
    assert_eq!(admin.call(DOMAIN_ADD, &claim).await.status, StatusCode::OK, "claiming");
    becomes(&harness, "gone.localhost", StatusCode::NOT_FOUND).await;
    becomes(&harness, "old.localhost", StatusCode::NOT_FOUND).await;
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
            for mut browser in [harness.browser(host), admin.on(host)] {
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
    assert_eq!(harness.browser("claims.localhost").get("/login").await.status, StatusCode::OK, "the company that claims");
}

/// security.md 2: ten thousand made-up hosts do not mean ten thousand queries.
#[tokio::test]
async fn r02_made_up_hosts_cost_no_queries() {
    const BATCHES: usize = 100;
    const IN_A_BATCH: usize = 100;
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    let commits = async || -> u64 {
        harness.sql.text("SELECT xact_commit::text FROM pg_stat_database WHERE datname = current_database()").await.parse().unwrap()
    };
    let before = commits().await;
    for round in 0..BATCHES / 10 {
        let batches = (0..10).map(|batch| {
            let harness = &harness;
            async move {
                let one = |number: usize| {
                    let end = if number + 1 == IN_A_BATCH { "Connection: close\r\n" } else { "" };
                    format!("GET / HTTP/1.1\r\nHost: made-up-{round}-{batch}-{number}.localhost\r\n{end}\r\n")
                };
                let requests: String = (0..IN_A_BATCH).map(one).collect();
                harness.process.raw(requests.as_bytes(), Duration::from_secs(60)).await.0.matches("HTTP/1.1 404").count()
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
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let (mut owner, mut admin) = (harness.owner(&acme).await, harness.admin().await);
    assert!(owner.get("/login").await.status == StatusCode::FOUND && owner.get("/users").await.body.contains("CANARY_acme_"), "before");
    assert_eq!(admin.call("/api/platform/tenant_suspend", &[("slug", "acme")]).await.status, StatusCode::OK, "suspending");
    becomes(&harness, &acme.host, StatusCode::FORBIDDEN).await;
    let mut shapes = Vec::new();
    for path in ["/", "/login", "/users", "/users.csv", "/settings.json", "/branding/logo", "/nothing/like/this"] {
        for mut browser in [owner.clone(), harness.browser(&acme.host)] {
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
    let reply = harness.browser(&acme.host).try_sign_in(&acme.owner, WORD).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "signing in: {}", reply.body);
    // Nothing is lost.
    assert_eq!(admin.call("/api/platform/tenant_resume", &[("slug", "acme")]).await.status, StatusCode::OK, "resuming");
    becomes(&harness, &acme.host, StatusCode::OK).await;
    assert!(harness.owner(&acme).await.get("/users").await.body.contains("CANARY_acme_"), "after");
}

/// security.md 3: only `Host` says which site is meant. No header of a proxy does, and not even a trusted proxy's is read: a proxy
/// passes `Host` on as it came.
#[tokio::test]
async fn r03_forwarded_hosts_are_ignored() {
    let trusted: &[&[(&str, &str)]] = &[&[], &[("TRUSTED_PROXIES", "127.0.0.1")]];
    for more in trusted.iter().copied() {
        let harness = Harness::start_with(more).await;
        let (alpha, beta) = (harness.tenant("alpha").await, harness.tenant("beta").await);
        let every: Vec<(&str, &str)> = FORWARDED.iter().map(|name| (*name, "beta.localhost")).collect();
        let mut all = vec![vec![("forwarded", "host=beta.localhost;proto=https")], every.clone()];
        all.extend(every.iter().map(|header| vec![*header]));
        for lying in all {
            let mut headers = vec![("accept", "text/html")];
            headers.extend(lying.iter().copied());
            let reply = harness.browser(&alpha.host).send("GET", "/login", &headers, b"").await;
            assert!(
                reply.body.contains("CANARY_alpha_name") && reply.body.contains("alpha.localhost"),
                "{more:?} {lying:?}: {}",
                reply.body
            );
            assert!(!reply.body.contains("beta.localhost"), "{more:?} {lying:?}: {}", reply.body);
            let unknown = harness.browser("nobody.localhost").send("GET", "/login", &headers, b"").await;
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
        let mut owner = harness.browser(&alpha.host);
        let body = form(&[("login", &alpha.owner), ("password", WORD)]);
        let reply = owner.send("POST", "/api/tenant/sign_in", &headers, body.as_bytes()).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/"), "{more:?}: {}", reply.body);
        assert!(owner.is_signed_in().await, "{more:?}: the owner of alpha on alpha");
        assert!(!owner.on(&beta.host).is_signed_in().await, "{more:?}: the owner of alpha on beta");
    }
}

/// security.md 4: whoever makes addresses up is counted and noted by the address of the socket.
#[tokio::test]
async fn r04_made_up_addresses_count_for_nothing() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut statuses = Vec::new();
    for number in 0..50 {
        let spoofed = [format!("203.0.113.{number}"), format!("2001:db8::{number:x}, 198.51.100.{number}")];
        let lines: Vec<&str> = spoofed.iter().map(String::as_str).collect();
        let reply = fails(&harness, &acme.host, &format!("nobody{number}"), &lines).await;
        let again: u32 = reply.header("retry-after").parse().unwrap_or(0);
        assert_eq!(reply.status == StatusCode::TOO_MANY_REQUESTS, again > 0, "try {number}: {}", reply.body);
        statuses.push(reply.status);
    }
    assert!(statuses[..20].iter().all(|status| *status == StatusCode::UNPROCESSABLE_ENTITY), "twenty may be wrong: {statuses:?}");
    assert!(statuses[20..].iter().all(|status| *status == StatusCode::TOO_MANY_REQUESTS), "and no more: {statuses:?}");
    harness.forget_tries().await;
    // Every log holds the address of the socket.
    let schema = &acme.schema;
    fails(&harness, &acme.host, &acme.owner, &["203.0.113.99"]).await;
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
    let mut owner = harness.browser(&acme.host);
    let reply = owner.send("POST", "/api/tenant/sign_in", &headers, body.as_bytes()).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/"), "{}", reply.body);
    let count = format!("SELECT count(*)::text FROM {schema}.login_events");
    for _ in 0..100 {
        if harness.sql.text(&count).await == "2" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(harness.sql.text(&count).await, "2", "a failed and a good sign-in");
    for (what, table) in [
        ("sign-ins", format!("{schema}.login_events")),
        ("the audit log", format!("{schema}.audit_log WHERE action = 'session.create'")),
        ("refusals", "platform.security_events".to_owned()),
    ] {
        assert_eq!(harness.sql.texts(&format!("SELECT DISTINCT ip FROM {table}")).await, ["127.0.0.1"], "{what}");
    }
    assert!(owner.get("/account/sessions").await.body.contains("127.0.0.1"), "the list of sessions");
}

/// security.md 4: behind a trusted proxy the rightmost hop counts that is none, over all lines; what nobody can read is the proxy's own.
#[tokio::test]
async fn r04_a_trusted_proxy_names_the_last_hop() {
    let harness = Harness::start_with(&[("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.2")]).await;
    let acme = harness.tenant("acme").await;
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
        let reply = fails(&harness, &acme.host, "nobody", lines).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{lines:?}: {}", reply.body);
        assert_eq!(harness.sql.text(newest).await, expected, "{lines:?}");
        harness.forget_tries().await;
    }
    // The limit follows the hop, whatever its owner writes before it.
    for number in 0..22 {
        let reply = fails(&harness, &acme.host, &format!("nobody{number}"), &[&format!("203.0.113.{number}, 198.51.100.20")]).await;
        let expected = if number < 20 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(reply.status, expected, "try {number} from one hop");
    }
    let other = fails(&harness, &acme.host, "nobody", &["203.0.113.1, 198.51.100.21"]).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "another hop is not held up");
}

/// security.md 5: links in e-mails lead to the stored primary domain, whichever host was asked and whatever its request says.
#[tokio::test]
async fn r05_links_use_the_primary_domain() {
    let mail = tempfile::tempdir().unwrap();
    let harness = Harness::start_with(&[("MAIL", &format!("file:{}", mail.path().display()))]).await;
    let acme = harness.app.tenant("acme").await;
    harness.app.user(&acme, "user", "mara").await;
    let mut admin = harness.admin().await;
    let added = admin.call(DOMAIN_ADD, &[("slug", "acme"), ("domain", "acme-too")]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    becomes(&harness, "acme-too.localhost", StatusCode::FOUND).await;
    let ask = [("login", "mara@acme.example")];

    let reply = harness.browser("acme-too.localhost").call(FORGOT, &ask).await;
    assert_eq!(reply.status, StatusCode::OK, "asked on another domain: {}", reply.body);
    assert_eq!(addresses(&email(mail.path()).await), ["http://acme.localhost:8000"], "asked on another domain");

    // Nobody gets an e-mail by a host that is not there.
    let mut evil = harness.browser("evil.example");
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
    let reply = harness.browser("ACME.LocalHost.").send("POST", FORGOT, &forged, form(&ask).as_bytes()).await;
    assert_eq!(reply.status, StatusCode::OK, "with forged headers: {}", reply.body);
    let text = email(mail.path()).await;
    assert_eq!(addresses(&text), ["http://acme.localhost:8000"], "with forged headers");
    assert!(!text.contains("evil"), "{text}");

    // An invitation, whatever domains there are besides: nobody is signed in on those.
    let mut owner = harness.browser(&acme.host);
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
    assert_eq!(addresses(&email(mail.path()).await), ["http://acme.localhost:8000"], "an invitation");

    // It is the stored one: with another primary domain the same request brings another link.
    let id = harness.sql.text("SELECT id::text FROM platform.domains WHERE domain = 'acme-too.localhost'").await;
    let changed = admin.call(DOMAIN_CHANGE, &[("slug", "acme"), ("id", &id), ("act", "primary")]).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    becomes(&harness, "acme-too.localhost", StatusCode::OK).await;
    becomes(&harness, "acme.localhost", StatusCode::FOUND).await;
    let reply = harness.browser("acme.localhost").call(FORGOT, &ask).await;
    assert_eq!(reply.status, StatusCode::OK, "with another primary domain: {}", reply.body);
    assert_eq!(addresses(&email(mail.path()).await), ["http://acme-too.localhost:8000"], "with another primary domain");
    let asked = format!("SELECT count(*)::text FROM {}.audit_log WHERE action = 'password.forgot'", acme.schema);
    assert_eq!(harness.sql.text(&asked).await, "3", "a request for a forged host counted");

    // The platform's own, asked by its address.
    let reply = harness.browser("127.0.0.1").call("/api/platform/forgot_send", &[("login", "admin@oneo.example")]).await;
    assert_eq!(reply.status, StatusCode::OK, "the platform: {}", reply.body);
    assert_eq!(addresses(&email(mail.path()).await), ["http://localhost:8000"], "the platform");
}
