//! The ways to PostgreSQL and Redis.

use super::*;
use crate::harness::{Harness, program};
use axum::http::StatusCode;
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use test_support::{Process, TestApp};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// How a certificate authority and a server's certificate are made.
const OPENSSL: &str = "[req]\ndistinguished_name = dn\nprompt = no\nx509_extensions = ca\n[dn]\nCN = Oneo test CA\n\
    [ca]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\nsubjectKeyIdentifier = hash\n\
    [leaf]\nbasicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = serverAuth\n\
    subjectAltName = DNS:localhost\n";

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A certificate authority, a certificate of `localhost` by it, and an authority that knows nothing of that.
fn certificates() -> TempDir {
    const KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("cnf"), OPENSSL).unwrap();
    for name in ["ca", "other"] {
        let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
        openssl(at, &[&["req", "-x509"][..], &KEY, &["-keyout", &key, "-out", &pem, "-days", "2", "-config", "cnf"]].concat());
    }
    let wish = ["-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=localhost", "-config", "cnf"];
    openssl(at, &[&["req", "-new"][..], &KEY, &wish].concat());
    let sign =
        ["x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out", "leaf.pem"];
    openssl(at, &[&sign[..], &["-extfile", "cnf", "-extensions", "leaf"]].concat());
    folder
}

/// A program of this test's own that listens on a port. It ends with the test.
struct Listening {
    child: Child,
    port: u16,
    _folder: Option<TempDir>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Listening {
    async fn start(mut command: Command, port: u16, folder: Option<TempDir>) -> Self {
        let listening = Self { child: command.spawn().unwrap(), port, _folder: folder };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return listening;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(TcpStream::connect(("127.0.0.1", port)).await.is_ok(), "something listens on {port}");
        listening
    }

    /// A Redis that keeps nothing, with these arguments more.
    async fn redis(more: &[&str]) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let text = port.to_string();
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"]).arg(folder.path());
        command.args(more.iter().map(|arg| if *arg == "PORT" { text.as_str() } else { arg }));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self::start(command, port, Some(folder)).await
    }

    /// A Redis that speaks TLS alone, with the certificate of `localhost`.
    async fn redis_by_tls(folder: &Path) -> Self {
        let path = |name: &str| folder.join(name).display().to_string();
        let (cert, key, ca) = (path("leaf.pem"), path("leaf.key"), path("ca.pem"));
        let tls = ["--port", "0", "--tls-port", "PORT", "--tls-cert-file", &cert, "--tls-key-file", &key, "--tls-ca-cert-file", &ca];
        Self::redis(&[&tls[..], &["--tls-auth-clients", "no"]].concat()).await
    }
}

/// A listener that speaks no TLS: it keeps what each client sent, and answers with `answer`.
async fn in_clear(answer: &'static [u8]) -> (u16, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let kept = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            tokio::spawn(async move {
                let mut said = vec![0; 4096];
                let length = stream.read(&mut said).await.unwrap_or(0);
                said.truncate(length);
                let _answered = stream.write_all(answer).await;
                let mut more = Vec::new();
                let _ended = tokio::time::timeout(Duration::from_secs(2), stream.read_to_end(&mut more)).await;
                said.extend(more);
                kept.lock().unwrap().push(said);
            });
        }
    });
    (port, heard)
}

/// A listener that speaks PostgreSQL as far as the beginning of TLS, and `openssl s_server` behind it, which writes down whatever a
/// client says inside.
async fn postgres_by_tls(folder: &Path) -> (Listening, u16) {
    let port = free_port();
    let said = std::fs::File::create(folder.join("said")).unwrap();
    let mut command = Command::new("openssl");
    command.args(["s_server", "-quiet", "-cert", "leaf.pem", "-key", "leaf.key", "-accept"]).arg(format!("127.0.0.1:{port}"));
    // Its input stays open: at the end of it, it would end.
    command.current_dir(folder).stdin(Stdio::piped()).stdout(said).stderr(Stdio::null());
    let server = Listening::start(command, port, None).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut wish = [0; 8];
                let asked = client.read_exact(&mut wish).await.is_ok() && wish == [0, 0, 0, 8, 4, 210, 22, 47];
                if asked
                    && client.write_all(b"S").await.is_ok()
                    && let Ok(mut behind) = TcpStream::connect(("127.0.0.1", port)).await
                {
                    let _ended = tokio::io::copy_bidirectional(&mut client, &mut behind).await;
                }
            });
        }
    });
    (server, near)
}

