//! What real files, real people and attackers do: requirements 61 to 74.

mod files;
mod restarts;
mod shares;
mod texts;

use crate::harness::{Harness, program};
use axum::http::StatusCode;
use std::time::Duration;
use test_support::{Browser, Process, Reply};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpSocket, TcpStream},
};

const BOUNDARY: &str = "b";

/// A multipart form that ends with a file, as a browser sends it.
fn parts(fields: &[(&str, &str)], file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
    }
    body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n").into_bytes());
    body.extend_from_slice(file);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    body
}

/// Sends a file with a form.
async fn upload(browser: &mut Browser, path: &str, fields: &[(&str, &str)], file: &[u8]) -> Reply {
    let origin = format!("http://{}:8000", browser.host);
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [("accept", "application/json"), ("content-type", kind.as_str()), ("origin", origin.as_str())];
    browser.send("POST", path, &headers, &parts(fields, file)).await
}

/// Waits until the newest job is over, and gives its status, its error and how often it was tried.
async fn job_over(harness: &Harness) -> (String, String, String) {
    let field = |name: &str| format!("SELECT coalesce({name}::text, '') FROM platform.jobs ORDER BY id DESC LIMIT 1");
    for _ in 0..300 {
        let status = harness.sql.text(&field("status")).await;
        if !matches!(status.as_str(), "queued" | "running") {
            return (status, harness.sql.text(&field("error")).await, harness.sql.text(&field("attempts")).await);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    unreachable!("the job does not end: {}", harness.process.log())
}

/// A connection with little room for what comes, that asks for a file a hundred times and reads nothing.
async fn deaf(process: &Process, times: usize) -> TcpStream {
    let page = process.browser("localhost").get("/login").await.body;
    let style = page.split('"').find(|part| part.starts_with("/pkg/") && part.ends_with(".css")).unwrap().to_owned();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(process.address).await.unwrap();
    let request = format!("GET {style} HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(times);
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}
