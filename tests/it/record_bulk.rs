//! One act for many records: each with its own rules, taken back where nobody changed the record since.

use axum::http::StatusCode;
use control::jobs::run_only;
use domain::JobId;
use kernel::failpoint;
use test_support::{Actor, Sql, Tenant, TestApp};

const BULK: &str = "/api/tenant/record_bulk";
const UNDO: &str = "/api/tenant/record_bulk_undo";

async fn start() -> (TestApp, Tenant, Sql, Actor) {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let sql = app.sql().await;
    let owner = app.owner(&tenant).await;
    (app, tenant, sql, owner)
}

/// Deals in the first stage without an amount, of no one. Gives their ids.
async fn deals(sql: &Sql, tenant: &Tenant, count: usize) -> Vec<String> {
    let schema = &tenant.schema;
    let ids = sql
        .text(&format!(
            "WITH made AS (INSERT INTO {schema}.records (pipeline_id, stage_id, title, data) \
             SELECT p.id, (SELECT s.id FROM {schema}.stages s JOIN {schema}.boards b ON b.id = s.board_id WHERE b.pipeline_id = p.id ORDER BY s.position LIMIT 1), \
                 'Deal ' || n, jsonb_build_object('name', 'Deal ' || n) \
             FROM {schema}.pipelines p, generate_series(1, {count}) n WHERE p.key = 'deals' RETURNING id) \
             SELECT string_agg(id::text, ' ' ORDER BY id) FROM made"
        ))
        .await;
    ids.split(' ').map(str::to_owned).collect()
}

fn ticked(ids: &[String]) -> String {
    ids.iter().map(|id| format!("id={id}")).collect::<Vec<_>>().join("&")
}

async fn bulk(actor: &mut Actor, act: &str, query: &str, expected: usize, more: &[(&str, &str)]) -> test_support::Answer {
    let expected = expected.to_string();
    let fields = [("pipeline", "deals"), ("act", act), ("query", query), ("expected", &*expected)];
    actor.call(BULK, &[&fields[..], more].concat()).await
}

/// The last job of a kind.
async fn last(sql: &Sql, kind: &str) -> String {
    sql.text(&format!("SELECT max(id)::text FROM platform.jobs WHERE kind = '{kind}'")).await
}

async fn of(sql: &Sql, tenant: &Tenant, what: &str) -> String {
    sql.text(&format!("SELECT string_agg(coalesce(({what})::text, '-'), ' ' ORDER BY r.id) FROM {}.records r", tenant.schema)).await
}