/// Redis on another machine is reached by TLS: with its authority known to the machine the program serves, and all that it keeps
/// there goes that way.
#[tokio::test]
async fn r55_redis_is_reached_by_tls() {
    let certificates = certificates();
    let redis = Listening::redis_by_tls(certificates.path()).await;
    let (url, ca) = (format!("rediss://localhost:{}", redis.port), certificates.path().join("ca.pem").display().to_string());
    let harness = Harness::start_with(&[("REDIS_URL", &url), ("SSL_CERT_FILE", &ca)]).await;
    let alpha = harness.tenant("alpha").await;
    let mut owner = harness.owner(&alpha).await;
    assert_eq!(owner.get("/users").await.status, StatusCode::OK, "a session that stands there");
    assert_eq!(harness.browser("localhost").get("/readyz").await.status, StatusCode::OK, "and it says that it is ready");
    let elsewhere: Vec<String> = harness.keys().await.into_iter().filter(|key| key.contains(":session")).collect();
    assert!(elsewhere.is_empty(), "sessions are in no other Redis: {elsewhere:?}");
    assert_eq!(owner.call("/api/tenant/sign_out", &[]).await.status, StatusCode::OK, "signing out");
    assert!(!owner.is_signed_in().await, "ends the session there");
}

/// With another authority, another name or a server that speaks in clear the program does not start, and never says anything in
/// clear itself.
#[tokio::test]
async fn r55_redis_without_proof_is_not_spoken_to() {
    let certificates = certificates();
    let redis = Listening::redis_by_tls(certificates.path()).await;
    let path = |name: &str| certificates.path().join(name).display().to_string();
    let (ca, other) = (path("ca.pem"), path("other.pem"));
    let (plain, heard) = in_clear(b"-ERR unknown command\r\n+PONG\r\n").await;
    let app = TestApp::start().await;
    let port = redis.port;
    let cases = [
        (format!("rediss://localhost:{port}"), &other, "Redis does not answer", "another authority"),
        (format!("rediss://127.0.0.1:{port}"), &ca, "Redis does not answer", "another name"),
        (format!("rediss://localhost:{plain}"), &ca, "Redis does not answer", "a server that speaks in clear"),
        (format!("redis://localhost:{port}"), &ca, "Redis does not answer", "in clear to a server that speaks TLS"),
        (format!("rediss://localhost:{port}#insecure"), &ca, "use rediss://", "without verification"),
        ("redis://cache.example:6379".to_owned(), &ca, "use rediss://", "in clear to another machine"),
        (format!("redis://localhost@cache.example:{port}"), &ca, "use rediss://", "in clear to another machine, disguised"),
    ];
    for (url, authority, line, what) in cases {
        let (went_well, text) = served(&app, &[("REDIS_URL", &url), ("SSL_CERT_FILE", authority)]).await;
        assert!(!went_well, "{what}: {text}");
        assert!(text.contains(line), "{what}: {text}");
        assert!(!text.contains("panicked"), "{what}: {text}");
    }
    let heard = heard.lock().unwrap().clone();
    assert!(!heard.is_empty(), "the server that speaks in clear was asked");
    for said in heard {
        assert_eq!(said.first(), Some(&0x16), "it was asked for TLS: {}", String::from_utf8_lossy(&said));
        for word in ["PING", "INFO", "CLIENT", "HELLO", "AUTH"] {
            assert!(!said.windows(word.len()).any(|part| part == word.as_bytes()), "{word} was said in clear");
        }
    }
}

