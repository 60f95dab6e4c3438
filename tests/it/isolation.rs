//! The proof-tests of tenancy.md part 5: nothing of one company is ever reached from another.

use axum::http::StatusCode;
use db::tenant::users;
use domain::{UserId, list::ListQuery};
use test_support::{TestApp, TestOptions};

async fn emails(app: &TestApp, tenant: &test_support::Tenant) -> Vec<String> {
    let conn = app.services.db.tenant(&tenant.tenant).await.unwrap();
    let query = ListQuery { size: 50, ..ListQuery::default() };
    let found = users::user_list(&conn, &users::UserFilter::default(), &query, None).await;
    conn.finish(found).await.unwrap().rows.into_iter().map(|user| user.email).collect()
}

/// tenancy.md 5.1 and 5.3: one connection, companies and platform in turn, cached statements included.
#[tokio::test]
async fn one_connection_never_shows_the_wrong_company() {
    let app = TestApp::start_with(TestOptions { connections: 1, ..TestOptions::default() }).await;
    let (a, b) = (app.tenant("alpha").await, app.tenant("beta").await);
    for _ in 0..50 {
        assert_eq!(emails(&app, &a).await, ["owner@alpha.example"]);
        assert_eq!(emails(&app, &b).await, ["owner@beta.example"]);
        let mut conn = app.services.db.platform().await.unwrap();
        let found = db::platform::tenants::tenant_find(&mut conn, "beta").await;
        assert!(conn.finish(found).await.unwrap().is_some());
    }
}

/// tenancy.md 5.2: a dropped transaction, a failed one, and a panic leave nothing behind.
#[tokio::test]
async fn dropped_failed_and_panicking_work_leaves_nothing_behind() {
    let app = std::sync::Arc::new(TestApp::start_with(TestOptions { connections: 1, ..TestOptions::default() }).await);
    let (a, b) = (app.tenant("alpha").await, app.tenant("beta").await);
    for round in 0..20_u64 {
        let work = {
            let (app, a) = (std::sync::Arc::clone(&app), a.clone());
            async move {
                let mut conn = app.services.db.tenant(&a.tenant).await.unwrap();
                let record = users::user_find(&mut conn, &domain::Login::parse(&a.owner).unwrap()).await.unwrap().unwrap();
                users::user_set_password(&mut conn, UserId(record.0.id), "stolen", app.services.now()).await.unwrap();
                assert!(round % 3 != 1, "a panic in the middle");
                std::future::pending::<()>().await;
            }
        };
        let task = tokio::spawn(tokio::time::timeout(std::time::Duration::from_micros(200 * round), work));
        let _ended = task.await;
        assert_eq!(emails(&app, &b).await, ["owner@beta.example"]);
    }
    let hashes = app.sql().await.texts(&format!("SELECT password_hash FROM {}.users", a.schema)).await;
    assert!(hashes.iter().all(|hash| hash.starts_with("$argon2id$")), "nothing of it was kept");
}

/// tenancy.md 5.4: without a tenant, a query is an error of PostgreSQL's.
#[tokio::test]
async fn a_query_without_a_company_is_refused_by_the_database() {
    let app = TestApp::start().await;
    let tenant = app.tenant("alpha").await;
    let raw = app.database.as_app().await;
    assert_eq!(raw.refused("SELECT * FROM users").await, "42P01");
    assert_eq!(raw.refused(&format!("SELECT * FROM {}.users", tenant.schema)).await, "42501");
    assert_eq!(raw.refused("CREATE TEMPORARY TABLE users (id int)").await, "42501");
    assert_eq!(raw.refused("CREATE TABLE public.users (id int)").await, "42501");
    assert_eq!(raw.refused("CREATE SCHEMA mine").await, "42501");
    assert_eq!(raw.refused("CREATE ROLE mine").await, "42501");
    assert_eq!(raw.refused("UPDATE platform.audit_log SET action = 'x'").await, "42501");
    assert_eq!(raw.refused("DELETE FROM platform.tenants").await, "42501");
    assert_eq!(raw.refused("SELECT oneo_roles.tenant_role_create(99)").await, "42501");
}

