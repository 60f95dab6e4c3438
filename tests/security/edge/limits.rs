//! Limits, and requests that can be read in two ways.

use super::*;
use crate::harness::Harness;
use axum::http::StatusCode;
use futures_util::future::join_all;
use std::time::Duration;
use test_support::Browser;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Five hundred clients that send half a head, and others that say nothing or stop in the middle of a body: everybody else is served
/// meanwhile, and after some ten seconds all of them are let go.
#[tokio::test]
async fn r56_slow_clients_are_let_go() {
    const SLOW: usize = 500;
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let owner = harness.owner(&alpha).await;
    let host = &alpha.host;
    let cookie = format!("Cookie: __Host-sid={}\r\nOrigin: http://{host}:8000\r\n", owner.cookies["__Host-sid"]);
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let parts = "Content-Type: multipart/form-data; boundary=b\r\n";
    let part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nabc";
    let stalled = [
        (String::new(), None),
        ("GET /livez HT".to_owned(), None),
        (format!("{HEAD}X-Slow: "), None),
        (format!("POST /api/tenant/theme_set HTTP/1.1\r\nHost: {host}:8000\r\n{form}Content-Length: 100\r\n\r\ntheme"), Some("400")),
        (format!("POST /api/tenant/theme_set HTTP/1.1\r\nHost: {host}:8000\r\n{form}Content-Length: 100\r\n\r\n"), Some("400")),
        (
            format!("POST /api/tenant/theme_set HTTP/1.1\r\nHost: {host}:8000\r\n{form}Transfer-Encoding: chunked\r\n\r\n5\r\ntheme\r\n"),
            Some("400"),
        ),
        (
            format!("POST /api/tenant/photo_set HTTP/1.1\r\nHost: {host}:8000\r\n{cookie}{parts}Content-Length: 9000\r\n\r\n{part}"),
            Some("422"),
        ),
    ];
    let process = &harness.process;
    let bodies = stalled.iter().map(|(bytes, _)| process.raw(bytes.as_bytes(), LET_GO));
    let crowd = (0..SLOW).map(|_| process.raw(b"GET /login HTTP/1.1\r\nHost: localhost\r\nX-Half: ", LET_GO));
    let others = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut served = 0;
        for _ in 0..40 {
            let login = harness.browser("localhost").get("/login").await.status;
            let users = owner.clone().get("/users").await.status;
            served += u32::from(login == StatusCode::OK && users == StatusCode::OK);
        }
        served
    };
    let (bodies, crowd, served) = tokio::join!(join_all(bodies), join_all(crowd), others);
    assert_eq!(served, 40, "everybody else was served meanwhile");
    for ((bytes, status), (text, ended)) in stalled.iter().zip(bodies) {
        assert!(ended, "{bytes:?} still holds its connection: {text}");
        let expected = status.map_or_else(String::new, |status| format!("HTTP/1.1 {status}"));
        assert!(text.starts_with(&expected) && !text.starts_with("HTTP/1.1 200"), "{bytes:?}: {text}");
    }
    let held = crowd.iter().filter(|(_, ended)| !ended).count();
    assert_eq!(held, 0, "{held} of {SLOW} half heads still hold their connections");
    assert!(crowd.iter().all(|(text, _)| !text.starts_with("HTTP/1.1 200")), "half a head is not answered");
}

