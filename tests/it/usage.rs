//! How much companies use: every figure is caused over HTTP, and outlives the process that counted it.

use crate::command::said;
use axum::http::StatusCode;
use chrono::TimeDelta;
use test_support::{PASSWORD, TestApp};

/// n requests make n, in the company's hour and day and in those of the whole; people are counted once a day.
#[tokio::test]
async fn requests_and_people_are_counted() {
    let app = TestApp::start().await;
    let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
    let mut admin = app.platform_admin().await;
    let page = admin.get("/tenants/acme/usage").await.body;
    assert!(page.contains("not measured yet") && page.contains("No data yet."), "{page}");
    let (mut owner, mut manager) = (app.owner(&acme).await, app.signed_in(&acme, "manager").await);
    control::usage::flush(&app.services).await;
    let sql = app.sql().await;
    let of = |slug: &str, column: &str| {
        format!(
            "SELECT coalesce(sum({column}), 0)::text FROM platform.usage_days d JOIN platform.tenants t ON t.id = d.tenant_id WHERE slug = '{slug}'"
        )
    };
    let before: i64 = sql.text(&of("acme", "requests")).await.parse().unwrap();
    for _ in 0..7 {
        assert_eq!(owner.get("/users").await.status, StatusCode::OK);
        assert_eq!(manager.get("/nothing-here").await.status, StatusCode::NOT_FOUND);
    }
    // What is not answered by a page of a site is nobody's request.
    owner.get("/livez").await;
    owner.get("/favicon.svg").await;
    control::usage::flush(&app.services).await;
    assert_eq!(sql.text(&of("acme", "requests")).await, (before + 14).to_string());
    assert_eq!(sql.text(&of("acme", "people")).await, "2");
    assert_eq!(sql.text(&of("beta", "requests")).await, "0");
    // The next day they count again, once.
    app.clock.advance(TimeDelta::days(1));
    owner.sign_in(&acme.owner, PASSWORD).await;
    app.owner(&beta).await.get("/").await;
    owner.get("/").await;
    control::usage::flush(&app.services).await;
    assert_eq!(sql.text(&of("acme", "people")).await, "3");
    assert_eq!(sql.text("SELECT people::text FROM platform.usage_days WHERE tenant_id = 0 ORDER BY day DESC LIMIT 1").await, "2");
    let sums = "SELECT (SELECT sum(requests) FROM platform.usage_hours WHERE tenant_id = 0) || ' ' || (SELECT sum(requests) FROM platform.usage_days WHERE tenant_id = 0)";
    let sums = sql.text(sums).await;
    let (hours, days) = sums.split_once(' ').unwrap();
    assert_eq!(hours, days);
}

/// Two processes add to the same rows; nobody is counted twice, whoever forgets whom.
#[tokio::test]
async fn counts_of_several_processes_add_up() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (first, second) = (kernel::usage::Usage::default(), kernel::usage::Usage::default());
    let now = app.services.now();
    for usage in [&first, &second] {
        for _ in 0..5 {
            usage.request(domain::SiteKey::Tenant(acme.id), Some(1), true, now);
        }
    }
    for usage in [first, second] {
        control::usage::flush_of(&app.services, &usage).await;
    }
    let sql = app.sql().await;
    let row = format!("SELECT requests || ' ' || errors || ' ' || people FROM platform.usage_days WHERE tenant_id = {}", acme.id);
    assert_eq!(sql.text(&row).await, "10 10 1");
    assert_eq!(sql.text("SELECT requests || ' ' || errors || ' ' || people FROM platform.usage_days WHERE tenant_id = 0").await, "10 10 1");
}

/// Counts that cannot be written wait; nothing is lost and nothing is counted twice.
#[tokio::test]
async fn counts_wait_for_the_database() {
    let (app, mut wires) = TestApp::start_on_wires().await;
    let acme = app.tenant("acme").await;
    control::usage::flush(&app.services).await;
    app.services.usage.request(domain::SiteKey::Tenant(acme.id), None, false, app.services.now());
    wires.postgres.cut();
    control::usage::flush(&app.services).await;
    wires.postgres.mend();
    app.services.usage.request(domain::SiteKey::Tenant(acme.id), None, false, app.services.now());
    for _ in 0..20 {
        control::usage::flush(&app.services).await;
    }
    let row = format!("SELECT requests::text FROM platform.usage_days WHERE tenant_id = {}", acme.id);
    assert_eq!(app.sql().await.text(&row).await, "2");
}

