//! A user with a browser: a host, cookies, and verbs.

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use std::{collections::BTreeMap, net::SocketAddr};
use tower::ServiceExt;

/// A user with a browser.
#[derive(Clone)]
pub struct Actor {
    router: Router,
    /// The host asked.
    pub host: String,
    /// The cookies kept.
    pub cookies: BTreeMap<String, String>,
    /// The address it comes from.
    pub peer: SocketAddr,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Answer {
    /// Where it leads.
    #[must_use]
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A header, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The cookies it sets, whole.
    #[must_use]
    pub fn set_cookies(&self) -> Vec<String> {
        self.headers.get_all(header::SET_COOKIE).into_iter().filter_map(|value| value.to_str().ok().map(str::to_owned)).collect()
    }
}

/// A page without the empty comments that stand between texts for the browser alone, and depend on how the program was built.
pub(crate) fn without_markers(page: &str) -> String {
    page.replace("<!>", "")
}

impl Actor {
    pub(crate) fn new(router: Router, host: &str) -> Self {
        Self { router, host: host.to_owned(), cookies: BTreeMap::new(), peer: SocketAddr::from(([127, 0, 0, 1], 40_000)) }
    }

    /// The same browser on another host, with the same cookies: what an attacker can send.
    #[must_use]
    pub fn on(&self, host: &str) -> Self {
        Self { host: host.to_owned(), ..self.clone() }
    }

    /// A request as a browser sends it, to be changed.
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, format!("{}:8000", self.host));
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        request.extension(ConnectInfo(self.peer))
    }

    /// Sends a request as it is and keeps the cookies of the answer.
    pub async fn send(&mut self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let answer = Answer { status: parts.status, headers: parts.headers, body: without_markers(&String::from_utf8_lossy(&body)) };
        for cookie in answer.set_cookies() {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((&cookie, ""));
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if value.is_empty() || attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).header(header::ACCEPT, "text/html").body(Body::empty());
        self.send(request.expect("a request")).await
    }

    /// Posts a form of the page `from`, as a browser without JavaScript does.
    pub async fn post(&mut self, path: &str, from: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header(header::ACCEPT, "text/html,application/xhtml+xml")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, format!("http://{}:8000", self.host))
            .header(header::REFERER, format!("http://{}:8000{from}", self.host))
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(serde_urlencoded::to_string(fields).expect("fields")));
        self.send(request.expect("a request")).await
    }

    /// Posts a multipart form of the page `from` with a file at its end, as a browser without JavaScript does.
    pub async fn upload(&mut self, path: &str, from: &str, fields: &[(&str, &str)], file: &[u8]) -> Answer {
        const BOUNDARY: &str = "boundary-of-a-test";
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
        }
        let head = "Content-Disposition: form-data; name=\"file\"; filename=\"a.tar\"\r\nContent-Type: application/x-tar";
        body.extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").into_bytes());
        body.extend_from_slice(file);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
        let request = self
            .request(Method::POST, path)
            .header(header::ACCEPT, "text/html,application/xhtml+xml")
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .header(header::ORIGIN, format!("http://{}:8000", self.host))
            .header(header::REFERER, format!("http://{}:8000{from}", self.host))
            .body(Body::from(body));
        self.send(request.expect("a request")).await
    }

    /// Calls a server function and gets the bare status.
    pub async fn call(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, format!("http://{}:8000", self.host))
            .body(Body::from(serde_urlencoded::to_string(fields).expect("fields")));
        self.send(request.expect("a request")).await
    }

    /// Signs in, which must succeed.
    pub async fn sign_in(&mut self, login: &str, password: &str) {
        let answer = self.try_sign_in(login, password).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "signing {login} in on {}", self.host);
        assert!(self.cookies.contains_key("__Host-sid"), "{login} has no session");
    }

    /// Tries to sign in.
    pub async fn try_sign_in(&mut self, login: &str, password: &str) -> Answer {
        let site = if self.host == "localhost" { "platform" } else { "tenant" };
        self.post(&format!("/api/{site}/sign_in"), "/login", &[("login", login), ("password", password)]).await
    }

    /// Whether a user is signed in: the first page answers, and leads nobody to the sign-in page.
    pub async fn is_signed_in(&mut self) -> bool {
        let answer = self.get("/").await;
        match answer.status {
            StatusCode::OK => true,
            StatusCode::FOUND | StatusCode::SEE_OTHER => false,
            other => panic!("the first page answered {other}"),
        }
    }
}
