//! The life of a company, and what an operator sets for it.

use axum::http::StatusCode;
use test_support::{PASSWORD, Sql, TestApp};

const SUSPEND: &str = "/api/platform/tenant_suspend";

async fn version(sql: &Sql, slug: &str) -> String {
    sql.text(&format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM platform.tenants WHERE slug = '{slug}'"))
        .await
}

/// A suspended company's open browser is out at its next request; resumed, everything is as it was.
#[tokio::test]
async fn suspended_people_are_out_and_come_back() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
    let (mut owner, mut other) = (app.owner(&acme).await, app.owner(&beta).await);
    let mut admin = app.platform_admin().await;
    assert_eq!(owner.get("/users").await.status, StatusCode::OK);
    let data = format!("SELECT md5(string_agg(u::text, '|' ORDER BY id)) FROM {}.users u", acme.schema);
    let before = sql.text(&data).await;
    assert_eq!(admin.call(SUSPEND, &[("slug", "acme")]).await.status, StatusCode::OK);
    let page = owner.get("/users").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("paused") && !page.body.contains("acme"), "{}", page.body);
    assert_eq!(owner.try_sign_in(&acme.owner, PASSWORD).await.status, StatusCode::FORBIDDEN);
    assert_eq!(other.get("/users").await.status, StatusCode::OK);
    assert_eq!(sql.text(&data).await, before);
    assert_eq!(admin.call(SUSPEND, &[("slug", "acme")]).await.status, StatusCode::CONFLICT);
    assert_eq!(admin.call("/api/platform/tenant_resume", &[("slug", "acme")]).await.status, StatusCode::OK);
    // The session of before is over; signing in again finds everything.
    assert_eq!(owner.get("/users").await.status, StatusCode::FOUND);
    owner.sign_in(&acme.owner, PASSWORD).await;
    assert_eq!(owner.get("/users").await.status, StatusCode::OK);
}

/// Archived companies are hidden and restorable, and know when they may be purged.
#[tokio::test]
async fn archived_companies_are_hidden_and_restorable() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let acme = app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    assert_eq!(admin.call("/api/platform/tenant_archive", &[("slug", "acme")]).await.status, StatusCode::OK);
    assert_eq!(app.anonymous(&acme.host).get("/login").await.status, StatusCode::NOT_FOUND);
    assert!(!admin.get("/tenants").await.body.contains("href=\"/tenants/acme\""));
    assert!(admin.get("/tenants?status=archived").await.body.contains("href=\"/tenants/acme\""));
    assert_eq!(sql.text("SELECT (purge_after - archived_at)::text FROM platform.tenants").await, "30 days");
    for wrong in ["tenant_suspend", "tenant_resume", "tenant_archive"] {
        assert_eq!(admin.call(&format!("/api/platform/{wrong}"), &[("slug", "acme")]).await.status, StatusCode::CONFLICT, "{wrong}");
    }
    assert_eq!(admin.call("/api/platform/tenant_restore", &[("slug", "acme")]).await.status, StatusCode::OK);
    assert_eq!(sql.text("SELECT concat(purge_after, archived_at) FROM platform.tenants").await, "");
    app.owner(&acme).await;
}