/// The role of one company cannot read another's schema, nor the platform's, nor change its own log or quota.
#[tokio::test]
async fn the_role_of_a_company_reaches_its_own_schema_alone() {
    let app = TestApp::start().await;
    let (a, b) = (app.tenant("alpha").await, app.tenant("beta").await);
    let raw = app.database.as_app().await;
    let as_a = |sql: &str| format!("BEGIN; SET LOCAL ROLE \"{}\"; SET LOCAL search_path TO \"{}\"; {sql}", a.tenant.role(), a.schema);
    raw.run(&format!("{}; ROLLBACK", as_a("SELECT count(*) FROM users"))).await;
    for (sql, code) in [
        (format!("SELECT * FROM {}.users", b.schema), "42501"),
        ("SELECT * FROM platform.tenants".to_owned(), "42501"),
        ("UPDATE audit_log SET action = 'x'".to_owned(), "42501"),
        ("DELETE FROM audit_log".to_owned(), "42501"),
        ("UPDATE quota SET max_users = 1000000".to_owned(), "42501"),
        ("DROP TABLE users".to_owned(), "42501"),
        ("CREATE TABLE mine (id int)".to_owned(), "42501"),
    ] {
        assert_eq!(raw.refused(&as_a(&sql)).await, code, "{sql}");
        raw.run("ROLLBACK").await;
    }
}

/// No role that can sign in has more than it needs (security.md 50), and `public` is nobody's.
#[tokio::test]
async fn roles_have_no_more_than_they_need() {
    let app = TestApp::start().await;
    let tenant = app.tenant("alpha").await;
    let sql = app.sql().await;
    let mighty = sql
        .texts("SELECT rolname FROM pg_roles WHERE rolname LIKE 'oneo%' AND rolname <> 'oneo_super' AND (rolsuper OR rolcreatedb OR rolbypassrls OR rolreplication OR rolinherit OR (rolcreaterole AND rolcanlogin))")
        .await;
    assert!(mighty.is_empty(), "{mighty:?}");
    assert_eq!(sql.text(&format!("SELECT rolcanlogin::text FROM pg_roles WHERE rolname = '{}'", tenant.tenant.role())).await, "false");
    assert_eq!(sql.text("SELECT has_schema_privilege('oneo_app', 'public', 'CREATE')::text").await, "false");
    assert_eq!(sql.text("SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'").await, "0");
}

/// The typed list of rights is exactly what the catalog holds.
#[tokio::test]
async fn grants_are_those_of_the_list() {
    let app = TestApp::start().await;
    let tenant = app.tenant("alpha").await;
    let sql = app.sql().await;
    for (schema, role, grants) in
        [("platform", "oneo_app", db::grants::PLATFORM), (tenant.schema.as_str(), tenant.tenant.role(), db::grants::TENANT)]
    {
        let held = format!(
            "SELECT c.relname || ' ' || string_agg(a.privilege_type, ',' ORDER BY a.privilege_type) \
             FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee \
             WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind = 'r' AND r.rolname = '{role}' GROUP BY c.relname ORDER BY 1"
        );
        let mut listed: Vec<String> = grants
            .iter()
            .map(|grant| {
                let mut rights = grant.rights.to_vec();
                rights.sort_unstable();
                format!("{} {}", grant.table, rights.join(","))
            })
            .collect();
        listed.sort();
        assert_eq!(sql.texts(&held).await, listed, "{schema}");
        let tables = sql.text(&format!("SELECT count(*)::text FROM pg_tables WHERE schemaname = '{schema}'")).await;
        assert_eq!(tables, grants.len().to_string(), "a table of {schema} is missing in the list");
    }
}

/// No foreign key leaves its schema, no tenant schema has a trigger or an enum (architecture.md, Data).
#[tokio::test]
async fn schemas_stand_alone() {
    let app = TestApp::start().await;
    app.tenant("alpha").await;
    let sql = app.sql().await;
    let crossing = "SELECT count(*)::text FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid \
        WHERE k.contype = 'f' AND f.relnamespace <> t.relnamespace";
    assert_eq!(sql.text(crossing).await, "0");
    let triggers = "SELECT DISTINCT tgrelid::regclass::text || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1";
    assert_eq!(sql.texts(triggers).await, ["platform.domains tenant_search", "platform.tenants tenant_search"]);
    assert_eq!(sql.text("SELECT count(*)::text FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND n.nspname LIKE 'tenant_%'").await, "0");
}

