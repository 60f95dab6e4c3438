//! The edge and what it is built on: requirements 55 to 60. Bytes are sent as they are where a client library would tidy up.

use crate::house::{House, program};
use axum::http::StatusCode;
use futures_util::future::join_all;
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use test_support::{Browser, Process, TestApp, environment};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// How a certificate authority and a server's certificate are made.
const OPENSSL: &str = "[req]\ndistinguished_name = dn\nprompt = no\nx509_extensions = ca\n[dn]\nCN = Oneo test CA\n\
    [ca]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\nsubjectKeyIdentifier = hash\n\
    [leaf]\nbasicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = serverAuth\n\
    subjectAltName = DNS:localhost\n";

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

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
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

/// Redis on another machine is reached by TLS: with its authority known to the machine the program serves, and all that it keeps
/// there goes that way.
#[tokio::test]
async fn r55_redis_is_reached_by_tls() {
    let certificates = certificates();
    let redis = Listening::redis_by_tls(certificates.path()).await;
    let (url, ca) = (format!("rediss://localhost:{}", redis.port), certificates.path().join("ca.pem").display().to_string());
    let house = House::start_with(&[("REDIS_URL", &url), ("SSL_CERT_FILE", &ca)]).await;
    let alpha = house.tenant("alpha").await;
    let mut owner = house.owner(&alpha).await;
    assert_eq!(owner.get("/users").await.status, StatusCode::OK, "a session that stands there");
    assert_eq!(house.browser("localhost").get("/readyz").await.status, StatusCode::OK, "and it says that it is ready");
    let elsewhere: Vec<String> = house.keys().await.into_iter().filter(|key| key.contains(":session")).collect();
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
    let house = House { app, process, sql };
    let (alpha, mut admin) = (house.tenant("alpha").await, house.browser("localhost"));
    let mut owner = house.owner(&alpha).await;
    let _made = house.app.platform_admin().await;
    admin.sign_in("admin@oneo.example").await;
    for path in ["/", "/users", "/sessions", "/account/sessions", "/settings"] {
        assert_eq!(owner.get(path).await.status, StatusCode::OK, "{path}");
    }
    // Scripts, messages for the next page, pipelines, what one process tells the others.
    assert_eq!(house.browser(&alpha.host).try_sign_in(&alpha.owner, "wrong password here").await.location(), "/login", "a wrong password");
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

/// Five hundred clients that send half a head, and others that say nothing or stop in the middle of a body: everybody else is served
/// meanwhile, and after some ten seconds all of them are let go.
#[tokio::test]
async fn r56_slow_clients_are_let_go() {
    const SLOW: usize = 500;
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let owner = house.owner(&alpha).await;
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
            Some("400"),
        ),
    ];
    let process = &house.process;
    let bodies = stalled.iter().map(|(bytes, _)| process.raw(bytes.as_bytes(), LET_GO));
    let crowd = (0..SLOW).map(|_| process.raw(b"GET /login HTTP/1.1\r\nHost: localhost\r\nX-Half: ", LET_GO));
    let others = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut served = 0;
        for _ in 0..40 {
            let login = house.browser("localhost").get("/login").await.status;
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
    let house = House::start().await;
    // Where this process itself may not have as many, some hundreds show at least that they are held.
    let wanted = if files > MOST + 300 { MOST } else { files.saturating_sub(300).min(MOST) };
    let asks = async |address| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut read = Vec::new();
        let _sent = stream.write_all(format!("{HEAD}Connection: close\r\n\r\n").as_bytes()).await;
        let _ended = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut read)).await;
        String::from_utf8_lossy(&read).starts_with("HTTP/1.1 200")
    };
    let address = house.process.address;
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

/// The status of what came back to raw bytes.
fn status_of(text: &str) -> &str {
    text.split(' ').nth(1).unwrap_or_default()
}