/// The quota the operator sets is the one the company's own schema holds.
#[tokio::test]
async fn the_quota_reaches_the_company() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let acme = app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    let first = version(&sql, "acme").await;
    let fields = [("slug", "acme"), ("version", first.as_str()), ("max_users", "7")];
    assert_eq!(admin.call("/api/platform/tenant_quota_set", &fields).await.status, StatusCode::OK);
    assert_eq!(sql.text(&format!("SELECT max_users::text FROM {}.quota", acme.schema)).await, "7");
    // Somebody else saved meanwhile.
    assert_eq!(admin.call("/api/platform/tenant_quota_set", &fields).await.status, StatusCode::CONFLICT);
    let second = version(&sql, "acme").await;
    for bad in ["0", "-1", "many", "1000001"] {
        let fields = [("slug", "acme"), ("version", second.as_str()), ("max_users", bad)];
        assert_eq!(admin.call("/api/platform/tenant_quota_set", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
}

/// A company is renamed where its name stands, and what becomes of its data is decided there too.
#[tokio::test]
async fn a_company_is_renamed() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let acme = app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    let at = version(&sql, "acme").await;
    let fields = [("slug", "acme"), ("version", at.as_str()), ("name", "Acme & Sons"), ("auto_drop_schema", "true")];
    assert_eq!(admin.call("/api/platform/tenant_general_set", &fields).await.status, StatusCode::OK);
    assert!(app.anonymous(&acme.host).get("/login").await.body.contains("Acme &amp; Sons"));
    assert_eq!(sql.text("SELECT auto_drop_schema::text FROM platform.tenants").await, "true");
    assert_eq!(sql.text(&format!("SELECT max_users::text FROM {}.quota", acme.schema)).await, "100", "limits stay");
    let at = version(&sql, "acme").await;
    let refused = admin.call("/api/platform/tenant_general_set", &[("slug", "acme"), ("version", &at), ("name", " ")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = admin.get("/tenants/acme/general").await.body;
    assert!(page.contains("Acme &amp; Sons") && !admin.get("/tenants/acme/quota").await.body.contains("name=\"name\""), "{page}");
}

/// Features and billing: known keys by their types, others kept, and everything that is not JSON refused beside the field.
#[tokio::test]
async fn features_and_billing_are_checked() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    app.tenant("acme").await;
    let mut admin = app.platform_admin().await;
    let stored = |column: &str| format!("SELECT {column}::text FROM platform.tenants WHERE slug = 'acme'");
    let set = [("slug", "acme"), ("version", &*version(&sql, "acme").await), ("json", r#"{"mine": [1, 2], "ai": false}"#)];
    assert_eq!(admin.call("/api/platform/tenant_features_replace", &set).await.status, StatusCode::OK);
    let set = [("slug", "acme"), ("version", &*version(&sql, "acme").await), ("fields[ai]", "true"), ("fields[evil]", "x")];
    assert_eq!(admin.call("/api/platform/tenant_features_set", &set).await.status, StatusCode::OK);
    assert_eq!(sql.text(&stored("features_enabled")).await, r#"{"ai": true, "mine": [1, 2]}"#);
    let now = version(&sql, "acme").await;
    for (field, value) in
        [("fields[plan]", "gold"), ("fields[price_per_user]", "-1"), ("fields[billing_email]", "x"), ("fields[renews_on]", "soon")]
    {
        let set = [("slug", "acme"), ("version", now.as_str()), (field, value)];
        let answer = admin.call("/api/platform/tenant_billing_set", &set).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(answer.body.contains(field), "{}", answer.body);
    }
    for bad in ["[]", "nonsense", r#"{"plan": 3}"#, r#"{"a": "\u0000"}"#] {
        let set = [("slug", "acme"), ("version", now.as_str()), ("json", bad)];
        assert_eq!(admin.call("/api/platform/tenant_billing_replace", &set).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    assert_eq!(sql.text(&stored("billing_settings")).await, "{}");
    // What was typed is there again, with the error beside its field.
    let set = [("slug", "acme"), ("version", now.as_str()), ("fields[billing_email]", "nobody at all")];
    assert_eq!(admin.post("/api/platform/tenant_billing_set", "/tenants/acme/billing", &set).await.status, StatusCode::SEE_OTHER);
    let page = admin.get("/tenants/acme/billing").await.body;
    assert!(page.contains("nobody at all") && page.contains("fields[billing_email]-error"), "{page}");
}

/// A lost link can be replaced from the platform; a reset ends all sessions and works once; both logs say so.
#[tokio::test]
async fn operators_help_people_of_a_company() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
    let mut person = app.signed_in(&acme, "manager").await;
    let mut admin = app.platform_admin().await;
    let id = sql.text(&format!("SELECT max(id)::text FROM {}.users", acme.schema)).await;
    let page = admin.get("/tenants/acme/users").await.body;
    assert!(page.contains(&acme.owner) && !page.contains(&beta.owner));
    // A person of another company is not found by this company's pages.
    let foreign = [("slug", "beta"), ("id", id.as_str())];
    assert_eq!(admin.call("/api/platform/tenant_user_link", &foreign).await.status, StatusCode::NOT_FOUND);
    let fields = [("slug", "acme"), ("id", id.as_str())];
    assert_eq!(admin.post("/api/platform/tenant_user_link", "/tenants/acme/users", &fields).await.status, StatusCode::SEE_OTHER);
    let page = admin.get("/tenants/acme/users").await.body;
    let link = page.split("http://acme.localhost:8000").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    assert!(link.starts_with("/reset/"), "{link}");
    let token = link.trim_start_matches("/reset/");
    let new = "nine yellow herons whisper";
    let accept = [("token", token), ("password", new), ("password_repeated", new)];
    // Neither an invitation nor a link of another company.
    assert_eq!(app.anonymous(&acme.host).call("/api/tenant/invite_accept", &accept).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.anonymous(&beta.host).call("/api/tenant/reset_accept", &accept).await.status, StatusCode::NOT_FOUND);
    let mut browser = app.anonymous(&acme.host);
    assert_eq!(browser.post("/api/tenant/reset_accept", &link, &accept).await.location(), "/login");
    assert!(!browser.cookies.contains_key("__Host-sid"));
    assert_eq!(person.get("/users").await.status, StatusCode::FOUND);
    assert_eq!(browser.call("/api/tenant/reset_accept", &accept).await.status, StatusCode::NOT_FOUND);
    browser.sign_in("manager", new).await;
    assert_eq!(admin.call("/api/platform/tenant_user_sign_out", &fields).await.status, StatusCode::OK);
    assert_eq!(browser.get("/users").await.status, StatusCode::FOUND);
    let both = format!(
        "SELECT (SELECT count(*) FROM platform.audit_log WHERE action IN ('user.link_create', 'user.sign_out')) || ' ' || \
         (SELECT count(*) FROM {}.audit_log WHERE actor_kind = 'platform_admin' AND action IN ('user.link_create', 'user.sign_out'))",
        acme.schema
    );
    assert_eq!(sql.text(&both).await, "2 2");
}

/// There is always an active admin, also when two demote each other at once; a role or an end takes effect by the next request.
#[tokio::test]
async fn there_is_always_an_active_admin() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let mut admin = app.platform_admin().await;
    let id = sql.text("SELECT id::text FROM platform.platform_admins").await;
    let change = "/api/platform/admin_change";
    for what in ["deactivate", "support"] {
        assert_eq!(admin.call(change, &[("id", &id), ("change", what)]).await.status, StatusCode::CONFLICT, "{what}");
    }
    assert_eq!(admin.call(change, &[("id", &id), ("change", "emperor")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut support = app.platform_person("support").await;
    let other = sql.text("SELECT max(id)::text FROM platform.platform_admins").await;
    assert_eq!(support.call(change, &[("id", &other), ("change", "admin")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(admin.call(change, &[("id", &other), ("change", "admin")]).await.status, StatusCode::OK);
    assert_eq!(support.get("/").await.status, StatusCode::FOUND);
    for _ in 0..20 {
        support.sign_in("support@oneo.example", PASSWORD).await;
        admin.sign_in("admin@oneo.example", PASSWORD).await;
        let (one, two) = ([("id", other.as_str()), ("change", "support")], [("id", id.as_str()), ("change", "support")]);
        let answers = tokio::join!(admin.call(change, &one), support.call(change, &two));
        let done = [answers.0.status, answers.1.status].iter().filter(|status| **status == StatusCode::OK).count();
        assert_eq!(done, 1, "{:?} {:?}", answers.0, answers.1);
        assert_eq!(sql.text("SELECT count(*)::text FROM platform.platform_admins WHERE role = 'admin' AND is_active").await, "1");
        sql.run("UPDATE platform.platform_admins SET role = 'admin'").await;
    }
}

/// What has consequences asks for the password again after ten minutes, changes nothing until then, and rotates the session.
#[tokio::test]
async fn r40_old_reauthentications_are_asked_for_again() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let mut admin = app.platform_admin().await;
    app.platform_person("support").await;
    let other = sql.text("SELECT max(id)::text FROM platform.platform_admins").await;
    let change = "/api/platform/admin_change";
    app.clock.advance(chrono::TimeDelta::minutes(11));
    let fields = [("id", other.as_str()), ("change", "deactivate")];
    let before = sql.fingerprint().await;
    let answer = admin.call(change, &fields).await;
    assert_eq!((answer.status, answer.body.contains("\"reauthentication.required\"")), (StatusCode::FORBIDDEN, true), "{}", answer.body);
    assert_eq!(admin.post(change, "/admins", &fields).await.status, StatusCode::SEE_OTHER);
    assert!(admin.get("/admins").await.body.contains("Enter your password again"));
    let wrong = [fields[0], fields[1], ("password", "not the right one at all")];
    assert_eq!(admin.call(change, &wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sql.fingerprint().await, before);
    // What gives an account or all data away waits for the reauthentication too.
    app.tenant("acme").await;
    let link = admin.call("/api/platform/tenant_user_link", &[("slug", "acme"), ("id", "1")]).await;
    assert!(link.status == StatusCode::FORBIDDEN && link.body.contains("\"reauthentication.required\""), "{}", link.body);
    assert!(admin.get("/tenants/acme/users").await.body.contains("enter your password again"));
    sql.run("INSERT INTO platform.jobs (kind, status, result) VALUES ('tenant_export', 'done', '{\"file\": \"t1/x.tar\"}')").await;
    assert_eq!(admin.get("/jobs/1/file").await.location(), "/reauthenticate?next=%2Fjobs%2F1%2Ffile");
    assert_eq!(admin.get("/tenants.csv?q=a").await.location(), "/reauthenticate?next=%2Ftenants.csv%3Fq%3Da");
    let page = admin.get("/reauthenticate?next=%2Ftenants.csv").await.body;
    assert!(page.contains("Confirm your password") && page.contains("type=\"password\""), "{page}");
    assert!(admin.get("/jobs/1").await.body.contains("enter your password again"));
    let old = admin.clone();
    let right = [fields[0], fields[1], ("password", PASSWORD)];
    assert_eq!(admin.call(change, &right).await.status, StatusCode::OK);
    assert!(admin.get("/reauthenticate?next=%2Ftenants.csv").await.body.contains("href=\"/tenants.csv\""));
    assert_eq!(admin.get("/tenants.csv").await.status, StatusCode::OK);
    assert_ne!(admin.cookies["__Host-sid"], old.cookies["__Host-sid"]);
    assert_eq!(old.clone().get("/admins").await.status, StatusCode::FOUND);
    assert_eq!(admin.call(change, &[fields[0], ("change", "activate")]).await.status, StatusCode::OK);
}

/// The log as a list, by every filter and in both downloads; the checker finds an edit, a removal and a forged line.
#[tokio::test]
async fn the_audit_log_can_be_read_and_proved() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    app.tenant("acme").await;
    app.tenant("beta").await;
    let mut admin = app.platform_admin().await;
    assert_eq!(admin.call(SUSPEND, &[("slug", "acme")]).await.status, StatusCode::OK);
    let has = |body: &str| (body.contains("Company acme"), body.contains("Company beta"));
    assert_eq!(has(&admin.get("/audit?action=tenant.create").await.body), (true, true));
    assert_eq!(has(&admin.get("/audit?tenant=acme").await.body), (true, false));
    assert_eq!(has(&admin.get("/audit?action=tenant.suspend&actor=ADMIN").await.body), (true, false));
    assert_eq!(has(&admin.get("/audit?actor=nobody").await.body), (false, false));
    assert_eq!(has(&admin.get("/audit?from=2001-01-01&to=2001-01-02").await.body), (false, false));
    assert_eq!(has(&admin.get("/tenants/beta/audit").await.body), (false, true));
    let lines = admin.get("/audit.jsonl?tenant=acme").await.body;
    let parsed: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(parsed.iter().map(|line| line["action"].as_str().unwrap()).collect::<Vec<_>>(), ["tenant.suspend", "tenant.create"]);
    assert_eq!(admin.get("/audit.csv?tenant=acme").await.body.lines().count(), 3);
    let broken = || async {
        let logs = control::audit::audit_verify(&app.operator(), None).await.unwrap();
        logs.into_iter().filter_map(|log| log.verified.broken.map(|(line, _)| format!("{} {line}", log.log))).collect::<Vec<_>>()
    };
    assert_eq!(broken().await, Vec::<String>::new());
    sql.run("UPDATE platform.audit_log SET actor_label = 'nobody' WHERE seq = 2").await;
    assert_eq!(broken().await, ["platform 2"]);
    sql.run("UPDATE platform.audit_log SET actor_label = 'operator test' WHERE seq = 2").await;
    assert_eq!(broken().await, Vec::<String>::new());
    let last = sql.text("SELECT max(seq)::text FROM platform.audit_log").await;
    sql.run("CREATE TABLE kept AS SELECT * FROM platform.audit_log").await;
    sql.run(&format!("DELETE FROM platform.audit_log WHERE seq = {last}")).await;
    assert_eq!(broken().await.len(), 1);
    sql.run("DELETE FROM platform.audit_log; INSERT INTO platform.audit_log OVERRIDING SYSTEM VALUE SELECT * FROM kept").await;
    sql.run("DELETE FROM platform.audit_log WHERE seq = 3").await;
    assert_eq!(broken().await, ["platform 4"]);
    sql.run("DELETE FROM platform.audit_log; INSERT INTO platform.audit_log OVERRIDING SYSTEM VALUE SELECT * FROM kept; DROP TABLE kept")
        .await;
    sql.run("UPDATE tenant_beta.audit_log SET diff = '{}'").await;
    assert_eq!(broken().await, ["beta 1"]);
}

/// What a suspended tenant or a session that ended was being sent ends with it, and so do the jobs of its users.
#[tokio::test]
async fn long_answers_end_with_their_caller() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let mut admin = app.platform_admin().await;
    for (slug, ends, fields) in [
        ("suspended", "/api/platform/tenant_suspend", vec![("slug", "suspended")]),
        ("signed-out", "/api/platform/tenant_sign_out", vec![("slug", "signed-out")]),
    ] {
        let tenant = app.tenant(slug).await;
        let mut owner = app.owner(&tenant).await;
        let file = b"email,first_name,last_name\nx@acme.example,X,Y\n";
        let draft = owner.upload("/api/tenant/user_import_upload", "/users/import", &[], file).await;
        let draft = draft.location().rsplit('/').next().unwrap().to_owned();
        let columns = [("columns[email]", "0"), ("columns[first_name]", "1"), ("columns[last_name]", "2")];
        let rules = [("id", draft.as_str()), ("mode", "create"), ("match_by", "email"), ("user_type", "user")];
        let rules: Vec<(&str, &str)> = rules.into_iter().chain(columns).collect();
        let job = owner.post("/api/tenant/user_import_check", "/", &rules).await.location().trim_start_matches("/jobs/").to_owned();
        // No worker takes it, so that its stream would go on.
        let path = format!("/jobs/{job}/events");
        let stream = tokio::spawn(async move { owner.get(&path).await });
        tokio::time::sleep(std::time::Duration::from_millis(800)).await;
        assert!(!stream.is_finished(), "{slug}: it lasts while its caller may have it");
        let answer = admin.call(ends, &fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{slug}: {}", answer.body);
        let ended = tokio::time::timeout(std::time::Duration::from_secs(2), stream).await;
        assert_eq!(ended.unwrap().unwrap().status, StatusCode::OK, "{slug}");
        let expected = if slug == "suspended" { "cancelled" } else { "queued" };
        assert_eq!(sql.text(&format!("SELECT status FROM platform.jobs WHERE id = {job}")).await, expected);
    }
}
