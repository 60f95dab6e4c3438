//! A new release takes over from an old one: nobody is refused and nothing is cut.

use super::*;
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
use tokio::net::TcpStream;

/// Bar F17 of tenancy.md: none of so many requests fails over so many restarts.
const RESTARTS: usize = 5;
const REQUESTS: usize = 10_000;
/// The longest a process may take to its end, whatever its clients do.
const END: Duration = Duration::from_secs(5);

/// What clients have seen together.
#[derive(Default)]
struct Seen {
    stop: AtomicBool,
    answered: AtomicUsize,
    failed: AtomicUsize,
}

/// Asks again and again on a connection that it keeps as long as the server does.
async fn client(address: SocketAddr, seen: Arc<Seen>) {
    let Seen { stop, answered, failed } = &*seen;
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
            answered.fetch_add(1, Ordering::Relaxed);
            if is_last {
                break;
            }
        }
        drop(sender);
        let _ended = connection.await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r69_a_restart_refuses_nobody_and_cuts_nothing() {
    let app = TestApp::start().await;
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let program = &program();
    let mut process = Process::start_on(&app, program, &socket).await;
    let seen = Arc::new(Seen::default());
    let clients: Vec<_> = (0..8).map(|_| tokio::spawn(client(address, Arc::clone(&seen)))).collect();
    // Some read nothing of much, and keep no process from ending.
    let mut held = Vec::new();
    for _ in 0..RESTARTS {
        held.push(deaf(&process, 200).await);
        let next = Process::start_on(&app, program, &socket).await;
        let begun = Instant::now();
        process.terminate();
        while process.child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < END, "{}", process.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        process = next;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let begun = Instant::now();
    while seen.answered.load(Ordering::Relaxed) < REQUESTS && begun.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    seen.stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let (answered, failed) = (seen.answered.load(Ordering::Relaxed), seen.failed.load(Ordering::Relaxed));
    println!("{answered} answered over {RESTARTS} restarts, {failed} failed");
    assert!(failed == 0 && answered >= REQUESTS, "{failed} of {answered}");
    drop(held);
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
        assert!(begun.elapsed() < END, "{}", process.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    knocking.abort();
}
