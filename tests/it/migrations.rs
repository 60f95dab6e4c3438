//! Migrations: there and back, one run at a time, one broken company stops no other.

use crate::command::oneo;
use db::migrate::{PLATFORM, TENANT, tenant_version, tenants_migrate};
use test_support::TestApp;

const SHAPE: &str = "SELECT string_agg(concat_ws(' ', table_schema, table_name, column_name, data_type, is_nullable, column_default), E'\\n' ORDER BY 1) \
    FROM (SELECT * FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'extensions') \
    ORDER BY table_schema, table_name, column_name) c";

/// Each migration goes up, down and up again, and ends where it began.
#[tokio::test]
async fn migrations_go_there_and_back() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let tenant = app.tenant("acme").await;
    let before = sql.text(SHAPE).await;
    let inside = |sql: &str| format!("SET search_path TO {}; {sql}; SET search_path TO ''", tenant.schema);
    for migration in TENANT.iter().rev() {
        sql.run(&inside(migration.down)).await;
    }
    assert_eq!(
        sql.text(&format!("SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = '{}'", tenant.schema)).await,
        "schema_migrations"
    );
    for migration in TENANT.iter() {
        sql.run(&inside(migration.up)).await;
    }
    for migration in PLATFORM.iter().rev() {
        sql.run(migration.down).await;
    }
    assert_eq!(sql.text("SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'platform'").await, "schema_migrations");
    for migration in PLATFORM.iter() {
        sql.run(migration.up).await;
    }
    assert_eq!(sql.text(SHAPE).await, before);
}

/// Companies that are behind are brought up to date; one that cannot be is reported and stops no other.
#[tokio::test]
async fn one_broken_company_stops_no_other() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    for slug in ["one", "two", "three"] {
        let tenant = app.tenant(slug).await;
        if slug == "two" {
            // Its migration fails at the first table, which is there already.
            sql.run(&format!("UPDATE platform.tenants SET schema_version = 0 WHERE slug = '{slug}'")).await;
        } else {
            sql.run(&format!(
                "UPDATE platform.tenants SET schema_version = 0 WHERE slug = '{slug}'; DROP SCHEMA {0} CASCADE; CREATE SCHEMA {0} AUTHORIZATION oneo_owner; \
                 SET search_path TO {0}; CREATE TABLE schema_migrations (version bigint PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()); \
                 ALTER TABLE schema_migrations OWNER TO oneo_owner; SET search_path TO ''",
                tenant.schema
            ))
            .await;
        }
    }
    let (first, second) = tokio::join!(tenants_migrate(&app.services.db), tenants_migrate(&app.services.db));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.migrated + second.migrated, 2, "two runs at once, each company once");
    assert!(first.failed.iter().chain(&second.failed).all(|(slug, _)| slug == "two"));
    let versions = sql.texts("SELECT slug || ' ' || schema_version FROM platform.tenants ORDER BY slug").await;
    let now = tenant_version();
    assert_eq!(versions, [format!("one {now}"), format!("three {now}"), "two 0".to_owned()]);
    assert!(sql.text("SELECT last_error FROM platform.tenants WHERE slug = 'two'").await.contains("already exists"));
}

/// tenancy.md 5.6, F9: two runs at once, each killed somewhere in the middle of the fleet, again and again; the next one
/// goes on, and every company ends at the new version with the same tables.
#[tokio::test]
async fn f9_killed_migrations_go_on_where_they_were() {
    const COMPANIES: usize = 12;
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let last = TENANT.last().unwrap();
    let old = TENANT.iter().rev().nth(1).map_or(0, |migration| migration.version);
    for number in 0..COMPANIES {
        let tenant = app.tenant(&format!("company{number}")).await;
        let back = format!(
            "SET search_path TO {}; {} DELETE FROM schema_migrations WHERE version = {}; SET search_path TO ''",
            tenant.schema, last.down, last.version
        );
        sql.run(&back).await;
    }
    sql.run(&format!("UPDATE platform.tenants SET schema_version = {old}")).await;
    let behind = format!("SELECT count(*)::text FROM platform.tenants WHERE schema_version < {}", last.version);
    let mut kills = 0;
    while sql.text(&behind).await != "0" {
        assert!(kills < 200, "the fleet never arrives");
        let mut runs = [oneo(&app, &["migrate"]).spawn().unwrap(), oneo(&app, &["migrate"]).spawn().unwrap()];
        // Each time a little longer, so that some die before, some within and some after a company.
        tokio::time::sleep(std::time::Duration::from_millis(20 + 15 * kills)).await;
        for run in &mut runs {
            run.kill().unwrap();
            run.wait().unwrap();
        }
        kills += 1;
        let whole = sql.texts(&format!("SELECT schema_name FROM platform.tenants WHERE schema_version = {}", last.version)).await;
        for schema in whole {
            let recorded = sql.text(&format!("SELECT max(version)::text FROM {schema}.schema_migrations")).await;
            assert_eq!(recorded, last.version.to_string(), "{schema} is half migrated");
        }
    }
    let shapes = "SELECT count(DISTINCT shape)::text FROM (SELECT schemaname, md5(string_agg(replace(indexdef, schemaname, ''), '|' ORDER BY indexname)) \
        AS shape FROM pg_indexes WHERE schemaname LIKE 'tenant_%' GROUP BY 1) s";
    assert_eq!(sql.text(shapes).await, "1");
    assert!(oneo(&app, &["migrate"]).output().unwrap().status.success());
}

