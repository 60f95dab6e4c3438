//! Roles of a company, and what one of its people may do.

use axum::http::StatusCode;
use domain::UserId;
use test_support::{Actor, Answer, Tenant, TestApp};

async fn version(app: &TestApp, tenant: &Tenant, table: &str, which: &str) -> String {
    let sql = format!("SELECT ((extract(epoch FROM updated_at) * 1000000)::bigint)::text FROM {}.{table} WHERE {which}", tenant.schema);
    app.sql().await.text(&sql).await
}

/// Makes a role by the form and gives its key.
async fn role(actor: &mut Actor, name: &str, permissions: &[(&str, &str)]) -> String {
    let named: Vec<(String, &str)> = permissions.iter().map(|(key, value)| (format!("permissions[{key}]"), *value)).collect();
    let mut fields = vec![("name", name), ("description", "Made by a test")];
    fields.extend(named.iter().map(|(key, value)| (key.as_str(), *value)));
    let answer = actor.post("/api/tenant/role_create", "/roles/new", &fields).await;
    let key = answer.location().strip_prefix("/roles/").unwrap_or_default();
    assert_ne!(key, "new", "{}", actor.get("/roles/new").await.body);
    key.to_owned()
}

/// Sets what somebody may do besides the primary role.
async fn set_access(app: &TestApp, tenant: &Tenant, actor: &mut Actor, id: UserId, fields: &[(&str, &str)]) -> Answer {
    let (id, version) = (id.to_string(), version(app, tenant, "users", &format!("id = {id}")).await);
    let mut all = vec![("id", id.as_str()), ("version", version.as_str())];
    all.extend_from_slice(fields);
    actor.call("/api/tenant/user_set_access", &all).await
}

async fn user_of(app: &TestApp, tenant: &Tenant, role: &str) -> UserId {
    let sql = format!("SELECT max(id)::text FROM {}.users WHERE user_type = '{role}'", tenant.schema);
    app.sql().await.text(&sql).await.parse().unwrap()
}