/// Heads, addresses and bodies that are too large, and forms with too many fields, are refused for what they are; just below the
/// limits all is well.
#[tokio::test]
async fn r56_sizes_are_limited() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
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
        let (text, _) = house.process.raw(bytes.as_bytes(), wait).await;
        assert!(statuses.contains(&status_of(&text)), "{what}: {}", text.lines().next().unwrap_or_default());
    }
    let mut browser = house.browser(&alpha.host);
    let path = "/api/tenant/theme_set";
    let large = "x".repeat(300 * 1024);
    assert_eq!(browser.call(path, &[("theme", &large)]).await.status, StatusCode::PAYLOAD_TOO_LARGE, "a large body");
    assert_eq!(browser.post(path, "/", &[("theme", &large)]).await.status, StatusCode::PAYLOAD_TOO_LARGE, "a large body of a page");
    let below = "x".repeat(200 * 1024);
    assert_eq!(browser.call(path, &[("theme", &below)]).await.status, StatusCode::OK, "a body below the limit");
    let chunks = format!("12c00\r\n{}\r\n", "x".repeat(0x12c00)).repeat(5);
    let form = "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n";
    let bytes = format!("POST {path} HTTP/1.1\r\nHost: {}:8000\r\n{form}{chunks}0\r\n\r\n", alpha.host);
    let (text, ended) = house.process.raw(bytes.as_bytes(), wait).await;
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
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let (mut owner, mut admin) = (house.owner(&alpha).await, house.admin().await);
    let id = house.app.user(&alpha, "user", "target").await;
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
            settled = house.process.memory();
        }
    }
    let now = house.process.memory();
    assert!(settled > 1024, "the memory of the program is known: {settled}");
    assert!(now < settled + 32 * 1024, "it grew from {settled} to {now} KiB");
    assert_eq!(owner.get("/users").await.status, StatusCode::OK, "and it serves");
}

