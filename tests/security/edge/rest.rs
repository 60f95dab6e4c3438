//! Errors, what answers, what it is built on.

use super::*;
use crate::harness::Harness;
use axum::http::StatusCode;
use std::time::Duration;

/// Name and version of everything that is locked.
fn locked() -> Vec<(String, String)> {
    let text = read("Cargo.lock");
    let value = |part: &str, name: &str| {
        part.lines()
            .find_map(|line| line.strip_prefix(&format!("{name} = \"")).and_then(|rest| rest.strip_suffix('"')))
            .unwrap_or_default()
            .to_owned()
    };
    text.split("[[package]]").skip(1).map(|part| (value(part, "name"), value(part, "version"))).collect()
}

/// A fault of the program's is a number and nothing else to whoever asks, on a page, to a script and after a form; the log has the
/// cause under that number.
#[tokio::test]
async fn r58_a_fault_is_a_number() {
    const NEVER: [&str; 13] = [
        "max_users",
        "SELECT",
        "deserializ",
        "Deserializ",
        "backtrace",
        "panicked",
        "postgres",
        "PostgreSQL",
        "tokio",
        "/root/",
        "/work/",
        "crates/",
        "cached plan",
    ];
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let mut owner = harness.owner(&alpha).await;
    let healthy = owner.get("/users").await;
    assert_eq!(healthy.status, StatusCode::OK, "before it is broken");
    // A column whose text cannot be read as a number.
    let schema = &alpha.schema;
    let broken = format!(
        "ALTER TABLE {schema}.quota RENAME COLUMN max_users TO kept; ALTER TABLE {schema}.quota ADD COLUMN max_users text NOT NULL DEFAULT 'x'"
    );
    harness.sql.run(&broken).await;
    let page = owner.get("/users").await;
    let script = owner.call("/api/tenant/user_list", &[]).await;
    let form = owner.post("/api/tenant/user_list", "/users", &[]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let log = harness.process.log();
    for (reply, what) in [(&page, "a page"), (&script, "a script"), (&form, "a form")] {
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{what}: {}", reply.body);
        let id = reply.header("x-request-id");
        assert!(id.len() >= 8 && reply.body.contains(id), "{what} shows its number {id}: {}", reply.body);
        for word in NEVER {
            assert!(!reply.body.contains(word), "{what} says {word}: {}", reply.body);
        }
        let told = log.lines().any(|line| line.contains(id) && line.contains("a request failed"));
        assert!(told, "the log has the cause under {id}: {log}");
    }
    let ids = [&page, &script, &form].map(|reply| reply.header("x-request-id").to_owned());
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "each has a number of its own: {ids:?}");
    assert_eq!(owner.get("/account").await.status, StatusCode::OK, "everything else still answers");
}

/// What is wrong with a request is said in one sentence that is the same for everybody, without what was sent and without a word of
/// what it is made of.
#[tokio::test]
async fn r58_errors_say_nothing() {
    const NEVER: [&str; 12] = [
        "server function",
        "server_fn",
        "leptos",
        "Leptos",
        "axum",
        "serde",
        "hyper",
        "missing field",
        "invalid type",
        "echoed-canary",
        "src/",
        "Could not find",
    ];
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let mut owner = harness.owner(&alpha).await;
    let mut admin = harness.admin().await;
    let form = "application/x-www-form-urlencoded";
    let mut replies = Vec::new();
    for (browser, site) in [(&mut owner, "tenant"), (&mut admin, "platform")] {
        let origin = format!("http://{}:8000", browser.host);
        for accept in ["text/html", "application/json"] {
            let headers = [("accept", accept), ("content-type", form), ("origin", origin.as_str())];
            for (path, body, status) in [
                (format!("/api/{site}/echoed-canary"), "a=1", 404),
                (format!("/api/{site}/sign_in/echoed-canary"), "a=1", 404),
                (format!("/api/{site}/sign_in1234567890"), "a=1", 404),
                ("/api/other/sign_in".to_owned(), "a=1", 404),
                ("/api/".to_owned(), "a=1", 404),
                (format!("/api/{site}/password_set"), "echoed-canary=%ff%fe", 400),
                (format!("/api/{site}/password_set"), "%", 400),
                (format!("/api/{site}/account_set"), "first_name[echoed-canary]=1&last_name=x", 400),
            ] {
                let reply = browser.send("POST", &path, &headers, body.as_bytes()).await;
                assert_eq!(reply.status.as_u16(), status, "{path} with {body}: {}", reply.body);
                replies.push((format!("{path} with {body}"), reply));
            }
        }
        for path in ["/nothing", "/users/not-a-number", "/tenants/not-there", "/jobs/999999999999999999999", "/%ff%fe", "/?q=%ff"] {
            let reply = browser.get(path).await;
            assert!(!reply.status.is_server_error(), "{path}: {}", reply.status);
            replies.push((path.to_owned(), reply));
        }
    }
    for (what, reply) in &replies {
        // A page names its scripts.
        let scripts = reply.body.contains("<script");
        for word in NEVER {
            assert!(scripts || !reply.body.contains(word), "{what} says {word}: {}", reply.body);
        }
        assert!(!reply.header("x-request-id").is_empty(), "{what} has a number");
        for header in ["server", "x-powered-by", "via", "x-aspnet-version"] {
            assert!(reply.headers.get(header).is_none(), "{what} has {header}");
        }
    }
    let (text, _) = harness.process.raw(b"GET / HTTP/9.9\r\n\r\n", Duration::from_secs(2)).await;
    assert!(status_of(&text) == "400" && !text.to_lowercase().contains("hyper"), "{text}");
}

