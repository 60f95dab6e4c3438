//! No other site's page can make a browser act here (security.md 22 to 24).

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use test_support::{Actor, TestApp};

async fn send(actor: &mut Actor, fetch_site: Option<&str>, origin: Option<&str>) -> StatusCode {
    let mut request = actor
        .request(Method::POST, "/api/tenant/theme_set")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json");
    if let Some(value) = fetch_site {
        request = request.header("sec-fetch-site", value);
    }
    if let Some(value) = origin {
        request = request.header(header::ORIGIN, value);
    }
    actor.send(request.body(Body::from("theme=dark")).unwrap()).await.status
}

/// security.md 22.
#[tokio::test]
async fn r22_only_this_origin_may_post() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let own = "http://acme.localhost:8000";
    for (fetch_site, origin, expected) in [
        (Some("same-origin"), Some(own), 200),
        (Some("same-origin"), None, 200),
        (Some("none"), None, 200),
        (None, Some(own), 200),
        (None, None, 403),
        (None, Some("null"), 403),
        (None, Some("http://evil.example"), 403),
        (None, Some("http://beta.localhost:8000"), 403),
        (None, Some("http://acme.localhost:9000"), 403),
        (Some("same-site"), Some(own), 403),
        (Some("same-site"), None, 403),
        (Some("cross-site"), Some("http://evil.example"), 403),
        (Some("cross-site"), None, 403),
    ] {
        let status = send(&mut owner, fetch_site, origin).await;
        assert_eq!(status.as_u16(), expected, "{fetch_site:?} {origin:?}");
    }
    // Signing in is a change too.
    let mut anonymous = app.anonymous(&tenant.host);
    assert_eq!(send(&mut anonymous, Some("cross-site"), Some("http://evil.example")).await, StatusCode::FORBIDDEN);
}

/// security.md 24: neither `next` nor a forged Referer leads to another site.
#[tokio::test]
async fn r24_no_open_redirect() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    for next in ["//evil", "/\\evil", "https:evil", "https://evil.example", "%0d%0a", "/\t/evil", "/\r\nX-Evil: 1"] {
        let mut actor = app.anonymous(&tenant.host);
        let answer = actor
            .post("/api/tenant/sign_in", "/login", &[("login", &tenant.owner), ("password", test_support::PASSWORD), ("next", next)])
            .await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{next}");
    }
    let mut actor = app.anonymous(&tenant.host);
    let request = actor
        .request(Method::POST, "/api/tenant/sign_in")
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::REFERER, "http://evil.example/trap")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from("login=a&password=b"))
        .unwrap();
    assert_eq!(actor.send(request).await.location(), "/");
}

/// Forms are forms, and say once where they come from.
#[tokio::test]
async fn other_kinds_of_bodies_and_two_origins_are_refused() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let own = "http://acme.localhost:8000";
    for (kind, expected) in [
        (Some("application/x-www-form-urlencoded"), 200),
        (Some("application/x-www-form-urlencoded; charset=UTF-8"), 200),
        (Some("text/plain"), 415),
        (Some("application/json"), 415),
        (Some("multipart/form-data; boundary=x"), 415),
        (Some("application/x-www-form-urlencodedx"), 415),
    ] {
        let mut request =
            owner.request(Method::POST, "/api/tenant/theme_set").header(header::ORIGIN, own).header(header::ACCEPT, "application/json");
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        assert_eq!(owner.send(request.body(Body::from("theme=dark")).unwrap()).await.status.as_u16(), expected, "{kind:?}");
    }
    for second in [own, "http://evil.example"] {
        let request = owner
            .request(Method::POST, "/api/tenant/theme_set")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, own)
            .header(header::ORIGIN, second);
        assert_eq!(owner.send(request.body(Body::from("theme=dark")).unwrap()).await.status, StatusCode::BAD_REQUEST, "{second}");
    }
}
