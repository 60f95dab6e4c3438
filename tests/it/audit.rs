//! The audit log: a row for everything that was done, in a chain that shows edits (security.md 54).

use test_support::{PASSWORD, Sql, TestApp, TestOptions};

/// Recomputes every hash of a log, as `oneo verify audit` will.
async fn broken(sql: &Sql, log: &str, tenant_column: &str) -> String {
    sql.text(&format!(
        "WITH chained AS (SELECT *, coalesce(lag(hash) OVER (ORDER BY seq), sha256(''::bytea)) AS before, seq = row_number() OVER (ORDER BY seq) AS gapless FROM {log}) \
         SELECT count(*) FILTER (WHERE NOT gapless OR hash <> sha256(before || convert_to(jsonb_build_array(seq, extract(epoch FROM at), actor_kind, actor_id, \
         actor_label, action, object_kind, object_id, object_label, diff, ip, user_agent, request_id, {tenant_column})::text, 'UTF8')))::text FROM chained"
    ))
    .await
}

#[tokio::test]
async fn r54_every_act_is_one_row_of_a_chain() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = app.sql().await;
    let mut owner = app.owner(&tenant).await;
    let fields = [("first_name", "Mara"), ("last_name", "L"), ("email", "mara@acme.example"), ("username", "mara"), ("user_type", "user")];
    let created = owner.post("/api/tenant/user_create", "/users/new", &fields).await;
    let id = created.location().rsplit('/').next().unwrap().to_owned();
    owner.call("/api/tenant/user_link_create", &[("id", &id)]).await;
    owner.call("/api/tenant/user_deactivate", &[("id", &id)]).await;
    owner.call("/api/tenant/user_activate", &[("id", &id)]).await;
    owner.call("/api/tenant/sign_out", &[]).await;
    let log = format!("{}.audit_log", tenant.schema);
    let actions = sql.texts(&format!("SELECT action FROM {log} ORDER BY seq")).await;
    assert_eq!(
        actions,
        ["user.create", "session.create", "user.create", "user.link_create", "user.deactivate", "user.activate", "session.delete"]
    );
    let actors = sql.texts(&format!("SELECT DISTINCT actor_kind || ' ' || actor_label FROM {log} ORDER BY 1")).await;
    assert_eq!(actors, ["operator operator test", "user owner@acme.example"]);
    assert_eq!(sql.texts("SELECT action FROM platform.audit_log ORDER BY seq").await, ["tenant.create"]);
    assert_eq!(broken(&sql, &log, "NULL::bigint").await, "0");
    assert_eq!(broken(&sql, "platform.audit_log", "tenant_id").await, "0");
    // An edit by a superuser shows.
    sql.run(&format!("UPDATE {log} SET actor_label = 'somebody else' WHERE seq = 3")).await;
    assert_ne!(broken(&sql, &log, "NULL::bigint").await, "0");
}

/// What is refused or fails leaves no row, and no row stands without its act.
#[tokio::test]
async fn a_failed_act_is_not_in_the_log() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = app.sql().await;
    let mut owner = app.owner(&tenant).await;
    let before = sql.text(&format!("SELECT count(*)::text FROM {}.audit_log", tenant.schema)).await;
    let fields = [("first_name", "O"), ("last_name", "P"), ("email", tenant.owner.as_str()), ("username", ""), ("user_type", "user")];
    assert_eq!(owner.call("/api/tenant/user_create", &fields).await.status.as_u16(), 409);
    app.anonymous(&tenant.host).try_sign_in(&tenant.owner, "wrong password here").await;
    assert_eq!(sql.text(&format!("SELECT count(*)::text FROM {}.audit_log", tenant.schema)).await, before);
    let failed = format!("SELECT coalesce(max(reason), '') FROM {}.login_events WHERE NOT succeeded", tenant.schema);
    for _ in 0..50 {
        if sql.text(&failed).await == "wrong" {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("a failed sign-in is an event of its own");
}

/// Many writers at once still make one chain.
#[tokio::test]
async fn many_at_once_make_one_chain() {
    let app = std::sync::Arc::new(TestApp::start_with(TestOptions { connections: 8, ..TestOptions::default() }).await);
    let tenant = app.tenant("acme").await;
    let tries = (0..20).map(|_| {
        let (app, tenant) = (std::sync::Arc::clone(&app), tenant.clone());
        tokio::spawn(async move {
            app.anonymous(&tenant.host)
                .call("/api/tenant/sign_in", &[("login", &tenant.owner), ("password", PASSWORD)])
                .await
                .status
                .as_u16()
        })
    });
    let mut signed_in = 0;
    for task in tries.collect::<Vec<_>>() {
        signed_in += u32::from(task.await.unwrap() == 200);
    }
    assert!(signed_in > 0);
    let sql = app.sql().await;
    let log = format!("{}.audit_log", tenant.schema);
    assert_eq!(sql.text(&format!("SELECT count(*)::text FROM {log} WHERE action = 'session.create'")).await, signed_in.to_string());
    assert_eq!(broken(&sql, &log, "NULL::bigint").await, "0");
}