/// What stood there before texts had a stored form to be compared by is folded as the program folds, not as the database does.
#[tokio::test]
async fn texts_of_before_are_folded() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.owner(&tenant).await;
    for (name, email) in [("nikos", "ΝΙΚΟΣ@a.example"), ("kim", "kim@bücher.example")] {
        let fields = [("first_name", name), ("last_name", "Σ"), ("email", email), ("username", name), ("user_type", "user")];
        assert_eq!(owner.call("/api/tenant/user_create", &fields).await.status, axum::http::StatusCode::OK);
    }
    let keys = format!(
        "SELECT (SELECT string_agg(email_key || ' ' || email_unicode_key || ' ' || name_key, ', ' ORDER BY id) FROM {0}.users) || \
         (SELECT string_agg(name_key, ' ' ORDER BY key) FROM {0}.roles)",
        tenant.schema
    );
    let before = sql.text(&keys).await;
    // Back to before the texts were folded, the newest migration first.
    let forms = TENANT.iter().position(|migration| migration.name == "text_forms").unwrap();
    let back: Vec<&str> = TENANT[forms..].iter().rev().map(|migration| migration.down).collect();
    sql.run(&format!(
        "SET search_path TO {0}; {1} DELETE FROM schema_migrations WHERE version >= {2}; SET search_path TO ''; \
         UPDATE platform.tenants SET schema_version = {2} - 1",
        tenant.schema,
        back.join(" "),
        TENANT[forms].version
    ))
    .await;
    let report = tenants_migrate(&app.services.db).await.unwrap();
    assert_eq!((report.migrated, report.failed.as_slice()), (1, [].as_slice()));
    assert_eq!(sql.text(&keys).await, before);
}

/// Nothing to do is said without touching any company.
#[tokio::test]
async fn nothing_to_do_does_nothing() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let report = tenants_migrate(&app.services.db).await.unwrap();
    assert_eq!((report.migrated, report.failed.len()), (0, 0));
}

/// A tenant whose schema is behind answers 503, alone, until it is migrated; one that is ahead is served.
#[tokio::test]
async fn a_tenant_that_waits_for_a_migration_answers_503_alone() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
    let set = |change: &str| format!("UPDATE platform.tenants SET schema_version = schema_version {change} WHERE slug = 'acme'");
    sql.run(&set("- 1")).await;
    let (mut behind, mut other) = (app.anonymous(&acme.host), app.anonymous(&beta.host));
    for path in ["/login", "/", "/users.csv", "/api/tenant/branding"] {
        let answer = behind.get(path).await;
        assert_eq!(answer.status, axum::http::StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.header("retry-after") == "5" && !answer.body.contains("acme"), "{path}: {}", answer.body);
    }
    assert!(behind.get("/login").await.body.contains("being set up or brought up to date"));
    assert_eq!(behind.try_sign_in(&acme.owner, test_support::PASSWORD).await.status, axum::http::StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(other.get("/login").await.status, axum::http::StatusCode::OK);
    assert!(app.platform_admin().await.get("/tenants/acme").await.body.contains("1 pending"));
    for change in ["+ 1", "+ 1"] {
        sql.run(&set(change)).await;
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        // What serves is remembered for longer.
        app.services.forget(&cache::Invalidation::Everything);
        assert_eq!(behind.get("/login").await.status, axum::http::StatusCode::OK, "no restart is needed");
    }
}
