//! Making companies: all or nothing (security.md 6 to 8, faults F8 and F12).

use crate::command::oneo;
use control::tenants::{tenant_create, tenant_delete};
use kernel::failpoint;
use test_support::{Sql, TestApp};

/// What a half-made company would leave.
async fn remains(sql: &Sql, slug: &str) -> [String; 4] {
    let installation = sql.text("SELECT id FROM oneo_roles.installation").await;
    [
        sql.text(&format!("SELECT count(*)::text FROM platform.tenants WHERE slug = '{slug}'")).await,
        sql.text(&format!("SELECT count(*)::text FROM platform.domains WHERE domain = '{slug}.localhost'")).await,
        sql.text(&format!("SELECT count(*)::text FROM pg_namespace WHERE nspname LIKE 'tenant_{slug}%'")).await,
        sql.text(&format!("SELECT count(*)::text FROM pg_roles WHERE rolname LIKE 'oneo_{installation}_t%'")).await,
    ]
}

const STEPS: [&str; 7] = [
    "tenant_create.registered",
    "tenant_create.domain",
    "tenant_create.schema",
    "tenant_create.audited",
    "tenant_create.roles",
    "tenant_create.owner",
    "tenant_create.commit",
];

/// F8: a failure at each step leaves nothing, and the same company can be made afterwards.
#[tokio::test]
async fn f8_a_failure_at_any_step_leaves_nothing() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    for step in STEPS {
        failpoint::arm(Some(step));
        let failed = tenant_create(&app.operator(), TestApp::tenant_form("acme").parse(&app.services.config)).await;
        failpoint::arm(None);
        assert!(failed.is_err(), "{step}");
        assert_eq!(remains(&sql, "acme").await, ["0", "0", "0", "0"], "{step}");
    }
    let tenant = app.tenant("acme").await;
    app.owner(&tenant).await;
}

/// F8: `kill -9` of the command at each step leaves nothing; the same command then succeeds.
#[tokio::test]
async fn f8_killed_at_any_step_leaves_nothing() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let owner = ["--owner-email", "o@acme.example", "--owner-first-name", "O", "--owner-last-name", "P"];
    let run = |step: Option<&str>| {
        let mut command = oneo(&app, &[["tenant", "create", "Acme", "acme"].as_slice(), &owner].concat());
        if let Some(step) = step {
            command.env("ONEO_FAILPOINT_ABORT", step);
        }
        command.output().unwrap()
    };
    for step in STEPS {
        let output = run(Some(step));
        assert!(output.status.code().is_none(), "{step} was not killed: {}", String::from_utf8_lossy(&output.stderr));
        // PostgreSQL notices the dead client within a second.
        for _ in 0..50 {
            if remains(&sql, "acme").await == ["0", "0", "0", "0"] {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert_eq!(remains(&sql, "acme").await, ["0", "0", "0", "0"], "{step}");
    }
    let output = run(None);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("created in") && said.contains("/invite/"), "{said}");
    assert_eq!(remains(&sql, "acme").await, ["1", "1", "1", "1"]);
}

