//! The edge and what it is built on: requirements 55 to 60. Bytes are sent as they are where a client library would tidy up.

mod limits;
mod rest;
mod tls;

use crate::harness::program;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use test_support::{TestApp, environment};

/// The head of a good request, without the empty line that ends it.
const HEAD: &str = "GET /livez HTTP/1.1\r\nHost: localhost\r\n";
/// What somebody would hide behind a request that can be read in two ways.
const HIDDEN: &str = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";
/// The longest that anything may take which is to be let go after ten seconds.
const LET_GO: Duration = Duration::from_secs(14);

/// A file of the project.
fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Runs `oneo serve` until it ends: whether it went well, or on and on, and what it said.
async fn served(app: &TestApp, more: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(program());
    environment(app, &mut command);
    command.arg("serve").env("LISTEN", "127.0.0.1:0").envs(more.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true);
    match tokio::time::timeout(LET_GO, command.output()).await {
        Ok(Ok(output)) => {
            let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            (output.status.success(), text)
        }
        Ok(Err(error)) => (false, error.to_string()),
        Err(_) => (true, "it serves".to_owned()),
    }
}

fn openssl(folder: &Path, args: &[&str]) {
    let done = Command::new("openssl").args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// The status of what came back to raw bytes.
fn status_of(text: &str) -> &str {
    text.split(' ').nth(1).unwrap_or_default()
}

/// The folder of the built site that the program serves.
fn site() -> PathBuf {
    Path::new(&program()).parent().unwrap().join("../site/pkg")
}