/// Methods that nothing here has are told so, on pages, functions and the looks at its health.
#[tokio::test]
async fn r56_methods_are_those_that_are_served() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    for (host, site) in [("localhost", "platform"), (alpha.host.as_str(), "tenant")] {
        let mut browser = house.browser(host);
        for method in ["TRACE", "TRACK", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "BREW"] {
            for path in ["/login", "/", "/livez", "/readyz", "/nothing"] {
                let reply = browser.send(method, path, &[("accept", "text/html"), ("x-canary", "echoed-canary")], b"").await;
                assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path} on {host}");
                assert_eq!(reply.header("allow"), "GET, HEAD", "{method} {path} on {host}");
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
    let house = House::start().await;
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
    let asked = cases.iter().map(|case| house.process.raw(case.as_bytes(), wait));
    for (case, (text, ended)) in cases.iter().zip(join_all(asked).await) {
        assert!(text.matches("HTTP/1.1 ").count() <= 1, "{case:?} has several answers: {text}");
        assert!(ended, "{case:?} keeps its connection: {text}");
    }
    // Two requests that are two have two answers: it would be seen.
    let (text, ended) = house.process.raw(format!("{HEAD}\r\n{HEAD}Connection: close\r\n\r\n").as_bytes(), wait).await;
    assert!(ended && text.matches("HTTP/1.1 200").count() == 2, "{text}");
}

/// A line that ends in a line feed alone is taken as one (docs/adr/0006), by a single reader: such a request has one answer, what
/// is its body is not read as another request, and what comes after it is a request of its own.
#[tokio::test]
async fn r57_bare_line_feeds_hide_nothing() {
    let house = House::start().await;
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
    let asked = cases.iter().map(|case| house.process.raw(case.as_bytes(), wait));
    for (case, (text, _)) in cases.iter().zip(join_all(asked).await) {
        assert!(text.matches("HTTP/1.1 ").count() <= 1, "{case:?} has several answers: {text}");
    }
}

/// A fault of the program's is a number and nothing else to whoever asks, on a page, to a script and after a form; the log has the
/// cause under that number.
#[tokio::test]
async fn r58_a_fault_is_a_number() {
    const NEVER: [&str; 13] = [
        "max_users",
        "SELECT",
        "deserializ",
        "Deserializ",
        "backtrace",
        "panicked",
        "postgres",
        "PostgreSQL",
        "tokio",
        "/root/",
        "/work/",
        "crates/",
        "cached plan",
    ];
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let mut owner = house.owner(&alpha).await;
    let healthy = owner.get("/users").await;
    assert_eq!(healthy.status, StatusCode::OK, "before it is broken");
    // A column whose text cannot be read as a number.
    let schema = &alpha.schema;
    let broken = format!(
        "ALTER TABLE {schema}.quota RENAME COLUMN max_users TO kept; ALTER TABLE {schema}.quota ADD COLUMN max_users text NOT NULL DEFAULT 'x'"
    );
    house.sql.run(&broken).await;
    let page = owner.get("/users").await;
    let script = owner.call("/api/tenant/user_list", &[]).await;
    let form = owner.post("/api/tenant/user_list", "/users", &[]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let log = house.process.log();
    for (reply, what) in [(&page, "a page"), (&script, "a script"), (&form, "a form")] {
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{what}: {}", reply.body);
        let id = reply.header("x-request-id");
        assert!(id.len() >= 8 && reply.body.contains(id), "{what} shows its number {id}: {}", reply.body);
        for word in NEVER {
            assert!(!reply.body.contains(word), "{what} says {word}: {}", reply.body);
        }
        let told = log.lines().any(|line| line.contains(id) && line.contains("a request failed"));
        assert!(told, "the log has the cause under {id}: {log}");
    }
    let ids = [&page, &script, &form].map(|reply| reply.header("x-request-id").to_owned());
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "each has a number of its own: {ids:?}");
    assert_eq!(owner.get("/account").await.status, StatusCode::OK, "everything else still answers");
}

/// What is wrong with a request is said in one sentence that is the same for everybody, without what was sent and without a word of
/// what it is made of.
#[tokio::test]
async fn r58_errors_say_nothing() {
    const NEVER: [&str; 12] = [
        "server function",
        "server_fn",
        "leptos",
        "Leptos",
        "axum",
        "serde",
        "hyper",
        "missing field",
        "invalid type",
        "echoed-canary",
        "src/",
        "Could not find",
    ];
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let mut owner = house.owner(&alpha).await;
    let mut admin = house.admin().await;
    let form = "application/x-www-form-urlencoded";
    let mut replies = Vec::new();
    for (browser, site) in [(&mut owner, "tenant"), (&mut admin, "platform")] {
        let origin = format!("http://{}:8000", browser.host);
        for accept in ["text/html", "application/json"] {
            let headers = [("accept", accept), ("content-type", form), ("origin", origin.as_str())];
            for (path, body, status) in [
                (format!("/api/{site}/echoed-canary"), "a=1", 404),
                (format!("/api/{site}/sign_in/echoed-canary"), "a=1", 404),
                (format!("/api/{site}/sign_in1234567890"), "a=1", 404),
                ("/api/other/sign_in".to_owned(), "a=1", 404),
                ("/api/".to_owned(), "a=1", 404),
                (format!("/api/{site}/password_set"), "echoed-canary=%ff%fe", 400),
                (format!("/api/{site}/password_set"), "%", 400),
                (format!("/api/{site}/account_set"), "first_name[echoed-canary]=1&last_name=x", 400),
            ] {
                let reply = browser.send("POST", &path, &headers, body.as_bytes()).await;
                assert_eq!(reply.status.as_u16(), status, "{path} with {body}: {}", reply.body);
                replies.push((format!("{path} with {body}"), reply));
            }
        }
        for path in ["/nothing", "/users/not-a-number", "/tenants/not-there", "/jobs/999999999999999999999", "/%ff%fe", "/?q=%ff"] {
            let reply = browser.get(path).await;
            assert!(!reply.status.is_server_error(), "{path}: {}", reply.status);
            replies.push((path.to_owned(), reply));
        }
    }
    for (what, reply) in &replies {
        // A page names its scripts.
        let scripts = reply.body.contains("<script");
        for word in NEVER {
            assert!(scripts || !reply.body.contains(word), "{what} says {word}: {}", reply.body);
        }
        assert!(!reply.header("x-request-id").is_empty(), "{what} has a number");
        for header in ["server", "x-powered-by", "via", "x-aspnet-version"] {
            assert!(reply.headers.get(header).is_none(), "{what} has {header}");
        }
    }
    let (text, _) = house.process.raw(b"GET / HTTP/9.9\r\n\r\n", Duration::from_secs(2)).await;
    assert!(status_of(&text) == "400" && !text.to_lowercase().contains("hyper"), "{text}");
}

/// Nothing answers that is not for people: no metrics, no files of the project, no maps, no console; and what is not there is 404.
#[tokio::test]
async fn r59_nothing_answers_that_need_not() {
    let house = House::start().await;
    let alpha = house.tenant("alpha").await;
    let absent = [
        "/metrics",
        "/debug",
        "/debug/pprof/",
        "/debug/vars",
        "/health",
        "/healthz",
        "/status",
        "/server-status",
        "/actuator",
        "/actuator/health",
        "/actuator/env",
        "/info",
        "/version",
        "/trace",
        "/console",
        "/admin",
        "/phpinfo.php",
        "/wp-login.php",
        "/.git/config",
        "/.git/HEAD",
        "/.env",
        "/.env.example",
        "/.well-known/security.json",
        "/Cargo.toml",
        "/Cargo.lock",
        "/Leptos.toml",
        "/deny.toml",
        "/Makefile",
        "/hash.txt",
        "/src/main.rs",
        "/target/",
        "/index.html",
        "/api-docs",
        "/openapi.json",
        "/swagger-ui/",
        "/graphql",
        "/ws",
        "/live_reload",
        "/__leptos",
        "/pkg",
        "/pkg/",
        "/pkg/nothing.js",
        "/pkg/oneo.js.map",
        "/pkg/oneo.wasm.map",
        "/pkg/../../Cargo.toml",
        "/pkg/%2e%2e/%2e%2e/Cargo.toml",
        "/pkg/..%2f..%2fCargo.toml",
        "/pkg/....//....//Cargo.toml",
        "/pkg/%5c..%5c..%5cCargo.toml",
        "/pkg//etc/passwd",
        "//etc/passwd",
        "/%2e%2e/%2e%2e/Cargo.toml",
        "/..%2f..%2fetc/passwd",
        "/favicon.ico.bak",
        "/robots.txt~",
    ];
    for host in ["localhost", alpha.host.as_str()] {
        let mut browser = house.browser(host);
        for path in absent {
            let reply = browser.get(path).await;
            assert!(matches!(reply.status.as_u16(), 400 | 404), "{path} on {host}: {}", reply.status);
            for word in ["[package]", "[workspace]", "root:", "SECRET_KEYS", "ref: refs", "process_"] {
                assert!(!reply.body.contains(word), "{path} on {host} gives a file: {}", reply.body);
            }
        }
        for (path, text) in [("/livez", "ok"), ("/readyz", "ok")] {
            let reply = browser.get(path).await;
            assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, text), "{path} on {host} says nothing more");
        }
        let page = browser.get("/login").await;
        assert_eq!(page.status, StatusCode::OK, "there is a page on {host}");
        for word in ["live_reload", "ws://", "wss://", "localhost:3001", "sourceMappingURL"] {
            assert!(!page.body.contains(word), "the page on {host} has {word}");
        }
    }
}