/// PostgreSQL is told who asks by verified TLS alone: with another authority or another name nothing is said inside, and a server
/// that offers no TLS is told nothing at all.
#[tokio::test]
async fn r55_postgresql_without_proof_is_told_nothing() {
    let certificates = certificates();
    let (_server, port) = postgres_by_tls(certificates.path()).await;
    let (plain, heard) = in_clear(b"N").await;
    let path = |name: &str| certificates.path().join(name).display().to_string();
    let (ca, other) = (path("ca.pem"), path("other.pem"));
    let app = TestApp::start().await;
    let url = |user: &str, host: &str, port: u16| format!("postgresql://{user}:canary@{host}:{port}/oneo?sslmode=verify-full");
    let cases = [
        (url("of_another_authority", "localhost", port), &other),
        (url("of_another_name", "127.0.0.1", port), &ca),
        (url("of_clear_text", "localhost", plain), &ca),
        (url("of_the_right_one", "localhost", port), &ca),
    ];
    for (url, authority) in &cases {
        let (went_well, text) = served(&app, &[("DATABASE_URL", url), ("SSL_CERT_FILE", authority)]).await;
        assert!(!went_well && text.contains("the database does not answer"), "{url}: {text}");
        assert!(!text.contains("canary"), "the password is not told: {text}");
    }
    // The last one is no PostgreSQL, but it had the right certificate, and so it was told who asks.
    let said = String::from_utf8_lossy(&std::fs::read(certificates.path().join("said")).unwrap()).into_owned();
    assert!(said.contains("of_the_right_one"), "the way by TLS works: {said:?}");
    for user in ["of_another_authority", "of_another_name", "of_clear_text"] {
        assert!(!said.contains(user), "{user} was told: {said:?}");
    }
    let heard = heard.lock().unwrap().clone();
    assert!(!heard.is_empty(), "the server in clear was asked");
    for said in heard {
        assert_eq!(said, [0, 0, 0, 8, 4, 210, 22, 47], "it was asked for TLS and told nothing more: {}", String::from_utf8_lossy(&said));
    }
}

/// Addresses of other machines without verified TLS are refused before anything is sent, for the database and for mail.
#[tokio::test]
async fn r55_plain_text_to_other_machines_is_refused() {
    let app = TestApp::start().await;
    let database = |mode: &str| format!("postgresql://u:p@db.example/oneo?sslmode={mode}");
    for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
        let (went_well, text) = served(&app, &[("DATABASE_URL", &database(mode))]).await;
        assert!(!went_well && text.contains(&format!("sslmode={mode} is ")), "{mode}: {text}");
    }
    let two = "postgresql://u:p@localhost,10.0.0.7/oneo?sslmode=disable";
    let (went_well, text) = served(&app, &[("DATABASE_URL", two)]).await;
    assert!(!went_well && text.contains("oneo: "), "one of two hosts is another machine: {text}");
    for mail in ["smtp://mail.example", "smtp://u:p@mail.example?tls=opportunistic"] {
        let (went_well, text) = served(&app, &[("MAIL", mail)]).await;
        assert!(!went_well && text.contains("MAIL speaks to another machine in clear"), "{mail}: {text}");
    }
    let own = app.database.app_url();
    let own = secrecy::ExposeSecret::expose_secret(&own);
    let process = Process::start(&app, &program(), &[("DATABASE_URL", own)]).await;
    assert_eq!(process.browser("localhost").get("/readyz").await.status, StatusCode::OK, "on this machine it serves");
}

/// Whoever runs the program reads in one line why a service was refused: which certificate, for which name.
#[tokio::test]
async fn r55_the_reason_is_told() {
    let certificates = certificates();
    let redis = Listening::redis_by_tls(certificates.path()).await;
    let (_server, postgres) = postgres_by_tls(certificates.path()).await;
    let path = |name: &str| certificates.path().join(name).display().to_string();
    let (ca, other) = (path("ca.pem"), path("other.pem"));
    let app = TestApp::start().await;
    let database = |host: &str| format!("postgresql://u:canary@{host}:{postgres}/oneo?sslmode=verify-full");
    let cases = [
        ("REDIS_URL", format!("rediss://localhost:{}", redis.port), &other),
        ("REDIS_URL", format!("rediss://127.0.0.1:{}", redis.port), &ca),
        ("DATABASE_URL", database("localhost"), &other),
        ("DATABASE_URL", database("127.0.0.1"), &ca),
    ];
    for (name, url, authority) in &cases {
        let (went_well, text) = served(&app, &[(name, url), ("SSL_CERT_FILE", authority)]).await;
        assert!(!went_well && text.contains("certificate"), "{name}={url} does not say why: {text}");
    }
}

