//! The built program as it is run, and a browser that speaks to it over a socket.

use crate::{PASSWORD, TestApp, actor::without_markers};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use secrecy::ExposeSecret;
use std::{
    collections::BTreeMap,
    io::Read,
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// `oneo serve` on the database of a test, on a port of its own. It is ended with the test.
pub struct Process {
    /// The process.
    pub child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    log: Arc<Mutex<Vec<u8>>>,
}

/// The environment in which the program works on the database of a test.
pub fn environment(app: &TestApp, command: &mut Command) {
    command
        .env("DATABASE_URL", app.database.app_url().expose_secret())
        .env("DATABASE_OWNER_URL", app.database.owner_url().expose_secret())
        .env("REDIS_URL", std::env::var("ONEO_TEST_REDIS_URL").unwrap_or_default())
        .env("SECRET_KEYS", "a-secret-key-of-tests-which-is-long-enough")
        .env("ONEO_PUBLIC_URL", "http://localhost:8000")
        .env("FILES_PATH", app.files.path())
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null());
}

impl Process {
    /// Starts the program with an environment besides, and waits until it listens.
    pub async fn start(app: &TestApp, program: &str, more: &[(&str, &str)]) -> Self {
        let mut command = Command::new(program);
        environment(app, &mut command);
        command.envs(more.iter().copied());
        Self::serve(command).await
    }

    /// Starts the program on a socket that is handed over to it, as a supervisor does (systemd's socket activation), and waits until
    /// it is ready.
    pub async fn start_on(app: &TestApp, program: &str, socket: &std::net::TcpListener) -> Self {
        use std::os::fd::AsRawFd;
        let flags = nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty());
        nix::fcntl::fcntl(socket, flags).expect("the socket is inherited");
        let mut command = Command::new("bash");
        environment(app, &mut command);
        let start = format!("exec 3<&{}; export LISTEN_PID=$$ LISTEN_FDS=1; exec {program} serve", socket.as_raw_fd());
        command.args(["-c", &start]);
        let process = Self::watched(command, socket.local_addr().expect("an address"));
        for _ in 0..1200 {
            if process.log().contains("serving") {
                return process;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the program did not serve: {}", process.log());
    }

    /// Starts a program that has its environment, and waits until it listens.
    pub async fn serve(mut command: Command) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address").port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        command.arg("serve").env("LISTEN", address.to_string());
        let process = Self::watched(command, address);
        for _ in 0..1200 {
            if TcpStream::connect(address).await.is_ok() {
                return process;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the program did not listen: {}", process.log());
    }

    /// Starts a program and keeps its log.
    fn watched(mut command: Command, address: SocketAddr) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let log: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (kept, mut from) = (Arc::clone(&log), child.stderr.take().expect("its log"));
        std::thread::spawn(move || {
            let mut part = [0; 8192];
            while let Ok(length @ 1..) = from.read(&mut part) {
                kept.lock().expect("the log").extend(part.iter().take(length));
            }
        });
        Self { child, address, log }
    }

    /// Tells it to end, as a supervisor does.
    pub fn terminate(&self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"));
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it is there");
    }

    /// What it has written to its log.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&self.log.lock().expect("the log")).into_owned()
    }

    /// The memory it holds now, in KiB.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok()).unwrap_or(0)
    }

    /// A browser on a host, without cookies.
    #[must_use]
    pub fn browser(&self, host: &str) -> Browser {
        Browser { address: self.address, host: host.to_owned(), cookies: BTreeMap::new() }
    }

    /// Sends bytes as they are and reads until the server ends the connection or the time is over; gives what came and
    /// whether it was ended.
    pub async fn raw(&self, bytes: &[u8], wait: Duration) -> (String, bool) {
        let mut stream = TcpStream::connect(self.address).await.expect("the server listens");
        stream.write_all(bytes).await.expect("the bytes leave");
        let mut read = Vec::new();
        let ended = tokio::time::timeout(wait, stream.read_to_end(&mut read)).await;
        (String::from_utf8_lossy(&read).into_owned(), ended.is_ok())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A browser: one host, its cookies.
#[derive(Clone, Debug)]
pub struct Browser {
    address: SocketAddr,
    /// The host it is on.
    pub host: String,
    /// What it keeps.
    pub cookies: BTreeMap<String, String>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as text.
    pub body: String,
}

impl Reply {
    /// A header, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where it leads.
    #[must_use]
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The cookies it sets, whole.
    #[must_use]
    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).into_iter().filter_map(|value| value.to_str().ok()).collect()
    }
}

impl Browser {
    /// The same browser on another host, with the same cookies: what an attacker can send.
    #[must_use]
    pub fn on(&self, host: &str) -> Self {
        Self { host: host.to_owned(), ..self.clone() }
    }

