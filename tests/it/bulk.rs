//! Acts for many users: those who are ticked or all who match, while one waits or as a job.

use axum::http::StatusCode;
use chrono::TimeDelta;
use control::jobs::run_only;
use test_support::{Actor, PASSWORD, Tenant, TestApp};

const DO: &str = "/api/tenant/user_bulk";

async fn company(app: &TestApp, people: usize) -> (Tenant, Actor, Vec<String>) {
    let tenant = app.tenant("acme").await;
    let mut ids = Vec::new();
    for n in 0..people {
        ids.push(app.user(&tenant, "user", &format!("person{n:02}")).await.to_string());
    }
    let owner = app.owner(&tenant).await;
    (tenant, owner, ids)
}

async fn active(app: &TestApp, tenant: &Tenant) -> String {
    app.sql().await.text(&format!("SELECT count(*)::text FROM {}.users WHERE is_active", tenant.schema)).await
}

/// Ticked people are asked about first, then done; who may not be touched is named.
#[tokio::test]
async fn those_who_are_ticked_are_done_at_once() {
    let app = TestApp::start().await;
    let (tenant, mut owner, ids) = company(&app, 3).await;
    let mut admin = app.signed_in(&tenant, "admin").await;
    let list = admin.get("/users?select=page").await.body;
    assert_eq!(list.matches(" name=id ").count(), 5);
    assert_eq!(list.matches(" checked").count(), 6, "those of the rows and that of the head: {list}");
    let owner_id = app.sql().await.text(&format!("SELECT min(id)::text FROM {}.users", tenant.schema)).await;
    let query = format!("act=deactivate&who=ticked&id={}&id={}&id={owner_id}", ids[0], ids[1]);
    let page = admin.get(&format!("/users/bulk?{query}")).await.body;
    assert!(page.contains("Deactivate 3 users") && page.contains("person00"), "{page}");
    let answer = admin.post(DO, "/users/bulk", &[("act", "deactivate"), ("query", &query), ("expected", "3")]).await;
    assert_eq!(answer.location(), "/users");
    let told = admin.get("/users").await.body;
    assert!(told.contains("Deactivate: 2 done, 1 failed: ") && told.contains("This user has more rights than you"), "{told}");
    assert_eq!(active(&app, &tenant).await, "3");
    assert!(owner.is_signed_in().await);
    // Each stands in the log by itself.
    let log = format!("SELECT count(*)::text FROM {}.audit_log WHERE action = 'user.deactivate'", tenant.schema);
    assert_eq!(app.sql().await.text(&log).await, "2");
    // Signing everybody out leaves whoever asked.
    let everybody = [("act", "sign_out"), ("query", "who=all"), ("expected", "99")];
    assert_eq!(admin.call(DO, &everybody).await.status, StatusCode::OK);
    assert!(admin.is_signed_in().await && owner.is_signed_in().await);
    assert!(admin.get("/users").await.status == StatusCode::OK);
    let empty = admin.call(DO, &[("act", "activate"), ("query", "who=ticked"), ("expected", "0")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// All who match: the count is echoed, and more than were shown are not touched.
#[tokio::test]
async fn all_who_match_are_counted_first() {
    let app = TestApp::start().await;
    let (tenant, mut owner, _) = company(&app, 4).await;
    let fields =
        |expected: &'static str| [("act", "role"), ("query", "who=all&q=person"), ("expected", expected), ("user_type", "salesperson")];
    assert!(owner.get("/users/bulk?act=role&who=all&q=person").await.body.contains("Change role of 4 users"));
    app.user(&tenant, "user", "person99").await;
    assert_eq!(owner.call(DO, &fields("4")).await.status, StatusCode::CONFLICT);
    assert_eq!(owner.call(DO, &fields("5")).await.status, StatusCode::OK);
    let roles = format!("SELECT count(*)::text FROM {}.users WHERE user_type = 'salesperson'", tenant.schema);
    assert_eq!(app.sql().await.text(&roles).await, "5");
    for role in ["owner", "nonsense", ""] {
        let fields = [("act", "role"), ("query", "who=all&q=person"), ("expected", "5"), ("user_type", role)];
        assert_eq!(owner.call(DO, &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{role}");
    }
    app.clock.advance(TimeDelta::minutes(11));
    assert_eq!(owner.call(DO, &fields("5")).await.status, StatusCode::FORBIDDEN, "a fresh reauthentication is asked for");
}

/// Many are done by a job: with the rights its user has while it runs, each person once, those who were meant and no other.
#[tokio::test]
async fn many_are_done_by_a_job() {
    let app = TestApp::start().await;
    let (tenant, _owner, ids) = company(&app, 40).await;
    let mut admin = app.signed_in(&tenant, "admin").await;
    let fields = [("act", "deactivate"), ("query", "who=all"), ("expected", "42")];
    let answer = admin.post(DO, "/users/bulk", &fields).await;
    let page = answer.location().to_owned();
    let id: domain::JobId = page.rsplit('/').next().unwrap().parse().unwrap();
    assert!(admin.get(&page).await.body.contains("Queued"), "{page}");
    // Who comes later is not meant.
    let late = app.user(&tenant, "user", "latecomer").await;
    let record = run_only(&app.services, id).await.unwrap().unwrap();
    assert_eq!((record.status.as_str(), record.done, record.total), ("done", 42, Some(42)), "{:?}", record.error);
    let body = admin.get(&page).await.body;
    assert!(body.contains("Bulk user action") && body.contains(">40</span>"), "{body}");
    let sql = app.sql().await;
    assert_eq!(sql.text(&format!("SELECT is_active::text FROM {}.users WHERE id = {late}", tenant.schema)).await, "true");
    // The owner is above the admin, and nobody deactivates oneself.
    let left = admin.get(&format!("{page}/file")).await.body;
    assert!(left.contains("This user has more rights than you") && left.contains("This is you") && left.lines().count() == 3, "{left}");
    // Nobody of another company sees it, nor somebody who may not change users.
    let other = app.tenant("other").await;
    assert_eq!(app.owner(&other).await.get(&page).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.signed_in(&tenant, "manager").await.get(&page).await.status, StatusCode::NOT_FOUND);
    // Somebody who was deactivated meanwhile does nothing any more.
    let fields = [("act", "activate"), ("query", "who=all&status=deactivated"), ("expected", "40")];
    let page = admin.post(DO, "/users/bulk", &fields).await.location().to_owned();
    sql.run(&format!("UPDATE {}.users SET is_active = false WHERE username = 'admin'", tenant.schema)).await;
    let id: domain::JobId = page.rsplit('/').next().unwrap().parse().unwrap();
    let record = run_only(&app.services, id).await.unwrap().unwrap();
    assert_eq!(record.status, "failed");
    assert_eq!(sql.text(&format!("SELECT is_active::text FROM {}.users WHERE id = {}", tenant.schema, ids[0])).await, "false");
    // Put right, the job goes on where it was.
    sql.run(&format!("UPDATE {}.users SET is_active = true WHERE username = 'admin'", tenant.schema)).await;
    let mut admin = app.anonymous(&tenant.host);
    admin.sign_in("admin", PASSWORD).await;
    // It goes on with the rights of whoever asked for it, so nobody else lets it.
    let retried = app.owner(&tenant).await.call("/api/tenant/job_retry", &[("id", &id.to_string())]).await;
    assert_eq!(retried.status, StatusCode::CONFLICT);
    assert_eq!(admin.call("/api/tenant/job_retry", &[("id", &id.to_string())]).await.status, StatusCode::OK);
    let record = run_only(&app.services, id).await.unwrap().unwrap();
    assert_eq!((record.status.as_str(), record.done), ("done", 40));
    // The platform sees the job, and nothing of whom it is about.
    let told = sql.text(&format!("SELECT params::text || created_by FROM platform.jobs WHERE id = {id}")).await;
    assert!(!told.contains('@') && !told.contains("person"), "{told}");
}

/// E-mails for many are as many as a company may send, and only where mail is sent.
#[tokio::test]
async fn letters_for_many_are_counted() {
    let app = TestApp::start().await;
    let (tenant, mut owner, ids) = company(&app, 2).await;
    let query = format!("who=ticked&id={}&id={}", ids[0], ids[1]);
    let fields = [("act", "mail"), ("query", query.as_str()), ("expected", "2")];
    assert_eq!(owner.call(DO, &fields).await.status, StatusCode::OK);
    assert_eq!(app.emails(2).await.len(), 2);
    let many = format!(
        "INSERT INTO {0}.users (username_key, email_key, email_unicode_key, name_key, username, email) SELECT 'many' || n, 'many' || n || '@acme.example', '', ' ', 'many' || n, 'many' || n || '@acme.example' FROM generate_series(1, 101) n; \
         INSERT INTO {0}.user_roles (user_id, role_key) SELECT id, 'user' FROM {0}.users WHERE username LIKE 'many%'",
        tenant.schema
    );
    app.sql().await.run(&many).await;
    let fields = [("act", "mail"), ("query", "who=all&q=many"), ("expected", "101")];
    assert_eq!(owner.call(DO, &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
