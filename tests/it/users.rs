//! Users of a company.

use axum::http::StatusCode;
use db::{DbError, tenant::users as queries};
use domain::UserId;
use std::sync::Arc;
use test_support::{Actor, Answer, Tenant, TestApp, TestOptions};

async fn form(actor: &mut Actor, function: &str, from: &str, changes: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("first_name", "Mara"),
        ("last_name", "Lindqvist"),
        ("email", "mara@acme.example"),
        ("username", "mara"),
        ("user_type", "salesperson"),
    ];
    for (name, value) in changes {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => field.1 = value,
            None => fields.push((name, value)),
        }
    }
    actor.post(&format!("/api/tenant/{function}"), from, &fields).await
}

fn version(page: &str) -> String {
    page.split("name=\"version\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}

/// A refused form comes back with each error beside its field and everything that was typed.
#[tokio::test]
async fn a_refused_form_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let answer =
        form(&mut owner, "user_create", "/users/new", &[("email", "not an address"), ("username", "mara lindqvist"), ("first_name", "")])
            .await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/users/new"));
    let page = owner.get("/users/new").await.body;
    for part in [
        "id=\"email-error\"",
        "id=\"username-error\"",
        "id=\"first_name-error\"",
        "value=\"not an address\"",
        "value=\"mara lindqvist\"",
        "value=\"Lindqvist\"",
        "aria-invalid=\"true\"",
        "3 fields need attention",
        "href=\"#email\"",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
    assert!(!owner.get("/users/new").await.body.contains("not an address"), "it is shown once");
    assert_eq!(app.sql().await.text(&format!("SELECT count(*)::text FROM {}.users", tenant.schema)).await, "1");
}

#[tokio::test]
async fn addresses_and_user_names_are_unique_whatever_their_case() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    assert!(form(&mut owner, "user_create", "/users/new", &[]).await.location().starts_with("/users/1"));
    for (field, value) in [("email", "MARA@Acme.example"), ("username", "MARA")] {
        let other = if field == "email" { ("username", "other") } else { ("email", "other@acme.example") };
        form(&mut owner, "user_create", "/users/new", &[(field, value), other]).await;
        let page = owner.get("/users/new").await.body;
        assert!(page.contains(&format!("id=\"{field}-error\"")) && page.contains("Already used in this company"), "{field}");
    }
    // Left empty, the user name is made of the address, with a number where that is taken.
    form(&mut owner, "user_create", "/users/new", &[("email", "mara@other.example"), ("username", "")]).await;
    assert_eq!(
        app.sql().await.text(&format!("SELECT username FROM {}.users WHERE email = 'mara@other.example'", tenant.schema)).await,
        "mara2"
    );
}

/// Two browsers, no JavaScript: the second one is told, and nothing is lost.
#[tokio::test]
async fn an_edit_of_an_old_version_is_refused() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let id = app.user(&tenant, "salesperson", "mara").await.to_string();
    let path = format!("/users/{id}");
    let (mut one, mut two) = (app.owner(&tenant).await, app.owner(&tenant).await);
    let (seen_by_one, seen_by_two) = (version(&one.get(&path).await.body), version(&two.get(&path).await.body));
    let edit = |version: &str, name: &str| {
        vec![("id".to_owned(), id.clone()), ("version".to_owned(), version.to_owned()), ("first_name".to_owned(), name.to_owned())]
    };
    async fn send(actor: &mut Actor, path: &str, changes: Vec<(String, String)>) -> String {
        let changes: Vec<(&str, &str)> = changes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        form(actor, "user_update", path, &changes).await;
        actor.get(path).await.body
    }
    assert!(send(&mut one, &path, edit(&seen_by_one, "Maria")).await.contains("Saved"));
    let page = send(&mut two, &path, edit(&seen_by_two, "Marta")).await;
    assert!(page.contains("Another user changed this in the meantime") && page.contains("value=\"Marta\""));
    assert_eq!(app.sql().await.text(&format!("SELECT first_name FROM {}.users WHERE id = {id}", tenant.schema)).await, "Maria");
}

