//! `staging PROGRAM [HOST=ADDRESS]...`: the program as it is deployed, for a browser.
//!
//! It has a PostgreSQL and a Redis of its own and serves `https://example.test` and what is below it, behind a proxy that it
//! trusts and that ends TLS. Hosts that are named go elsewhere, such as to pages of an attacker. One line of JSON says
//! where it is to be found and with what environment `PROGRAM` works on the same data; all of it ends with the input.
#![expect(clippy::expect_used, reason = "staging that does not start must fail at once")]

use oneo::local_services::{Durability, LocalServices};
use secrecy::ExposeSecret;
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};
use test_support::{Process, TlsFront};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().expect("the program");
    let others: BTreeMap<String, SocketAddr> = arguments
        .map(|argument| {
            let (host, address) = argument.split_once('=').expect("HOST=ADDRESS");
            (host.to_owned(), address.parse().expect("an address"))
        })
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    // PostgreSQL does not run as root, and must be able to enter.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("its rights");
    let services = LocalServices::open(folder.path(), Durability::Durable).await.expect("PostgreSQL and Redis start");
    services.bootstrap().await.expect("the database is made");
    let front = TlsFront::bind(&["example.test", "*.example.test", "evil.other.test"]).await;
    let port = front.port;
    let environment: BTreeMap<&str, String> = [
        ("DATABASE_URL", services.app_url().expose_secret().to_owned()),
        ("DATABASE_OWNER_URL", services.owner_url().expose_secret().to_owned()),
        ("REDIS_URL", services.redis_url().expose_secret().to_owned()),
        ("SECRET_KEYS", services.secrets().secret_key.expose_secret().to_owned()),
        ("ONEO_PUBLIC_URL", format!("https://example.test:{port}")),
        ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
        ("FILES_PATH", folder.path().join("files").display().to_string()),
        ("LOG_FILTER", "warn".to_owned()),
    ]
    .into();
    let command = || {
        let mut command = Command::new(&program);
        command.envs(&environment).current_dir(folder.path()).stdin(Stdio::null());
        command
    };
    assert!(command().arg("migrate").stdout(Stdio::null()).status().expect("the program starts").success(), "it migrates");
    let process = Process::serve(command()).await;
    front.lead(process.address, others);
    let line = serde_json::json!({ "port": port, "environment": environment });
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("the output is read");
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
    drop((process, services, ended));
}
