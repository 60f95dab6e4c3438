//! What pages tell before and after an act: whom a setting hits, what needs attention, what happened, and why something failed.

use axum::http::StatusCode;
use control::tenants::{TenantForm, tenant_create};
use test_support::TestApp;

/// Security settings say whom a change would hit.
#[tokio::test]
async fn settings_say_whom_they_hit() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    app.user(&tenant, "user", "mara").await;
    let mut owner = app.owner(&tenant).await;
    let page = owner.get("/settings/security").await.body;
    assert!(page.contains("2 of 2 active users have no second factor."), "{page}");
    assert!(page.contains("A change applies to the open session immediately."), "{page}");
    assert!(page.contains("1 user without a second factor") && page.contains("no users without a second factor"), "{page}");
    let id = app.sql().await.text(&format!("SELECT id::text FROM {}.users WHERE username = 'mara'", tenant.schema)).await;
    let sql = format!("INSERT INTO {}.user_totp (user_id, secret_encrypted, confirmed_at) VALUES ({id}, 'x', now())", tenant.schema);
    app.sql().await.run(&sql).await;
    assert!(owner.get("/settings/security").await.body.contains("1 of 2 active users has no second factor."));
    assert!(!owner.get("/settings").await.body.contains("second factor."), "the others hit nobody");
}

/// Both dashboards name what needs attention, and lead there.
#[tokio::test]
async fn dashboards_name_what_needs_attention() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (mut admin, mut owner) = (app.platform_admin().await, app.owner(&tenant).await);
    assert!(!admin.get("/").await.body.contains("Needs attention") && !owner.get("/").await.body.contains("Needs attention"));
    let bare = TenantForm { name: "Bare".to_owned(), domain: "bare".to_owned(), ..TenantForm::default() };
    tenant_create(&app.operator(), bare.parse(&app.services.config)).await.unwrap();
    let sql = app.sql().await;
    sql.run("UPDATE platform.tenants SET max_users = 1 WHERE slug = 'acme'").await;
    sql.run(&format!("UPDATE {}.quota SET max_users = 1", tenant.schema)).await;
    sql.run("UPDATE platform.domains SET verified_at = NULL WHERE domain = 'bare.localhost'").await;
    let add = "INSERT INTO platform.jobs (kind, status, params, created_by, created_at, finished_at) \
               VALUES ('tenant_export', 'failed', '{}', 'admin 1', now(), now())";
    sql.run(add).await;
    app.services.totals.forget();
    let page = admin.get("/").await.body;
    for line in ["1 job failed in the last 7 days", "1 domain is not verified", "Company acme uses 1 of 1 seats", "Bare has no schema yet"]
    {
        assert!(page.contains(line), "{line}: {page}");
    }
    assert!(page.contains("href=\"/tenants/bare/provision\"") && page.contains("href=\"/jobs?status=failed\""), "{page}");
    let page = owner.get("/").await.body;
    assert!(page.contains("Needs attention") && page.contains("1 of 1 seats are used"), "{page}");
}