/// security.md 43: nobody gives what he does not hold, nor changes somebody above him.
#[tokio::test]
async fn r43_only_owners_make_and_change_owners() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut admin = app.signed_in(&tenant, "admin").await;
    let mut owner = app.owner(&tenant).await;
    let owner_id = app.sql().await.text(&format!("SELECT id::text FROM {}.users WHERE user_type = 'owner'", tenant.schema)).await;
    let refused = form(&mut admin, "user_create", "/users/new", &[("user_type", "owner")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(
        form(&mut admin, "user_create", "/users/new", &[("user_type", "admin")]).await.status == StatusCode::SEE_OTHER,
        "an admin may make admins"
    );
    let before = app.sql().await.fingerprint().await;
    for function in ["user_deactivate", "user_link_create"] {
        assert_eq!(admin.call(&format!("/api/tenant/{function}"), &[("id", &owner_id)]).await.status, StatusCode::FORBIDDEN, "{function}");
    }
    let page = owner.get(&format!("/users/{owner_id}")).await.body;
    let fields =
        [("id", owner_id.as_str()), ("version", &version(&page)), ("user_type", "user"), ("email", "x@acme.example"), ("username", "x")];
    assert_eq!(form(&mut admin, "user_update", "/", &fields).await.status, StatusCode::FORBIDDEN);
    assert_eq!(app.sql().await.fingerprint().await, before);
    let noted = app.sql().await.text("SELECT count(*)::text FROM platform.security_events WHERE kind = 'access.refused'").await;
    assert_eq!(noted, "4");
}

/// security.md 44: the last owner stays one, whoever asks.
#[tokio::test]
async fn r44_there_is_always_an_active_owner() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let id = app.sql().await.text(&format!("SELECT id::text FROM {}.users", tenant.schema)).await;
    let path = format!("/users/{id}");
    assert_eq!(owner.call("/api/tenant/user_deactivate", &[("id", &id)]).await.status, StatusCode::CONFLICT);
    let seen = version(&owner.get(&path).await.body);
    let fields = [("id", id.as_str()), ("version", &seen), ("user_type", "user"), ("email", "owner@acme.example"), ("username", "owner")];
    form(&mut owner, "user_update", &path, &fields).await;
    assert!(owner.get(&path).await.body.contains("There must always be an active owner"));
}

/// security.md 44: two owners who deactivate each other at once; one stays.
#[tokio::test]
async fn r44_two_owners_cannot_remove_each_other() {
    let app = Arc::new(TestApp::start_with(TestOptions { connections: 8, ..TestOptions::default() }).await);
    let tenant = app.tenant("acme").await;
    let second = app.user(&tenant, "owner", "second").await;
    let first = UserId(
        app.sql()
            .await
            .text(&format!("SELECT id::text FROM {}.users WHERE email = '{}'", tenant.schema, tenant.owner))
            .await
            .parse()
            .unwrap(),
    );
    for round in 0..50 {
        let remove = |id: UserId| {
            let (app, tenant) = (Arc::clone(&app), tenant.clone());
            tokio::spawn(async move {
                let mut conn = app.services.db.tenant(&tenant.tenant).await.unwrap();
                let done = async {
                    let record = queries::user_lock(&mut conn, id).await?.unwrap();
                    queries::user_set_active(&mut conn, &record, false, app.services.now()).await
                }
                .await;
                conn.finish(done).await
            })
        };
        let (one, two) = tokio::join!(remove(first), remove(second));
        let results = [one.unwrap(), two.unwrap()];
        assert!(results.iter().filter(|result| result.is_ok()).count() == 1, "round {round}: {results:?}");
        assert!(results.iter().any(|result| matches!(result, Err(DbError::LastOwner))), "round {round}: {results:?}");
        let counted = app
            .sql()
            .await
            .text(&format!("SELECT count(*)::text FROM {}.users WHERE is_active AND user_type = 'owner'", tenant.schema))
            .await;
        assert_eq!(counted, "1");
        app.sql()
            .await
            .run(&format!("UPDATE {0}.users SET is_active = true; UPDATE {0}.quota SET active_users = 2, active_owners = 2", tenant.schema))
            .await;
    }
}