    /// The site that its host is of.
    fn site(&self) -> &'static str {
        if self.host == "localhost" { "platform" } else { "tenant" }
    }

    /// Sends a request with these headers besides Host and Cookie, and keeps the cookies of the answer. Whatever comes back is
    /// looked through for what no answer may hold.
    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let request = self.request(method, path, headers, body);
        let reply = match self.exchange(request.clone()).await {
            Some(reply) => reply,
            // The server has answered and closed before everything was sent, which the library takes for a failure.
            None => self.exchange_early(request).await,
        };
        for cookie in reply.set_cookies() {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if value.is_empty() || attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        self.look_through(&format!("{method} {path}"), &reply);
        reply
    }

    /// Sends a request to a server that may die before it answers.
    pub async fn try_send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Reply> {
        self.exchange(self.request(method, path, headers, body)).await
    }

    fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> axum::http::Request<Full<Bytes>> {
        let mut request = axum::http::Request::builder().method(method).uri(path).header(header::HOST, format!("{}:8000", self.host));
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Full::new(Bytes::copy_from_slice(body))).expect("a request")
    }

    async fn exchange(&self, request: axum::http::Request<Full<Bytes>>) -> Option<Reply> {
        let stream = TcpStream::connect(self.address).await.ok()?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a connection");
        let connection = tokio::spawn(connection);
        let (parts, body) = sender.send_request(request).await.ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        connection.abort();
        Some(Reply { status: parts.status, headers: parts.headers, body: without_markers(&String::from_utf8_lossy(&body)) })
    }

    /// Writes and reads side by side, so that an answer is read that comes before all was sent.
    async fn exchange_early(&self, request: axum::http::Request<Full<Bytes>>) -> Reply {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let mut head = format!("{} {} HTTP/1.1\r\ncontent-length: {}\r\nconnection: close\r\n", parts.method, parts.uri, body.len());
        for (name, value) in &parts.headers {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().expect("a header")));
        }
        head.push_str("\r\n");
        let (mut from, mut to) = TcpStream::connect(self.address).await.expect("the server listens").into_split();
        let writing = tokio::spawn(async move {
            let _sent = to.write_all(head.as_bytes()).await;
            let _sent = to.write_all(&body).await;
            to
        });
        let mut read = Vec::new();
        let _broken_off = from.read_to_end(&mut read).await;
        writing.abort();
        let text = String::from_utf8_lossy(&read).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok()).expect("a status");
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let name = axum::http::HeaderName::try_from(name).expect("a name");
            headers.append(name, axum::http::HeaderValue::from_str(value).expect("a value"));
        }
        Reply { status, headers, body: body.to_owned() }
    }

    /// No answer holds another company's canary, a hash, or what the program is made of.
    fn look_through(&self, what: &str, reply: &Reply) {
        let own = self.host.split('.').next().unwrap_or_default();
        for rest in reply.body.split("CANARY_").skip(1) {
            let whose = rest.split('_').next().unwrap_or_default();
            assert!(whose == own || self.host == "localhost", "{what} on {} gave a canary of {whose}", self.host);
        }
        for never in ["$argon2", "panicked at", "stack backtrace", "diesel", "tokio-postgres", ".rs:"] {
            assert!(!reply.body.contains(never), "{what} on {} gave {never}: {}", self.host, reply.body);
        }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[("accept", "text/html")], b"").await
    }

    /// Posts a form of the page `from`, as a browser without JavaScript does.
    pub async fn post(&mut self, path: &str, from: &str, fields: &[(&str, &str)]) -> Reply {
        let (origin, referer) = (format!("http://{}:8000", self.host), format!("http://{}:8000{from}", self.host));
        let headers = [
            ("accept", "text/html,application/xhtml+xml"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", origin.as_str()),
            ("referer", referer.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        let body = serde_urlencoded::to_string(fields).expect("fields");
        self.send("POST", path, &headers, body.as_bytes()).await
    }

    /// Calls a server function and gets the bare status.
    pub async fn call(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let origin = format!("http://{}:8000", self.host);
        let headers = [("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded"), ("origin", origin.as_str())];
        let body = serde_urlencoded::to_string(fields).expect("fields");
        self.send("POST", path, &headers, body.as_bytes()).await
    }

    /// Tries to sign in.
    pub async fn try_sign_in(&mut self, login: &str, password: &str) -> Reply {
        let path = format!("/api/{}/sign_in", self.site());
        self.post(&path, "/login", &[("login", login), ("password", password)]).await
    }

    /// Signs in with [`PASSWORD`], which must succeed.
    pub async fn sign_in(&mut self, login: &str) {
        let mut reply = self.try_sign_in(login, PASSWORD).await;
        // On a busy machine nobody waits longer than a second for the turn to be hashed.
        for _ in 0..20 {
            if reply.status != StatusCode::SERVICE_UNAVAILABLE {
                break;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            reply = self.try_sign_in(login, PASSWORD).await;
        }
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/"), "signing {login} in on {}: {}", self.host, reply.body);
    }

    /// Whether a user is signed in.
    pub async fn is_signed_in(&mut self) -> bool {
        self.get("/").await.status == StatusCode::OK
    }
}
