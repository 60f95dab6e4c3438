//! Domains of companies: exactly one primary, none without proof (security.md 5 and 6).

use axum::http::StatusCode;
use chrono::TimeDelta;
use test_support::{Actor, PASSWORD, Sql, TestApp};

const ADD: &str = "/api/platform/domain_add";
const CHANGE: &str = "/api/platform/domain_change";
const CHECK: &str = "/api/platform/domain_check";

async fn id_of(sql: &Sql, domain: &str) -> String {
    sql.text(&format!("SELECT id::text FROM platform.domains WHERE domain = '{domain}'")).await
}

async fn token_of(sql: &Sql, domain: &str) -> String {
    sql.text(&format!("SELECT token FROM platform.domains WHERE domain = '{domain}'")).await
}

async fn act(admin: &mut Actor, slug: &str, id: &str, act: &str) -> StatusCode {
    admin.call(CHANGE, &[("slug", slug), ("id", id), ("act", act)]).await.status
}

/// A claimed domain serves only once its DNS holds the text it was given, and that text is nobody else's.
#[tokio::test]
async fn r06_a_domain_serves_once_its_dns_says_so() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let acme = app.tenant("acme").await;
    app.tenant("beta").await;
    let mut admin = app.platform_admin().await;
    assert_eq!(admin.call(ADD, &[("slug", "acme"), ("domain", "CRM.Acme.example.")]).await.status, StatusCode::OK);
    assert_eq!(admin.call(ADD, &[("slug", "beta"), ("domain", "crm.acme.example")]).await.status, StatusCode::CONFLICT);
    let (id, token) = (id_of(&sql, "crm.acme.example").await, token_of(&sql, "crm.acme.example").await);
    assert!(token.len() >= 43, "{token}");
    let page = admin.get("/tenants/acme/domains").await.body;
    assert!(page.contains("_oneo-verify.crm.acme.example") && page.contains(&token));
    let fields = [("slug", "acme"), ("id", id.as_str())];
    let serves = || async { app.anonymous("crm.acme.example").get("/login").await.status };
    for (texts, error) in [(vec![], "no TXT record"), (vec!["oneo", "another text"], "holds “oneo”, which is not the token")] {
        if !texts.is_empty() {
            app.dns.set_txt("_oneo-verify.crm.acme.example", &texts);
        }
        assert_eq!(admin.call(CHECK, &fields).await.status, StatusCode::OK);
        let page = admin.post(CHECK, "/tenants/acme/domains", &fields).await;
        let page = admin.get(page.location()).await.body;
        let said = page.split("data-toast=\"").nth(1).unwrap().split("</span>").next().unwrap();
        assert!(said.starts_with("warning") && said.contains("crm.acme.example is not verified") && said.contains(error), "{said}");
        assert_eq!(serves().await, StatusCode::NOT_FOUND);
    }
    // Not where somebody else may write.
    app.dns.set_txt("crm.acme.example", &[&token]);
    assert_eq!(admin.call(CHECK, &fields).await.status, StatusCode::OK);
    assert_eq!(serves().await, StatusCode::NOT_FOUND);
    assert_eq!(act(&mut admin, "acme", &id, "primary").await, StatusCode::CONFLICT);
    app.dns.set_txt("_oneo-verify.crm.acme.example", &["something", &token]);
    assert_eq!(admin.call(CHECK, &[("slug", "beta"), ("id", id.as_str())]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.call(CHECK, &fields).await.status, StatusCode::OK);
    // One address for everything: others lead to the primary one.
    let answer = app.anonymous("crm.acme.example").get("/login?next=%2Fusers").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::FOUND, "http://acme.localhost:8000/login?next=%2Fusers"));
    assert_eq!(act(&mut admin, "acme", &id, "primary").await, StatusCode::OK);
    assert_eq!(serves().await, StatusCode::OK);
    assert_eq!(app.anonymous(&acme.host).get("/users").await.location(), "http://crm.acme.example:8000/users");
    app.anonymous("crm.acme.example").sign_in(&acme.owner, PASSWORD).await;
    // Links are made of the primary domain, whatever host was asked.
    let user = app.user(&acme, "user", "someone").await.to_string();
    sql.run(&format!("UPDATE {}.users SET password_hash = NULL WHERE id = {user}", acme.schema)).await;
    admin.post("/api/platform/tenant_user_link", "/tenants/acme/users", &[("slug", "acme"), ("id", &user)]).await;
    assert!(admin.get("/tenants/acme/users").await.body.contains("http://crm.acme.example:8000/invite/"));
}