/// From outside, as two people would: each makes the other a plain user, at the same moment, fifty times.
#[tokio::test]
async fn r44_two_owners_demoting_each_other_leave_one() {
    let app = TestApp::start_with(TestOptions { connections: 8, ..TestOptions::default() }).await;
    let tenant = app.tenant("acme").await;
    app.user(&tenant, "owner", "second").await;
    let (sql, schema) = (app.sql().await, &tenant.schema);
    let restore = format!(
        "UPDATE {schema}.users SET user_type = 'owner', is_staff = true; DELETE FROM {schema}.user_roles; \
         INSERT INTO {schema}.user_roles (user_id, role_key) SELECT id, 'owner' FROM {schema}.users; UPDATE {schema}.quota SET active_owners = 2"
    );
    let ids = sql.texts(&format!("SELECT id::text FROM {schema}.users ORDER BY id")).await;
    let row = |id: &str| {
        format!(
            "SELECT email || ' ' || username || ' ' || (extract(epoch FROM updated_at) * 1000000)::bigint FROM {schema}.users WHERE id = {id}"
        )
    };
    for round in 0..50 {
        let (mut one, mut two) = (app.owner(&tenant).await, app.anonymous(&tenant.host));
        two.sign_in("second", test_support::PASSWORD).await;
        let (first, second) = (sql.text(&row(&ids[0])).await, sql.text(&row(&ids[1])).await);
        let demote = async |actor: &mut Actor, id: &str, row: &str| {
            let mut parts = row.split(' ');
            let (email, username, version) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
            let fields = [
                ("id", id),
                ("version", version),
                ("first_name", "An"),
                ("last_name", "Owner"),
                ("email", email),
                ("username", username),
                ("user_type", "user"),
            ];
            actor.call("/api/tenant/user_update", &fields).await.status.as_u16()
        };
        let statuses: (u16, u16) = tokio::join!(demote(&mut one, &ids[1], &second), demote(&mut two, &ids[0], &first));
        let owners = sql.text(&format!("SELECT count(*)::text FROM {schema}.users WHERE is_active AND user_type = 'owner'")).await;
        assert_eq!(owners, "1", "round {round}: {statuses:?}");
        assert!(statuses.0 == 200 || statuses.1 == 200, "round {round}: {statuses:?}");
        assert_ne!(statuses.0, statuses.1, "round {round}: {statuses:?}");
        sql.run(&restore).await;
    }
}

async fn counters(app: &TestApp, tenant: &Tenant) -> (String, String) {
    let sql = app.sql().await;
    let counted = sql
        .text(&format!(
            "SELECT count(*) FILTER (WHERE is_active) || ' ' || count(*) FILTER (WHERE is_active AND user_type = 'owner') FROM {}.users",
            tenant.schema
        ))
        .await;
    (sql.text(&format!("SELECT active_users || ' ' || active_owners FROM {}.quota", tenant.schema)).await, counted)
}

/// F13: the quota is never passed and never miscounted, not by many at once either.
#[tokio::test]
async fn f13_the_quota_holds_under_races() {
    let app = Arc::new(TestApp::start_with(TestOptions { connections: 8, ..TestOptions::default() }).await);
    let tenant = app.tenant("acme").await;
    app.sql().await.run(&format!("UPDATE {}.quota SET max_users = 6", tenant.schema)).await;
    let owner = app.owner(&tenant).await;
    let tries = (0..50).map(|number| {
        let mut owner = owner.clone();
        tokio::spawn(async move {
            let (email, username) = (format!("u{number}@acme.example"), format!("u{number}"));
            let fields = [("first_name", "U"), ("last_name", "V"), ("email", &email), ("username", &username), ("user_type", "user")]
                .map(|(name, value): (&str, &str)| (name, value));
            owner.call("/api/tenant/user_create", &fields).await.status.as_u16()
        })
    });
    let mut statuses = Vec::new();
    for task in tries.collect::<Vec<_>>() {
        statuses.push(task.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 5, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409 | 503)), "{statuses:?}");
    let (kept, counted) = counters(&app, &tenant).await;
    assert_eq!((kept.as_str(), counted.as_str()), ("6 1", "6 1"));
}

/// Deactivating is undone by one button, and each way is counted and logged.
#[tokio::test]
async fn deactivating_can_be_undone() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let id = app.user(&tenant, "salesperson", "mara").await.to_string();
    let mut owner = app.owner(&tenant).await;
    let path = format!("/users/{id}");
    owner.post("/api/tenant/user_deactivate", &path, &[("id", &id)]).await;
    let page = owner.get(&path).await.body;
    assert!(
        page.contains("was deactivated and signed out") && page.contains("action=\"/api/tenant/user_activate\""),
        "the toast offers the way back"
    );
    assert_eq!(counters(&app, &tenant).await.0, "1 1");
    owner.post("/api/tenant/user_activate", &path, &[("id", &id)]).await;
    assert_eq!(counters(&app, &tenant).await.0, "2 1");
    let actions =
        app.sql().await.texts(&format!("SELECT action FROM {}.audit_log WHERE object_id = '{id}' ORDER BY id", tenant.schema)).await;
    assert_eq!(actions, ["user.deactivate", "user.activate"]);
    control::counters::flush(&app.services).await;
    assert_eq!(app.sql().await.text("SELECT user_count::text FROM platform.tenants").await, "2", "the platform hears of it");
}