/// A role of the company's own is made, given, changed and taken away; each step reaches its holders with their next
/// request.
#[tokio::test]
async fn a_role_lives_and_its_holders_follow() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let key = role(&mut owner, "Front desk", &[("users.view", "all")]).await;
    assert_eq!(key, "front_desk");
    let page = owner.get("/roles").await.body;
    assert!(page.contains("Front desk") && page.contains("Made by a test"));

    // Given as a further role, it adds to the primary one; the holder signs in anew.
    let mut sales = app.signed_in(&tenant, "salesperson").await;
    assert_eq!(sales.get("/users").await.status, StatusCode::FORBIDDEN);
    let id = user_of(&app, &tenant, "salesperson").await;
    assert_eq!(set_access(&app, &tenant, &mut owner, id, &[("further[front_desk]", "true")]).await.status, StatusCode::OK);
    assert!(sales.get("/users").await.location().starts_with("/login"), "a gain of rights ends the session");
    sales.sign_in("salesperson", test_support::PASSWORD).await;
    assert_eq!(sales.get("/users").await.status, StatusCode::OK);

    // Changing the role changes what its holders may do at once.
    let seen = version(&app, &tenant, "roles", "key = 'front_desk'").await;
    let fields = [("key", "front_desk"), ("version", seen.as_str()), ("name", "Front desk"), ("permissions[audit.view]", "all")];
    assert_eq!(owner.call("/api/tenant/role_update", &fields).await.status, StatusCode::OK);
    assert_eq!(sales.get("/users").await.status, StatusCode::FORBIDDEN);
    assert_eq!(owner.call("/api/tenant/role_update", &fields).await.status, StatusCode::CONFLICT, "an old version is refused");

    // As a primary role it falls back to another one when it is deleted.
    let other = app.user(&tenant, "front_desk", "desk").await;
    assert_eq!(
        owner.call("/api/tenant/role_delete", &[("key", "front_desk"), ("fallback", "")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        owner.call("/api/tenant/role_delete", &[("key", "front_desk"), ("fallback", "owner")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(owner.call("/api/tenant/role_delete", &[("key", "front_desk"), ("fallback", "manager")]).await.status, StatusCode::OK);
    let held = format!(
        "SELECT string_agg(user_id || ' ' || role_key, ',' ORDER BY user_id) FROM {}.user_roles WHERE user_id IN ({id}, {other})",
        tenant.schema
    );
    let held = app.sql().await.text(&held).await;
    assert_eq!(held, format!("{id} salesperson,{other} manager"));
    let actions = format!(
        "SELECT string_agg(action, ' ' ORDER BY id) FROM {}.audit_log WHERE object_kind = 'role' OR action = 'user.permissions_set'",
        tenant.schema
    );
    assert_eq!(app.sql().await.text(&actions).await, "role.create user.permissions_set role.update role.delete");
}

/// What is granted and denied to one person comes after the roles, and the page says where each permission comes from.
#[tokio::test]
async fn one_person_is_granted_and_denied() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let mut manager = app.signed_in(&tenant, "manager").await;
    let id = user_of(&app, &tenant, "manager").await;
    let fields = [("permissions[users.view]", "deny"), ("permissions[audit.view]", "all"), ("permissions[records.edit]", "own")];
    assert_eq!(set_access(&app, &tenant, &mut owner, id, &fields).await.status, StatusCode::OK);
    manager.sign_in("manager", test_support::PASSWORD).await;
    assert_eq!(manager.get("/users").await.status, StatusCode::FORBIDDEN);
    let page = owner.get(&format!("/users/{id}/permissions")).await.body;
    for part in ["denied to this user", "granted to this user", "Manager"] {
        assert!(page.contains(part), "{part}");
    }
    // Everything back: the roles alone decide again.
    assert_eq!(set_access(&app, &tenant, &mut owner, id, &[]).await.status, StatusCode::OK);
    let stored = format!("SELECT tenant_permissions::text FROM {}.users WHERE id = {id}", tenant.schema);
    assert_eq!(app.sql().await.text(&stored).await, "{}");
    manager.sign_in("manager", test_support::PASSWORD).await;
    assert_eq!(manager.get("/users").await.status, StatusCode::OK);
}

/// security.md 43: nobody grants what they lack, not by a role, not by a grant, not by taking a denial back; and nobody
/// changes a role or a person with more.
#[tokio::test]
async fn r43_nobody_gives_what_they_do_not_hold() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let staff = role(&mut owner, "Staff office", &[("users.manage", "all"), ("users.create", "all"), ("roles.manage", "all")]).await;
    let auditor = role(&mut owner, "Auditor", &[("audit.view", "all")]).await;
    let clerk_role = role(&mut owner, "Clerk", &[("records.view", "own")]).await;
    let clerk_id = app.user(&tenant, &staff, "clerk").await;
    let mut clerk = app.anonymous(&tenant.host);
    clerk.sign_in("clerk", test_support::PASSWORD).await;
    let plain = app.user(&tenant, "user", "plain").await;
    let boss = app.user(&tenant, "admin", "boss").await;
    let denied = app.user(&tenant, &auditor, "denied").await;
    assert_eq!(set_access(&app, &tenant, &mut owner, denied, &[("permissions[audit.view]", "deny")]).await.status, StatusCode::OK);
    // Somebody who holds the clerks' role has more than the clerk.
    assert_eq!(set_access(&app, &tenant, &mut owner, boss, &[(&format!("further[{clerk_role}]"), "true")]).await.status, StatusCode::OK);

    let further = format!("further[{auditor}]");
    let refused: [(_, _, &[(&str, &str)]); 6] = [
        ("a further role with more", plain, &[(&further, "true")]),
        ("a grant of more", plain, &[("permissions[settings.manage]", "all")]),
        ("a grant hidden by a denial", plain, &[(&further, "true"), ("permissions[audit.view]", "deny")]),
        ("a denial taken back", denied, &[]),
        ("somebody with more", boss, &[]),
        ("oneself", clerk_id, &[("permissions[audit.view]", "all")]),
    ];
    for (what, id, fields) in refused {
        let before = app.sql().await.fingerprint().await;
        assert_eq!(set_access(&app, &tenant, &mut clerk, id, fields).await.status, StatusCode::FORBIDDEN, "{what}");
        assert_eq!(app.sql().await.fingerprint().await, before, "{what}");
    }
    for (name, value) in [("company.own", "all"), ("rockets.launch", "all"), ("users.view", "own"), ("records.view", "everything")] {
        let field = format!("permissions[{name}]");
        assert_eq!(
            set_access(&app, &tenant, &mut owner, plain, &[(&field, value)]).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{name}"
        );
        let fields = [("name", "Evil"), (field.as_str(), value)];
        assert_eq!(owner.call("/api/tenant/role_create", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
    assert_eq!(set_access(&app, &tenant, &mut owner, plain, &[("further[owner]", "true")]).await.status, StatusCode::CONFLICT);

    // Roles: one with more than the clerk, one that somebody mightier holds, one that came with the company.
    assert_eq!(
        clerk.call("/api/tenant/role_create", &[("name", "More"), ("permissions[audit.view]", "all")]).await.status,
        StatusCode::FORBIDDEN
    );
    for key in [auditor.as_str(), &clerk_role, "user", "admin"] {
        let seen = version(&app, &tenant, "roles", &format!("key = '{key}'")).await;
        let fields = [("key", key), ("version", seen.as_str()), ("name", "Renamed")];
        assert_eq!(clerk.call("/api/tenant/role_update", &fields).await.status, StatusCode::CONFLICT, "{key}");
        assert_eq!(
            clerk.call("/api/tenant/role_delete", &[("key", key), ("fallback", "user")]).await.status,
            StatusCode::CONFLICT,
            "{key}"
        );
    }
    // Falling back to a role with more would give it.
    let small = role(&mut clerk, "Small", &[]).await;
    app.user(&tenant, &small, "little").await;
    assert_eq!(clerk.call("/api/tenant/role_delete", &[("key", &small), ("fallback", "admin")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(clerk.call("/api/tenant/role_delete", &[("key", &small), ("fallback", "user")]).await.status, StatusCode::OK);
}

/// Keys and names are the company's own, and bad input says what is wrong where it is.
#[tokio::test]
async fn names_of_roles_are_unique_and_kept_when_refused() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    assert_eq!(role(&mut owner, "Team lead", &[]).await, "team_lead");
    assert_eq!(role(&mut owner, "Team-lead", &[]).await, "team_lead_2");
    assert_eq!(role(&mut owner, "new", &[]).await, "new_role");
    let fields =
        [("name", "team LEAD"), ("description", "kept text"), ("permissions[records.view]", "own"), ("permissions[audit.view]", "all")];
    owner.post("/api/tenant/role_create", "/roles/new", &fields).await;
    let page = owner.get("/roles/new").await.body;
    assert!(page.contains("Another role has this name") && page.contains("kept text"), "{page}");
    assert!(page.contains("id=\"permission-audit.view\" name=\"permissions[audit.view]\" value=\"all\" checked"), "{page}");
    for evil in ["<script>alert(1)</script>", "x".repeat(101).as_str(), "", "   "] {
        let answer = owner.call("/api/tenant/role_create", &[("name", evil)]).await;
        assert!(matches!(answer.status, StatusCode::UNPROCESSABLE_ENTITY | StatusCode::OK), "{evil}: {}", answer.status);
    }
    assert!(!owner.get("/roles").await.body.contains("<script>alert"));
    // Another company sees nothing of them.
    let other = app.tenant("beta").await;
    let mut stranger = app.owner(&other).await;
    assert_eq!(stranger.get("/roles/team_lead").await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.call("/api/tenant/role_delete", &[("key", "team_lead"), ("fallback", "user")]).await.status, StatusCode::NOT_FOUND);
}

/// `is_staff` follows what somebody may do.
#[tokio::test]
async fn staff_follows_the_roles() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let key = role(&mut owner, "Office", &[("settings.manage", "all")]).await;
    let (office, plain) = (app.user(&tenant, "user", "office").await, app.user(&tenant, "user", "plain").await);
    let staff =
        format!("SELECT string_agg(username, ' ' ORDER BY id) FROM {}.users WHERE is_staff AND user_type <> 'owner'", tenant.schema);
    assert_eq!(set_access(&app, &tenant, &mut owner, office, &[(&format!("further[{key}]"), "true")]).await.status, StatusCode::OK);
    assert_eq!(set_access(&app, &tenant, &mut owner, plain, &[("permissions[settings.manage]", "all")]).await.status, StatusCode::OK);
    assert_eq!(app.sql().await.text(&staff).await, "office plain");
    let seen = version(&app, &tenant, "roles", &format!("key = '{key}'")).await;
    assert_eq!(
        owner.call("/api/tenant/role_update", &[("key", &key), ("version", &seen), ("name", "Office")]).await.status,
        StatusCode::OK
    );
    assert_eq!(app.sql().await.text(&staff).await, "plain");
    assert_eq!(set_access(&app, &tenant, &mut owner, plain, &[]).await.status, StatusCode::OK);
    assert_eq!(app.sql().await.text(&format!("SELECT count(*)::text FROM {}.users WHERE is_staff", tenant.schema)).await, "1");
}
