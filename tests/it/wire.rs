//! What no client library would send: raw bytes at the accept loop (security.md 56 and 57).

use axum::{
    Extension,
    extract::{ConnectInfo, Request},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use oneo::http::capacity::Upgrades;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use test_support::{RawServer, TestApp};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
};

/// The head of a good request, without the empty line that ends it.
const HEAD: &str = "GET /livez HTTP/1.1\r\nHost: localhost\r\n";

/// A client that says nothing, half of a header block, or the head of a body that never comes is let go; others are
/// served meanwhile.
#[tokio::test]
async fn r56_slow_clients_are_let_go() {
    let server = RawServer::start(&TestApp::start().await).await;
    let begun = Instant::now();
    let slow = [String::new(), HEAD.to_owned(), format!("{HEAD}X-Slow: ")];
    let waits = slow.iter().map(|bytes| server.send(bytes.as_bytes(), Duration::from_secs(20)));
    let served = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        server.send(format!("{HEAD}Connection: close\r\n\r\n").as_bytes(), Duration::from_secs(2)).await
    };
    let (ends, good) = tokio::join!(futures_util::future::join_all(waits), served);
    assert!(good.closed && good.text.starts_with("HTTP/1.1 200"), "{}", good.text);
    for (sent, end) in slow.iter().zip(ends) {
        assert!(end.closed, "{sent:?} still holds its connection");
        assert!(!end.text.starts_with("HTTP/1.1 200"), "{sent:?}: {}", end.text);
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

/// Requests that two readers would read differently get one answer at most, and the connection ends.
#[tokio::test]
async fn r57_ambiguous_requests_are_not_served() {
    let server = RawServer::start(&TestApp::start().await).await;
    let hidden = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let cases = [
        format!("POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n{chunked}\r\n0\r\n\r\n{hidden}"),
        format!("POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 60\r\n\r\nabcd{hidden}"),
        format!("GET /livez HTTP/1.1\r\nHost: localhost\r\n Folded: yes\r\n\r\n{hidden}"),
        format!("GET /livez HTTP/1.1\r\nHost : localhost\r\n\r\n{hidden}"),
        format!("GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n{hidden}"),
        format!("POST /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"),
    ];
    for case in cases {
        let end = server.send(case.as_bytes(), Duration::from_secs(3)).await;
        assert!(end.text.matches("HTTP/1.1 ").count() <= 1, "{case:?}: {}", end.text);
        assert!(end.closed, "{case:?} keeps its connection: {}", end.text);
    }
}

async fn echo(
    Extension(upgrades): Extension<Upgrades>,
    Extension(ConnectInfo(peer)): Extension<ConnectInfo<SocketAddr>>,
    request: Request,
) -> Response {
    let Some(permit) = upgrades.permit(peer.ip()) else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    tokio::spawn(async move {
        let upgraded = hyper::upgrade::on(request).await.unwrap();
        let (mut read, mut write) = tokio::io::split(hyper_util::rt::TokioIo::new(upgraded));
        let _ended = tokio::io::copy(&mut read, &mut write).await;
        drop(permit);
    });
    (StatusCode::SWITCHING_PROTOCOLS, [(header::CONNECTION, "upgrade"), (header::UPGRADE, "echo")]).into_response()
}

/// A handler may take over its connection, as sockets will; how many do so at once is limited for each address, and places come back.
#[tokio::test]
async fn upgraded_connections_last_and_are_limited() {
    let app = TestApp::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = app.router.clone().route("/echo", any(echo));
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(oneo::http::serve::serve(listener, router, app.state.clone(), async {
        let _dropped = ended.await;
    }));
    let open = || async {
        let mut stream = BufStream::new(TcpStream::connect(address).await.unwrap());
        stream.write_all(b"GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n").await.unwrap();
        stream.flush().await.unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(stream.read_line(&mut head).await.unwrap(), 0, "{head}");
        }
        (stream, head)
    };
    let mut held = Vec::new();
    for _ in 0..20 {
        let (mut stream, head) = open().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        stream.write_all(b"ping\n").await.unwrap();
        stream.flush().await.unwrap();
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        assert_eq!(line, "ping\n");
        held.push(stream);
    }
    assert!(open().await.1.starts_with("HTTP/1.1 503 "), "the twenty-first of one address");
    drop(held.pop());
    let again = tokio::time::timeout(Duration::from_secs(10), async {
        while !open().await.1.starts_with("HTTP/1.1 101 ") {
            tokio::task::yield_now().await;
        }
    });
    assert!(again.await.is_ok(), "a place that is free again is given");
    // Upgraded connections do not hold the end of the process up.
    drop(end);
    assert!(tokio::time::timeout(Duration::from_secs(10), serving).await.is_ok());
}

/// Whatever is asked for, no request line takes the router down: what it cannot read is refused before it gets there.
#[tokio::test]
async fn odd_request_targets_are_refused() {
    let server = RawServer::start(&TestApp::start().await).await;
    let odd = [
        "*",
        "//",
        "/%",
        "/%zz",
        "/%00",
        "/a%2f..%2f",
        "/?%",
        "/..;/",
        "/users/%ff",
        "/{x}",
        "/users/import/%F0",
        "localhost:80",
        "?",
        "/jobs/1/%",
    ];
    let mut targets: Vec<String> = odd.iter().map(|target| (*target).to_owned()).collect();
    // Every printable character in a few places, as bytes that a careless client sends.
    targets.extend((0x21..0x7f_u8).flat_map(|byte| [format!("/{0}{0}", char::from(byte)), format!("{}x", char::from(byte))]));
    targets.extend(["http://localhost/livez".to_owned(), format!("/{}", "a/".repeat(2000))]);
    for method in ["GET", "POST", "OPTIONS", "CONNECT"] {
        for target in &targets {
            let request = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            let end = server.send(request.as_bytes(), Duration::from_secs(5)).await;
            let status: u16 = end.text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(400);
            assert!(status < 500, "{method} {target}: {}", end.text);
        }
    }
    let all = server.send(b"GET * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", Duration::from_secs(5)).await;
    assert!(all.text.starts_with("HTTP/1.1 400"), "{}", all.text);
}
