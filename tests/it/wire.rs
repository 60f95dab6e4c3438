//! What no client library would send: raw bytes at the accept loop (security.md 56 and 57).

use std::time::{Duration, Instant};
use test_support::{RawServer, TestApp};

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