/// What can be no company's domain is refused beside the field, and nothing is noted of it.
#[tokio::test]
async fn r06_reserved_and_public_names_are_refused() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    let before = sql.fingerprint().await;
    for bad in [
        "localhost",
        "www",
        "admin",
        "a.b.localhost",
        "127.0.0.1",
        "[::1]",
        "co.uk",
        "github.io",
        "x y",
        "acme/..",
        "",
        "-a.example",
        "xn--a",
    ] {
        let answer = admin.call(ADD, &[("slug", "acme"), ("domain", bad)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert!(answer.body.contains("domain"), "{bad}: {}", answer.body);
    }
    assert_eq!(sql.fingerprint().await, before);
    // Below the base domain one word is enough, and serves at once.
    assert_eq!(admin.call(ADD, &[("slug", "acme"), ("domain", "acme-too")]).await.status, StatusCode::OK);
    assert_eq!(app.anonymous("acme-too.localhost").get("/").await.location(), "http://acme.localhost:8000/");
    sql.run("UPDATE platform.tenants SET features_enabled = '{\"custom_domains\": false}'").await;
    assert_eq!(admin.call(ADD, &[("slug", "acme"), ("domain", "crm.acme.example")]).await.status, StatusCode::CONFLICT);
}

/// Never zero and never two primary domains, also when many are made primary at once; the primary one cannot be removed.
#[tokio::test]
async fn there_is_always_one_primary_domain() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    let mut ids = vec![id_of(&sql, "acme.localhost").await];
    assert_eq!(act(&mut admin, "acme", &ids[0], "remove").await, StatusCode::CONFLICT);
    for name in ["one", "two", "three"] {
        assert_eq!(admin.call(ADD, &[("slug", "acme"), ("domain", name)]).await.status, StatusCode::OK);
        ids.push(id_of(&sql, &format!("{name}.localhost")).await);
    }
    for round in 0..10 {
        let tries = ids.iter().cycle().skip(round).take(6).map(|id| {
            let (mut admin, id) = (admin.clone(), id.clone());
            tokio::spawn(async move { act(&mut admin, "acme", &id, "primary").await })
        });
        for answer in futures_util::future::join_all(tries.collect::<Vec<_>>()).await {
            assert!(matches!(answer.unwrap(), StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE));
        }
        assert_eq!(sql.text("SELECT count(*)::text FROM platform.domains WHERE is_primary").await, "1");
    }
    let other = sql.text("SELECT id::text FROM platform.domains WHERE NOT is_primary LIMIT 1").await;
    assert_eq!(act(&mut admin, "acme", &other, "remove").await, StatusCode::OK);
    assert_eq!(act(&mut admin, "acme", &other, "remove").await, StatusCode::NOT_FOUND);
}

/// A claim nobody proves ends, so that nobody keeps a name that is not theirs; many claims at once make one.
#[tokio::test]
async fn claims_end_and_are_made_once() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    app.tenant("acme").await;
    app.tenant("beta").await;
    let mut admin = app.platform_admin().await;
    let tries = (0..20).map(|number| {
        let mut admin = admin.clone();
        let slug = if number % 2 == 0 { "acme" } else { "beta" };
        tokio::spawn(async move { admin.call(ADD, &[("slug", slug), ("domain", "crm.firm.example")]).await.status })
    });
    let answers = futures_util::future::join_all(tries.collect::<Vec<_>>()).await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(StatusCode::OK))).count(), 1, "{answers:?}");
    sql.run(
        "UPDATE platform.domains SET tenant_id = (SELECT id FROM platform.tenants WHERE slug = 'acme') WHERE domain = 'crm.firm.example'",
    )
    .await;
    let (id, token) = (id_of(&sql, "crm.firm.example").await, token_of(&sql, "crm.firm.example").await);
    app.dns.set_txt("_oneo-verify.crm.firm.example", &[&token]);
    app.clock.advance(TimeDelta::days(8));
    admin.sign_in("admin@oneo.example", PASSWORD).await;
    assert_eq!(admin.call(CHECK, &[("slug", "acme"), ("id", &id)]).await.status, StatusCode::CONFLICT);
    assert_eq!(admin.call(ADD, &[("slug", "beta"), ("domain", "crm.firm.example")]).await.status, StatusCode::OK);
    assert_ne!(token_of(&sql, "crm.firm.example").await, token);
    // An operator may vouch, and that is noted.
    let id = id_of(&sql, "crm.firm.example").await;
    assert_eq!(act(&mut admin, "beta", &id, "vouch").await, StatusCode::OK);
    assert_eq!(sql.text("SELECT verified_by FROM platform.domains WHERE domain = 'crm.firm.example'").await, "operator");
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.audit_log WHERE action = 'domain.vouch'").await, "1");
}

/// A proved domain is looked at again each day; it ends after a week without its text, and not by one bad day.
#[tokio::test]
async fn proved_domains_are_looked_at_again() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    admin.call(ADD, &[("slug", "acme"), ("domain", "crm.acme.example")]).await;
    let (id, token) = (id_of(&sql, "crm.acme.example").await, token_of(&sql, "crm.acme.example").await);
    app.dns.set_txt("_oneo-verify.crm.acme.example", &[&token]);
    assert_eq!(admin.call(CHECK, &[("slug", "acme"), ("id", &id)]).await.status, StatusCode::OK);
    let serves = "SELECT (verified_at IS NOT NULL)::text FROM platform.domains WHERE domain = 'crm.acme.example'";
    let days = |days: i64| {
        let app = &app;
        async move {
            for _ in 0..days {
                app.clock.advance(TimeDelta::hours(25));
                control::domains::domains_recheck(&app.services).await.unwrap();
            }
        }
    };
    days(2).await;
    assert_eq!(sql.text(serves).await, "true");
    app.dns.set_txt("_oneo-verify.crm.acme.example", &["gone"]);
    days(3).await;
    assert_eq!(sql.text(serves).await, "true");
    app.dns.set_txt("_oneo-verify.crm.acme.example", &[&token]);
    days(1).await;
    app.dns.set_txt("_oneo-verify.crm.acme.example", &["gone"]);
    days(5).await;
    assert_eq!(sql.text(serves).await, "true");
    days(4).await;
    assert_eq!(sql.text(serves).await, "false");
}