/// Sizes are measured, and the pages and the download show them.
#[tokio::test]
async fn sizes_are_measured_and_shown() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    let row = |page: &str| page.split("<tbody>").nth(1).unwrap_or_default().to_owned();
    assert!(row(&admin.get("/usage").await.body).contains("not measured yet"));
    control::usage::measure(&app.services).await.unwrap();
    control::usage::fleet_note(&app.services).await.unwrap();
    assert!(!row(&admin.get("/usage").await.body).contains("not measured yet"));
    let measured = app.sql().await.text("SELECT bytes || ',' || (tables->>'users') FROM platform.usage_sizes").await;
    let (bytes, users) = measured.split_once(',').unwrap();
    assert_eq!(users, "1");
    assert!(bytes.parse::<i64>().unwrap() > 100_000);
    let csv = admin.get("/usage.csv").await.body;
    assert!(csv.lines().nth(1).unwrap().contains(&format!(",{bytes},")), "{csv}");
    // Not again before its time, and again after it.
    let at = "SELECT measured_at::text FROM platform.usage_sizes";
    let before = app.sql().await.text(at).await;
    control::usage::measure(&app.services).await.unwrap();
    assert_eq!(app.sql().await.text(at).await, before);
    app.clock.advance(TimeDelta::hours(7));
    control::usage::measure(&app.services).await.unwrap();
    assert_ne!(app.sql().await.text(at).await, before);
    for sort in ["name", "users", "requests", "records", "storage"] {
        let mut admin = app.anonymous("localhost");
        admin.sign_in("admin@oneo.example", PASSWORD).await;
        assert_eq!(admin.get(&format!("/usage?sort={sort}&dir=desc&q=acme")).await.status, StatusCode::OK, "{sort}");
    }
}

/// An address is found in every company that knows it, and each look is noted.
#[tokio::test]
async fn people_are_looked_up_over_all_companies() {
    let app = TestApp::start().await;
    let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
    app.tenant("gamma").await;
    for tenant in [&acme, &beta] {
        app.user(tenant, "manager", "mia").await;
        let sql = format!(
            "UPDATE {}.users SET email = 'Mia@people.example', email_key = 'mia@people.example' WHERE username = 'mia'",
            tenant.schema
        );
        app.sql().await.run(&sql).await;
    }
    let mut support = app.platform_person("support").await;
    assert!(!support.get("/users").await.body.contains("tenants were searched"));
    let page = support.get("/users?q=mia%40people.example").await.body;
    assert!(page.contains("Company acme") && page.contains("Company beta") && !page.contains("Company gamma"), "{page}");
    assert!(page.contains("All 3 tenants were searched"));
    assert!(support.get("/users?q=nobody%40people.example").await.body.contains("No user has this address"));
    assert!(support.get("/users?q=mia").await.body.contains("q-error"));
    let (done, text) = said(&app, &["user", "find", "mia@people.example"]);
    assert!(done && text.contains("acme") && text.contains("beta") && text.contains("All 3 tenants were searched"), "{text}");
    let noted = "SELECT string_agg(actor_label || ' ' || object_label, '|' ORDER BY id) FROM platform.audit_log WHERE action = 'user.find'";
    let noted = app.sql().await.text(noted).await;
    assert!(noted.starts_with("support@oneo.example mia@people.example|support@oneo.example nobody@people.example|operator "), "{noted}");
    for _ in 0..18 {
        support.get("/users?q=x%40people.example").await;
    }
    assert_eq!(support.get("/users?q=x%40people.example").await.status, StatusCode::TOO_MANY_REQUESTS);
}

/// The list of first things follows what is there, is an owner's alone, and can be put away.
#[tokio::test]
async fn first_things_of_a_new_company() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let (mut owner, mut manager) = (app.owner(&acme).await, app.signed_in(&acme, "manager").await);
    let page = owner.get("/").await.body;
    assert!(page.contains("Get started") && page.matches("(done)").count() == 1, "{page}");
    assert!(!manager.get("/").await.body.contains("Get started"));
    app.user(&acme, "owner", "olaf").await;
    assert_eq!(owner.get("/").await.body.matches("(done)").count(), 2);
    assert_eq!(owner.call("/api/tenant/onboarding_dismiss", &[]).await.status, StatusCode::OK);
    assert!(!owner.get("/").await.body.contains("Get started"));
}
