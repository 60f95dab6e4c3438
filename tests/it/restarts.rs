//! A new release takes over from an old one: nobody is refused and nothing is cut.

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use test_support::{Process, TestApp};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const RESTARTS: usize = 3;

/// Asks again and again on a connection that it keeps as long as the server does. Gives how many were answered.
async fn client(address: SocketAddr, stop: Arc<AtomicBool>, failed: Arc<AtomicUsize>) -> usize {
    let mut answered = 0;
    while !stop.load(Ordering::Relaxed) {
        let Ok(stream) = TcpStream::connect(address).await else {
            failed.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        while !stop.load(Ordering::Relaxed) {
            let request = hyper::Request::get("/livez").header("host", "localhost").body(Empty::<Bytes>::new()).unwrap();
            let Ok(answer) = sender.send_request(request).await else {
                failed.fetch_add(1, Ordering::Relaxed);
                break;
            };
            let is_last = answer.headers().get("connection").is_some_and(|value| value == "close");
            if answer.status() != 200 || answer.into_body().collect().await.is_err() {
                failed.fetch_add(1, Ordering::Relaxed);
            }
            answered += 1;
            if is_last {
                break;
            }
        }
        drop(sender);
        let _ended = connection.await;
    }
    answered
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_refuses_nobody_and_cuts_nothing() {
    let app = TestApp::start().await;
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let program = env!("CARGO_BIN_EXE_oneo");
    let mut process = Process::start_on(&app, program, &socket).await;
    let (stop, failed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..8).map(|_| tokio::spawn(client(address, Arc::clone(&stop), Arc::clone(&failed)))).collect();
    // One reads nothing, and keeps no process from ending.
    let mut deaf = TcpStream::connect(address).await.unwrap();
    deaf.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    for _ in 0..RESTARTS {
        let next = Process::start_on(&app, program, &socket).await;
        let begun = Instant::now();
        process.terminate();
        while process.child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(6), "{}", process.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        process = next;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut answered = 0;
    for client in clients {
        answered += client.await.unwrap();
    }
    assert_eq!(failed.load(Ordering::Relaxed), 0, "of {answered}");
    assert!(answered > 1000, "{answered}");
    let mut rest = Vec::new();
    let _read = tokio::time::timeout(Duration::from_secs(1), deaf.read_to_end(&mut rest)).await;
    // Without a successor too it ends, however many connections still come in.
    let knocking = tokio::spawn(async move {
        loop {
            let _refused = TcpStream::connect(address).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let begun = Instant::now();
    process.terminate();
    while process.child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(6), "{}", process.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    knocking.abort();
}
