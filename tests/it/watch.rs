//! What admins of a company see: sessions, sign-ins, the audit log.

use axum::http::StatusCode;
use chrono::TimeDelta;
use test_support::{PASSWORD, TestApp};

/// The filter is the preview: exactly what it shows is ended, but for one's own session and people above.
#[tokio::test]
async fn what_is_filtered_is_what_is_ended() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let mut admin = app.signed_in(&tenant, "admin").await;
    let mut manager = app.signed_in(&tenant, "manager").await;
    let mut sales = app.signed_in(&tenant, "salesperson").await;
    let mut twice = app.anonymous(&tenant.host);
    twice.sign_in("salesperson", PASSWORD).await;
    let page = admin.get("/sessions").await.body;
    assert!(
        page.contains("Open sessions: 5.") && page.contains("End 3 sessions"),
        "the owner is above, and one is the admin's own: {page}"
    );
    let page = admin.get("/sessions?role=salesperson").await.body;
    assert!(page.contains("2 of 5 open sessions match") && page.contains("End 2 sessions"), "{page}");
    // More match by now than were shown: nothing is ended.
    let refused = admin.call("/api/tenant/session_end_matching", &[("role", "salesperson"), ("expected", "1")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(sales.is_signed_in().await && twice.is_signed_in().await);
    let ended = admin.call("/api/tenant/session_end_matching", &[("role", "salesperson"), ("expected", "2")]).await;
    assert_eq!(ended.status, StatusCode::OK);
    assert!(!sales.is_signed_in().await && !twice.is_signed_in().await);
    assert!(manager.is_signed_in().await && admin.is_signed_in().await && owner.is_signed_in().await);
    // Everything that may be ended.
    assert_eq!(admin.call("/api/tenant/session_end_matching", &[("expected", "1")]).await.status, StatusCode::OK);
    assert!(!manager.is_signed_in().await && admin.is_signed_in().await && owner.is_signed_in().await);
    let lines = format!(
        "SELECT string_agg(diff ->> 'sessions', ' ' ORDER BY id) FROM {}.audit_log WHERE action = 'session.delete_matching'",
        tenant.schema
    );
    assert_eq!(app.sql().await.text(&lines).await, "2 1");
}

/// One session of somebody is ended from the person's page; a name of another person's session ends nothing.
#[tokio::test]
async fn one_session_of_somebody_is_ended() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let mut manager = app.signed_in(&tenant, "manager").await;
    let mut sales = app.signed_in(&tenant, "salesperson").await;
    let id = |role: &str| format!("SELECT max(id)::text FROM {}.users WHERE user_type = '{role}'", tenant.schema);
    let (manager_id, sales_id) = (app.sql().await.text(&id("manager")).await, app.sql().await.text(&id("salesperson")).await);
    let page = owner.get(&format!("/users/{manager_id}/sessions")).await.body;
    let name = page.split("/sessions?confirm=").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    // It asks first.
    let asked = owner.get(&format!("/users/{manager_id}/sessions?confirm={name}")).await.body;
    assert!(asked.contains("End session") && asked.contains("Keep session") && manager.is_signed_in().await, "{asked}");
    let foreign = owner.call("/api/tenant/session_end", &[("user", &sales_id), ("id", &name)]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    assert!(manager.is_signed_in().await && sales.is_signed_in().await);
    assert_eq!(owner.call("/api/tenant/session_end", &[("user", &manager_id), ("id", &name)]).await.status, StatusCode::OK);
    assert!(!manager.is_signed_in().await && sales.is_signed_in().await);
    assert!(owner.get(&format!("/users/{manager_id}/sessions")).await.body.contains("No active sessions"));
    // The epoch alone ends sessions as well, and such ones are not listed.
    let bump = format!("UPDATE {}.users SET session_epoch = session_epoch + 1 WHERE id = {sales_id}", tenant.schema);
    app.sql().await.run(&bump).await;
    assert!(owner.get("/sessions").await.body.contains("Open sessions: 1."));
}

/// Sign-ins and tries of somebody, newest first, page by page.
#[tokio::test]
async fn sign_ins_are_listed() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let id = app.user(&tenant, "user", "mara").await;
    let mut mara = app.anonymous(&tenant.host);
    mara.try_sign_in("mara", "not the password at all").await;
    app.clock.advance(TimeDelta::seconds(5));
    mara.sign_in("mara", PASSWORD).await;
    let page = owner.get(&format!("/users/{id}/sign-ins")).await.body;
    let (good, bad) = (page.find("Signed in").unwrap(), page.find("Failed").unwrap());
    assert!(good < bad && page.contains("1–2 of 2"), "{page}");
    let fill = format!(
        "INSERT INTO {}.login_events (at, user_id, succeeded, reason) SELECT now() - n * interval '1 hour', {id}, true, 'password' FROM generate_series(1, 60) n",
        tenant.schema
    );
    app.sql().await.run(&fill).await;
    let page = owner.get(&format!("/users/{id}/sign-ins")).await.body;
    assert!(page.contains("1–25 of 62"), "{page}");
    let next = page.split("rel=\"next\"").next().and_then(|before| before.rsplit("href=\"").next()).and_then(|rest| rest.split('"').next());
    let page = owner.get(&next.unwrap().replace("&amp;", "&")).await.body;
    assert!(page.contains("26–50 of 62"), "{page}");
}

/// The company's own log: narrowed, exported, and of one person.
#[tokio::test]
async fn the_log_of_the_company_is_read_and_taken_along() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let ids = [app.user(&tenant, "user", "mara").await, app.user(&tenant, "user", "nils").await];
    for id in ids {
        assert_eq!(owner.call("/api/tenant/user_deactivate", &[("id", &id.to_string())]).await.status, StatusCode::OK);
    }
    let page = owner.get("/audit?action=user.deact").await.body;
    assert!(page.contains("mara@acme.example") && page.contains("nils@acme.example") && page.contains("1–2 of 2"), "{page}");
    // A sentence with its code, and below it all that is known.
    assert!(page.contains("Deactivated mara@acme.example") && page.contains("<code>user.deactivate</code>"), "{page}");
    assert!(page.contains("<dt>Request ID</dt>") && page.contains("<dt>status</dt>"), "{page}");
    let page = owner.get(&format!("/users/{}/audit", ids[0])).await.body;
    assert!(page.contains("user.deactivate") && !page.contains("nils@acme.example"), "{page}");
    assert!(owner.get("/audit?action=nothing.like.this").await.body.contains("No matches"));
    let csv = owner.get("/audit.csv?action=user.deact").await;
    assert_eq!(csv.body.lines().count(), 3, "{}", csv.body);
    let lines = owner.get("/audit.jsonl?action=user.deact").await.body;
    assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()) && lines.lines().count() == 2);
    // Another company's log holds nothing of it.
    let other = app.tenant("beta").await;
    assert!(!app.owner(&other).await.get("/audit").await.body.contains("mara@"));
}
