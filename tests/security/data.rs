//! What the database, its roles, the keys and the logs hold: requirements 49 to 54.

mod secrets;
mod sql;

use crate::harness::program;
use std::{net::SocketAddr, process::Stdio, time::Duration};
use test_support::{Browser, Reply, Sql, TestApp, environment};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Runs a command of the program to its end: whether it succeeded, and what it said.
async fn said(app: &TestApp, args: &[&str], more: &[(&str, &str)]) -> (bool, String) {
    let mut command = std::process::Command::new(program());
    environment(app, &mut command);
    command.args(args).envs(more.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true);
    match tokio::time::timeout(Duration::from_secs(30), command.output()).await {
        Ok(Ok(output)) => {
            let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            (output.status.success(), text)
        }
        Ok(Err(error)) => (false, error.to_string()),
        Err(_) => (true, "it goes on and on".to_owned()),
    }
}

/// The lines of PostgreSQL's log that are about the database of this test: `time [process] database SQLSTATE text`.
async fn postgres_log(sql: &Sql) -> Vec<String> {
    let lines = "SELECT line FROM regexp_split_to_table(convert_from(pg_read_binary_file(current_setting('data_directory') || \
                 '/../postgres.log'), 'LATIN1'), E'\\n') AS line WHERE line LIKE '%] ' || current_database() || ' %'";
    sql.texts(lines).await
}

/// What stands between two texts, for the first time.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split(before).nth(1).and_then(|rest| rest.split(after).next()).unwrap_or_default()
}

/// Sends a form and gives the status, if an answer came.
async fn tell(address: SocketAddr, host: &str, session: &str, path: &str, body: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}:8000\r\nOrigin: http://{host}:8000\r\nCookie: __Host-sid={session}\r\nAccept: application/json\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut read = Vec::new();
    stream.read_to_end(&mut read).await.ok()?;
    String::from_utf8_lossy(&read).split(' ').nth(1)?.parse().ok()
}

async fn call(browser: &mut Browser, path: &str, fields: &[(String, String)]) -> Reply {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.call(path, &fields).await
}

/// The version of a company, as the forms about it send it.
async fn version(sql: &Sql, slug: &str) -> String {
    let at = "SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM platform.tenants";
    sql.text(&format!("{at} WHERE slug = '{slug}'")).await
}
