//! Headers on every answer (security.md 25 to 28), and limits (56, 58).

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use std::collections::HashSet;
use test_support::TestApp;

/// security.md 25 and 26.
#[tokio::test]
async fn r26_security_headers_are_on_every_answer() {
    let app = TestApp::start().await;
    let mut actor = app.anonymous("localhost");
    for (host, path) in [
        ("localhost", "/login"),
        ("localhost", "/nothing"),
        ("unknown.localhost", "/"),
        ("bad host", "/"),
        ("localhost", "/pkg/nothing.js"),
        ("localhost", "/livez"),
        ("localhost", "/api/x"),
    ] {
        let request = actor.request(Method::GET, path).header(header::ACCEPT, "text/html");
        let mut request = request.body(Body::empty()).unwrap();
        request.headers_mut().insert(header::HOST, host.parse().unwrap());
        let answer = actor.send(request).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{host}{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert!(!answer.header("permissions-policy").is_empty());
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'; script-src 'self' 'nonce-"));
        assert!(answer.headers.get("server").is_none() && answer.headers.get("x-powered-by").is_none());
        assert!(!answer.header("x-request-id").is_empty());
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{host}{path}");
    }
}

/// security.md 25: every page has a nonce of its own, and no style attribute that the policy would block.
#[tokio::test]
async fn r25_nonces_are_never_used_twice() {
    let app = TestApp::start().await;
    let mut actor = app.anonymous("localhost");
    let mut seen = HashSet::new();
    for _ in 0..50 {
        let answer = actor.get("/login").await;
        let policy = answer.header("content-security-policy").to_owned();
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned();
        assert!(nonce.len() >= 32 && answer.body.contains(&format!("nonce=\"{nonce}\"")));
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        assert!(!answer.body.contains(" style="), "the policy forbids style attributes");
        assert!(seen.insert(nonce));
    }
}

/// security.md 56: bodies have a limit, and bad ones are not a fault of ours.
#[tokio::test]
async fn r56_bodies_are_limited() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let large = "x".repeat(300 * 1024);
    assert_eq!(owner.call("/api/tenant/theme_set", &[("theme", &large)]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(owner.post("/api/tenant/theme_set", "/", &[("theme", &large)]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for body in ["", "theme", "%", "a[b]=c&a[b][c]=d", "theme=a&theme=b", "\0\0", "first_name=%ff%fe"] {
        let request = owner
            .request(Method::POST, "/api/tenant/user_create")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body))
            .unwrap();
        let status = owner.send(request).await.status;
        assert!(status.is_client_error(), "{body:?}: {status}");
    }
}

/// security.md 56: and so are headers.
#[tokio::test]
async fn r56_headers_are_limited() {
    let app = TestApp::start().await;
    let mut actor = app.anonymous("localhost");
    let request = actor.request(Method::GET, "/login").header("x-large", "a".repeat(70_000)).body(Body::empty()).unwrap();
    assert_eq!(actor.send(request).await.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

/// A client that does not ask for HTML is led to the sign-in page too, and shown nothing.
#[tokio::test]
async fn anonymous_scripts_are_led_away_too() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    for path in ["/", "/users", "/users/1"] {
        let mut actor = app.anonymous(&tenant.host);
        let request = actor.request(Method::GET, path).body(Body::empty()).unwrap();
        let answer = actor.send(request).await;
        assert_eq!(answer.status, StatusCode::FOUND, "{path}");
        assert!(answer.location().starts_with("/login"), "{path}");
    }
}

/// security.md 28: what people typed is text on every page.
#[tokio::test]
async fn r28_what_is_typed_stays_text() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let payload = "\"></title></textarea><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}'";
    let sql = app.sql().await;
    sql.run(&format!(
        "UPDATE platform.tenants SET name = $${payload}$$; UPDATE {}.users SET first_name = $${payload}$$, last_name = $${payload}$$",
        tenant.schema
    ))
    .await;
    app.services.hosts.forget(&cache::Invalidation::Everything);
    let mut owner = app.owner(&tenant).await;
    let mut admin = app.platform_admin().await;
    let id = sql.text(&format!("SELECT id::text FROM {}.users", tenant.schema)).await;
    let fields = [("first_name", payload), ("last_name", payload), ("email", payload), ("username", payload), ("user_type", payload)];
    owner.post("/api/tenant/user_create", "/users/new", &fields).await;
    let mut pages = Vec::new();
    for path in [
        "/users/new",
        "/",
        "/users",
        &format!("/users/{id}"),
        "/users?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&role=%22%3E%3Cscript%3E",
        "/login",
        "/invite/%22%3E%3Cscript%3E",
        "/nothing?__path=/x&__err=PHNjcmlwdD4=",
    ] {
        pages.push(owner.get(path).await);
    }
    for path in ["/", "/tenants", "/tenants/acme", "/tenants?q=%3Cscript%3E&created=%22%3E%3Cscript%3E"] {
        pages.push(admin.get(path).await);
    }
    for page in pages {
        assert!(!page.status.is_server_error(), "{}", page.status);
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"), "{}", page.body);
    }
}

/// HEAD answers as GET does, without the body (RFC 9110, 9.3.2).
#[tokio::test]
async fn head_has_the_headers_of_get() {
    let app = TestApp::start().await;
    for path in ["/login", "/favicon.svg", "/livez", "/nothing"] {
        let mut actor = app.anonymous("localhost");
        let mut asked = Vec::new();
        for method in [Method::GET, Method::HEAD] {
            let request = actor.request(method, path).header(header::ACCEPT, "text/html").body(Body::empty()).unwrap();
            asked.push(actor.send(request).await);
        }
        let [get, head] = asked.as_slice() else { unreachable!() };
        assert_eq!((head.status, head.header("content-type")), (get.status, get.header("content-type")), "{path}");
        assert_eq!(head.body, "", "{path}");
        // A page is streamed: nobody knows its length before its end, so neither of the two says one.
        let (length, streamed) = (head.header("content-length"), path == "/login" || path == "/nothing");
        assert!(length == get.body.len().to_string() || streamed && length.is_empty(), "{path}: {length}");
    }
}