/// Two companies have the same columns, and the code knows exactly those of the tables it uses.
#[tokio::test]
async fn every_company_has_the_same_columns() {
    let app = TestApp::start().await;
    let (a, b) = (app.tenant("alpha").await, app.tenant("beta").await);
    let sql = app.sql().await;
    let columns = |schema: &str| {
        format!(
            "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable FROM information_schema.columns WHERE table_schema = '{schema}' ORDER BY 1"
        )
    };
    assert_eq!(sql.texts(&columns(&a.schema)).await, sql.texts(&columns(&b.schema)).await);
}

/// The same person works in two companies: two accounts, two passwords, no link between them.
#[tokio::test]
async fn one_address_in_two_companies_is_two_accounts() {
    let app = TestApp::start().await;
    let (a, b) = (app.tenant("alpha").await, app.tenant("beta").await);
    let sql = app.sql().await;
    sql.run(&format!(
        "UPDATE {}.users SET email = 'both@x.example', email_key = 'both@x.example'; \
         UPDATE {}.users SET email = 'both@x.example', email_key = 'both@x.example', password_hash = NULL",
        a.schema, b.schema
    ))
    .await;
    let mut on_a = app.anonymous(&a.host);
    on_a.sign_in("both@x.example", test_support::PASSWORD).await;
    let refused = app.anonymous(&b.host).try_sign_in("both@x.example", test_support::PASSWORD).await;
    assert_eq!((refused.status, refused.location()), (StatusCode::SEE_OTHER, "/login"));
    assert!(!on_a.on(&b.host).is_signed_in().await);
}

/// security.md 45: another company's id is the very same 404 as one that does not exist.
#[tokio::test]
async fn ids_of_another_company_do_not_exist() {
    let app = TestApp::start().await;
    let (a, b) = (app.tenant("alpha").await, app.tenant("beta").await);
    let theirs = app.user(&b, "salesperson", "canary").await;
    let mut owner = app.owner(&a).await;
    let strip = |body: &str| body.replace(|c: char| c.is_ascii_hexdigit(), "");
    let foreign = owner.get(&format!("/users/{theirs}")).await;
    let absent = owner.get("/users/999999999").await;
    assert_eq!((foreign.status, absent.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(strip(&foreign.body), strip(&absent.body));
    let before = app.sql().await.fingerprint().await;
    for function in [
        "user_deactivate",
        "user_activate",
        "user_link_create",
        "user_link_revoke",
        "user_mail_send",
        "user_sign_out",
        "user_mfa_reset",
        "user_access",
    ] {
        let answer = owner.call(&format!("/api/tenant/{function}"), &[("id", &theirs.to_string())]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{function}");
    }
    assert_eq!(app.sql().await.fingerprint().await, before);
    for path in ["/users?q=canary", "/users.csv", "/"] {
        assert!(!owner.get(path).await.body.contains("canary@"), "{path}");
    }
}

/// tenancy.md 5.10: dropped and made again under warm connections.
#[tokio::test]
async fn a_company_made_again_under_the_same_name_is_a_new_one() {
    let app = TestApp::start().await;
    let first = app.tenant("alpha").await;
    let mut old_owner = app.owner(&first).await;
    control::tenants::tenant_delete(&app.operator(), "alpha", "Company alpha", true).await.unwrap();
    assert_eq!(old_owner.get("/").await.status, StatusCode::NOT_FOUND);
    let second = app.tenant("alpha").await;
    assert_ne!(first.schema, second.schema, "a schema's name is never used twice");
    assert!(!old_owner.is_signed_in().await, "sessions of the old company are worth nothing");
    assert_eq!(emails(&app, &second).await, ["owner@alpha.example"]);
}
