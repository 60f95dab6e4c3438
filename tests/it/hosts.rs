//! Which site a host leads to (security.md 1 to 3, 9).

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use test_support::TestApp;

/// security.md 1: what hyper lets pass and no tenant may be looked up for.
#[tokio::test]
async fn r01_malformed_hosts_are_400() {
    let app = TestApp::start().await;
    let mut actor = app.anonymous("localhost");
    for host in [
        "acme:x@evil",
        "acme/..",
        "acme'--",
        "acme:99999",
        "acme..localhost",
        "-acme.localhost",
        "acme:80:80",
        "[::1",
        ".",
        "user@localhost",
        "acme_x.localhost",
        "acme.localhost:",
        "%61cme.localhost",
        "acme,beta",
    ] {
        let request = Request::builder().uri("/").header(header::HOST, host).body(Body::empty()).unwrap();
        assert_eq!(actor.send(request).await.status, StatusCode::BAD_REQUEST, "{host}");
    }
    let none = Request::builder().uri("/").body(Body::empty()).unwrap();
    assert_eq!(actor.send(none).await.status, StatusCode::BAD_REQUEST);
    let two = Request::builder().uri("/").header(header::HOST, "localhost").header(header::HOST, "evil").body(Body::empty()).unwrap();
    assert_eq!(actor.send(two).await.status, StatusCode::BAD_REQUEST);
    let absolute = Request::builder().uri("http://evil/").header(header::HOST, "localhost").body(Body::empty()).unwrap();
    assert_eq!(actor.send(absolute).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn r01_one_company_whatever_the_spelling() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    for host in ["acme.localhost", "ACME.Localhost.", "acme.localhost:8080", "Acme.localhost.:443"] {
        let request =
            Request::builder().uri("/login").header(header::HOST, host).header(header::ACCEPT, "text/html").body(Body::empty()).unwrap();
        let answer = app.anonymous("x").send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{host}");
        assert!(answer.body.contains("Company acme"), "{host}");
    }
}

/// security.md 2: unknown, reserved and deleted hosts answer alike, and cost one query at most.
#[tokio::test]
async fn r02_unknown_hosts_are_one_404() {
    let app = TestApp::start().await;
    app.tenant("gone").await;
    control::tenants::tenant_delete(&app.operator(), "gone", "Company gone", false).await.unwrap();
    let mut bodies = Vec::new();
    for host in ["unknown.localhost", "admin.localhost", "gone.localhost", "example.com", "10.0.0.1"] {
        let answer = app.anonymous(host).get("/").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{host}");
        assert!(answer.set_cookies().is_empty(), "{host}");
        // The nonce of the page's own style is the one thing that differs.
        bodies.push(answer.body.split("nonce=\"").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest)).collect::<String>());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn r02_a_suspended_company_answers_403_and_one_without_schema_503() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    app.sql().await.run("UPDATE platform.tenants SET status = 'suspended'").await;
    app.services.hosts.forget(&cache::Invalidation::Everything);
    assert_eq!(owner.get("/users").await.status, StatusCode::FORBIDDEN);
    let mut form = TestApp::tenant_form("later");
    form.create_schema = false;
    control::tenants::tenant_create(&app.operator(), form.parse(&app.services.config)).await.unwrap();
    let answer = app.anonymous("later.localhost").get("/").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.header("retry-after").is_empty());
    control::tenants::tenant_provision(&app.operator(), "later", &TestApp::tenant_form("later").owner).await.unwrap();
    app.anonymous("later.localhost").sign_in("owner@later.example", test_support::PASSWORD).await;
}

/// security.md 3: only `Host` says which site is meant.
#[tokio::test]
async fn r03_forwarded_hosts_are_ignored() {
    let app = TestApp::start().await;
    app.tenant("alpha").await;
    app.tenant("beta").await;
    let mut actor = app.anonymous("alpha.localhost");
    let mut request = actor.request(Method::GET, "/login").header(header::ACCEPT, "text/html");
    for name in ["x-forwarded-host", "x-host", "x-original-host", "x-http-host-override"] {
        request = request.header(name, "beta.localhost");
    }
    let answer = actor.send(request.header("forwarded", "host=beta.localhost").body(Body::empty()).unwrap()).await;
    assert!(answer.body.contains("Company alpha") && !answer.body.contains("Company beta"));
}

/// security.md 9: pages and functions of one site do not exist on the other, even for its own people.
#[tokio::test]
async fn r09_each_site_has_its_own_surface() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    let mut owner = app.owner(&tenant).await;
    for function in oneo::http::routes::functions("platform") {
        assert_eq!(owner.call(function, &[]).await.status, StatusCode::NOT_FOUND, "{function}");
        assert_eq!(admin.on(&tenant.host).call(function, &[]).await.status, StatusCode::NOT_FOUND, "{function}");
    }
    for function in oneo::http::routes::functions("tenant") {
        assert_eq!(admin.call(function, &[]).await.status, StatusCode::NOT_FOUND, "{function}");
    }
    for path in ["/tenants", "/tenants/new", "/tenants/acme", "/tenants.csv"] {
        assert_eq!(owner.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/users.csv", "/users/new", "/users/1", "/enter/x"] {
        assert_eq!(admin.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// Unknown functions say nothing of known ones, other methods are 405, GET never runs a function.
#[tokio::test]
async fn r58_unknown_functions_are_a_plain_404() {
    let app = TestApp::start().await;
    let mut admin = app.platform_admin().await;
    for path in ["/api/platform/nothing", "/api/", "/api", "/api/platform", "/api/platform/tenant_list/x"] {
        let answer = admin.call(path, &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.body.contains("server function"), "{path}");
    }
    let before = app.sql().await.fingerprint().await;
    for function in oneo::http::routes::functions("platform") {
        assert_eq!(admin.get(function).await.status, StatusCode::METHOD_NOT_ALLOWED, "{function}");
    }
    let request = admin.request(Method::DELETE, "/tenants").body(Body::empty()).unwrap();
    assert_eq!(admin.send(request).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(app.sql().await.fingerprint().await, before);
}

#[tokio::test]
async fn health_answers_on_any_host() {
    let app = TestApp::start().await;
    for host in ["localhost", "unknown.example", "10.1.2.3"] {
        for path in ["/livez", "/readyz"] {
            assert_eq!(app.anonymous(host).get(path).await.status, StatusCode::OK, "{host}{path}");
        }
    }
}

/// A company made while the server runs is there at once, also where its host was asked for before.
#[tokio::test]
async fn a_new_company_serves_at_once() {
    let app = TestApp::start().await;
    assert_eq!(app.anonymous("fresh.localhost").get("/login").await.status, StatusCode::NOT_FOUND);
    let tenant = app.tenant("fresh").await;
    app.owner(&tenant).await;
}
