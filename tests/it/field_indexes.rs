//! Indexes of fields: built for large pipelines whose lists use them, removed when none does.

use axum::http::StatusCode;
use db::isolation::{catalog_verify, registered};
use test_support::{Actor, TestApp};

/// A field that lists of a large pipeline often filter or sort by gets an index, which serves them; one whose type changes gets another.
#[tokio::test]
async fn a_field_that_lists_use_gets_an_index() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (sql, mut owner) = (app.sql().await, app.owner(&tenant).await);
    let schema = &tenant.schema;
    let fill = async |from: i64, to: i64| {
        sql.run(&format!(
            "INSERT INTO {schema}.records (pipeline_id, title, search, data) \
             SELECT p.id, 'Deal ' || n, '', jsonb_build_object('name', 'Deal ' || n) || \
                 CASE WHEN n % 10 = 0 THEN jsonb_build_object('next_step', 'Step ' || n % 500, 'close_date', date '2026-01-01' + n::int % 300) \
                 ELSE '{{}}' END \
             FROM {schema}.pipelines p, generate_series({from}, {to}) n WHERE p.key = 'deals'"
        ))
        .await;
    };
    let looks = async |owner: &mut Actor| {
        for _ in 0..5 {
            let list = owner.get("/p/deals?sort=field.next_step&field.close_date.gte=2026-10-20").await;
            assert_eq!(list.status, StatusCode::OK);
        }
        control::usage::field_uses_flush(&app.services).await;
    };
    let work = async || {
        let job = sql.text("SELECT coalesce(max(id), 0)::text FROM platform.jobs WHERE kind = 'tenant_index' AND status = 'queued'").await;
        let job = domain::JobId(job.parse().unwrap());
        if job.0 > 0 {
            let record = control::jobs::run_only(&app.services, job).await.unwrap().unwrap();
            assert_eq!(record.status, "done", "{:?}", record.error);
        }
    };
    let standing = async || {
        sql.text(&format!(
            "SELECT coalesce(string_agg(f.key || ' ' || split_part(c.relname, '_', 3) || ' ' || i.indisvalid, ', ' ORDER BY f.key), '') \
             FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid JOIN {schema}.fields f ON f.id::text = split_part(c.relname, '_', 2) \
             WHERE c.relnamespace = '{schema}'::regnamespace AND c.relname LIKE 'rx\\_%'"
        ))
        .await
    };
    fill(1, 100).await;
    looks(&mut owner).await;
    work().await;
    assert_eq!(standing().await, "", "a small pipeline needs none");
    fill(101, 20_100).await;
    looks(&mut owner).await;
    work().await;
    assert_eq!(standing().await, "close_date 1 true, next_step 1 true");
    let used = async || {
        sql.text(&format!(
            "SELECT string_agg((pg_stat_get_numscans(c.oid) > 0)::text, ' ' ORDER BY c.relname) FROM pg_class c \
             WHERE c.relnamespace = '{schema}'::regnamespace AND c.relname LIKE 'rx\\_%'"
        ))
        .await
    };
    let list = owner.get("/p/deals?sort=field.next_step").await;
    assert!(list.body.contains("Deal 500"), "{}", list.body);
    owner.get("/p/deals?field.close_date.gte=2026-10-27").await;
    // A backend tells what it did when its transaction has ended, at most once a second.
    for _ in 0..100 {
        if used().await == "true true" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(used().await, "true true", "lists are read by the indexes");
    let statistics = format!("SELECT count(*)::text FROM pg_statistic_ext WHERE stxnamespace = '{schema}'::regnamespace");
    assert_eq!(sql.text(&statistics).await, "2");
    // Verification knows them.
    let mut conn = app.services.db.owner().await.unwrap();
    let companies = registered(&mut conn).await;
    let companies = conn.finish(companies).await.unwrap();
    assert_eq!(catalog_verify(&app.services.db, &companies).await.unwrap(), Vec::<String>::new());
    // Another type, another index; a field that no list uses any more has none.
    let version = sql.text(&format!("SELECT version::text FROM {schema}.pipelines WHERE key = 'deals'")).await;
    let change = [("pipeline", "deals"), ("field", "next_step"), ("version", &*version), ("kind", "long_text")];
    assert_eq!(owner.call("/api/tenant/field_type_change", &change).await.status, StatusCode::OK);
    let job = sql.text("SELECT max(id)::text FROM platform.jobs WHERE kind = 'records_convert'").await;
    control::jobs::run_only(&app.services, domain::JobId(job.parse().unwrap())).await.unwrap();
    sql.run(&format!("UPDATE {schema}.fields SET used_at = now() - interval '61 days' WHERE key = 'close_date'")).await;
    records::indexes_advise(&app.services, &tenant.tenant).await.unwrap();
    work().await;
    assert_eq!(standing().await, "next_step 2 true");
    assert_eq!(sql.text(&statistics).await, "1");
}

/// A list that would take longer than five seconds is cut off with a clear message and a way back to what is read in time.
#[tokio::test]
async fn a_list_that_takes_too_long_is_to_be_narrowed() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (sql, mut owner) = (app.sql().await, app.owner(&tenant).await);
    let schema = &tenant.schema;
    sql.run(&format!(
        "INSERT INTO {schema}.records (pipeline_id, title, search) SELECT id, 'Deal', 'deal' FROM {schema}.pipelines WHERE key = 'deals'; \
         ALTER TABLE {schema}.records ENABLE ROW LEVEL SECURITY; \
         CREATE POLICY slow ON {schema}.records USING (CASE WHEN current_setting('statement_timeout') = '5s' THEN pg_sleep(9) IS NOT NULL ELSE true END)"
    ))
    .await;
    let page = owner.get("/p/deals?field.next_step.contains=call&sort=title").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("This list takes too long to read") && page.body.contains("Reset the list"), "{}", page.body);
    let page = owner.get("/p/deals").await;
    assert!(page.status == StatusCode::OK && page.body.contains("/p/deals/"), "{}", page.body);
}
