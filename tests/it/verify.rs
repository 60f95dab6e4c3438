//! `oneo verify`: each wall between companies is broken by hand, and seen to be.

use crate::command::said;
use test_support::TestApp;

/// Everything that keeps companies apart is broken once, found, and mended again.
#[tokio::test]
async fn every_breach_is_found() {
    let app = TestApp::start().await;
    let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
    let _busy = app.owner(&acme).await;
    let sql = app.sql().await;
    let (a, b, role) = (&acme.schema, &beta.schema, acme.tenant.role());
    let (done, text) = said(&app, &["verify", "isolation"]);
    assert!(done && text.contains("2 companies") && text.contains("all of it holds"), "{text}");
    let nobody = format!("{}999999", role.trim_end_matches(char::is_numeric));
    let breaches = [
        (
            format!("GRANT SELECT ON {a}.users TO oneo_app"),
            format!("REVOKE SELECT ON {a}.users FROM oneo_app"),
            "acme: has right SELECT on users for oneo_app",
        ),
        (
            format!("GRANT SELECT (email) ON {a}.users TO PUBLIC"),
            format!("REVOKE SELECT (email) ON {a}.users FROM PUBLIC"),
            "on users.email for everybody",
        ),
        (
            format!("GRANT USAGE ON SCHEMA {a} TO \"{}\"", beta.tenant.role()),
            format!("REVOKE USAGE ON SCHEMA {a} FROM \"{}\"", beta.tenant.role()),
            "acme: has right USAGE on the schema",
        ),
        (
            format!("REVOKE INSERT ON {a}.audit_log FROM \"{role}\""),
            format!("GRANT INSERT ON {a}.audit_log TO \"{role}\""),
            "acme: lacks right INSERT on audit_log for its role",
        ),
        (
            format!("GRANT DELETE ON {a}.audit_log TO \"{role}\""),
            format!("REVOKE DELETE ON {a}.audit_log FROM \"{role}\""),
            "acme: has right DELETE on audit_log for its role",
        ),
        (
            format!("ALTER TABLE {b}.users ADD CONSTRAINT crossing FOREIGN KEY (manager_id) REFERENCES {a}.users (id)"),
            format!("ALTER TABLE {b}.users DROP CONSTRAINT crossing"),
            "foreign key crossing leads from",
        ),
        ("CREATE TABLE public.users (id bigint)".to_owned(), "DROP TABLE public.users".to_owned(), "table users stands in public"),
        (
            format!("CREATE SCHEMA moved_to; ALTER TABLE {a}.login_events SET SCHEMA moved_to"),
            format!("ALTER TABLE moved_to.login_events SET SCHEMA {a}; DROP SCHEMA moved_to"),
            "acme: lacks",
        ),
        (format!("CREATE TABLE {a}.extra (id bigint)"), format!("DROP TABLE {a}.extra"), "acme: has column extra.id"),
        (
            format!("ALTER TABLE {a}.users ALTER COLUMN metadata DROP NOT NULL"),
            format!("ALTER TABLE {a}.users ALTER COLUMN metadata SET NOT NULL"),
            "acme: has column users.metadata jsonb false",
        ),
        (
            format!("ALTER TABLE {a}.users ADD COLUMN more text"),
            format!("ALTER TABLE {a}.users DROP COLUMN more"),
            "acme: has column users.more text",
        ),
        (
            format!("DROP INDEX {a}.users_manager_idx"),
            format!("CREATE INDEX users_manager_idx ON {a}.users (manager_id)"),
            "acme: lacks index CREATE INDEX users_manager_idx",
        ),
        ("CREATE SCHEMA somebodys".to_owned(), "DROP SCHEMA somebodys".to_owned(), "schema somebodys belongs to no company"),
        (format!("CREATE ROLE \"{nobody}\" NOLOGIN NOINHERIT"), format!("DROP ROLE \"{nobody}\""), "belongs to no company"),
        (format!("ALTER ROLE \"{role}\" LOGIN"), format!("ALTER ROLE \"{role}\" NOLOGIN"), "may do more than work in its schema"),
        (
            format!("GRANT \"{role}\" TO \"{}\"", beta.tenant.role()),
            format!("REVOKE \"{role}\" FROM \"{}\"", beta.tenant.role()),
            "can be taken by",
        ),
        (
            "GRANT SELECT ON platform.tenants TO PUBLIC".to_owned(),
            "REVOKE SELECT ON platform.tenants FROM PUBLIC".to_owned(),
            "right SELECT on platform.tenants for everybody",
        ),
        (
            format!("UPDATE {a}.quota SET active_users = 7"),
            format!("UPDATE {a}.quota SET active_users = 1"),
            "acme: counts 7 active users where there are 1",
        ),
    ];
    for (breach, mend, told) in breaches {
        sql.run(&breach).await;
        let (done, text) = said(&app, &["verify", "isolation"]);
        sql.run(&mend).await;
        assert!(!done && text.contains(told), "{breach}: {text}");
    }
    // A key of nobody, and one of a company that is gone.
    let redis = redis::Client::open(std::env::var("ONEO_TEST_REDIS_URL").unwrap()).unwrap();
    let mut redis = redis.get_multiplexed_async_connection().await.unwrap();
    let installation = app.services.db.installation().to_owned();
    for key in [format!("oneo:{installation}:{{t999999}}:cache:settings"), format!("oneo:{installation}:loose")] {
        let _set: () = redis::cmd("SET").arg(&key).arg("x").query_async(&mut redis).await.unwrap();
        let (done, text) = said(&app, &["verify", "isolation"]);
        let _gone: () = redis::cmd("DEL").arg(&key).query_async(&mut redis).await.unwrap();
        assert!(!done && text.contains(&key), "{key}: {text}");
    }
    let report = tempfile::NamedTempFile::new().unwrap();
    let path = report.path().display().to_string();
    let (done, text) = said(&app, &["verify", "all", "--report", &path]);
    assert!(done, "{text}");
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(
        written.contains("looked at on 20") && written.contains("lines of audit logs") && written.contains("all of it holds"),
        "{written}"
    );
    let mut admin = app.platform_admin().await;
    assert!(admin.get("/").await.body.contains("Verified"));
    sql.run(&format!("UPDATE {a}.audit_log SET actor_label = 'x' WHERE seq = 1")).await;
    let (done, text) = said(&app, &["verify", "all"]);
    assert!(!done && text.contains("audit log of acme: broken at line 1"), "{text}");
    assert!(admin.get("/").await.body.contains("audit log of acme: broken at line 1"));
}