/// Nothing answers that is not for people: no metrics, no files of the project, no maps, no console; and what is not there is 404.
#[tokio::test]
async fn r59_nothing_answers_that_need_not() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let absent = [
        "/metrics",
        "/debug",
        "/debug/pprof/",
        "/debug/vars",
        "/health",
        "/healthz",
        "/status",
        "/server-status",
        "/actuator",
        "/actuator/health",
        "/actuator/env",
        "/info",
        "/version",
        "/trace",
        "/console",
        "/admin",
        "/phpinfo.php",
        "/wp-login.php",
        "/.git/config",
        "/.git/HEAD",
        "/.env",
        "/.env.example",
        "/.well-known/security.json",
        "/Cargo.toml",
        "/Cargo.lock",
        "/Leptos.toml",
        "/deny.toml",
        "/Makefile",
        "/hash.txt",
        "/src/main.rs",
        "/target/",
        "/index.html",
        "/api-docs",
        "/openapi.json",
        "/swagger-ui/",
        "/graphql",
        "/ws",
        "/live_reload",
        "/__leptos",
        "/pkg",
        "/pkg/",
        "/pkg/nothing.js",
        "/pkg/oneo.js.map",
        "/pkg/oneo.wasm.map",
        "/pkg/../../Cargo.toml",
        "/pkg/%2e%2e/%2e%2e/Cargo.toml",
        "/pkg/..%2f..%2fCargo.toml",
        "/pkg/....//....//Cargo.toml",
        "/pkg/%5c..%5c..%5cCargo.toml",
        "/pkg//etc/passwd",
        "//etc/passwd",
        "/%2e%2e/%2e%2e/Cargo.toml",
        "/..%2f..%2fetc/passwd",
        "/favicon.ico.bak",
        "/robots.txt~",
    ];
    for host in ["localhost", alpha.host.as_str()] {
        let mut browser = harness.browser(host);
        for path in absent {
            let reply = browser.get(path).await;
            assert!(matches!(reply.status.as_u16(), 400 | 404), "{path} on {host}: {}", reply.status);
            for word in ["[package]", "[workspace]", "root:", "SECRET_KEYS", "ref: refs", "process_"] {
                assert!(!reply.body.contains(word), "{path} on {host} gives a file: {}", reply.body);
            }
        }
        for (path, text) in [("/livez", "ok"), ("/readyz", "ok")] {
            let reply = browser.get(path).await;
            assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, text), "{path} on {host} says nothing more");
        }
        let page = browser.get("/login").await;
        assert_eq!(page.status, StatusCode::OK, "there is a page on {host}");
        for word in ["live_reload", "ws://", "wss://", "localhost:3001", "sourceMappingURL"] {
            assert!(!page.body.contains(word), "the page on {host} has {word}");
        }
    }
}

/// Of what was built for browsers, only what they run is served: no typings, no maps, and nothing leads to one.
#[tokio::test]
async fn r59_browsers_get_what_they_run_and_no_more() {
    let harness = Harness::start().await;
    let names: Vec<String> =
        std::fs::read_dir(site()).into_iter().flatten().flatten().map(|entry| entry.file_name().display().to_string()).collect();
    let ask = async |path: String| {
        let head = format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        harness.process.raw(head.as_bytes(), Duration::from_secs(5)).await.0
    };
    for name in names {
        let text = ask(format!("/pkg/{name}")).await;
        let kind = name.rsplit('.').next().unwrap_or_default();
        if matches!(kind, "js" | "wasm" | "css") {
            assert_eq!(status_of(&text), "200", "{name}");
            assert!(text.to_lowercase().contains("immutable"), "{name} is named by its content: {text}");
            let content = std::fs::read(site().join(&name)).unwrap();
            let map = b"sourceMappingURL";
            assert!(!content.windows(map.len()).any(|part| part == map), "{name} leads to a map");
        } else if !matches!(kind, "br" | "gz") {
            assert_eq!(status_of(&text), "404", "{name} is served");
        }
    }
    assert_eq!(status_of(&ask("/pkg/nothing.js".to_owned()).await), "404", "what is not there is not");
    assert_eq!(status_of(&ask("/livez".to_owned()).await), "200", "what is there is");
}