/// F12: many at once make exactly one, the others are told so beside the field.
#[tokio::test]
async fn f12_many_at_once_make_one() {
    let app = std::sync::Arc::new(TestApp::start().await);
    let tries = (0..20).map(|_| {
        let app = std::sync::Arc::clone(&app);
        tokio::spawn(async move {
            let cx = app.operator();
            let created = tenant_create(&cx, TestApp::tenant_form("acme").parse(&cx.services.config)).await;
            cx.answer(created).await.map(|_| ())
        })
    });
    let mut made = 0;
    for task in tries.collect::<Vec<_>>() {
        match task.await.unwrap() {
            Ok(()) => made += 1,
            Err(domain::AppError::Conflict(_) | domain::AppError::Unavailable { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(made, 1);
    assert_eq!(remains(&app.sql().await, "acme").await, ["1", "1", "1", "1"]);
}

/// security.md 7 and 8: names that would be something else are refused beside their fields, and nothing is made.
#[tokio::test]
async fn r08_bad_names_make_nothing() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let schemas = "SELECT string_agg(nspname, ',' ORDER BY nspname) FROM pg_namespace";
    let before = (sql.fingerprint().await, sql.text(schemas).await);
    let twin = "t".repeat(70);
    for (field, value) in [
        ("schema", "pg_x"),
        ("schema", "public"),
        ("schema", "information_schema"),
        ("schema", "platform"),
        ("schema", "x\";DROP SCHEMA public CASCADE;--"),
        ("schema", "x'"),
        ("schema", "a\0b"),
        ("schema", twin.as_str()),
        ("schema", "аcme"),
        ("slug", "admin"),
        ("slug", "ADMIN"),
        ("slug", "xn--a"),
        ("slug", "a--b"),
        ("domain", "www"),
        ("domain", "a.b.localhost"),
        ("domain", "localhost"),
        ("domain", "127.0.0.1"),
        ("domain", "co.uk"),
        ("domain", "acme/.."),
        ("name", ""),
        ("name", "a\nb"),
        ("owner_email", "nobody"),
        ("max_users", "0"),
        ("max_users", "many"),
    ] {
        let mut form = TestApp::tenant_form("acme");
        match field {
            "schema" => form.schema = value.to_owned(),
            "slug" => form.slug = value.to_owned(),
            "domain" => form.domain = value.to_owned(),
            "name" => form.name = value.to_owned(),
            "max_users" => form.max_users = value.to_owned(),
            _ => form.owner.owner_email = value.to_owned(),
        }
        let cx = app.operator();
        let refused = tenant_create(&cx, form.parse(&cx.services.config)).await;
        match cx.answer(refused).await {
            Err(domain::AppError::Validation(errors)) => assert!(errors.get(field).is_some(), "{field}={value:?}: {errors:?}"),
            other => panic!("{field}={value:?}: {other:?}"),
        }
    }
    assert_eq!((sql.fingerprint().await, sql.text(schemas).await), before);
}

/// A schema is kept unless its loss was asked for; its role is gone either way, and its name is never given again.
#[tokio::test]
async fn deleting_keeps_the_schema_unless_told() {
    let app = TestApp::start().await;
    let sql = app.sql().await;
    let (kept, dropped) = (app.tenant("kept").await, app.tenant("dropped").await);
    let cx = app.operator();
    assert!(tenant_delete(&cx, "kept", "company kept", false).await.is_err(), "the name must be exact");
    tenant_delete(&cx, "kept", "Company kept", false).await.unwrap();
    tenant_delete(&cx, "dropped", "Company dropped", true).await.unwrap();
    let schemas = sql.texts("SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'kept_%' OR nspname LIKE 'tenant_%'").await;
    assert_eq!(schemas, [format!("kept_{}", kept.id)]);
    assert_eq!(sql.text(&format!("SELECT email FROM kept_{}.users", kept.id)).await, "owner@kept.example");
    let roles = sql
        .text(&format!("SELECT count(*)::text FROM pg_roles WHERE rolname IN ('{}', '{}')", kept.tenant.role(), dropped.tenant.role()))
        .await;
    assert_eq!(roles, "0");
    let again = app.tenant("kept").await;
    assert_eq!(again.schema, format!("tenant_kept_{}", again.id));
    let raw = app.database.as_app().await;
    assert_eq!(raw.refused(&format!("SELECT * FROM kept_{}.users", kept.id)).await, "42501");
}

/// The once-per-database work may run several times at once, as commands on private services do when they start together.
#[tokio::test]
async fn the_bootstrap_runs_beside_itself() {
    let database = test_support::TestDatabase::create().await;
    let runs = (0..12).map(|_| database.bootstrap());
    for done in futures_util::future::join_all(runs).await {
        done.unwrap();
    }
}