/// A user of Redis with the rights that docs/SECURITY.md gives is enough for the program, and reaches no key beside its own.
#[tokio::test]
async fn r55_a_user_of_redis_for_one_installation_is_enough() {
    let app = TestApp::start().await;
    let server = Listening::redis(&["--port", "PORT"]).await;
    let client = redis::Client::open(format!("redis://127.0.0.1:{}", server.port)).unwrap();
    let mut mighty = client.get_multiplexed_async_connection().await.unwrap();
    let text = read("docs/SECURITY.md");
    let rule = text.split("ACL SETUSER oneo on >PASSWORD ").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let rule = rule.replace('\\', " ").replace("INSTALLATION", app.services.db.installation());
    let mut set = redis::cmd("ACL");
    set.arg("SETUSER").arg("oneo").arg("on").arg(">word-of-redis").arg(rule.split_whitespace().collect::<Vec<_>>());
    let _set: String = set.query_async(&mut mighty).await.unwrap();
    let _set: String = redis::cmd("SET").arg("oneo:another1:{p}:x").arg("canary").query_async(&mut mighty).await.unwrap();
    let url = format!("redis://oneo:word-of-redis@127.0.0.1:{}", server.port);
    let small = redis::Client::open(url.as_str()).unwrap();
    let mut small = small.get_multiplexed_async_connection().await.unwrap();
    for refused in [
        &["GET", "oneo:another1:{p}:x"][..],
        &["DEL", "oneo:another1:{p}:x"],
        &["SET", "anything", "1"],
        &["PUBLISH", "oneo:another1:invalidate", "x"],
        &["EVAL", "return redis.call('GET', 'oneo:another1:{p}:x')", "0"],
        &["FLUSHALL"],
        &["FLUSHDB"],
        &["KEYS", "*"],
        &["CONFIG", "GET", "dir"],
        &["ACL", "LIST"],
        &["SHUTDOWN", "NOSAVE"],
        &["DEBUG", "SLEEP", "0"],
        &["REPLICAOF", "127.0.0.1", "1"],
    ] {
        let mut command = redis::cmd(refused[0]);
        command.arg(&refused[1..]);
        let answer: redis::RedisResult<redis::Value> = command.query_async(&mut small).await;
        assert!(answer.is_err(), "{refused:?}: {answer:?}");
    }
    let process = Process::start(&app, &program(), &[("REDIS_URL", &url)]).await;
    let sql = app.sql().await;
    let harness = Harness { app, process, sql };
    let (alpha, mut admin) = (harness.tenant("alpha").await, harness.browser("localhost"));
    let mut owner = harness.owner(&alpha).await;
    let _made = harness.app.platform_admin().await;
    admin.sign_in("admin@oneo.example").await;
    for path in ["/", "/users", "/sessions", "/account/sessions", "/settings"] {
        assert_eq!(owner.get(path).await.status, StatusCode::OK, "{path}");
    }
    // Scripts, messages for the next page, pipelines, what one process tells the others.
    assert_eq!(
        harness.browser(&alpha.host).try_sign_in(&alpha.owner, "wrong password here").await.location(),
        "/login",
        "a wrong password"
    );
    let reply = owner.post("/api/tenant/account_set", "/account", &[("first_name", "N"), ("last_name", "M")]).await;
    assert_eq!(reply.location(), "/account", "{}", reply.body);
    assert!(owner.get("/account").await.body.contains("Saved"), "a message for the next page");
    assert_eq!(owner.call("/api/tenant/account_session_end", &[]).await.status, StatusCode::OK, "all other sessions end");
    let reply = admin.call("/api/platform/tenant_suspend", &[("slug", "alpha")]).await;
    assert_eq!(reply.status, StatusCode::OK, "a company is suspended: {}", reply.body);
    assert_eq!(owner.get("/").await.status, StatusCode::FORBIDDEN, "and paused at once");
    let kept: Option<String> = redis::cmd("GET").arg("oneo:another1:{p}:x").query_async(&mut mighty).await.unwrap();
    assert_eq!(kept.as_deref(), Some("canary"), "what is another installation's is as it was");
}