/// The program listens on the one address that it was told, and on nothing besides.
#[tokio::test]
async fn r59_there_is_one_listener() {
    let harness = Harness::start().await;
    let id = harness.process.child.id();
    let mut own = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().flatten() {
        let Ok(target) = std::fs::read_link(entry.path()) else { continue };
        let target = target.display().to_string();
        if let Some(inode) = target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')) {
            own.push(inode.to_owned());
        }
    }
    let mut listening = Vec::new();
    for table in ["tcp", "tcp6"] {
        let text = std::fs::read_to_string(format!("/proc/{id}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split_whitespace().collect();
            // Local address, remote address, state (0A listens) and so on; the tenth is the inode.
            if cells.len() > 9 && cells[3] == "0A" && own.iter().any(|inode| inode == cells[9]) {
                listening.push(cells[1].to_owned());
            }
        }
    }
    let port = format!(":{:04X}", harness.process.address.port());
    assert_eq!(listening.len(), 1, "{listening:?}");
    assert!(listening[0].ends_with(&port), "{listening:?} is not {port}");
}

/// What is built on has no version with a hole that is known, comes from one registry with a checksum, and does no TLS of its own.
#[test]
fn r60_locked_versions_are_sound() {
    let locked = locked();
    assert!(locked.len() > 300, "{} are locked", locked.len());
    let number = |version: &str| version.split(['.', '-', '+']).map(|part| part.parse::<u64>().unwrap_or(0)).take(3).collect::<Vec<_>>();
    for (name, least) in [
        ("tokio-postgres", "0.7.18"),
        ("postgres-protocol", "0.6.12"),
        ("leptos", "0.9.0"),
        ("time", "0.3.47"),
        ("rand", "0.9.3"),
        ("rustls-webpki", "0.103.10"),
        ("rustls", "0.23.18"),
        ("ring", "0.17.12"),
        ("hyper", "1.12.0"),
        ("tower-http", "0.6.11"),
        ("diesel", "2.3.0"),
        ("redis", "1.8.0"),
    ] {
        let found: Vec<&str> = locked.iter().filter(|(known, _)| known == name).map(|(_, version)| version.as_str()).collect();
        assert!(!found.is_empty(), "{name} is not in the lock file");
        for version in found {
            assert!(number(version) >= number(least), "{name} {version} is older than {least}");
        }
    }
    // RUSTSEC-2026-0258 and RUSTSEC-2026-0097, where they are there at all.
    for (name, version) in &locked {
        let old_h2 = name == "h2" && number(version) < number("0.4.16");
        let old_rand = name == "rand" && number(version) >= number("0.10.0") && number(version) < number("0.10.1");
        assert!(!old_h2 && !old_rand, "{name} {version}");
        assert!(!["openssl", "openssl-sys", "native-tls", "aws-lc-sys"].contains(&name.as_str()), "{name}: rustls with ring does TLS");
    }
    let lock = read("Cargo.lock");
    let sources: Vec<&str> = lock.lines().filter(|line| line.starts_with("source = ")).collect();
    assert!(sources.iter().all(|source| *source == "source = \"registry+https://github.com/rust-lang/crates.io-index\""), "{sources:?}");
    let sums = lock.lines().filter(|line| line.starts_with("checksum = ")).count();
    assert_eq!(sums, sources.len(), "each has a checksum");
}

/// No code of ours is unsafe, in any crate; and what may be built on is looked at by cargo-deny whenever everything is checked.
#[test]
fn r60_the_rules_of_the_build_hold() {
    let root = read("Cargo.toml");
    assert!(root.contains("unsafe_code = \"forbid\""), "unsafe code is forbidden in the workspace");
    let members = root.split("members = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or_default();
    assert_eq!(members, "\"app\", \"crates/*\"", "every folder of crates is a member");
    let crates = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("crates")).unwrap();
    let crates: Vec<String> = crates.map(|entry| format!("crates/{}/Cargo.toml", entry.unwrap().file_name().display())).collect();
    assert!(crates.len() >= 6, "{crates:?}");
    for member in crates.into_iter().chain(["app/Cargo.toml".to_owned(), "Cargo.toml".to_owned()]) {
        let text = read(&member);
        let lints = text.split("\n[lints]").nth(1).unwrap_or_default();
        assert!(lints.trim_start().starts_with("workspace = true"), "{member} takes the rules of the workspace");
    }
    let deny = read("deny.toml");
    for rule in ["unknown-registry = \"deny\"", "unknown-git = \"deny\"", "crate = \"openssl\"", "crate = \"native-tls\"", "[licenses]"] {
        assert!(deny.contains(rule), "deny.toml lacks {rule}");
    }
    assert!(!deny.lines().any(|line| line.trim_start().starts_with("ignore")), "deny.toml looks away from nothing");
    assert!(!deny.contains("allow-git") && !deny.contains("allow-registry"), "one registry is enough");
    let make = read("Makefile");
    assert!(make.contains("cargo deny check bans licenses sources"), "`make check` asks cargo-deny");
    assert!(make.contains("scripts/stages.sh setup check "), "and `make test` checks");
}

/// A list of all that is in the program is made with it (CycloneDX).
#[test]
fn r60_there_is_a_list_of_what_is_in_it() {
    let made = ["Makefile", "scripts/setup.sh"].into_iter().any(|file| read(file).contains("cyclonedx"));
    assert!(made, "`make` writes a software bill of materials by cargo-cyclonedx");
}