/// No more than a thousand connections are held at once; one more is let go, and there is room again when some end.
#[tokio::test]
async fn r56_connections_are_limited() {
    const MOST: usize = 1000;
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let files: usize =
        limits.lines().find_map(|line| line.strip_prefix("Max open files")?.split_whitespace().next()?.parse().ok()).unwrap();
    let harness = Harness::start().await;
    // Where this process itself may not have as many, some hundreds show at least that they are held.
    let wanted = if files > MOST + 300 { MOST } else { files.saturating_sub(300).min(MOST) };
    let asks = async |address| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut read = Vec::new();
        let _sent = stream.write_all(format!("{HEAD}Connection: close\r\n\r\n").as_bytes()).await;
        let _ended = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut read)).await;
        String::from_utf8_lossy(&read).starts_with("HTTP/1.1 200")
    };
    let address = harness.process.address;
    assert!(asks(address).await, "with nobody there it answers");
    // The end of that connection is seen by the program a moment later.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut held = Vec::new();
    for _ in 0..wanted {
        held.push(TcpStream::connect(address).await.unwrap());
    }
    let answered = asks(address).await;
    assert_eq!(answered, wanted < MOST, "one more than {wanted}");
    held.truncate(wanted / 2);
    let mut room = false;
    for _ in 0..50 {
        room = asks(address).await;
        if room {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(room, "there is room again");
}

/// Heads, addresses and bodies that are too large, and forms with too many fields, are refused for what they are; just below the
/// limits all is well.
#[tokio::test]
async fn r56_sizes_are_limited() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let close = "Connection: close\r\n\r\n";
    let wait = Duration::from_secs(5);
    let many: String = (0..120).map(|index| format!("X-{index}: y\r\n")).collect();
    for (bytes, statuses, what) in [
        (format!("{HEAD}X-Large: {}\r\n{close}", "a".repeat(70_000)), &["431"][..], "a large header"),
        (format!("{HEAD}{many}{close}"), &["431"], "many headers"),
        (format!("{HEAD}{}{close}", format!("X-Y: {}\r\n", "b".repeat(900)).repeat(90)), &["431"], "many large headers"),
        (format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n{close}", "a".repeat(70_000)), &["414", "431"], "a large address"),
        (format!("{HEAD}X-Large: {}\r\n{close}", "a".repeat(30_000)), &["200"], "a header below the limit"),
    ] {
        let (text, _) = harness.process.raw(bytes.as_bytes(), wait).await;
        assert!(statuses.contains(&status_of(&text)), "{what}: {}", text.lines().next().unwrap_or_default());
    }
    let mut browser = harness.browser(&alpha.host);
    let path = "/api/tenant/theme_set";
    let large = "x".repeat(300 * 1024);
    assert_eq!(browser.call(path, &[("theme", &large)]).await.status, StatusCode::PAYLOAD_TOO_LARGE, "a large body");
    assert_eq!(browser.post(path, "/", &[("theme", &large)]).await.status, StatusCode::PAYLOAD_TOO_LARGE, "a large body of a page");
    let below = "x".repeat(200 * 1024);
    assert_eq!(browser.call(path, &[("theme", &below)]).await.status, StatusCode::OK, "a body below the limit");
    let chunks = format!("12c00\r\n{}\r\n", "x".repeat(0x12c00)).repeat(5);
    let form = "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n";
    let bytes = format!("POST {path} HTTP/1.1\r\nHost: {}:8000\r\n{form}{chunks}0\r\n\r\n", alpha.host);
    let (text, ended) = harness.process.raw(bytes.as_bytes(), wait).await;
    assert!(ended && (text.is_empty() || status_of(&text) == "413"), "a large body in pieces: {text}");
    let fields = |count: usize| format!("theme=dark{}", "&a=1".repeat(count - 1));
    for (count, status) in [(900, StatusCode::OK), (1001, StatusCode::BAD_REQUEST), (50_000, StatusCode::BAD_REQUEST)] {
        let headers =
            [("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        let reply = browser.send("POST", path, &headers, fields(count).as_bytes()).await;
        assert_eq!(reply.status, status, "{count} fields: {}", reply.body);
    }
}

/// Bodies that are small to send and large to read cost nothing: each is refused, and the memory of the program stays as it was.
#[tokio::test]
async fn r56_bombs_do_not_go_off() {
    // `theme=dark` by gzip: unpacked it would be a good form.
    const GZIP: [u8; 33] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0x01, 0x0a, 0x00, 0xf5, 0xff, 0x74, 0x68, 0x65, 0x6d, 0x65, 0x3d, 0x64,
        0x61, 0x72, 0x6b, 0xeb, 0x6d, 0x49, 0xb2, 0x0a, 0x00, 0x00, 0x00,
    ];
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    let (mut owner, mut admin) = (harness.owner(&alpha).await, harness.admin().await);
    let id = harness.app.user(&alpha, "user", "target").await;
    let deep = "[".repeat(100_000);
    let objects = "{\"a\":".repeat(40_000);
    let wide: String = (0..1_000_000).map(|index| format!("\"k{index}\":1,")).collect();
    let form = "application/x-www-form-urlencoded";
    let edit = format!("id={id}&version=1&first_name=N&last_name=M&email=n%40alpha.example&username=nn&user_type=user&metadata=");
    let brackets: String = format!("a{}=1", "[b]".repeat(60_000));
    let nested = format!("values{}=1", "[0]".repeat(60_000));
    let (update, replace) = ("/api/tenant/user_update", "/api/platform/tenant_features_replace");
    let bombs: Vec<(bool, &str, &str, &str, Vec<u8>)> = vec![
        (true, update, form, "", format!("{edit}{deep}").into_bytes()),
        (true, update, form, "", format!("{edit}{objects}").into_bytes()),
        (true, update, form, "", format!("{edit}{{{wide}\"z\":1}}").into_bytes()),
        (false, replace, form, "", format!("slug=alpha&version=1&json={deep}").into_bytes()),
        (true, update, "application/json", "", deep.clone().into_bytes()),
        (true, "/api/tenant/user_create", form, "", brackets.into_bytes()),
        (true, "/api/tenant/setting_set", form, "", nested.into_bytes()),
        (true, "/api/tenant/theme_set", form, "gzip", GZIP.to_vec()),
    ];
    let mut settled = 0;
    for round in 0..6 {
        for (of_tenant, path, kind, encoding, body) in &bombs {
            let browser: &mut Browser = if *of_tenant { &mut owner } else { &mut admin };
            let origin = format!("http://{}:8000", browser.host);
            let mut headers = vec![("accept", "application/json"), ("content-type", *kind), ("origin", origin.as_str())];
            if !encoding.is_empty() {
                headers.push(("content-encoding", encoding));
            }
            let reply = browser.send("POST", path, &headers, body).await;
            let start: String = String::from_utf8_lossy(body).chars().take(60).collect();
            assert!(reply.status.is_client_error(), "{path} {start}: {}", reply.status);
        }
        if round == 1 {
            settled = harness.process.memory();
        }
    }
    let now = harness.process.memory();
    assert!(settled > 1024, "the memory of the program is known: {settled}");
    assert!(now < settled + 32 * 1024, "it grew from {settled} to {now} KiB");
    assert_eq!(owner.get("/users").await.status, StatusCode::OK, "and it serves");
}

/// Methods that nothing here has are told so, on pages, functions and the looks at its health.
#[tokio::test]
async fn r56_methods_are_those_that_are_served() {
    let harness = Harness::start().await;
    let alpha = harness.tenant("alpha").await;
    for (host, site) in [("localhost", "platform"), (alpha.host.as_str(), "tenant")] {
        let mut browser = harness.browser(host);
        for method in ["TRACE", "TRACK", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "BREW"] {
            for path in ["/login", "/", "/livez", "/readyz", "/nothing"] {
                let reply = browser.send(method, path, &[("accept", "text/html"), ("x-canary", "echoed-canary")], b"").await;
                assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path} on {host}");
                assert_eq!(reply.header("allow"), "GET,HEAD", "{method} {path} on {host}");
                assert!(!reply.body.contains("echoed-canary"), "{method} {path} says what was sent: {}", reply.body);
            }
            let reply = browser.send(method, &format!("/api/{site}/sign_in"), &[], b"").await;
            assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{method} of a function on {host}");
            assert_eq!(reply.header("allow"), "POST", "{method} of a function on {host}");
        }
        assert_eq!(browser.send("POST", "/login", &[], b"").await.status, StatusCode::METHOD_NOT_ALLOWED, "POST to a page on {host}");
        assert_eq!(browser.send("HEAD", "/login", &[], b"").await.status, StatusCode::OK, "HEAD of a page on {host}");
        assert_eq!(browser.get("/login").await.status, StatusCode::OK, "GET of a page on {host}");
    }
}

/// Requests that two readers would read differently have one answer at most, and their connection ends: nothing that is hidden
/// behind one is ever answered.
#[tokio::test]
async fn r57_ambiguous_requests_have_one_answer() {
    let harness = Harness::start().await;
    let wait = Duration::from_secs(3);
    let post = "POST /api/platform/theme_set HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let get = "GET /livez HTTP/1.1\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let length = HIDDEN.len() + 5;
    let cases = [
        // Both lengths, in both orders.
        format!("{post}Content-Length: 4\r\n{chunked}\r\n0\r\n\r\n{HIDDEN}"),
        format!("{post}{chunked}Content-Length: {length}\r\n\r\n0\r\n\r\n{HIDDEN}"),
        // Two lengths, and lengths that are none.
        format!("{post}Content-Length: 4\r\nContent-Length: {length}\r\n\r\nabcd{HIDDEN}"),
        format!("{post}Content-Length: {length}\r\nContent-Length: 4\r\n\r\nabcd{HIDDEN}"),
        format!("{post}Content-Length: 4, {length}\r\n\r\nabcd{HIDDEN}"),
        format!("{post}Content-Length: +4\r\n\r\nabcd{HIDDEN}"),
        format!("{post}Content-Length: -4\r\n\r\nabcd{HIDDEN}"),
        format!("{post}Content-Length: 0x4\r\n\r\nabcd{HIDDEN}"),
        format!("{post}Content-Length: 4 4\r\n\r\nabcd{HIDDEN}"),
        format!("{post}Content-Length: 99999999999999999999999\r\n\r\nabcd{HIDDEN}"),
        format!("{post}Content-Length:\r\n\r\nabcd{HIDDEN}"),
        // Codings that are not chunked, or not as the last one.
        format!("{post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("{post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("{post}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("{post}{chunked}Transfer-Encoding: identity\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("{post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("{post}Transfer-Encoding\r\n : chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("POST /api/platform/theme_set HTTP/1.0\r\nHost: localhost\r\n{chunked}\r\n0\r\n\r\n{HIDDEN}"),
        // Chunks: extensions, sizes and ends that are read differently.
        format!("{post}{chunked}\r\n5;ext=\"x\"\r\ntheme\r\n0\r\n\r\n{HIDDEN}"),
        format!("{post}{chunked}\r\n5;ext={}\r\ntheme\r\n0\r\n\r\n{HIDDEN}", "x".repeat(20_000)),
        format!("{post}{chunked}\r\n5;a\nb\r\ntheme\r\n0\r\n\r\n{HIDDEN}"),
        format!("{post}{chunked}\r\n5;a\rb\r\ntheme\r\n0\r\n\r\n{HIDDEN}"),
        format!("{post}{chunked}\r\nFFFFFFFFFFFFFFFFF\r\ntheme\r\n0\r\n\r\n{HIDDEN}"),
        format!("{post}{chunked}\r\n0x5\r\ntheme\r\n0\r\n\r\n{HIDDEN}"),
        format!("{post}{chunked}\r\n-5\r\ntheme\r\n0\r\n\r\n{HIDDEN}"),
        format!("{post}{chunked}\r\n5\r\nthemeX0\r\n\r\n{HIDDEN}"),
        format!("{post}{chunked}\r\n5\ntheme\n0\n\n{HIDDEN}"),
        format!("{post}{chunked}\r\n0\r\nContent-Length: 99\r\n\r\n{HIDDEN}"),
        // Lines that are folded, broken, or none.
        format!("{get}Host: localhost\r\n Folded: yes\r\n\r\n{HIDDEN}"),
        format!("{get}Host: localhost\r\nX-Y: a\r\n\tContent-Length: {length}\r\n\r\n{HIDDEN}"),
        format!("{get} Host: localhost\r\n\r\n{HIDDEN}"),
        format!("{get}Host : localhost\r\n\r\n{HIDDEN}"),
        format!("{get}Host: localhost\r\nno colon\r\n\r\n{HIDDEN}"),
        format!("{get}Host: localhost\r\n: no name\r\n\r\n{HIDDEN}"),
        format!("{get}Host: localhost\r\nX-Y: a\rTransfer-Encoding: chunked\r\n\r\n{HIDDEN}"),
        format!("{get}Host: localhost\r\nX-Y: a\0b\r\n\r\n{HIDDEN}"),
        format!("{get}Host: localhost\r\nX\u{e9}: a\r\n\r\n{HIDDEN}"),
        format!("GET /live\0z HTTP/1.1\r\nHost: localhost\r\n\r\n{HIDDEN}"),
        format!("GET /livez\r\n\r\n{HIDDEN}"),
        format!("GET /livez HTTP/1.2\r\nHost: localhost\r\n\r\n{HIDDEN}"),
        format!("GET /livez HTTP/1.1 HTTP/1.1\r\nHost: localhost\r\n\r\n{HIDDEN}"),
        format!("GET /livez XTTP/1.1\r\nHost: localhost\r\n\r\n{HIDDEN}"),
        format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{HIDDEN}"),
        // Hosts that are read differently.
        format!("{get}Host: localhost\r\nHost: evil\r\n\r\n{HIDDEN}"),
        format!("{get}\r\n{HIDDEN}"),
        format!("GET http://evil/livez HTTP/1.1\r\nHost: localhost\r\n\r\n{HIDDEN}"),
        // A line feed alone, where it would hide a header from one reader.
        format!("{post}Content-Length: {length}\r\nX-Y: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        format!("{post}Content-Length: {length}\r\nX-Y: a\nContent-Length: 4\r\n\r\nabcd{HIDDEN}"),
        format!("{post}X-Y: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
    ];
    let asked = cases.iter().map(|case| harness.process.raw(case.as_bytes(), wait));
    for (case, (text, ended)) in cases.iter().zip(join_all(asked).await) {
        assert!(text.matches("HTTP/1.1 ").count() <= 1, "{case:?} has several answers: {text}");
        assert!(ended, "{case:?} keeps its connection: {text}");
    }
    // Two requests that are two have two answers: it would be seen.
    let (text, ended) = harness.process.raw(format!("{HEAD}\r\n{HEAD}Connection: close\r\n\r\n").as_bytes(), wait).await;
    assert!(ended && text.matches("HTTP/1.1 200").count() == 2, "{text}");
}

/// A line that ends in a line feed alone is taken as one (docs/adr/0006), by a single reader: such a request has one answer, what
/// is its body is not read as another request, and what comes after it is a request of its own.
#[tokio::test]
async fn r57_bare_line_feeds_hide_nothing() {
    let harness = Harness::start().await;
    let wait = Duration::from_secs(2);
    let form = "Host: localhost\nContent-Type: application/x-www-form-urlencoded\n";
    let cases = [
        "GET /livez HTTP/1.1\nHost: localhost\n\n".to_owned(),
        "GET /livez HTTP/1.1\nHost: localhost\r\n\n".to_owned(),
        "GET /livez HTTP/1.1\r\nHost: localhost\n\r\n".to_owned(),
        format!("POST /api/platform/theme_set HTTP/1.1\n{form}Content-Length: {}\n\n{HIDDEN}", HIDDEN.len()),
        format!("POST /api/platform/theme_set HTTP/1.1\r\n{form}Content-Length: {}\r\n\n{HIDDEN}", HIDDEN.len()),
        format!("POST /api/platform/theme_set HTTP/1.1\r\nHost: localhost\r\nX-Y: a\nContent-Length: {}\r\n\r\n{HIDDEN}", HIDDEN.len()),
    ];
    let asked = cases.iter().map(|case| harness.process.raw(case.as_bytes(), wait));
    for (case, (text, _)) in cases.iter().zip(join_all(asked).await) {
        assert!(text.matches("HTTP/1.1 ").count() <= 1, "{case:?} has several answers: {text}");
    }
}