/// security.md 46: fields that are not in the form change nothing.
#[tokio::test]
async fn r46_extra_fields_are_ignored() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut admin = app.signed_in(&tenant, "admin").await;
    let extra = [
        ("role", "owner"),
        ("tenant_id", "9"),
        ("is_staff", "true"),
        ("id", "7"),
        ("password_hash", "x"),
        ("max_users", "9"),
        ("session_epoch", "5"),
        ("tenant_permissions", "{\"company.own\":\"all\"}"),
    ];
    assert_eq!(form(&mut admin, "user_create", "/users/new", &extra).await.status, StatusCode::SEE_OTHER);
    let row = app.sql().await.text(&format!("SELECT concat_ws(' ', user_type, is_staff, password_hash IS NULL, session_epoch, tenant_permissions, id <> 7) FROM {}.users WHERE username = 'mara'", tenant.schema)).await;
    assert_eq!(row, "salesperson f t 0 {} t");
}

/// security.md 47.
#[tokio::test]
async fn r47_answers_hold_no_secrets() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let id = app.user(&tenant, "salesperson", "mara").await;
    let mut owner = app.owner(&tenant).await;
    for path in ["/", "/users", "/users.csv", &format!("/users/{id}")] {
        assert!(!owner.get(path).await.body.contains("argon2"), "{path}");
    }
    for (function, fields) in [("user_list", vec![]), ("user_get", vec![("id", id.to_string())]), ("dashboard", vec![])] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = owner.call(&format!("/api/tenant/{function}"), &fields).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.body.contains("argon2"), "{function}");
    }
}

/// Two browsers: the second one is told field by field what is there now and what was before; its own text is kept, and
/// saving again saves it.
#[tokio::test]
async fn a_conflict_shows_yours_theirs_and_before() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let id = app.user(&tenant, "salesperson", "mara").await.to_string();
    let path = format!("/users/{id}");
    let (mut one, mut two) = (app.owner(&tenant).await, app.owner(&tenant).await);
    let (seen_by_one, seen_by_two) = (version(&one.get(&path).await.body), version(&two.get(&path).await.body));
    let seen =
        [("seen[first_name]", "mara"), ("seen[last_name]", "Tester"), ("seen[email]", "mara@acme.example"), ("seen[metadata]", "{}")];
    let mut theirs = vec![
        ("id", id.as_str()),
        ("version", seen_by_one.as_str()),
        ("first_name", "Maria"),
        ("last_name", "Tester"),
        ("metadata", "{\"desk\": 7}"),
    ];
    theirs.extend(seen);
    form(&mut one, "user_update", &path, &theirs).await;
    assert!(one.get(&path).await.body.contains("Saved"));
    let mut yours = vec![
        ("id", id.as_str()),
        ("version", seen_by_two.as_str()),
        ("first_name", "Marta"),
        ("last_name", "Tester"),
        ("metadata", "{\"desk\": 8}"),
    ];
    yours.extend(seen);
    form(&mut two, "user_update", &path, &yours).await;
    let page = two.get(&path).await.body;
    for part in ["Now “Maria”, before that “mara”", "value=\"Marta\"", "before that {}"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("id=\"last_name-error\""), "a field nobody else changed is no conflict");
    // The form stands on the newest version now.
    let newest = version(&page);
    yours[1].1 = &newest;
    form(&mut two, "user_update", &path, &yours).await;
    assert!(two.get(&path).await.body.contains("Saved"));
    let stored = format!("SELECT first_name || ' ' || (metadata ->> 'desk') FROM {}.users WHERE id = {id}", tenant.schema);
    assert_eq!(app.sql().await.text(&stored).await, "Marta 8");
    // Nonsense is refused beside the field.
    let newest = version(&two.get(&path).await.body);
    form(&mut two, "user_update", &path, &[("id", &id), ("version", &newest), ("metadata", "[1, 2")]).await;
    let page = two.get(&path).await.body;
    assert!(page.contains("id=\"metadata-error\"") && page.contains("[1, 2"), "{page}");
}