/// A tenant needs a name alone: its subdomain follows, its owner is mailed, and one that was registered is provisioned later.
#[tokio::test]
async fn a_tenant_is_created_and_provisioned_in_the_console() {
    let app = TestApp::start().await;
    let mut admin = app.platform_admin().await;
    let owner = [("owner_first_name", "Olga"), ("owner_last_name", "Olsen"), ("owner_email", "olga@sohne.example")];
    let fields = [&[("name", "Müller & Söhne"), ("invite", "mail")][..], &owner].concat();
    let answer = admin.post("/api/platform/tenant_create", "/tenants/new", &fields).await;
    assert_eq!(answer.location(), "/tenants/muller-sohne");
    let page = admin.get("/tenants/muller-sohne").await.body;
    assert!(page.contains("An invitation is on its way to olga@sohne.example"), "{page}");
    let email = app.emails(1).await.remove(0);
    assert!(email.subject == "Your invitation to Müller & Söhne" && email.link().starts_with("/invite/"), "{}", email.text);
    let mut olga = app.anonymous("muller-sohne.localhost");
    assert!(olga.get(&email.link()).await.body.contains("Welcome, Olga"));
    // A name without Latin letters suggests nothing.
    let fields = [&[("name", "東京")][..], &owner].concat();
    assert_eq!(admin.post("/api/platform/tenant_create", "/tenants/new", &fields).await.location(), "/tenants/new");
    assert!(admin.get("/tenants/new").await.body.contains("none can be made from the name"));

    // What is not verified yet is no place for a link.
    let fields = [&[("name", "Own"), ("domain", "crm.own.example"), ("slug", "own"), ("invite", "mail")][..], &owner].concat();
    assert_eq!(admin.post("/api/platform/tenant_create", "/tenants/new", &fields).await.location(), "/tenants/new");
    let page = admin.get("/tenants/new").await.body;
    let beside = page.split("invite-error").last().unwrap();
    assert!(page.contains("id=\"invite-error\"") && beside.contains("The domain is not verified yet"), "{page}");

    let fields = [("name", "Later"), ("without_schema", "true")];
    assert_eq!(admin.post("/api/platform/tenant_create", "/tenants/new", &fields).await.location(), "/tenants/later");
    assert!(admin.get("/tenants/later").await.body.contains("This tenant has no schema yet"));
    assert_eq!(app.anonymous("later.localhost").get("/").await.status, StatusCode::SERVICE_UNAVAILABLE);
    let act = "/api/platform/tenant_provision";
    let bad = [("slug", "later"), ("owner_first_name", "Olga"), ("owner_last_name", "Olsen"), ("owner_email", "nobody")];
    assert_eq!(admin.post(act, "/tenants/later/provision", &bad).await.location(), "/tenants/later/provision");
    assert!(admin.get("/tenants/later/provision").await.body.contains("id=\"owner_email-error\""));
    let fields = [&[("slug", "later")][..], &owner].concat();
    assert_eq!(admin.post(act, "/tenants/later/provision", &fields).await.location(), "/tenants/later");
    let page = admin.get("/tenants/later").await.body;
    assert!(page.contains("data-one-time-link") && !page.contains("This tenant has no schema yet"), "{page}");
    assert_eq!(app.anonymous("later.localhost").get("/login").await.status, StatusCode::OK);
    assert_eq!(admin.call(act, &fields).await.status, StatusCode::CONFLICT, "once");
}

/// An error keeps the frame and the brand of its site, and says the id of its request.
#[tokio::test]
async fn errors_keep_the_frame_of_their_site() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut user = app.signed_in(&tenant, "user").await;
    for (path, title) in [("/settings", "Not allowed"), ("/roles/nothing", "Not allowed")] {
        let page = user.get(path).await.body;
        assert!(page.contains(title) && page.contains("class=\"sidebar") && page.contains("Request ID"), "{path}: {page}");
    }
    let page = app.owner(&tenant).await.get("/users/999999").await.body;
    assert!(page.contains("Not found") && page.contains("class=\"sidebar") && page.contains("Company acme"), "{page}");
    let page = app.anonymous(&tenant.host).get("/nothing").await;
    assert!(
        page.status == StatusCode::NOT_FOUND && page.body.contains("Company acme") && page.body.contains("Request ID"),
        "{}",
        page.body
    );
    let mut admin = app.platform_admin().await;
    admin.call("/api/platform/tenant_suspend", &[("slug", "acme")]).await;
    let request = app.anonymous(&tenant.host).get("/").await;
    assert!(request.body.contains("Paused") && !request.body.contains("<a "), "nothing on it answers: {}", request.body);
}

/// Whoever comes back after the session has ended reads that, and goes on where it was.
#[tokio::test]
async fn an_ended_session_is_told() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    assert_eq!(app.anonymous(&tenant.host).get("/users").await.location(), "/login?next=%2Fusers", "there was none");
    let mut owner = app.owner(&tenant).await;
    app.sql().await.run(&format!("UPDATE {}.users SET session_epoch = session_epoch + 1", tenant.schema)).await;
    let answer = owner.get("/users?q=a").await;
    assert_eq!(answer.location(), "/login?next=%2Fusers%3Fq%3Da&ended=1");
    assert!(owner.get("/login?next=%2Fusers%3Fq%3Da&ended=1").await.body.contains("Your session has ended"));
    let mut owner = app.owner(&tenant).await;
    app.sql().await.run(&format!("UPDATE {}.users SET session_epoch = session_epoch + 1", tenant.schema)).await;
    let answer = owner.post("/api/tenant/role_create", "/roles/new", &[("name", "X")]).await;
    assert!(answer.location().starts_with("/login?next=%2Froles%2Fnew&ended=1"), "{}", answer.location());
}