/// What looks once a day looks once a day, whatever the number of processes.
#[tokio::test]
async fn it_is_looked_at_once_a_day() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let sql = app.sql().await;
    let kept = "SELECT count(*)::text FROM platform.settings WHERE setting_key = 'verified'";
    control::verify::daily(&app.services).await.unwrap();
    assert_eq!(sql.text(kept).await, "1");
    sql.run("DELETE FROM platform.settings").await;
    control::verify::daily(&app.services).await.unwrap();
    assert_eq!(sql.text(kept).await, "0");
}

/// A deleted tenant leaves nothing in Redis and no files, whichever way it went, and nothing asks for its users again.
#[tokio::test]
async fn a_deleted_tenant_leaves_nothing_outside_the_database() {
    let app = TestApp::start().await;
    for (slug, drop_schema) in [("acme", true), ("beta", false)] {
        let tenant = app.tenant(slug).await;
        let mut owner = app.owner(&tenant).await;
        let file = "email,first_name,last_name\na@a.example,A,B\n";
        assert!(owner.upload("/api/tenant/user_import_upload", "/users/import", &[], file.as_bytes()).await.location().contains("import/"));
        let fields = [("first_name", "A"), ("last_name", "B"), ("email", "b@a.example"), ("username", "b"), ("user_type", "user")];
        assert_eq!(owner.call("/api/tenant/user_create", &fields).await.status, axum::http::StatusCode::OK);
        let name = format!("Company {slug}");
        let deleted = {
            let mut words = vec!["tenant", "delete", slug, "--confirm-name", &name];
            words.extend(drop_schema.then_some("--drop-schema"));
            said(&app, &words)
        };
        assert!(deleted.0, "{}", deleted.1);
        // The change of users from just before its end is no longer reported, and asked for only once.
        control::counters::flush(&app.services).await;
        assert!(app.services.counters.take().is_empty(), "{slug}");
        let (done, text) = said(&app, &["verify", "isolation"]);
        assert!(done && text.contains("all of it holds"), "{text}");
        assert_eq!(app.services.files.bytes(&format!("t{}", tenant.id), "none").await.unwrap(), 0, "{slug}");
    }
}