/// Whoever is deleted is hidden, out and without a place; Undo brings the account back as it was.
#[tokio::test]
async fn a_deleted_user_is_brought_back() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let mut mara = app.signed_in(&tenant, "manager").await;
    let id = app.sql().await.text(&format!("SELECT max(id)::text FROM {}.users", tenant.schema)).await;
    let places = format!("SELECT active_users::text FROM {}.quota", tenant.schema);
    assert_eq!(owner.call("/api/tenant/user_delete", &[("id", &id)]).await.status, StatusCode::OK);
    assert!(!mara.is_signed_in().await);
    assert_eq!(app.sql().await.text(&places).await, "1");
    assert!(!owner.get("/users").await.body.contains("manager@acme.example"));
    assert!(owner.get("/users?status=deleted").await.body.contains("manager@acme.example"));
    for function in ["user_activate", "user_deactivate", "user_link_create", "user_mail_send"] {
        assert_eq!(owner.call(&format!("/api/tenant/{function}"), &[("id", &id)]).await.status, StatusCode::CONFLICT, "{function}");
    }
    // The address stays taken, so that nothing stands in the way back.
    form(&mut owner, "user_create", "/users/new", &[("email", "manager@acme.example")]).await;
    let page = owner.get("/users/new").await.body;
    assert!(page.contains("a deleted user. Restore that user instead.") && page.contains(&format!("href=\"/users/{id}\"")), "{page}");
    assert_eq!(owner.call("/api/tenant/user_restore", &[("id", &id)]).await.status, StatusCode::OK);
    assert_eq!(app.sql().await.text(&places).await, "2");
    mara.sign_in("manager", test_support::PASSWORD).await;
    assert_eq!(mara.get("/users").await.status, StatusCode::OK);
    let owner_id = app.sql().await.text(&format!("SELECT min(id)::text FROM {}.users", tenant.schema)).await;
    assert_eq!(owner.call("/api/tenant/user_delete", &[("id", &owner_id)]).await.status, StatusCode::CONFLICT, "not oneself");
}

/// Each filter narrows to exactly whom it names.
#[tokio::test]
async fn the_list_is_narrowed_by_factor_sign_in_and_creation() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    for name in ["fresh", "never", "stale"] {
        app.user(&tenant, "user", name).await;
    }
    let schema = &tenant.schema;
    let now = app.services.now().to_rfc3339();
    let sql = format!(
        "UPDATE {schema}.users SET last_login = '{now}'::timestamptz - interval '1 day' WHERE username = 'fresh'; \
         UPDATE {schema}.users SET last_login = '{now}'::timestamptz - interval '100 days', created_at = '{now}'::timestamptz - interval '400 days' WHERE username = 'stale'; \
         INSERT INTO {schema}.user_totp (user_id, secret_encrypted, confirmed_at) SELECT id, 'x', now() FROM {schema}.users WHERE username = 'fresh'; \
         INSERT INTO {schema}.user_totp (user_id, secret_encrypted) SELECT id, 'x' FROM {schema}.users WHERE username = 'never'"
    );
    app.sql().await.run(&sql).await;
    let cases = [
        ("mfa=on", "fresh"),
        ("mfa=off", "never stale"),
        ("seen=7_days", "fresh"),
        ("seen=never", "never"),
        ("seen=not_90_days", "never stale"),
        ("created=7_days", "fresh never"),
        ("seen=nonsense&mfa=perhaps&status=x", "fresh never stale"),
    ];
    for (query, expected) in cases {
        let body = owner.get(&format!("/users.csv?role=user&sort=name&{query}")).await.body;
        let found: Vec<&str> = ["fresh", "never", "stale"].into_iter().filter(|name| body.contains(&format!("{name}@acme"))).collect();
        assert_eq!(found.join(" "), expected, "{query}: {body}");
    }
}

/// Somebody who mistyped too often is seen to be locked, and let in again by an admin.
#[tokio::test]
async fn a_locked_user_is_seen_and_unlocked() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    let id = app.user(&tenant, "user", "mara").await.to_string();
    let path = format!("/users/{id}");
    assert_eq!(owner.call("/api/tenant/user_unlock", &[("id", &id)]).await.status, StatusCode::CONFLICT);
    let mut mara = app.anonymous(&tenant.host);
    for _ in 0..7 {
        mara.try_sign_in("mara", "not the password at all").await;
    }
    mara.try_sign_in("mara", test_support::PASSWORD).await;
    assert!(!mara.is_signed_in().await, "the right password is refused as well");
    assert!(owner.get(&path).await.body.contains("after too many wrong passwords"));
    assert_eq!(owner.call("/api/tenant/user_unlock", &[("id", &id)]).await.status, StatusCode::OK);
    assert!(!owner.get(&path).await.body.contains("after too many wrong passwords"));
    mara.sign_in("mara", test_support::PASSWORD).await;
    assert!(mara.is_signed_in().await);
}