/// The folder of the built site that the program serves.
fn site() -> PathBuf {
    Path::new(&program()).parent().unwrap().join("../site/pkg")
}

/// Of what was built for browsers, only what they run is served: no typings, no maps, and nothing leads to one.
#[tokio::test]
async fn r59_browsers_get_what_they_run_and_no_more() {
    let house = House::start().await;
    let names: Vec<String> =
        std::fs::read_dir(site()).into_iter().flatten().flatten().map(|entry| entry.file_name().display().to_string()).collect();
    let ask = async |path: String| {
        let head = format!("HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        house.process.raw(head.as_bytes(), Duration::from_secs(5)).await.0
    };
    for name in names {
        let text = ask(format!("/pkg/{name}")).await;
        let kind = name.rsplit('.').next().unwrap_or_default();
        if matches!(kind, "js" | "wasm" | "css") {
            assert_eq!(status_of(&text), "200", "{name}");
            assert!(text.to_lowercase().contains("immutable"), "{name} is named by its content: {text}");
            let content = std::fs::read(site().join(&name)).unwrap();
            let map = b"sourceMappingURL";
            assert!(!content.windows(map.len()).any(|part| part == map), "{name} leads to a map");
        } else if !matches!(kind, "br" | "gz") {
            assert_eq!(status_of(&text), "404", "{name} is served");
        }
    }
    assert_eq!(status_of(&ask("/pkg/nothing.js".to_owned()).await), "404", "what is not there is not");
    assert_eq!(status_of(&ask("/livez".to_owned()).await), "200", "what is there is");
}

/// The program listens on the one address that it was told, and on nothing besides.
#[tokio::test]
async fn r59_there_is_one_listener() {
    let house = House::start().await;
    let id = house.process.child.id();
    let mut own = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().flatten() {
        let Ok(target) = std::fs::read_link(entry.path()) else { continue };
        let target = target.display().to_string();
        if let Some(inode) = target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')) {
            own.push(inode.to_owned());
        }
    }
    let mut listening = Vec::new();
    for table in ["tcp", "tcp6"] {
        let text = std::fs::read_to_string(format!("/proc/{id}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split_whitespace().collect();
            // Local address, remote address, state (0A listens) and so on; the tenth is the inode.
            if cells.len() > 9 && cells[3] == "0A" && own.iter().any(|inode| inode == cells[9]) {
                listening.push(cells[1].to_owned());
            }
        }
    }
    let port = format!(":{:04X}", house.process.address.port());
    assert_eq!(listening.len(), 1, "{listening:?}");
    assert!(listening[0].ends_with(&port), "{listening:?} is not {port}");
}

/// Name and version of everything that is locked.
fn locked() -> Vec<(String, String)> {
    let text = read("Cargo.lock");
    let value = |part: &str, name: &str| {
        part.lines()
            .find_map(|line| line.strip_prefix(&format!("{name} = \"")).and_then(|rest| rest.strip_suffix('"')))
            .unwrap_or_default()
            .to_owned()
    };
    text.split("[[package]]").skip(1).map(|part| (value(part, "name"), value(part, "version"))).collect()
}

/// What is built on has no version with a hole that is known, comes from one registry with a checksum, and does no TLS of its own.
#[test]
fn r60_locked_versions_are_sound() {
    let locked = locked();
    assert!(locked.len() > 300, "{} are locked", locked.len());
    let number = |version: &str| version.split(['.', '-', '+']).map(|part| part.parse::<u64>().unwrap_or(0)).take(3).collect::<Vec<_>>();
    for (name, least) in [
        ("tokio-postgres", "0.7.18"),
        ("postgres-protocol", "0.6.12"),
        ("leptos", "0.9.0"),
        ("time", "0.3.47"),
        ("rand", "0.9.3"),
        ("rustls-webpki", "0.103.10"),
        ("rustls", "0.23.18"),
        ("ring", "0.17.12"),
        ("hyper", "1.12.0"),
        ("tower-http", "0.6.11"),
        ("diesel", "2.3.0"),
        ("redis", "1.8.0"),
    ] {
        let found: Vec<&str> = locked.iter().filter(|(known, _)| known == name).map(|(_, version)| version.as_str()).collect();
        assert!(!found.is_empty(), "{name} is not in the lock file");
        for version in found {
            assert!(number(version) >= number(least), "{name} {version} is older than {least}");
        }
    }
    // RUSTSEC-2026-0258 and RUSTSEC-2026-0097, where they are there at all.
    for (name, version) in &locked {
        let old_h2 = name == "h2" && number(version) < number("0.4.16");
        let old_rand = name == "rand" && number(version) >= number("0.10.0") && number(version) < number("0.10.1");
        assert!(!old_h2 && !old_rand, "{name} {version}");
        assert!(!["openssl", "openssl-sys", "native-tls", "aws-lc-sys"].contains(&name.as_str()), "{name}: rustls with ring does TLS");
    }
    let lock = read("Cargo.lock");
    let sources: Vec<&str> = lock.lines().filter(|line| line.starts_with("source = ")).collect();
    assert!(sources.iter().all(|source| *source == "source = \"registry+https://github.com/rust-lang/crates.io-index\""), "{sources:?}");
    let sums = lock.lines().filter(|line| line.starts_with("checksum = ")).count();
    assert_eq!(sums, sources.len(), "each has a checksum");
}

/// No code of ours is unsafe, in any crate; and what may be built on is looked at by cargo-deny whenever everything is checked.
#[test]
fn r60_the_rules_of_the_build_hold() {
    let root = read("Cargo.toml");
    assert!(root.contains("unsafe_code = \"forbid\""), "unsafe code is forbidden in the workspace");
    let members = root.split("members = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or_default();
    let members: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.len() >= 6, "{members:?}");
    for member in members.iter().map(|member| format!("{member}/Cargo.toml")).chain(["Cargo.toml".to_owned()]) {
        let text = read(&member);
        let lints = text.split("\n[lints]").nth(1).unwrap_or_default();
        assert!(lints.trim_start().starts_with("workspace = true"), "{member} takes the rules of the workspace");
    }
    let deny = read("deny.toml");
    for rule in ["unknown-registry = \"deny\"", "unknown-git = \"deny\"", "crate = \"openssl\"", "crate = \"native-tls\"", "[licenses]"] {
        assert!(deny.contains(rule), "deny.toml lacks {rule}");
    }
    assert!(!deny.lines().any(|line| line.trim_start().starts_with("ignore")), "deny.toml looks away from nothing");
    assert!(!deny.contains("allow-git") && !deny.contains("allow-registry"), "one registry is enough");
    let make = read("Makefile");
    assert!(make.contains("cargo deny check bans licenses sources"), "`make check` asks cargo-deny");
    assert!(make.contains("test: setup check unit"), "and `make test` checks");
}

/// A list of all that is in the program is made with it (CycloneDX).
#[test]
fn r60_there_is_a_list_of_what_is_in_it() {
    let made = ["Makefile", "scripts/setup.sh"].into_iter().any(|file| read(file).contains("cyclonedx"));
    assert!(made, "`make` writes a software bill of materials by cargo-cyclonedx");
}