/// Every act changes what it says of each record, with an event for each, and is taken back but where a record was changed since.
#[tokio::test]
async fn many_records_are_changed_and_changed_back() {
    let (_app, tenant, sql, mut owner) = start().await;
    let ids = deals(&sql, &tenant, 3).await;
    let query = ticked(&ids);
    let boss = sql.text(&format!("SELECT id::text FROM {}.users WHERE user_type = 'owner'", tenant.schema)).await;
    let stage = "SELECT s.key FROM SCHEMA.stages s WHERE s.id = r.stage_id".replace("SCHEMA", &tenant.schema);
    let acts = [
        ("edit", vec![("field", "next_step"), ("fields[next_step]", "Initech")], "r.data->>'next_step'", "Initech"),
        ("assign", vec![("owner", &boss)], "r.owner_id", &boss),
        ("move", vec![("stage", "qualified")], &stage, "qualified"),
        ("delete", vec![], "r.deleted_at IS NOT NULL", "true"),
    ];
    for (act, more, what, expected) in acts {
        let before = of(&sql, &tenant, what).await;
        let answer = bulk(&mut owner, act, &query, 3, &more).await;
        assert_eq!(answer.status, StatusCode::OK, "{act}: {}", answer.body);
        assert_eq!(of(&sql, &tenant, what).await, [expected; 3].join(" "), "{act}");
        let job = last(&sql, "records_bulk").await;
        let answer = owner.call(UNDO, &[("id", &job)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{act}: {}", answer.body);
        assert_eq!(of(&sql, &tenant, what).await, before, "{act} was taken back");
        assert_eq!(owner.call(UNDO, &[("id", &job)]).await.status, StatusCode::CONFLICT, "{act}: once");
    }
    bulk(&mut owner, "edit", &query, 3, &[("field", "next_step"), ("fields[next_step]", "Initech")]).await;
    let cleared = bulk(&mut owner, "edit", &query, 3, &[("field", "next_step"), ("fields[next_step]", ""), ("clear", "true")]).await;
    assert_eq!((cleared.status, of(&sql, &tenant, "r.data->>'next_step'").await.as_str()), (StatusCode::OK, "- - -"));
    let page = owner.get(&format!("/jobs/{}", last(&sql, "records_bulk").await)).await.body;
    assert!(page.contains("Deals · Next step: empty"), "{page}");
    let events =
        sql.text(&format!("SELECT count(*)::text FROM {}.events WHERE object = 'record' AND record_id = {}", tenant.schema, ids[0])).await;
    assert_eq!(events, "10", "each change of each record is an event");
    // One of them is changed by another user before the act is taken back.
    bulk(&mut owner, "edit", &query, 3, &[("field", "next_step"), ("fields[next_step]", "Umbrella")]).await;
    let version = sql.text(&format!("SELECT version::text FROM {}.records WHERE id = {}", tenant.schema, ids[1])).await;
    let change =
        [("pipeline", "deals"), ("id", &*ids[1]), ("version", &*version), ("fields[next_step]", "Hooli"), ("seen[next_step]", "Umbrella")];
    assert_eq!(owner.call("/api/tenant/record_update", &change).await.status, StatusCode::OK);
    let job = last(&sql, "records_bulk").await;
    assert_eq!(owner.call(UNDO, &[("id", &job)]).await.status, StatusCode::OK);
    assert_eq!(of(&sql, &tenant, "r.data->>'next_step'").await, "- Hooli -");
    let page = owner.get(&format!("/jobs/{}", last(&sql, "records_undo").await)).await.body;
    assert!(page.contains("Deal 2") && page.contains("This record has been changed since then"), "{page}");
}

/// Invalid input is reported beside its field; a record that breaks a rule is skipped and reported; the others are changed.
#[tokio::test]
async fn each_record_keeps_its_rules() {
    let (app, tenant, sql, mut owner) = start().await;
    let ids = deals(&sql, &tenant, 3).await;
    let query = ticked(&ids);
    let wrong = bulk(&mut owner, "edit", &query, 3, &[("field", "amount"), ("fields[amount]", "a lot")]).await;
    assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.body.contains("fields[amount]"), "{}", wrong.body);
    // Nobody clears many records by leaving an input empty.
    let clear = [("field", "next_step"), ("fields[next_step]", ""), ("clear", "true")];
    for (act, more, input) in [
        ("edit", &clear[..2], "fields[next_step]"),
        ("edit", &[clear[0], ("fields[next_step]", "Initech"), clear[2]], "fields[next_step]"),
        ("assign", &[("owner", "")], "owner"),
        ("move", &[("stage", "")], "stage"),
    ] {
        let answer = bulk(&mut owner, act, &query, 3, more).await;
        assert!(
            answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains(&format!("\"{input}\"")),
            "{act}: {}",
            answer.body
        );
    }
    for (act, more, expected) in [
        ("edit", vec![("field", "nothing")], StatusCode::UNPROCESSABLE_ENTITY),
        ("move", vec![("stage", "nowhere")], StatusCode::UNPROCESSABLE_ENTITY),
        ("assign", vec![("owner", "999999")], StatusCode::UNPROCESSABLE_ENTITY),
        ("dance", vec![], StatusCode::NOT_FOUND),
    ] {
        assert_eq!(bulk(&mut owner, act, &query, 3, &more).await.status, expected, "{act}");
    }
    assert_eq!(bulk(&mut owner, "delete", "id=999999", 1, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "no record");
    assert_eq!(bulk(&mut owner, "delete", "who=all", 2, &[]).await.status, StatusCode::CONFLICT, "one more than was shown");
    assert_eq!(sql.text("SELECT count(*)::text FROM platform.jobs").await, "0", "nothing was begun");
    // A stage asks for a field that one of them has.
    sql.run(&format!(
        "UPDATE {0}.stages SET requires = ARRAY(SELECT id FROM {0}.fields WHERE key = 'next_step' AND pipeline_id = (SELECT id FROM {0}.pipelines WHERE key = 'deals')) \
         WHERE key = 'qualified'; UPDATE {0}.records SET data = data || '{{\"next_step\": \"Initech\"}}' WHERE id = {1}",
        tenant.schema, ids[0]
    ))
    .await;
    assert_eq!(bulk(&mut owner, "move", &query, 3, &[("stage", "qualified")]).await.status, StatusCode::OK);
    let page = owner.get(&format!("/jobs/{}", last(&sql, "records_bulk").await)).await.body;
    assert!(page.contains("Next step: This field is required in the stage Qualified"), "{page}");
    // Another admin sees that it was done, and not to which records.
    let mut admin = app.signed_in(&tenant, "admin").await;
    let job = last(&sql, "records_bulk").await;
    let page = admin.get(&format!("/jobs/{job}")).await;
    assert!(page.status == StatusCode::OK && page.body.contains("skipped") && !page.body.contains("Deal "), "{}", page.body);
    assert_eq!(admin.get(&format!("/jobs/{job}/file")).await.status, StatusCode::NOT_FOUND);
    assert!(owner.get(&format!("/jobs/{job}/file")).await.body.contains("Deal 2"));
    let moved = "SELECT s.key FROM SCHEMA.stages s WHERE s.id = r.stage_id".replace("SCHEMA", &tenant.schema);
    let moved = of(&sql, &tenant, &moved).await;
    assert_eq!(moved.split(' ').filter(|key| *key == "qualified").count(), 1, "{moved}");
    // Many acts at once wait, and take no place from what changes of definitions need.
    let open = "INSERT INTO platform.jobs (kind, status, tenant_id, params) SELECT 'records_bulk', 'queued', TENANT, '{\"user\": 0}' FROM generate_series(1, 10)";
    sql.run(&open.replace("TENANT", &tenant.id.to_string())).await;
    assert_eq!(bulk(&mut owner, "delete", &query, 3, &[]).await.status, StatusCode::CONFLICT, "the queue is full");
    let field = [("pipeline", "deals"), ("label", "Size"), ("kind", "text"), ("rules[searchable]", "true")];
    assert_eq!(owner.call("/api/tenant/field_create", &field).await.status, StatusCode::OK);
    sql.run("UPDATE platform.jobs SET status = 'done'").await;
    // Records of others are neither found nor named, and no one undoes the act of another user.
    let mut seller = app.signed_in(&tenant, "salesperson").await;
    assert_eq!(bulk(&mut seller, "delete", &query, 3, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(seller.call(UNDO, &[("id", &last(&sql, "records_bulk").await)]).await.status, StatusCode::NOT_FOUND);
    let asked = seller.get("/p/deals/bulk?act=delete&who=all").await.body;
    assert!(asked.contains("Nothing is selected") && !asked.contains("Deal 1"), "{asked}");
}

/// A job for many records resumes where it stopped when its process dies.
#[tokio::test]
async fn a_job_goes_on_where_it_was() {
    let (app, tenant, sql, mut owner) = start().await;
    deals(&sql, &tenant, 130).await;
    let answer = bulk(
        &mut owner,
        "edit",
        "who=all&q=deal&field.name.contains=deal",
        130,
        &[("field", "next_step"), ("fields[next_step]", "Initech")],
    )
    .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "the search finds no record that was never saved: {}", answer.body);
    let answer =
        bulk(&mut owner, "edit", "who=all&field.name.contains=deal", 130, &[("field", "next_step"), ("fields[next_step]", "Initech")])
            .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let done =
        async || sql.text(&format!("SELECT count(*)::text FROM {}.records WHERE data->>'next_step' = 'Initech'", tenant.schema)).await;
    assert_eq!(done().await, "0", "a job does it");
    let job = JobId(last(&sql, "records_bulk").await.parse().unwrap());
    failpoint::arm(Some("records.bulk"));
    run_only(&app.services, job).await.unwrap();
    failpoint::arm(None);
    assert_eq!(done().await, "50", "one batch was done");
    sql.run(&format!("UPDATE platform.jobs SET status = 'queued', worker = NULL WHERE id = {job}")).await;
    let record = run_only(&app.services, job).await.unwrap().unwrap();
    assert_eq!((record.status.as_str(), done().await.as_str()), ("done", "130"), "{:?}", record.error);
    let versions = sql.text(&format!("SELECT string_agg(DISTINCT version::text, ' ') FROM {}.records", tenant.schema)).await;
    assert_eq!(versions, "2", "none was done twice");
    assert_eq!(owner.call(UNDO, &[("id", &job.to_string())]).await.status, StatusCode::OK);
    let undo = JobId(last(&sql, "records_undo").await.parse().unwrap());
    let record = run_only(&app.services, undo).await.unwrap().unwrap();
    assert_eq!((record.status.as_str(), done().await.as_str()), ("done", "0"), "{:?}", record.error);
}
