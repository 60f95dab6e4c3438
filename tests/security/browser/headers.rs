//! What stands on every answer.

use super::*;
use crate::harness::{Harness, program};
use axum::http::StatusCode;
use control::tenants::{TenantForm, tenant_create};
use std::{
    collections::HashSet,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use test_support::{Reply, TestApp, environment};

/// Starts the program with something in its environment that it must refuse, and gives what it said.
async fn refused_start(harness: &Harness, more: &[(&str, &str)]) -> String {
    let mut command = Command::new(program());
    environment(&harness.app, &mut command);
    command.arg("serve").env("LISTEN", "127.0.0.1:0").envs(more.iter().copied());
    let mut command = tokio::process::Command::from(command);
    let ended = tokio::time::timeout(Duration::from_secs(15), command.kill_on_drop(true).output()).await;
    assert!(ended.is_ok(), "{more:?}: it serves");
    let output = ended.unwrap().unwrap();
    assert!(!output.status.success(), "{more:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A Redis of one test, on a socket of its own, that writes down what it is told.
struct OwnRedis {
    child: Child,
    folder: tempfile::TempDir,
}

impl OwnRedis {
    fn run(folder: &Path) -> Child {
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--save", "", "--appendonly", "yes", "--unixsocket"]).arg(folder.join("redis.sock"));
        command.arg("--dir").arg(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let redis = Self { child: Self::run(folder.path()), folder };
        for _ in 0..400 {
            if tokio::net::UnixStream::connect(redis.folder.path().join("redis.sock")).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        redis
    }

    fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("redis.sock").display())
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// What an answer lacks of what every answer has.
fn lacking(reply: &Reply, secure: bool) -> Vec<String> {
    let mut lacks = Vec::new();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", if secure { "max-age=31536000; includeSubDomains" } else { "" }),
    ] {
        if reply.header(name) != value {
            lacks.push(format!("{name}: {}", reply.header(name)));
        }
    }
    if !reply.header("permissions-policy").contains("camera=()") {
        lacks.push("permissions-policy".to_owned());
    }
    let nonce = nonce_of(reply);
    if nonce.len() < 32 || reply.header("content-security-policy") != policy(&nonce) {
        lacks.push(format!("content-security-policy: {}", reply.header("content-security-policy")));
    }
    if reply.header("x-request-id").is_empty() {
        lacks.push("x-request-id".to_owned());
    }
    for told in ["server", "x-powered-by", "x-runtime", "via"] {
        if reply.headers.contains_key(told) {
            lacks.push(format!("it tells {told}: {}", reply.header(told)));
        }
    }
    lacks
}

/// Whether an answer says what it is, and in which characters where it is text.
fn is_told(reply: &Reply) -> bool {
    let kind = reply.header("content-type").to_ascii_lowercase();
    // Events are UTF-8 by their standard.
    let text = kind.starts_with("text/") && !kind.starts_with("text/event-stream");
    reply.body.is_empty() || (!kind.is_empty() && (!text || kind.contains("charset=utf-8")))
}

/// A built site of a few files.
fn built_site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("pkg")).unwrap();
    for (name, text) in [
        ("robots.txt", "User-agent: *"),
        ("favicon.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("pkg/app.hash.js", "export {};"),
        ("pkg/app.hash.css", "body{}"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// The headers of an answer that let other origins in.
fn opened(reply: &Reply) -> Vec<String> {
    reply
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control-"))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect()
}

/// 25: each of a hundred answers has a nonce of its own with 128 bits, and exactly the policy that is asked for.
#[tokio::test]
async fn r25_each_answer_has_a_nonce_of_its_own() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut seen = HashSet::new();
    for round in 0..50 {
        for host in [acme.host.as_str(), "localhost"] {
            let reply = harness.browser(host).get("/login").await;
            let nonce = nonce_of(&reply);
            assert_eq!(reply.headers.get_all("content-security-policy").iter().count(), 1, "{host} {round}");
            assert_eq!(reply.header("content-security-policy"), policy(&nonce), "{host} {round}");
            assert!(nonce.len() == 32 && nonce.chars().all(|c| c.is_ascii_hexdigit()), "{nonce}");
            assert!(reply.body.contains(&format!("nonce=\"{nonce}\"")), "{host} {round}: {}", reply.body);
            assert!(seen.insert(nonce), "{host} {round}: a nonce came twice");
        }
    }
    assert_eq!(seen.len(), 100);
}

/// 25: on no page of either site, whoever looks, is anything that the policy would block or that it would not know: each script and
/// style has the nonce of its answer, and there are neither attributes with code nor styles in them. That pages come to life
/// and what a browser reports is the matter of the suite with Chromium.
#[tokio::test]
async fn r25_pages_keep_to_their_policy() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let (company, platform) = (company_pages(&harness, &acme).await, platform_pages(&harness, &acme, "acme").await);
    let color = [("group", "company"), ("values[branding.color]", "#ffcc00")];
    let mut owner = harness.owner(&acme).await;
    assert_eq!(owner.call("/api/tenant/setting_set", &color).await.status, StatusCode::OK);
    let mut people = vec![
        (owner, &company),
        (harness.person(&acme, "manager", "mara").await, &company),
        (harness.person(&acme, "user", "someone").await, &company),
        (harness.browser(&acme.host), &company),
        (harness.admin().await, &platform),
        (support(&harness).await, &platform),
        (harness.browser("localhost"), &platform),
    ];
    let (mut seen, mut styled, mut whole) = (HashSet::new(), 0, 0);
    for (browser, paths) in &mut people {
        for path in paths.iter().chain([&"/nothing-is-here".to_owned()]) {
            let reply = browser.get(path).await;
            let nonce = nonce_of(&reply);
            assert_eq!(reply.header("content-security-policy"), policy(&nonce), "{path} on {}", browser.host);
            assert!(seen.insert(nonce.clone()), "{path} on {}: a nonce came twice", browser.host);
            assert_eq!(dangers(&reply.body, &nonce), Vec::<String>::new(), "{path} on {}", browser.host);
            if is_html(&reply) && reply.status == StatusCode::OK {
                whole += 1;
                assert!(tags(&reply.body).iter().any(|tag| tag.name == "script"), "{path} on {} has no script", browser.host);
            }
            styled += u32::from(tags(&reply.body).iter().any(|tag| tag.name == "style"));
        }
    }
    assert!(whole > 60 && styled > 0, "{whole} pages, {styled} with a style");
}

/// 26: the headers are on every answer: pages, errors of each kind, files, downloads, events, redirects, health. (What hyper itself
/// answers, such as 431, has none of them.)
#[tokio::test]
async fn r26_headers_are_on_every_answer() {
    let harness = Harness::start().await;
    let (acme, lame) = (harness.tenant("acme").await, harness.app.tenant("lame").await);
    let bare = TenantForm { create_schema: false, ..TestApp::tenant_form("bare") };
    tenant_create(&harness.app.operator(), bare.parse(&harness.app.services.config)).await.unwrap();
    let (mut owner, mut stranger, mut admin) = (harness.owner(&acme).await, harness.browser(&acme.host), harness.admin().await);
    let mut user = harness.person(&acme, "user", "someone").await;
    let (me, mut other) = (owner_id(&harness, &acme).await, harness.owner(&lame).await);
    let done = job(&harness, "users_bulk", &acme, &me).await;
    // What the code does not expect of its own tables is a fault of ours.
    harness.sql.run(&format!("ALTER TABLE {}.users ADD CONSTRAINT never_dark CHECK (theme <> 'dark')", lame.schema)).await;
    let mut replies = vec![
        ("a page", 200, owner.get("/users").await),
        ("the sign-in page", 200, stranger.get("/login").await),
        ("a page of the platform", 200, admin.get("/tenants").await),
        ("a way to the sign-in page", 302, stranger.get("/users").await),
        ("a page that is not there", 404, owner.get("/nothing").await),
        ("a page that is not allowed", 403, user.get("/users").await),
        ("an unknown host", 404, harness.browser("unknown.localhost").get("/").await),
        ("a malformed host", 400, harness.browser("a b").get("/").await),
        ("a company without tables", 503, harness.browser("bare.localhost").get("/").await),
        ("health", 200, stranger.get("/livez").await),
        ("readiness", 200, stranger.get("/readyz").await),
        ("a file that is not there", 404, stranger.get("/pkg/nothing.js").await),
        ("an export", 200, owner.get("/users.csv").await),
        ("an export in lines", 200, owner.get("/audit.jsonl").await),
        ("events", 200, owner.get(&format!("/jobs/{done}/events")).await),
        ("public settings", 200, stranger.get("/settings.json").await),
        ("a logo that is not there", 404, stranger.get("/branding/logo").await),
        ("an unknown function", 404, owner.call("/api/tenant/nothing", &[]).await),
        ("a function for nobody", 401, stranger.call("/api/tenant/dashboard", &[]).await),
        ("a function that is not allowed", 403, user.call("/api/tenant/user_list", &[]).await),
        ("a body that cannot be read", 400, owner.call("/api/tenant/user_get", &[]).await),
        (
            "a refused form",
            303,
            owner.post("/api/tenant/user_create", "/users/new", &[("first_name", ""), ("last_name", ""), ("email", "")]).await,
        ),
        ("refused fields", 422, stranger.call("/api/tenant/sign_in", &[("login", "nobody"), ("password", "wrong")]).await),
        ("a conflict", 409, owner.call("/api/tenant/user_deactivate", &[("id", &me)]).await),
        ("a taken function", 200, owner.call("/api/tenant/theme_set", &[("theme", "light")]).await),
        ("a fault, for a script", 500, other.call("/api/tenant/theme_set", &[("theme", "dark")]).await),
        ("a fault, for a page", 500, other.post("/api/tenant/theme_set", "/", &[("theme", "dark")]).await),
        ("another method", 405, owner.send("PUT", "/users", &[("accept", "text/html")], b"").await),
        ("a function by GET", 405, owner.get("/api/tenant/theme_set").await),
        ("another origin", 403, post_from(&mut owner, "/api/tenant/theme_set", (Some("cross-site"), None), (FORM, b"theme=dark")).await),
        ("a preflight", 405, owner.send("OPTIONS", "/users", &[("origin", "http://evil.example")], b"").await),
    ];
    for number in 0..20 {
        let _counted = stranger.call("/api/tenant/sign_in", &[("login", &format!("nobody{number}")), ("password", "wrong")]).await;
    }
    let many = stranger.call("/api/tenant/sign_in", &[("login", "nobody"), ("password", "wrong")]).await;
    assert!(!many.header("retry-after").is_empty());
    replies.push(("too many tries", 429, many));
    for (what, status, reply) in &replies {
        assert_eq!(reply.status.as_u16(), *status, "{what}: {}", reply.body);
        assert_eq!(lacking(reply, false), Vec::<String>::new(), "{what}");
        assert!(is_told(reply), "{what} is {:?}", reply.header("content-type"));
    }
    // One that is told to be too large is refused before it comes.
    let request = format!(
        "POST /api/tenant/theme_set HTTP/1.1\r\nHost: {host}:8000\r\nOrigin: http://{host}:8000\r\nContent-Type: {FORM}\r\n\
         Content-Length: 1048576\r\nConnection: close\r\n\r\ntheme=",
        host = acme.host
    );
    let (text, _) = harness.process.raw(request.as_bytes(), Duration::from_secs(5)).await;
    let text = text.to_ascii_lowercase();
    assert!(text.starts_with("http/1.1 413"), "{text}");
    for name in
        ["x-content-type-options: nosniff", "x-frame-options: deny", "content-security-policy: default-src 'none'", "x-request-id: "]
    {
        assert!(text.contains(name), "413 lacks {name}: {text}");
    }
    assert!(!text.contains("\r\nserver:"), "{text}");
}

/// 26: files of the site have the headers too, and may be kept.
#[tokio::test]
async fn r26_files_have_the_headers() {
    let files = built_site();
    let harness = Harness::start_with(&[("LEPTOS_SITE_ROOT", files.path().to_str().unwrap())]).await;
    let mut browser = harness.browser("localhost");
    for (path, kind) in [
        ("/robots.txt", "text/plain"),
        ("/favicon.svg", "image/svg+xml"),
        ("/pkg/app.hash.js", "text/javascript"),
        ("/pkg/app.hash.css", "text/css"),
    ] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert_eq!(lacking(&reply, false), Vec::<String>::new(), "{path}");
        assert!(reply.header("content-type").starts_with(kind), "{path}: {}", reply.header("content-type"));
        assert!(reply.header("cache-control").starts_with("public"), "{path}: {}", reply.header("cache-control"));
    }
}

/// 26: files that are text say in which characters.
#[tokio::test]
async fn r26_files_say_their_charset() {
    let files = built_site();
    let harness = Harness::start_with(&[("LEPTOS_SITE_ROOT", files.path().to_str().unwrap())]).await;
    let mut browser = harness.browser("localhost");
    let mut silent = Vec::new();
    for path in ["/robots.txt", "/pkg/app.hash.js", "/pkg/app.hash.css"] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        if !is_told(&reply) {
            silent.push(format!("{path}: {}", reply.header("content-type")));
        }
    }
    assert!(silent.is_empty(), "{silent:?}");
}

/// 26: where the public address is https, every answer tells browsers to come by TLS alone, for a year and more, on subdomains too;
/// the plain one of this machine does not.
#[tokio::test]
async fn r26_tls_is_told_to_stay() {
    let (redis, files) = (OwnRedis::start().await, built_site());
    let more = [
        ("REDIS_URL", redis.url()),
        ("ONEO_PUBLIC_URL", "https://localhost:8000".to_owned()),
        ("LEPTOS_SITE_ROOT", files.path().display().to_string()),
    ];
    let harness = Harness::start_with(&more.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    let acme = harness.tenant("acme").await;
    for (host, path, status) in [
        (acme.host.as_str(), "/login", 200),
        ("localhost", "/login", 200),
        ("localhost", "/", 302),
        ("unknown.localhost", "/", 404),
        ("a b", "/", 400),
        ("localhost", "/livez", 200),
        ("localhost", "/robots.txt", 200),
        ("localhost", "/pkg/nothing.js", 404),
        ("localhost", "/api/platform/sign_in", 405),
    ] {
        let reply = harness.browser(host).get(path).await;
        assert_eq!(reply.status.as_u16(), status, "{host}{path}");
        assert_eq!(lacking(&reply, true), Vec::<String>::new(), "{host}{path}");
    }
    // A page that came in clear is not this origin.
    let mut stranger = harness.browser(&acme.host);
    for (origin, status) in [("http://acme.localhost:8000", 403), ("https://acme.localhost:8000", 200)] {
        let reply = post_from(&mut stranger, "/api/tenant/theme_set", (None, Some(origin)), (FORM, b"theme=dark")).await;
        assert_eq!(reply.status.as_u16(), status, "{origin}");
    }
}

/// 27: unless origins are listed no other one may read anything, whatever it asks and however.
#[tokio::test]
async fn r27_no_other_origin_is_let_in() {
    let harness = Harness::start().await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    for origin in
        ["null", "https://evil.example", "http://beta.localhost:8000", "http://acme.localhost:8000", "https://acme.localhost:8000", "*"]
    {
        for path in ["/login", "/users", "/users.csv", "/settings.json", "/nothing", "/livez", "/robots.txt", "/api/tenant/theme_set"] {
            let get = owner.send("GET", path, &[("accept", "text/html"), ("origin", origin)], b"").await;
            assert_eq!(opened(&get), Vec::<String>::new(), "GET {path} {origin}");
            let preflight = [
                ("origin", origin),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "content-type"),
                ("access-control-request-private-network", "true"),
            ];
            let asked = owner.send("OPTIONS", path, &preflight, b"").await;
            assert_eq!(asked.status, StatusCode::METHOD_NOT_ALLOWED, "OPTIONS {path} {origin}");
            assert_eq!(opened(&asked), Vec::<String>::new(), "OPTIONS {path} {origin}");
        }
        let post = post_from(&mut owner, "/api/tenant/theme_set", (None, Some(origin)), (FORM, b"theme=light")).await;
        assert_eq!(post.status == StatusCode::OK, origin == "http://acme.localhost:8000", "{origin}: {}", post.status);
        assert_eq!(opened(&post), Vec::<String>::new(), "POST {origin}");
    }
    assert_eq!(owner.get("/users").await.status, StatusCode::OK);
}

/// 27: a listed origin may read, to the letter and without credentials; it may still change nothing. Caches are told.
#[tokio::test]
async fn r27_listed_origins_may_read_alone() {
    let harness = Harness::start_with(&[("CORS_ALLOWED_ORIGINS", "https://app.example, http://127.0.0.1:9000")]).await;
    let acme = harness.tenant("acme").await;
    let mut owner = harness.owner(&acme).await;
    for (origin, listed) in [
        ("https://app.example", true),
        ("http://127.0.0.1:9000", true),
        ("http://app.example", false),
        ("https://app.example:8443", false),
        ("https://app.example.evil.example", false),
        ("https://evil.example/https://app.example", false),
        ("https://sub.app.example", false),
        ("https://APP.example", false),
        ("null", false),
        ("*", false),
    ] {
        for path in ["/settings.json", "/login", "/users", "/nothing"] {
            let reply = owner.send("GET", path, &[("accept", "text/html"), ("origin", origin)], b"").await;
            let expected = if listed { vec![format!("access-control-allow-origin: {origin:?}")] } else { Vec::new() };
            assert_eq!(opened(&reply), expected, "{path} {origin}");
            let varies = reply.headers.get_all("vary").iter().any(|value| value.to_str().unwrap().to_lowercase().contains("origin"));
            assert!(varies, "{path} {origin}: caches must keep origins apart");
            let preflight = [("origin", origin), ("access-control-request-method", "POST"), ("access-control-request-headers", "x-own")];
            let asked = owner.send("OPTIONS", path, &preflight, b"").await;
            let names = |name: &str| asked.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(names("access-control-allow-origin"), listed.then(|| origin.to_owned()), "preflight {path} {origin}");
            assert_eq!(names("access-control-allow-methods").as_deref(), Some("GET,HEAD"), "nothing else is permitted: {path} {origin}");
            assert_eq!(names("access-control-allow-credentials"), None, "preflight {path} {origin}");
            assert_eq!(names("access-control-allow-headers"), None, "preflight {path} {origin}");
        }
        let noted = harness.refusals().await;
        let reply = post_from(&mut owner, "/api/tenant/theme_set", (None, Some(origin)), (FORM, b"theme=dark")).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{origin} may change nothing");
        assert_ne!(harness.refusals().await, noted, "{origin} was not noted");
    }
}

/// 27: a star, or anything else that is not exactly one origin, cannot even be configured.
#[tokio::test]
async fn r27_stars_cannot_be_configured() {
    let harness = Harness::start().await;
    for bad in ["*", "null", "https://app.example/", "https://app.example/path", "app.example", "https://a.example,*"] {
        let said = refused_start(&harness, &[("CORS_ALLOWED_ORIGINS", bad)]).await;
        assert!(said.contains("CORS_ALLOWED_ORIGINS"), "{bad}: {said}");
    }
}
